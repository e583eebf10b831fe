package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/pipeline"
)

// TestUnindexedBundleIsOnFile: what the index did not take is kept all the same, and
// counts.
func TestUnindexedBundleIsOnFile(t *testing.T) {
	c := qinghe(t, quota)
	d := newStore(t)
	p, err := pipeline.New(t.Context(), pipeline.Options{Store: d.store, Index: &deafOnce{}, Reader: newReader(t), Call: c})
	if err != nil {
		t.Fatal(err)
	}
	var out []pipeline.Outcome
	err = p.Run(t.Context(), covers(t, 2), func(_ int, o pipeline.Outcome) error {
		out = append(out, o)
		return nil
	})
	if err := errors.Join(err, p.Close()); err != nil {
		t.Fatal(err)
	}
	failure(t, out[0])
	if out[1].Err != nil {
		t.Fatal(out[1].Err)
	}
	if k := checkOf(out[1].Result.Applications[0], "quota.applicant"); !strings.Contains(k.Message, "第2份") {
		t.Errorf("another is kept and not indexed: %s", k.Message)
	}
}

// deafOnce is an index that does not take what it is told first.
type deafOnce struct {
	index.Index
	told bool
}

func (d *deafOnce) Put(context.Context, []index.Document) error {
	if d.told {
		return nil
	}
	d.told = true
	return errDisk
}

// TestTextWithoutResult: a text that was kept before its result could be does not
// stand in the way of another reading, which may differ where time ran out.
func TestTextWithoutResult(t *testing.T) {
	c := qinghe(t, "")
	g := wholeGrant()
	in := pictures("a.png", g.cover(graySheet(t)), g.proof(graySheet(t)))
	d := newStore(t)
	r := &faulty{reader: newReader(t)}
	late := fmt.Errorf("read: %w", context.DeadlineExceeded)
	o := d.options(c, r)
	o.Workers = 1
	o.Store = refusing{d.store, func(key string) bool { return strings.HasSuffix(key, "/result.json") }}
	o.Progress = func(p pipeline.Progress) {
		r.fail.Store(nil)
		if p.Done == 1 {
			r.fail.Store(&late)
		}
	}
	out, err := process(t.Context(), o, in)
	if err != nil {
		t.Fatal(err)
	}
	failure(t, out[0])
	results(t, d.options(c, newReader(t)), in)
	checkWhole(t, d.store)
}

// TestTwoCalls reads a bundle for one call and then for another: the index and a new
// one agree, and each call knows what is on file for it.
func TestTwoCalls(t *testing.T) {
	second := qinghe(t, quota)
	b := *second
	first := &b
	first.ID = "zz-" + second.ID
	in := covers(t, 2)
	d := newDesk(t)
	results(t, d.options(first, newReader(t)), in[0])
	results(t, d.options(second, newReader(t)), in[0])
	found, err := d.index.Search(t.Context(), index.Query{})
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]*call.Call{first.ID: first, second.ID: second}
	if _, err := pipeline.Reindex(t.Context(), d.store, d.index, func(id string) *call.Call { return calls[id] }, nil); err != nil {
		t.Fatal(err)
	}
	again, err := d.index.Search(t.Context(), index.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if jsonOf(t, found) != jsonOf(t, again) {
		t.Errorf("reindexed: %s\nbefore: %s", jsonOf(t, again), jsonOf(t, found))
	}
	for _, c := range calls {
		r := results(t, pipeline.Options{Store: d.store, Reader: newReader(t), Call: c}, in[1])[0]
		if k := checkOf(r.Applications[0], "quota.applicant"); k.Status != bundle.Pass || !strings.Contains(k.Message, "第2份") {
			t.Errorf("%s: %s", c.ID, k.Message)
		}
	}
}

// TestTwiceReadOnce: of two inputs with the same bytes in one run one is read.
func TestTwiceReadOnce(t *testing.T) {
	c := qinghe(t, "")
	in := covers(t, 1)
	one := newReader(t)
	results(t, newStore(t).options(c, one), in[0])
	two := newReader(t)
	results(t, newStore(t).options(c, two), in[0], in[0])
	if one.calls.Load() != two.calls.Load() {
		t.Errorf("read with %d calls, want %d", two.calls.Load(), one.calls.Load())
	}
}
