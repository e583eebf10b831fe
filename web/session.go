package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"sealdesk/account"
)

// What a session holds.
const (
	sessionUser     = "user"     // the id of the account
	sessionPassword = "password" // the account's PasswordVersion at sign-in
	sessionSince    = "since"    // seconds since 1970
	sessionNotice   = "notice"   // the key of a message for the next page
)

func (s *Server) newSessions(store scs.Store) *scs.SessionManager {
	m := scs.New()
	m.Store = store
	m.HashTokenInStore = true
	m.IdleTimeout, m.Lifetime = sessionIdle, sessionLife
	m.Cookie.Name = "sealdesk"
	if s.secure {
		m.Cookie.Name = "__Host-sealdesk"
		m.Cookie.Secure = true
	}
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false // the browser forgets it when it is closed
	m.ErrorFunc = s.fail
	return m
}

// token is the one of a request's session, "" for none.
func (s *Server) token(r *http.Request) string {
	c, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return ""
	}
	return c.Value
}

// loaded gives a request its session and does not save it, for to save it makes it last
// longer.
func (s *Server) loaded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		visitOf(r).outside = r.Context()
		ctx, err := s.sessions.Load(r.Context(), s.token(r))
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// visitor gives whoever a request's session belongs to, nil for nobody. The account is
// looked at each time: who was disabled, or whose password was changed, is out.
func (s *Server) visitor(r *http.Request) (*account.User, error) {
	ctx := r.Context()
	id := s.sessions.GetString(ctx, sessionUser)
	if id == "" {
		return nil, nil
	}
	u, err := s.accounts.Get(ctx, id)
	switch {
	case errors.Is(err, account.ErrNoUser):
		return nil, s.sessions.Destroy(ctx)
	case err != nil:
		return nil, err
	case u.Disabled || u.PasswordVersion != s.sessions.GetInt(ctx, sessionPassword):
		return nil, s.sessions.Destroy(ctx)
	}
	return &u, nil
}

// begin makes the session somebody's, under a new token, so that nobody who knew the
// old one has it.
func (s *Server) begin(ctx context.Context, u account.User) error {
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionUser, u.ID)
	s.sessions.Put(ctx, sessionPassword, u.PasswordVersion)
	s.sessions.Put(ctx, sessionSince, s.now().Unix())
	return nil
}

// since is when the session began.
func (s *Server) since(ctx context.Context) time.Time {
	return time.Unix(s.sessions.GetInt64(ctx, sessionSince), 0)
}

// notify has the next page that the visitor sees say something, by the key of a message.
func (s *Server) notify(r *http.Request, key string) {
	s.sessions.Put(r.Context(), sessionNotice, key)
}

// askToSignIn sends somebody to the page for signing in, and back afterwards.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) {
	back := ""
	switch {
	case isFragment(r):
		// htmx goes where this header says, from the page that it is on.
		if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
			back = u.RequestURI()
		}
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		back = r.URL.RequestURI()
	}
	to := "/sign-in"
	if back = local(back); back != "/" {
		to += "?" + url.Values{"back": {back}}.Encode()
	}
	if isFragment(r) {
		w.Header().Set("HX-Redirect", to)
		s.fail(w, r, httpError(http.StatusUnauthorized))
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// local gives a path of the desk, with its query, that came from outside; "/" for
// anything that leads elsewhere.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\t\r\n") {
		return "/"
	}
	return u.RequestURI()
}

// isFragment says whether htmx asks, for a part of a page.
func isFragment(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// languageCookie remembers the language, for a year.
const languageCookie = "lang"

// language is the one that a request asks for.
func language(r *http.Request) string {
	for _, lang := range langs {
		if c, err := r.Cookie(languageCookie); err == nil && c.Value == lang {
			return lang
		}
	}
	return langs[0]
}

func (s *Server) setLanguage(w http.ResponseWriter, r *http.Request) error {
	lang := r.PostFormValue("lang")
	if _, ok := s.pages[lang]; !ok {
		return httpError(http.StatusBadRequest)
	}
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 60 * 60,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther)
	return nil
}
