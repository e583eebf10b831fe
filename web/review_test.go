package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image/jpeg"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/index"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// stored puts a bundle of testdata with what a perfect reader reads from it into a store,
// after change, and gives its sha256.
func stored(t *testing.T, s storage.Store, name string, change func(*bundle.Result)) string {
	t.Helper()
	scan, err := os.ReadFile("../testdata/bundles/" + name + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	truth, err := os.ReadFile("../testdata/truth/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var r bundle.Result
	if err := json.Unmarshal(truth, &r); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(scan)
	sha := hex.EncodeToString(sum[:])
	r.SHA256 = sha
	for i := range r.Applications {
		r.Applications[i].ID = applicationOf(t, name, i+1)
	}
	c := call.Find(r.Applications[0].Call)
	r.Applications[0].Plan = wholePlan(c, &r.Applications[0])
	text := make([]pipeline.PageText, r.Pages)
	for i, info := range r.PageInfo {
		text[i] = pipeline.PageText{Page: info.Page, Kind: info.Kind, Lines: []extract.Text{}}
	}
	for _, key := range []string{"base_name", "contact_phone", "email", "overview"} {
		f := r.Applications[0].Fields[key]
		line := extract.Text{Text: f.Value.(string), Box: f.Box}
		text[f.Page-1].Lines = append(text[f.Page-1].Lines, line)
	}
	if change != nil {
		change(&r)
	}
	put := func(key string, v any) {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), "bundles/"+sha+"/"+key, bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
	}
	version := "results/0001-00000000-" + c.ID + "-" + c.Version + "/"
	put(version+"text.json", text)
	put(version+"result.json", r)
	if err := s.Put(t.Context(), "bundles/"+sha+"/original/1", bytes.NewReader(scan)); err != nil {
		t.Fatal(err)
	}
	put("source.json", map[string]any{"files": []map[string]any{{"name": name + ".pdf", "size": len(scan)}}})
	return sha
}

// wholePlan is a plan with all headings of its guide; truth has none.
func wholePlan(c *call.Call, app *bundle.Application) *bundle.Plan {
	for _, p := range c.Plans {
		chosen, _ := app.Fields[p.Field].Value.([]any)
		if len(chosen) != 1 || !slices.Contains(p.For, chosen[0].(string)) {
			continue
		}
		out := &bundle.Plan{Guide: p.ID, Confidence: 1, Page: 9, Box: bundle.Box{0.1, 0.1, 0.9, 0.2}}
		for _, h := range p.Headings {
			out.Headings = append(out.Headings, bundle.Heading{Text: h, Found: true, Confidence: 1, Page: 9})
		}
		return out
	}
	return nil
}

// doubtful makes a value one that a person has to look at.
func doubtful(key string, value any) func(*bundle.Result) {
	return func(r *bundle.Result) {
		a := &r.Applications[0]
		f := a.Fields[key]
		f.Value, f.Confidence, f.Note = value, 0.3, "读得不准，请核对"
		a.Fields[key] = f
		a.Verdict = bundle.NeedsReview
		a.Checks = append(a.Checks, bundle.Check{ID: "field." + key + ".format", Status: bundle.Review, Message: "请核对", Page: f.Page, Box: &f.Box})
	}
}

// reviewDesk is a desk with one application, as change leaves it.
func reviewDesk(t *testing.T, change func(*bundle.Result)) (d *testDesk, sha string) {
	t.Helper()
	d = newDesk(t, func(s storage.Store) { sha = stored(t, s, "complete", change) })
	return d, sha
}

// reviewed is the address of the application of reviewDesk.
func reviewed(t *testing.T) string { return "/applications/" + applicationOf(t, "complete", 1) }

// applicationOf is the id of the n-th application of a bundle of testdata.
func applicationOf(t *testing.T, name string, n int) string {
	t.Helper()
	scan, err := os.ReadFile("../testdata/bundles/" + name + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(scan)
	return hex.EncodeToString(sum[:8]) + "-" + strconv.Itoa(n)
}

// lacks holds an answer against texts that it must not have.
func (b *browser) lacks(a answer, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.text, text) {
			b.t.Errorf("%s %s has %q", a.Request.Method, a.Request.URL.Path, text)
		}
	}
}

