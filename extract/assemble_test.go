package extract_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
)

// pieces draws an application's pages, by name.
type pieces struct {
	t testing.TB
	c *call.Call
	v values
}

// page draws the page of that name: cover, form1.. (as formBreaks deals them),
// plan1, plan2, letter, attachment, prose, separator, blank.
func (x pieces) page(name string) *paper {
	p := newPaper(x.t, x.c)
	switch name {
	case "blank":
		return nil
	case "cover":
		p.cover(x.v)
	case "instructions":
		p.title(x.c.Form.Instructions)
		p.prose(8)
	case "plan1":
		g := x.c.Plans[1]
		p.plan(g, true, g.Headings[:5]...)
	case "plan2":
		g := x.c.Plans[1]
		p.plan(g, false, g.Headings[5:]...)
	case "letter":
		p.letter(x.v)
	case "attachment":
		p.attachment()
	case "prose":
		p.prose(12)
	case "separator":
		p.separator("申报材料第二份")
	default:
		var n int
		if _, err := fmt.Sscanf(name, "form%d", &n); err != nil {
			x.t.Fatalf("no page %q", name)
		}
		p.form(x.v, formBreaks(x.c)[n-1]...)
	}
	return p
}

// second is another applicant's form.
func second() values {
	v := builtInValues()
	for key, value := range map[string]string{
		"base_name": "极寒材料国际合作基地", "base_name_form": "极寒材料国际合作基地", "base_leader": "沈知远", "leader_name": "沈知远",
		"host_unit": "北岭理工大学", "host_unit_name": "北岭理工大学", "recommending_dept": "北岭市科学技术局", "recommender_dept": "北岭市科学技术局",
	} {
		v[key] = value
	}
	return v
}

// TestApplications: which pages make up which application, in whatever order the
// pages were fed. A name with a dash is a page of the second applicant.
func TestApplications(t *testing.T) {
	for _, tc := range []struct {
		name  string
		pages string
		want  []string // the pages of each application's documents
	}{
		{"in order", "cover instructions form1 form2 form3 form4 form5 plan1 plan2 letter attachment",
			[]string{"form 1 2 3 4 5 6 7, plan 8 9, letter 10, attachment 11"}},
		{"with blank backs", "cover blank form1 blank form2 plan1 blank letter blank",
			[]string{"form 1 3 5, plan 6, letter 8"}},
		{"letter first", "letter cover form1 form2 plan1",
			[]string{"letter 1, form 2 3 4, plan 5"}},
		{"plan first", "plan1 plan2 cover form1 letter",
			[]string{"plan 1 2, form 3 4, letter 5"}},
		{"pages out of order", "cover form2 form1 form4 form3 form5 letter plan2 plan1",
			[]string{"form 1 2 3 4 5 6, letter 7, plan 8 9"}},
		{"cover after the form's first pages", "form1 cover form2 plan1",
			[]string{"form 1 2 3, plan 4"}},
		{"no cover", "form1 form2 plan1 letter",
			[]string{"form 1 2, plan 3, letter 4"}},
		{"two, told apart by their covers", "cover form1 form2 plan1 letter -cover -form1 -plan1 -letter",
			[]string{"form 1 2 3, plan 4, letter 5", "form 6 7, plan 8, letter 9"}},
		{"two, with a separator", "cover form1 plan1 letter separator -cover -form1 -plan1",
			[]string{"form 1 2, plan 3, letter 4", "form 6 7, plan 8"}},
		{"a separator before the first", "separator cover form1 letter separator -letter -cover -form1",
			[]string{"form 2 3, letter 4", "letter 6, form 7 8"}},
		{"two without covers", "form1 form2 letter -form1 -form2",
			[]string{"form 1 2, letter 3", "form 4 5"}},
		{"the second's letter before its cover", "cover form1 plan1 letter -letter -cover -form1",
			[]string{"form 1 2, plan 3, letter 4", "letter 5, form 6 7"}},
		{"a separator is enough", "cover form1 letter separator -form3 -form4",
			[]string{"form 1 2, letter 3", "form 5 6"}},
		{"attachments between and behind", "cover form1 attachment form2 plan1 attachment attachment",
			[]string{"form 1 2 4, attachment 3, plan 5, attachment 6 7"}},
		{"nothing but attachments", "attachment attachment",
			[]string{"attachment 1 2"}},
		{"a separator before attachments", "cover form1 separator attachment",
			[]string{"form 1 2, attachment 4"}},
		{"a plan that goes on", "cover form1 plan1 prose prose letter",
			[]string{"form 1 2, plan 3 4 5, letter 6"}},
		{"nothing", "blank blank", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := builtIn(t)
			var papers []*paper
			for _, name := range strings.Fields(tc.pages) {
				v := builtInValues()
				if rest, ok := strings.CutPrefix(name, "-"); ok {
					v, name = second(), rest
				}
				papers = append(papers, pieces{t, c, v}.page(name))
			}
			apps, infos := read(t, c, papers...)
			var got []string
			for _, a := range apps {
				got = append(got, shortDocuments(a.Documents))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("applications %q, want %q", got, tc.want)
			}
			for i, name := range strings.Fields(tc.pages) {
				if want := kindOf(name); infos[i].Kind != want {
					t.Errorf("page %d (%s) is %q, want %q", i+1, name, infos[i].Kind, want)
				}
			}
		})
	}
}

