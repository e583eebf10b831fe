package extract_test

import (
	"context"
	"image"
	"maps"
	"slices"
	"strings"
	"testing"

	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
)

// sectionOf is the place of the section that fills a field.
func sectionOf(t *testing.T, c *call.Call, field string) int {
	t.Helper()
	i := slices.IndexFunc(c.Form.Sections, func(s call.Section) bool { return s.Field == field })
	if i < 0 {
		t.Fatalf("no section fills %s", field)
	}
	return i
}

// TestTextPlaces: a long text is found however the form lays its box out.
func TestTextPlaces(t *testing.T) {
	const heading, text = "六、简述国际科技合作的目标与管理方式（限400字）", "建成联合实验室，每季度会商一次，成果由双方共享。"
	c := builtIn(t)
	next := c.Form.Sections[sectionOf(t, c, "demonstration")].Heading
	for _, tc := range []struct {
		name string
		draw func(p *paper)
	}{
		{"in the box below its heading's", func(p *paper) {
			p.table()
			p.row([]int{1}, []string{heading})
			p.text(text)
			p.row([]int{1}, []string{next})
		}},
		{"in its heading's own box", func(p *paper) {
			p.table()
			p.box([]string{heading, "\u3000\u3000" + text})
			p.box([]string{next})
		}},
		{"in a box below a heading that stands free", func(p *paper) {
			p.write(heading)
			p.table()
			p.text(text)
			p.y += lead
			p.write(next)
		}},
		{"without any box", func(p *paper) {
			p.write(heading, "\u3000\u3000"+text, next)
		}},
		{"below a heading over two lines", func(p *paper) {
			p.table()
			p.box([]string{"六、简述国际科技合作的目标", "与管理方式（限400字）"})
			p.text(text)
			p.row([]int{1}, []string{next})
		}},
		{"below a heading that is misread", func(p *paper) {
			p.table()
			p.misread = map[string]string{heading: "大、简迷国际科技台作的目标与管理方式（限400宇）"}
			p.row([]int{1}, []string{heading})
			p.text(text)
			p.row([]int{1}, []string{next})
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, c)
			tc.draw(p)
			apps, _ := read(t, c, p)
			wantValues(t, apps[0], values{"goals": text})
		})
	}
}

func TestBlankText(t *testing.T) {
	c := builtIn(t)
	p := newPaper(t, c)
	p.form(builtInValues().with("goals", ""), sectionOf(t, c, "goals"), sectionOf(t, c, "demonstration"))
	apps, _ := read(t, c, p)
	if f := apps[0].Fields["goals"]; f.Value != "" || f.Confidence < 0.85 {
		t.Errorf("an empty box is %+v, want a sure blank", f)
	}

	// Without a box it is not known where the value should stand.
	p = newPaper(t, c)
	p.write(c.Form.Sections[sectionOf(t, c, "goals")].Heading)
	p.write(c.Form.Sections[sectionOf(t, c, "demonstration")].Heading)
	apps, _ = read(t, c, p)
	if f := apps[0].Fields["goals"]; f.Value != "" || f.Confidence > 0.6 {
		t.Errorf("a place without a box is %+v, want a doubtful blank", f)
	}
}

// TestParagraphs: they are kept, whether by indent or by a line that ends early.
func TestParagraphs(t *testing.T) {
	c := builtIn(t)
	at := sectionOf(t, c, "overview")
	long := strings.Repeat("本院设有草地与土壤两个方向", 6) + "。"
	full := strings.Repeat("本院设有草地与土壤等四个重点方向", 3)[:44*3] + "。"
	for _, tc := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"indented", append(wrap(long, 940, true), wrap(long, 940, true)...), long + "\n" + long},
		{"not indented, the last line short", append(wrap(long, 940, false), wrap(long, 940, false)...), long + "\n" + long},
		{"one", wrap(long, 940, true), long},
		{"each of one line, indented", []string{"\u3000\u3000本院设有草地方向。", "\u3000\u3000本院设有土壤方向。"}, "本院设有草地方向。\n本院设有土壤方向。"},
		{"each of one full line, indented", []string{"\u3000\u3000" + full, "\u3000\u3000" + full}, full + "\n" + full},
		{"each of one short line, not indented", []string{"一是人员互访", "二是联合研究"}, "一是人员互访\n二是联合研究"},
		{"a block set in from the edge", []string{"\u3000\u3000" + full[:len(full)-3] + "和", "\u3000\u3000" + "土壤方向。"}, full[:len(full)-3] + "和土壤方向。"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, c)
			p.table()
			p.row([]int{1}, []string{c.Form.Sections[at].Heading})
			p.box(tc.lines)
			p.row([]int{1}, []string{c.Form.Sections[at+1].Heading})
			apps, _ := read(t, c, p)
			wantValues(t, apps[0], values{"overview": tc.want})
		})
	}
}