// trail gives the entries of an action in the audit trail, oldest first.
func (d *testDesk) entries(t *testing.T, action string) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	for e, err := range d.trail.List(t.Context(), 0, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == action {
			all = append([]audit.Entry{e}, all...)
		}
	}
	return all
}

func TestReview(t *testing.T) {
	path := reviewed(t)
	d, sha := reviewDesk(t, doubtful("contact_phone", "1736646600"))
	b := d.in(t, account.Reviewer)
	a := b.get(path + "?page=3")
	b.want(a, http.StatusOK, "稀土永磁与节能电机国际科技合作基地", "毕力图嘎市磁材研究所", "1736646600", "把握 30%", "读得不准，请核对",
		"/bundles/"+sha+"/pages/3.jpg?w=1000", "依托单位公章", "/bundles/"+sha+"/cut/8?box=", "单位负责人签字", "推荐文件", "complete.pdf", "还没有人更正过")
	// Doubtful fields stand before the others.
	if strings.Index(a.text, `id="f-contact_phone"`) > strings.Index(a.text, `id="f-base_name"`) {
		t.Error("a doubtful field stands behind one that is not")
	}
	if got := d.entries(t, audit.View); len(got) != 1 || got[0].Object != applicationOf(t, "complete", 1) || got[0].User != d.users[account.Reviewer].ID {
		t.Errorf("the trail has %+v", got)
	}
	for _, path := range []string{"/applications/no-such", "/applications/..%2fx", "/applications/no-such/edit?target=field:base_name"} {
		b.want(b.get(path), http.StatusNotFound)
	}
	b.want(d.in(t, account.Admin).get(path), http.StatusForbidden)
	b.want(d.in(t, account.Clerk).get(path), http.StatusOK)
}

// TestOwnReceipt: an application that came behind a separator sheet has its sheet's
// number beside the bundle's, and is found by it.
func TestOwnReceipt(t *testing.T) {
	const number = "2022-0307-0042-K"
	d, _ := reviewDesk(t, func(r *bundle.Result) { r.Applications[0].Receipt = number })
	b := d.in(t, account.Reviewer)
	b.want(b.get(reviewed(t)), http.StatusOK, "分隔页上的回执号 "+number)
	b.want(b.get("/search?q="+number), http.StatusOK, "共 1 件", "<mark>"+number+"</mark>")
}

func TestReviewEnglish(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, nil)
	b := d.in(t, account.Reviewer)
	b.post("/language", url.Values{"lang": {"en"}})
	b.want(b.get(path), http.StatusOK, "Seals and signatures", "No field needs a look")
	b.want(b.get("/search?q=永磁"), http.StatusOK, "Narrow down", "1 found in")
	b.want(b.get("/review"), http.StatusOK, "Nothing waits for review")
}

func TestReviewHostile(t *testing.T) {
	hostile := `<script>alert(1)</script>"'=cmd|' /C calc'!A0` + strings.Repeat("长", 5000)
	path := reviewed(t)
	d, _ := reviewDesk(t, func(r *bundle.Result) {
		doubtful("discipline", hostile)(r)
		a := &r.Applications[0]
		for _, key := range []string{"base_name", "base_name_form", "host_unit_name", "recommender_dept"} {
			f := a.Fields[key]
			f.Value = hostile
			a.Fields[key] = f
		}
		f := a.Fields["partners"]
		f.Value = []map[string]string{{"country": hostile, "institution": hostile, "agreement": hostile}}
		a.Fields["partners"] = f
		a.Seals[0].Text, a.Seals[0].Note = hostile, hostile
		a.Checks[0] = bundle.Check{ID: "document.application_form", Status: bundle.Fail, Message: hostile}
		r.PageInfo[0].Flaws = []bundle.Flaw{{Kind: bundle.Blurred, Message: hostile}}
		r.File = hostile
	})
	b := d.in(t, account.Reviewer)
	for _, path := range []string{
		path, path + "?edit=field:partners", path + "?edit=field:discipline", path + "?q=" + url.QueryEscape("<script>"),
		path + "/edit?target=field:partners", "/search", "/search?q=alert", "/search?q=" + url.QueryEscape(`"><script>x`), "/review",
	} {
		a := b.get(path)
		b.want(a, http.StatusOK, "&lt;script&gt;")
		b.lacks(a, "<script>", "style=")
	}
}

