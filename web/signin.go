package web

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/extract/call"
)

// problems are the errors that a form shows, by the key of the
// message; of two that fit, the first.
var problems = []struct {
	err error
	key string
}{
	{account.ErrSignIn, "problem.sign-in"},
	{account.ErrSetup, "problem.setup"},
	{account.ErrSetupDone, "problem.setup-done"},
	{account.ErrLink, "problem.link"},
	{account.ErrLastAdmin, "problem.last-admin"},
	{account.ErrName, "problem.name"},
	{account.ErrDisplay, "problem.display"},
	{account.ErrTaken, "problem.taken"},
	{account.ErrPasswordShort, "problem.short"},
	{account.ErrPasswordLong, "problem.long"},
	{account.ErrPasswordChars, "problem.chars"},
	{account.ErrPasswordName, "problem.like-name"},
	{account.ErrPasswordCommon, "problem.common"},
	{account.ErrTokenName, "problem.token-name"},
	{account.ErrTokenLife, "problem.token-life"},
	{errRepeat, "problem.repeat"},
	{account.ErrIdentity, "problem.identity"},
	{account.ErrIdentityTaken, "problem.identity-taken"},
	{errOIDCAgain, "problem.oidc-again"},
	{errOIDCRefused, "problem.oidc-refused"},
	{errOIDCAway, "problem.oidc-away"},
	{call.ErrID, "problem.call-id"},
	{call.ErrTaken, "problem.call-taken"},
	{errYear, "problem.call-year"},
	{errDeadline, "problem.call-deadline"},
}

// errRepeat is that a new password was typed in two ways.
var errRepeat = errors.New("the passwords differ")

// problemKey is the message for an error that its user can mend; "" for others.
func problemKey(err error) string {
	for _, p := range problems {
		if errors.Is(err, p.err) {
			return p.key
		}
	}
	return ""
}

// form is what the forms about accounts show again, and what was wrong with it. Never a
// password.
type form struct {
	Name, Display string
	Token         string
	Problem       string // the key of a message, or ""
	Wait          int    // seconds until the next try is heard, or 0
	Back          string // where signing in leads
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) error {
	back := local(r.URL.Query().Get("back"))
	if visitOf(r).User != nil {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	return s.showSignIn(w, r, http.StatusOK, form{Back: back})
}

// signInData is what the page for signing in shows: the ways that there are.
type signInData struct {
	form
	Passwords bool
	OIDC      string // the address that leads to the service, "" for none
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, f form) error {
	d := signInData{form: f, Passwords: s.passwords}
	if s.oidc != nil {
		d.OIDC = oidcPath + "?" + url.Values{"back": {f.Back}}.Encode()
	}
	return s.render(w, r, status, "signin", d)
}

// withPasswords is a handler for a desk where people sign in with them; elsewhere there is
// no such page.
func (s *Server) withPasswords(handler func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !s.passwords {
			return httpError(http.StatusNotFound)
		}
		return handler(w, r)
	}
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	f := form{Name: r.PostForm.Get("name"), Back: local(r.PostForm.Get("back"))}
	u, err := s.prove(r, f.Name, r.PostForm.Get("password"), &f)
	if err != nil {
		return err
	}
	if u == nil {
		return s.showSignIn(w, r, refusedStatus(f), f)
	}
	if err := s.record(r, audit.Entry{User: u.ID, Action: audit.SignIn, Object: u.ID}); err != nil {
		return err
	}
	if err := s.begin(r.Context(), *u); err != nil {
		return err
	}
	http.Redirect(w, r, f.Back, http.StatusSeeOther)
	return nil
}

