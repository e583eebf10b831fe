package call

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestBuiltin(t *testing.T) {
	if len(Builtin()) == 0 {
		t.Fatal("no call is compiled in")
	}
	if Find("no-such-call") != nil {
		t.Error("an unknown id found a call")
	}
	c := Find("nmg-iscb-2022")
	if c == nil {
		t.Fatal("the call of 2022 is gone")
	}
	if got := c.Deadline.String(); got != "2022-04-13" || c.Year != 2022 || len(c.Version) != 12 {
		t.Errorf("deadline %s, year %d, version %q", got, c.Year, c.Version)
	}
	var optional []string
	limits := map[string]int{}
	for _, f := range c.Fields {
		if !f.Required {
			optional = append(optional, f.Key)
		}
		if f.Limit > 0 {
			limits[f.Key] = f.Limit
		}
	}
	if want := "manager2_name manager2_title manager2_phone fax website rd_type"; strings.Join(optional, " ") != want {
		t.Errorf("optional fields %v, want %s", optional, want)
	}
	if len(limits) != 8 || limits["overview"] != 800 || limits["talent"] != 200 || limits["goals"] != 400 {
		t.Errorf("limits %v", limits)
	}
	if w := c.Field("rd_type").RequiredWhen; w == nil || w.Field != "base_type" || !slices.Equal(w.In, []string{"示范型国际科技合作基地"}) {
		t.Errorf("rd_type is required when %+v", w)
	}
	for _, o := range c.Field("base_type").Options {
		if taken := o.Offered == nil || *o.Offered; taken != (o.Label != "国际创新园") {
			t.Errorf("%s offered: %v", o.Label, taken)
		}
	}
}

