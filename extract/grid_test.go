package extract_test

import (
	"image"
	"slices"
	"strings"
	"testing"

	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
)

// gridPage reads a page with the form's first section, after damage.
func gridPage(t *testing.T, c *call.Call, v values, damage func(p *paper)) map[string]string {
	t.Helper()
	p := newPaper(t, c)
	damage(p)
	p.form(v, 0)
	apps, _ := read(t, c, p)
	if len(apps) != 1 {
		t.Fatalf("%d applications, want 1", len(apps))
	}
	got := map[string]string{}
	want := values{}
	for _, row := range c.Form.Sections[0].Rows {
		for _, cell := range row {
			if cell.Field != "" {
				want[cell.Field] = v[cell.Field]
			}
		}
	}
	wantValues(t, apps[0], want)
	for key, f := range apps[0].Fields {
		got[key] = f.Note
	}
	return got
}

// TestDamagedGrid: values are known by the labels around them, and the labels by
// the values' places, when a part of either is lost.
func TestDamagedGrid(t *testing.T) {
	for _, tc := range []struct {
		name   string
		damage func(p *paper)
	}{
		{"nothing", func(*paper) {}},
		{"labels misread in part", func(p *paper) {
			p.misread = map[string]string{
				"通讯地址": "通汛地扯", "邮编": "邮缩", "电子邮箱": "电于邮箱", "传真": "传直", "学科": "字科",
				"基地专职管理人员": "基池专职管里人员", "手机和固话": "手机和因话", "依托单位名称": "依托单泣名称", "博士": "搏士",
			}
		}},
		{"labels not read at all", func(p *paper) {
			p.unread = []string{"通讯地址", "职务", "学科", "硕士", "网站"}
		}},
		{"labels that the reader failed on", func(p *paper) {
			p.failed = []string{"邮编", "方向", "按职称分"}
		}},
		{"a rule lost between two fields", func(p *paper) {
			p.merged = []string{"office@caoye.example.cn", "草学", "院长"}
		}},
		{"the heading not read", func(p *paper) { p.unread = []string{"一、基本信息"} }},
	} {
		t.Run(tc.name, func(t *testing.T) { gridPage(t, builtIn(t), builtInValues(), tc.damage) })
	}
	t.Run("another form", func(t *testing.T) {
		gridPage(t, invented(t), inventedValues(), func(p *paper) {
			p.misread = map[string]string{"收费标准": "收费标淮", "共享方式": "共亨方式", "管理员": "管埋员"}
		})
	})
}

// TestLabelAndValueInOneCell: the rule between them was lost, so they are one
// line of text.
func TestLabelAndValueInOneCell(t *testing.T) {
	for _, tc := range []struct {
		name  string
		label string
	}{
		{"first of its row", "通讯地址"},
		{"last of its row", "邮编"},
		{"the only one of its row", "依托单位名称"},
		{"one of three", "学科"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			gridPage(t, builtIn(t), builtInValues(), func(p *paper) { p.merged = []string{tc.label} })
		})
	}
}

// TestRowMissing: another year's print of the form, or a fold in the paper, loses
// a row; the rows around it keep their values, and its field is absent, not blank.
func TestRowMissing(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	shorter := *c
	shorter.Form.Sections = slices.Clone(c.Form.Sections)
	sec := &shorter.Form.Sections[0]
	sec.Rows = slices.DeleteFunc(slices.Clone(sec.Rows), func(row []call.FormCell) bool {
		return slices.ContainsFunc(row, func(c call.FormCell) bool { return c.Field == "postcode" || c.Field == "website" })
	})
	p := newPaper(t, &shorter)
	p.form(v, 0)
	p.call = c
	apps, _ := read(t, c, p)
	want := values{}
	for _, row := range sec.Rows {
		for _, cell := range row {
			if cell.Field != "" {
				want[cell.Field] = v[cell.Field]
			}
		}
	}
	wantValues(t, apps[0], want)
	for _, key := range []string{"address", "postcode", "website"} {
		if f, ok := apps[0].Fields[key]; ok {
			t.Errorf("field %s of a row that is not there is %+v, want it absent", key, f)
		}
	}
}

// TestBlankFields: a cell without writing is a blank value that is certain, with
// the cell as its place.
func TestBlankFields(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	keys := []string{"leader_title", "postcode", "staff_doctor", "address"}
	for _, k := range keys {
		v = v.with(k, "")
	}
	p := newPaper(t, c)
	p.form(v, 0)
	apps, _ := read(t, c, p)
	for _, k := range keys {
		f, ok := apps[0].Fields[k]
		if !ok || f.Value != "" || f.Confidence < 0.9 || f.Box[2]-f.Box[0] < 0.05 {
			t.Errorf("field %s is %+v, found %v; want a sure blank in its cell", k, f, ok)
		}
	}
}

