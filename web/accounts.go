package web

import (
	"errors"
	"net/http"
	"net/url"

	"sealdesk/account"
	"sealdesk/audit"
)

func (s *Server) accountRoutes() []route {
	return []route{
		{pattern: "GET /accounts", right: account.AdministerAccounts, tab: "tab.accounts", handler: s.accountList},
		{pattern: "POST /accounts", right: account.AdministerAccounts, handler: s.invite},
		{pattern: "GET /accounts/{id}", right: account.AdministerAccounts, handler: s.accountPage},
		{pattern: "POST /accounts/{id}/role", right: account.AdministerAccounts, handler: s.changeAccount(s.setRole)},
		{pattern: "POST /accounts/{id}/disable", right: account.AdministerAccounts, handler: s.changeAccount(s.disable)},
		{pattern: "POST /accounts/{id}/enable", right: account.AdministerAccounts, handler: s.changeAccount(s.enable)},
		{pattern: "POST /accounts/{id}/identity", right: account.AdministerAccounts, handler: s.changeAccount(s.setIdentity)},
		{pattern: "POST /accounts/{id}/reset", right: account.AdministerAccounts, handler: s.resetAccount},
		{pattern: "GET /invitation", right: public, handler: s.withPasswords(s.invitationPage)},
		{pattern: "POST /invitation", right: public, handler: s.withPasswords(s.useInvitation)},
	}
}

// accountsData is what the list of accounts shows.
type accountsData struct {
	form
	Role    account.Role // that the form asks for
	Roles   []account.Role
	Rows    []accountRow
	Damaged int // how many accounts cannot be read
}

// accountRow is an account with what it is up to.
type accountRow struct {
	account.User
	State accountState
}

// accountState is whether somebody can sign in; messages "account.state." and it say so.
type accountState string

const (
	active   accountState = "active"
	disabled accountState = "disabled"
	invited  accountState = "invited" // the link has not been used
	expired  accountState = "expired" // the link was not used in time
)

func (s *Server) stateOf(u account.User) accountState {
	switch {
	case u.Disabled:
		return disabled
	case !u.NoPassword, u.Identity != "" && s.oidc != nil:
		return active
	case s.now().Before(u.LinkEnds):
		return invited
	}
	return expired
}

func (s *Server) accountList(w http.ResponseWriter, r *http.Request) error {
	if err := s.record(r, audit.Entry{Action: audit.AccountList}); err != nil {
		return err
	}
	return s.showAccounts(w, r, http.StatusOK, accountsData{Role: account.Clerk})
}

// showAccounts answers with the list of accounts and the form for another one.
func (s *Server) showAccounts(w http.ResponseWriter, r *http.Request, status int, d accountsData) error {
	if err := s.accounts.Refresh(r.Context()); err != nil {
		return err
	}
	d.Roles, d.Damaged = account.Roles(), len(s.accounts.Damaged())
	for _, u := range s.accounts.List() {
		d.Rows = append(d.Rows, accountRow{u, s.stateOf(u)})
	}
	return s.render(w, r, status, "accounts", d)
}

// invite adds an account, and shows the link by which its owner chooses a password.
func (s *Server) invite(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	d := accountsData{form: form{Name: r.PostForm.Get("name"), Display: r.PostForm.Get("display")}, Role: account.Role(r.PostForm.Get("role"))}
	if !d.Role.Valid() {
		return httpError(http.StatusBadRequest)
	}
	u, token, err := s.accounts.Invite(r.Context(), visitOf(r).User.ID, d.Name, d.Display, d.Role)
	if err != nil {
		if d.Problem = problemKey(err); d.Problem == "" {
			return err
		}
		return s.showAccounts(w, r, refusedStatus(d.form), d)
	}
	if err := s.record(r, audit.Entry{Action: audit.AccountAdd, Object: u.ID, Detail: string(u.Role)}); err != nil {
		return err
	}
	return s.showLink(w, r, u, token)
}

// linkData is what the page of a new link shows, this once.
type linkData struct {
	User account.User
	Link string
}

func (s *Server) showLink(w http.ResponseWriter, r *http.Request, u account.User, token string) error {
	if !s.passwords { // there is none to choose
		s.notify(r, "account.saved")
		http.Redirect(w, r, "/accounts/"+u.ID, http.StatusSeeOther)
		return nil
	}
	at := url.URL{Scheme: "http", Host: r.Host, Path: "/invitation", RawQuery: url.Values{"token": {token}}.Encode()}
	if s.secure {
		at.Scheme = "https"
	}
	return s.render(w, r, http.StatusOK, "account-link", linkData{u, at.String()})
}

// accountData is what the page of an account shows.
type accountData struct {
	accountRow
	OIDC    bool // whether there is a service by which people sign in
	Roles   []account.Role
	By      string // who made the newest change
	Problem string // the key of a message, or ""
	Wait    int    // 0: nobody has to wait
}

func (s *Server) accountPage(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, http.StatusOK, "")
}