// TestPrintedNotes: remarks that the form prints in the box are not the value.
func TestPrintedNotes(t *testing.T) {
	c := builtIn(t)
	at := sectionOf(t, c, "talent")
	sec := c.Form.Sections[at]
	value := "引进外籍专家三人。"
	note := append(wrap(sec.Notes[0], 940, false), "\u3000\u3000"+value)
	below, own := newPaper(t, c), newPaper(t, c)
	below.table()
	below.row([]int{1}, []string{sec.Heading})
	below.box(note)
	own.table()
	own.box(append([]string{sec.Heading}, note...))
	for _, p := range []*paper{below, own} {
		p.row([]int{1}, []string{c.Form.Sections[at+1].Heading})
		apps, _ := read(t, c, p)
		wantValues(t, apps[0], values{"talent": value})
	}
}

// TestTextOverTwoPages: what stands before the first heading of a page goes on
// from the page before.
func TestTextOverTwoPages(t *testing.T) {
	c := builtIn(t)
	at := sectionOf(t, c, "overview")
	start := strings.Repeat("本院设有草地与土壤两个方向", 5) + "，近年来"
	rest := "与多国往来。"
	second := "现有实验室六个。"
	for _, tc := range []struct {
		name string
		draw func(a, b *paper)
		want string
	}{
		{"in the middle of a sentence", func(a, b *paper) {
			a.table()
			a.row([]int{1}, []string{c.Form.Sections[at].Heading})
			a.text(start)
			b.table()
			b.box(append([]string{rest}, wrap(second, 940, true)...))
			b.row([]int{1}, []string{c.Form.Sections[at+1].Heading})
		}, start + rest + "\n" + second},
		{"between paragraphs", func(a, b *paper) {
			a.table()
			a.row([]int{1}, []string{c.Form.Sections[at].Heading})
			a.text(start + rest)
			b.table()
			b.text(second)
			b.row([]int{1}, []string{c.Form.Sections[at+1].Heading})
		}, start + rest + "\n" + second},
		{"onto a page with nothing else", func(a, b *paper) {
			a.foot("- 4 -")
			a.table()
			a.row([]int{1}, []string{c.Form.Sections[at].Heading})
			a.text(start)
			b.foot("- 5 -")
			b.table()
			b.box([]string{rest})
		}, start + rest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, b := newPaper(t, c), newPaper(t, c)
			tc.draw(a, b)
			apps, _ := read(t, c, a, b)
			if len(apps) != 1 {
				t.Fatalf("%d applications, want 1", len(apps))
			}
			wantValues(t, apps[0], values{"overview": tc.want})
			if f := apps[0].Fields["overview"]; f.Page != 1 {
				t.Errorf("the text's page is %d, want the first", f.Page)
			}
		})
	}
}

// TestTableOverTwoPages: with the head printed again or not.
func TestTableOverTwoPages(t *testing.T) {
	for _, tc := range []struct {
		name   string
		call   *call.Call
		values values
		field  string
		again  bool
	}{
		{"head printed again", builtIn(t), builtInValues(), "projects", true},
		{"head once", builtIn(t), builtInValues(), "projects", false},
		{"another form, head printed again", invented(t), inventedValues(), "users", true},
		{"another form, head once", invented(t), inventedValues(), "users", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := tc.call
			f := c.Field(tc.field)
			rows := tc.values[tc.field].([]map[string]string)
			a, b := newPaper(t, c), newPaper(t, c)
			a.form(tc.values.with(tc.field, rows[:1]), sectionOf(t, c, tc.field))
			b.table()
			b.rows(f, rows[1:], tc.again)
			next := &c.Form.Sections[sectionOf(t, c, tc.field)+1]
			b.section(next, tc.values)
			apps, infos := read(t, c, a, b)
			wantValues(t, apps[0], values{tc.field: rows, next.Field: tc.values[next.Field]})
			for _, i := range infos {
				if i.Kind != "application_form" {
					t.Errorf("page %d is %q, want the form", i.Page, i.Kind)
				}
			}
			if got := apps[0].Fields[tc.field]; got.Page != 1 {
				t.Errorf("the table's page is %d, want the first", got.Page)
			}
		})
	}
	t.Run("the rest on a page of its own", func(t *testing.T) {
		c, v := builtIn(t), builtInValues()
		rows := v["projects"].([]map[string]string)
		a, b, d := newPaper(t, c), newPaper(t, c), newPaper(t, c)
		a.form(v.with("projects", rows[:1]), sectionOf(t, c, "projects"))
		b.table()
		b.rows(c.Field("projects"), rows[1:], false)
		d.form(v, sectionOf(t, c, "talent"))
		apps, _ := read(t, c, a, b, d)
		wantValues(t, apps[0], values{"projects": rows, "talent": v["talent"]})
	})
}

