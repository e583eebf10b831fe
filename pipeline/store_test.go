package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

var errDisk = errors.New("the disk is broken")

// brittle is a store of which some calls fail.
type brittle struct {
	storage.Store
	puts atomic.Int64
	nth  int64                 // the Put that fails, from 1
	put  func(key string) bool // or that of a key
	err  error                 // what it says
	late bool                  // it fails after the object is in its place
	get  string                // Get fails for keys that have this
	// brief says that the last Put that failed was that of a brief, without which all goes on.
	brief bool
	list  bool // List fails
}

func (b *brittle) Put(ctx context.Context, key string, r io.Reader) error {
	if b.puts.Add(1) != b.nth && (b.put == nil || !b.put(key)) {
		return b.Store.Put(ctx, key, r)
	}
	b.brief = strings.Contains(key, "/brief-")
	if b.late {
		if err := b.Store.Put(ctx, key, r); err != nil {
			return err
		}
	}
	return fmt.Errorf("put %s: %w", key, b.err)
}

func (b *brittle) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if b.get != "" && strings.Contains(key, b.get) {
		return nil, errDisk
	}
	return b.Store.Get(ctx, key)
}

func (b *brittle) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	if b.list {
		return func(yield func(storage.Info, error) bool) { yield(storage.Info{}, errDisk) }
	}
	return b.Store.List(ctx, prefix)
}

// TestPutFails lets each Put of a run fail in its turn, until there is none left to
// fail, and each time does the rest with a sound store.
func TestPutFails(t *testing.T) {
	c := qinghe(t, quota)
	in := covers(t, 1)
	sound := newStore(t)
	results(t, sound.options(c, newReader(t)), in...)
	want := objects(t, sound.store)

	for _, tt := range []struct {
		late bool
		err  error
		says string
	}{{false, storage.ErrFull, "磁盘空间不足"}, {true, errDisk, "请稍后重试"}} {
		n := int64(1)
		for failed := true; failed; n++ {
			d := newStore(t)
			s := &brittle{Store: d.store, nth: n, err: tt.err, late: tt.late}
			x := &noted{}
			o := d.options(c, newReader(t))
			o.Store, o.Index = s, x
			out, err := process(t.Context(), o, in...)
			if err != nil {
				t.Fatal(err)
			}
			failed = s.puts.Load() >= n
			switch {
			case failed && !s.brief:
				if got := failure(t, out[0]); got != bundle.CodeInternal || !errors.Is(out[0].Err, tt.err) || !strings.Contains(out[0].Err.Error(), tt.says) {
					t.Errorf("put %d fails: the error is %v", n, out[0].Err)
				}
				if len(x.docs) != 0 {
					t.Errorf("put %d fails: the index was told of %+v", n, x.docs)
				}
				checkWhole(t, d.store)
				o.Store = d.store
				results(t, o, in...)
			case out[0].Err != nil:
				t.Errorf("put %d, without which all goes on: the error is %v", n, out[0].Err)
			case failed: // the next start makes the brief
				o.Store = d.store
				results(t, o)
			}
			sameObjects(t, objects(t, d.store), want)
			if len(x.docs) != 1 {
				t.Errorf("put %d failed: the index was told of %+v", n, x.docs)
			}
		}
		if n-2 != int64(len(want)) {
			t.Errorf("%d puts failed, %d objects are kept", n-2, len(want))
		}
	}
}

// refusing is a store that does not take some keys.
type refusing struct {
	storage.Store
	refuses func(key string) bool
}

func (r refusing) Put(ctx context.Context, key string, body io.Reader) error {
	if r.refuses(key) {
		return errDisk
	}
	return r.Store.Put(ctx, key, body)
}

