package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
)

func (s *Server) tokenRoutes() []route {
	return []route{
		{pattern: "GET /me/tokens", right: signedIn, handler: s.tokens},
		{pattern: "POST /me/tokens", right: signedIn, handler: s.addToken},
		{pattern: "POST /me/tokens/{id}/revoke", right: signedIn, handler: s.revokeToken},
	}
}

// tokenLives are how many days a token may last, as the form offers them.
var tokenLives = []int{30, 90, 365}

// tokensData is what the page of one's own tokens shows.
type tokensData struct {
	form
	Rows   []tokenRow
	Lives  []int
	Days   int // that the form asks for
	Rights []account.Right
	Made   string // the text of the one that was just made, "" for none
}

type tokenRow struct {
	account.Token
	State string // message "token.state." and it says so
	Ended bool
}

func (s *Server) tokens(w http.ResponseWriter, r *http.Request) error {
	return s.showTokens(w, r, http.StatusOK, tokensData{Days: tokenLives[1]})
}

// showTokens answers with the visitor's tokens and the form for another one.
func (s *Server) showTokens(w http.ResponseWriter, r *http.Request, status int, d tokensData) error {
	user := visitOf(r).User
	all, err := s.accounts.Tokens(r.Context(), user.ID)
	if err != nil {
		return err
	}
	for _, t := range all {
		row := tokenRow{t, "active", true}
		switch {
		case !t.Revoked.IsZero():
			row.State = "revoked"
		case !s.now().Before(t.Expires):
			row.State = "expired"
		case user.DisabledVersion > t.Version:
			row.State = "disabled"
		default:
			row.Ended = false
		}
		d.Rows = append(d.Rows, row)
	}
	d.Lives, d.Rights = tokenLives, account.Rights[user.Role]
	return s.render(w, r, status, "tokens", d)
}

// addToken makes a token for the visitor, who shows once more who they are: it outlives
// the session.
func (s *Server) addToken(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	d := tokensData{form: form{Name: r.PostForm.Get("for")}}
	var err error
	if d.Days, err = strconv.Atoi(r.PostForm.Get("days")); err != nil || d.Days < 0 || d.Days > 10_000 {
		return httpError(http.StatusBadRequest)
	}
	var rights []account.Right
	for _, right := range r.PostForm["right"] {
		rights = append(rights, account.Right(right))
	}
	user := *visitOf(r).User
	if !user.NoPassword {
		proved, err := s.prove(r, user.Name, r.PostForm.Get("current"), &d.form)
		if err != nil {
			return err
		}
		if proved == nil {
			if d.Wait == 0 {
				d.Problem = "problem.current"
			}
			return s.showTokens(w, r, refusedStatus(d.form), d)
		}
	}
	made, text, err := s.accounts.AddToken(r.Context(), user.ID, user.ID, d.Name, rights, time.Duration(d.Days)*24*time.Hour)
	switch {
	case errors.Is(err, account.ErrTokenRight):
		return httpError(http.StatusBadRequest)
	case err != nil:
		if d.Problem = problemKey(err); d.Problem == "" {
			return err
		}
		return s.showTokens(w, r, refusedStatus(d.form), d)
	}
	if err := s.record(r, audit.Entry{Action: audit.TokenAdd, Object: user.ID, Detail: "token=" + made.ID}); err != nil {
		return err
	}
	return s.showTokens(w, r, http.StatusOK, tokensData{Days: tokenLives[1], Made: text})
}

func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	user := visitOf(r).User
	ended, err := s.accounts.RevokeToken(r.Context(), user.ID, user.ID, r.PathValue("id"))
	switch {
	case errors.Is(err, account.ErrNoToken):
		return httpError(http.StatusNotFound)
	case err != nil:
		return err
	}
	if err := s.record(r, audit.Entry{Action: audit.TokenRevoke, Object: user.ID, Detail: "token=" + ended.ID}); err != nil {
		return err
	}
	s.notify(r, "tokens.revoked")
	http.Redirect(w, r, "/me/tokens", http.StatusSeeOther)
	return nil
}
