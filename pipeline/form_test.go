package pipeline_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/f64"
	"golang.org/x/image/math/fixed"

	"sealdesk/pipeline"
	"sealdesk/pipeline/page"
)

// grant is an application to the call of extract/call/testdata/qinghe-2031.yaml.
type grant struct {
	instrument, applicant, fee, hours, keeper, summary, opinion string

	modes  []string    // chosen
	users  [][2]string // name and hours
	date   [3]string   // year, month, day
	seal   string      // what the seal's ring says, "" for no seal
	signed bool
}

// wholeGrant is one that lacks nothing.
func wholeGrant() grant {
	return grant{
		instrument: "场发射扫描电子显微镜", applicant: "青禾市理工大学", fee: "每小时二百元", hours: "1350", keeper: "沈秋平",
		summary: "本仪器全年对校内外开放，服务教学与科研，主要用于金属材料、矿物和生物样品的微观形貌观察与成分分析。",
		opinion: "情况属实，同意申报。", date: [3]string{"2031", "9", "12"},
		modes: []string{"对外开放"},
		users: [][2]string{{"青禾市第一中学", "120"}, {"青禾市农业研究所", "345"}},
		seal:  "青禾市理工大学", signed: true,
	}
}

// input is the application as one bundle of scanned pictures: cover, form and the
// proof of purchase.
func (g grant) input(t testing.TB, name string) pipeline.Input {
	t.Helper()
	return pictures(name, g.cover(graySheet(t)), g.form(colourSheet(t)), g.proof(graySheet(t)))
}

// pictures makes sheets a bundle.
func pictures(name string, sheets ...*sheet) pipeline.Input {
	var files [][]byte
	for _, s := range sheets {
		files = append(files, s.png())
	}
	return input(name, files...)
}

// input makes files with these bytes a bundle.
func input(name string, files ...[]byte) pipeline.Input {
	in := pipeline.Input{Name: name}
	for _, b := range files {
		in.Files = append(in.Files, page.File{Name: name, Data: bytes.NewReader(b), Size: int64(len(b))})
	}
	return in
}

