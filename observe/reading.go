package observe

import (
	"context"
	"time"
)

// Reading takes down, as a pipeline's Observer, how bundles are read: in metrics and in
// traces. Metrics must be set; Traces may be nil.
type Reading struct {
	Metrics *Metrics
	Traces  *Traces
}

// Bundle implements pipeline.Observer.
func (r Reading) Bundle(ctx context.Context, sha string) (context.Context, func(error)) {
	return r.Traces.Bundle(ctx, sha)
}

// Page implements pipeline.Observer.
func (r Reading) Page(ctx context.Context, sha string, n int) (context.Context, func(error)) {
	ctx, ended := r.Traces.Page(ctx, sha, n)
	return ctx, func(err error) {
		r.Metrics.page(err)
		ended(err)
	}
}

// Stage implements pipeline.Observer.
func (r Reading) Stage(ctx context.Context, name string, began time.Time) {
	r.Metrics.stage(name, time.Since(began))
	r.Traces.Stage(ctx, name, began)
}
