package figures_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/figures"
)

// profile is a call of a year with two kinds of recommenders.
func profile(t *testing.T, id string, year int) *call.Call {
	t.Helper()
	text := func(s string) call.Pattern {
		p, err := call.CompilePattern(s)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	return &call.Call{
		ID: id, Title: "Call " + id, Year: year, Deadline: call.Date{Year: year, Month: time.April, Day: 13},
		Fields: []call.Field{
			{Key: "name", Label: "名称", Type: call.Text}, {Key: "unit", Label: "单位", Type: call.Unit},
			{Key: "by", Label: "推荐部门", Type: call.Unit}, {Key: "kinds", Label: "类别", Type: call.Choice}, {Key: "staff", Label: "人数", Type: call.Integer},
		},
		Seals:      []call.Seal{{Role: "host_unit", Label: "公章"}},
		Signatures: []call.Signature{{Role: "host_unit", Label: "签字"}},
		Quota: call.Quota{
			Field: "by", Unit: "unit", Self: 1, Exempt: []string{"国家院"},
			Kinds: []call.QuotaKind{{Label: "厅", Pattern: text("厅$"), Limit: 2}, {Label: "局", Pattern: text("局$"), Limit: 1}},
		},
		Duplicate: call.Duplicate{Fields: []string{"name", "unit"}},
		Search:    call.Search{Name: []string{"name"}, Unit: []string{"unit"}, Recommender: []string{"by"}},
	}
}

// app is an application; its number makes it another one.
func app(c *call.Call, n int, by string, v bundle.Verdict, checks ...bundle.Check) *bundle.Application {
	return &bundle.Application{
		ID: fmt.Sprintf("%s-%d", c.ID, n), Call: c.ID, Year: c.Year, Verdict: v, Checks: checks,
		Fields: map[string]bundle.Field{
			"name": {Value: fmt.Sprint("基地", n)}, "unit": {Value: fmt.Sprint("单位", n)}, "by": {Value: by},
		},
	}
}

func check(id string, s bundle.Status) bundle.Check { return bundle.Check{ID: id, Status: s} }

// filed puts applications on file, as they were read.
func filed(c *call.Call, apps ...*bundle.Application) []figures.Filed {
	var out []figures.Filed
	for _, a := range apps {
		out = append(out, figures.Filed{Application: figures.Of(c, "bundle of "+a.ID, "scan.pdf", a, a)})
	}
	return out
}

func TestCompleteness(t *testing.T) {
	old, now := profile(t, "old", 2021), profile(t, "now", 2022)
	all := slices.Concat(
		filed(now, app(now, 1, "东山市局", bundle.Complete), app(now, 2, "东山市局", bundle.Incomplete), app(now, 3, "东山 市局", bundle.NeedsReview),
			app(now, 4, "西山厅", bundle.Complete), app(now, 5, "", bundle.Incomplete)),
		filed(old, app(old, 1, "西山厅", bundle.Complete)),
	)
	r := figures.Count(all, figures.Filter{})
	want := []figures.Completeness{
		// The blank makes no other recommender of it.
		{Year: 2022, Recommender: "东山市局", Received: 3, Complete: 1, Incomplete: 1, Review: 1},
		{Year: 2022, Recommender: "", Received: 1, Incomplete: 1},
		{Year: 2022, Recommender: "西山厅", Received: 1, Complete: 1},
		{Year: 2021, Recommender: "西山厅", Received: 1, Complete: 1},
	}
	if !reflect.DeepEqual(r.Completeness, want) {
		t.Errorf("completeness\n%+v, want\n%+v", r.Completeness, want)
	}
	if want := (figures.Completeness{Received: 6, Complete: 3, Incomplete: 2, Review: 1}); r.Total != want {
		t.Errorf("total %+v, want %+v", r.Total, want)
	}
	if share, ok := r.Completeness[0].Share(); share != 0.333 || !ok {
		t.Errorf("share %v", share)
	}
	if _, ok := (figures.Completeness{}).Share(); ok {
		t.Error("there is a share of nothing")
	}
	if !slices.Equal(r.Years, []int{2022, 2021}) || len(r.Recommenders) != 3 || r.Recommenders[0].Name != "东山市局" ||
		!slices.Equal(r.Recommenders[0].Spellings, []string{"东山市局", "东山 市局"}) {
		t.Errorf("on file: %v, %+v", r.Years, r.Recommenders)
	}
	for filter, received := range map[figures.Filter]int{
		{Year: 2022}: 5, {Recommender: "西山厅"}: 2, {Year: 2021, Recommender: "西山厅"}: 1, {Recommender: "东山市 局"}: 3,
		{Recommender: figures.Unread}: 1, {Recommender: "北山厅"}: 0, {Year: 1999}: 0,
	} {
		r := figures.Count(all, filter)
		_, named := r.Named()
		if r.Total.Received != received || len(r.Recommenders) != 3 || named != (filter.Recommender != "" && received > 0) {
			t.Errorf("%+v: %+v, named %v", filter, r.Total, named)
		}
	}
}

func TestDefects(t *testing.T) {
	c := profile(t, "c", 2022)
	all := filed(c,
		app(c, 1, "a", bundle.Incomplete, check("field.name.present", bundle.Fail), check("field.unit.present", bundle.Pass)),
		app(c, 2, "a", bundle.Incomplete, check("field.name.present", bundle.Fail), check("page.3.readable", bundle.Review)),
		app(c, 3, "a", bundle.NeedsReview, check("field.name.present", bundle.Review), check("page.2.readable", bundle.Review), check("page.9.readable", bundle.Review)),
		app(c, 4, "a", bundle.Complete),
	)
	var got []string
	for _, d := range figures.Count(all, figures.Filter{}).Defects {
		share, _ := d.Share()
		got = append(got, fmt.Sprintln(d.Rule.ID, d.Rule.Kind, d.Rule.Label, d.Failed, d.Review, share))
	}
	// An application counts once for each rule, on however many pages.
	want := []string{"field.name.present field.present 名称 2 1 0.5\n", "page.readable page.readable  0 2 0\n"}
	if !slices.Equal(got, want) {
		t.Errorf("defects %q, want %q", got, want)
	}
}

func TestQuotas(t *testing.T) {
	c := profile(t, "c", 2022)
	again, self, exempt := app(c, 1, "东山市局", bundle.Complete), app(c, 4, "单位4", bundle.Complete), app(c, 5, "东山市局", bundle.Complete)
	again.ID = "another scan of it"
	exempt.Fields["unit"] = bundle.Field{Value: "国家院"}
	all := filed(c, app(c, 1, "东山市局", bundle.Complete), again, app(c, 2, "东山市局", bundle.Complete), app(c, 3, "西山厅", bundle.Complete), self, exempt, app(c, 6, "某人", bundle.Complete))
	var got []string
	for _, q := range figures.Count(all, figures.Filter{}).Quotas {
		got = append(got, fmt.Sprint(q.Recommender, " ", q.Kind, " ", q.Limit, " ", q.Claimed, " ", q.Counted, " ", q.Over()))
	}
	want := []string{"东山市局 局 1 3 2 1", "单位4 直接申报单位 1 1 1 0", "某人  0 1 1 0", "西山厅 厅 2 1 1 0"}
	if !slices.Equal(got, want) {
		t.Errorf("quotas %q, want %q", got, want)
	}
	none := profile(t, "none", 2022)
	none.Quota = call.Quota{}
	if q := figures.Count(filed(none, app(none, 1, "东山市局", bundle.Complete)), figures.Filter{}).Quotas; q != nil {
		t.Errorf("a call without quotas has %+v", q)
	}
}

func TestDeadlines(t *testing.T) {
	c, open := profile(t, "c", 2022), profile(t, "open", 2022)
	open.Deadline = call.Date{}
	all := filed(c, app(c, 1, "a", bundle.Complete), app(c, 2, "a", bundle.Incomplete, check(figures.DeadlineRule, bundle.Fail)),
		app(c, 3, "a", bundle.NeedsReview, check(figures.DeadlineRule, bundle.Review)), app(c, 4, "a", bundle.Complete))
	day := func(d, hour, minute int) time.Time {
		return time.Date(2022, time.April, d, hour, minute, 0, 0, time.Local)
	}
	all[0].Received, all[1].Received, all[2].Received = day(13, 23, 59), day(14, 0, 0), day(1, 12, 0)
	got := figures.Count(append(all, filed(open, app(open, 1, "a", bundle.Complete))...), figures.Filter{}).Deadlines
	want := []figures.Deadline{{Call: c, Received: 4, InTime: 2, Late: 1, Unknown: 1, DatedLate: 1, Doubtful: 1}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("deadlines %+v, want %+v", got, want)
	}
}

// TestAccuracy corrects as people do, and counts.
func TestAccuracy(t *testing.T) {
	c := profile(t, "c", 2022)
	a := app(c, 1, "东山市局", bundle.Complete)
	a.Fields["kinds"] = bundle.Field{Value: []string{"甲", "乙"}}
	yes := true
	a.Seals = []bundle.Seal{{Role: "host_unit", Page: 1, Box: bundle.Box{0, 0, 1, 1}, Matches: &yes}, {Role: "host_unit", Page: 2, Box: bundle.Box{0, 0, 1, 1}}}
	a.Documents = []bundle.Document{{Kind: bundle.ApplicationForm, Pages: []int{1, 2}}}
	said := func(seq int, target string, is any) correct.Correction {
		return correct.Correction{Seq: seq, Application: a.ID, Target: target, Is: is}
	}
	undo := said(9, "field:by", nil)
	undo.Undo = 8
	list := []correct.Correction{
		said(1, "field:name", "基地一"),            // corrected
		said(2, "field:name", "基地1"),            // and confirmed after all
		said(3, "field:unit", "别的单位"),           // corrected
		said(4, "field:kinds", []any{"乙", "甲"}), // the same boxes
		said(5, "field:staff", "12"),            // the machine found nothing
		said(6, "seal:0", true),                 // confirmed
		said(7, "signature:host_unit", true),    // the machine found none
		said(8, "field:by", "taken back"), undo,
	}
	r := &bundle.Result{SHA256: "x", Applications: []bundle.Application{*a}}
	after := correct.Apply(c, r, list, nil)
	one := figures.Filed{Application: figures.Of(c, "x", "scan.pdf", a, &after.Applications[0])}
	untouched := filed(c, app(c, 2, "东山市局", bundle.Complete))
	got := map[figures.Kind]string{}
	report := figures.Count(append(untouched, one), figures.Filter{})
	for _, n := range report.Kinds {
		got[n.Kind] = fmt.Sprint(n.Values, n.Looked, n.Corrected)
	}
	want := map[figures.Kind]string{
		"text": "2 1 0", "unit": "4 1 1", "choice": "1 1 0", "integer": "1 1 1", figures.Seal: "2 1 0", figures.Signature: "1 1 1",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("by kind %v, want %v", got, want)
	}
	var fields []string
	for _, n := range report.Fields {
		fields = append(fields, fmt.Sprint(n.Label, n.Values, n.Looked, n.Corrected))
	}
	if want := []string{"单位2 1 1", "人数1 1 1", "签字1 1 1", "名称2 1 0", "类别1 1 0", "公章2 1 0"}; !slices.Equal(fields, want) {
		t.Errorf("by field %q, want %q", fields, want)
	}
	for kind, n := range map[figures.Kind]int{"unit": 1, "text": 0, figures.Signature: 1} {
		if got := figures.Select(append(untouched, one), figures.Selection{Corrected: kind}); len(got) != n {
			t.Errorf("%d applications have a corrected %s, want %d", len(got), kind, n)
		}
	}
}

// TestRight holds the intervals against R. G. Newcombe, Two-sided confidence intervals
// for the single proportion, Statistics in Medicine 17 (1998) 857-872, table I.
func TestRight(t *testing.T) {
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {20, 20, 1 - 0.1611, 1}} {
		share, low, high, ok := figures.Accuracy{Looked: c.n, Corrected: c.n - c.right}.Right()
		if !ok || math.Abs(share-float64(c.right)/float64(c.n)) > 0.0005 || math.Abs(low-c.low) > 0.0006 || math.Abs(high-c.high) > 0.0006 {
			t.Errorf("%d of %d: %v, %v to %v, want %v to %v", c.right, c.n, share, low, high, c.low, c.high)
		}
	}
	if _, _, _, ok := (figures.Accuracy{Values: 5}).Right(); ok {
		t.Error("there is a share of what nobody looked at")
	}
}

