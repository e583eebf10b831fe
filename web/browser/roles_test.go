package browser

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/storage"
)

// roles are those that may do something.
type roles []account.Role

var (
	everybody = roles{account.Clerk, account.Reviewer, account.Staff, account.Admin}
	readers   = roles{account.Clerk, account.Reviewer, account.Staff}
	judges    = roles{account.Clerk, account.Reviewer}
	staff     = roles{account.Staff}
	clerks    = roles{account.Clerk}
	admins    = roles{account.Admin}
	planners  = roles{account.Staff, account.Admin}
)

// TestRoles: each role sees in the navigation what it may open, and is refused all else,
// by whatever address and method.
func TestRoles(t *testing.T) {
	complete := paper{name: "complete.pdf", scan: "complete.pdf", by: account.Clerk}
	sha := complete.sha(t)
	bundle := "/bundles/" + sha
	app := "/applications/" + applicationOf(sha, 1)
	o := open(t, filled(t, func(t *testing.T, s storage.Store) { complete.put(t, s) }))
	tabs := map[account.Role][]string{
		account.Clerk:    {"受理台", "待复核", "检索"},
		account.Reviewer: {"待复核", "检索"},
		account.Staff:    {"检索", "报表", "申报通知"},
		account.Admin:    {"账号", "申报通知", "审计记录"},
	}
	pages := map[string]roles{
		"/bundles": clerks, bundle: readers, bundle + "/arrange": clerks,
		"/review": judges, "/search": readers, "/reports": staff, "/accounts": admins, "/audit": admins, "/calls": planners, "/calls/nmg-iscb-2022": planners, "/calls/nmg-iscb-2022/new": admins,
		app: readers, "/me": everybody, "/help": everybody,
	}
	for role, want := range tabs {
		p := o.in(role)
		p.open("/help")
		if got := p.texts(".tabs a"); !slices.Equal(got, want) {
			t.Errorf("%s has the tabs %q, want %q", role, got, want)
		}
		for path, may := range pages {
			if slices.Contains(may, role) {
				p.open(path)
				continue
			}
			p.refuses(http.StatusForbidden, func() {
				p.open(path)
				p.sees("您没有权限")
			})
			p.misses("稀土永磁")
		}
		p.refuses(http.StatusNotFound, func() { p.open("/no-such-page") })
	}
	for _, r := range []struct {
		method, path string
		may          roles
	}{
		{"GET", "/bundles", clerks},
		{"POST", "/bundles", clerks},
		{"GET", "/bundles/events", clerks},
		{"GET", bundle, readers},
		{"GET", bundle + "/events", readers},
		{"POST", bundle + "/cancel", clerks},
		{"POST", bundle + "/retry", clerks},
		{"GET", bundle + "/receipt.pdf", clerks},
		{"GET", bundle + "/arrange", clerks},
		{"POST", bundle + "/arrange", clerks},
		{"GET", bundle + "/pages/3.jpg", readers},
		{"GET", bundle + "/cut/8?box=0.1,0.1,0.2,0.2", readers},
		{"GET", "/review", judges},
		{"GET", "/review/next", judges},
		{"GET", "/search?q=永磁", readers},
		{"GET", app, readers},
		{"GET", app + "/edit?target=field:direction", judges},
		{"POST", app + "/corrections", judges},
		{"GET", "/reports", staff},
		{"GET", "/reports/applications", staff},
		{"GET", "/reports.xlsx", staff},
		{"GET", "/accounts", admins},
		{"POST", "/accounts", admins},
		{"GET", "/calls", planners},
		{"GET", "/calls/nmg-iscb-2022", planners},
		{"POST", "/calls/nmg-iscb-2022/new", admins},
		{"GET", "/audit", admins},
		{"GET", "/audit.csv", admins},
		{"GET", "/me", everybody},
		{"GET", "/help", everybody},
	} {
		for _, role := range append(roles{""}, everybody...) {
			status, location := o.request(t, role, r.method, r.path)
			switch refused := !slices.Contains(r.may, role); {
			case role == "":
				if status != http.StatusSeeOther || !strings.HasPrefix(location, "/sign-in") {
					t.Errorf("%s %s: nobody gets %d to %q", r.method, r.path, status, location)
				}
			case refused && status != http.StatusForbidden:
				t.Errorf("%s %s: %s gets %d", r.method, r.path, role, status)
			case !refused && (status == http.StatusForbidden || status >= 500 || status == http.StatusNotFound):
				t.Errorf("%s %s: %s is refused with %d", r.method, r.path, role, status)
			}
		}
	}
}

// request asks for something as a role, which signs in first, or as nobody.
func (o *office) request(t *testing.T, role account.Role, method, path string) (status int, location string) {
	t.Helper()
	client := o.client(t, role)
	r, err := http.NewRequestWithContext(t.Context(), method, o.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() // unread, as some go on for ever
	return resp.StatusCode, resp.Header.Get("Location")
}

// client is a client without a window, who has signed in as a role, and follows nothing.
func (o *office) client(t *testing.T, role account.Role) *http.Client {
	t.Helper()
	if c, ok := o.clients[role]; ok {
		return c
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if role != "" {
		resp, err := c.PostForm(o.url+"/sign-in", url.Values{"name": {string(role)}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s does not sign in: %s", role, resp.Status)
		}
	}
	o.clients[role] = c
	return c
}
