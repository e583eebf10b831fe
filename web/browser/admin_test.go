package browser

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealdesk/account"
)

// TestAdministration: an administrator adds an account by a link, its owner chooses a
// password, the administrator changes the role and reads all of it in the audit trail,
// and makes the next year's call. A record that somebody changes on the disk is found.
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

	admin.open("/accounts")
	admin.sees("等本人设置密码")
	admin.shot("accounts")

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

	sun.open("/me")
	sun.click(`a[href="/me/tokens"]`)
	sun.sees("还没有令牌")
	sun.fill("#for", "夜间上传")
	sun.fill("#current", password)
	sun.press("Enter")
	sun.sees("只显示这一次", "夜间上传", "没有用过")
	sun.shot("tokens")

	admin.open("/audit")
	admin.sees("更改角色", "设置密码", "建立账号")
	ask[bool](admin, `(document.querySelector("#action").value = "account-role", true)`)
	admin.click(".filter button.main")
	admin.until("narrowed down", `location.search.includes("account-role")`)
	admin.sees("赵敏", "孙丽")
	if got := admin.texts(".records tbody td:nth-child(4)"); !slices.Equal(got, []string{"更改角色"}) {
		t.Errorf("the trail has %q", got)
	}
	admin.open("/audit")
	admin.shot("audit")

	admin.open("/calls")
	admin.shot("calls")
	admin.follow(`a[href="/calls/nmg-iscb-2022"]`)
	admin.sees("没有问题", "推荐名额")
	admin.shot("call")
	admin.click(`a[href$="/new"]`)
	admin.until("in the form", `document.querySelector("#deadline")`)
	admin.shot("call-new")
	admin.refuses(422, func() {
		admin.fill("#title", " ")
		admin.press("Enter")
		admin.sees("没有保存")
	})
	admin.fill("#title", "2023年度国际科技合作基地认定")
	admin.press("Enter")
	admin.sees("已保存", "nmg-iscb-2023", "2023-04-13")

	if out, err := o.verify(); err != nil || !strings.Contains(out, "审计记录完整") {
		t.Fatalf("%v: %s", err, out)
	}
	records, err := filepath.Glob(filepath.Join(o.data, "store/objects/audit/000000000003.json@/*"))
	if err != nil || len(records) != 1 {
		t.Fatalf("the third record is in %q, error %v", records, err)
	}
	spoilt, err := os.ReadFile(records[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(records[0], bytes.Replace(spoilt, []byte(`"action":"`), []byte(`"action":"x`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := o.verify(); err == nil || !strings.Contains(out, "第 3 条的内容被改动或损坏") {
		t.Errorf("%v: %s", err, out)
	}
	admin.open("/audit")
	admin.sees("被改动、损坏或缺失")
}

// verify is sealdesk audit verify over the folder of a running desk.
func (o *office) verify() (string, error) {
	out, err := exec.Command(program, "audit", "verify", "--data", o.data).CombinedOutput()
	return string(out), err
}
