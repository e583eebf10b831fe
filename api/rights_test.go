package api

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
)

// calls are how a route is called, and who may.
type calls struct {
	path  string // "" is that of the pattern
	body  string
	roles []account.Role
}

// TestRights asks every route as everybody. A route that is not in this table fails.
func TestRights(t *testing.T) {
	a := newAPI(t, nil)
	var empty bytes.Buffer
	form := multipart.NewWriter(&empty)
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	clerks := []account.Role{account.Clerk}
	judges := []account.Role{account.Clerk, account.Reviewer}
	readers := []account.Role{account.Clerk, account.Reviewer, account.Staff}
	staff := []account.Role{account.Staff}
	admins := []account.Role{account.Admin}
	everybody := account.Roles()
	open := append([]account.Role{""}, everybody...)
	bundle, app := "/api/v1/bundles/"+a.sha, "/api/v1/applications/"+a.app
	table := map[string]calls{
		"GET /healthz":                               {roles: open},
		"GET /readyz":                                {roles: open},
		"GET /metrics":                               {roles: admins},
		"GET /api/v1/openapi.json":                   {roles: open},
		"GET /api/v1/me":                             {roles: everybody},
		"GET /api/v1/bundles":                        {roles: clerks},
		"POST /api/v1/bundles":                       {body: empty.String(), roles: clerks},
		"GET /api/v1/bundles/{sha}":                  {path: bundle, roles: readers},
		"POST /api/v1/bundles/{sha}/cancel":          {path: bundle + "/cancel", roles: clerks},
		"POST /api/v1/bundles/{sha}/retry":           {path: bundle + "/retry", roles: clerks},
		"GET /api/v1/bundles/{sha}/result":           {path: bundle + "/result", roles: readers},
		"GET /api/v1/bundles/{sha}/pages/{page}":     {path: bundle + "/pages/1?width=160", roles: readers},
		"GET /api/v1/events":                         {roles: clerks},
		"GET /api/v1/applications/{id}":              {path: app, roles: readers},
		"GET /api/v1/applications/{id}/corrections":  {path: app + "/corrections", roles: readers},
		"POST /api/v1/applications/{id}/corrections": {path: app + "/corrections", body: "{}", roles: judges},
		"GET /api/v1/search":                         {roles: readers},
		"GET /api/v1/reports":                        {roles: staff},
	}
	tokens := map[account.Role]string{"": ""}
	for role, token := range a.tokens {
		tokens[role] = token
	}
	gone := a.gone(t)
	for _, rt := range a.routes() {
		c, ok := table[rt.pattern]
		if !ok {
			t.Errorf("nobody says who may %s", rt.pattern)
			continue
		}
		delete(table, rt.pattern)
		method, path, _ := strings.Cut(rt.pattern, " ")
		if c.path != "" {
			path = c.path
		}
		for role, token := range tokens {
			may := slices.Contains(c.roles, role)
			status := a.status(t, token, method, path, c.body, rt.media)
			want := http.StatusForbidden
			if role == "" {
				want = http.StatusUnauthorized
			}
			if refused := status == want; refused == may || may && (status == http.StatusUnauthorized || status == http.StatusForbidden || status >= 500) {
				t.Errorf("%s as %q: %d, and it may: %v", rt.pattern, role, status, may)
			}
		}
		if rt.right == public {
			continue
		}
		for name, token := range gone {
			want := http.StatusUnauthorized
			if name == "narrow" {
				if want = http.StatusForbidden; rt.right == anybody || rt.right == account.Search {
					continue // this it may
				}
			}
			if status := a.status(t, token, method, path, c.body, rt.media); status != want {
				t.Errorf("%s with a token that is %s: %d, want %d", rt.pattern, name, status, want)
			}
		}
		a.pass(time.Hour) // who shows many wrong tokens is slowed down
	}
	for pattern := range table {
		t.Errorf("there is no %s", pattern)
	}
}

// gone gives tokens that may nothing, by why: but for narrow, which may search.
func (a *testAPI) gone(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{"wrong": "sealdesk_" + strings.Repeat("A", 52), "a cookie's": "x"}
	_, out["narrow"] = a.token(t, account.Clerk, account.Search)
	revoked, text := a.token(t, account.Clerk)
	if _, err := a.accounts.RevokeToken(t.Context(), "test", "", revoked.ID); err != nil {
		t.Fatal(err)
	}
	out["revoked"] = text
	_, out["expired"] = a.expiring(t)
	u, err := a.accounts.Add(t.Context(), "test", "gone", "", account.Clerk, "rope harbour 52")
	if err != nil {
		t.Fatal(err)
	}
	_, text, err = a.accounts.AddToken(t.Context(), "test", u.ID, "test", nil, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	out["of an account that is disabled"] = text
	if _, err := a.accounts.Disable(t.Context(), "test", u.ID); err != nil {
		t.Fatal(err)
	}
	return out
}

// expiring makes a token and lets its time pass.
func (a *testAPI) expiring(t *testing.T) (account.Token, string) {
	t.Helper()
	made, text, err := a.accounts.AddToken(t.Context(), "test", a.users[account.Clerk].ID, "test", nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	a.pass(time.Hour)
	return made, text
}

// status sends a request and gives the answer's status; the rest may go on for ever.
func (a *testAPI) status(t *testing.T, token, method, path, body, media string) int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var send io.Reader
	if body != "" {
		send = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, send)
	if err != nil {
		t.Fatal(err)
	}
	// A session of the browser counts for nothing.
	r.Header.Set("Cookie", "sealdesk="+strings.Repeat("x", 43))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if media == multipartForm {
		boundary := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(body), "--"), "--")
		media += "; boundary=" + boundary
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