// TestFaintInk: writing too faint to be found as a line of text leaves its cell in
// doubt; a speck does not.
func TestFaintInk(t *testing.T) {
	c := builtIn(t)
	for _, tc := range []struct {
		name string
		mark func(p *paper, at image.Point)
		sure bool
	}{
		{"a speck", func(p *paper, at image.Point) { p.fill(image.Rectangle{at, at.Add(image.Pt(5, 5))}, 150) }, true},
		{"what shines through", func(p *paper, at image.Point) { p.fill(image.Rectangle{at, at.Add(image.Pt(60, 16))}, 225) }, true},
		{"faint writing", func(p *paper, at image.Point) {
			for k := range 6 {
				p.fill(image.Rect(at.X+k*12, at.Y, at.X+k*12+4, at.Y+16), 180)
			}
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, c)
			p.form(builtInValues().with("website", ""), 0)
			label := slices.IndexFunc(p.layout.Lines, func(l layout.Line) bool {
				return readCrop((&layout.Page{W: pageW, H: pageH, Clean: &image.Gray{Pix: p.pix, Stride: pageW, Rect: image.Rect(0, 0, pageW, pageH)}}).CropRect(l.Box, 10)).Text == "网站"
			})
			tc.mark(p, image.Pt(center, p.layout.Lines[label].Box.Min.Y))
			apps, _ := read(t, c, p)
			f := apps[0].Fields["website"]
			if f.Value != "" || (f.Confidence > 0.7) != tc.sure {
				t.Errorf("website %+v, want it a sure blank: %v", f, tc.sure)
			}
		})
	}
}

// TestTypedValues: a value's type says what is made of the writing.
func TestTypedValues(t *testing.T) {
	for _, tc := range []struct {
		key     string
		written string
		misread [2]string // what the first reading takes for what
		want    any
		sure    bool
	}{
		{key: "postcode", written: "010020", want: "010020", sure: true},
		{key: "postcode", written: "010020", misread: [2]string{"0", "O"}, want: "010020", sure: true},
		{key: "postcode", written: "０１００２０", want: "010020", sure: true},
		{key: "postcode", written: "010020", misread: [2]string{"2", "7"}, want: nil}, // either, but with a note
		{key: "leader_phone", written: "13805550147", misread: [2]string{"8", "B"}, want: "13805550147", sure: true},
		{key: "leader_phone", written: "13805550147、04715550123", want: "13805550147、04715550123"},
		{key: "staff_doctor", written: "12", misread: [2]string{"1", "l"}, want: 12, sure: true},
		{key: "staff_doctor", written: "12人", want: 12},
		{key: "staff_doctor", written: "0", want: 0, sure: true},
		{key: "fax", written: "无", want: "无", sure: true},
		{key: "website", written: "无", want: "无", sure: true},
		{key: "email", written: "office@caoye.example.cn", misread: [2]string{"office", "0ffice"}, want: nil},
		{key: "leader_title", written: "|副院长。", want: "副院长"},
	} {
		t.Run(tc.key+" "+tc.written+strings.Join(tc.misread[:], " "), func(t *testing.T) {
			c := builtIn(t)
			p := newPaper(t, c)
			if tc.misread[0] != "" {
				p.misread[strings.Replace(tc.written, tc.misread[0], tc.misread[0], 1)] = strings.ReplaceAll(tc.written, tc.misread[0], tc.misread[1])
			}
			p.form(builtInValues().with(tc.key, tc.written), 0)
			apps, _ := read(t, c, p)
			f := apps[0].Fields[tc.key]
			switch {
			case tc.want == nil:
				if f.Confidence > 0.8 || f.Note == "" {
					t.Errorf("two readings that differ give %+v, want doubt and a note", f)
				}
			case f.Value != tc.want:
				t.Errorf("%q gives %#v, want %#v", tc.written, f.Value, tc.want)
			case tc.sure && f.Confidence < 0.8:
				t.Errorf("%q gives %v with confidence %g", tc.written, f.Value, f.Confidence)
			}
		})
	}
}

