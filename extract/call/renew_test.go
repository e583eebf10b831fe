package call

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// short is a profile that writes its values in many ways, with mistakes besides.
const short = `# 一个说明，2022 年 # 里面还有井号
"id": 'a-2022'   # the id
title: "题目 \"2022\" 年"   # the title
year: 2022 # 年
deadline: "2022-02-28"
fields:
  - {key: a, label: '2017年以来的''成果''', type: text} # 2017
  - key: b
    label: 二〇一七、2018年的事
    type: text
form:
  title: [2022年申报书, 说明]
  instructions: |
    2022 年填表说明
`

// TestRenewBuiltin: a new year's copy of the built-in profile is it, but for what was
// changed; its lines and comments are where they were.
func TestRenewBuiltin(t *testing.T) {
	was := builtinProfiles()[0]
	r := Suggest(was.Call)
	if want := (Renewal{ID: "nmg-iscb-2023", Title: "2023年度内蒙古自治区国际科技合作基地认定", Year: 2023, Deadline: Date{2023, 4, 13}}); !reflect.DeepEqual(r, want) {
		t.Errorf("suggested %+v, want %+v", r, want)
	}
	texts, err := YearTexts(was.Source)
	if err != nil || len(texts) < 3 {
		t.Fatalf("%+v, error %v", texts, err)
	}
	r.Texts = map[int]string{}
	lines := map[int]bool{}
	for _, at := range texts {
		r.Texts[at.Line] = strings.ReplaceAll(at.Text, "2017", "2018")
		lines[at.Line] = true
	}
	got, err := Renew("new", was.Source, r)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse("new", got)
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != r.ID || c.Title != r.Title || c.Year != 2023 || c.Deadline != r.Deadline || c.Version == was.Call.Version {
		t.Errorf("it is %s %s %d %v %s", c.ID, c.Title, c.Year, c.Deadline, c.Version)
	}
	old, made := strings.Split(string(was.Source), "\n"), strings.Split(string(got), "\n")
	if len(old) != len(made) {
		t.Fatalf("%d lines became %d", len(old), len(made))
	}
	for i := range old {
		own := strings.HasPrefix(old[i], "id:") || strings.HasPrefix(old[i], "title:") || strings.HasPrefix(old[i], "year:") || strings.HasPrefix(old[i], "deadline:")
		switch {
		case old[i] == made[i] && (own || lines[i+1]):
			t.Errorf("line %d is still %s", i+1, made[i])
		case old[i] != made[i] && !own && !lines[i+1]:
			t.Errorf("line %d was %s and is %s", i+1, old[i], made[i])
		}
	}
	if c.Field("achievements").Label != "三、2018年以来取得的主要国际科技合作成果" {
		t.Errorf("the label is %q", c.Field("achievements").Label)
	}
}

// TestSplice: values written in every way are replaced, and nothing else is.
func TestSplice(t *testing.T) {
	for _, title := range []string{"新题目", "有: 冒号", "- x", "2023", "yes", `"引号" 和 \`, "# no comment", "{a, b}", "<b>&", "~", " 空 格 ", "\t制表", "😀", "--- 2023"} {
		root, err := nodes([]byte(short))
		if err != nil {
			t.Fatal(err)
		}
		own := ownNodes(root)
		texts, err := YearTexts([]byte(short))
		if err != nil || len(texts) != 3 || texts[0] != (YearText{7, "2017年以来的'成果'"}) || texts[2] != (YearText{12, "2022年申报书"}) {
			t.Fatalf("%+v, error %v", texts, err)
		}
		changes := changesOf(own, "b-2023", title, "2023", "2023-03-01")
		for _, n := range scalars(root) {
			if n.Value == texts[0].Text || n.Value == texts[2].Text {
				changes[n] = title
			}
		}
		got, err := splice([]byte(short), changes)
		if err != nil {
			t.Fatal(err)
		}
		if err := same(root, got, changes); err != nil {
			t.Errorf("%q: %v\n%s", title, err, got)
		}
		for _, comment := range []string{"# 一个说明，2022 年 # 里面还有井号", "# the id", "# the title", "# 年", "# 2017", "    2022 年填表说明"} {
			if !strings.Contains(string(got), comment) {
				t.Errorf("%q: %s is gone", title, comment)
			}
		}
	}
}

func TestRenewRefuses(t *testing.T) {
	source := builtinProfiles()[0].Source
	good := Suggest(builtinProfiles()[0].Call)
	change := func(f func(*Renewal)) Renewal { r := good; f(&r); return r }
	var problems *Problems
	for name, r := range map[string]Renewal{
		"id":       change(func(r *Renewal) { r.ID = "../x" }),
		"capitals": change(func(r *Renewal) { r.ID = "A" }),
	} {
		if _, err := Renew("new", source, r); !errors.Is(err, ErrID) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, r := range map[string]Renewal{
		"no title":      change(func(r *Renewal) { r.Title = "" }),
		"no year":       change(func(r *Renewal) { r.Year = 0 }),
		"no such day":   change(func(r *Renewal) { r.Deadline = Date{2023, 2, 30} }),
		"label is gone": change(func(r *Renewal) { r.Texts = map[int]string{177: ""} }),
	} {
		if _, err := Renew("new", source, r); !errors.As(err, &problems) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	// What is no text of the profile is not put anywhere.
	r := change(func(r *Renewal) { r.Texts = map[int]string{1: "x", 5: "x", 99999: "x", -1: "x"} })
	got, err := Renew("new", source, r)
	if want, _ := Renew("new", source, good); err != nil || string(got) != string(want) {
		t.Errorf("lines that are no texts changed the copy, error %v", err)
	}
}

func FuzzSplice(f *testing.F) {
	f.Add(short, "新题目")
	f.Add("id: a\ntitle: b\nyear: 1\ndeadline: 2022-01-01\n", "x: y")
	f.Add("{id: a, title: 'b', year: 1, deadline: 2022-01-01}", "")
	f.Add("id: &x a\ntitle: *x\nyear: !!str 1\ndeadline: >\n  2022\n", "-")
	f.Fuzz(func(t *testing.T, source, title string) {
		root, err := nodes([]byte(source))
		if err != nil {
			return
		}
		own := ownNodes(root)
		if own[1] == nil {
			return
		}
		changes := changesOf(own[1:2], title)
		got, err := splice([]byte(source), changes)
		if err != nil {
			return
		}
		// It reads as it was meant to, or is refused; it does not panic.
		if err := same(root, got, changes); err != nil && !errors.Is(err, errNotAsMeant) && !errors.As(err, new(*Problems)) {
			t.Error(err)
		}
	})
}

func TestSuggestLeapDay(t *testing.T) {
	r := Suggest(&Call{ID: "a", Title: "t", Year: 2024, Deadline: Date{2024, 2, 29}})
	if fmt.Sprint(r.ID, r.Deadline) != "a-20252025-02-28" {
		t.Errorf("%+v", r)
	}
}

// changesOf gives nodes their new values.
func changesOf(nodes []*yaml.Node, values ...string) map[*yaml.Node]string {
	changes := map[*yaml.Node]string{}
	for i, n := range nodes {
		changes[n] = values[i]
	}
	return changes
}
