package main

import (
	"bytes"
	"compress/flate"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/rand/v2"
	"strconv"

	"sealdesk/bundle"
)

// sheet is one printed side of paper and what stands on it.
type sheet struct {
	*canvas
	kind   bundle.Kind
	app    int // number of its application in the bundle; -1 for none
	order  int // as printed, from 0
	boxes  map[string]rect
	seals  []stamp
	signs  []mark
	packed []byte // the picture, once the sheet is finished
}

// stamp is a seal on a sheet.
type stamp struct {
	role    bundle.Role
	text    string
	box     rect
	matches bool
}

// mark is a signing place on a sheet.
type mark struct {
	role    bundle.Role
	present bool
	box     rect
}

// tick is how a chosen box is marked.
type tick int

const (
	tickInBox  tick = iota // ☑
	filledBox              // ■
	rootSign               // √ in place of the box
	handTick               // a pen's tick over the box
	crossInBox             // a cross in the box
	boxAndRoot             // the box with √ printed over it
	ticks
)

// style is how one applicant's papers look.
type style struct {
	label, value, bold, title *typeface
	pen                       *typeface
	labelSize, valueSize      float64
	textSize                  float64 // of long texts
	lead                      float64 // line height in ems
	line                      float64 // thickness of ruled lines
	rowHeight                 float64
	left, right, top, bottom  float64 // margins
	headAbove                 bool    // headings above their box, not in it
	stretch                   bool    // boxes of long texts fill their page
	template                  float64 // least height of a text box, as a share of its usual height
	groups                    [][]string
	tick                      tick
	keepWords                 bool
	colon                     string
	numbers                   int // how pages are numbered
	repeatHead                bool
	handFilled                bool // short values are written by hand
	handDates                 bool
	handOpinion               bool
	tableRow                  float64 // least height of rows in 四 and 九, in usual rows
	wild                      float64
	penInk                    color.RGBA
	centred                   bool
	signFirst                 bool    // the signing line above the seal's label
	opinionLow                bool    // the opinion stands just above the signing line
	dotted                    bool    // the cover's lines are dotted
	sealLeast                 float64 // least strength of a seal's ink
	fresh                     bool    // seals come from a fresh pad and stand beside the writing
	marks                     int     // how subheadings of the plan are numbered
}

var black = color.RGBA{20, 20, 22, 255}

// groupings say which sections share a page, in order.
var groupings = [][][]string{
	{{"overview"}, {"achievements"}, {"projects"}, {"talent", "goals"}, {"demonstration", "modes", "partners"}, {"partner_strengths", "partner_investment"}, {"host"}, {"dept"}},
	{{"overview", "achievements"}, {"projects", "talent", "goals"}, {"demonstration", "modes", "partners"}, {"partner_strengths", "partner_investment"}, {"host", "dept"}},
	{{"overview", "achievements"}, {"projects"}, {"talent", "goals", "demonstration"}, {"modes", "partners"}, {"partner_strengths", "partner_investment"}, {"host"}, {"dept"}},
	{{"overview"}, {"achievements", "projects"}, {"talent", "goals"}, {"demonstration", "modes"}, {"partners", "partner_strengths"}, {"partner_investment", "host"}, {"dept"}},
	{{"overview"}, {"achievements"}, {"projects", "talent"}, {"goals", "demonstration"}, {"modes", "partners"}, {"partner_strengths", "partner_investment"}, {"host", "dept"}},
}