func TestCorrect(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, doubtful("contact_phone", "1736646600"))
	b := d.in(t, account.Reviewer)
	b.want(b.get(path+"/edit?target=field:contact_phone"), http.StatusOK, `value="1736646600"`, `name="seen" value="0"`)
	a := b.post(path+"/corrections", url.Values{"target": {"field:contact_phone"}, "is": {" 17366466002 "}, "seen": {"0"}}, "HX-Request", "true")
	b.want(a, http.StatusOK, `id="panel"`, "已保存", "17366466002", "1736646600", "Display reviewer", "已看过", `class="badge complete"`)
	b.lacks(a, "<html", "把握 30%")
	b.want(b.get(path), http.StatusOK, "17366466002", `class="badge complete"`)
	b.want(b.get("/search?q=17366466002"), http.StatusOK, "1 件")
	got := d.entries(t, audit.Correct)
	if len(got) != 1 || got[0].Object != applicationOf(t, "complete", 1) || got[0].Detail != "field:contact_phone" {
		t.Errorf("the trail has %+v", got)
	}

	// It is taken back by another correction, and stays in the history.
	a = b.post(path+"/corrections", url.Values{"undo": {"1"}, "seen": {"1"}}, "HX-Request", "true")
	b.want(a, http.StatusOK, "已撤销", "撤销了第 1 号更正", "把握 30%", `class="badge review"`)
	b.want(b.post(path+"/corrections", url.Values{"undo": {"9"}, "seen": {"2"}}), http.StatusNotFound)
}

func TestConfirm(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, doubtful("direction", "重稀土减量磁体"))
	b := d.in(t, account.Clerk)
	a := b.post(path+"/corrections", url.Values{"target": {"field:direction"}, "confirm": {"1"}, "seen": {"0"}}, "HX-Request", "true")
	b.want(a, http.StatusOK, "已确认无误", "确认无误：重稀土减量磁体", "没有要看的字段")
}

// TestCorrectWithoutScripts: a browser without htmx gets a page, and the next page says
// that it was done.
func TestCorrectWithoutScripts(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, doubtful("staff_doctor", "5O"))
	b := d.in(t, account.Reviewer)
	b.want(b.get(path+"?edit=field:staff_doctor"), http.StatusOK, `value="5O"`, `action="`+path+`/corrections"`)
	form := url.Values{"target": {"field:staff_doctor"}, "is": {"5O"}, "seen": {"0"}}
	b.want(b.post(path+"/corrections", form), http.StatusUnprocessableEntity, "请填整数", `value="5O"`, "<html")
	form.Set("is", "50")
	b.leads(b.post(path+"/corrections", form), path+"?page=3#f-staff_doctor")
	b.want(b.get(path), http.StatusOK, "已保存")
}