func kindOf(name string) bundle.Kind {
	switch strings.TrimRight(strings.TrimPrefix(name, "-"), "12345") {
	case "blank":
		return bundle.Blank
	case "separator":
		return bundle.Separator
	case "plan", "prose":
		return bundle.ImplementationPlan
	case "letter":
		return bundle.RecommendationLetter
	case "attachment":
		return bundle.Attachment
	}
	return bundle.ApplicationForm
}

func shortDocuments(docs []bundle.Document) string {
	names := map[bundle.Kind]string{
		bundle.ApplicationForm: "form", bundle.ImplementationPlan: "plan",
		bundle.RecommendationLetter: "letter", bundle.Attachment: "attachment",
	}
	var out []string
	for _, d := range docs {
		out = append(out, names[d.Kind]+" "+strings.Trim(fmt.Sprint(d.Pages), "[]"))
	}
	return strings.Join(out, ", ")
}

// TestEachItsOwnValues: two applications in one bundle do not mix.
func TestEachItsOwnValues(t *testing.T) {
	c := builtIn(t)
	first := pieces{t, c, builtInValues()}
	other := pieces{t, c, second()}
	apps, _ := read(t, c, first.page("cover"), first.page("form1"), other.page("cover"), other.page("form1"))
	if len(apps) != 2 {
		t.Fatalf("%d applications, want 2", len(apps))
	}
	for i, v := range []values{first.v, other.v} {
		want := values{}
		for _, key := range []string{"base_name", "base_name_form", "host_unit", "host_unit_name", "leader_name", "recommending_dept"} {
			want[key] = v[key]
		}
		wantValues(t, apps[i], want)
	}
	if apps[0].ID == apps[1].ID || apps[0].ID == "" {
		t.Errorf("ids %q and %q", apps[0].ID, apps[1].ID)
	}
}

// TestFormOutOfOrder: a text that goes on overleaf is joined in the form's order,
// not in the order in which the pages were fed.
func TestFormOutOfOrder(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	at := sectionOf(t, c, "overview")
	a, b := newPaper(t, c), newPaper(t, c)
	a.foot("2")
	a.form(v.with("overview", "本院从事草地生态研究，"), 0, at)
	b.foot("3")
	b.table()
	b.box([]string{"已有三十余年。"})
	b.form(v, at+1)
	apps, _ := read(t, c, b, a)
	if len(apps) != 1 {
		t.Fatalf("%d applications, want 1", len(apps))
	}
	wantValues(t, apps[0], values{"overview": "本院从事草地生态研究，已有三十余年。", "achievements": v["achievements"]})
}

// TestUnreadablePage: a page without content keeps its place and is no one's.
func TestUnreadablePage(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	x := pieces{t, c, v}
	contents := []*extract.Content{contentOf(t, x.page("cover"), 1), nil, contentOf(t, x.page("form1"), 3)}
	infos := []bundle.PageInfo{{Page: 1}, {Page: 2, Error: &bundle.Error{Code: bundle.CodeDamaged}}, {Page: 3}}
	apps := extract.Assemble(c, strings.Repeat("ab", 32), infos, contents)
	if len(apps) != 1 || shortDocuments(apps[0].Documents) != "form 1 3" {
		t.Errorf("applications %+v, want one of pages 1 and 3", apps)
	}
	if infos[1].Kind == "" {
		t.Error("the page that could not be read has no kind")
	}
}

