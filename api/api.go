// Package api is the desk for programs: what people do in the browser, as JSON over HTTP
// below /api/v1, and what watches over the program asks for: /healthz, /readyz and
// /metrics.
//
// All routes stand in one table, routes.go, each with the right it needs, and nowhere
// else is anybody let in or refused. Programs show a token of an account; cookies count
// for nothing here, so no other site's page can act through somebody's browser. The
// document that describes the routes (OpenAPI 3.1) is openapi.yaml; a test holds it and
// the handlers against each other.
//
// The package does not listen, terminate TLS or set the timeouts of connections, and it
// keeps nothing: tokens are package account's, all else package desk's.
package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/desk"
	"sealdesk/sse"
)

// Options are what the API is made of. Accounts, Audit, Desk and Metrics are required.
type Options struct {
	Accounts *account.Accounts
	Audit    *audit.Log
	Desk     *desk.Desk
	// Metrics answers who may see how the program runs.
	Metrics http.Handler
	// Observe is told of each request: the pattern of its route, "" for none, the status of
	// the answer and how long it took. nil tells nobody.
	Observe func(route string, status int, took time.Duration)
	// Log gets a line for each request and the errors; nil drops them. No line has a
	// query or a field's value.
	Log *slog.Logger
	// Now tells the time; nil is time.Now.
	Now func() time.Time
}

// Server is the API. Make one with [New].
type Server struct {
	accounts *account.Accounts
	audit    *audit.Log
	desk     *desk.Desk
	metrics  http.Handler
	observe  func(route string, status int, took time.Duration)
	log      *slog.Logger
	now      func() time.Time
	throttle *account.Throttle
	beat     time.Duration // the pause between two signs of life of a stream
	document []byte        // the OpenAPI document as JSON
	ready    readiness
	mux      *http.ServeMux
	handler  http.Handler
}

// New makes the API. An error means that options are missing, or that what is embedded
// does not fit together.
func New(o Options) (*Server, error) {
	if o.Accounts == nil || o.Audit == nil || o.Desk == nil || o.Metrics == nil {
		return nil, errors.New("the API needs accounts, an audit trail, a desk and metrics")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(string, int, time.Duration) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		accounts: o.Accounts, audit: o.Audit, desk: o.Desk, metrics: o.Metrics, observe: o.Observe, log: o.Log, now: o.Now,
		throttle: account.NewThrottle(o.Now), beat: sse.Beat, mux: http.NewServeMux(),
		ready: readiness{check: o.Desk.Check, log: o.Log},
	}
	var err error
	if s.document, err = document(); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	for _, rt := range s.routes() {
		s.mux.Handle(rt.pattern, s.serve(rt))
	}
	s.handler = s.logged(http.HandlerFunc(s.dispatch))
	return s, nil
}

// Handler serves the API. It belongs at the paths /api/, /healthz, /readyz and /metrics of
// the desk's host.
func (s *Server) Handler() http.Handler { return s.handler }

// Paths are the patterns of net/http.ServeMux at which [Server.Handler] belongs.
func Paths() []string { return []string{"/api/", "/healthz", "/readyz", "/metrics"} }
