package web

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// arranged is a form as the page sends it.
func arranged(arrangement, seen string) url.Values {
	return url.Values{"arrangement": {arrangement}, "seen": {seen}}
}

// split makes two applications of the ten pages of testdata's complete, and drops one.
const split = `{"groups":[[{"page":2},{"page":1,"turn":90},{"page":3},{"page":4}],[{"page":5,"kind":"attachment"},{"page":6},{"page":7},{"page":8},{"page":10}]],"dropped":[9]}`

// dataOf is a data attribute of an answer's page.
func dataOf(t *testing.T, a answer, name string) string {
	t.Helper()
	m := regexp.MustCompile(`data-` + name + `="([^"]*)"`).FindStringSubmatch(a.text)
	if m == nil {
		t.Fatalf("there is no %s in\n%s", name, a.text)
	}
	return html.UnescapeString(m[1])
}

func TestArrangePage(t *testing.T) {
	d, sha := reviewDesk(t, func(r *bundle.Result) {
		r.PageInfo[4].Error = &bundle.Error{Code: bundle.CodeDamaged, Message: "本页已损坏"}
	})
	path := "/bundles/" + sha + "/arrange"
	b := d.in(t, account.Clerk)
	a := b.get(path)
	b.want(a, http.StatusOK, "整理页面", "complete.pdf", "稀土永磁与节能电机国际科技合作基地", "毕力图嘎市磁材研究所", "第 1 份申报",
		`href="/applications/`+applicationOf(t, "complete", 1)+`"`, `src="/bundles/`+sha+`/pages/10.jpg?w=160&amp;turn=`,
		"申请书", "实施方案", "推荐函", `name="seen" value="0"`, "原件不会改动", "arrange.js", "读不出来")
	var base placement
	if err := json.Unmarshal([]byte(dataOf(t, a, "base")), &base); err != nil {
		t.Fatal(err)
	}
	if len(base.Groups) != 1 || len(base.Groups[0]) != 10 || base.Groups[0][9].Page != 10 || base.IDs[0] != applicationOf(t, "complete", 1) {
		t.Errorf("the pages lie as %+v", base)
	}
	if got := dataOf(t, a, "machine"); got != dataOf(t, a, "base") {
		t.Errorf("the machine's arrangement is %s", got)
	}
	b.lacks(a, "data-mine", "style=", "<script>")
	if got := d.entries(t, audit.View); len(got) != 1 || got[0].Object != "bundles/"+sha || got[0].Detail != "arrange" {
		t.Errorf("the trail has %+v", got)
	}
	b.post("/language", url.Values{"lang": {"en"}})
	b.want(b.get(path), http.StatusOK, "Arrange pages", "Application 1", "Split here")

	for _, path := range []string{"/bundles/" + strings.Repeat("0", 64) + "/arrange", "/bundles/x/arrange"} {
		b.want(b.get(path), http.StatusNotFound)
		b.want(b.post(path, arranged(split, "0")), http.StatusNotFound)
	}
	for _, role := range []account.Role{account.Reviewer, account.Staff, account.Admin} {
		other := d.in(t, role)
		other.want(other.get(path), http.StatusForbidden)
		other.want(other.post(path, arranged(split, "0")), http.StatusForbidden)
	}
	b.want(b.post(path, arranged(split, "0"), "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
	if got := d.entries(t, audit.Arrange); got != nil {
		t.Errorf("the trail has %+v", got)
	}
}

// TestArrangeUnread: what is not read yet cannot be arranged.
func TestArrangeUnread(t *testing.T) {
	d := newDesk(t)
	e := d.take(t, "no-seal", "未读.pdf")
	b := d.in(t, account.Clerk)
	path := "/bundles/" + e.Bundle + "/arrange"
	b.want(b.get(path), http.StatusOK, "还没有读完", `href="/bundles/`+e.Bundle+`"`)
	b.lacks(b.get(path), "arrange.js")
	b.want(b.post(path, arranged(split, "0")), http.StatusNotFound)
}

func TestArrange(t *testing.T) {
	d, sha := reviewDesk(t, nil)
	path := "/bundles/" + sha + "/arrange"
	b := d.in(t, account.Clerk)
	b.leads(b.post(path, arranged(split, "0")), "/bundles/"+sha)
	b.want(b.get("/help"), http.StatusOK, "已保存，正在按新的排法重新计算")

	kept, err := d.desk.Bundle(t.Context(), sha)
	if err != nil {
		t.Fatal(err)
	}
	a := kept.Arrangement
	if a == nil || a.Seq != 1 || a.User != d.users[account.Clerk].ID || a.Name != "Display clerk" || len(a.Dropped) != 1 || a.Dropped[0] != 9 {
		t.Fatalf("kept as %+v", a)
	}
	want := []pipeline.Place{{Page: 2}, {Page: 1, Turn: 90}, {Page: 3}, {Page: 4}}
	if !same(a.Groups[0], want) || a.Groups[1][0].Kind != bundle.Attachment {
		t.Errorf("the groups are %+v", a.Groups)
	}
	if kept.Entry.State != desk.Waiting || len(kept.Result.Applications) != 1 {
		t.Errorf("the entry is %+v", kept.Entry)
	}
	if got := d.entries(t, audit.Arrange); len(got) != 1 || got[0].Object != "bundles/"+sha || got[0].Detail != "applications 2, dropped 1, turned 1, kinds 1" {
		t.Errorf("the trail has %+v", got)
	}

	// The page shows it, and the way back to the machine's.
	page := b.get(path)
	b.want(page, http.StatusOK, "这是 Display clerk 在", "正在按它重新计算", `name="seen" value="1"`, "恢复机器的排法", "第 2 份申报")
	var base, machine placement
	for name, to := range map[string]*placement{"base": &base, "machine": &machine} {
		if err := json.Unmarshal([]byte(dataOf(t, page, name)), to); err != nil {
			t.Fatal(err)
		}
	}
	if !same(base.Groups, a.Groups) || !same(base.Dropped, a.Dropped) || len(base.IDs) != 2 {
		t.Errorf("the pages lie as %+v", base)
	}
	if len(machine.Groups) != 1 || len(machine.Groups[0]) != 10 || machine.Dropped != nil {
		t.Errorf("the machine's arrangement is %+v", machine)
	}
	if i, k := strings.Index(page.text, `id="aside"`), strings.Index(page.text, `data-page="9"`); k < i {
		t.Error("a page that was dropped is not beside the applications")
	}

	// What is saved again as the machine had it is another arrangement.
	own, err := json.Marshal(placement{Groups: machine.Groups})
	if err != nil {
		t.Fatal(err)
	}
	b.leads(b.post(path, arranged(string(own), "1")), "/bundles/"+sha)
	if kept, err = d.desk.Bundle(t.Context(), sha); err != nil || kept.Arrangement.Seq != 2 || len(kept.Arrangement.Groups) != 1 {
		t.Errorf("kept as %+v, %v", kept.Arrangement, err)
	}
}

// TestArrangeConflict: who was second is told who was first and when, keeps what they
// made, and overwrites nothing unless they say so.
func TestArrangeConflict(t *testing.T) {
	d, sha := reviewDesk(t, nil)
	path := "/bundles/" + sha + "/arrange"
	if _, err := d.accounts.Add(t.Context(), "test", "second", "乙", account.Clerk, password); err != nil {
		t.Fatal(err)
	}
	first, second := d.in(t, account.Clerk), d.browser(t)
	second.signIn("second", password)
	first.leads(first.post(path, arranged(split, "0")), "/bundles/"+sha)
	mine := `{"groups":[[{"page":1},{"page":2}]],"dropped":[3]}`
	a := second.post(path, arranged(mine, "0"))
	when := d.clock().Local().Format("2006-01-02 15:04")
	second.want(a, http.StatusConflict, `role="alert"`, "Display clerk 在 "+when+" 已经整理过这些页面，您的没有保存", `name="seen" value="1"`, "放弃我的")
	if got := dataOf(t, a, "mine"); got != mine {
		t.Errorf("what was made comes back as %s", got)
	}
	kept, err := d.desk.Bundle(t.Context(), sha)
	if err != nil || kept.Arrangement.Seq != 1 {
		t.Fatalf("kept as %+v, %v", kept.Arrangement, err)
	}
	second.leads(second.post(path, arranged(mine, "1")), "/bundles/"+sha)
	if kept, err = d.desk.Bundle(t.Context(), sha); err != nil || kept.Arrangement.Seq != 2 || kept.Arrangement.Name != "乙" {
		t.Errorf("kept as %+v, %v", kept.Arrangement, err)
	}
}

// TestArrangeTurned: the picture of a page that was turned by hand is turned already, and
// the page says how far, from where the machine put it.
func TestArrangeTurned(t *testing.T) {
	var sha string
	d := newDesk(t, func(s storage.Store) {
		sha = stored(t, s, "complete", func(r *bundle.Result) { r.PageInfo[1].Rotation = 90 })
		var keys []string
		for info, err := range s.List(t.Context(), "bundles/"+sha+"/results/") {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, info.Key)
		}
		for _, key := range keys {
			text, err := storage.ReadAll(t.Context(), s, key)
			if err != nil {
				t.Fatal(err)
			}
			var r bundle.Result
			if strings.HasSuffix(key, "/result.json") {
				if err := json.Unmarshal(text, &r); err != nil {
					t.Fatal(err)
				}
				r.PageInfo[1].Rotation = 0 // 90 by the machine, and 270 more
				if text, err = json.Marshal(r); err != nil {
					t.Fatal(err)
				}
			}
			at := strings.LastIndexByte(key, '/')
			if err := s.Put(t.Context(), key[:at]+".000001"+key[at:], bytes.NewReader(text)); err != nil {
				t.Fatal(err)
			}
		}
		a := pipeline.Arrangement{Seq: 1, Name: "甲", Groups: [][]pipeline.Place{{{Page: 1}, {Page: 2, Turn: 270}}}, Applications: []string{applicationOf(t, "complete", 1)}}
		if err := pipeline.Append(t.Context(), s, sha, pipeline.Arrangements, 1, a); err != nil {
			t.Fatal(err)
		}
	})
	b := d.in(t, account.Clerk)
	a := b.get("/bundles/" + sha + "/arrange")
	b.want(a, http.StatusOK, `data-page="1" data-kind="application_form" data-shown="0" data-rotation="0"`,
		`data-page="2" data-kind="application_form" data-shown="270" data-rotation="0"`, "pages/2.jpg?w=160&amp;turn=0")
	b.lacks(a, "正在按它重新计算")
	if base := dataOf(t, a, "base"); !strings.Contains(base, `{"page":2,"turn":270}`) {
		t.Errorf("the pages lie as %s", base)
	}
}

// TestReadAgain: while arranged pages are read, the bundle's page says how many are.
func TestReadAgain(t *testing.T) {
	d := newDesk(t)
	data := bundleData{
		boardRow: rowOf(desk.Entry{Bundle: strings.Repeat("0", 64), State: desk.Reading, Done: 3, Pages: 7}),
		Thumbs:   []thumbView{{Number: 1}},
	}
	var out strings.Builder
	if err := d.pages["zh"]["bundle"].ExecuteTemplate(&out, "state", data); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `value="3" max="7"`) || strings.Contains(out.String(), "%!") {
		t.Errorf("it says %s", out.String())
	}
}