// TestEmptyTable: no rows is a blank value.
func TestEmptyTable(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	none := []map[string]string{}
	for _, rows := range [][]map[string]string{{{}}, {{}, {}}} {
		p := newPaper(t, c)
		p.form(v.with("projects", rows), sectionOf(t, c, "projects"), sectionOf(t, c, "talent"))
		apps, _ := read(t, c, p)
		wantValues(t, apps[0], values{"projects": none})
		if f := apps[0].Fields["projects"]; f.Confidence < 0.7 {
			t.Errorf("empty rows are %+v, want a sure blank", f)
		}
	}
}

// TestTableRowWithLostRule: columns are known from the head.
func TestTableRowWithLostRule(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	rows := v["partners"].([]map[string]string)
	p := newPaper(t, c)
	p.merged = []string{"日本"}
	p.form(v, sectionOf(t, c, "partners"), sectionOf(t, c, "partner_strengths"))
	apps, _ := read(t, c, p)
	got, _ := apps[0].Fields["partners"].Value.([]map[string]string)
	if len(got) != 2 || got[0]["institution"] != rows[0]["institution"] || got[1]["agreement"] != rows[1]["agreement"] {
		t.Errorf("rows %v, want the first whole and the second's agreement", got)
	}
	if all := got[1]["country"] + got[1]["institution"]; !strings.Contains(all, "日本") || !strings.Contains(all, "北海学园") {
		t.Errorf("second row %v lost what stands in the joined cell", got[1])
	}
}

// streak cuts the table's cells in two at x, from the cell with index first on, as
// a scanner's streak that was taken for a rule does.
func (p *paper) streak(x, first int) {
	lines := p.layout.Lines
	p.layout.Lines = nil
	for i := range p.layout.Cells {
		p.layout.Cells[i].Lines = nil
	}
	halves := map[int]int{}
	for i, c := range p.layout.Cells {
		if i >= first && c.Box.Min.X < x-em && c.Box.Max.X > x+em {
			halves[i] = p.cell(image.Rect(x, c.Box.Min.Y, c.Box.Max.X, c.Box.Max.Y))
			p.layout.Cells[i].Box.Max.X = x
		}
	}
	for _, l := range lines {
		half, cut := halves[l.Cell]
		for side, b := range []image.Rectangle{{l.Box.Min, image.Pt(x-2, l.Box.Max.Y)}, {image.Pt(x+2, l.Box.Min.Y), l.Box.Max}} {
			switch piece := b.Intersect(l.Box); {
			case !cut && side == 0:
				p.layout.Lines = append(p.layout.Lines, l)
			case cut && !piece.Empty():
				m := layout.Line{Box: piece, Cell: l.Cell, Height: l.Height}
				if side == 1 {
					m.Cell = half
				}
				p.layout.Lines = append(p.layout.Lines, m)
			}
		}
	}
	for i, l := range p.layout.Lines {
		if l.Cell >= 0 {
			p.layout.Cells[l.Cell].Lines = append(p.layout.Cells[l.Cell].Lines, i)
		}
	}
}

