package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
)

var linkInPage = regexp.MustCompile(`value="http://[^/"]+(/invitation\?token=[0-9a-fA-Z-]+)"`)

// link is the one that a page shows.
func (b *browser) link(a answer) string {
	b.t.Helper()
	m := linkInPage.FindStringSubmatch(a.text)
	if m == nil {
		b.t.Fatalf("there is no link in\n%s", a.text)
	}
	return m[1]
}

// TestInvitation: an admin adds somebody, who chooses a password by the link, once.
func TestInvitation(t *testing.T) {
	d := newDesk(t)
	admin := d.in(t, account.Admin)
	admin.want(admin.get("/accounts"), http.StatusOK, "Display clerk", "受理员", "共 4 个")
	hostile := `"><script>alert(1)</script>`
	made := admin.post("/accounts", url.Values{"name": {"Sun"}, "display": {hostile}, "role": {"reviewer"}})
	admin.want(made, http.StatusOK, "只在这一次显示", "&lt;script&gt;")
	link := admin.link(made)
	list := admin.get("/accounts")
	admin.want(list, http.StatusOK, "等本人设置密码", "&lt;script&gt;alert(1)")
	if strings.Contains(list.text, "<script>alert") || strings.Contains(list.text, "token=") {
		t.Error("the list has markup of a name, or the link")
	}
	u, err := d.accounts.Find(t.Context(), "sun")
	if err != nil || u.Role != account.Reviewer {
		t.Fatalf("%+v, %v", u, err)
	}

	b := d.browser(t)
	b.want(b.get(link), http.StatusOK, "请为您的账号设置密码", `value="sun"`)
	token := url.Values{"token": {link[strings.Index(link, "=")+1:]}, "new": {password}, "repeat": {password}}
	differ := url.Values{"token": token["token"], "new": {password}, "repeat": {"x"}}
	b.want(b.post("/invitation", differ), http.StatusUnprocessableEntity, "不一样", "请为您的账号设置密码")
	b.leads(b.post("/invitation", token), "/")
	b.want(b.get("/me"), http.StatusOK, "审核员")
	other := d.browser(t)
	other.want(other.get(link), http.StatusUnprocessableEntity, "已经用过", "去登录")
	other.want(other.post("/invitation", token), http.StatusUnprocessableEntity, "已经用过")
	other.want(other.get("/invitation"), http.StatusUnprocessableEntity, "链接不对")
	if strings.Contains(d.log.String(), token.Get("token")) {
		t.Error("the log has the link")
	}

	admin.want(admin.post("/accounts", url.Values{"name": {"SUN"}, "role": {"clerk"}}), http.StatusUnprocessableEntity, "已经有人用了")
	admin.want(admin.post("/accounts", url.Values{"name": {"-"}, "role": {"clerk"}}), http.StatusUnprocessableEntity, "登录名只能用")
	admin.want(admin.post("/accounts", url.Values{"name": {"x"}, "role": {"boss"}}), http.StatusBadRequest)
	if added := d.entries(t, audit.AccountAdd); len(added) != 1 || added[0].User != d.users[account.Admin].ID || added[0].Object != u.ID || added[0].Detail != "reviewer" {
		t.Errorf("the trail has %+v", added)
	}
	if got := d.entries(t, audit.AccountPassword); len(got) != 1 || got[0].User != u.ID {
		t.Errorf("the trail has %+v", got)
	}
}