// contents are the bytes of a bundle's files, put together, and their sha256.
func contents(t testing.TB, in pipeline.Input) ([]byte, string) {
	t.Helper()
	var all []byte
	for _, f := range in.Files {
		b := make([]byte, f.Size)
		if n, err := f.Data.ReadAt(b, 0); n < len(b) {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	sum := sha256.Sum256(all)
	return all, hex.EncodeToString(sum[:])
}

// Places and sizes on a sheet are in pixels of A4 at 200 dpi, whatever it is scanned at.
const (
	sheetWidth  = 1654
	sheetHeight = 2339
	left, right = 170, 1484
)

var (
	ink     = color.RGBA{25, 25, 28, 255}
	penInk  = color.RGBA{24, 38, 120, 255}
	sealInk = color.RGBA{205, 28, 40, 255}
)

// sheet is one side of paper, as scanned.
type sheet struct {
	draw.Image
	t     testing.TB
	scale float64 // pixels for each at 200 dpi
}

// colourSheet is scanned at 200 dpi, in colour.
func colourSheet(t testing.TB) *sheet {
	s := &sheet{image.NewRGBA(image.Rect(0, 0, sheetWidth, sheetHeight)), t, 1}
	draw.Draw(s, s.Bounds(), image.White, image.Point{}, draw.Src)
	return s
}

// graySheet is scanned at 125 dpi, in gray: a third of the pixels.
func graySheet(t testing.TB) *sheet {
	s := &sheet{image.NewGray(image.Rect(0, 0, sheetWidth*5/8, sheetHeight*5/8)), t, 0.625}
	draw.Draw(s, s.Bounds(), image.White, image.Point{}, draw.Src)
	return s
}

// px is a place or size in pixels of the scan.
func (s *sheet) px(v int) int { return int(math.Round(float64(v) * s.scale)) }

func (s *sheet) png() []byte {
	s.t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, s.Image); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

// typeface is the one that sheets are printed in.
var typeface = sync.OnceValues(func() (*opentype.Font, error) {
	b, err := os.ReadFile("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc") // fonts-noto-cjk
	if err != nil {
		return nil, err
	}
	c, err := opentype.ParseCollection(b)
	if err != nil {
		return nil, err
	}
	return c.Font(2) // simplified Chinese
})

// faces are the typeface's sizes that were asked for so far. Tests that draw do
// not run at the same time.
var faces = map[float64]font.Face{}

// face is the typeface at a size.
func (s *sheet) face(size float64) font.Face {
	s.t.Helper()
	size *= s.scale
	if f := faces[size]; f != nil {
		return f
	}
	f, err := typeface()
	if err != nil {
		s.t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72})
	if err != nil {
		s.t.Fatal(err)
	}
	faces[size] = face
	return face
}

// text writes a line with its baseline at y and gives where it ends.
func (s *sheet) text(size float64, x, y int, line string) int {
	d := font.Drawer{Dst: s, Src: image.NewUniform(ink), Face: s.face(size), Dot: fixed.P(s.px(x), s.px(y))}
	d.DrawString(line)
	return x + s.width(size, line)
}

func (s *sheet) width(size float64, line string) int {
	return int(math.Ceil(float64(font.MeasureString(s.face(size), line)) / 64 / s.scale))
}

// centred writes a line in the middle between x0 and x1.
func (s *sheet) centred(size float64, x0, x1, y int, line string) {
	s.text(size, (x0+x1-s.width(size, line))/2, y, line)
}

// paragraph writes indented text in lines of so many characters.
func (s *sheet) paragraph(size float64, x, y, perLine int, text string) {
	for line := range slices.Chunk([]rune("　　"+text), perLine) {
		s.text(size, x, y, string(line))
		y += int(size * 1.6)
	}
}

func (s *sheet) bar(x0, y0, x1, y1 int) {
	r := image.Rect(s.px(x0), s.px(y0), s.px(x1), s.px(y1))
	draw.Draw(s, r, image.NewUniform(ink), image.Point{}, draw.Src)
}

// frame draws the sides of a cell.
func (s *sheet) frame(x0, y0, x1, y1 int) {
	s.bar(x0-1, y0-1, x1+2, y0+2)
	s.bar(x0-1, y1-1, x1+2, y1+2)
	s.bar(x0-1, y0-1, x0+2, y1+2)
	s.bar(x1-1, y0-1, x1+2, y1+2)
}

// cell is a framed cell with a line of text in its middle.
func (s *sheet) cell(x0, y0, x1, y1 int, text string) {
	s.frame(x0, y0, x1, y1)
	s.centred(30, x0, x1, (y0+y1)/2+11, text)
}

// checkBox draws a box, ticked or not, and its label, and gives where the label ends.
func (s *sheet) checkBox(x, y int, label string, ticked bool) int {
	const side = 26
	s.frame(x, y-side, x+side, y)
	if ticked {
		s.stroke(ink, 5, f64.Vec2{float64(x + 4), float64(y - 13)}, f64.Vec2{float64(x + 11), float64(y - 5)}, f64.Vec2{float64(x + 23), float64(y - 22)})
	}
	return s.text(30, x+side+10, y, label)
}

// stroke draws a line from point to point with a round pen.
func (s *sheet) stroke(c color.RGBA, width float64, points ...f64.Vec2) {
	width *= s.scale
	for i := range points[1:] {
		a, b := points[i], points[i+1]
		steps := int(math.Hypot(b[0]-a[0], b[1]-a[1])*2) + 1
		for k := range steps + 1 {
			u := float64(k) / float64(steps)
			x, y := (a[0]+(b[0]-a[0])*u)*s.scale, (a[1]+(b[1]-a[1])*u)*s.scale
			for py := int(y - width); py <= int(y+width); py++ {
				for px := int(x - width); px <= int(x+width); px++ {
					if math.Hypot(float64(px)-x, float64(py)-y) <= width/2 {
						s.Set(px, py, c)
					}
				}
			}
		}
	}
}

// signature is written with a pen at (x, y).
func (s *sheet) signature(x, y float64) {
	for _, line := range [][]f64.Vec2{
		{{0, -34}, {26, -40}, {14, -12}, {2, 4}, {30, -8}},
		{{38, -44}, {36, -6}, {48, 6}, {66, -20}, {60, -38}},
		{{78, -30}, {112, -36}, {92, -4}, {84, 10}, {130, -14}, {150, 2}, {176, -26}},
		{{96, -46}, {100, 14}},
	} {
		for i := range line {
			line[i] = f64.Vec2{x + line[i][0], y + line[i][1]}
		}
		s.stroke(penInk, 4.5, line...)
	}
}

// stamp puts a round seal of 41 mm on the sheet, with its centre at (cx, cy).
func (s *sheet) stamp(cx, cy int, text string) {
	radius := 161 * s.scale
	n := int(radius) + 2
	at := image.Pt(s.px(cx), s.px(cy))
	layer := image.NewAlpha(image.Rect(-n, -n, n, n))
	for y := -n; y < n; y++ {
		for x := -n; x < n; x++ {
			d := math.Hypot(float64(x), float64(y))
			// The star's outline: a line from each point to the next notch.
			a := math.Mod(math.Atan2(float64(x), float64(-y))+2*math.Pi, 2*math.Pi/5) - math.Pi/5
			star := radius * 0.3 * math.Cos(2*math.Pi/5) / math.Cos(math.Pi/5+math.Abs(a))
			if d <= radius && d >= radius*0.95 || d <= star {
				layer.SetAlpha(x, y, color.Alpha{255})
			}
		}
	}
	size := 161 * 0.3
	em := size * s.scale
	chars := float64(utf8.RuneCountInString(text))
	span := math.Pi * min(1.66, 0.4+chars*0.115)
	i := 0.0
	for _, r := range text {
		tile := image.NewAlpha(image.Rect(0, 0, int(em*1.5), int(em*1.5)))
		d := font.Drawer{Dst: tile, Src: image.Opaque, Face: s.face(size), Dot: fixed.P(int(em*0.25), int(em*1.12))}
		d.DrawString(string(r))
		sin, cos := math.Sincos(-span/2 + span*(i+0.5)/chars)
		i++
		// The tile's middle goes onto a circle, its foot to the centre.
		h, far := em*0.75, radius*0.93-em*0.55
		m := f64.Aff3{cos, -sin, far*sin - h*cos + h*sin, sin, cos, -far*cos - h*sin - h*cos}
		draw.BiLinear.Transform(layer, m, tile, tile.Rect, draw.Over, nil)
	}
	// Ink lies over print as a stamp's does: what is black stays black.
	for y := -n; y < n; y++ {
		for x := -n; x < n; x++ {
			under, ok := s.At(at.X+x, at.Y+y).(color.RGBA)
			if a := float64(layer.AlphaAt(x, y).A) / 255; ok && a > 0 {
				mix := func(v, ink uint8) uint8 { return uint8(float64(v) * (1 - a*(1-float64(ink)/255))) }
				s.Set(at.X+x, at.Y+y, color.RGBA{mix(under.R, sealInk.R), mix(under.G, sealInk.G), mix(under.B, sealInk.B), 255})
			}
		}
	}
}

// cover prints the form's cover onto a blank sheet.
func (g grant) cover(s *sheet) *sheet {
	s.centred(60, 0, sheetWidth, 560, "青禾市大型仪器共享补助")
	s.centred(60, 0, sheetWidth, 660, "申请表")
	for i, line := range [][2]string{{"仪器名称", g.instrument}, {"申请单位", g.applicant}} {
		y := 1100 + 130*i
		x := s.text(38, 330, y, line[0]) + 40
		s.centred(38, x, 1330, y-4, line[1])
		s.bar(x, y+12, 1330, y+15)
	}
	s.centred(38, 0, sheetWidth, 1900, "二〇三一年")
	return s
}

// form prints the form's one page beside the cover.
func (g grant) form(s *sheet) *sheet {
	s.frame(left, 200, right, 270)
	s.text(32, left+16, 246, "甲、基本情况")
	xs := []int{left, 290, 480, 1040, 1210, right}
	s.cell(xs[0], 270, xs[1], 430, "仪器")
	s.cell(xs[1], 270, xs[2], 350, "共享方式")
	s.frame(xs[2], 270, xs[3], 350)
	x := xs[2] + 16
	for _, label := range []string{"校内共享", "对外开放", "租赁"} {
		x = s.checkBox(x, 324, label, slices.Contains(g.modes, label)) + 24
	}
	s.cell(xs[3], 270, xs[4], 350, "收费标准")
	s.cell(xs[4], 270, xs[5], 350, g.fee)
	s.cell(xs[1], 350, xs[2], 430, "年开机时数")
	s.cell(xs[2], 350, xs[3], 430, g.hours)
	s.cell(xs[3], 350, xs[4], 430, "管理员")
	s.cell(xs[4], 350, xs[5], 430, g.keeper)

	s.frame(left, 430, right, 930)
	s.text(32, left+16, 480, "乙、使用情况（限150字）")
	s.paragraph(32, left+16, 540, 38, g.summary)

	s.frame(left, 930, right, 1000)
	s.text(32, left+16, 976, "丙、服务对象")
	for i, row := range slices.Concat([][2]string{{"单位", "机时"}}, g.users) {
		y := 1000 + 70*i
		s.cell(left, y, 1100, y+70, row[0])
		s.cell(1100, y, right, y+70, row[1])
	}

	s.frame(left, 1300, right, 2000)
	s.text(32, left+16, 1350, "丁、申请单位意见")
	s.paragraph(32, left+16, 1420, 38, g.opinion)
	x = s.text(32, 800, 1720, "法定代表人：")
	if g.signed {
		s.signature(float64(x+20), 1720)
	}
	s.text(32, 900, 1810, "（盖章）")
	x = 820
	for i, mark := range []string{"年", "月", "日"} {
		s.centred(32, x, x+90, 1900, g.date[i])
		x = s.text(32, x+90, 1900, mark)
	}
	if g.seal != "" {
		s.stamp(540, 1770, g.seal)
	}
	return s
}

// proof prints the proof of purchase.
func (g grant) proof(s *sheet) *sheet {
	s.centred(52, 0, sheetWidth, 400, "仪器购置证明")
	s.paragraph(36, left, 540, 34, strings.Join([]string{"兹证明", g.applicant, "已购置", g.instrument, "一台，经验收合格，交付使用。"}, ""))
	s.text(36, 900, 900, "青禾市设备采购中心")
	return s
}
