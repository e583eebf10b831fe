package check

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// nmg is the built-in call that most rules are tried on.
func nmg(t testing.TB) *call.Call {
	t.Helper()
	c := call.Find("nmg-iscb-2022")
	if c == nil {
		t.Fatal("the built-in call is gone")
	}
	return c
}

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

// complete is an invented application that keeps every rule of the built-in call.
func complete(t testing.TB) *bundle.Application {
	t.Helper()
	c := nmg(t)
	values := map[string]any{
		"base_name": "沙棘精深加工国际科技合作基地", "base_name_form": "沙棘精深加工国际科技合作基地",
		"base_leader": "钱望舒", "leader_name": "钱望舒",
		"host_unit": "青禾沙棘研究所", "host_unit_name": "青禾沙棘研究所",
		"recommending_dept": "青禾市科学技术局", "recommender_dept": "青禾市科学技术局",
		"contact_phone": "0499-5550123", "leader_phone": "13900000001 / 0499-5550124",
		"manager1_phone": "13900000002", "recommender_phone": "0499-5550125",
		"filing_date": "2022-03-20", "host_opinion_date": "2022-04-01", "recommender_opinion_date": "2022-04-13",
		"postcode": "019999", "email": "shaji@example.com",
		"host_unit_type": []string{"科研院所"}, "has_cooperation_office": []string{"有"},
		"base_type": []string{"示范型国际科技合作基地"}, "rd_type": []string{"应用研究"},
		"cooperation_modes": []string{"合作研发", "其他"},
		"projects":          []map[string]string{{"name": "沙棘籽油提取（XM001）", "partner": "蒙古国"}},
		"partners":          []map[string]string{{"country": "蒙古国", "institution": "某学院"}},
		"fax":               "", "website": "", "manager2_name": "", "manager2_title": "", "manager2_phone": "",
	}
	app := &bundle.Application{ID: "app-1", Call: c.ID, Year: c.Year, Fields: map[string]bundle.Field{}}
	for _, f := range c.Fields {
		v, ok := values[f.Key]
		switch {
		case ok:
		case f.Type == call.Integer:
			v = 12
		default:
			v = "已按要求如实填写"
		}
		app.Fields[f.Key] = bundle.Field{Value: v, Confidence: 1, Page: 3, Box: bundle.Box{.1, .1, .9, .2}}
	}
	app.Documents = []bundle.Document{
		{Kind: bundle.ApplicationForm, Pages: []int{1, 2, 3, 4}},
		{Kind: bundle.ImplementationPlan, Pages: []int{5, 6}},
		{Kind: bundle.RecommendationLetter, Pages: []int{7}},
	}
	for _, role := range []bundle.Role{bundle.HostUnit, bundle.RecommendingDept, bundle.Letter} {
		app.Seals = append(app.Seals, bundle.Seal{Role: role, Page: 3, Box: bundle.Box{.6, .6, .7, .7}, Text: "章", Confidence: 1, Matches: yes()})
	}
	for _, role := range []bundle.Role{bundle.HostUnit, bundle.RecommendingDept} {
		app.Signatures = append(app.Signatures, bundle.Signature{Role: role, Present: true, Page: 3, Confidence: 1})
	}
	app.Plan = planOf(c, "3.2")
	return app
}

func planOf(c *call.Call, id string) *bundle.Plan {
	p := &bundle.Plan{Guide: id, Confidence: 1, Page: 5, Box: bundle.Box{.1, .1, .9, .2}}
	for _, g := range c.Plans {
		if g.ID == id {
			for _, h := range g.Headings {
				p.Headings = append(p.Headings, bundle.Heading{Text: h, Found: true, Confidence: 1})
			}
		}
	}
	return p
}

func set(app *bundle.Application, key string, value any, confidence float64) {
	f := app.Fields[key]
	f.Value, f.Confidence = value, confidence
	app.Fields[key] = f
}

func statusOf(checks []bundle.Check, id string) bundle.Status {
	for _, c := range checks {
		if c.ID == id {
			return c.Status
		}
	}
	return ""
}