func TestConflict(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, doubtful("direction", "重稀土减量磁休"))
	first, second := d.in(t, account.Clerk), d.in(t, account.Reviewer)
	form := func(is, seen string) url.Values {
		return url.Values{"target": {"field:direction"}, "is": {is}, "seen": {seen}}
	}
	first.want(first.post(path+"/corrections", form("甲的写法", "0"), "HX-Request", "true"), http.StatusOK)
	a := second.post(path+"/corrections", form("乙的写法", "0"), "HX-Request", "true")
	second.want(a, http.StatusOK, `role="alert"`, "Display clerk", "重稀土减量磁休", "甲的写法", "您写的是“乙的写法”", `value="乙的写法"`, `name="seen" value="1"`, "仍然用我的")
	// Nothing is overwritten until they say so.
	second.want(second.get(path), http.StatusOK, "甲的写法")
	second.want(second.post(path+"/corrections", form("乙的写法", "0")), http.StatusConflict, "<html", `value="乙的写法"`)
	second.want(second.post(path+"/corrections", form("乙的写法", "1"), "HX-Request", "true"), http.StatusOK, "乙的写法")
	// A confirmation of what has changed is one, too.
	a = first.post(path+"/corrections", url.Values{"target": {"field:direction"}, "confirm": {"1"}, "seen": {"1"}}, "HX-Request", "true")
	first.want(a, http.StatusOK, `role="alert"`, "乙的写法")
	// So is a decision, which has no form to come back in.
	first.want(first.post(path+"/corrections", url.Values{"answer": {"seal:0=false"}, "seen": {"2"}}, "HX-Request", "true"), http.StatusOK, "已保存")
	a = second.post(path+"/corrections", url.Values{"answer": {"seal:0=true"}, "seen": {"2"}}, "HX-Request", "true")
	second.want(a, http.StatusOK, `role="alert"`, "Display clerk", "已把“依托单位公章”从“相符”改成“不符”", "您写的是“相符”")
}

func TestDecide(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, func(r *bundle.Result) {
		a := &r.Applications[0]
		a.Seals[1].Matches, a.Seals[1].Text, a.Seals[1].Confidence = nil, "", 0.1
		a.Verdict = bundle.NeedsReview
	})
	b := d.in(t, account.Reviewer)
	b.want(b.get(path), http.StatusOK, "读不出", "毕力图嘎市科技局", `value="seal:1=true"`)
	a := b.post(path+"/corrections", url.Values{"answer": {"seal:1=true"}, "seen": {"0"}}, "HX-Request", "true")
	b.want(a, http.StatusOK, "组织推荐部门公章", "相符", `class="badge complete"`)
	a = b.post(path+"/corrections", url.Values{"answer": {"signature:host_unit=false"}, "seen": {"1"}}, "HX-Request", "true")
	b.want(a, http.StatusOK, "未签", `class="badge incomplete"`)
	for _, form := range []url.Values{
		{"answer": {"seal:1=perhaps"}, "seen": {"2"}}, {"answer": {"check:x=maybe"}, "seen": {"2"}}, {"target": {"nothing:x"}, "seen": {"2"}},
		{"target": {"field:no_such"}, "is": {"x"}, "seen": {"2"}}, {"target": {"field:direction"}, "is": {"x"}}, {"undo": {"-1"}, "seen": {"2"}},
	} {
		b.want(b.post(path+"/corrections", form), http.StatusBadRequest)
	}
	// What a machine is sure of, nobody decides.
	b.want(b.post(path+"/corrections", url.Values{"answer": {"check:document.application_form=fail"}, "seen": {"2"}}), http.StatusUnprocessableEntity)
}

