package extract

import (
	"context"
	"image"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
)

// TestBeginsParts: a heading for which the guide gives a whole sentence is found in the
// ways in which units shorten it, and in no other sentence.
func TestBeginsParts(t *testing.T) {
	heading := foldParts("2. 地方政府…提供的…支持")
	for text, found := range map[string]bool{
		"2. 地方政府提供的支持":             true,
		"2、地方政府为本站发展所提供的支持":        true,
		"2. 地方政府（所在园区）提供的资金等方面的支持": true,
		"2. 地方政府的管理办法":             false,
		"2. 合作单位提供的设备":             false,
		"地方":                       false,
		"":                         false,
	} {
		if score := beginsParts(heading, fold(text)); score >= headingFound != found {
			t.Errorf("%q: likeness %.2f", text, score)
		}
	}
}

// dirty is a page with what readers make of dirt at its edges, and with lines.
func dirty(c *call.Call, lines ...row) (*Sheet, []row) {
	s := &Sheet{Call: c, Layout: &layout.Page{W: 1600, H: 2300, DPI: 200}}
	rows := []row{
		written("一二一一", 300, 0, 30, 28, -1), written("一", 4, 60, 30, 28, -1),
		written("丨丨丨", 0, 140, 30, 28, -1), written("、", 1570, 180, 30, 28, -1),
	}
	return s, append(rows, lines...)
}

func TestKindsInSpiteOfDirt(t *testing.T) {
	c := call.Builtin()[0]
	s, rows := dirty(c, written("第一份材料", 600, 900, 60, 58, -1))
	if !s.isSeparator(rows) {
		t.Error("a sheet between applications is not known among dirt")
	}
	s, rows = dirty(c, written(c.Form.Instructions, 600, 300, 60, 58, -1), written("1. 各项内容应实事求是", 300, 400, 36, 34, -1))
	if !s.isInstructions(rows) {
		t.Error("the form's instructions are not known among dirt")
	}
	s, rows = dirty(c, written("关于第一份材料的说明", 600, 300, 60, 58, -1), written("各项内容应实事求是", 300, 400, 36, 34, -1),
		written("外来语要同时用原文", 300, 500, 36, 34, -1), written("须注明全称", 300, 600, 36, 34, -1), written("第一份材料", 300, 700, 36, 34, -1))
	if s.isSeparator(rows) {
		t.Error("a page of text is taken for a sheet between applications")
	}
}

// lookers is a reader whose second one reads the given lines, in order of the crops.
type lookers struct{ lines []string }

func (lookers) HasSecond() bool { return true }

func (l *lookers) Read(_ context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	out := make([]ocr.Reading, len(crops))
	for i := range crops {
		out[i] = ocr.Reading{Text: l.lines[i], Confidence: 1}
		for _, r := range l.lines[i] {
			out[i].Chars = append(out[i].Chars, ocr.Char{Text: string(r), Confidence: 1})
		}
	}
	return out, nil
}

// TestLookAgain: a page that was hardly read is known by what the second reader makes
// of it; one that was read well is not read again.
func TestLookAgain(t *testing.T) {
	c := call.Builtin()[0]
	plan := c.Plans[0]
	for _, tc := range []struct {
		conf float64
		want bundle.Kind
	}{{0.8, bundle.ImplementationPlan}, {0.99, ""}} {
		rows := []row{written("国阮合怍某地买施万宾", 500, 300, 60, 58, -1), written("一、抬号恿想", 240, 420, 38, 36, -1)}
		for i := range rows {
			rows[i].conf = tc.conf
		}
		page := &layout.Page{W: 1600, H: 2300, DPI: 200, Clean: image.NewGray(image.Rect(0, 0, 1600, 2300))}
		v := &visit{
			ctx: t.Context(), all: rows, content: &Content{},
			Sheet: &Sheet{Call: c, Layout: page, Reader: &lookers{[]string{plan.Title, plan.Headings[0]}}},
		}
		if v.lookAgain(); v.content.Kind != tc.want {
			t.Errorf("read at %.2f: %q, want %q", tc.conf, v.content.Kind, tc.want)
		}
	}
}

// TestShadowBesideTitle: the pieces of a shadow at the scan's edge are no parts of the
// lines that they lie beside.
func TestShadowBesideTitle(t *testing.T) {
	c := call.Builtin()[0]
	s := &Sheet{Call: c, Layout: &layout.Page{W: 1240, H: 1754, DPI: 150}}
	for _, l := range []struct {
		box  image.Rectangle
		text string
	}{
		{image.Rect(0, 184, 16, 226), "下"}, {image.Rect(514, 201, 713, 234), c.Form.Instructions}, {image.Rect(1228, 190, 1240, 230), "1"},
		{image.Rect(215, 299, 1062, 324), "1.申请书各项内容应实事求是"},
	} {
		s.Layout.Lines = append(s.Layout.Lines, layout.Line{Box: l.box, Cell: -1})
		s.Readings = append(s.Readings, ocr.Reading{Text: l.text, Confidence: 0.95})
	}
	rows := s.rows()
	if len(rows) != 2 || rows[0].text != c.Form.Instructions || !s.isInstructions(rows) {
		t.Errorf("%d rows, the first %q", len(rows), rows[0].text)
	}
}
