package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// healthy says that the program answers.
func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) error {
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

// readiness is what the parts said last.
type readiness struct {
	mu    sync.Mutex
	asked time.Time
	Ready bool              `json:"ready"`
	Parts map[string]string `json:"parts"` // ok or failed
}

// readyz says whether the desk can work, and which part cannot. Why is in the log.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	s.ready.mu.Lock()
	defer s.ready.mu.Unlock()
	if time.Since(s.ready.asked) >= readyFresh {
		s.look(r.Context())
	}
	status := http.StatusOK
	if !s.ready.Ready {
		status = http.StatusServiceUnavailable
	}
	return answer(w, status, &s.ready)
}

// look asks the parts.
func (s *Server) look(ctx context.Context) {
	// Whoever asked may go away meanwhile; others want to know, too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTime)
	defer cancel()
	s.ready.Ready, s.ready.Parts = true, map[string]string{}
	for _, p := range s.desk.Check(ctx) {
		s.ready.Parts[p.Name] = "ok"
		if p.Err != nil {
			s.ready.Ready, s.ready.Parts[p.Name] = false, "failed"
			s.log.ErrorContext(ctx, "a part of the desk cannot be used", "part", p.Name, "error", p.Err)
		}
	}
	s.ready.asked = time.Now()
}

// metricsPage answers with the metrics.
func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) error {
	s.metrics.ServeHTTP(w, r)
	return nil
}