func TestFieldValue(t *testing.T) {
	c := call.Builtin()[0]
	for name, tc := range map[string]struct {
		key     string
		form    url.Values
		want    any
		problem string
	}{
		"text":            {"direction", url.Values{"is": {" 一\r\n二 "}}, "一 二", ""},
		"long text":       {"overview", url.Values{"is": {"一\r\n二\n"}}, "一\n二", ""},
		"integer":         {"staff_doctor", url.Values{"is": {" 12 "}}, 12, ""},
		"no integer":      {"staff_doctor", url.Values{"is": {"十二"}}, "十二", "review.problem.integer"},
		"blank integer":   {"staff_doctor", url.Values{"is": {""}}, "", ""},
		"date":            {"filing_date", url.Values{"is": {"2022-03-27"}}, "2022-03-27", ""},
		"no such day":     {"filing_date", url.Values{"is": {"2022-02-30"}}, "2022-02-30", "review.problem.date"},
		"choice":          {"base_type", url.Values{"is": {"示范型国际科技合作基地"}}, []string{"示范型国际科技合作基地"}, ""},
		"nothing chosen":  {"base_type", url.Values{}, []string{}, ""},
		"table":           {"partners", url.Values{"cell.0.country": {" 法国 "}, "cell.0.institution": {""}, "cell.1.country": {""}}, []map[string]string{{"country": "法国", "institution": ""}}, ""},
		"too long":        {"direction", url.Values{"is": {strings.Repeat("长", 1<<15)}}, strings.Repeat("长", 1<<15), "review.problem.value"},
		"not UTF-8":       {"direction", url.Values{"is": {"\xff"}}, "\xff", "review.problem.value"},
		"gap in the rows": {"partners", url.Values{"cell.1.country": {"法国"}}, []map[string]string{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, problem, err := fieldValue(c.Field(tc.key), tc.form)
			if err != nil || problem != tc.problem || !same(got, tc.want) {
				t.Errorf("%#v, %q, %v; want %#v, %q", got, problem, err, tc.want, tc.problem)
			}
		})
	}
}

func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

// TestEditors opens the form of every field: what is there comes back as it is.
func TestEditors(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, nil)
	b := d.in(t, account.Reviewer)
	for key, wants := range map[string][]string{
		"direction":         {`<input id="e-direction-is" name="is" value="重稀土减量磁体"`},
		"overview":          {"<textarea", "现设2个研究室", `data-limit="800"`, "/ 800 字"},
		"staff_doctor":      {`inputmode="numeric"`, `value="50"`},
		"cooperation_modes": {`type="checkbox"`, `value="人员交流互访" checked`, `value="其他" checked`},
		"partners":          {`name="cell.0.country"`, "加拿大", `aria-label="第 1 行，`},
		"filing_date":       {`value="2022-03-27"`, "写成 2022-04-13"},
	} {
		b.want(b.get(path+"/edit?target=field:"+key), http.StatusOK, wants...)
	}
	b.want(b.get(path+"/edit?target=seal:0"), http.StatusBadRequest)
	// What a form sends unchanged is a confirmation.
	form := url.Values{"target": {"field:cooperation_modes"}, "seen": {"0"}, "is": {"人员交流互访", "引进国外人才", "信息资料交流", "其他"}}
	b.want(b.post(path+"/corrections", form, "HX-Request", "true"), http.StatusOK, "确认无误：人员交流互访、引进国外人才、信息资料交流、其他")
}