func TestBuiltinPatterns(t *testing.T) {
	c := Find("nmg-iscb-2022")
	any := func(list []Pattern, s string) bool {
		return slices.ContainsFunc(list, func(p Pattern) bool { return p.Match(s) })
	}
	for _, tt := range []struct {
		list []Pattern
		text string
		want bool
	}{
		{c.Letter.Patterns, "关于 推荐 某某国际科技合作基地的函", true},
		{c.Letter.Patterns, "某盟科学技术局文件", true},
		{c.Letter.Patterns, "经审核，材料真实、完整、合规，现予以推荐。", true},
		{c.Letter.Patterns, "三、运行机制与保障措施", false},
		{c.Letter.Patterns, "组织推荐部门意见：", false},
		{c.Separators, "申报材料（第1份）", true},
		{c.Separators, "申报材料 (第 二 份)", true},
		{c.Separators, "申报材料真实、完整、合规", false},
		{c.Separators, "第一章总则", false},
		{c.Watermarks, "扫描全能王 创建", true},
		{c.Watermarks, "CamScanner", true},
		{c.Watermarks, "内蒙古自治区科学技术厅", false},
	} {
		if got := any(tt.list, tt.text); got != tt.want {
			t.Errorf("%q matches: %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestQuotaKinds(t *testing.T) {
	for name, want := range map[string]int{
		"内蒙古自治区市场监督管理厅": 2,
		"某某盟科学技术局":      3,
		"某某市科学技术局":      3,
		"满洲里市工信与科技局":    3,
		"二连浩特市教育科技局":    3,
		"某某大学":          0,
	} {
		got := 0
		for _, k := range Find("nmg-iscb-2022").Quota.Kinds {
			if k.Pattern.Match(name) {
				got = k.Limit
				break
			}
		}
		if got != want {
			t.Errorf("%s has a quota of %d, want %d", name, got, want)
		}
	}
}

// TestOtherForm shows that a form of quite another make needs no code.
func TestOtherForm(t *testing.T) {
	c := parseFile(t)
	if c.ID != "qinghe-2031" || len(c.Fields) != 10 || c.Field("hours").Type != Integer || c.Field("nothing") != nil {
		t.Errorf("%+v", c)
	}
	if c.Version == Find("nmg-iscb-2022").Version {
		t.Error("two profiles with one version")
	}
}

func parseFile(t *testing.T) *Call {
	t.Helper()
	data, err := os.ReadFile("testdata/qinghe-2031.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("qinghe-2031.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestProblems breaks a good profile in one place at a time and asks for the
// line and the words that tell what to do.
func TestProblems(t *testing.T) {
	data, err := os.ReadFile("testdata/qinghe-2031.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	for _, tt := range []struct{ old, new, words string }{
		{"id: qinghe-2031", "id: ../passwd", "short name"},
		{"title: 2031年度", "titel: 2031年度", `unknown key "titel" in call`},
		{"year: 2031", "year: soon", `"soon" does not fit here: a whole number`},
		{"year: 2031\n", "year: 2031\nyear: 2032\n", `"year" is given twice`},
		{"deadline: 2031-10-08", "deadline: 2031-02-30", "write year-month-day"},
		{"key: applicant, label", "key: instrument, label", "given twice"},
		{"label: 仪器名称, type: text", "label: 仪器名称, type: txt", "unknown type"},
		{"label: 仪器名称, type: text", "label: 仪器名称, type: text, limit: 9", "only a longtext"},
		{"type: person}", "type: person, single: true}", "only a choice"},
		{"    single: true\n    options: [{label: 校内共享}, {label: 对外开放}, {label: 租赁, offered: false}]", "", "no options"},
		{"{label: 校内共享}, {label: 对外开放}", "{label: 对外开放}, {label: 对外开放}", "given twice"},
		{"required_when: {field: mode, in: [对外开放]}", "required_when: {field: mood, in: [对外开放]}", `unknown field "mood"`},
		{"required_when: {field: mode, in: [对外开放]}", "required_when: {field: mode, in: [白送]}", `"白送" is no option`},
		{"required_when: {field: mode, in: [对外开放]}", "required_when: {field: mode}", "in is missing"},
		{"    columns: [{key: name, label: 单位, type: unit}, {key: hours, label: 机时, type: integer}]\n", "", "no columns"},
		{"{label: 申请单位, field: applicant}", "{label: 申请单位, field: aplicant}", `unknown field "aplicant"`},
		{"    - {label: 申请单位, field: applicant}\n", "", `no place of the form fills field "applicant"`},
		{"{field: keeper}]", "{field: keeper, label: 管理员}]", "either a label or a field"},
		{"{label: 仪器, span: true}", "{label: 设备, span: true}", "does not stand there"},
		{"{field: hours}", "{field: mode}", "already has a place"},
		{"kind: text, field: summary", "kind: essay, field: summary", "unknown kind"},
		{"kind: text, field: summary", "kind: table, field: summary", "of type longtext"},
		{"      role: host_unit\n", "      role: owner\n", `role "owner"`},
		{"kind: attachment", "kind: photo", "unknown or given twice"},
		{"separators: ['^分隔页$']", "separators: ['(分隔']", "correct the regular expression"},
		{"separators: ['^分隔页$']", "separators: ['']", "matches everything"},
		{"owner: applicant", "owner: nobody", `unknown field "nobody"`},
		{"signatures:\n  - {role: host_unit", "signatures:\n  - {role: letters", "has no place"},
		{"field: unit_date, label", "field: hours, label", "a date is wanted"},
		{"duplicate:\n  fields: [applicant, instrument]", "duplicate:\n  fields: [applicant, thing]", `unknown field "thing"`},
		{"duplicate:", "consistency:\n  - {id: a, label: 甲, fields: [applicant]}\nduplicate:", "fewer than two"},
		{"duplicate:", "consistency:\n  - {id: a, label: 甲, fields: [applicant, keeper], seal: letter}\nduplicate:", "no seal has the role"},
		{"duplicate:", "quota: {field: applicant, unit: applicant}\nduplicate:", "give self"},
		{"duplicate:", "quota: {field: applicant, unit: applicant, self: 1, kinds: [{label: 局, pattern: 局$}]}\nduplicate:", "has no limit"},
		{"duplicate:", "plans:\n  - {id: p, title: 方案, field: mode, for: [校内共享]}\nduplicate:", "no headings"},
		{"form:", "form: [", "this is no YAML"},
	} {
		if !strings.Contains(good, tt.old) {
			t.Fatalf("%q is no longer in the profile", tt.old)
		}
		bad := strings.Replace(good, tt.old, tt.new, 1)
		_, err := Parse("x.yaml", []byte(bad))
		var p *Problems
		if !errors.As(err, &p) {
			t.Errorf("%q: no problem found (%v)", tt.new, err)
			continue
		}
		i := slices.IndexFunc(p.List, func(q Problem) bool { return strings.Contains(q.Message, tt.words) })
		if i < 0 {
			t.Errorf("%q: want %q, got:\n%v", tt.new, tt.words, err)
			continue
		}
		// The problem's line must be one that the change touched, or next to
		// it where something is missing; a missing line names its list.
		at := strings.Count(good[:strings.Index(good, tt.old)], "\n") + 1
		end := at + strings.Count(tt.new, "\n") + 1
		if l := p.List[i].Line; tt.new != "" && (l < at-1 || l > end) {
			t.Errorf("%q: line %d, want %d to %d", tt.new, l, at, end)
		}
	}
}

// TestEveryProblem asks for all mistakes at once, by line.
func TestEveryProblem(t *testing.T) {
	_, err := Parse("next.yaml", []byte(`id: next
title: 明年
year: never
deadline: 13.4.2022
colour: red
fields:
  - {key: a, label: 甲, type: text}
  - {key: b, label: 乙, type: choice}
form:
  cover:
    - {label: 甲, field: a}
    - {label: 丙, field: c}
`))
	if err == nil {
		t.Fatal("no problem found")
	}
	want := []string{"next.yaml:3: ", "next.yaml:4: ", "next.yaml:5: ", "next.yaml:8: ", "next.yaml:8: ", "next.yaml:12: "}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d problems, want %d:\n%v", len(lines), len(want), err)
	}
	for i, l := range lines {
		if !strings.HasPrefix(l, want[i]) {
			t.Errorf("problem %d is %q, want %q…", i, l, want[i])
		}
	}
}

func TestParseNothing(t *testing.T) {
	for _, s := range []string{"", "# nothing\n", "3", "[]", "id: a\n---\nid: b\n", "a: &x [*x]"} {
		if c, err := Parse("x", []byte(s)); err == nil || c != nil {
			t.Errorf("%q: %v, %v", s, c, err)
		}
	}
}

func TestDate(t *testing.T) {
	a, err := ParseDate("2024-02-29")
	if err != nil || a.String() != "2024-02-29" || a.IsZero() {
		t.Errorf("%v, %v", a, err)
	}
	for _, s := range []string{"", "2023-02-29", "2024-2-9", "2024/02/09", "2024-13-01"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q is %v", s, d)
		}
	}
	b, _ := ParseDate("2024-03-01")
	if a.Compare(b) != -1 || b.Compare(a) != 1 || a.Compare(a) != 0 {
		t.Error("dates are out of order")
	}
}

func TestPattern(t *testing.T) {
	p, err := CompilePattern(`^第.份$`)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Match(" 第\u3000二 份\n") || p.Match("第二份材料") {
		t.Error("blanks are not passed over")
	}
	if (Pattern{}).Match("") || (Pattern{}).Match("x") {
		t.Error("no pattern matches something")
	}
	if _, err := CompilePattern("("); err == nil {
		t.Error("a broken expression was taken")
	}
}

// FuzzParse asks that no bytes crash the loader and that what it takes is whole.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"nmg-iscb-2022.yaml", "testdata/qinghe-2031.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("fields: &a [*a]"))
	f.Add([]byte("form: {sections: [{rows: [[{span: true}]]}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("fuzz", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("call %v, error %v", c, err)
		}
	})
}

func TestKnowsRecommender(t *testing.T) {
	c := Find("nmg-iscb-2022")
	usual := &Call{Quota: Quota{Field: "dept"}, Fields: []Field{{Key: "dept", Lexicon: []string{"某某局"}}}}
	for _, tt := range []struct {
		c    *Call
		name string
		want bool
	}{
		{c, "青河市科学技术局", true}, {c, "自治区农牧厅", true}, {c, "青河大学", false}, {c, "", false},
		{usual, "某某局", true}, {usual, "另一局", false}, {&Call{}, "某某局", false},
	} {
		if got := tt.c.KnowsRecommender(tt.name); got != tt.want {
			t.Errorf("%s knows %q: %v", tt.c.ID, tt.name, got)
		}
	}
}
