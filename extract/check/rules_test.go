package check

import (
	"fmt"
	"strings"
	"testing"

	"sealdesk/bundle"
)

// TestFieldRules changes one or two values of a complete application and asks
// what one check then says.
func TestFieldRules(t *testing.T) {
	type value struct {
		key  string
		v    any
		conf float64
	}
	chars := func(n int) string { return strings.Repeat("字 ", n) }
	for _, tt := range []struct {
		name   string
		values []value
		id     string
		want   bundle.Status
	}{
		{"none is filled", []value{{"address", "无", 1}}, "field.address.present", bundle.Pass},
		{"a stroke is not", []value{{"address", "／", 1}}, "field.address.present", bundle.Review},
		{"a speck is not", []value{{"discipline", "丿", .2}}, "field.discipline.present", bundle.Review},
		{"bad handwriting is", []value{{"discipline", "草业科学", .2}}, "field.discipline.present", bundle.Pass},
		{"optional and filled", []value{{"fax", "0499-5550126", 1}}, "field.fax.present", bundle.Pass},
		{"optional and blank", []value{{"fax", "", 1}}, "field.fax.present", ""},
		{"table of nothing", []value{{"projects", []map[string]string{{"name": " "}}, 1}}, "field.projects.present", bundle.Fail},

		{"not asked of this type", []value{{"base_type", []string{"国际技术转移中心"}, 1}, {"rd_type", []string{}, 1}}, "field.rd_type.present", ""},
		{"asked of this type", []value{{"rd_type", []string{}, 1}}, "field.rd_type.present", bundle.Fail},
		{"two types, blank", []value{{"base_type", []string{"国际技术转移中心", "示范型国际科技合作基地"}, 1}, {"rd_type", []string{}, 1}}, "field.rd_type.present", bundle.Review},
		{"type in doubt, blank", []value{{"base_type", []string{"国际技术转移中心"}, .3}, {"rd_type", []string{}, 1}}, "field.rd_type.present", bundle.Review},

		{"at the limit", []value{{"talent", chars(200), 1}}, "field.talent.limit", bundle.Pass},
		{"line ends do not count", []value{{"talent", strings.Repeat("十个字十个字十个字十\n", 20), 1}}, "field.talent.limit", bundle.Pass},
		{"over it", []value{{"talent", chars(201), 1}}, "field.talent.limit", bundle.Fail},
		{"over it, read badly", []value{{"talent", chars(203), .8}}, "field.talent.limit", bundle.Review},
		{"just under, read badly", []value{{"talent", chars(198), .8}}, "field.talent.limit", bundle.Review},
		{"far over, read badly", []value{{"talent", chars(266), .5}}, "field.talent.limit", bundle.Fail},
		{"far under, read badly", []value{{"talent", chars(120), .5}}, "field.talent.limit", bundle.Pass},

		{"bad mail", []value{{"email", "shaji.example.com", .95}}, "field.email.format", bundle.Fail},
		{"bad mail, read badly", []value{{"email", "shaji.example.com", .8}}, "field.email.format", bundle.Review},
		{"no mail", []value{{"email", "无", 1}}, "field.email.format", bundle.Pass},
		{"blank has no form", []value{{"email", "", 1}}, "field.email.format", ""},
		{"a day that is not", []value{{"filing_date", "2022-02-30", 1}}, "field.filing_date.format", bundle.Fail},
		{"number in words", []value{{"staff_doctor", "十二", 1}}, "field.staff_doctor.format", bundle.Fail},
		{"number", []value{{"staff_doctor", 0, 1}}, "field.staff_doctor.format", bundle.Pass},
		{"number from JSON", []value{{"staff_doctor", float64(12), 1}}, "field.staff_doctor.format", bundle.Pass},
		{"part of a number", []value{{"staff_doctor", 1.5, 1}}, "field.staff_doctor.format", bundle.Fail},

		{"none chosen", []value{{"base_type", []string{}, 1}}, "field.base_type.single", bundle.Fail},
		{"two chosen", []value{{"base_type", []string{"国际创新园", "国际技术转移中心"}, 1}}, "field.base_type.single", bundle.Fail},
		{"two, in doubt", []value{{"base_type", []string{"国际创新园", "国际技术转移中心"}, .5}}, "field.base_type.single", bundle.Review},
		{"one, in doubt", []value{{"base_type", []string{"国际技术转移中心"}, .5}}, "field.base_type.single", bundle.Review},
		{"not offered", []value{{"base_type", []string{"国际创新园"}, 1}}, "field.base_type.offered", bundle.Fail},
		{"no such option", []value{{"base_type", []string{"星际创新园"}, 1}}, "field.base_type.offered", bundle.Review},
		{"nothing to offer", []value{{"base_type", []string{}, 1}}, "field.base_type.offered", ""},

		{"date in part", []value{{"host_opinion_date", "2022-04", 1}}, "date.host_unit.present", bundle.Fail},
		{"date in part, read badly", []value{{"host_opinion_date", "2022-04", .6}}, "date.host_unit.present", bundle.Review},
		{"the last day", []value{{"recommender_opinion_date", "2022-04-13", 1}}, "date.deadline", bundle.Pass},
		{"a day late", []value{{"recommender_opinion_date", "2022-04-14", 1}}, "date.deadline", bundle.Fail},
		{"a day late, read badly", []value{{"recommender_opinion_date", "2022-04-14", .5}}, "date.deadline", bundle.Review},
		{"in time, read badly", []value{{"recommender_opinion_date", "2022-04-11", .5}}, "date.deadline", bundle.Review},
		{"years early", []value{{"recommender_opinion_date", "2012-04-11", 1}}, "date.deadline", bundle.Review},
		{"no date to ask of", []value{{"recommender_opinion_date", "", 1}}, "date.deadline", ""},
		{"no day that is", []value{{"recommender_opinion_date", "2022-04-31", 1}}, "date.deadline", bundle.Review},

		{"one name", []value{{"leader_name", "钱 望舒", 1}}, "consistency.leader", bundle.Pass},
		{"another name", []value{{"leader_name", "孙一鸣", .9}}, "consistency.leader", bundle.Fail},
		{"one character off", []value{{"leader_name", "钱望苏", .9}}, "consistency.leader", bundle.Review},
		{"one off and certain", []value{{"leader_name", "钱望苏", .99}}, "consistency.leader", bundle.Fail},
		{"another name, read badly", []value{{"leader_name", "孙一鸣", .4}}, "consistency.leader", bundle.Review},
		{"words put in", []value{{"base_name", "沙棘精深综合加工国际科技合作基地", .9}}, "consistency.base_name", bundle.Fail},
		{"width and brackets", []value{{"base_name", "沙棘（精深）加工国际科技合作基地", 1}, {"base_name_form", "沙棘(精深)加工国际科技合作基地", 1}}, "consistency.base_name", bundle.Pass},
		{"blank cannot be compared", []value{{"leader_name", "", 1}}, "consistency.leader", ""},
	} {
		app := complete(t)
		for _, v := range tt.values {
			set(app, v.key, v.v, v.conf)
		}
		checks, _ := Run(nmg(t), app, nil, nil)
		if got := statusOf(checks, tt.id); got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.name, tt.id, got, tt.want)
		}
	}
}

