package report_test

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/sheet"
	"sealdesk/report"
)

// scan is what a scanner makes of a page drawn at 300 dpi: other resolution, the
// sheet turned, specks, grain, dull paper, two levels.
type scan struct {
	name    string
	dpi     float64
	degrees float64
	specks  float64 // share of pixels that are black or white at random
	grain   float64 // standard deviation of gray
	dull    bool
	bilevel bool
}

func (s scan) of(m *page.Image) *image.Gray {
	page := m.Gray(m.G)
	k := s.dpi / 300
	w, h := float64(page.Rect.Dx()), float64(page.Rect.Dy())
	out := image.NewGray(image.Rect(0, 0, int(w*k), int(h*k)))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	sin, cos := math.Sincos(s.degrees * math.Pi / 180)
	turn := f64.Aff3{k * cos, -k * sin, k * (w/2 - cos*w/2 + sin*h/2), k * sin, k * cos, k * (h/2 - sin*w/2 - cos*h/2)}
	draw.ApproxBiLinear.Transform(out, turn, page, page.Rect, draw.Src, nil)
	r := rand.New(rand.NewPCG(1, 2))
	for i, v := range out.Pix {
		level := float64(v)
		if s.dull {
			// Darker towards one side, as beside a book's back.
			level = level*0.45 + 70 - 40*float64(i%out.Stride)/float64(out.Stride)
		}
		if s.grain > 0 {
			level += r.NormFloat64() * s.grain
		}
		if s.bilevel {
			level = 255 * math.Round(level/255)
		}
		if r.Float64() < s.specks {
			level = 255 * float64(r.IntN(2))
		}
		out.Pix[i] = uint8(min(max(level, 0), 255))
	}
	return out
}

var scans = []scan{
	{name: "as drawn", dpi: 300},
	{name: "150 dpi", dpi: 150},
	{name: "200 dpi, upside down", dpi: 200, degrees: 180},
	{name: "skewed by 3 degrees", dpi: 300, degrees: 3},
	{name: "lying, skewed", dpi: 200, degrees: 93},
	{name: "150 dpi, two levels, skewed, specks", dpi: 150, degrees: -3, specks: 0.02, bilevel: true},
	{name: "300 dpi, two levels, many specks", dpi: 300, degrees: 1, specks: 0.06, bilevel: true},
	{name: "grain and dull paper", dpi: 200, degrees: 2, grain: 14, dull: true},
	{name: "150 dpi, grain and dull paper, upside down", dpi: 150, degrees: 177, grain: 10, dull: true},
}

// TestSheetsAreReadFromScans: what is printed comes back from the scanner.
func TestSheetsAreReadFromScans(t *testing.T) {
	c := call.Builtin()[0]
	want := []sheet.Sheet{
		{Call: c.ID, Recommender: "某某市科学技术局", Receipt: sheet.NewReceipt(c.ID, time.Date(2031, 3, 7, 0, 0, 0, 0, time.UTC), 42)},
		{Call: c.ID, Recommender: strings.Repeat("青河县高新技术开发区", 8)}, // the longest name
	}
	var pdf bytes.Buffer
	if err := report.SeparatorSheets(&pdf, c, want); err != nil {
		t.Fatal(err)
	}
	pages := pictures(t, pdf.Bytes(), 9)
	if len(pages) != len(want) {
		t.Fatalf("%d pages, want %d", len(pages), len(want))
	}
	for _, s := range scans {
		for i, p := range pages {
			got, ok, err := sheet.Read(s.of(p))
			if err != nil || !ok || got.Sheet != want[i] {
				t.Errorf("%s, sheet %d: %+v, %v, %v", s.name, i+1, got, ok, err)
			}
		}
	}
}

// TestSpoiltCode: a sheet that is scribbled over is no other sheet.
func TestSpoiltCode(t *testing.T) {
	c := call.Builtin()[0]
	var pdf bytes.Buffer
	if err := report.SeparatorSheets(&pdf, c, []sheet.Sheet{{Call: c.ID, Recommender: "某某局"}}); err != nil {
		t.Fatal(err)
	}
	m := pictures(t, pdf.Bytes(), 1)[0]
	p := m.Gray(m.G)
	middle := image.Rect(p.Rect.Dx()/4, p.Rect.Dy()/3, p.Rect.Dx()*3/4, p.Rect.Dy()/2)
	draw.Draw(p, middle, image.NewUniform(color.Gray{}), image.Point{}, draw.Src)
	if got, ok, _ := sheet.Read(p); ok {
		t.Errorf("read %+v", got)
	}
}

// TestSheetsAreToldByTheirPrint: where the code cannot be read, extraction knows
// a sheet by its title and by the few lines on it.
func TestSheetsAreToldByTheirPrint(t *testing.T) {
	for _, c := range call.Builtin() {
		var pdf bytes.Buffer
		number := sheet.NewReceipt(c.ID, time.Date(2031, 3, 7, 0, 0, 0, 0, time.UTC), 42)
		if err := report.SeparatorSheets(&pdf, c, []sheet.Sheet{{Call: c.ID, Recommender: "某某市科学技术局", Receipt: number}}); err != nil {
			t.Fatal(err)
		}
		l := layout.Analyse(pictures(t, pdf.Bytes(), 1)[0], nil)
		if len(l.Lines) > 4 || len(l.Cells) > 1 {
			t.Errorf("%s: the sheet has %d lines and %d cells, more than extraction allows", c.ID, len(l.Lines), len(l.Cells))
		}
		if !slices.ContainsFunc(c.Separators, func(p call.Pattern) bool { return p.Match(sheet.Title) }) {
			t.Errorf("%s does not know %q", c.ID, sheet.Title)
		}
	}
}

func TestSheetsThatCannotBePrinted(t *testing.T) {
	c := call.Builtin()[0]
	for name, sheets := range map[string][]sheet.Sheet{
		"none":           nil,
		"another call's": {{Call: "other"}},
		"long name":      {{Call: c.ID, Recommender: strings.Repeat("长", sheet.MaxRecommender+1)}},
	} {
		var pdf bytes.Buffer
		if err := report.SeparatorSheets(&pdf, c, sheets); err == nil || pdf.Len() > 0 {
			t.Errorf("%s: %d bytes, error %v", name, pdf.Len(), err)
		}
	}
}