// newStyle draws a style; plain asks for one that is easy to read.
func newStyle(fs faces, rng *rand.Rand, plain bool) (*style, error) {
	names := [...]string{"song", "song-bold", "hei", "hei-bold", "ming", "kai", "zenhei", "droid"}
	f := map[string]*typeface{}
	for _, n := range names {
		t, err := fs.load(n)
		if err != nil {
			return nil, err
		}
		f[n] = t
	}
	s := &style{
		label: f[pick(rng, []string{"song", "song", "ming", "hei", "zenhei", "kai"})],
		value: f[pick(rng, []string{"song", "kai", "kai", "ming", "hei", "droid", "zenhei"})],
		bold:  f[pick(rng, []string{"hei-bold", "song-bold", "hei", "zenhei"})],
		title: f[pick(rng, []string{"song-bold", "hei-bold", "kai"})],
		pen:   f["kai"],

		labelSize: pt(10 + 2.2*rng.Float64()), valueSize: pt(10 + 2.2*rng.Float64()), textSize: pt(10.5 + 2*rng.Float64()),
		lead: 1.35 + 0.45*rng.Float64(), line: 2 + 2.6*rng.Float64(), rowHeight: pt(24 + 12*rng.Float64()),
		left: 215 + 60*rng.Float64(), top: 215 + 80*rng.Float64(), bottom: 230,
		headAbove: rng.IntN(3) == 0, stretch: rng.IntN(4) > 0, template: rng.Float64(),
		groups: pick(rng, groupings), tick: tick(rng.IntN(int(ticks))), keepWords: rng.IntN(2) == 0,
		colon: pick(rng, []string{"：", "：", ":"}), numbers: rng.IntN(4), repeatHead: rng.IntN(2) == 0,
		handFilled: rng.IntN(7) == 0, handDates: rng.IntN(3) > 0, wild: 0.4 + 0.5*rng.Float64(),
		penInk:  pick(rng, []color.RGBA{{28, 30, 38, 255}, {24, 38, 110, 255}, {20, 30, 80, 255}}),
		centred: rng.IntN(4) > 0, signFirst: rng.IntN(3) > 0, opinionLow: rng.IntN(4) == 0, dotted: rng.IntN(5) == 0,
		marks: rng.IntN(3),
	}
	s.right = s.left + 30*rng.Float64()
	s.tableRow = 1.1 + 1.3*rng.Float64()
	s.handOpinion = rng.IntN(7) == 0
	if s.handFilled {
		s.valueSize = pt(13.5 + 2*rng.Float64())
	}
	if plain {
		s.label, s.value, s.bold = f["song"], f["hei"], f["hei-bold"]
		s.handFilled, s.handOpinion, s.tableRow, s.tick = false, false, 1.1, pick(rng, []tick{tickInBox, filledBox})
		s.valueSize, s.textSize, s.groups, s.stretch, s.template = pt(11.5), pt(11.5), groupings[1], true, 0.3
		s.sealLeast, s.fresh, s.opinionLow = 0.9, true, false
	}
	return s, nil
}

// printer puts one application on paper.
type printer struct {
	*style
	app    *application
	number int // of the application in its bundle
	rng    *rand.Rand
	fs     faces
	sheets []*sheet
	cur    *sheet
	y      float64
	folio  int
	err    error
}

// turn starts a new sheet.
func (p *printer) turn(kind bundle.Kind) {
	p.finish()
	p.cur = &sheet{canvas: newCanvas(paperWidth, paperHeight), kind: kind, app: p.number, boxes: map[string]rect{}}
	p.sheets = append(p.sheets, p.cur)
	p.y = p.top
}

// finish packs the sheet in hand away; the first failure is kept for the end.
func (p *printer) finish() {
	if p.cur == nil {
		return
	}
	if err := p.cur.foldUp(); err != nil && p.err == nil {
		p.err = err
	}
}

// folioLine numbers the sheet at its foot.
func (p *printer) folioLine() {
	p.folio++
	n := strconv.Itoa(p.folio)
	switch p.numbers {
	case 1:
		n = "- " + n + " -"
	case 2:
		n = "第 " + n + " 页"
	case 3:
		return
	}
	size := pt(9)
	p.cur.text(p.label, size, paperWidth/2-p.label.width(n, size)/2, paperHeight-150, n, black)
}

// box notes where a field's value stands; the first part of it counts.
func (p *printer) box(key string, r rect) {
	if key == "" {
		return
	}
	if _, ok := p.cur.boxes[key]; !ok {
		p.cur.boxes[key] = r
	}
}

func (p *printer) inner() (x0, x1 float64) { return p.left, paperWidth - p.right }

// lines writes lines of text and gives the baseline after the last one. As
// value it is written in the style of filled-in text.
func (p *printer) lines(f *typeface, size, x, y float64, ls []string, width float64, centred, value bool) float64 {
	for _, l := range ls {
		at := x
		if centred {
			at = x + (width-f.width(l, size))/2
		}
		if value && p.handFilled {
			p.cur.hand(p.pen, size, at, y, l, p.penInk, p.wild, p.rng)
		} else {
			p.cur.text(f, size, at, y, l, black)
		}
		y += size * p.lead
	}
	return y
}

// foldUp packs a finished sheet's picture, so that a long bundle fits in memory.
func (s *sheet) foldUp() error {
	if s.img == nil {
		return nil
	}
	var buf bytes.Buffer
	z, err := flate.NewWriter(&buf, flate.BestSpeed)
	if err != nil {
		return fmt.Errorf("pack sheet: %w", err)
	}
	if _, err := z.Write(s.img.Pix); err != nil {
		return fmt.Errorf("pack sheet: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pack sheet: %w", err)
	}
	s.packed, s.img = buf.Bytes(), nil
	return nil
}

// unfold gives the picture of a packed sheet.
func (s *sheet) unfold() (*image.RGBA, error) {
	img := image.NewRGBA(image.Rect(0, 0, paperWidth, paperHeight))
	if _, err := io.ReadFull(flate.NewReader(bytes.NewReader(s.packed)), img.Pix); err != nil {
		return nil, fmt.Errorf("unpack sheet: %w", err)
	}
	return img, nil
}