// TestPersonal: what looks personal is in no name, and names that differ in it alone are
// one.
func TestPersonal(t *testing.T) {
	c := profile(t, "c", 2022)
	a := app(c, 1, "东山市局 0471-1234567 x@y.cn", bundle.Complete)
	a.Fields["unit"] = bundle.Field{Value: "单位13812345678"}
	r := figures.Count(filed(c, a, app(c, 2, "东山市局", bundle.Complete)), figures.Filter{})
	if len(r.Completeness) != 1 || r.Completeness[0].Recommender != "东山市局" || r.Recommenders[0].Spellings != nil {
		t.Errorf("%+v, %+v", r.Completeness, r.Recommenders)
	}
	one := figures.Of(c, "x", "x", a, a)
	if one.Unit != "单位***" || one.Recommender != "东山市局 *** ***" || one.Claim.Recommender != "东山市局 *** ***" {
		t.Errorf("%+v", one)
	}
}

// TestSheet: who recommends is what the separator sheet says, as in search and for quotas.
func TestSheet(t *testing.T) {
	c := profile(t, "c", 2022)
	a := app(c, 1, "东山市周", bundle.Complete)
	a.Sheet = &bundle.Sheet{Call: c.ID, Recommender: "东山市局"}
	r := figures.Count(filed(c, a, app(c, 2, "东山市局", bundle.Complete)), figures.Filter{})
	if len(r.Completeness) != 1 || r.Completeness[0].Recommender != "东山市局" || len(r.Quotas) != 1 || r.Quotas[0].Counted != 2 {
		t.Errorf("%+v, %+v", r.Completeness, r.Quotas)
	}
}

