package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
)

func TestBundlePage(t *testing.T) {
	hostile := `<script>alert(1)</script>`
	d, sha := reviewDesk(t, func(r *bundle.Result) {
		r.PageInfo[4].Flaws = []bundle.Flaw{{Kind: bundle.Blurred, Message: "字迹模糊。请重新扫描此页。"}}
		r.PageInfo[4].Flaws = append(r.PageInfo[4].Flaws, bundle.Flaw{Kind: bundle.Dark, Message: "扫描太暗。请重新扫描此页。"})
		r.PageInfo[6].Error = &bundle.Error{Code: bundle.CodeDamaged, Message: "第 7 页的图像已损坏"}
		app := &r.Applications[0]
		app.Gaps = []bundle.Gap{{After: 3, Message: "第 3 页之后似乎缺页"}}
		app.Checks = append(app.Checks,
			bundle.Check{ID: "page.3.gap", Status: bundle.Review, Message: "第 3 页之后似乎缺页", Page: 3},
			bundle.Check{ID: "seal.host_unit.present", Status: bundle.Fail, Message: "没有依托单位公章" + hostile, Page: 8, Box: &bundle.Box{0.3, 0.3, 0.5, 0.4}},
			bundle.Check{ID: "document.letter", Status: bundle.Fail, Message: "缺推荐文件"},
			bundle.Check{ID: "field.contact_phone.format", Status: bundle.Review, Message: "电话17366466002请核对", Page: 1, Box: &bundle.Box{0.3, 0.55, 0.8, 0.58}},
		)
		app.Verdict = bundle.Incomplete
	})
	path := "/bundles/" + sha
	at := len(mustBundle(t, d, sha).Result.Applications[0].Checks) - 3
	for _, role := range []account.Role{account.Clerk, account.Reviewer, account.Staff} {
		t.Run(string(role), func(t *testing.T) {
			b := d.in(t, role)
			a := b.get(path)
			b.want(a, http.StatusOK, "complete.pdf", "缺或不符 2 项", "要人看 1 处", "扫描问题 4 处", "扫描太暗。请重新扫描此页。",
				"缺推荐文件", "没有依托单位公章&lt;script&gt;", "字迹模糊。请重新扫描此页。", "第 7 页的图像已损坏", "第 3 页之后似乎缺页",
				fmt.Sprintf(`href="%s?page=8#c-%d"`, reviewed(t), at), path+"/cut/8?box=0.244", path+"/pages/5.jpg?turn=0&amp;w=160")
			b.lacks(a, "<script>alert")
			if got := strings.Count(a.text, "似乎缺页</"); got < 1 || strings.Count(a.text, "第 3 页之后似乎缺页") != 1 {
				t.Errorf("the gap is said %d times", strings.Count(a.text, "第 3 页之后似乎缺页"))
			}
			switch role {
			case account.Clerk:
				b.want(a, http.StatusOK, path+"/arrange", "17366466002")
			default:
				b.lacks(a, path+"/arrange", "/cancel", "/retry")
			}
			if role == account.Staff {
				b.want(a, http.StatusOK, "联系方式已遮盖", "173********")
				b.lacks(a, "17366466002", "/pages/7.jpg?turn=0&amp;w=160")
			}
		})
	}
	if got := d.entries(t, audit.View); len(got) != 3 || got[0].Object != "bundles/"+sha {
		t.Errorf("the trail has %+v", got)
	}
	d.in(t, account.Admin).want(d.in(t, account.Admin).get(path), http.StatusForbidden)

	// What the page shows already is not looked at once more when it begins to follow.
	b := d.in(t, account.Clerk)
	a := b.get(path)
	before := len(d.entries(t, audit.View))
	follow := regexp.MustCompile(`sse-connect="([^"]+)"`).FindStringSubmatch(a.text)[1]
	e := b.listen(strings.ReplaceAll(follow, "&amp;", "&"))
	if now := e.next("bundle"); !strings.Contains(now.data, "缺推荐文件") {
		t.Errorf("the page: %s", now.data)
	}
	if got := len(d.entries(t, audit.View)); got != before {
		t.Errorf("it was recorded %d times more", got-before)
	}
	b.post("/language", url.Values{"lang": {"en"}, "back": {"/"}})
	b.want(b.get(path), http.StatusOK, "2 missing or wrong", "scan this page again", "seems to be missing")
}

func TestBundlePageComplete(t *testing.T) {
	d, sha := reviewDesk(t, nil)
	b := d.in(t, account.Clerk)
	b.want(b.get("/bundles/"+sha), http.StatusOK, "没有发现缺少的材料", "扫描清楚", `class="glance good"`)
	waiting := d.brought(t, "甲.png", 1)
	b.want(b.get("/bundles/"+waiting), http.StatusOK, "正在排队", "/receipt.pdf", "/cancel")
	staff := d.in(t, account.Staff)
	a := staff.get("/bundles/" + waiting)
	staff.want(a, http.StatusOK, "正在排队")
	staff.lacks(a, "/pages/1.jpg", "/receipt.pdf", "/cancel")
}

func mustBundle(t *testing.T, d *testDesk, sha string) *desk.Bundle {
	t.Helper()
	b, err := d.desk.Bundle(t.Context(), sha)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
