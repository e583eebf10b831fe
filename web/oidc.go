package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"sealdesk/account"
	"sealdesk/audit"
)

// OIDC is a service by which people sign in, by OpenID Connect. It lets in nobody who has
// no account: an account says who it is to the service (see [account.User]).
type OIDC struct {
	Issuer   string // the service's address
	ClientID string // the desk's name there
	Secret   string // "" for a service that wants none
	// Desk is the desk's address in browsers, without a slash at its end; the service
	// leads back to a path below it.
	Desk string
	// Claim is the claim that names people as the accounts do; "" is "email", which the
	// service must have verified.
	Claim string
}

const (
	oidcPath     = "/sign-in/oidc"
	oidcCallback = oidcPath + "/callback"
	// oidcTime is how long a request to the service may take, oidcLife how long somebody
	// may take to sign in there.
	oidcTime = 10 * time.Second
	oidcLife = 10 * time.Minute
)

// The errors of signing in by a service.
var (
	// errOIDCAgain is that the answer does not belong to what was begun here.
	errOIDCAgain = errors.New("the sign-in was not begun here, or is over")
	// errOIDCRefused is that the service says who it is, and that is nobody here.
	errOIDCRefused = errors.New("nobody here")
	// errOIDCAway is that the service does not answer as it should.
	errOIDCAway = errors.New("the service for signing in cannot be used")
)

// oidcService is the service, once it has been asked for its addresses and keys.
type oidcService struct {
	OIDC
	client *http.Client

	mu       sync.Mutex
	provider *oidc.Provider // nil until it has answered
}

func newOIDC(o *OIDC) *oidcService {
	if o == nil {
		return nil
	}
	s := &oidcService{OIDC: *o, client: &http.Client{Timeout: oidcTime}}
	if s.Claim == "" {
		s.Claim = "email"
	}
	return s
}

// discover asks the service for its addresses, the first time that it is there: the desk
// begins without it, too.
func (s *oidcService) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider == nil {
		p, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), s.Issuer)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", errOIDCAway, err)
		}
		s.provider = p
	}
	return s.provider, &oauth2.Config{
		ClientID: s.ClientID, ClientSecret: s.Secret, Endpoint: s.provider.Endpoint(),
		RedirectURL: s.Desk + oidcCallback, Scopes: []string{oidc.ScopeOpenID, "profile", "email"},
	}, nil
}

// attempt is a sign-in that somebody has begun, kept in their session.
type attempt struct {
	State, Nonce, Verifier string
	Back                   string    // where signing in leads
	Ends                   time.Time // when it is too late to come back
}

// begin gives an attempt, and the address at the service to which it leads.
func (s *oidcService) begin(ctx context.Context, back string, now time.Time) (attempt, string, error) {
	_, config, err := s.discover(ctx)
	if err != nil {
		return attempt{}, "", err
	}
	a := attempt{rand.Text(), rand.Text(), oauth2.GenerateVerifier(), back, now.Add(oidcLife)}
	return a, config.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// finish gives who the service says that somebody is who came back.
func (s *oidcService) finish(ctx context.Context, a attempt, came url.Values, now time.Time) (identity string, err error) {
	if a.State == "" || !now.Before(a.Ends) || subtle.ConstantTimeCompare([]byte(a.State), []byte(came.Get("state"))) != 1 || came.Get("code") == "" {
		return "", errOIDCAgain
	}
	provider, config, err := s.discover(ctx)
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, s.client)
	token, err := config.Exchange(ctx, came.Get("code"), oauth2.VerifierOption(a.Verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
		return "", errOIDCAgain // used before, or too late
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", errOIDCAway, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: s.ClientID}).Verify(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errOIDCAway, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1 {
		return "", errOIDCAgain
	}
	if identity, err = s.identity(id); identity != "" || err != nil {
		return identity, err
	}
	// Many services tell such things only when they are asked.
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errOIDCAway, err)
	}
	if info.Subject != id.Subject {
		return "", fmt.Errorf("%w: it tells of somebody else than was asked for", errOIDCAway)
	}
	return s.identity(info)
}

// identity gives the claim that names somebody, "" where there is none, or an e-mail
// address that the service has not verified.
func (s *oidcService) identity(from interface{ Claims(any) error }) (string, error) {
	var all map[string]any
	if err := from.Claims(&all); err != nil {
		return "", fmt.Errorf("%w: %w", errOIDCAway, err)
	}
	identity, _ := all[s.Claim].(string)
	// Some services write it as a text.
	if verified := all["email_verified"]; s.Claim == "email" && verified != true && verified != "true" {
		return "", nil
	}
	return identity, nil
}

// sessionOIDC holds an attempt, as JSON.
const sessionOIDC = "oidc"

// oidcBegin leads to the service.
func (s *Server) oidcBegin(w http.ResponseWriter, r *http.Request) error {
	if s.oidc == nil {
		return httpError(http.StatusNotFound)
	}
	back := local(r.URL.Query().Get("back"))
	if visitOf(r).User != nil {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	a, to, err := s.oidc.begin(r.Context(), back, s.now())
	if err != nil {
		return s.oidcFailed(w, r, form{Back: back}, err)
	}
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep a sign-in: %w", err)
	}
	s.sessions.Put(r.Context(), sessionOIDC, string(b))
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// oidcFinish is where the service leads back to.
func (s *Server) oidcFinish(w http.ResponseWriter, r *http.Request) error {
	if s.oidc == nil {
		return httpError(http.StatusNotFound)
	}
	var a attempt
	if kept := s.sessions.PopString(r.Context(), sessionOIDC); kept != "" {
		if err := json.Unmarshal([]byte(kept), &a); err != nil {
			return fmt.Errorf("read a sign-in: %w", err)
		}
	}
	f := form{Back: local(a.Back)}
	identity, err := s.oidc.finish(r.Context(), a, r.URL.Query(), s.now())
	if err != nil {
		return s.oidcFailed(w, r, f, err)
	}
	u, err := s.accounts.ByIdentity(r.Context(), identity)
	switch {
	case errors.Is(err, account.ErrNoUser), err == nil && u.Disabled:
		// Who it is at the service is not this trail's to keep.
		if err := s.record(r, audit.Entry{User: "nobody", Action: audit.SignInRefused, Object: u.ID, Detail: "oidc"}); err != nil {
			return err
		}
		return s.oidcFailed(w, r, f, errOIDCRefused)
	case err != nil:
		return err
	}
	if err := s.record(r, audit.Entry{User: u.ID, Action: audit.SignIn, Object: u.ID, Detail: "oidc"}); err != nil {
		return err
	}
	if err := s.begin(r.Context(), u); err != nil {
		return err
	}
	http.Redirect(w, r, f.Back, http.StatusSeeOther)
	return nil
}

// oidcFailed answers with the page for signing in, and why the service let nobody in.
func (s *Server) oidcFailed(w http.ResponseWriter, r *http.Request, f form, err error) error {
	status := http.StatusUnprocessableEntity
	if errors.Is(err, errOIDCAway) {
		s.log.WarnContext(r.Context(), "sign-in by OpenID Connect failed", "id", visitOf(r).ID, "error", err)
		status = http.StatusServiceUnavailable
	}
	if f.Problem = problemKey(err); f.Problem == "" {
		return err
	}
	return s.showSignIn(w, r, status, f)
}
