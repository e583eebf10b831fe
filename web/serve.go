package web

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"sealdesk/account"
	"sealdesk/exchange"
)

// dispatch hands a request to its route. What no route fits gets a page, too.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		visitOf(r).route = pattern
		s.mux.ServeHTTP(w, r)
		return
	}
	status, allow := exchange.Refused(h, r)
	if allow != nil {
		w.Header()["Allow"] = allow
	}
	s.serve(route{right: public, handler: func(http.ResponseWriter, *http.Request) error {
		return httpError(status)
	}}).ServeHTTP(w, r)
}

// serve is the way of every request to its handler: limits, where it comes from, whose
// it is, and whether they may. It is the only place where that is decided.
func (s *Server) serve(rt route) http.Handler {
	handle := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(w, r)
		if err := rt.handler(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
	if rt.right == plain {
		return exchange.Bounded(rt.body, rt.time, handle)
	}
	var origin http.CrossOriginProtection
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, errCrossOrigin)
	}))
	inner := origin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r)
		switch {
		case rt.right == public:
		case v.User == nil:
			s.askToSignIn(w, r)
			return
		case rt.right != signedIn && !v.User.Role.May(rt.right):
			s.fail(w, r, httpError(http.StatusForbidden))
			return
		}
		handle.ServeHTTP(w, r)
	}))
	session := s.sessions.LoadAndSave
	if rt.quiet {
		session = s.loaded
	}
	return exchange.Bounded(rt.body, rt.time, session(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		defer s.recovered(w, r)
		v := visitOf(r)
		v.Lang = language(r)
		user, err := s.visitor(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		v.User = user
		inner.ServeHTTP(w, r)
	})))
}

// recovered turns a panic into an error page; deferred.
func (s *Server) recovered(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}

// csp lets pages load what the desk itself serves, and nothing else: no inline script or
// style, and no frames.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// secured sets the headers that every response has.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// visit is what is known of a request: who it is from, and what became of it.
type visit struct {
	ID   string        // names the request, in the log and on error pages
	User *account.User // nil for whoever has not signed in
	Lang string        // zh or en

	route  string // the pattern that fits, "" for none
	answer *exchange.Answer

	outside context.Context // of a quiet request, as it was without a session
}

type visitKey struct{}

// visitOf gives the visit of a request that came through Server.Handler.
func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// may says whether somebody who signed in has a right; templates show by it what a role
// may do.
func (v *visit) may(right account.Right) bool { return v.User != nil && v.User.Role.May(right) }