// refusedStatus is the status of a form that was refused.
func refusedStatus(f form) int {
	if f.Wait > 0 {
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}

// prove finds who a name and a password belong to, slowing down those who guess. When
// they let nobody in, or too many were wrong before, the user is nil and f says so.
func (s *Server) prove(r *http.Request, name, password string, f *form) (*account.User, error) {
	if wait := s.throttle.Try(name, r.RemoteAddr); wait > 0 {
		f.Problem, f.Wait = "problem.throttled", int(math.Ceil(wait.Seconds()))
		return nil, nil
	}
	u, err := s.accounts.SignIn(r.Context(), name, password)
	if errors.Is(err, account.ErrSignIn) {
		f.Problem = problemKey(err)
		// What was typed as a name may be a password: the id alone is kept.
		object := ""
		if u, err := s.accounts.Find(r.Context(), name); err == nil {
			object = u.ID
		}
		return nil, s.record(r, audit.Entry{User: "nobody", Action: audit.SignInRefused, Object: object})
	}
	if err != nil {
		return nil, err
	}
	s.throttle.Succeed(name, r.RemoteAddr)
	return &u, nil
}

// record writes to the audit trail; where User is empty it is the visitor. An error has
// to keep the visitor from what was to be recorded.
func (s *Server) record(r *http.Request, e audit.Entry) error {
	if v := visitOf(r); e.User == "" && v.User != nil {
		e.User = v.User.ID
	}
	e.Time = s.now()
	return s.audit.Append(r.Context(), e)
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	if err := s.record(r, audit.Entry{Action: audit.SignOut, Object: visitOf(r).User.ID}); err != nil {
		return err
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

func (s *Server) setupPage(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusOK, "setup", form{Token: r.URL.Query().Get("token")})
}

// setup adds the first admin, by the link that was printed when the program started.
func (s *Server) setup(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	f := form{Name: r.PostForm.Get("name"), Display: r.PostForm.Get("display"), Token: r.PostForm.Get("token")}
	var u account.User
	password, err := newPassword(r)
	if err == nil {
		u, err = s.accounts.UseSetup(r.Context(), f.Token, f.Name, f.Display, password)
	}
	if err != nil {
		if f.Problem = problemKey(err); f.Problem == "" {
			return err
		}
		return s.render(w, r, refusedStatus(f), "setup", f)
	}
	for _, action := range []string{audit.AccountAdd, audit.SignIn} {
		if err := s.record(r, audit.Entry{User: u.ID, Action: action, Object: u.ID, Detail: string(u.Role)}); err != nil {
			return err
		}
	}
	if err := s.begin(r.Context(), u); err != nil {
		return err
	}
	s.notify(r, "setup.done")
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

// newPassword reads a password that is typed twice. The error is errRepeat.
func newPassword(r *http.Request) (string, error) {
	password := r.PostForm.Get("new")
	if password != r.PostForm.Get("repeat") {
		return "", errRepeat
	}
	return password, nil
}

// meData is what the page of one's own account shows.
type meData struct {
	form
	Passwords bool
	Rights    []account.Right
	Since     time.Time // of the session
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) error {
	return s.showMe(w, r, http.StatusOK, form{})
}

func (s *Server) showMe(w http.ResponseWriter, r *http.Request, status int, f form) error {
	rights := account.Rights[visitOf(r).User.Role]
	return s.render(w, r, status, "me", meData{f, s.passwords, rights, s.since(r.Context())})
}

// changePassword gives the visitor another password. Their other sessions are over.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	var f form
	user := *visitOf(r).User
	password, err := newPassword(r)
	if err == nil {
		err = account.CheckPassword(password, user.Name, user.Display)
	}
	if err != nil {
		f.Problem = problemKey(err)
		return s.showMe(w, r, refusedStatus(f), f)
	}
	if u, err := s.prove(r, user.Name, r.PostForm.Get("current"), &f); err != nil {
		return err
	} else if u == nil {
		if f.Wait == 0 {
			f.Problem = "problem.current"
		}
		return s.showMe(w, r, refusedStatus(f), f)
	}
	if err := s.record(r, audit.Entry{Action: audit.AccountPassword, Object: user.ID}); err != nil {
		return err
	}
	changed, err := s.accounts.SetPassword(r.Context(), user.ID, user.ID, password)
	if err != nil {
		return err
	}
	if err := s.begin(r.Context(), changed); err != nil {
		return err
	}
	s.notify(r, "me.changed")
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

// badForm is the error of a form that cannot be read.
func badForm(err error) error {
	if statusOf(err) == http.StatusRequestEntityTooLarge {
		return err
	}
	return httpError(http.StatusBadRequest)
}