func TestNotes(t *testing.T) {
	for conf, want := range map[float64]bundle.Status{.9: bundle.Pass, .3: bundle.Review} {
		app := complete(t)
		f := app.Fields["overview"]
		f.Note, f.Confidence = "末行被装订遮住", conf
		app.Fields["overview"] = f
		checks, _ := Run(nmg(t), app, nil, nil)
		for _, c := range checks {
			if c.ID == "field.overview.present" && (c.Status != want || !strings.Contains(c.Message, f.Note)) {
				t.Errorf("at %v: %+v", conf, c)
			}
		}
	}
}

func TestPhones(t *testing.T) {
	for _, s := range []string{
		"13900000001", "139 0000 0001", "+86 13900000001", "0499-5550123", "04995550123", "(0499) 5550123", "（０４９９）５５５０１２３",
		"010-55501234", "0499—5550123", "400-555-0123", "0499-5550123转801", "0499-5550123-801",
		"13900000001 / 0499-5550124", "13900000001\n0499-5550124", "13900000001、0499-5550124", "0499-5550124 13900000001",
		"手机：13900000001；固话：0499-5550124", "0499-5550123, 5550124", "0499-55 50 123",
	} {
		if !goodPhones(s) {
			t.Errorf("%q is not taken", s)
		}
	}
	for _, s := range []string{
		"", "1390000000", "139000000012", "12900000001", "0499-555012", "5550123", "0499", "1390000000l",
		"13900000001 / 555", "电话", "13900000001 or so", "0499-5550123456789",
	} {
		if goodPhones(s) {
			t.Errorf("%q is taken", s)
		}
	}
}