// TestMasked: whoever may not see personal data gets none, in whatever way.
func TestMasked(t *testing.T) {
	path := reviewed(t)
	d, sha := reviewDesk(t, func(r *bundle.Result) {
		doubtful("contact_phone", "17366466002")(r)
		doubtful("direction", "草原 13711112222")(r) // where none should stand
		a := &r.Applications[0]
		a.Checks = append(a.Checks, bundle.Check{ID: "field.email.format", Status: bundle.Fail, Message: "电子邮箱“bate.office@bate.org.cn”写得不对，电话0473-5060137"})
		r.PageInfo[4].Error = &bundle.Error{Code: bundle.CodeDamaged, Message: "读不出"}
	})
	clerk := d.in(t, account.Clerk)
	clerk.want(clerk.post(path+"/corrections", url.Values{"target": {"field:leader_phone"}, "is": {"13900001111"}, "seen": {"0"}}, "HX-Request", "true"), http.StatusOK)

	b := d.in(t, account.Staff)
	a := b.get(path)
	b.want(a, http.StatusOK, "173********", "联系方式已遮盖", "2022-03-27", "139********")
	secret := []string{"17366466002", "13864277314", "13900001111", "bate.office", "0473-5060137", "0473-5522222", "014600", "13495905477", "13711112222"}
	b.lacks(a, secret...)
	b.lacks(a, "data-confirm", "/edit", `name="answer"`)
	for _, path := range []string{"/search", "/search?q=" + url.QueryEscape("联系"), "/search?q=" + url.QueryEscape("org"), "/search?q=0473"} {
		a := b.get(path)
		b.want(a, http.StatusOK)
		b.lacks(a, secret...)
	}
	for _, q := range []string{"17366466002", "173 6646 6002", "x@bate.org.cn", "１３８６４２７７３１４"} {
		b.want(b.get("/search?q="+url.QueryEscape(q)), http.StatusForbidden, "不能按电话")
		a := b.get(path + "?q=" + url.QueryEscape(q))
		b.want(a, http.StatusOK)
		b.lacks(a, "data-mark")
	}
	b.want(b.get(path+"/edit?target=field:contact_phone"), http.StatusForbidden)
	b.want(b.post(path+"/corrections", url.Values{"target": {"field:direction"}, "is": {"x"}, "seen": {"1"}}), http.StatusForbidden)

	// A picture shows whatever stands on the paper: its cell is painted over.
	f := 0.5
	box := [4]float64{0.32784, 0.55945, 0.85679, 0.58832} // of the phone, on page 1
	middle := func(b *browser) uint32 {
		a := b.get("/bundles/" + sha + "/pages/1.jpg?w=480")
		b.want(a, http.StatusOK)
		img, err := jpeg.Decode(strings.NewReader(a.text))
		if err != nil {
			t.Fatal(err)
		}
		w, h := float64(img.Bounds().Dx()), float64(img.Bounds().Dy())
		least := uint32(0xffff)
		for x := box[0]; x < box[2]; x += 0.01 { // the lightest that is there
			r, _, _, _ := img.At(int(x*w), int((box[1]+f*(box[3]-box[1]))*h)).RGBA()
			least = min(least, r)
		}
		return least
	}
	if got := middle(b); got < 0x7000 || got > 0x9000 {
		t.Errorf("the phone number's cell is %x for staff", got)
	}
	if got := middle(clerk); got > 0x7000 {
		t.Errorf("the phone number's cell is %x for a clerk", got)
	}
	b.want(b.get("/bundles/"+sha+"/pages/5.jpg"), http.StatusForbidden)
}

func TestPictures(t *testing.T) {
	d, sha := reviewDesk(t, nil)
	b := d.in(t, account.Reviewer)
	path := "/bundles/" + sha + "/pages/1.jpg?w=480"
	a := b.get(path)
	b.want(a, http.StatusOK)
	tag := a.Header.Get("ETag")
	if tag == "" || a.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(a.Header.Get("Cache-Control"), "private") {
		t.Errorf("the picture has %v", a.Header)
	}
	if img, err := jpeg.DecodeConfig(strings.NewReader(a.text)); err != nil || img.Width != 480 {
		t.Errorf("the picture is %d wide: %v", img.Width, err)
	}
	b.want(b.get(path, "If-None-Match", tag), http.StatusNotModified)
	a = b.get("/bundles/" + sha + "/cut/8?box=0.29,0.26,0.51,0.41&w=160")
	b.want(a, http.StatusOK)
	if img, err := jpeg.DecodeConfig(strings.NewReader(a.text)); err != nil || img.Width != 160 {
		t.Errorf("the cut-out is %d wide: %v", img.Width, err)
	}
	for path, status := range map[string]int{
		"/pages/0.jpg": 404, "/pages/11.jpg": 404, "/pages/01.jpg": 404, "/pages/1.png": 404, "/pages/1": 404, "/pages/x.jpg": 404, "/pages/-1.jpg": 404,
		"/pages/1.jpg?w=0": 400, "/pages/1.jpg?w=99999": 400, "/pages/1.jpg?w=x": 400,
		"/cut/8": 400, "/cut/8?box=0,0,2,1": 400, "/cut/8?box=0.5,0.5,0.5,0.6": 400, "/cut/8?box=NaN,0,1,1": 400, "/cut/8?box=0,0,1": 400, "/cut/99?box=0,0,1,1": 404,
	} {
		b.want(b.get("/bundles/"+sha+path), status)
	}
	b.want(b.get("/bundles/"+strings.Repeat("0", 64)+"/pages/1.jpg"), http.StatusNotFound)
	b.want(b.get("/bundles/..%2f..%2fx/pages/1.jpg"), http.StatusNotFound)
	b.want(d.in(t, account.Admin).get(path), http.StatusForbidden)
	if got := d.entries(t, audit.ViewPage); len(got) == 0 || got[0].Object != "bundles/"+sha+"/pages/1" {
		t.Errorf("the trail has %+v", got)
	}
}

