package extract

import (
	"image"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
)

// written is a row of characters, one step from each other, in a cell.
func written(text string, x, y, step, height, cell int) row {
	r := row{cell: cell, text: text, raw: text, conf: 1}
	for i, c := range []rune(text) {
		b := image.Rect(x+i*step, y, x+i*step+step*9/10, y+height)
		r.chars = append(r.chars, ocr.Char{Text: string(c), Box: b, Confidence: 0.99})
		r.box = r.box.Union(b)
	}
	return r
}

// A tick that reaches out of its box makes the line high and is read as a part of the
// label; the width of the characters shows that the box is there all the same.
func TestBoxReadAsPartOfLabel(t *testing.T) {
	const label, step = "引进国外人才", 28
	for _, tc := range []struct {
		name   string
		box    bool
		ticked bool
	}{
		{"a box before the label", true, true},
		{"no box", false, false},
	} {
		page := image.NewGray(image.Rect(0, 0, 600, 200))
		for i := range page.Pix {
			page.Pix[i] = 255
		}
		ink := func(r image.Rectangle) {
			for y := r.Min.Y; y < r.Max.Y; y++ {
				for x := r.Min.X; x < r.Max.X; x++ {
					page.Pix[y*page.Stride+x] = 0
				}
			}
		}
		x := 100
		if tc.box {
			ink(image.Rect(x, 66, x+26, 92))
			x += 30
		}
		for i := range len([]rune(label)) {
			ink(image.Rect(x+i*step, 66, x+i*step+3, 92))
			ink(image.Rect(x+i*step, 66, x+i*step+24, 69))
		}
		r := written(label, x, 60, step, 36, -1)
		r.chars[0].Box.Min.X = 100
		r.box.Min.X = 100
		r.chars = append(r.chars, written("联合培养人才", 320, 60, step, 36, -1).chars...)
		v := &visit{Sheet: &Sheet{Layout: &layout.Page{W: 600, H: 200, DPI: 200, Clean: page}, Call: &call.Call{}}, content: &Content{fields: map[string]bundle.Field{}}}
		f := &call.Field{Key: "k", Type: call.Choice, Options: []call.Option{{Label: label}}}
		v.choose(f, []row{r}, r.box)
		got := v.content.fields["k"]
		if ticked := len(got.Value.([]string)) > 0; ticked != tc.ticked || got.Confidence > 0.75 {
			t.Errorf("%s: %v with confidence %g", tc.name, got.Value, got.Confidence)
		}
	}
}

// Where cells of a row were not found, a value that stands apart from its label may be
// another's.
func TestValueApartFromItsLabel(t *testing.T) {
	want := []call.FormCell{{Label: "联系人"}, {Field: "contact"}, {Label: "电话"}, {Field: "phone"}}
	for _, tc := range []struct {
		name  string
		from  int // where the value's cell begins
		doubt bool
	}{
		{"beside it", 200, false},
		{"apart from it", 500, true},
	} {
		cells := []image.Rectangle{image.Rect(100, 100, 200, 150), image.Rect(tc.from, 100, tc.from+200, 150)}
		v := &visit{Sheet: &Sheet{Layout: &layout.Page{W: 1000, H: 300, DPI: 200, Clean: image.NewGray(image.Rect(0, 0, 1000, 300))}, Call: &call.Call{}}, content: &Content{fields: map[string]bundle.Field{}}}
		for i, text := range []string{"联系人", "吴超"} {
			v.Layout.Cells = append(v.Layout.Cells, layout.Cell{Box: cells[i]})
			v.all = append(v.all, written(text, cells[i].Min.X+10, 110, 28, 28, i))
		}
		v.gridRow(want, gridRow{top: 100, bottom: 150, cells: []int{0, 1}})
		got := v.content.fields["contact"]
		if got.Value != "吴超" || (got.Confidence <= 0.5) != tc.doubt {
			t.Errorf("%s: %+v", tc.name, got)
		}
		if strings.Contains(got.Raw, "联系人") {
			t.Errorf("%s: the label is in the value %q", tc.name, got.Raw)
		}
	}
}

// What a scanner's edge looks like to a reader above a title hides no title.
func TestTitleBelowScannersEdge(t *testing.T) {
	s := &Sheet{Layout: &layout.Page{W: 1600, H: 2300, DPI: 200}}
	rows := []row{written("国际科技合作协议", 560, 260, 60, 58, -1)}
	for y := 400; y < 800; y += 80 {
		rows = append(rows, written("双方同意开展合作", 240, y, 38, 36, -1))
	}
	edge := written("一一二", 900, 0, 38, 50, -1)
	if !s.titled(append([]row{edge}, rows...)) || s.titled(rows[1:]) {
		t.Errorf("titled: %v with its title, %v without", s.titled(append([]row{edge}, rows...)), s.titled(rows[1:]))
	}
}

// TestPieceOfStreak: what is left of a streak down the page is no text, unlike a one or
// an l that is as wide as characters are.
func TestPieceOfStreak(t *testing.T) {
	v := &visit{Sheet: &Sheet{Layout: &layout.Page{W: 2480, H: 3508, DPI: 300}}}
	for _, tc := range []struct {
		text  string
		width int
		want  bool
	}{{"1", 4, true}, {"||", 5, true}, {"1", 14, false}, {"无", 5, false}, {"", 4, false}} {
		r := row{text: tc.text, box: image.Rect(400, 1000, 400+tc.width, 1030)}
		if got := v.streak(r); got != tc.want {
			t.Errorf("%q, %d wide: %v", tc.text, tc.width, got)
		}
	}
}
