package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"sealdesk/desk"
)

// healthy says that the program answers.
func healthy(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("ok\n"))
	return err
}

// The bounds of asking whether the program is ready: everybody may, and it costs each part
// a request.
const (
	readyFresh = 2 * time.Second
	readyTime  = 5 * time.Second
)

// readiness is what the parts of a process said last.
type readiness struct {
	check func(context.Context) []desk.Part
	log   *slog.Logger

	mu    sync.Mutex
	asked time.Time
	said  ready
}

// ready is whether a process can work.
type ready struct {
	Ready bool              `json:"ready"`
	Parts map[string]string `json:"parts"` // ok or failed
}

// answer says whether the process can work, and which part cannot. Why is in the log.
func (r *readiness) answer(w http.ResponseWriter, request *http.Request) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) >= readyFresh {
		r.look(request.Context())
	}
	status := http.StatusOK
	if !r.said.Ready {
		status = http.StatusServiceUnavailable
	}
	return answer(w, status, r.said)
}

// look asks the parts.
func (r *readiness) look(ctx context.Context) {
	// Whoever asked may go away meanwhile; others want to know, too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTime)
	defer cancel()
	r.said = ready{Ready: true, Parts: map[string]string{}}
	for _, p := range r.check(ctx) {
		r.said.Parts[p.Name] = "ok"
		if p.Err != nil {
			r.said.Ready, r.said.Parts[p.Name] = false, "failed"
			r.log.ErrorContext(ctx, "a part of the program cannot be used", "part", p.Name, "error", p.Err)
		}
	}
	r.asked = time.Now()
}

// metricsPage answers with the metrics.
func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) error {
	s.metrics.ServeHTTP(w, r)
	return nil
}