func TestSearchPage(t *testing.T) {
	d := newDesk(t, func(s storage.Store) {
		stored(t, s, "complete", nil)
		stored(t, s, "no-seal", nil)
	})
	b := d.in(t, account.Reviewer)
	b.want(b.get("/search"), http.StatusOK, "共 2 件", `type="checkbox" id="year-0" name="year" value="2022"`, "复制链接")
	a := b.get("/search?q=" + url.QueryEscape("毕力图嘎市磁材"))
	b.want(a, http.StatusOK, "共 1 件", "<mark>毕力图嘎市磁材</mark>", reviewed(t)+"?page=1&amp;q="+url.QueryEscape("毕力图嘎市磁材")+"", `class="badge complete"`)
	b.want(b.get("/search?q="+url.QueryEscape("没有的词语")), http.StatusOK, "没有找到", "换一个词")
	b.want(b.get("/search?q="+strings.Repeat("x", 1001)), http.StatusUnprocessableEntity, "检索内容过长，请缩短到 1000 字以内")
	b.want(b.get("/search?page=7"), http.StatusOK, "这一页没有内容", `rel="prev"`)
	// What is chosen in a facet narrows the hits, and leaves its other values countable.
	a = b.get("/search?verdict=complete")
	b.want(a, http.StatusOK, "共 1 件", `value="complete" checked`, `value="incomplete"`, "清除条件")
	b.want(b.get("/search?verdict=complete&verdict=incomplete&sort=name&year=x&page=x"), http.StatusOK, "共 2 件", `href="/search?sort=name&amp;verdict=complete&amp;verdict=incomplete"`)
	b.want(b.get("/search?country="+url.QueryEscape("没有的国家")), http.StatusOK, "没有找到", `value="没有的国家" checked`)

	// htmx gets what changes, and the address of the same search.
	a = b.get("/search?sort=&q="+url.QueryEscape("毕力图嘎市磁材"), "HX-Request", "true")
	b.want(a, http.StatusOK, `hx-swap-oob`, "<mark>毕力图嘎市磁材</mark>")
	b.lacks(a, "<html", `id="q"`)
	if got := a.Header.Get("HX-Replace-Url"); got != "/search?q="+url.QueryEscape("毕力图嘎市磁材")+"" {
		t.Errorf("the address becomes %q", got)
	}
	b.want(d.in(t, account.Admin).get("/search"), http.StatusForbidden)
	for _, e := range d.entries(t, audit.Search) {
		if strings.Contains(e.Detail, "毕力图嘎市磁材") {
			t.Errorf("the trail has the words: %+v", e)
		}
	}
}

// TestMarks: a hit leads to the page, where the words are marked.
func TestMarks(t *testing.T) {
	path := reviewed(t)
	d, _ := reviewDesk(t, nil)
	b := d.in(t, account.Reviewer)
	b.want(b.get(path+"?page=1&q="+url.QueryEscape("永磁")), http.StatusOK, `data-mark data-page="1" data-box="`, "回到检索结果")
	b.lacks(b.get(path+"?q="+url.QueryEscape("没有的词语")), "data-mark")
	b.lacks(b.get(path+"?q="+strings.Repeat("x", 1001)), "data-mark")
}

