package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
)

func TestSignInAndOut(t *testing.T) {
	d := newDesk(t)
	b := d.browser(t)
	b.want(b.get("/sign-in"), http.StatusOK, `<label for="name">登录名</label>`, `<label for="password">密码</label>`)
	b.leads(b.get("/me?tab=1"), "/sign-in?back=%2Fme%3Ftab%3D1")

	a := b.post("/sign-in", url.Values{"name": {"Clerk "}, "password": {password}, "back": {"/me?tab=1"}})
	b.leads(a, "/me?tab=1")
	cookie := a.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Secure || cookie.MaxAge != 0 {
		t.Errorf("the cookie is %v", cookie)
	}
	b.want(b.get("/me"), http.StatusOK, "Display clerk", "受理员")
	b.leads(b.get("/sign-in"), "/")
	b.leads(b.post("/sign-out", nil), "/sign-in")
	b.leads(b.get("/me"), "/sign-in?back=%2Fme")

	// The old token is worth nothing, for whoever has it.
	a = b.another().get("/me", "Cookie", cookie.Name+"="+cookie.Value)
	b.leads(a, "/sign-in?back=%2Fme")
	if got := d.actions(t); !slices.Equal(got, []string{audit.SignIn, audit.SignOut}) {
		t.Errorf("the audit trail has %v", got)
	}
}

// TestFixation: a token from before the sign-in is not the session's.
func TestFixation(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	before := b.get("/me").Cookies()[0].Value
	after := b.signIn("reviewer", password).Cookies()[0].Value
	if before == after {
		t.Error("the token is the same after signing in")
	}
	b.leads(b.another().get("/me", "Cookie", "sealdesk="+before), "/sign-in?back=%2Fme")
}

