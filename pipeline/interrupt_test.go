package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"syscall"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/storage"
)

// covers are small bundles, each an application of its own.
func covers(t testing.TB, n int) []pipeline.Input {
	t.Helper()
	var out []pipeline.Input
	for i, instrument := range []string{"场发射扫描电子显微镜", "核磁共振波谱仪", "液相色谱仪"}[:n] {
		g := wholeGrant()
		g.instrument = instrument
		out = append(out, pictures(fmt.Sprintf("%d.png", i), g.cover(graySheet(t))))
	}
	return out
}

// objects are all that a store holds.
func objects(t testing.TB, s storage.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, k := range keys(t, s) {
		b, err := storage.ReadAll(t.Context(), s, k)
		if err != nil {
			t.Fatal(err)
		}
		all[k] = string(b)
	}
	return all
}

// sameObjects complains of what differs in two stores.
func sameObjects(t testing.TB, got, want map[string]string) {
	t.Helper()
	for k := range want {
		if got[k] != want[k] {
			t.Errorf("%s is\n%.2000s\nwant\n%.2000s", k, got[k], want[k])
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("there should be no %s", k)
		}
	}
}

// checkWhole says what is half-written in a store: a result that is not whole, that
// has no text or of which the original is missing.
func checkWhole(t testing.TB, s storage.Store) {
	t.Helper()
	all := objects(t, s)
	for k, body := range all {
		if path.Base(k) != "result.json" {
			continue
		}
		r := decode[bundle.Result](t, []byte(body))
		text := decode[[]pipeline.PageText](t, []byte(all[path.Dir(k)+"/text.json"]))
		if r.Pages == 0 || len(text) != r.Pages || all["bundles/"+r.SHA256+"/original/1"] == "" || all["bundles/"+r.SHA256+"/source.json"] == "" {
			t.Errorf("of %s there is only %v", k, all)
		}
	}
}

// promptly is how long a run may go on after its end is asked for, on a busy machine.
const promptly = 10 * time.Second

// TestCancel ends a run while a line is being read, then does the rest.
func TestCancel(t *testing.T) {
	c := qinghe(t, quota)
	inputs := covers(t, 3)
	undisturbed := newStore(t)
	r := newReader(t)
	results(t, undisturbed.options(c, r), inputs...)
	want, calls := objects(t, undisturbed.store), r.calls.Load()

	for _, at := range []int64{1, calls / 2, calls} {
		t.Run(fmt.Sprintf("at call %d of %d", at, calls), func(t *testing.T) {
			d := newDesk(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var asked time.Time
			r := &faulty{reader: newReader(t), at: func(n int64) {
				if n == at {
					asked = time.Now()
					cancel()
				}
			}}
			o := d.options(c, r)
			o.Workers = 1 // so that calls are numbered
			out, err := process(ctx, o, inputs...)
			if took := time.Since(asked); !errors.Is(err, context.Canceled) || took > promptly {
				t.Errorf("it ended after %v with %v", took, err)
			}
			for _, o := range out {
				if o.Err != nil || o.Result == nil {
					t.Errorf("a bundle that was not done has the outcome %+v", o)
				}
			}
			checkWhole(t, d.store)
			results(t, d.options(c, newReader(t)), inputs...)
			sameObjects(t, objects(t, d.store), want)
			if n := count(t, d.index); n != len(inputs) {
				t.Errorf("%d applications are indexed, want %d", n, len(inputs))
			}
		})
	}
}

// TestYieldFails ends a run because nobody wants its outcomes any more.
func TestYieldFails(t *testing.T) {
	d := newStore(t)
	p, err := pipeline.New(t.Context(), d.options(qinghe(t, ""), newReader(t)))
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the pipe is closed")
	n := 0
	err = p.Run(t.Context(), covers(t, 3), func(int, pipeline.Outcome) error {
		n++
		return full
	})
	if !errors.Is(err, full) || n != 1 {
		t.Errorf("after %d outcomes it ended with %v", n, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	checkWhole(t, d.store)
}

// TestKilledChildren kills children with a line in hand, in the middle of a page: that
// costs a second try and changes nothing of the result.
func TestKilledChildren(t *testing.T) {
	c := qinghe(t, "")
	g := wholeGrant()
	in := pictures("gray.png", g.cover(graySheet(t)), g.form(graySheet(t)))
	undisturbed := newStore(t)
	r := newReader(t)
	results(t, undisturbed.options(c, r), in)

	// Children are replaced after a few lines, so that all but the first two get
	// their first line when a page has begun.
	var seen started
	seen.at = func(n, pid int) {
		if n == 3 || n == 5 {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	}
	o := readerOptions(&seen)
	o.RecycleAfter = 10
	pool, err := ocr.NewPool(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	d := newStore(t)
	disturbed := &reader{Pool: pool}
	results(t, d.options(c, disturbed), in)
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	if n := seen.deaths(); n != 2 {
		t.Errorf("%d children of %d died at work, want 2", n, len(seen.all()))
	}
	sameObjects(t, objects(t, d.store), objects(t, undisturbed.store))
	if got, want := disturbed.calls.Load(), r.calls.Load(); got != want {
		t.Errorf("the reader was asked %d times, want %d", got, want)
	}
}
