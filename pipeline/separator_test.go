package pipeline_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	qr "github.com/piglig/go-qr"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/pipeline"
	"sealdesk/pipeline/page"
	separator "sealdesk/pipeline/sheet"
	"sealdesk/report"
)

// stack is paper in the order in which it goes through the scanner, a file for each
// piece of it.
type stack struct {
	t     *testing.T
	call  *call.Call
	files [][]byte
}

func (s *stack) add(files ...[]byte) { s.files = append(s.files, files...) }

func (s *stack) input() pipeline.Input { return input("stack.pdf", s.files...) }

// sheets are separator sheets as they are printed, a PDF.
func (s *stack) sheets(list ...separator.Sheet) []byte {
	s.t.Helper()
	var b bytes.Buffer
	if err := report.SeparatorSheets(&b, s.call, list); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

// drawn is a page, from 1, of a PDF as a picture.
func drawn(t *testing.T, pdf []byte, n int) *page.Image {
	t.Helper()
	r := page.NewRenderer(1)
	defer r.Close()
	src, err := page.Open(t.Context(), "drawn.pdf", bytes.NewReader(pdf), int64(len(pdf)), page.Options{Renderer: r})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	m, err := src.Page(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// scanned is a page as a scanner gives it: at so many dots to the inch, turned, with
// grain, in two levels; spoil, if set, works on the paper before.
type scanned struct {
	name    string
	dpi     float64
	degrees float64
	grain   float64
	bilevel bool
	spoil   func(*image.Gray)
}

func (s scanned) of(m *page.Image) *image.Gray {
	paper := image.NewGray(m.Bounds())
	copy(paper.Pix, m.G)
	if s.spoil != nil {
		s.spoil(paper)
	}
	k := s.dpi / m.DPI
	w, h := float64(m.W), float64(m.H)
	ow, oh := w*k, h*k
	if s.degrees == 90 {
		ow, oh = oh, ow
	}
	out := image.NewGray(image.Rect(0, 0, int(ow), int(oh)))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	sin, cos := math.Sincos(s.degrees * math.Pi / 180)
	turn := f64.Aff3{k * cos, -k * sin, ow/2 - k*(cos*w-sin*h)/2, k * sin, k * cos, oh/2 - k*(sin*w+cos*h)/2}
	draw.ApproxBiLinear.Transform(out, turn, paper, paper.Rect, draw.Src, nil)
	rng := rand.New(rand.NewPCG(1, 2))
	for i, v := range out.Pix {
		level := float64(v)
		if s.grain > 0 {
			level += rng.NormFloat64() * s.grain
		}
		if s.bilevel {
			level = 255 * math.Round(level/255)
		}
		out.Pix[i] = uint8(min(max(level, 0), 255))
	}
	return out
}

// picture is an image as a file.
func picture(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tear takes the lower left corner off the sheet, of a third of its width.
func tear(m *image.Gray) {
	side := m.Rect.Dx() / 3
	for y := range side {
		for x := range side - y {
			m.SetGray(x, m.Rect.Dy()-1-y, color.Gray{Y: 90})
		}
	}
}

// blot covers the middle of the code.
func blot(m *image.Gray) {
	b := m.Rect
	draw.Draw(m, image.Rect(b.Dx()/4, b.Dy()/3, b.Dx()*3/4, b.Dy()/2), image.Black, image.Point{}, draw.Src)
}

// code is a QR code of any text, with modules of side pixels, printed onto a sheet.
func (s *sheet) code(text string, x, y, side int) *sheet {
	s.t.Helper()
	c, err := qr.EncodeText(text, qr.Low)
	if err != nil {
		s.t.Fatal(err)
	}
	for row := range c.Size() {
		for col := range c.Size() {
			if c.Module(col, row) {
				r := image.Rect(s.px(x+col*side), s.px(y+row*side), s.px(x+(col+1)*side), s.px(y+(row+1)*side))
				draw.Draw(s, r, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	return s
}

func receipt(n int) string {
	return separator.NewReceipt("", time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC), n)
}

// TestCodedSheets feeds separator sheets, scanned in all ways, with the two sides of
// each and one page behind it. Each page is an application with its sheet's receipt.
func TestCodedSheets(t *testing.T) {
	s := &stack{t: t, call: qinghe(t, "")}
	ways := []scanned{
		{name: "as drawn", dpi: 300},
		{name: "upside down", dpi: 200, degrees: 180},
		{name: "lying on its side", dpi: 200, degrees: 90},
		{name: "150 dpi, two levels, skewed", dpi: 150, degrees: 2.5, bilevel: true},
		{name: "torn", dpi: 200, degrees: -1.5, spoil: tear},
		{name: "grain", dpi: 200, degrees: -3, grain: 18},
		{name: "600 dpi, two levels", dpi: 600, degrees: 0.5, bilevel: true},
	}
	var list []separator.Sheet
	for i := range ways {
		list = append(list, separator.Sheet{Call: s.call.ID, Recommender: fmt.Sprintf("青禾市第%d科学技术局", i+1), Receipt: receipt(i + 1)})
	}
	pdf := s.sheets(list...)
	back, proof := picture(t, graySheet(t)), picture(t, wholeGrant().proof(graySheet(t)))
	for i, way := range ways {
		s.add(picture(t, way.of(drawn(t, pdf, i+1))), back, proof, back)
	}
	d := newDesk(t)
	r := results(t, d.options(s.call, newReader(t)), s.input())[0]
	if len(r.Applications) != len(ways) {
		t.Fatalf("%d applications, want %d", len(r.Applications), len(ways))
	}
	for i, way := range ways {
		a, first := r.Applications[i], 4*i+1
		if a.Receipt != list[i].Receipt {
			t.Errorf("%s: receipt %q, want %q", way.name, a.Receipt, list[i].Receipt)
		}
		if a.Sheet == nil || a.Sheet.Page != first || a.Sheet.Call != s.call.ID || a.Sheet.Recommender != list[i].Recommender {
			t.Errorf("%s: the sheet is %+v", way.name, a.Sheet)
		} else if b := a.Sheet.Box; b[0] < 0.1 || b[1] < 0.15 || b[2] > 0.9 || b[3] > 0.75 || b[2]-b[0] < 0.3 {
			t.Errorf("%s: the code stands at %v", way.name, b)
		}
		if want := []bundle.Document{{Kind: bundle.Attachment, Pages: []int{first + 2}}}; !reflect.DeepEqual(a.Documents, want) {
			t.Errorf("%s: documents %v, want %v", way.name, a.Documents, want)
		}
		info := r.PageInfo[first-1]
		if info.Kind != bundle.Separator || info.Blank || len(info.Flaws) > 0 {
			t.Errorf("%s: the sheet's page is %+v", way.name, info)
		}
		if r.PageInfo[first].Kind != bundle.Blank {
			t.Errorf("%s: the sheet's back is %+v", way.name, r.PageInfo[first])
		}
		if k := checkOf(a, "sheet.call"); k.Status != bundle.Pass {
			t.Errorf("%s: check %+v", way.name, k)
		}
	}
	hits := search(t, d.index, list[2].Receipt)
	if len(hits) != 1 || hits[0].Document.ID != r.Applications[2].ID {
		t.Errorf("the receipt's number finds %+v", hits)
	}
}

// TestNoSheets has pages with codes that are none of ours, or none any more, behind a
// sheet: nothing is split there, and they are read like any page.
func TestNoSheets(t *testing.T) {
	s := &stack{t: t, call: qinghe(t, "")}
	good := separator.Sheet{Call: s.call.ID, Recommender: "青禾市科学技术局", Receipt: receipt(1)}
	payload, err := good.Payload()
	if err != nil {
		t.Fatal(err)
	}
	s.add(s.sheets(good))
	codes := []struct {
		name, text string
		side       int
	}{
		{"a link", "https://example.org/instruments?id=1", 14},
		{"hostile text", "<script>alert(1)</script>'; DROP TABLE bundles; --", 12},
		{"another program's sheet", "PATCHT|0001|Separator", 14},
		{"a long text", strings.Repeat("=cmd|'/C calc'!A0", 170), 7},
		{"a forged check", strings.Replace(payload, "青禾市科学技术局", "青河市科学技术局", 1), 12},
		{"more behind it", payload + "|<script>", 12},
		{"at random", string([]byte{0, 1, 2, 0xff, 0xfe, '|', 0x80}) + "SEALDESK1|", 14},
	}
	for _, c := range codes {
		s.add(picture(t, wholeGrant().proof(graySheet(t)).code(c.text, 300, 1000, c.side)))
	}
	d := newStore(t)
	r := results(t, d.options(s.call, newReader(t)), s.input())[0]
	if len(r.Applications) != 1 {
		t.Fatalf("%d applications, want 1", len(r.Applications))
	}
	if a := r.Applications[0]; a.Receipt != good.Receipt || a.Sheet == nil || a.Sheet.Page != 1 {
		t.Errorf("receipt %q, sheet %+v", a.Receipt, a.Sheet)
	}
	text := decode[[]pipeline.PageText](t, object(t, d.store, "bundles/"+r.SHA256, "/text.json"))
	for i, c := range codes {
		read := slices.ContainsFunc(text[i+1].Lines, func(l extract.Text) bool { return strings.Contains(l.Text, "购置证明") })
		if r.PageInfo[i+1].Kind != bundle.Attachment || !read {
			t.Errorf("%s: the page is of kind %s with the text %v", c.name, r.PageInfo[i+1].Kind, text[i+1].Lines)
		}
	}
}

// TestSpoiltSheet: a sheet whose code is spoilt parts by its print alone, and says nothing.
func TestSpoiltSheet(t *testing.T) {
	s := &stack{t: t, call: qinghe(t, "")}
	proof := picture(t, wholeGrant().proof(graySheet(t)))
	form := picture(t, wholeGrant().cover(graySheet(t)))
	m := drawn(t, s.sheets(separator.Sheet{Call: s.call.ID, Receipt: receipt(1)}), 1)
	s.add(form, picture(t, scanned{dpi: 200, spoil: blot}.of(m)), form, proof)
	r := results(t, newStore(t).options(s.call, newReader(t)), s.input())[0]
	if len(r.Applications) != 2 || r.PageInfo[1].Kind != bundle.Separator {
		t.Fatalf("%d applications, the sheet is of kind %s", len(r.Applications), r.PageInfo[1].Kind)
	}
	for _, a := range r.Applications {
		if a.Sheet != nil || a.Receipt != "" {
			t.Errorf("a spoilt code says %+v, receipt %q", a.Sheet, a.Receipt)
		}
	}
}

// TestSheetAgainstPaper lays sheets before a cover and a letter, and sees whether what
// they say of the recommender is held against these.
func TestSheetAgainstPaper(t *testing.T) {
	c := call.Find("nmg-iscb-2022")
	other := *c
	other.ID = "another-2021"
	s := &stack{t: t, call: c}
	demo := func(name string, n int) []byte {
		b, err := os.ReadFile(filepath.Join("../testdata/bundles", name))
		if err != nil {
			t.Fatal(err)
		}
		m := drawn(t, b, n)
		return picture(t, m.Gray(m.G))
	}
	const ours, theirs = "毕力图嘎市科技局", "陶森扎拉盟科学技术局"
	cover, letter, wrong := demo("complete.pdf", 1), demo("complete.pdf", 10), demo("no-seal.pdf", 10)
	tests := []struct {
		name  string
		sheet separator.Sheet
		pages [][]byte
		check string
		want  bundle.Status
		says  []string
		known string // the recommender that the index has
	}{
		{"all agree", separator.Sheet{Recommender: ours}, [][]byte{cover, letter}, "sheet.recommender", bundle.Pass, []string{ours}, ours},
		{"the cover disagrees", separator.Sheet{Recommender: theirs}, [][]byte{cover, wrong}, "sheet.recommender", bundle.Review, []string{ours, theirs, "封面"}, theirs},
		{"the letter disagrees", separator.Sheet{Recommender: ours}, [][]byte{cover, wrong}, "sheet.recommender", bundle.Review, []string{ours, "推荐文件"}, ours},
		{"no cover", separator.Sheet{Recommender: ours}, [][]byte{letter}, "sheet.recommender", bundle.Pass, []string{ours}, ours},
		{"nobody that the call knows", separator.Sheet{Recommender: "某某"}, [][]byte{cover, letter}, "sheet.recommender", bundle.Review, []string{"某某", ours}, ours},
		{"another call", separator.Sheet{Call: other.ID, Recommender: theirs}, [][]byte{cover, letter}, "sheet.call", bundle.Review, []string{other.ID, c.ID}, ours},
	}
	for i, tt := range tests {
		one := tt.sheet
		one.Receipt = receipt(i + 1)
		s.call = c
		if one.Call == "" {
			one.Call = c.ID
		} else {
			s.call = &other
		}
		s.add(s.sheets(one))
		s.add(tt.pages...)
	}
	d := newDesk(t)
	r := results(t, d.options(c, newReader(t)), s.input())[0]
	if len(r.Applications) != len(tests) {
		t.Fatalf("%d applications, want %d", len(r.Applications), len(tests))
	}
	for i, tt := range tests {
		a := r.Applications[i]
		k := checkOf(a, tt.check)
		if k.Status != tt.want {
			t.Errorf("%s: check %+v, want %s", tt.name, k, tt.want)
		}
		for _, word := range tt.says {
			if !strings.Contains(k.Message, word) {
				t.Errorf("%s: %q does not say %s", tt.name, k.Message, word)
			}
		}
		if a.Receipt != receipt(i+1) {
			t.Errorf("%s: receipt %q", tt.name, a.Receipt)
		}
		// What was read stays as it is; what was not is filled in, in doubt.
		f := a.Fields["recommending_dept"]
		switch covered := len(tt.pages) == 2; {
		case covered && f.Value != ours:
			t.Errorf("%s: the cover reads %+v", tt.name, f)
		case !covered && (f.Value != ours || f.Page != a.Sheet.Page || f.Note == "" || f.Confidence > 0.5):
			t.Errorf("%s: the recommender is %+v", tt.name, f)
		case !covered && checkOf(a, "field.recommending_dept.present").Status == bundle.Pass:
			t.Errorf("%s: the sheet stands in for the cover", tt.name)
		}
		hits := search(t, d.index, `"`+a.Receipt+`"`)
		if len(hits) != 1 || hits[0].Document.Recommender != tt.known {
			t.Errorf("%s: the index has %+v, want the recommender %s", tt.name, hits, tt.known)
		}
	}
}

// TestPersonOverSheet: what a person says of a page goes beyond its code.
func TestPersonOverSheet(t *testing.T) {
	s := &stack{t: t, call: qinghe(t, "")}
	proof := picture(t, wholeGrant().proof(graySheet(t)))
	s.add(s.sheets(separator.Sheet{Call: s.call.ID, Receipt: receipt(1)}, separator.Sheet{Call: s.call.ID, Receipt: receipt(2)}), proof, proof)
	p, err := pipeline.New(t.Context(), newStore(t).options(s.call, newReader(t)))
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, p.Close)
	sha, _, err := p.Take(t.Context(), s.input())
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range []struct {
		name     string
		arranged *pipeline.Arrangement
		receipts []string
	}{
		{"nobody said anything", nil, []string{receipt(2)}},
		{"parted by hand", &pipeline.Arrangement{Groups: [][]pipeline.Place{{{Page: 3}}, {{Page: 4}}}}, []string{receipt(2), ""}},
		{"the sheet laid to the second", &pipeline.Arrangement{Groups: [][]pipeline.Place{{{Page: 3}}, {{Page: 2}, {Page: 4}}}}, []string{receipt(1), receipt(2)}},
		{"a sheet dropped", &pipeline.Arrangement{Groups: [][]pipeline.Place{{{Page: 3}}, {{Page: 4}}}, Dropped: []int{2}}, []string{receipt(1), ""}},
		{"no sheet at all", &pipeline.Arrangement{Groups: [][]pipeline.Place{{{Page: 2, Kind: bundle.Attachment}, {Page: 3}, {Page: 4}}}, Dropped: []int{1}}, []string{""}},
	} {
		if a := tt.arranged; a != nil {
			a.Seq = i
			for k := range a.Groups {
				a.Applications = append(a.Applications, fmt.Sprintf("%.16s-%d", sha, k+1))
			}
		}
		r, err := p.Read(t.Context(), sha, tt.arranged, nil)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var got []string
		for _, a := range r.Applications {
			got = append(got, a.Receipt)
		}
		if !slices.Equal(got, tt.receipts) {
			t.Errorf("%s: receipts %q, want %q", tt.name, got, tt.receipts)
		}
	}
}