func TestSecureCookie(t *testing.T) {
	d := newDesk(t)
	s, err := New(Options{Accounts: d.accounts, Audit: d.trail, Desk: d.desk, Sessions: d.sessions, Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	if c := s.sessions.Cookie; !c.Secure || c.Name != "__Host-sealdesk" || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %+v", c)
	}
}

func TestWrongPassword(t *testing.T) {
	d := newDesk(t)
	b := d.browser(t)
	unknown, wrong := b.signIn("nobody-here", "wrong"), b.signIn("clerk", "wrong")
	b.want(unknown, http.StatusUnprocessableEntity, "登录名或密码不对", `role="alert"`)
	b.want(wrong, http.StatusUnprocessableEntity, "登录名或密码不对")
	if strings.ReplaceAll(unknown.text, "nobody-here", "clerk") != wrong.text {
		t.Error("the page tells whether there is such a name")
	}
	if strings.Contains(wrong.text, `value="wrong"`) {
		t.Error("the password comes back")
	}
	var throttled answer
	for range 20 {
		if throttled = b.signIn("clerk", "wrong"); throttled.StatusCode == http.StatusTooManyRequests {
			break
		}
	}
	b.want(throttled, http.StatusTooManyRequests, "秒后再试")
	// Not even the right password is heard now, but later it is.
	b.want(b.signIn("clerk", password), http.StatusTooManyRequests)
	d.pass(10 * time.Minute)
	b.leads(b.signIn("clerk", password), "/")
	if got := d.actions(t); !slices.Contains(got, audit.SignInRefused) {
		t.Errorf("the audit trail has %v", got)
	}
	for e, err := range d.trail.List(t.Context(), 0, 100) {
		if err != nil || strings.Contains(e.Object+e.Detail+e.User, "nobody-here") {
			t.Errorf("the audit trail has what was typed: %+v, %v", e, err)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	ctx := t.Context()
	for name, end := range map[string]func(*testDesk, account.User) error{
		"disabled": func(d *testDesk, u account.User) error {
			_, err := d.accounts.Disable(ctx, "test", u.ID)
			return err
		},
		"password": func(d *testDesk, u account.User) error {
			_, err := d.accounts.SetPassword(ctx, "test", u.ID, "another rope 77")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			one, two := d.in(t, account.Reviewer), d.in(t, account.Reviewer)
			if err := end(d, d.users[account.Reviewer]); err != nil {
				t.Fatal(err)
			}
			for _, b := range []*browser{one, two} {
				b.leads(b.get("/me"), "/sign-in?back=%2Fme")
			}
		})
	}
	t.Run("role", func(t *testing.T) {
		d := newDesk(t)
		b := d.in(t, account.Staff)
		b.want(b.get("/reports"), http.StatusOK)
		if _, err := d.accounts.SetRole(ctx, "test", d.users[account.Staff].ID, account.Clerk); err != nil {
			t.Fatal(err)
		}
		b.want(b.get("/reports"), http.StatusForbidden)
	})
	t.Run("times", func(t *testing.T) {
		d := newDesk(t)
		if m := d.Server.sessions; m.IdleTimeout != time.Hour || m.Lifetime != 12*time.Hour || !m.HashTokenInStore {
			t.Errorf("sessions are idle for %v and last %v", m.IdleTimeout, m.Lifetime)
		}
	})
}

// TestFragmentAfterTheEnd: htmx is led to the page for signing in, and back to the page
// on which it was.
func TestFragmentAfterTheEnd(t *testing.T) {
	d := newDesk(t)
	b := d.browser(t)
	a := b.get("/me", "HX-Request", "true", "HX-Current-URL", d.url+"/help?x=1")
	b.want(a, http.StatusUnauthorized)
	if got := a.Header.Get("HX-Redirect"); got != "/sign-in?back=%2Fhelp%3Fx%3D1" {
		t.Errorf("led to %q", got)
	}
}

func TestCrossSite(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	for name, headers := range map[string][]string{
		"site":     {"Sec-Fetch-Site", "cross-site"},
		"sub-site": {"Sec-Fetch-Site", "same-site"},
		"origin":   {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
	} {
		for _, path := range []string{"/sign-out", "/me", "/language", "/sign-in", "/setup"} {
			b.want(b.post(path, url.Values{"lang": {"en"}}, headers...), http.StatusForbidden, "请求来自别的网站")
			if t.Failed() {
				t.Fatalf("%s, %s", name, path)
			}
		}
	}
	b.want(b.get("/me"), http.StatusOK, "Display clerk", "我的账号")
}

func TestSetup(t *testing.T) {
	d := newDesk(t)
	// With an admin there is nothing to set up.
	b := d.browser(t)
	f := url.Values{"token": {"x"}, "name": {"root"}, "display": {"站长"}, "new": {password}, "repeat": {password}}
	b.want(b.get("/setup?token=x%22y"), http.StatusOK, `name="token" value="x&#34;y"`)
	b.want(b.post("/setup", f), http.StatusUnprocessableEntity, "设置链接不对")

	empty := newEmptyDesk(t)
	token, err := empty.accounts.Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b = empty.browser(t)
	f.Set("token", token)
	f.Set("repeat", "something else")
	b.want(b.post("/setup", f), http.StatusUnprocessableEntity, "两次输入的新密码不一样", `value="站长"`, token)
	f.Set("repeat", password)
	f.Set("name", "a b")
	b.want(b.post("/setup", f), http.StatusUnprocessableEntity, "登录名只能用")
	f.Set("name", "root")
	b.leads(b.post("/setup", f), "/")
	b.want(b.get("/me"), http.StatusOK, "站长", "管理员", "管理员账号已建立")
	if a := b.get("/me"); strings.Contains(a.text, "管理员账号已建立") {
		t.Error("a notice is shown twice")
	}
	b.want(b.another().post("/setup", f), http.StatusUnprocessableEntity)
	if got := empty.actions(t); !slices.Equal(got, []string{audit.AccountAdd, audit.SignIn}) {
		t.Errorf("the audit trail has %v", got)
	}
}

func TestChangePassword(t *testing.T) {
	d := newDesk(t)
	here, there := d.in(t, account.Clerk), d.in(t, account.Clerk)
	const next = "quiet meadow 31"
	form := func(current, next, repeat string) url.Values {
		return url.Values{"current": {current}, "new": {next}, "repeat": {repeat}}
	}
	here.want(here.post("/me", form("wrong", next, next)), http.StatusUnprocessableEntity, "现在的密码不对")
	here.want(here.post("/me", form(password, next, "other")), http.StatusUnprocessableEntity, "不一样")
	here.want(here.post("/me", form(password, "short", "short")), http.StatusUnprocessableEntity, "太短")
	here.want(here.post("/me", form(password, "0123456789", "0123456789")), http.StatusUnprocessableEntity, "太常见")
	here.leads(here.post("/me", form(password, next, next)), "/me")
	here.want(here.get("/me"), http.StatusOK, "密码已修改")
	there.leads(there.get("/me"), "/sign-in?back=%2Fme")
	there.want(there.signIn("clerk", password), http.StatusUnprocessableEntity)
	there.leads(there.signIn("clerk", next), "/")
	if got := d.actions(t); !slices.Contains(got, audit.AccountPassword) {
		t.Errorf("the audit trail has %v", got)
	}
}

// TestProblems: every error that a form shows has a message, and its own.
func TestProblems(t *testing.T) {
	for _, p := range problems {
		if !known(p.key) {
			t.Errorf("%v is shown as %q, which is no message", p.err, p.key)
		}
		if got := problemKey(p.err); got != p.key {
			t.Errorf("%v is shown as %q, want %q", p.err, got, p.key)
		}
	}
}
