package pipeline_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"sealdesk/bundle"
)

// observer writes down what it is told.
type observer struct {
	t      *testing.T
	mu     sync.Mutex
	stages map[string]int
	pages  map[int]string // how each ended
	ended  []string       // how bundles did
}

// under is the key of what a context belongs to.
type under struct{}

// Bundle implements pipeline.Observer.
func (o *observer) Bundle(ctx context.Context, sha string) (context.Context, func(error)) {
	return context.WithValue(ctx, under{}, sha), func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.ended = append(o.ended, sha+" "+outcome(err))
	}
}

// Page implements pipeline.Observer.
func (o *observer) Page(ctx context.Context, sha string, n int) (context.Context, func(error)) {
	if got := ctx.Value(under{}); got != sha {
		o.t.Errorf("page %d of %s is read under %v", n, sha, got)
	}
	return context.WithValue(ctx, under{}, n), func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.pages[n] = outcome(err)
	}
}

// Stage implements pipeline.Observer.
func (o *observer) Stage(ctx context.Context, name string, began time.Time) {
	switch _, ofPage := ctx.Value(under{}).(int); name {
	case "assemble", "check", "keep":
		if ofPage {
			o.t.Errorf("%s is told of a page", name)
		}
	default:
		if !ofPage {
			o.t.Errorf("%s is told of a bundle", name)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Since(began) >= 0 {
		o.stages[name]++
	}
}

// outcome is an error's code, "" for none.
func outcome(err error) string {
	var broken *bundle.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &broken):
		return string(broken.Code)
	}
	return err.Error()
}

// TestObserve: each stage of each page is told once, below its page and that below its
// bundle, and a page that cannot be read is told from others.
func TestObserve(t *testing.T) {
	g := wholeGrant()
	seen := &observer{t: t, stages: map[string]int{}, pages: map[int]string{}}
	o := newStore(t).options(qinghe(t, ""), newReader(t))
	o.Observe = seen
	got := results(t, o, input("bundle", g.cover(graySheet(t)).png(), torn(g.proof(graySheet(t)))))
	if want := map[int]string{1: "", 2: string(bundle.CodeDamaged)}; !maps.Equal(seen.pages, want) {
		t.Errorf("pages %v, want %v", seen.pages, want)
	}
	if len(seen.ended) != 1 || seen.ended[0] != got[0].SHA256+" " {
		t.Errorf("bundles %v", seen.ended)
	}
	want := map[string]int{"decode": 1, "upright": 1, "seal": 1, "layout": 1, "read": 1, "extract": 1, "assemble": 1, "check": 1, "keep": 1}
	if !maps.Equal(seen.stages, want) {
		t.Errorf("stages %v, want %v", seen.stages, want)
	}
}
