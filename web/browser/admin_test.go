package browser

import (
	"testing"

	"sealdesk/account"
)

// TestAdministration: an administrator adds an account by a link, its owner chooses a
// password, and the administrator changes the role.
func TestAdministration(t *testing.T) {
	o := open(t, filled(t))
	admin := o.in(account.Admin)
	admin.open("/accounts")
	admin.fill("#name", "sun")
	admin.fill("#display", "孙丽")
	admin.press("Enter")
	admin.sees("把这个链接交给本人", "孙丽")
	admin.shot("account-link")
	link := ask[string](admin, `new URL(document.querySelector("#link").value).pathname + new URL(document.querySelector("#link").value).search`)

	sun := o.visitor()
	sun.open(link)
	sun.sees("孙丽，请为您的账号设置密码")
	sun.shot("invitation")
	sun.fill("#new", password)
	sun.fill("#repeat", password)
	sun.press("Enter")
	sun.sees("密码已设置", "孙丽", "受理员")

	admin.open("/accounts")
	ask[bool](admin, `([...document.querySelectorAll(".list a")].find((a) => a.textContent === "孙丽").click(), true)`)
	admin.until("on the account's page", `document.querySelector("h1").textContent === "孙丽"`)
	ask[bool](admin, `(document.querySelector("select[name=role]").value = "reviewer", true)`)
	admin.click(`form[action$="/role"] button`)
	admin.sees("角色已更改", "审核员")
	admin.shot("account")
	sun.open("/help")
	sun.sees("审核员")
}