// TestFailedBundleIsNotOnFile: what could not be kept counts for no quota.
func TestFailedBundleIsNotOnFile(t *testing.T) {
	c := qinghe(t, quota)
	inputs := covers(t, 2)
	_, sha := contents(t, inputs[0])
	for _, name := range []string{"/original/1", "/source.json", "/text.json", "/result.json"} {
		d := newStore(t)
		o := d.options(c, newReader(t))
		o.Store = refusing{d.store, func(key string) bool { return strings.Contains(key, sha) && strings.HasSuffix(key, name) }}
		out, err := process(t.Context(), o, inputs...)
		if err != nil {
			t.Fatal(err)
		}
		failure(t, out[0])
		if out[1].Err != nil {
			t.Fatal(out[1].Err)
		}
		if k := checkOf(out[1].Result.Applications[0], "quota.applicant"); !strings.Contains(k.Message, "第1份") {
			t.Errorf("%s of another is not kept: %s", name, k.Message)
		}
	}
}

// TestStoreCannotBeRead has stores that do not give what they hold.
func TestStoreCannotBeRead(t *testing.T) {
	c := qinghe(t, "")
	d := newDesk(t)
	in := covers(t, 1)
	results(t, d.options(c, newReader(t)), in...)
	for name, test := range map[string]struct {
		store  *brittle
		starts bool // no quota hangs on what cannot be read
	}{
		"list":   {&brittle{Store: d.store, list: true}, false},
		"all":    {&brittle{Store: d.store, get: "/results/"}, false},
		"result": {&brittle{Store: d.store, get: "/result.json"}, true}, // its brief can
		"text":   {&brittle{Store: d.store, get: "/text.json"}, true},
	} {
		s := test.store
		o := d.options(c, newReader(t))
		o.Store = s
		if p, err := pipeline.New(t.Context(), o); test.starts && err == nil {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, errDisk) {
			t.Errorf("%s: New gives %v", name, err)
		}
		calls := func(string) *call.Call { return c }
		if _, err := pipeline.Reindex(t.Context(), s, d.index, calls, nil); !errors.Is(err, errDisk) {
			t.Errorf("%s: Reindex gives %v", name, err)
		}
		if n := count(t, d.index); n != 1 {
			t.Errorf("%s: the index holds %d applications after a failure, held 1", name, n)
		}
	}
}

// noted is an index that only notes what it is told.
type noted struct {
	index.Index
	docs []index.Document
}

func (n *noted) Put(_ context.Context, docs []index.Document) error {
	n.docs = append(n.docs, docs...)
	return nil
}

// deaf is an index that takes nothing.
type deaf struct{ index.Index }

func (deaf) Put(context.Context, []index.Document) error { return errDisk }

// TestIndexFails: a result is kept though the index does not take it, and both
// another run and Reindex put it right.
func TestIndexFails(t *testing.T) {
	c := qinghe(t, "")
	in := covers(t, 1)
	mend := map[string]func(t *testing.T, d *desk){
		"another run": func(t *testing.T, d *desk) {
			r := newReader(t)
			results(t, d.options(c, r), in...)
			if n := r.calls.Load(); n != 0 {
				t.Errorf("the reader was asked %d times", n)
			}
		},
		"reindex": func(t *testing.T, d *desk) {
			n, err := pipeline.Reindex(t.Context(), d.store, d.index, func(string) *call.Call { return c }, nil)
			if err != nil || n != 1 {
				t.Errorf("%d applications, %v", n, err)
			}
		},
	}
	for name, mend := range mend {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			o := d.options(c, newReader(t))
			o.Index = deaf{d.index}
			out, err := process(t.Context(), o, in...)
			if err != nil {
				t.Fatal(err)
			}
			if got := failure(t, out[0]); got != bundle.CodeInternal || !errors.Is(out[0].Err, errDisk) {
				t.Errorf("the error is %v", out[0].Err)
			}
			checkWhole(t, d.store)
			kept := decode[bundle.Result](t, object(t, d.store, "", "/result.json"))
			if n := count(t, d.index); n != 0 {
				t.Errorf("%d applications are indexed", n)
			}
			mend(t, d)
			hits := search(t, d.index, "镜")
			if len(hits) != 1 || hits[0].Document.ID != kept.Applications[0].ID {
				t.Errorf("the hits are %+v", hits)
			}
		})
	}
}