func TestMailsAndCodes(t *testing.T) {
	for _, s := range []string{"a@b.cn", "Kj.hz_2022@sub-1.example.com.cn", "ａ＠ｂ．cn", "a@b.cn; c@d.org", "sha ji@example.com", "a@b.cn c@d.org"} {
		if !goodEmails(s) {
			t.Errorf("%q is not taken", s)
		}
	}
	for _, s := range []string{"", "ab.cn", "a@b", "a@@b.cn", "a@b..cn", ".a@b.cn", "a@-b.cn", "a@b.cn/x"} {
		if goodEmails(s) {
			t.Errorf("%q is taken", s)
		}
	}
	for s, want := range map[string]bool{"019999": true, "０１９９９９": true, "0199 99": true, "19999": false, "01999O": false} {
		if goodPostcode(s) != want {
			t.Errorf("%q is taken: %v", s, !want)
		}
	}
}

// TestConfusable asks that names which differ only in characters that look
// alike are one, and that others are not.
func TestConfusable(t *testing.T) {
	for _, pair := range [][2]string{{"乌云", "鸟云"}, {"王巳", "王己"}, {"Ｏ基地", "0基地"}, {"第〇所", "第O所"}, {"未来院", "末来院"}, {"A—1 所", "a-l所"}} {
		if compare(pair[0], pair[1], 1) != same {
			t.Errorf("%v are not the same", pair)
		}
	}
	for _, pair := range [][2]string{{"大同院", "太同院"}, {"青禾市", "青禾盟"}} {
		if compare(pair[0], pair[1], 1) != different {
			t.Errorf("%v are the same", pair)
		}
	}
	long := strings.Repeat("甲", 100000)
	if compare(long, long+"乙", 1) != different || compare(long, long, 1) != same {
		t.Error("long names")
	}
}

func TestPlan(t *testing.T) {
	c := nmg(t)
	for _, tt := range []struct {
		name           string
		change         func(*bundle.Application)
		kind, sections bundle.Status
	}{
		{"right", func(a *bundle.Application) {}, bundle.Pass, bundle.Pass},
		{"wrong kind", func(a *bundle.Application) { a.Plan = planOf(c, "3.1") }, bundle.Fail, ""},
		{"wrong kind, in doubt", func(a *bundle.Application) { a.Plan = planOf(c, "3.1"); a.Plan.Confidence = .3 }, bundle.Review, bundle.Pass},
		{"right kind, in doubt", func(a *bundle.Application) { a.Plan.Confidence = .3 }, bundle.Review, bundle.Pass},
		{"no kind", func(a *bundle.Application) { a.Plan.Guide = "" }, bundle.Review, bundle.Review},
		{"two types", func(a *bundle.Application) {
			set(a, "base_type", []string{"国际技术转移中心", "示范型国际科技合作基地"}, 1)
		}, "", bundle.Pass},
		{"type not found", func(a *bundle.Application) { delete(a.Fields, "base_type") }, bundle.Review, bundle.Pass},
		{"heading missing", func(a *bundle.Application) { a.Plan.Headings[2].Found = false }, bundle.Pass, bundle.Fail},
		{"heading in doubt", func(a *bundle.Application) {
			a.Plan.Headings[2].Found, a.Plan.Headings[2].Confidence = false, .4
		}, bundle.Pass, bundle.Review},
		{"heading hardly found", func(a *bundle.Application) { a.Plan.Headings[2].Confidence = .2 }, bundle.Pass, bundle.Review},
		{"heading not looked for", func(a *bundle.Application) { a.Plan.Headings = a.Plan.Headings[1:] }, bundle.Pass, bundle.Review},
		{"no plan", func(a *bundle.Application) { a.Documents = a.Documents[:1] }, "", ""},
	} {
		app := complete(t)
		tt.change(app)
		checks, _ := Run(c, app, nil, nil)
		if k, s := statusOf(checks, "plan.type"), statusOf(checks, "plan.sections"); k != tt.kind || s != tt.sections {
			t.Errorf("%s: type %q, sections %q; want %q, %q", tt.name, k, s, tt.kind, tt.sections)
		}
	}
}

