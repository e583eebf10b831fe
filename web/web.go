// Package web is the desk in the browser: server-rendered pages for clerks, reviewers,
// staff and admins.
//
// It has the shell that all pages share (signing in, sessions, rights, languages, the
// layout, errors) and the pages. All routes stand in one table, routes.go, each with the
// right it needs, and nowhere else is anybody let in or refused. Texts are in Chinese
// and English side by side, messages.go; templates and static files are embedded.
//
// The package does not listen, terminate TLS or set the timeouts of connections: that is
// the caller's http.Server, which should have a ReadHeaderTimeout and an IdleTimeout. It
// keeps nothing of its own: sessions are in the store it is given, all else in the
// object store, by the packages whose it is.
package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/klauspost/compress/gzhttp"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/sse"
)

// Options are what the desk is made of. Accounts, Audit, Desk and Sessions are required.
type Options struct {
	Accounts *account.Accounts
	Audit    *audit.Log
	Desk     *desk.Desk
	// Calls are the calls that are shown; nil is the built-in ones.
	Calls *call.Library
	// Call is the id of the one by which bundles are read, "" when nobody knows.
	Call string
	// OIDC is a service by which people can sign in; nil is none.
	OIDC *OIDC
	// NoPasswords is set when nobody signs in with a password, but by OIDC alone.
	NoPasswords bool
	// Sessions keeps the sessions, by hashes of their tokens; a store that is a
	// scs.CtxStore gets the requests' contexts. The caller stops its clean-up, if it
	// has one.
	Sessions scs.Store
	// Secure is set when browsers reach the desk by https: cookies are then sent
	// over it alone.
	Secure bool
	// Log gets a line for each request and the errors; nil drops them. No line has a
	// query, a form's or a field's value.
	Log *slog.Logger
	// Observe is told of each request at its end: the pattern of its route, "" for none,
	// the status of the answer, 0 for none, and how long it took; nil is not.
	Observe func(route string, status int, took time.Duration)
	// Now tells the time; nil is time.Now.
	Now func() time.Time
}

// How long a session lasts without a request, and in all.
const (
	sessionIdle = 60 * time.Minute
	sessionLife = 12 * time.Hour
)

// Server is the desk. Make one with [New].
type Server struct {
	accounts  *account.Accounts
	audit     *audit.Log
	desk      *desk.Desk
	calls     *call.Library
	call      string       // the id of the one in use
	oidc      *oidcService // nil for none
	passwords bool         // whether people sign in with them
	log       *slog.Logger
	now       func() time.Time
	secure    bool
	observe   func(route string, status int, took time.Duration)
	throttle  *account.Throttle
	beat      time.Duration // the pause between two signs of life of a stream
	patience  time.Duration // how long the audit trail is searched for one page
	sessions  *scs.SessionManager
	pages     pages
	files     files
	documents documents
	mux       *http.ServeMux
	tabs      []route // the routes that stand in the navigation
	handler   http.Handler
}

// New makes the desk. An error means that options are missing, or that what is embedded
// does not fit together.
func New(o Options) (*Server, error) {
	if o.Accounts == nil || o.Audit == nil || o.Desk == nil || o.Sessions == nil {
		return nil, errors.New("the pages need accounts, an audit trail, a desk and a store for sessions")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(string, int, time.Duration) {}
	}
	if o.Calls == nil {
		o.Calls = call.NewLibrary("")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{
		calls: o.Calls, call: o.Call, oidc: newOIDC(o.OIDC), passwords: !o.NoPasswords,
		accounts: o.Accounts, audit: o.Audit, desk: o.Desk, log: o.Log, now: o.Now, secure: o.Secure,
		observe: o.Observe, throttle: account.NewThrottle(o.Now), beat: sse.Beat, patience: trailTime,
	}
	s.sessions = s.newSessions(o.Sessions)
	var err error
	if s.files, err = readFiles(); err != nil {
		return nil, fmt.Errorf("read the static files: %w", err)
	}
	if s.pages, err = parsePages(s.files); err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	s.mux = http.NewServeMux()
	for _, rt := range s.routes() {
		s.mux.Handle(rt.pattern, s.serve(rt))
		if rt.tab != "" {
			s.tabs = append(s.tabs, rt)
		}
	}
	compress, err := gzhttp.NewWrapper(gzhttp.EnableZstd(false), gzhttp.ContentTypes([]string{
		"text/html", "text/plain", "text/css", "text/javascript", "application/json", "image/svg+xml",
	}))
	if err != nil {
		return nil, fmt.Errorf("prepare compression: %w", err)
	}
	s.handler = compress(s.logged(secured(http.HandlerFunc(s.dispatch))))
	return s, nil
}

// Handler serves the desk. It belongs at the root of a host of its own.
func (s *Server) Handler() http.Handler { return s.handler }