// TestAccountChanges: each change holds at once for whoever it is about, and leaves a
// record.
func TestAccountChanges(t *testing.T) {
	d := newDesk(t)
	admin, clerk := d.in(t, account.Admin), d.in(t, account.Clerk)
	at := "/accounts/" + d.users[account.Clerk].ID
	admin.want(admin.get(at), http.StatusOK, "Display clerk", "更改角色", "停用账号", "重设密码")

	admin.leads(admin.post(at+"/role", url.Values{"role": {"staff"}}), at)
	clerk.want(clerk.get("/reports"), http.StatusOK)
	clerk.want(clerk.get("/bundles"), http.StatusForbidden)
	admin.want(admin.get(at), http.StatusOK, "角色已更改", "统计员")

	reset := admin.post(at+"/reset", nil)
	link := admin.link(reset)
	clerk.leads(clerk.get("/me"), "/sign-in?back=%2Fme")
	clerk.want(clerk.signIn("clerk", password), http.StatusUnprocessableEntity)
	d.pass(account.LinkLife)
	admin = d.in(t, account.Admin) // the session is over, too
	clerk.want(clerk.get(link), http.StatusUnprocessableEntity)
	admin.want(admin.get(at), http.StatusOK, "链接已过期")
	link = admin.link(admin.post(at+"/reset", nil))
	clerk.leads(clerk.post("/invitation", url.Values{"token": {link[strings.Index(link, "=")+1:]}, "new": {"another rope 77"}, "repeat": {"another rope 77"}}), "/")

	admin.leads(admin.post(at+"/disable", nil), at)
	clerk.leads(clerk.get("/me"), "/sign-in?back=%2Fme")
	clerk.want(clerk.signIn("clerk", "another rope 77"), http.StatusUnprocessableEntity)
	admin.want(admin.get(at), http.StatusOK, "停用", "恢复账号")
	admin.leads(admin.post(at+"/enable", nil), at)
	d.pass(10 * time.Minute) // of those who guess
	clerk.leads(clerk.signIn("clerk", "another rope 77"), "/")

	want := []string{"account-role", "account-reset", "account-reset", "account-password", "account-disable", "account-enable"}
	got := slices.DeleteFunc(d.actions(t), func(a string) bool { return !slices.Contains(want, a) })
	if !slices.Equal(got, want) {
		t.Errorf("the trail has %v, want %v", got, want)
	}
	for _, path := range []string{"/accounts/" + strings.Repeat("0", 32), "/accounts/x"} {
		admin.want(admin.get(path), http.StatusNotFound)
		admin.want(admin.post(path+"/disable", nil), http.StatusNotFound)
		admin.want(admin.post(path+"/reset", nil), http.StatusNotFound)
	}
	admin.want(admin.post(at+"/role", url.Values{"role": {"boss"}}), http.StatusBadRequest)
	admin.want(admin.get(at+"/disable"), http.StatusMethodNotAllowed)
}

// TestLastAdmin: nobody can take the last admin away, also not themselves; with another
// one they can, and then see what their role may.
func TestLastAdmin(t *testing.T) {
	d := newDesk(t)
	admin := d.in(t, account.Admin)
	at := "/accounts/" + d.users[account.Admin].ID
	before := len(d.actions(t))
	for path, form := range map[string]url.Values{"/role": {"role": {"clerk"}}, "/disable": nil, "/reset": nil} {
		admin.want(admin.post(at+path, form), http.StatusUnprocessableEntity, "最后一个可用的管理员")
	}
	if after := len(d.actions(t)); after != before {
		t.Errorf("what was refused left %d records", after-before)
	}
	if _, err := d.accounts.Add(t.Context(), "test", "second", "", account.Admin, password); err != nil {
		t.Fatal(err)
	}
	admin.leads(admin.post(at+"/role", url.Values{"role": {"staff"}}), "/")
	admin.want(admin.get("/accounts"), http.StatusForbidden)
	admin.want(admin.get("/reports"), http.StatusOK, "角色已更改")
}

// TestAccountsFromElsewhere: another site's page cannot change accounts.
func TestAccountsFromElsewhere(t *testing.T) {
	d := newDesk(t)
	admin := d.in(t, account.Admin)
	u := d.users[account.Clerk]
	for _, path := range []string{"/accounts", "/accounts/" + u.ID + "/disable", "/accounts/" + u.ID + "/reset", "/accounts/" + u.ID + "/role"} {
		a := admin.post(path, url.Values{"name": {"evil"}, "role": {"admin"}}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
		admin.want(a, http.StatusForbidden, "别的网站")
	}
	if again, err := d.accounts.Get(t.Context(), u.ID); err != nil || again != u {
		t.Errorf("it is now %+v, error %v", again, err)
	}
}