func TestSeals(t *testing.T) {
	for _, tt := range []struct {
		name             string
		change           func(*bundle.Application)
		present, matches bundle.Status
		consistent       bundle.Status
	}{
		{"another unit's", func(a *bundle.Application) { a.Seals[0].Matches = no() }, bundle.Pass, bundle.Fail, bundle.Fail},
		{"perhaps another's", func(a *bundle.Application) { a.Seals[0].Matches, a.Seals[0].Confidence = no(), .2 }, bundle.Pass, bundle.Review, bundle.Review},
		{"unread", func(a *bundle.Application) { a.Seals[0].Matches, a.Seals[0].Text = nil, "" }, bundle.Pass, bundle.Review, bundle.Pass},
		{"a second one", func(a *bundle.Application) {
			s := a.Seals[0]
			s.Matches = no()
			a.Seals = append([]bundle.Seal{s}, a.Seals...)
		}, bundle.Pass, bundle.Pass, bundle.Pass},
		{"of no known role", func(a *bundle.Application) { a.Seals[0].Role = bundle.Unknown }, bundle.Review, "", bundle.Pass},
		{"none", func(a *bundle.Application) { a.Seals = a.Seals[1:] }, bundle.Fail, "", bundle.Pass},
		{"page not found", func(a *bundle.Application) {
			a.Seals, a.Signatures = a.Seals[1:], a.Signatures[1:]
			delete(a.Fields, "host_opinion")
			delete(a.Fields, "host_opinion_date")
		}, bundle.Review, "", bundle.Pass},
	} {
		app := complete(t)
		tt.change(app)
		checks, _ := Run(nmg(t), app, nil, nil)
		p, m, c := statusOf(checks, "seal.host_unit.present"), statusOf(checks, "seal.host_unit.matches"), statusOf(checks, "consistency.host_unit")
		if p != tt.present || m != tt.matches || c != tt.consistent {
			t.Errorf("%s: present %q, matches %q, consistency %q", tt.name, p, m, c)
		}
	}
}

func TestSignatureDoubt(t *testing.T) {
	for _, present := range []bool{true, false} {
		app := complete(t)
		app.Signatures[1].Present, app.Signatures[1].Confidence = present, .4
		checks, _ := Run(nmg(t), app, nil, nil)
		if got := statusOf(checks, "signature.recommending_dept.present"); got != bundle.Review {
			t.Errorf("present %v in doubt is %q", present, got)
		}
	}
}

// filed makes n records of other applications by the recommender, each for its
// own unit.
func filed(t *testing.T, recommender string, n int) []OnFile {
	t.Helper()
	var list []OnFile
	for i := range n {
		app := complete(t)
		app.ID = fmt.Sprintf("earlier-%d", i+1)
		set(app, "recommending_dept", recommender, 1)
		set(app, "host_unit", strings.Repeat("某", i+1)+"牧场公司", 1)
		set(app, "base_name", strings.Repeat("某", i+1)+"技术转移中心", 1)
		set(app, "base_leader", strings.Repeat("某", i+1), 1)
		o := Record(nmg(t), app)
		o.File = fmt.Sprintf("bundle-%d.pdf", i+1)
		list = append(list, o)
	}
	return list
}

