package web

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/web/oidctest"
)

func person(name, email string, verified bool) oidctest.Person {
	return oidctest.Person{Name: name, Password: password, Email: email, Verified: verified}
}

// oidcDesk is a desk where people sign in by a provider of OpenID Connect, which runs in
// this process.
func oidcDesk(t *testing.T, change ...func(*OIDC)) *testDesk {
	t.Helper()
	d := newDesk(t)
	issuer := oidctest.Start(t, d.url+oidcCallback,
		person("wang", "Wang@example.com", true), person("li", "li@example.com", false),
		person("stranger", "stranger@example.com", true), person("gone", "gone@example.com", true))
	o := OIDC{Issuer: issuer, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Desk: d.url}
	for _, f := range change {
		f(&o)
	}
	d.oidc = newOIDC(&o)
	for role, identity := range map[account.Role]string{account.Clerk: "wang@EXAMPLE.com", account.Reviewer: "li@example.com", account.Staff: "gone@example.com"} {
		u, err := d.accounts.SetIdentity(t.Context(), "test", d.users[role].ID, identity)
		if err != nil {
			t.Fatal(err)
		}
		d.users[role] = u
	}
	if _, err := d.accounts.Disable(t.Context(), "test", d.users[account.Staff].ID); err != nil {
		t.Fatal(err)
	}
	return d
}

