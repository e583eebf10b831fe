package web

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/extract/call"
)

// callsDesk is a desk with a folder for calls.
func callsDesk(t *testing.T) (d *testDesk, folder string) {
	t.Helper()
	d = newDesk(t)
	folder = filepath.Join(t.TempDir(), "calls")
	d.calls, d.call = call.NewLibrary(folder), call.Builtin()[0].ID
	return d, folder
}

func TestCalls(t *testing.T) {
	d, folder := callsDesk(t)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	bad := "id: x\nid: y\ntitle: <script>alert(1)</script>\n"
	if err := os.WriteFile(filepath.Join(folder, "<b>.yaml"), []byte(bad), 0o644); err != nil {
		t.Fatal(err)
	}
	staff := d.in(t, account.Staff)
	list := staff.get("/calls")
	staff.want(list, http.StatusOK, "nmg-iscb-2022", "2022-04-13", "在用", "内置", "&lt;b&gt;.yaml", "处错误")
	if strings.Contains(list.text, "<b>.yaml") {
		t.Error("a file's name is markup")
	}
	c := staff.get("/calls/nmg-iscb-2022")
	staff.want(c, http.StatusOK, "没有问题（nmg-iscb-2022", "依托单位公章", "示范型国际科技合作基地", "限 800 字", "不受理", "推荐名额")
	if strings.Contains(c.text, "/new\"") {
		t.Error("staff are offered to make a call")
	}
	staff.want(staff.get("/calls/nmg-iscb-2022/new"), http.StatusForbidden)
	staff.want(staff.post("/calls/nmg-iscb-2022/new", nil), http.StatusForbidden)
	staff.want(d.in(t, account.Clerk).get("/calls"), http.StatusForbidden)

	admin := d.in(t, account.Admin)
	_, err := call.Parse("x", []byte(bad))
	broken := admin.get("/calls/" + url.PathEscape("<b>.yaml"))
	for _, p := range mistakes(err) {
		admin.want(broken, http.StatusOK, html.EscapeString(p.Message))
	}
	admin.want(admin.get("/calls/"+url.PathEscape("<b>.yaml")+"/new"), http.StatusNotFound)
	for _, name := range []string{"nosuch", "..%2f..%2fetc%2fpasswd", "%3Cb%3E"} {
		admin.want(admin.get("/calls/"+name), http.StatusNotFound)
	}
	admin.post("/language", url.Values{"lang": {"en"}})
	admin.want(admin.get("/calls/nmg-iscb-2022"), http.StatusOK, "Nothing is wrong", "at most 800 characters", "Whole number")
}

// TestNewCall: an admin makes the next year's call; it is a profile in the folder, with
// the comments of the old one.
func TestNewCall(t *testing.T) {
	d, folder := callsDesk(t)
	admin := d.in(t, account.Admin)
	form := admin.get("/calls/nmg-iscb-2022/new")
	admin.want(form, http.StatusOK, `value="nmg-iscb-2023"`, "2023年度内蒙古自治区国际科技合作基地认定", `value="2023-04-13"`, `name="text-177" value="三、2017年以来取得的主要国际科技合作成果"`)
	typed := url.Values{
		"id": {"nmg-iscb-2023"}, "title": {"2023年度：<b>认定</b> \"新\""}, "year": {"2023"}, "deadline": {"2023-04-20"},
		"text-177": {"三、2018年以来取得的主要国际科技合作成果"}, "text-1": {"no text"},
	}
	admin.leads(admin.post("/calls/nmg-iscb-2022/new", typed), "/calls/nmg-iscb-2023")
	page := admin.get("/calls/nmg-iscb-2023")
	admin.want(page, http.StatusOK, "已保存", "2023-04-20", "三、2018年以来取得", "&lt;b&gt;认定", "call: nmg-iscb-2023")
	if strings.Contains(page.text, "<b>认定") {
		t.Error("a title is markup")
	}
	b, err := os.ReadFile(filepath.Join(folder, "nmg-iscb-2023.yaml"))
	if err != nil || !strings.Contains(string(b), "# A call's profile: all that this program knows of one year's call.") {
		t.Errorf("%.300s, error %v", b, err)
	}
	c := d.calls.Find("nmg-iscb-2023")
	if c == nil || c.Title != typed.Get("title") || c.Year != 2023 || c.Field("achievements").Label != typed.Get("text-177") {
		t.Errorf("it is %+v", c)
	}
	if got := d.entries(t, audit.CallAdd); len(got) != 1 || got[0].Object != "nmg-iscb-2023" || got[0].Detail != "from=nmg-iscb-2022" || got[0].User != d.users[account.Admin].ID {
		t.Errorf("the trail has %+v", got)
	}
	// What is refused writes nothing, and keeps what was typed.
	for problem, change := range map[string]url.Values{
		"已经有这个编号":              {"title": {"other"}},
		"没有覆盖":                 {"id": {"nmg-iscb-2022"}},
		"编号只能用":                {"id": {"../../x"}},
		"年度要是":                 {"id": {"a-1"}, "year": {"next"}},
		"截止日期要是":               {"id": {"a-1"}, "deadline": {"2023-02-30"}},
		"没有保存，配置有这些错误":         {"id": {"a-1"}, "title": {" "}},
		"<b>第 177 行</b>":       {"id": {"a-1"}, "text-177": {""}},
		`value="a-1" required`: {"id": {"a-1"}, "year": {"0"}},
		"三、2018年以来取得的主要国际科技合作成果": {"id": {"A"}},
	} {
		refused := url.Values{}
		for name, value := range typed {
			refused[name] = value
		}
		for name, value := range change {
			refused[name] = value
		}
		admin.want(admin.post("/calls/nmg-iscb-2022/new", refused), http.StatusUnprocessableEntity, problem)
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 {
		t.Errorf("the folder has %v, error %v", files, err)
	}
	if actions := d.actions(t); slices.Index(actions, audit.CallAdd) < 0 || len(d.entries(t, audit.CallAdd)) != 1 {
		t.Errorf("the trail has %v", actions)
	}
}
