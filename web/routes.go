package web

import (
	"net/http"
	"slices"
	"time"

	"sealdesk/account"
)

// route is one row of the table of routes: what is asked for, and who may.
type route struct {
	// pattern is that of http.ServeMux, with a method.
	pattern string
	// right is the right that the visitor's role needs, or one of those below.
	right account.Right
	// tab is the key of the message under which the route stands in the navigation,
	// for those who have the right; "" for those that do not stand there.
	tab string
	// body is the greatest length of the request's body in bytes; 0 is exchange.BodyLimit.
	body int64
	// time is how long reading the request, handling it and writing the response may
	// take; 0 is exchange.TimeLimit, and exchange.NoLimit is for streams, which end with the request's
	// context.
	time time.Duration
	// quiet is set for what a page asks for by itself: it does not keep a session alive
	// that would end without it.
	quiet bool
	// handler answers. An error that it returns is answered by an error page, if
	// nothing was written yet: see Server.fail.
	handler func(http.ResponseWriter, *http.Request) error
}

// Rights that no role has, for routes that need none.
const (
	// signedIn lets in everybody who has signed in.
	signedIn account.Right = ""
	// public lets in everybody.
	public account.Right = "public"
	// plain lets in everybody and knows nobody: there is no session and no language,
	// so the answer is the same for all and may be kept by caches.
	plain account.Right = "plain"
)

const ()

// routes is the table of all routes, in the order of the navigation. A page adds a row,
// or a function with its rows.
func (s *Server) routes() []route {
	return slices.Concat(
		s.visitRoutes(),
		s.tokenRoutes(),
		s.boardRoutes(),
		s.reviewRoutes(),
		s.searchRoutes(),
		s.receiptRoutes(),
		s.searchableRoutes(),
		s.likeRoutes(),
		s.arrangeRoutes(),
		s.reportRoutes(),
		s.accountRoutes(),
		s.callRoutes(),
		s.auditRoutes(),
	)
}

// visitRoutes are those of the shell itself.
func (s *Server) visitRoutes() []route {
	return []route{
		{pattern: "GET /static/{hash}/{name}", right: plain, handler: s.static},
		{pattern: "GET /sign-in", right: public, handler: s.signInPage},
		{pattern: "POST /sign-in", right: public, handler: s.withPasswords(s.signIn)},
		{pattern: "GET " + oidcPath, right: public, handler: s.oidcBegin},
		{pattern: "GET " + oidcCallback, right: public, handler: s.oidcFinish},
		{pattern: "GET /setup", right: public, handler: s.setupPage},
		{pattern: "POST /setup", right: public, handler: s.setup},
		{pattern: "POST /language", right: public, handler: s.setLanguage},
		{pattern: "GET /{$}", right: signedIn, handler: s.home},
		{pattern: "GET /help", right: signedIn, handler: s.help},
		{pattern: "GET /me", right: signedIn, handler: s.me},
		{pattern: "POST /me", right: signedIn, handler: s.withPasswords(s.changePassword)},
		{pattern: "POST /sign-out", right: signedIn, handler: s.signOut},
	}
}

// home leads to the first page of the navigation that the visitor may see.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	to := "/help"
	if tabs := s.tabsFor(visitOf(r)); len(tabs) > 0 {
		to = tabs[0].Path
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
