package extract_test

import (
	"image"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/seal"
)

// Two calls stand for all: the built-in one, and an invented one whose form has
// nothing in common with it.
func builtIn(t testing.TB) *call.Call {
	c := call.Find("nmg-iscb-2022")
	if c == nil {
		t.Fatal("the built-in call is missing")
	}
	return c
}

func invented(t testing.TB) *call.Call {
	data, err := os.ReadFile("call/testdata/qinghe-2031.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := call.Parse("qinghe-2031.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// values are what is written into a form, by field key: strings, numbers, lists
// of labels and rows, as results hold them.
type values map[string]any

// with is a copy in which some values are others.
func (v values) with(key string, value any) values {
	out := maps.Clone(v)
	out[key] = value
	return out
}

// builtInValues fill the built-in call's form.
func builtInValues() values {
	return values{
		"base_name": "草原生态联合研究基地", "base_leader": "林青山", "host_unit": "云岭草业研究院",
		"recommending_dept": "云岭市科学技术局", "contact_phone": "04715550123", "filing_date": "2022-03-08",
		"host_unit_name": "云岭草业研究院", "host_unit_type": []string{"科研院所"},
		"staff_doctor": 12, "staff_master": 30, "staff_bachelor": 8, "staff_senior": 15, "staff_intermediate": 20, "staff_junior": 5,
		"has_cooperation_office": []string{"有"}, "cooperation_staff": 4,
		"base_name_form": "草原生态联合研究基地", "base_type": []string{"示范型国际科技合作基地"},
		"leader_name": "林青山", "leader_title": "院长", "leader_phone": "13805550147",
		"manager1_name": "白小雨", "manager1_title": "主任", "manager1_phone": "13905550158",
		"manager2_name": "", "manager2_title": "", "manager2_phone": "",
		"address": "云岭市青松路18号", "postcode": "010020", "email": "office@caoye.example.cn",
		"fax": "", "website": "www.caoye.example.cn",
		"field": "生态环境", "discipline": "草学", "direction": "退化草地修复", "rd_type": []string{"应用研究", "产业化"},
		"overview":     "本院从事草地生态研究三十余年。现有实验室六个，野外台站两处，与多国机构常年往来，共建联合实验室。\n近五年承担各类任务四十项，成果用于草场修复。",
		"achievements": "引进耐旱牧草品种十二个，在三个旗县试种成功。",
		"projects": []map[string]string{
			{"name": "耐旱牧草引种2019A05", "partner": "蒙古国农业大学", "funding": "80/20", "undertaker": "云岭草业研究院", "approver": "科学技术厅", "period": "2019/2021", "results": "论文六篇"},
			{"name": "草地碳汇监测2020B11", "partner": "日本北海学园", "funding": "60/30", "undertaker": "云岭草业研究院", "approver": "科学技术部", "period": "2020/2023", "results": "专利两项"},
		},
		"talent":            "引进外籍专家三人，组建创新团队两个。",
		"goals":             "建成联合实验室，按年度会商制度管理。",
		"demonstration":     "带动周边盟市同类机构开展合作。",
		"cooperation_modes": []string{"人员交流互访", "合作研发", "其他"},
		"partners": []map[string]string{
			{"country": "蒙古国", "institution": "蒙古国农业大学草地系", "agreement": "合作备忘录，2019年起五年"},
			{"country": "日本", "institution": "北海学园大学农学部", "agreement": "联合研究协议，2020年起三年"},
		},
		"partner_strengths":  "对方在育种方面经验丰富。",
		"partner_investment": "对方提供种质资源，双方共享数据。",
		"host_opinion":       "情况属实，同意申报。", "host_opinion_date": "2022-03-15",
		"recommender_dept": "云岭市科学技术局", "recommender_contact": "何秋月", "recommender_phone": "04715550199",
		"support_measures":    "每年配套经费二十万元。",
		"recommender_opinion": "经审核，材料齐全，同意推荐。", "recommender_opinion_date": "2022-04-02",
	}
}

// inventedValues fill the invented call's form.
func inventedValues() values {
	return values{
		"instrument": "场发射电子显微镜", "applicant": "青禾师范学院", "mode": []string{"对外开放"},
		"fee": "每时300元", "hours": 1850, "keeper": "田禾", "summary": "全年运行平稳，服务校内外课题二十项。",
		"users": []map[string]string{
			{"name": "青禾农业大学", "hours": "320"},
			{"name": "云溪材料研究所", "hours": "145"},
			{"name": "北岭制造公司", "hours": "60"},
		},
		"unit_opinion": "同意申请。", "unit_date": "2031-09-20",
	}
}

// written is how a value stands on paper.
func written(f *call.Field, value any) string {
	switch v := value.(type) {
	case int:
		return strconv.Itoa(v)
	case []string:
		return options(f, v, tickedBox)
	case string:
		if f != nil && f.Type == call.DateType {
			return onPaper(v)
		}
		return v
	}
	return ""
}

// onPaper is a date as it is written; what is no date is written as it is.
func onPaper(iso string) string {
	p := strings.Split(iso, "-")
	if len(p) != 3 {
		return iso
	}
	return p[0] + "年" + strings.TrimLeft(p[1], "0") + "月" + strings.TrimLeft(p[2], "0") + "日"
}

// options prints a field's options, the chosen ones with mark.
func options(f *call.Field, chosen []string, mark rune) string {
	var out []string
	for _, o := range f.Options {
		box, label := emptyBox, o.Label
		if slices.Contains(chosen, o.Label) {
			box = mark
		}
		if o.Print != "" {
			label = o.Print
		}
		out = append(out, string(box)+label)
	}
	return strings.Join(out, "\u3000")
}

// cover draws the form's cover.
func (p *paper) cover(v values) {
	p.y = 300
	for _, t := range p.call.Form.Title {
		p.title(t)
	}
	p.y = 700
	for _, l := range p.call.Form.Cover {
		p.line(left+100, p.y, -1, l.Label+"：")
		p.line(left+320, p.y, -1, written(p.call.Field(l.Field), v[l.Field]))
		p.rule(left+310, left+800)
		p.y += 2 * lead
	}
}

// rule draws a line to write on.
func (p *paper) rule(from, to int) {
	p.layout.Rules = append(p.layout.Rules, layout.Rule{Box: image.Rect(from, p.y+em+2, to, p.y+em+4)})
}

// form draws some of the form's sections, by their place in the profile, one
// below the other. All of them share one table, as in most forms.
func (p *paper) form(v values, sections ...int) {
	p.t.Helper()
	p.table()
	for _, k := range sections {
		p.section(&p.call.Form.Sections[k], v)
	}
}

// all are the numbers from first to last.
func all(first, last int) []int {
	var out []int
	for k := first; k <= last; k++ {
		out = append(out, k)
	}
	return out
}

func (p *paper) section(sec *call.Section, v values) {
	p.t.Helper()
	f := p.call.Field(sec.Field)
	if sec.Kind == call.OpinionSection {
		p.opinion(sec, v)
		return
	}
	p.row([]int{1}, []string{sec.Heading})
	switch sec.Kind {
	case call.GridSection:
		p.grid(sec, v)
	case call.TextSection:
		p.text(written(f, v[sec.Field]))
	case call.ChoiceSection:
		p.row([]int{1}, []string{written(f, v[sec.Field])})
	case call.TableSection:
		p.rows(f, v[sec.Field].([]map[string]string), true)
	}
}

func (p *paper) grid(sec *call.Section, v values) {
	p.t.Helper()
	for _, cells := range sec.Rows {
		var widths []int
		var texts []string
		for _, c := range cells {
			switch {
			case c.Span:
				widths, texts = append(widths, 3), append(texts, "^")
			case c.Label != "":
				widths, texts = append(widths, 3), append(texts, c.Label)
			default:
				widths, texts = append(widths, 4), append(texts, written(p.call.Field(c.Field), v[c.Field]))
			}
		}
		p.row(widths, texts)
	}
}

// text draws a box with paragraphs.
func (p *paper) text(s string) {
	p.t.Helper()
	p.box(wrap(s, right-left-40, true))
}

// box draws a cell as wide as the table with these lines.
func (p *paper) box(lines []string) int {
	p.t.Helper()
	cell := p.cell(image.Rect(left, p.y, right, p.y+len(lines)*lead+24))
	for i, l := range lines {
		p.line(left+20, p.y+12+i*lead, cell, l)
	}
	p.y = p.layout.Cells[cell].Box.Max.Y
	p.layout.Tables[len(p.layout.Tables)-1].Box.Max.Y = p.y
	return cell
}

// rows draws a table, with its head or without.
func (p *paper) rows(f *call.Field, rows []map[string]string, head bool) {
	p.t.Helper()
	widths := make([]int, len(f.Columns))
	heads := make([]string, len(f.Columns))
	for k, c := range f.Columns {
		widths[k], heads[k] = 1, c.Label
	}
	if head {
		p.row(widths, heads)
	}
	for _, r := range rows {
		texts := make([]string, len(f.Columns))
		for k, c := range f.Columns {
			texts[k] = r[c.Key]
		}
		p.row(widths, texts)
	}
}

// opinion draws an opinion: its text, the signing line, the seal's place and the
// date. A value "signed:ROLE" of false leaves the signature out, "written:DATE"
// is how the date's line reads.
func (p *paper) opinion(sec *call.Section, v values) {
	p.t.Helper()
	top := p.y
	text := written(nil, v[sec.Field])
	lines := []string{sec.Heading}
	if text != "" {
		lines = append(lines, wrap(text, right-left-40, true)...)
	}
	cell := p.cell(image.Rect(left, top, right, top+len(lines)*lead+260))
	for i, l := range lines {
		p.line(left+20, top+12+i*lead, cell, l)
	}
	y := top + len(lines)*lead + 70
	p.line(left+420, y, cell, sec.Signatory)
	if v["signed:"+sec.Role] != false {
		p.sign(left+420+len([]rune(sec.Signatory))*em+30, y)
	}
	p.line(left+620, y+60, cell, sec.SealLabel)
	date, ok := v["written:"+sec.Date].(string)
	if !ok {
		date = onPaper(v[sec.Date].(string))
	}
	p.line(left+620, y+110, cell, date)
	p.y = p.layout.Cells[cell].Box.Max.Y
	p.layout.Tables[len(p.layout.Tables)-1].Box.Max.Y = p.y
}

// sign writes a name by hand, on the line that begins at y.
func (p *paper) sign(x, y int) {
	for k := range 3 {
		o := image.Pt(x+k*40, y-12)
		p.stroke(3, o.Add(image.Pt(0, 8)), o.Add(image.Pt(30, 0)), o.Add(image.Pt(6, 40)), o.Add(image.Pt(34, 34)))
	}
}

// stamp puts a seal with this ring text at a place of the page; its ink is not
// drawn, for colour scans lift it off.
func (p *paper) stamp(x, y int, text string) {
	s := seal.Seal{Box: image.Rect(x-120, y-120, x+120, y+120), Shape: seal.Round, Text: text, Confidence: 0.9, Presence: 0.95}
	for _, r := range text {
		s.Chars = append(s.Chars, []seal.Guess{{Char: r, Weight: 0.95}})
	}
	p.seals = append(p.seals, s)
}

// wantValues holds an application's fields against what was written. Fields that
// want does not name are not looked at.
func wantValues(t *testing.T, a bundle.Application, want values) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if strings.Contains(key, ":") {
			continue
		}
		f, ok := a.Fields[key]
		if !ok {
			t.Errorf("field %s was not found, want %v", key, want[key])
			continue
		}
		if !sameValue(f.Value, want[key]) {
			t.Errorf("field %s is %q, want %q", key, f.Value, want[key])
		}
		if f.Page < 1 || f.Box[0] >= f.Box[2] || f.Box[1] >= f.Box[3] || f.Box[3] > 1 {
			t.Errorf("field %s has its evidence on page %d at %v", key, f.Page, f.Box)
		}
	}
}

func sameValue(a, b any) bool {
	switch b := b.(type) {
	case []string:
		list, ok := a.([]string)
		return ok && slices.Equal(list, b)
	case []map[string]string:
		rows, ok := a.([]map[string]string)
		return ok && slices.EqualFunc(rows, b, func(x, y map[string]string) bool { return maps.Equal(x, y) })
	}
	return a == b
}