// TestComplete asks that an application that keeps every rule passes them all,
// in the order that the contract's tests read them in.
func TestComplete(t *testing.T) {
	app := complete(t)
	checks, v := Run(nmg(t), app, nil, nil)
	if v != bundle.Complete {
		t.Errorf("verdict %s", v)
	}
	var ids []string
	for _, c := range checks {
		ids = append(ids, c.ID)
		if c.Status != bundle.Pass || c.Message == "" {
			t.Errorf("%+v", c)
		}
	}
	for _, optional := range []string{"field.fax.present", "field.website.present", "field.manager2_phone.format", "field.host_opinion_date.present"} {
		if slices.Contains(ids, optional) {
			t.Errorf("%s is not to be asked", optional)
		}
	}
	order := []string{"document.application_form", "document.recommendation_letter", "plan.type", "plan.sections",
		"field.base_name.present", "field.recommender_opinion.present", "field.overview.limit", "field.contact_phone.format",
		"field.base_type.single", "field.base_type.offered", "seal.host_unit.present", "seal.host_unit.matches",
		"signature.host_unit.present", "date.host_unit.present", "seal.recommending_dept.present",
		"signature.recommending_dept.present", "date.recommending_dept.present", "seal.letter.present", "seal.letter.matches",
		"date.deadline", "consistency.host_unit", "consistency.base_name", "consistency.leader",
		"quota.recommending_dept", "duplicate.application"}
	at := -1
	for _, id := range order {
		i := slices.Index(ids, id)
		if i <= at {
			t.Errorf("%s is missing or out of order in %v", id, ids)
		}
		at = i
	}
}

// TestStored asks that a result read back from JSON is judged as the fresh one.
func TestStored(t *testing.T) {
	fresh := complete(t)
	set(fresh, "overview", strings.Repeat("字", 801), 1)
	data, err := json.Marshal(fresh)
	if err != nil {
		t.Fatal(err)
	}
	stored := new(bundle.Application)
	if err := json.Unmarshal(data, stored); err != nil {
		t.Fatal(err)
	}
	a, va := Run(nmg(t), fresh, nil, nil)
	b, vb := Run(nmg(t), stored, nil, nil)
	if va != bundle.Incomplete || va != vb || !reflect.DeepEqual(a, b) {
		t.Errorf("fresh %s\n%v\nstored %s\n%v", va, a, vb, b)
	}
}

// TestNothingMissingIsComplete takes away one thing at a time: whatever is
// missing, blank or in doubt, the application must not be called complete.
func TestNothingMissingIsComplete(t *testing.T) {
	c := nmg(t)
	try := func(what string, want bundle.Verdict, change func(*bundle.Application)) {
		t.Helper()
		app := complete(t)
		change(app)
		if _, v := Run(c, app, nil, nil); v != want {
			t.Errorf("%s: verdict %s, want %s", what, v, want)
		}
	}
	for _, f := range c.Fields {
		if !f.Required && f.Key != "rd_type" {
			continue
		}
		var blank any = ""
		switch f.Type {
		case call.Choice:
			blank = []string{}
		case call.Rows:
			blank = []map[string]string{}
		}
		try(f.Key+" not found", bundle.NeedsReview, func(a *bundle.Application) { delete(a.Fields, f.Key) })
		try(f.Key+" blank", bundle.Incomplete, func(a *bundle.Application) { set(a, f.Key, blank, 1) })
		try(f.Key+" blank in doubt", bundle.NeedsReview, func(a *bundle.Application) { set(a, f.Key, blank, .3) })
	}
	for i, d := range complete(t).Documents {
		try(string(d.Kind)+" missing", bundle.Incomplete, func(a *bundle.Application) {
			a.Documents = slices.Delete(a.Documents, i, i+1)
		})
	}
	for i, s := range complete(t).Seals {
		try("seal missing: "+string(s.Role), bundle.Incomplete, func(a *bundle.Application) { a.Seals = slices.Delete(a.Seals, i, i+1) })
		try("seal unread: "+string(s.Role), bundle.NeedsReview, func(a *bundle.Application) { a.Seals[i].Matches = nil })
	}
	for i, s := range complete(t).Signatures {
		try("unsigned: "+string(s.Role), bundle.Incomplete, func(a *bundle.Application) { a.Signatures[i].Present = false })
		try("signing place not found: "+string(s.Role), bundle.NeedsReview, func(a *bundle.Application) {
			a.Signatures = slices.Delete(a.Signatures, i, i+1)
		})
	}
	try("plan not looked at", bundle.NeedsReview, func(a *bundle.Application) { a.Plan = nil })
	try("nothing found", bundle.Incomplete, func(a *bundle.Application) { *a = bundle.Application{Call: c.ID} })
}

// TestDoubts asks that what extraction could not decide reaches a person.
func TestDoubts(t *testing.T) {
	c := nmg(t)
	pages := []bundle.PageInfo{{Page: 1}, {Page: 8, Error: &bundle.Error{Code: bundle.CodeDamaged, Message: "图像损坏"}}}
	doubts := append(PageDoubts(pages), Doubt{ID: "seal.host_unit.present", Message: "印章太淡", Page: 3})

	checks, v := Run(c, complete(t), nil, doubts)
	if v != bundle.NeedsReview || statusOf(checks, "page.8.readable") != bundle.Review || statusOf(checks, "seal.host_unit.present") != bundle.Review {
		t.Errorf("verdict %s, %v", v, checks)
	}
	if statusOf(checks, "page.1.readable") != "" {
		t.Error("a good page is in doubt")
	}

	// What is missing may be on the page that could not be read.
	app := complete(t)
	app.Documents = app.Documents[:2]
	app.Seals = app.Seals[:2]
	checks, v = Run(c, app, nil, doubts)
	if s := statusOf(checks, "document.recommendation_letter"); s != bundle.Review || v != bundle.NeedsReview {
		t.Errorf("the letter is %s, verdict %s", s, v)
	}
}

