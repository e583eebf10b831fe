package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/pipeline"
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

// TestOrder holds a run in which bundles overtake one another against runs of one
// bundle each: what an application is checked against is what was on file before
// it and what stands before it, in whatever order the pages are done.
func TestOrder(t *testing.T) {
	c := qinghe(t, quota)
	var inputs []pipeline.Input
	for i, instrument := range []string{"场发射扫描电子显微镜", "核磁共振波谱仪", "液相色谱仪", "核磁共振波谱仪"} {
		g := wholeGrant()
		g.instrument = instrument
		cover := g.cover(graySheet(t))
		if i == 3 { // the same application, scanned a second time
			cover.bar(40, 40, 44, 44)
		}
		inputs = append(inputs, pictures(fmt.Sprintf("%d.png", i), cover))
	}

	// All pages of the second bundle are done before any of the first, and those of
	// the fourth before any of the third.
	done := []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})}
	d := newStore(t)
	o := d.options(c, newReader(t))
	o.Progress = func(p pipeline.Progress) {
		if p.Done == p.Pages {
			close(done[p.Input])
		}
		if p.Done == 0 && p.Input%2 == 0 {
			<-done[p.Input+1]
		}
	}
	together := results(t, o, inputs...)

	d = newStore(t)
	var single []*bundle.Result
	for _, in := range inputs {
		single = append(single, results(t, d.options(c, newReader(t)), in)...)
	}

	tests := []struct {
		quota, duplicate bundle.Status
		says             string // in the quota's message
		like             string // the file that the duplicate's message names
	}{
		{bundle.Pass, bundle.Pass, "第1份", ""},
		{bundle.Pass, bundle.Pass, "第2份", ""},
		{bundle.Review, bundle.Pass, "第3份", ""},
		{bundle.Review, bundle.Review, "第3份", "1.png"},
	}
	for i, tt := range tests {
		if got, want := jsonOf(t, together[i]), jsonOf(t, single[i]); got != want {
			t.Errorf("%s: together %s\nalone    %s", inputs[i].Name, got, want)
		}
		a := together[i].Applications[0]
		q, d := checkOf(a, "quota.applicant"), checkOf(a, "duplicate.application")
		if q.Status != tt.quota || !strings.Contains(q.Message, tt.says) {
			t.Errorf("%s: quota %s, %s; want %s, %s", inputs[i].Name, q.Status, q.Message, tt.quota, tt.says)
		}
		if d.Status != tt.duplicate || !strings.Contains(d.Message, tt.like) {
			t.Errorf("%s: duplicate %s, %s; want %s, %s", inputs[i].Name, d.Status, d.Message, tt.duplicate, tt.like)
		}
	}
}

// TestSameBundleTwiceInOneRun gives one bundle two names.
func TestSameBundleTwiceInOneRun(t *testing.T) {
	c := qinghe(t, quota)
	d := newDesk(t)
	first, second := pictures("first.png", wholeGrant().cover(graySheet(t))), pictures("second.png", wholeGrant().cover(graySheet(t)))
	got := results(t, d.options(c, newReader(t)), first, second)
	if got[0].File != "first.png" || got[1].File != "second.png" {
		t.Errorf("the files are %s and %s", got[0].File, got[1].File)
	}
	got[1].File = got[0].File
	if jsonOf(t, got[0]) != jsonOf(t, got[1]) {
		t.Errorf("the results are %s\nand %s", jsonOf(t, got[0]), jsonOf(t, got[1]))
	}
	if n := count(t, d.index); n != 1 {
		t.Errorf("%d applications are indexed, want 1", n)
	}
	if got := keys(t, d.store); len(got) != 5 {
		t.Errorf("the objects are %q", got)
	}
	if got := string(object(t, d.store, "", "/source.json")); !strings.Contains(got, "first.png") && !strings.Contains(got, "second.png") {
		t.Errorf("the source is %s", got)
	}
}

// TestSameResult reads a bundle in two fresh stores, page after page in the one, all
// pages at once in the other.
func TestSameResult(t *testing.T) {
	c := qinghe(t, "")
	g := wholeGrant()
	in := pictures("gray.png", g.cover(graySheet(t)), g.form(graySheet(t)), g.proof(graySheet(t)))
	var kept [2]map[string]string
	for i, workers := range []int{1, 3} {
		d := newStore(t)
		o := d.options(c, newReader(t))
		o.Workers = workers
		results(t, o, in)
		kept[i] = objects(t, d.store)
	}
	sameObjects(t, kept[1], kept[0])
}
