package pipeline

import (
	"context"
	"time"
)

// Observer is told how bundles are read, from several goroutines, for those who count and
// trace it.
type Observer interface {
	// Bundle is told that the way of a bundle begins, and gives the context of what is done
	// for it, and what is called at its end, with the error that it ended with, if any.
	Bundle(ctx context.Context, sha string) (_ context.Context, ended func(error))
	// Page is told the same of a page, from 1. The error is a *bundle.Error for a page that
	// could not be read.
	Page(ctx context.Context, sha string, n int) (_ context.Context, ended func(error))
	// Stage is told of a stage of a page or of a bundle that has just ended: decode,
	// upright, seal, layout, read, extract; assemble, check, keep.
	Stage(ctx context.Context, name string, began time.Time)
}

// noObserver is the Observer of those who have none.
type noObserver struct{}

func (noObserver) Bundle(ctx context.Context, _ string) (context.Context, func(error)) {
	return ctx, func(error) {}
}

func (noObserver) Page(ctx context.Context, _ string, _ int) (context.Context, func(error)) {
	return ctx, func(error) {}
}

func (noObserver) Stage(context.Context, string, time.Time) {}

// laps tells the observer of stages that follow one another: each call of what it gives,
// of the one that ended just then.
func (p *Pipeline) laps(ctx context.Context) func(stage string) {
	began := time.Now()
	return func(stage string) {
		p.Observe.Stage(ctx, stage, began)
		began = time.Now()
	}
}