func TestQuota(t *testing.T) {
	c := nmg(t)
	mine := complete(t)
	itself := Record(c, mine)
	copied := itself
	copied.ID = "a copy"
	elsewhere := filed(t, "青禾市科学技术局", 3)
	for i := range elsewhere {
		elsewhere[i].Call = "another-call"
	}
	for _, tt := range []struct {
		name        string
		recommender string
		host        string
		onFile      []OnFile
		want        bundle.Status
	}{
		{"third of a city", "青禾市科学技术局", "", filed(t, "青禾市科学技术局", 2), bundle.Pass},
		{"fourth of a city", "青禾市科学技术局", "", filed(t, "青禾市科学技术局", 3), bundle.Review},
		{"fourth, one name misread", "青禾市科学技术局", "", append(filed(t, "青禾市科学技术局", 2), filed(t, "青禾市科学技木局", 3)[2:]...), bundle.Review},
		{"fourth, itself on file", "青禾市科学技术局", "", append(filed(t, "青禾市科学技术局", 2), itself), bundle.Pass},
		{"fourth, a copy on file", "青禾市科学技术局", "", append(filed(t, "青禾市科学技术局", 2), copied), bundle.Pass},
		{"another city's", "青禾市科学技术局", "", filed(t, "白石市科学技术局", 3), bundle.Pass},
		{"another call's", "青禾市科学技术局", "", elsewhere, bundle.Pass},
		{"third of a department", "内蒙古自治区某某厅", "", filed(t, "内蒙古自治区某某厅", 2), bundle.Review},
		{"first for itself", "青禾大学", "青禾大学", nil, bundle.Pass},
		{"unknown kind, first", "某某管委会", "", nil, bundle.Pass},
		{"unknown kind, second", "某某管委会", "", filed(t, "某某管委会", 1), bundle.Review},
		{"left blank", "", "", nil, ""},
	} {
		app := complete(t)
		set(app, "recommending_dept", tt.recommender, 1)
		set(app, "recommender_dept", tt.recommender, 1)
		if tt.host != "" {
			set(app, "host_unit", tt.host, 1)
			set(app, "host_unit_name", tt.host, 1)
		}
		checks, _ := Run(c, app, tt.onFile, nil)
		if got := statusOf(checks, "quota.recommending_dept"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestQuotaSelf asks that a unit which submits for itself may do so once.
func TestQuotaSelf(t *testing.T) {
	app := func(id, base string) *bundle.Application {
		a := complete(t)
		a.ID = id
		for _, k := range []string{"recommending_dept", "recommender_dept", "host_unit", "host_unit_name"} {
			set(a, k, "青禾大学", 1)
		}
		set(a, "base_name", base, 1)
		set(a, "base_leader", id, 1)
		return a
	}
	first := Record(nmg(t), app("甲", "沙棘加工国际科技合作基地"))
	checks, _ := Run(nmg(t), app("乙", "稀土材料国际技术转移中心"), []OnFile{first}, nil)
	if got := statusOf(checks, "quota.recommending_dept"); got != bundle.Review {
		t.Errorf("the second for itself is %q", got)
	}
}

func TestQuotaMessage(t *testing.T) {
	checks, _ := Run(nmg(t), complete(t), filed(t, "青禾市科学技术局", 3), nil)
	for _, c := range checks {
		if c.ID == "quota.recommending_dept" {
			for _, want := range []string{"青禾市科学技术局", "第4份", "earlier-1", "earlier-3", "bundle-2.pdf"} {
				if !strings.Contains(c.Message, want) {
					t.Errorf("%q does not say %q", c.Message, want)
				}
			}
		}
	}
}

func TestDuplicate(t *testing.T) {
	c := nmg(t)
	earlier := complete(t)
	earlier.ID = "earlier"
	for _, tt := range []struct {
		name   string
		change func(*bundle.Application)
		want   bundle.Status
	}{
		{"the same", func(a *bundle.Application) {}, bundle.Review},
		{"the same, misread", func(a *bundle.Application) { set(a, "base_name", "沙辣精深加工国际科技合作基地", .5) }, bundle.Review},
		{"the same, another leader", func(a *bundle.Application) { set(a, "base_leader", "孙一鸣", 1) }, bundle.Review},
		{"the same unit's other base", func(a *bundle.Application) {
			set(a, "base_leader", "孙一鸣", 1)
			set(a, "base_name", "稀土材料国际技术转移中心", 1)
		}, bundle.Pass},
		{"too little read", func(a *bundle.Application) { delete(a.Fields, "base_name"); delete(a.Fields, "base_leader") }, bundle.Review},
		{"itself again", func(a *bundle.Application) { a.ID = "earlier" }, bundle.Pass},
	} {
		app := complete(t)
		app.ID = "later"
		tt.change(app)
		checks, _ := Run(c, app, []OnFile{Record(c, earlier)}, nil)
		if got := statusOf(checks, "duplicate.application"); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