func TestArrangeRefuses(t *testing.T) {
	d, sha := reviewDesk(t, nil)
	path := "/bundles/" + sha + "/arrange"
	b := d.in(t, account.Clerk)
	one := `{"groups":[[{"page":1}]],"dropped":[]}`
	for name, form := range map[string]url.Values{
		"nothing":            {},
		"no arrangement":     {"seen": {"0"}},
		"no number":          {"arrangement": {one}},
		"another number":     arranged(one, "x"),
		"less than none":     arranged(one, "-1"),
		"one from later":     arranged(one, "7"),
		"twice":              {"arrangement": {one, one}, "seen": {"0"}},
		"no JSON":            arranged("{", "0"),
		"other JSON":         arranged(`[1,2]`, "0"),
		"null":               arranged("null", "0"),
		"something behind":   arranged(one+"{}", "0"),
		"an unknown key":     arranged(`{"groups":[[{"page":1}]],"seq":9}`, "0"),
		"no applications":    arranged(`{"groups":[],"dropped":[1]}`, "0"),
		"an empty one":       arranged(`{"groups":[[]]}`, "0"),
		"names":              arranged(`{"groups":[[{"page":1}]],"ids":["a"]}`, "0"),
		"a page twice":       arranged(`{"groups":[[{"page":1},{"page":1}]]}`, "0"),
		"used and dropped":   arranged(`{"groups":[[{"page":1}]],"dropped":[1]}`, "0"),
		"page 0":             arranged(`{"groups":[[{"page":0}]]}`, "0"),
		"a page too many":    arranged(`{"groups":[[{"page":11}]]}`, "0"),
		"half a page":        arranged(`{"groups":[[{"page":1.5}]]}`, "0"),
		"no page of a scan":  arranged(`{"groups":[[{"page":99999999999999999999}]]}`, "0"),
		"a turn by 45":       arranged(`{"groups":[[{"page":1,"turn":45}]]}`, "0"),
		"a kind of its own":  arranged(`{"groups":[[{"page":1,"kind":"<script>"}]]}`, "0"),
		"deep in each other": arranged(strings.Repeat(`{"groups":[`, 9000), "0"),
	} {
		a := b.post(path, form)
		b.want(a, http.StatusBadRequest, "请回到上一页，刷新后再试一次")
		if t.Failed() {
			t.Fatal(name)
		}
	}
	b.want(b.post(path, arranged(strings.Repeat(" ", arrangeLimit), "0")), http.StatusRequestEntityTooLarge)
	if kept, err := d.desk.Bundle(t.Context(), sha); err != nil || kept.Arrangement != nil {
		t.Errorf("kept as %+v, %v", kept.Arrangement, err)
	}
}