var requestID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// signInThere signs somebody in at the service, from the address to which the desk led,
// and gives the address at the desk to which the service leads back.
func signInThere(t *testing.T, to, name string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	back := ""
	client := http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == oidcCallback {
			back = r.URL.RequestURI()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	do := func(r *http.Request, err error) (string, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Request.URL.String(), string(b)
	}
	at, page := do(http.NewRequest(http.MethodGet, to, nil))
	if back != "" {
		return back // it was refused at once
	}
	id := requestID.FindStringSubmatch(page)
	if id == nil {
		t.Fatalf("the service asks for no password at %s:\n%s", at, page)
	}
	r, err := http.NewRequest(http.MethodPost, at, strings.NewReader(url.Values{"username": {name}, "password": {password}, "id": {id[1]}}.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if _, page = do(r, err); back == "" {
		t.Fatalf("the service does not lead back:\n%s", page)
	}
	return back
}

// toService begins a sign-in at the desk, and gives the address to which it leads.
func (b *browser) toService(back string) string {
	b.t.Helper()
	a := b.get(oidcPath + "?back=" + url.QueryEscape(back))
	if a.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s\n%s", a.Status, a.text)
	}
	return a.Header.Get("Location")
}

// TestOIDC: whoever the service knows, and an account is for, is in; nobody else is.
func TestOIDC(t *testing.T) {
	d := oidcDesk(t)
	b := d.browser(t)
	b.want(b.get("/sign-in?back=/help"), http.StatusOK, `href="/sign-in/oidc?back=%2Fhelp"`, "统一登录", `name="password"`)
	to := b.toService("/help")
	for _, part := range []string{"code_challenge=", "code_challenge_method=S256", "nonce=", "state=", "response_type=code"} {
		if !strings.Contains(to, part) {
			t.Errorf("%s lacks %s", to, part)
		}
	}
	back := signInThere(t, to, "wang")
	b.leads(b.get(back), "/help")
	b.want(b.get("/me"), http.StatusOK, "Display clerk")
	clerk := d.users[account.Clerk]
	if got := d.entries(t, audit.SignIn); len(got) != 1 || got[0].User != clerk.ID || got[0].Detail != "oidc" {
		t.Errorf("the trail has %+v", got)
	}
	// Nobody comes in by the same address again, nor in another browser.
	for _, other := range []*browser{d.browser(t), b.another()} {
		other.want(other.get(back), http.StatusUnprocessableEntity, "登录没有完成")
	}
	b.post("/sign-out", nil)
	b.want(b.get(back), http.StatusUnprocessableEntity, "登录没有完成")
	b.leads(b.get("/me"), "/sign-in?back=%2Fme")

	// An address that leads elsewhere does not.
	evil := d.browser(t)
	evil.leads(evil.get(signInThere(t, evil.toService("https://evil.example/"), "wang")), "/")

	for name, why := range map[string]string{"stranger": "no account", "li": "an e-mail that is not verified", "gone": "a disabled account"} {
		refused := d.browser(t)
		a := refused.get(signInThere(t, refused.toService("/"), name))
		refused.want(a, http.StatusUnprocessableEntity, "没有与您对应的可用账号")
		refused.leads(refused.get("/me"), "/sign-in?back=%2Fme")
		if t.Failed() {
			t.Errorf("%s has %s", name, why)
		}
	}
	got := d.entries(t, audit.SignInRefused)
	if len(got) != 3 {
		t.Fatalf("the trail has %+v", got)
	}
	for _, e := range got {
		if e.User != "nobody" || e.Detail != "oidc" || e.Object != "" && e.Object != d.users[account.Staff].ID {
			t.Errorf("the trail has %+v", e)
		}
	}
	if log := d.log.String(); strings.Contains(log, "example.com") || strings.Contains(log, "code=") {
		t.Error("the log says who somebody is to the service, or has a code")
	}
	// A password is as good as before.
	b.leads(b.signIn("reviewer", password), "/")
	// The session ends when the account says that somebody else is meant.
	if _, err := d.accounts.SetIdentity(t.Context(), "test", clerk.ID, "other@example.com"); err != nil {
		t.Fatal(err)
	}
	evil.leads(evil.get("/me"), "/sign-in?back=%2Fme")
}

// TestOIDCForged: what does not belong to the sign-in that was begun lets nobody in.
func TestOIDCForged(t *testing.T) {
	d := oidcDesk(t)
	change := func(address, name, value string) string {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	for name, attack := range map[string]func(b *browser) string{
		"nothing was begun": func(*browser) string { return oidcCallback + "?code=x&state=" },
		"no code":           func(b *browser) string { return change(signInThere(t, b.toService("/"), "wang"), "code", "") },
		"another code":      func(b *browser) string { return change(signInThere(t, b.toService("/"), "wang"), "code", "x") },
		"another state":     func(b *browser) string { return change(signInThere(t, b.toService("/"), "wang"), "state", "x") },
		"another nonce":     func(b *browser) string { return signInThere(t, change(b.toService("/"), "nonce", "x"), "wang") },
		"another challenge": func(b *browser) string {
			return signInThere(t, change(b.toService("/"), "code_challenge", strings.Repeat("x", 43)), "wang")
		},
		"refused there": func(b *browser) string {
			return change(signInThere(t, change(b.toService("/"), "prompt", "none"), "wang"), "x", "y")
		},
		"somebody else's code": func(b *browser) string {
			theirs, err := url.Parse(signInThere(t, b.another().toService("/"), "wang"))
			if err != nil {
				t.Fatal(err)
			}
			return change(signInThere(t, b.toService("/"), "stranger"), "code", theirs.Query().Get("code"))
		},
		"too late": func(b *browser) string {
			back := signInThere(t, b.toService("/"), "wang")
			d.pass(oidcLife)
			return back
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := d.browser(t)
			b.want(b.get(attack(b)), http.StatusUnprocessableEntity, "登录没有完成")
			b.leads(b.get("/me"), "/sign-in?back=%2Fme")
		})
	}
	if got := d.entries(t, audit.SignIn); len(got) != 0 {
		t.Errorf("the trail has %+v", got)
	}
}

// TestOIDCSubject: another claim can name people, and the service need not have verified
// their address then.
func TestOIDCSubject(t *testing.T) {
	d := oidcDesk(t, func(o *OIDC) { o.Claim = "sub" })
	if _, err := d.accounts.SetIdentity(t.Context(), "test", d.users[account.Reviewer].ID, "li"); err != nil {
		t.Fatal(err)
	}
	b := d.browser(t)
	b.leads(b.get(signInThere(t, b.toService("/me"), "li")), "/me")
	b.want(b.get("/me"), http.StatusOK, "Display reviewer")
}

// TestOIDCAway: without the service the desk is there, and says so; when it comes back
// people sign in. A wrong secret lets nobody in.
func TestOIDCAway(t *testing.T) {
	d := oidcDesk(t)
	right := d.oidc.OIDC
	away := right
	away.Issuer = "http://127.0.0.1:1"
	d.oidc = newOIDC(&away)
	b := d.browser(t)
	b.want(b.get(oidcPath), http.StatusServiceUnavailable, "统一登录服务现在不能用", `name="password"`)
	d.oidc.Issuer = right.Issuer
	b.leads(b.get(signInThere(t, b.toService("/me"), "wang")), "/me")
	wrong := right
	wrong.Secret = "x"
	d.oidc = newOIDC(&wrong)
	other := d.browser(t)
	other.want(other.get(signInThere(t, other.toService("/"), "wang")), http.StatusServiceUnavailable, "不能用")
	if log := d.log.String(); !strings.Contains(log, "OpenID Connect failed") || strings.Contains(log, right.Secret) {
		t.Error("the log does not say why, or has the secret")
	}
}

// TestOIDCAlone: where nobody signs in with a password there is no way to.
func TestOIDCAlone(t *testing.T) {
	d := oidcDesk(t)
	admin := d.in(t, account.Admin)
	d.passwords = false
	b := d.browser(t)
	page := b.get("/sign-in")
	b.want(page, http.StatusOK, "统一登录")
	if strings.Contains(page.text, `name="password"`) {
		t.Error("a password is asked for")
	}
	b.want(b.signIn("clerk", password), http.StatusNotFound)
	b.want(b.get("/invitation?token=x"), http.StatusNotFound)
	b.want(b.post("/invitation", nil), http.StatusNotFound)
	b.leads(b.get(signInThere(t, b.toService("/me"), "wang")), "/me")
	b.want(b.post("/me", nil), http.StatusNotFound)
	// An admin adds somebody by who they are to the service.
	a := admin.post("/accounts", url.Values{"name": {"sun"}, "role": {"staff"}})
	if a.StatusCode != http.StatusSeeOther || strings.Contains(a.text, "token") {
		t.Errorf("%s\n%s", a.Status, a.text)
	}
	at := a.Header.Get("Location")
	admin.want(admin.get(at), http.StatusOK, "已保存", "统一登录", `name="identity"`)
	admin.leads(admin.post(at+"/identity", url.Values{"identity": {"stranger@example.com"}}), at)
	admin.want(admin.get(at), http.StatusOK, "可用", `value="stranger@example.com"`)
	admin.want(admin.post(at+"/identity", url.Values{"identity": {"wang@example.com"}}), http.StatusUnprocessableEntity, "另一个账号")
	admin.want(admin.post(at+"/identity", url.Values{"identity": {"a b"}}), http.StatusUnprocessableEntity, "不能含空白")
	sun := d.browser(t)
	sun.leads(sun.get(signInThere(t, sun.toService("/me"), "stranger")), "/me")
	sun.want(sun.get("/me"), http.StatusOK, "统计员")
	if got := d.entries(t, audit.AccountIdentity); len(got) != 1 || got[0].Object != strings.TrimPrefix(at, "/accounts/") || got[0].Detail != "" {
		t.Errorf("the trail has %+v", got)
	}
}

// TestNoOIDC: without a service there is nothing of it.
func TestNoOIDC(t *testing.T) {
	d := newDesk(t)
	b := d.browser(t)
	if page := b.get("/sign-in"); strings.Contains(page.text, "oidc") {
		t.Error("the page leads to a service")
	}
	b.want(b.get(oidcPath), http.StatusNotFound)
	b.want(b.get(oidcCallback+"?code=x&state=y"), http.StatusNotFound)
	admin := d.in(t, account.Admin)
	admin.want(admin.post("/accounts/"+d.users[account.Clerk].ID+"/identity", url.Values{"identity": {"x"}}), http.StatusNotFound)
}