// showAccount answers with the page of the account in the address.
func (s *Server) showAccount(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	u, err := s.accounts.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return noAccount(err)
	}
	d := accountData{
		accountRow: accountRow{u, s.stateOf(u)}, Roles: account.Roles(), Problem: problem, By: s.nameOf(r, u.By),
		OIDC: s.oidc != nil,
	}
	return s.render(w, r, status, "account", d)
}

// noAccount makes the error of an account that there is not one of a page that there is not.
func noAccount(err error) error {
	if errors.Is(err, account.ErrNoUser) {
		return httpError(http.StatusNotFound)
	}
	return err
}

// nameOf is who an id of the audit trail stands for: an account's name, or the id itself.
func (s *Server) nameOf(r *http.Request, id string) string {
	if u, err := s.accounts.Get(r.Context(), id); err == nil {
		return u.Display
	}
	return id
}

// changed is what was done to an account, for the audit trail and the visitor.
type changed struct {
	action, detail string
	notice         string // the key of a message
}

// changeAccount answers a form that changes the account in the address.
func (s *Server) changeAccount(change func(r *http.Request, by, id string) (changed, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := r.ParseForm(); err != nil {
			return badForm(err)
		}
		me, id := visitOf(r).User.ID, r.PathValue("id")
		did, err := change(r, me, id)
		if err != nil {
			if key := problemKey(err); key != "" {
				return s.showAccount(w, r, http.StatusUnprocessableEntity, key)
			}
			return noAccount(err)
		}
		if err := s.record(r, audit.Entry{Action: did.action, Object: id, Detail: did.detail}); err != nil {
			return err
		}
		to := "/accounts/" + id
		if id == me { // who may perhaps not see it any more
			to = "/"
		}
		s.notify(r, did.notice)
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}

func (s *Server) setRole(r *http.Request, by, id string) (changed, error) {
	role := account.Role(r.PostForm.Get("role"))
	if !role.Valid() {
		return changed{}, httpError(http.StatusBadRequest)
	}
	_, err := s.accounts.SetRole(r.Context(), by, id, role)
	return changed{audit.AccountRole, string(role), "account.role.done"}, err
}

func (s *Server) disable(r *http.Request, by, id string) (changed, error) {
	_, err := s.accounts.Disable(r.Context(), by, id)
	return changed{audit.AccountDisable, "", "account.disable.done"}, err
}

func (s *Server) enable(r *http.Request, by, id string) (changed, error) {
	_, err := s.accounts.Enable(r.Context(), by, id)
	return changed{audit.AccountEnable, "", "account.enable.done"}, err
}

func (s *Server) setIdentity(r *http.Request, by, id string) (changed, error) {
	if s.oidc == nil {
		return changed{}, httpError(http.StatusNotFound)
	}
	_, err := s.accounts.SetIdentity(r.Context(), by, id, r.PostForm.Get("identity"))
	return changed{audit.AccountIdentity, "", "account.saved"}, err
}

// resetAccount takes an account's password away, and shows the link to choose another.
func (s *Server) resetAccount(w http.ResponseWriter, r *http.Request) error {
	u, token, err := s.accounts.Reset(r.Context(), visitOf(r).User.ID, r.PathValue("id"))
	if err != nil {
		if key := problemKey(err); key != "" {
			return s.showAccount(w, r, http.StatusUnprocessableEntity, key)
		}
		return noAccount(err)
	}
	if err := s.record(r, audit.Entry{Action: audit.AccountReset, Object: u.ID}); err != nil {
		return err
	}
	return s.showLink(w, r, u, token)
}

// invitationPage is where the link of an invitation or a reset leads.
func (s *Server) invitationPage(w http.ResponseWriter, r *http.Request) error {
	return s.showInvitation(w, r, http.StatusOK, form{Token: r.URL.Query().Get("token")})
}

// showInvitation answers with the form for a password, if the link is good.
func (s *Server) showInvitation(w http.ResponseWriter, r *http.Request, status int, f form) error {
	u, err := s.accounts.Linked(r.Context(), f.Token)
	switch {
	case err == nil:
		f.Name, f.Display = u.Name, u.Display
	case errors.Is(err, account.ErrLink):
		f.Token, f.Problem, status = "", problemKey(err), http.StatusUnprocessableEntity
	default:
		return err
	}
	return s.render(w, r, status, "invitation", f)
}

// useInvitation gives the account of a link its password, and signs its owner in.
func (s *Server) useInvitation(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	f := form{Token: r.PostForm.Get("token")}
	var u account.User
	password, err := newPassword(r)
	if err == nil {
		u, err = s.accounts.UseLink(r.Context(), f.Token, password)
	}
	if err != nil {
		if f.Problem = problemKey(err); f.Problem == "" {
			return err
		}
		return s.showInvitation(w, r, refusedStatus(f), f)
	}
	for _, action := range []string{audit.AccountPassword, audit.SignIn} {
		if err := s.record(r, audit.Entry{User: u.ID, Action: action, Object: u.ID}); err != nil {
			return err
		}
	}
	if err := s.begin(r.Context(), u); err != nil {
		return err
	}
	s.notify(r, "invitation.done")
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