// TestEvidence asks that a check carries the place of what it speaks of, and
// that the message names the page.
func TestEvidence(t *testing.T) {
	app := complete(t)
	set(app, "email", "shaji.example.com", 1)
	before := maps.Clone(app.Fields)
	checks, _ := Run(nmg(t), app, nil, nil)
	i := slices.IndexFunc(checks, func(c bundle.Check) bool { return c.ID == "field.email.format" })
	got := checks[i]
	if got.Status != bundle.Fail || got.Page != 3 || got.Box == nil || *got.Box != app.Fields["email"].Box ||
		!strings.Contains(got.Message, "shaji.example.com") || !strings.Contains(got.Message, "第3页") {
		t.Errorf("%+v", got)
	}
	got.Box[0] = 9
	if !reflect.DeepEqual(before, app.Fields) {
		t.Error("the application was changed through a check")
	}
}

// TestOtherCall runs a call of another make: other fields, no plan, no letter,
// no quota, an attachment that must be there.
func TestOtherCall(t *testing.T) {
	data, err := os.ReadFile("../call/testdata/qinghe-2031.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := call.Parse("qinghe-2031.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	field := func(v any) bundle.Field { return bundle.Field{Value: v, Confidence: 1, Page: 2} }
	app := &bundle.Application{
		ID: "q", Call: c.ID, Year: c.Year,
		Documents: []bundle.Document{{Kind: bundle.ApplicationForm, Pages: []int{1, 2}}, {Kind: bundle.Attachment, Pages: []int{3}}},
		Fields: map[string]bundle.Field{
			"instrument": field("质谱仪"), "applicant": field("青禾大学"), "mode": field([]string{"对外开放"}),
			"fee": field("每小时200元"), "hours": field(1200), "summary": field("运行良好"),
			"unit_opinion": field("同意"), "unit_date": field("2031-10-08"),
		},
		Seals:      []bundle.Seal{{Role: bundle.HostUnit, Page: 2, Text: "青禾大学", Confidence: 1, Matches: yes()}},
		Signatures: []bundle.Signature{{Role: bundle.HostUnit, Present: true, Page: 2, Confidence: 1}},
	}
	checks, v := Run(c, app, nil, nil)
	if v != bundle.Complete || statusOf(checks, "field.fee.present") != bundle.Pass || statusOf(checks, "plan.type") != "" {
		t.Errorf("verdict %s, %v", v, checks)
	}
	app.Fields["mode"] = field([]string{"租赁"})
	app.Fields["unit_date"] = field("2031-10-09")
	app.Documents = app.Documents[:1]
	delete(app.Fields, "fee")
	checks, _ = Run(c, app, nil, nil)
	for id, want := range map[string]bundle.Status{
		"field.mode.offered": bundle.Fail, "date.deadline": bundle.Fail, "document.attachment": bundle.Fail,
		"field.fee.present": "", "duplicate.application": bundle.Pass,
	} {
		if got := statusOf(checks, id); got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
}

// FuzzRun feeds applications as they may come back from storage or from a
// person's correction: nothing may crash, and the contract must hold.
func FuzzRun(f *testing.F) {
	data, err := json.Marshal(complete(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"call":"nmg-iscb-2022","documents":[{"kind":"application_form","pages":[1]}],"fields":{"projects":{"value":[{"name":3},4]},"base_type":{"value":7}}}`))
	f.Add([]byte(`{"fields":{"overview":{"value":"x","confidence":-1e308},"staff_doctor":{"value":1e99}},"seals":[{"role":"host_unit"}],"plan":{}}`))
	c := nmg(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		app := new(bundle.Application)
		if json.Unmarshal(data, app) != nil {
			return
		}
		other := Record(c, app)
		other.ID += "x"
		checks, v := Run(c, app, []OnFile{other}, nil)
		again, _ := Run(c, app, []OnFile{other}, nil)
		if !reflect.DeepEqual(checks, again) {
			t.Fatal("two runs differ")
		}
		ids := map[string]bool{}
		fails, reviews := 0, 0
		for _, c := range checks {
			if ids[c.ID] || c.Message == "" {
				t.Fatalf("%+v", c)
			}
			ids[c.ID] = true
			switch c.Status {
			case bundle.Fail:
				fails++
			case bundle.Review:
				reviews++
			}
		}
		if (v == bundle.Incomplete) != (fails > 0) || v == bundle.Complete && reviews > 0 {
			t.Fatalf("verdict %s with %d fails and %d reviews", v, fails, reviews)
		}
	})
}