// TestLabelRunsIntoValue: label and value are one line of text in one cell.
func TestLabelRunsIntoValue(t *testing.T) {
	c := builtIn(t)
	for label, key := range map[string]string{"邮编": "postcode", "网站": "website", "学科": "discipline", "职务": "leader_title", "博士": "staff_doctor"} {
		v := builtInValues()
		p := newPaper(t, c)
		p.joined = map[string]string{label: written(c.Field(key), v[key])}
		p.form(v, 0)
		apps, _ := read(t, c, p)
		wantValues(t, apps[0], values{key: v[key]})
	}
}

// shared draws the form's first section with each label and its value in one
// cell, or all of a row in one; labels of more than one value keep their cells.
func (p *paper) shared(v values, oneCell bool, sep, apart string) {
	p.t.Helper()
	sec := &p.call.Form.Sections[0]
	p.table()
	p.row([]int{1}, []string{sec.Heading})
	for _, cells := range sec.Rows {
		var widths []int
		var texts []string
		for k, c := range cells {
			switch n := len(texts) - 1; {
			case c.Span:
				widths, texts = append(widths, 1), append(texts, "^")
			case c.Label != "":
				widths, texts = append(widths, 1), append(texts, c.Label)
			case n >= 0 && cells[k-1].Label != "":
				f := p.call.Field(c.Field)
				value := written(f, v[c.Field])
				if f.Type == call.Choice {
					widths, texts = append(widths, 3), append(texts, value)
					continue
				}
				texts[n] += sep + value
				widths[n] += 2
			default:
				widths, texts = append(widths, 3), append(texts, written(p.call.Field(c.Field), v[c.Field]))
			}
		}
		if oneCell && cells[0].Label != "" && !slices.Contains(texts, "^") && len(texts) < 4 {
			widths, texts = []int{1}, []string{strings.Join(texts, apart)}
		}
		p.row(widths, texts)
	}
}

// TestLabelsInTheirValuesCells: other forms print no rule between a label and its
// value, or none in a row at all.
func TestLabelsInTheirValuesCells(t *testing.T) {
	c := builtIn(t)
	v := builtInValues().with("fax", "").with("manager2_title", "无").with("address", "云岭市青松路18号科技园区北门东侧第三栋实验楼四层东区四零二室")
	for _, tc := range []struct {
		name    string
		oneCell bool
		sep     string
	}{
		{"a colon between", false, "："},
		{"white between", false, "\u3000"},
		{"whole rows in one cell", true, "："},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, c)
			p.shared(v, tc.oneCell, tc.sep, "\u3000")
			apps, _ := read(t, c, p)
			want := values{}
			for _, row := range c.Form.Sections[0].Rows {
				for _, cell := range row {
					// Between two labels in one line a blank takes no room.
					if cell.Field != "" && (v[cell.Field] != "" || !tc.oneCell) {
						want[cell.Field] = v[cell.Field]
					}
				}
			}
			wantValues(t, apps[0], want)
			if f := apps[0].Fields["fax"]; f.Value != "" || f.Confidence < 0.7 {
				t.Errorf("blank behind its label is %+v, want it sure", f)
			}
		})
	}
}

// TestValueLikeItsLabel: a value that begins like its label is not cut in two
// where the label's own cell was not read.
func TestValueLikeItsLabel(t *testing.T) {
	c := builtIn(t)
	v := builtInValues().with("discipline", "学科建设")
	p := newPaper(t, c)
	p.unread = []string{"学科"}
	p.misread = map[string]string{}
	p.merged = []string{"生态环境"}
	p.form(v, 0)
	apps, _ := read(t, c, p)
	if f, ok := apps[0].Fields["discipline"]; ok && f.Value == "建设" && f.Confidence > 0.5 {
		t.Errorf("discipline is %+v", f)
	}
}

// TestGridOverTwoPages: the last rows of a grid stand at the head of the next page,
// without its heading.
func TestGridOverTwoPages(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	sec := c.Form.Sections[0]
	for _, at := range []int{8, 11, 13, 14} {
		first, rest := sec, sec
		first.Rows, rest.Rows = sec.Rows[:at], sec.Rows[at:]
		a, b := newPaper(t, c), newPaper(t, c)
		a.table()
		a.row([]int{1}, []string{sec.Heading})
		a.grid(&first, v)
		b.table()
		b.grid(&rest, v)
		b.section(&c.Form.Sections[1], v)
		apps, _ := read(t, c, a, b)
		want := values{"overview": v["overview"]}
		for _, row := range sec.Rows {
			for _, cell := range row {
				if cell.Field != "" {
					want[cell.Field] = v[cell.Field]
				}
			}
		}
		wantValues(t, apps[0], want)
	}
}
