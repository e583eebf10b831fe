package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"sealdesk/desk"
)

// ProbeOptions say what a probe answers from. All but Log must be set.
type ProbeOptions struct {
	// Check asks what the process works with whether it can be used.
	Check func(context.Context) []desk.Part
	// Metrics answers how the process runs.
	Metrics http.Handler
	Log     *slog.Logger
}

// NewProbe makes the handler of a process without a desk, for what watches over it:
// /healthz, /readyz and /metrics, as a desk answers them. There are no accounts in such a
// process, so it answers everybody: its address should be one that few can reach. Nothing
// that it says is of a person, an application or a bundle.
func NewProbe(o ProbeOptions) (http.Handler, error) {
	if o.Check == nil || o.Metrics == nil {
		return nil, errors.New("a probe needs something to check, and metrics")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ready := readiness{check: o.Check, log: o.Log}
	mux := http.NewServeMux()
	for path, f := range map[string]func(http.ResponseWriter, *http.Request) error{
		"/healthz": healthy, "/readyz": ready.answer,
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			if err := f(w, r); err != nil {
				o.Log.ErrorContext(r.Context(), "a question about this process could not be answered", "error", fmt.Errorf("%s: %w", path, err))
			}
		})
	}
	mux.Handle("GET /metrics", o.Metrics)
	return mux, nil
}