func TestMarksOn(t *testing.T) {
	line := func(text string, top float64) extract.Text {
		return extract.Text{Text: text, Box: bundle.Box{0.1, top, 0.5, top + 0.1}}
	}
	p := pipeline.PageText{Page: 1, Lines: []extract.Text{line("稀土永磁", 0.1), line("", 0.2), line("电机ab", 0.3)}}
	for query, want := range map[string][]bundle.Box{
		"永磁":     {{0.3, 0.1, 0.5, 0.2}},
		"磁电":     {{0.4, 0.1, 0.5, 0.2}, {0.1, 0.3, 0.1 + 0.4/3, 0.4}}, // over the end of a line
		"ab":     {{0.1 + 0.8/3, 0.3, 0.5, 0.4}},
		"稀土 -机器": {{0.1, 0.1, 0.3, 0.2}},
		"别的":     nil,
	} {
		node, err := index.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got := marksOn(node, p)
		near := func(a, b bundle.Box) bool {
			for i := range a {
				if a[i]-b[i] > 1e-9 || b[i]-a[i] > 1e-9 {
					return false
				}
			}
			return true
		}
		if !slices.EqualFunc(got, want, near) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestQueue(t *testing.T) {
	path := reviewed(t)
	d := newDesk(t, func(s storage.Store) {
		stored(t, s, "complete", doubtful("direction", "x"))
		stored(t, s, "no-seal", doubtful("direction", "x"))
	})
	b := d.in(t, account.Reviewer)
	b.want(b.get("/review"), http.StatusOK, "共 2 件", path, "/applications/"+applicationOf(t, "no-seal", 1))
	first := b.get("/review/next").Header.Get("Location")
	second := b.get("/review/next?after=" + strings.TrimPrefix(first, "/applications/")).Header.Get("Location")
	if first == second || !strings.HasPrefix(first, "/applications/") || !strings.HasPrefix(second, "/applications/") {
		t.Errorf("the queue leads to %q and then to %q", first, second)
	}
	b.leads(b.get("/review/next?after="+strings.TrimPrefix(second, "/applications/")), first)
	b.want(d.in(t, account.Staff).get("/review"), http.StatusForbidden)
}

func FuzzParseBox(f *testing.F) {
	for _, s := range []string{"0,0,1,1", "0.1,0.2,0.3,0.4", "NaN,0,1,1", "1e309,0,0,0", ",,,", "0x1p-2,0,1,1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if box, err := parseBox(s); err == nil && !(box[0] >= 0 && box[1] >= 0 && box[2] <= 1 && box[3] <= 1 && box[0] < box[2] && box[1] < box[3]) {
			t.Errorf("%q is the box %v", s, box)
		}
	})
}

// TestHistoryOfAnother: a bundle's corrections stand in the history of the application
// that they are about, and can be taken back there alone.
func TestHistoryOfAnother(t *testing.T) {
	path := reviewed(t)
	d, sha := reviewDesk(t, func(r *bundle.Result) {
		other := r.Applications[0]
		other.ID = applicationOf(t, "complete", 2)
		r.Applications = append(r.Applications, other)
	})
	c := correct.Correction{User: "u", Name: "somebody", Application: applicationOf(t, "complete", 2), Target: "field:direction", Is: "别的方向"}
	if _, err := d.desk.Correct(t.Context(), sha, c, 0); err != nil {
		t.Fatal(err)
	}
	b := d.in(t, account.Reviewer)
	b.want(b.get(path), http.StatusOK, "还没有人更正过")
	b.want(b.get("/applications/"+applicationOf(t, "complete", 2)), http.StatusOK, "别的方向", "somebody")
	b.want(b.post(path+"/corrections", url.Values{"undo": {"1"}, "seen": {"1"}}), http.StatusNotFound)
}
