package browser

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/web/oidctest"
)

var setupPattern = regexp.MustCompile(`http://127\.0\.0\.1:\d+(/setup\?token=\S+)`)

// TestSetup: whoever starts the desk for the first time makes the first account by the
// link that it prints, once.
func TestSetup(t *testing.T) {
	o := open(t, t.TempDir())
	link := strings.TrimPrefix(o.says(setupPattern), o.url)
	p := o.visitor()
	p.open(link)
	p.sees("管理员", "设置")
	p.shot("setup")
	p.fill("#name", "zhao")
	p.fill("#display", "赵敏")
	p.fill("#new", password)
	p.fill("#repeat", "another "+password)
	p.refuses(422, func() {
		p.press("Enter")
		p.sees("两次")
	})
	p.fill("#new", password)
	p.fill("#repeat", password)
	p.press("Enter")
	p.sees("赵敏", "管理员", "账号")
	p.misses("检索", "待复核")

	other := o.visitor()
	other.open(link)
	other.fill("#name", "mallory")
	other.fill("#new", password)
	other.fill("#repeat", password)
	other.refuses(422, func() {
		other.press("Enter")
		other.until("refused", `document.querySelector("#problem")`)
		other.sound()
	})
}

// TestSignIn: wrong passwords are refused and, after some, not heard for a while; a page
// that was asked for is there after signing in; signing out ends it.
func TestSignIn(t *testing.T) {
	o := open(t, filled(t))
	p := o.visitor()
	p.open("/help")
	p.until("asked to sign in", `location.pathname === "/sign-in"`)
	p.shot("sign-in")
	p.fill("#name", "reviewer")
	p.fill("#password", password)
	p.press("Enter")
	p.until("at the page that was asked for", `location.pathname === "/help"`)
	p.sees("乌云其木格", "审核员")
	p.click(".menu summary")
	p.sees("退出")
	p.click(".menu form button")
	p.until("signed out", `location.pathname === "/sign-in" && !document.querySelector(".menu")`)
	p.open("/review")
	p.until("asked to sign in again", `location.pathname === "/sign-in"`)

	guesser := o.visitor()
	guesser.open("/sign-in")
	for throttled := false; !throttled; {
		guesser.fill("#name", "clerk")
		guesser.fill("#password", "wrong guess 1")
		ask[bool](guesser, `document.body.dataset.old = true`)
		guesser.mayRefuse(422, 429)
		guesser.press("Enter")
		guesser.until("answered", `!document.body.dataset.old && document.querySelector("#problem")`)
		throttled = guesser.answered() == 429
		guesser.sound()
	}
	guesser.sees("秒")
	guesser.shot("sign-in-throttled")
}

// TestSingleSignOn: an administrator says who somebody is to the office's service, and
// they sign in by it, without a password here.
func TestSingleSignOn(t *testing.T) {
	o := open(t, filled(t))
	issuer := oidctest.Start(t, o.url+"/sign-in/oidc/callback", oidctest.Person{Name: "wangfang", Password: password, Email: "wang@example.com", Verified: true})
	o.kill()
	o.env = []string{
		"SEALDESK_WEB_OIDC_ISSUER=" + issuer, "SEALDESK_WEB_OIDC_CLIENT_ID=" + oidctest.ClientID,
		"SEALDESK_WEB_OIDC_CLIENT_SECRET=" + oidctest.Secret, "SEALDESK_WEB_OIDC_DESK=" + o.url,
	}
	o.again()
	admin := o.in(account.Admin)
	admin.open("/accounts")
	ask[bool](admin, `([...document.querySelectorAll(".list a")].find((a) => a.textContent === "王芳").click(), true)`)
	admin.until("on the account's page", `document.querySelector("[name=identity]")`)
	admin.fill("[name=identity]", "wang@example.com")
	admin.press("Enter")
	admin.sees("已保存")

	p := o.visitor()
	p.open("/sign-in")
	p.sees("统一登录", "或者用密码登录")
	p.shot("sign-in-service")
	p.mayRefuse(http.StatusNotFound) // the service has no icon
	p.click("a.outside")
	p.until("at the service", `document.querySelector("#username")`)
	p.fill("#username", "wangfang")
	p.fill("#password", password)
	p.press("Enter")
	p.sees("王芳", "受理员")
}