func TestPlan(t *testing.T) {
	c := builtIn(t)
	for _, g := range c.Plans {
		t.Run(g.ID, func(t *testing.T) {
			cover, first, rest := newPaper(t, c), newPaper(t, c), newPaper(t, c)
			cover.cover(builtInValues())
			missing := g.Headings[len(g.Headings)-2]
			half := len(g.Headings) / 2
			first.plan(g, true, g.Headings[:half]...)
			rest.plan(g, false, slices.DeleteFunc(slices.Clone(g.Headings[half:]), func(h string) bool { return h == missing })...)
			// A misread heading is still one.
			first.misread[strings.TrimSpace(g.Headings[0][len("一、"):])] = strings.Replace(g.Headings[0][len("一、"):], "与", "写", 1)
			apps, _ := read(t, c, cover, first, rest)
			p := apps[0].Plan
			if p == nil || p.Guide != g.ID || p.Confidence < 0.7 || p.Page != 2 {
				t.Fatalf("plan %+v, want guide %s on page 2", p, g.ID)
			}
			if len(p.Headings) != len(g.Headings) {
				t.Fatalf("%d headings, want all %d of the guide", len(p.Headings), len(g.Headings))
			}
			for i, h := range p.Headings {
				if h.Text != g.Headings[i] || h.Found != (h.Text != missing) {
					t.Errorf("heading %+v, want found %v", h, g.Headings[i] != missing)
				}
				if !h.Found && h.Confidence < 0.8 {
					t.Errorf("heading %+v, want it surely missing", h)
				}
				if want := 2 + i/half; h.Found && (h.Page != min(want, 3) || h.Box == nil) {
					t.Errorf("heading %q is on page %d at %v, want page %d", h.Text, h.Page, h.Box, want)
				}
			}
		})
	}
	t.Run("read badly", func(t *testing.T) {
		g := c.Plans[0]
		cover, p := newPaper(t, c), newPaper(t, c)
		cover.cover(builtInValues())
		for _, h := range g.Headings {
			p.doubt[string([]rune(h)[3:6])] = 0.7
		}
		p.plan(g, true, g.Headings[:len(g.Headings)-1]...)
		apps, _ := read(t, c, cover, p)
		if last := apps[0].Plan.Headings[len(g.Headings)-1]; last.Found || last.Confidence > 0.6 {
			t.Errorf("heading %+v of a page that was read badly, want doubt", last)
		}
	})
	t.Run("on another page", func(t *testing.T) {
		g := c.Plans[0]
		cover, p, other := newPaper(t, c), newPaper(t, c), newPaper(t, c)
		cover.cover(builtInValues())
		p.plan(g, true, g.Headings[:len(g.Headings)-1]...)
		other.attachment()
		other.write(g.Headings[len(g.Headings)-1])
		apps, _ := read(t, c, cover, p, other)
		if last := apps[0].Plan.Headings[len(g.Headings)-1]; !last.Found && last.Confidence > 0.6 {
			t.Errorf("heading %+v that stands on another page, want doubt", last)
		}
	})
	t.Run("none", func(t *testing.T) {
		x := pieces{t, c, builtInValues()}
		apps, _ := read(t, c, x.page("cover"), x.page("form1"))
		if apps[0].Plan != nil {
			t.Errorf("plan %+v, want none", apps[0].Plan)
		}
	})
}

// TestWhatIsALetter: by its patterns, with or without its head.
func TestWhatIsALetter(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		seal  bool
		want  bundle.Kind
	}{
		{"a department's letter", []string{"云岭市科学技术局文件", "关于推荐云岭草业研究院申报的函", "现予以推荐。"}, true, bundle.RecommendationLetter},
		{"without its head, stamped", []string{"科学技术厅：", "经审核，现同意推荐。", "云岭市科学技术局"}, true, bundle.RecommendationLetter},
		{"headed only", []string{"推荐函", "兹证明该单位情况属实，同意推荐该单位申报。", "云岭市科学技术局"}, false, bundle.RecommendationLetter},
		{"a certificate", []string{"检测报告", "样品名称：牧草种子", "检测结论：合格"}, true, bundle.Attachment},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := builtIn(t)
			p := newPaper(t, c)
			p.write(tc.lines...)
			if tc.seal {
				p.stamp(800, 900, "云岭市科学技术局")
			}
			_, infos := read(t, c, p)
			if infos[0].Kind != tc.want {
				t.Errorf("page is %q, want %q", infos[0].Kind, tc.want)
			}
		})
	}
}

// TestNothingHardWired: the words of one call's papers mean nothing to another.
func TestNothingHardWired(t *testing.T) {
	built := pieces{t, builtIn(t), builtInValues()}
	for _, name := range []string{"cover", "form1", "form4", "plan1", "letter", "separator", "instructions"} {
		p := built.page(name)
		p.call = invented(t)
		_, infos := read(t, p.call, p)
		if infos[0].Kind != bundle.Attachment {
			t.Errorf("%s of the built-in call is %q under another, want an attachment", name, infos[0].Kind)
		}
	}
	other := pieces{t, invented(t), inventedValues()}
	for _, name := range []string{"cover", "form1"} {
		p := other.page(name)
		p.call = builtIn(t)
		_, infos := read(t, p.call, p)
		if infos[0].Kind != bundle.Attachment {
			t.Errorf("%s of the invented call is %q under the built-in, want an attachment", name, infos[0].Kind)
		}
	}
	p := newPaper(t, invented(t))
	p.separator("分隔页")
	if _, infos := read(t, p.call, p); infos[0].Kind != bundle.Separator {
		t.Errorf("the invented call's separator is %q", infos[0].Kind)
	}
}

// TestSameAgain: the same pages give the same result, to the last byte.
func TestSameAgain(t *testing.T) {
	once := func() ([]bundle.Application, []bundle.PageInfo) {
		c := builtIn(t)
		var papers []*paper
		for _, v := range []values{builtInValues(), second()} {
			x := pieces{t, c, v}
			for _, name := range []string{"cover", "form1", "form3", "form4", "form5", "plan1", "letter"} {
				p := x.page(name)
				p.misread = map[string]string{"的": "白", "研究": "矿究", "2": "7"}
				p.stamp(700, 800, "云岭草业研究院")
				papers = append(papers, p)
			}
		}
		return read(t, c, papers...)
	}
	apps, infos := once()
	for range 2 {
		if a, i := once(); !reflect.DeepEqual(apps, a) || !reflect.DeepEqual(infos, i) {
			t.Fatal("the same pages gave another result")
		}
	}
}