// TestTheSameAgain: the order in which applications are on file makes no difference.
func TestTheSameAgain(t *testing.T) {
	c, d := profile(t, "c", 2022), profile(t, "d", 2022)
	var all []figures.Filed
	for i := range 40 {
		all = append(all, filed(c, app(c, i, fmt.Sprint("局", i%7), bundle.Complete, check(fmt.Sprintf("field.k%d.present", i%5), bundle.Fail)))...)
		all = append(all, filed(d, app(d, i, fmt.Sprint("局", i%5), bundle.NeedsReview))...)
	}
	want := figures.Count(all, figures.Filter{})
	slices.Reverse(all)
	if got := figures.Count(all, figures.Filter{}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func BenchmarkCount(b *testing.B) {
	c := call.Builtin()[0]
	var all []figures.Filed
	for i := range 20000 {
		a := &bundle.Application{ID: fmt.Sprint(i), Call: c.ID, Year: 2022 - i%5, Verdict: bundle.Incomplete, Fields: map[string]bundle.Field{}}
		for _, f := range c.Fields {
			a.Fields[f.Key] = bundle.Field{Value: fmt.Sprint(f.Label, i)}
		}
		a.Fields[c.Search.Recommender[0]] = bundle.Field{Value: fmt.Sprint("某某市科学技术局", i%60)}
		for k := range 5 {
			a.Checks = append(a.Checks, check("field."+c.Fields[(i+k)%len(c.Fields)].Key+".present", bundle.Fail))
		}
		all = append(all, figures.Filed{Application: figures.Of(c, "x", "x", a, a)})
	}
	for b.Loop() {
		figures.Count(all, figures.Filter{})
	}
}
