package draft

import (
	"image"
	"slices"
	"strings"
	"testing"

	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
)

func TestLimits(t *testing.T) {
	for s, want := range map[string]int{
		"二、机构情况简介（限800字）": 800, "字数不超过1000": 1000, "（不超过 500 字）": 500, "控制在300字以内": 300, "不多于2000个汉字": 2000,
		"简述，600字左右": 600, "限8OO字": 800, "（限400字，分行撰写）": 400, "三、2017年以来的成果": 0, "第5字段": 0, "": 0,
	} {
		if n, sure := limitOf(s); n != want || sure == strings.Contains(s, "OO") {
			t.Errorf("%s: %d, sure %v; want %d", s, n, sure, want)
		}
	}
}

func TestKinds(t *testing.T) {
	for label, want := range map[string]string{
		"填报日期": "date", "联系电话": "phone", "手机和固话": "phone", "邮编": "postcode", "电子邮箱": "email", "网站": "website",
		"专职从事国际科技合作人数": "integer", "基地负责人": "person", "依托单位名称": "unit", "组织推荐部门": "unit", "所属专业领域": "text", "": "text",
	} {
		if got := kindOf(label); got != want {
			t.Errorf("%s: %s, want %s", label, got, want)
		}
	}
}

// sketch is a page in the making: cells, and lines in them or outside.
type sketch struct{ Page }

func newSketch() *sketch {
	const w, h = 800, 1000
	return &sketch{Page{Layout: &layout.Page{W: w, H: h, DPI: 100, Ink: make([]uint8, w*h)}}}
}

func (s *sketch) cell(x0, y0, x1, y1 int, lines ...string) {
	s.Layout.Cells = append(s.Layout.Cells, layout.Cell{Box: image.Rect(x0, y0, x1, y1)})
	for i, l := range lines {
		s.line(x0+4, y0+4+20*i, len(s.Layout.Cells)-1, l)
	}
}

// line prints a text whose boxes are ink; each character is 14 pixels wide.
func (s *sketch) line(x, y, cell int, words string) {
	const em = 14
	r := ocr.Reading{Text: words, Confidence: 0.99}
	for i, c := range []rune(words) {
		b := image.Rect(x+i*em, y, x+i*em+em, y+em)
		if c == '□' {
			s.box(b.Inset(1))
		}
		r.Chars = append(r.Chars, ocr.Char{Text: string(c), Box: b.Sub(image.Pt(x-extract.Margin, y-extract.Margin)), Confidence: 0.99})
	}
	box := image.Rect(x, y, x+em*len([]rune(words)), y+em).Intersect(image.Rect(0, 0, s.Layout.W, s.Layout.H))
	s.Layout.Lines = append(s.Layout.Lines, layout.Line{Box: box, Cell: cell, Height: em})
	s.Readings = append(s.Readings, r)
}

func (s *sketch) box(b image.Rectangle) {
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if edge := x == b.Min.X || x == b.Max.X-1 || y == b.Min.Y || y == b.Max.Y-1; edge && image.Pt(x, y).In(image.Rect(0, 0, s.Layout.W, s.Layout.H)) {
				s.Layout.Ink[y*s.Layout.W+x] = 1
			}
		}
	}
}

// A form of another kind: headings with other numbers, a choice in a grid, a table.
func TestProfile(t *testing.T) {
	cover := newSketch()
	for i, l := range []string{"企业名称", "负责人", "申报日期"} {
		cover.line(100, 300+40*i, -1, l)
	}
	body := newSketch()
	body.line(50, 20, -1, "（一）企业情况")
	body.cell(50, 50, 200, 90, "企业类型（单选）")
	body.cell(200, 50, 700, 90, "□国有□民营")
	body.cell(50, 90, 200, 130, "注册日期")
	body.cell(200, 90, 700, 130)
	body.line(50, 150, -1, "（二）主要产品")
	for i, l := range []string{"名称", "产量"} {
		body.cell(50+300*i, 180, 350+300*i, 220, l)
		body.cell(50+300*i, 220, 350+300*i, 260)
	}
	body.cell(50, 300, 700, 600, "（三）发展设想（不超过600字）")
	body.line(380, 980, -1, "- 2 -")
	data := Profile([]Page{cover.Page, body.Page}, "firms-2031", 2031)
	c, err := call.Parse("draft", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if c.ID != "firms-2031" || c.Year != 2031 || len(c.Form.Cover) != 3 || len(c.Form.Sections) != 3 {
		t.Fatalf("%+v", c.Form)
	}
	var kinds []call.SectionKind
	for _, s := range c.Form.Sections {
		kinds = append(kinds, s.Kind)
	}
	if want := []call.SectionKind{call.GridSection, call.TableSection, call.TextSection}; !slices.Equal(kinds, want) {
		t.Errorf("sections %v, want %v", kinds, want)
	}
	choice := c.Field(c.Form.Sections[0].Rows[0][1].Field)
	if choice == nil || !choice.Single || len(choice.Options) != 2 || choice.Options[1].Label != "民营" {
		t.Errorf("choice %+v", choice)
	}
	if f := c.Field(c.Form.Sections[2].Field); f == nil || f.Limit != 600 {
		t.Errorf("text %+v", f)
	}
	if f := c.Field(c.Form.Sections[1].Field); f == nil || len(f.Columns) != 2 || f.Columns[1].Label != "产量" {
		t.Errorf("table %+v", f)
	}
}

// Whatever stands on a page, what is written can be loaded, or there was nothing to fill in.
func FuzzProfile(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 200, 100, 0, 7, 33, 12, 90, 4}, "一、基本信息\n□有□否\n单位：\n（签章）年月日")
	f.Add([]byte{0, 0, 255, 255, 0, 0, 128, 255, 1, 1, 128, 128}, "\"\\: #\n二、{x}\n【备注：")
	f.Fuzz(func(t *testing.T, places []byte, words string) {
		lines := strings.Split(words, "\n")
		if len(places) > 200 || len(words) > 1000 {
			return
		}
		s := newSketch()
		for i := 0; i+4 <= len(places); i += 4 {
			x0, y0 := int(places[i])*3, int(places[i+1])*3
			line := lines[i/4%len(lines)]
			if places[i+3]%3 == 0 {
				s.line(x0, y0, -1, line)
				continue
			}
			var in []string
			if places[i+3]%3 == 1 {
				in = append(in, line)
			}
			s.cell(x0, y0, min(x0+20+int(places[i+2])*3, 799), min(y0+20+int(places[i+3])*2, 999), in...)
		}
		data := Profile([]Page{s.Page, s.Page}, "any", 2031)
		if _, err := call.Parse("draft", data); err != nil && !strings.Contains(err.Error(), "the form is empty") && !strings.Contains(err.Error(), "there are no fields") {
			t.Errorf("%v\n%s", err, data)
		}
	})
}
