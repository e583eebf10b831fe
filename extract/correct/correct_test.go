package correct_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
	"sealdesk/extract/correct"
)

// quota is a rule that the invented call has not: two applications a unit.
const quota = `
quota:
  field: applicant
  unit: instrument
  self: 1
  kinds:
    - {label: 高等院校, pattern: 大学, limit: 2}
`

func profile(t testing.TB) *call.Call {
	t.Helper()
	b, err := os.ReadFile("../call/testdata/qinghe-2031.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := call.Parse("qinghe-2031.yaml", append(b, quota...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// result is a bundle of two applications, each whole but for a doubtful number of hours
// and a seal that could not be read.
func result(c *call.Call, before []check.OnFile) *bundle.Result {
	r := &bundle.Result{File: "a.pdf", SHA256: strings.Repeat("a", 64), Pages: 6}
	for n := range 2 {
		first := 3*n + 1
		a := bundle.Application{
			ID: "aaaaaaaaaaaaaaaa-" + string(rune('1'+n)), Call: c.ID, Year: c.Year, Fields: map[string]bundle.Field{},
			Documents: []bundle.Document{
				{Kind: bundle.ApplicationForm, Pages: []int{first, first + 1}}, {Kind: bundle.Attachment, Pages: []int{first + 2}},
			},
		}
		for _, f := range c.Fields {
			var v any
			switch {
			case f.Type == call.Choice:
				v = []string{f.Options[0].Label}
			case f.Type == call.Rows:
				v = []map[string]string{{f.Columns[0].Key: "青禾市第一中学"}}
			case f.Type == call.Integer:
				v = 1350 + 500*n
			case f.Type == call.DateType:
				v = "2031-09-12"
			case f.Key == "applicant":
				v = "青禾市理工大学"
			default:
				v = []string{"场发射扫描电子显微镜", "液相色谱仪"}[n] + f.Key
			}
			a.Fields[f.Key] = bundle.Field{Value: v, Confidence: 0.99, Page: first + 1, Box: bundle.Box{.1, .1, .5, .2}}
		}
		for _, s := range c.Seals {
			a.Seals = append(a.Seals,
				bundle.Seal{Role: bundle.Role(s.Role), Page: first + 1, Box: bundle.Box{.6, .6, .8, .7}, Text: "青禾", Confidence: 0.3})
		}
		for _, s := range c.Signatures {
			a.Signatures = append(a.Signatures,
				bundle.Signature{Role: bundle.Role(s.Role), Page: first + 1, Box: bundle.Box{.2, .8, .4, .9}, Present: true, Confidence: 0.4})
		}
		a.Checks, a.Verdict = check.Run(c, &a, before, nil)
		record := check.Record(c, &a)
		record.Bundle, record.File = r.SHA256, r.File
		before = append(before, record)
		r.Applications = append(r.Applications, a)
	}
	for n := range r.Pages {
		r.PageInfo = append(r.PageInfo, bundle.PageInfo{Page: n + 1})
	}
	return r
}

func status(a bundle.Application, id string) bundle.Status {
	for _, k := range a.Checks {
		if k.ID == id {
			return k.Status
		}
	}
	return ""
}

func encoded(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// open gives the checks that are left to a person.
func open(a bundle.Application) []string {
	var out []string
	for _, k := range a.Checks {
		if k.Status == bundle.Review {
			out = append(out, k.ID)
		}
	}
	return out
}

// text is a field of the form that holds text and must be filled.
func text(t testing.TB, c *call.Call) *call.Field {
	t.Helper()
	for i, f := range c.Fields {
		if f.Required && (f.Type == call.Text || f.Type == call.LongText) && f.Key != "applicant" {
			return &c.Fields[i]
		}
	}
	t.Fatal("the call has no such field")
	return nil
}

func TestFieldChangesChecksAndVerdict(t *testing.T) {
	c := profile(t)
	r := result(c, nil)
	key := text(t, c).Key
	a := r.Applications[0].ID
	id := "field." + key + ".present"
	if status(r.Applications[0], id) != bundle.Pass {
		t.Fatalf("%s is %s to begin with", id, status(r.Applications[0], id))
	}
	when := time.Date(2031, 9, 20, 8, 0, 0, 0, time.UTC)
	blank := correct.Correction{Seq: 1, Time: when, Name: "沈秋平", Application: a, Target: "field:" + key, Is: "", Page: 2}
	got := correct.Apply(c, r, []correct.Correction{blank}, nil)
	if s := status(got.Applications[0], id); s != bundle.Fail || got.Applications[0].Verdict != bundle.Incomplete {
		t.Errorf("blank by hand: %s is %s, the verdict %s", id, s, got.Applications[0].Verdict)
	}
	f := got.Applications[0].Fields[key]
	if want := (bundle.Mark{By: "沈秋平", Time: when, Seq: 1}); f.Corrected == nil || *f.Corrected != want || f.Confidence != 1 {
		t.Errorf("the field is %+v", f)
	}
	if got.Applications[1].Verdict != r.Applications[1].Verdict {
		t.Error("the other application changed")
	}
	if r.Applications[0].Fields[key].Corrected != nil || r.Applications[0].Verdict == bundle.Incomplete {
		t.Error("the result that was given was changed")
	}

	// Taken back, it is as it was; and taken back again, as it was corrected.
	undo := correct.Correction{Seq: 2, Application: a, Target: blank.Target, Undo: 1}
	if got := correct.Apply(c, r, []correct.Correction{blank, undo}, nil); encoded(t, got) != encoded(t, r) {
		t.Errorf("taken back: %s", encoded(t, got))
	}
	redo := correct.Correction{Seq: 3, Application: a, Target: blank.Target, Undo: 2}
	if got := correct.Apply(c, r, []correct.Correction{blank, undo, redo}, nil); status(got.Applications[0], id) != bundle.Fail {
		t.Error("what was taken back was not brought back")
	}
}

func TestConfirmedValueIsSure(t *testing.T) {
	c := profile(t)
	r := result(c, nil)
	key := text(t, c).Key
	f := r.Applications[0].Fields[key]
	f.Confidence, f.Note = 0.2, "两次识别不一致"
	r.Applications[0].Fields[key] = f
	r.Applications[0].Checks, r.Applications[0].Verdict = check.Run(c, &r.Applications[0], nil, nil)
	id := "field." + key + ".present"
	if status(r.Applications[0], id) != bundle.Review {
		t.Fatalf("%s is %s to begin with", id, status(r.Applications[0], id))
	}
	got := correct.Apply(c, r, []correct.Correction{
		{Seq: 1, Application: r.Applications[0].ID, Target: "field:" + key, Was: f.Value, Is: f.Value, Page: 2},
	}, nil)
	if s := status(got.Applications[0], id); s != bundle.Pass || got.Applications[0].Fields[key].Note != "" {
		t.Errorf("confirmed: %s is %s, the note %q", id, s, got.Applications[0].Fields[key].Note)
	}
}

// TestDecisions: seals, signatures and what is left to a person make an application
// whole; what fails is not for a decision.
func TestDecisions(t *testing.T) {
	c := profile(t)
	r := result(c, nil)
	a := r.Applications[0]
	var list []correct.Correction
	say := func(target string, is any, page int, box *bundle.Box) {
		list = append(list, correct.Correction{Seq: len(list) + 1, Name: "沈秋平", Application: a.ID, Target: target, Is: is, Page: page, Box: box})
	}
	for _, s := range a.Seals {
		say("seal:7", true, s.Page, &s.Box) // its number was another
	}
	for _, s := range a.Signatures {
		say("signature:"+string(s.Role), true, s.Page, &s.Box)
	}
	got := correct.Apply(c, r, list, nil).Applications[0]
	for i, s := range got.Seals {
		if s.Matches == nil || !*s.Matches || s.Corrected == nil {
			t.Errorf("seal %d is %+v", i, s)
		}
	}
	for _, id := range open(got) {
		say("check:"+id, "pass", 0, nil)
	}
	got = correct.Apply(c, r, list, nil).Applications[0]
	if left := open(got); len(left) > 0 || got.Verdict != bundle.Complete {
		t.Errorf("all is decided: %q are left, the verdict is %s", left, got.Verdict)
	}

	say("signature:"+string(a.Signatures[0].Role), false, a.Signatures[0].Page, &a.Signatures[0].Box)
	id := "signature." + string(a.Signatures[0].Role) + ".present"
	say("check:"+id, "pass", 0, nil)
	got = correct.Apply(c, r, list, nil).Applications[0]
	if status(got, id) != bundle.Fail || got.Verdict != bundle.Incomplete {
		t.Errorf("a failed check was decided away: %s, %s", status(got, id), got.Verdict)
	}
}

// TestStaysWithItsPage: what is corrected goes with the page when pages become an
// application of their own.
func TestStaysWithItsPage(t *testing.T) {
	c := profile(t)
	r := result(c, nil)
	key := text(t, c).Key
	list := []correct.Correction{{Seq: 1, Application: r.Applications[0].ID, Target: "field:" + key, Is: "另一台", Page: 2}}
	r.Applications[0].ID, r.Applications[1].ID = r.Applications[1].ID, r.Applications[0].ID
	got := correct.Apply(c, r, list, nil)
	if v := got.Applications[0].Fields[key].Value; v != "另一台" {
		t.Errorf("the application with the page has %v", v)
	}
	if got.Applications[1].Fields[key].Corrected != nil {
		t.Error("another application was corrected")
	}
}

// TestNextApplicationSeesCorrection: what the second application is checked against has
// the correction of the first.
func TestNextApplicationSeesCorrection(t *testing.T) {
	c := profile(t)
	r := result(c, nil)
	message := func(a bundle.Application) string {
		for _, k := range a.Checks {
			if k.ID == "quota.applicant" {
				return k.Message
			}
		}
		return ""
	}
	if !strings.Contains(message(r.Applications[1]), "第2份") {
		t.Fatalf("to begin with: %s", message(r.Applications[1]))
	}
	got := correct.Apply(c, r, []correct.Correction{
		{Seq: 1, Application: r.Applications[0].ID, Target: "field:applicant", Is: "白塔市农业大学", Page: 2},
	}, nil)
	if m := message(got.Applications[1]); !strings.Contains(m, "第1份") {
		t.Errorf("the first application is another unit's now: %s", m)
	}
}

// TestNothingCorrected: without corrections that hold, a result is as it was.
func TestNothingCorrected(t *testing.T) {
	c := profile(t)
	random := rand.New(rand.NewPCG(6, 6))
	for range 200 {
		var before []check.OnFile
		if random.IntN(2) == 0 {
			before = []check.OnFile{{ID: "b-1", Call: c.ID, Values: map[string]string{"applicant": "青禾市理工大学", "instrument": "另一台"}}}
		}
		r := result(c, before)
		for i := range r.Applications {
			a := &r.Applications[i]
			for key, f := range a.Fields {
				if random.IntN(4) == 0 {
					f.Confidence = random.Float64()
					a.Fields[key] = f
				}
			}
		}
		var list []correct.Correction
		for range random.IntN(3) {
			seq := len(list) + 1
			list = append(list, correct.Correction{Seq: seq, Application: r.Applications[0].ID, Target: "field:applicant", Is: "别的大学"},
				correct.Correction{Seq: seq + 1, Undo: seq})
		}
		if got := correct.Apply(c, r, list, before); !reflect.DeepEqual(got, r) {
			t.Fatalf("the result is\n%s\nwas\n%s", encoded(t, got), encoded(t, r))
		}
	}
}

func TestValue(t *testing.T) {
	choice, rows := &call.Field{Type: call.Choice}, &call.Field{Type: call.Rows, Columns: []call.Column{{Key: "name"}}}
	number, line := &call.Field{Type: call.Integer}, &call.Field{Type: call.Text}
	for name, tt := range map[string]struct {
		field *call.Field
		is    any
		want  any // nil: refused
	}{
		"text":             {line, " 青禾 \r\n市 ", "青禾 \n市"},
		"number":           {number, "1350", 1350},
		"number of JSON":   {number, 1350.0, 1350},
		"number in words":  {number, "千余", "千余"},
		"half a number":    {number, 1.5, nil},
		"choice":           {choice, []any{"对外开放"}, []string{"对外开放"}},
		"no choice":        {choice, nil, []string{}},
		"text for choice":  {choice, "对外开放", nil},
		"rows":             {rows, []any{map[string]any{"name": "青禾"}}, []map[string]string{{"name": "青禾"}}},
		"unknown column":   {rows, []any{map[string]any{"x": "青禾"}}, nil},
		"list for text":    {line, []any{"a"}, nil},
		"object for text":  {line, map[string]any{}, nil},
		"too long":         {line, strings.Repeat("a", 1<<17), nil},
		"broken character": {line, "\xff", nil},
	} {
		got, ok := correct.Value(tt.field, tt.is)
		if ok != (tt.want != nil) || ok && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %#v, %v; want %#v", name, got, ok, tt.want)
		}
	}
}

// FuzzApply takes corrections as a store may hold them.
func FuzzApply(f *testing.F) {
	c := profile(f)
	f.Add([]byte(`[{"seq":1,"application":"aaaaaaaaaaaaaaaa-1","target":"field:applicant","is":"x","page":2}]`))
	f.Add([]byte(`[{"seq":1,"application":"aaaaaaaaaaaaaaaa-1","target":"seal:0","is":true},{"seq":2,"undo":1}]`))
	f.Add([]byte(`[{"seq":1,"application":"aaaaaaaaaaaaaaaa-2","target":"check:quota.applicant","is":"fail","undo":-1}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var list []correct.Correction
		if json.Unmarshal(b, &list) != nil {
			return
		}
		r := result(c, nil)
		before := encoded(t, r)
		correct.Apply(c, r, slices.Clone(list), nil)
		if encoded(t, r) != before {
			t.Error("the result that was given was changed")
		}
	})
}