// TestArrangeHostile: names from paper and from the form are text.
func TestArrangeHostile(t *testing.T) {
	hostile := `"><script>alert(1)</script>` + strings.Repeat("长", 3000)
	d, sha := reviewDesk(t, func(r *bundle.Result) {
		app := &r.Applications[0]
		for key, f := range app.Fields {
			if _, ok := f.Value.(string); ok {
				f.Value = hostile
				app.Fields[key] = f
			}
		}
		r.PageInfo[0].Kind = bundle.Kind(hostile)
	})
	path := "/bundles/" + sha + "/arrange"
	b := d.in(t, account.Clerk)
	a := b.get(path)
	b.want(a, http.StatusOK, "&lt;script&gt;alert(1)")
	b.lacks(a, "<script>")
	b.post(path, arranged(split, "0"))
	a = b.post(path, arranged(`{"groups":[[{"page":1,"kind":"\"><script>x"}]],"dropped":[]}`, "0"))
	b.want(a, http.StatusConflict)
	b.lacks(a, "<script>")
}

func FuzzParsePlacement(f *testing.F) {
	for _, s := range []string{
		split, `{"groups":[[{"page":1}]],"dropped":null}`, `{}`, `[]`, `null`, `{"groups":[[null]]}`,
		`{"groups":[[{"page":1}]]} x`, "\xff", `{"GROUPS":[[{"PAGE":3,"turn":-90}]]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePlacement(s)
		if err != nil {
			return
		}
		used := map[int]bool{}
		for i, g := range p.Groups {
			if len(g) == 0 {
				t.Errorf("%q has no pages in application %d", s, i+1)
			}
			for _, place := range g {
				if place.Page < 1 || used[place.Page] {
					t.Errorf("%q has page %d", s, place.Page)
				}
				used[place.Page] = true
			}
		}
		// What was read is written as what reads the same.
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parsePlacement(string(text)); err != nil || !same(again, p) {
			t.Errorf("%q is %+v, and again %+v, %v", s, p, again, err)
		}
		_ = p.counts()
	})
}