// TestStreak: a streak through the page is no rule of the form. Text that it runs
// through is whole, and no table that it cuts is a sure blank.
func TestStreak(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	at := sectionOf(t, c, "goals")
	p := newPaper(t, c)
	p.form(v, at)
	p.streak(left+205, 1)
	apps, _ := read(t, c, p)
	wantValues(t, apps[0], values{"goals": v["goals"]})
	if f := apps[0].Fields["goals"]; f.Confidence > 0.7 {
		t.Errorf("text that was cut is %+v, want doubt", f)
	}

	at = sectionOf(t, c, "projects")
	p = newPaper(t, c)
	p.form(v, at, at+1)
	p.streak(left+205, 1)
	apps, _ = read(t, c, p)
	if f := apps[0].Fields["projects"]; f.Confidence > sureBlank {
		t.Errorf("table that was cut is %+v, want doubt", f)
	}

	// The rows are overleaf, on a page that was taken for something else.
	p = newPaper(t, c)
	p.form(v.with("projects", []map[string]string{}), at)
	apps, _ = read(t, c, p)
	if f := apps[0].Fields["projects"]; f.Confidence > sureBlank {
		t.Errorf("table without rows is %+v, want doubt", f)
	}
}

// TestWatermark: what a scanner app prints at a page's foot is no content.
func TestWatermark(t *testing.T) {
	c := builtIn(t)
	p := newPaper(t, c)
	at := sectionOf(t, c, "goals")
	p.y = 1400
	p.write(c.Form.Sections[at].Heading, "\u3000\u3000建成联合实验室。")
	p.line(right-200, pageH-150, -1, "扫描全能王创建")
	content := contentOf(t, p, 1)
	for _, l := range content.Text {
		if strings.Contains(l.Text, "扫描全能王") {
			t.Errorf("the watermark is in the page's text")
		}
	}
	apps, _ := read(t, c, p)
	wantValues(t, apps[0], values{"goals": "建成联合实验室。"})
}

// TestPageText: all that a page says is kept for search, in reading order.
func TestPageText(t *testing.T) {
	c := invented(t)
	p := newPaper(t, c)
	p.form(inventedValues(), all(0, 3)...)
	content := contentOf(t, p, 1)
	var text string
	for _, l := range content.Text {
		text += l.Text + "\n"
		if l.Box[0] >= l.Box[2] || l.Box[1] >= l.Box[3] {
			t.Errorf("line %q has box %v", l.Text, l.Box)
		}
	}
	at := 0
	for _, want := range []string{"甲、基本情况", "对外开放", "1850", "乙、使用情况", "服务校内外课题", "青禾农业大学", "法定代表人", "2031年9月20日"} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is not in the page's text, or not in its order:\n%s", want, text)
		}
		at += i
	}
}

func TestPageErrors(t *testing.T) {
	c := builtIn(t)
	p := newPaper(t, c)
	p.form(builtInValues(), 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := extract.Page(ctx, p.sheet(1)); err == nil {
		t.Error("no error after the work was cancelled")
	}
	p = newPaper(t, c)
	p.form(builtInValues(), 0)
	s := p.sheet(1)
	s.Reader = nil
	if _, err := extract.Page(context.Background(), s); err != nil {
		t.Errorf("a page without a second look: %v", err)
	}
}

// TestSharedHeading: a grid and an opinion are headed alike; each is known by
// what stands below the heading, whether the other is on the page or not.
func TestSharedHeading(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	grid := values{"recommender_dept": v["recommender_dept"], "recommender_contact": v["recommender_contact"], "recommender_phone": v["recommender_phone"]}
	opinion := values{"recommender_opinion": v["recommender_opinion"], "recommender_opinion_date": v["recommender_opinion_date"]}
	for _, tc := range []struct {
		name     string
		sections []int
		change   func(p *paper)
		want     values
		absent   values
	}{
		{"the opinion only", []int{14}, nil, opinion, grid},
		{"the grid only", []int{12}, nil, grid, opinion},
		{"both", []int{12, 13, 14}, nil, both(grid, opinion), nil},
		{"the grid, labels damaged", []int{12}, func(p *paper) {
			p.misread = map[string]string{"联系人": "耳糸人"}
			p.failed = []string{"电话"}
		}, grid, opinion},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, c)
			if tc.change != nil {
				tc.change(p)
			}
			p.form(v, tc.sections...)
			apps, _ := read(t, c, p)
			wantValues(t, apps[0], tc.want)
			for key := range tc.absent {
				if f, ok := apps[0].Fields[key]; ok {
					t.Errorf("field %s of what is not on the page is %+v", key, f)
				}
			}
			if _, ok := tc.want["recommender_opinion"]; ok != (len(apps[0].Signatures) == 1) {
				t.Errorf("signatures %+v", apps[0].Signatures)
			}
		})
	}
}

func both(a, b values) values {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
