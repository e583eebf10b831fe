package web

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// brought takes a picture in for the clerk, a second after what came before, and gives
// its sha256.
func (d *testDesk) brought(t *testing.T, name string, seed uint64) string {
	t.Helper()
	d.pass(time.Second)
	scan := photo(t, seed)
	in := pipeline.Input{Name: name, Files: []pipeline.File{{Name: name, Data: bytes.NewReader(scan), Size: int64(len(scan))}}}
	e, err := d.desk.Take(t.Context(), in, desk.Sender{ID: d.users[account.Clerk].ID, Name: "Display clerk"})
	if err != nil {
		t.Fatal(err)
	}
	return e.Bundle
}

// run has bundles read until the test ends.
func (d *testDesk) run(t *testing.T) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error)
	go func() { ended <- d.desk.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// event is one of a stream.
type event struct{ id, name, data string }

// events are those of a stream, as they come; its end closes it.
type events struct {
	t    *testing.T
	list chan event
	stop func()
}

// listen opens a stream.
func (b *browser) listen(path string) *events {
	b.t.Helper()
	ctx, stop := context.WithCancel(b.t.Context())
	b.t.Cleanup(stop)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.desk.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Accept-Encoding", "gzip") // as browsers do
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") || resp.Header.Get("Content-Encoding") != "" {
		b.t.Fatalf("%s: %s, %v", path, resp.Status, resp.Header)
	}
	e := &events{b.t, make(chan event, 1000), stop}
	go func() {
		defer close(e.list)
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<22)
		var now event
		for lines.Scan() {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch key {
			case "id":
				now.id = value
			case "event":
				now.name = value
			case "data":
				now.data += value + "\n"
			case "":
				if now.name != "" {
					e.list <- now
				}
				now = event{}
			}
		}
	}()
	return e
}

// next gives the next event of a name. Others before it are passed over.
func (e *events) next(name string) event {
	e.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case got, ok := <-e.list:
			if !ok {
				e.t.Fatalf("the stream ended before the event %q", name)
			}
			if got.name == name {
				return got
			}
		case <-late:
			e.t.Fatalf("there is no event %q", name)
		}
	}
}

// end waits for the end of the stream.
func (e *events) end() {
	e.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case _, ok := <-e.list:
			if !ok {
				return
			}
		case <-late:
			e.t.Fatal("the stream does not end")
		}
	}
}

var rowID = regexp.MustCompile(`<tr id="b-([0-9a-f]{16})"`)

// rowsOf gives the rows of a list, each by the first digits of its bundle.
func rowsOf(text string) []string {
	var out []string
	for _, m := range rowID.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

func keys(shas ...string) []string {
	var out []string
	for _, sha := range shas {
		out = append(out, sha[:16])
	}
	return out
}

func TestBoard(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	a := b.get("/bundles")
	b.want(a, http.StatusOK, `<a href="/bundles" aria-current="page">受理台</a>`, "还没有收到材料", `enctype="multipart/form-data"`, `type="file"`, `name="together" value="yes" checked`, `sse-connect="/bundles/events"`)
	b.leads(b.get("/"), "/bundles")
	first := d.brought(t, "甲.png", 1)
	second := d.brought(t, "乙<b>.png", 2)
	third := d.brought(t, "丙.png", 3)
	if err := d.desk.Cancel(t.Context(), second, "x"); err != nil {
		t.Fatal(err)
	}
	a = b.get("/bundles")
	b.want(a, http.StatusOK, "乙&lt;b&gt;.png", "Display clerk", "已取消", "重试", "排队中", "取消")
	if got := rowsOf(a.text); !slices.Equal(got, keys(third, second, first)) {
		t.Errorf("the rows are %q", got)
	}
	for path, want := range map[string][]string{
		"?state=waiting":                   keys(third, first),
		"?state=cancelled":                 keys(second),
		"?state=nonsense":                  keys(third, second, first),
		"?q=" + url.QueryEscape("甲.PNG"):   keys(first),
		"?q=" + url.QueryEscape("display"): keys(third, second, first),
		"?q=" + url.QueryEscape("没有"):      nil,
		"?q=%00%ff":                        nil,
		"?from=nonsense":                   keys(third, second, first),
	} {
		a := b.get("/bundles" + path)
		b.want(a, http.StatusOK)
		if got := rowsOf(a.text); !slices.Equal(got, want) {
			t.Errorf("%s: the rows are %q", path, got)
		}
	}
	e, _ := d.desk.Entry(first)
	if got := rowsOf(b.get("/bundles?q=" + strings.ToLower(e.Receipt)).text); !slices.Equal(got, keys(first)) {
		t.Errorf("by the receipt: %q", got)
	}
	b.want(b.get("/bundles?state=done"), http.StatusOK, "没有符合的材料", "查看全部")
	b.another().want(b.get("/bundles?state=failed"), http.StatusOK, `href="/bundles?state=cancelled"`)
	b.post("/language", url.Values{"lang": {"en"}, "back": {"/"}})
	b.want(b.get("/bundles"), http.StatusOK, "Drop scans here", "Waiting", "Cancelled")
}

// TestBoardPages goes through all bundles, a page after the other; none is missing, even
// where many came at the same time.
func TestBoardPages(t *testing.T) {
	var want []string
	d := newDesk(t, func(s storage.Store) {
		for i := range 150 {
			sha := fmt.Sprintf("%064x", i+1)
			want = append(want, sha)
			at := time.Date(2026, 3, 1, 9, i/40, 0, 0, time.UTC).Format(time.RFC3339)
			for key, value := range map[string]string{
				"bundles/" + sha + "/source.json": `{"files":[{"name":"a.png","size":1}]}`,
				fmt.Sprintf("intake/%d.json", i):  fmt.Sprintf(`{"bundle":%q,"name":"a.png","files":["a.png"],"by":"x","by_name":"x","time":%q,"receipt":"r-%d"}`, sha, at, i),
			} {
				if err := s.Put(t.Context(), key, strings.NewReader(value)); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	b := d.in(t, account.Clerk)
	older := regexp.MustCompile(`href="(/bundles\?from=[^"]+)">更早的材料`)
	var got []string
	path := "/bundles"
	for pages := 0; path != "" && pages < 10; pages++ {
		a := b.get(path)
		b.want(a, http.StatusOK)
		for _, id := range regexp.MustCompile(`href="/bundles/([0-9a-f]{64})" title`).FindAllStringSubmatch(a.text, -1) {
			got = append(got, id[1])
		}
		if pages > 0 {
			b.want(a, http.StatusOK, "回到最新")
		}
		path = ""
		if m := older.FindStringSubmatch(a.text); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	slices.Reverse(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d of %d bundles are shown, in another order or not once each", len(got), len(want))
	}
}

// TestFailed: a bundle that failed says why, and can be tried again.
func TestFailed(t *testing.T) {
	sha := strings.Repeat("ab", 32)
	d := newDesk(t, func(s storage.Store) {
		for key, value := range map[string]string{
			"bundles/" + sha + "/source.json":        `{"files":[{"name":"甲.pdf","size":1}]}`,
			"bundles/" + sha + "/events/000001.json": `{"seq":1,"time":"2026-03-01T09:00:00Z","kind":"failed","attempts":3,"error":{"code":"damaged","message":"第 <1> 页以后的文件已损坏。请重新扫描。"}}`,
			"intake/1.json":                          `{"bundle":"` + sha + `","name":"甲.pdf","files":["甲.pdf"],"by":"x","by_name":"x","time":"2026-03-01T08:00:00Z","receipt":"r-1"}`,
		} {
			if err := s.Put(t.Context(), key, strings.NewReader(value)); err != nil {
				t.Fatal(err)
			}
		}
	})
	b := d.in(t, account.Clerk)
	for _, path := range []string{"/bundles?state=failed", "/bundles/" + sha} {
		b.want(b.get(path), http.StatusOK, "第 &lt;1&gt; 页以后的文件已损坏", "失败", "/bundles/"+sha+"/retry")
	}
	b.want(b.get("/bundles"), http.StatusOK, "失败 <b>1</b>")
	b.leads(b.post("/bundles/"+sha+"/retry", url.Values{"back": {"/bundles"}}), "/bundles")
	b.want(b.get("/bundles"), http.StatusOK, "失败 <b>0</b>", "排队中 <b>1</b>")
}

// TestBoardEvents: rows come in the order in which things happen.
func TestBoardEvents(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	e := b.listen("/bundles/events")
	if all := e.next("all"); !strings.Contains(all.data, "还没有收到材料") {
		t.Errorf("at first: %s", all.data)
	}
	e.next("counts")
	first := d.brought(t, "甲.png", 1)
	if all := e.next("all"); !slices.Equal(rowsOf(all.data), keys(first)) || strings.Contains(all.data, "还没有收到材料") {
		t.Errorf("after the first came: %s", all.data)
	}
	var came []string
	for seed := range uint64(5) {
		came = append(came, d.brought(t, fmt.Sprintf("%d.png", seed), seed+2))
	}
	for _, sha := range came {
		if row := e.next("new"); !slices.Equal(rowsOf(row.data), keys(sha)) || strings.Contains(row.data, "hx-swap-oob") {
			t.Errorf("the next row is %s, want %s", row.data, sha)
		}
	}
	if err := d.desk.Cancel(t.Context(), first, "x"); err != nil {
		t.Fatal(err)
	}
	row := e.next("row")
	if !slices.Equal(rowsOf(row.data), keys(first)) || !strings.Contains(row.data, `hx-swap-oob="true"`) || !strings.Contains(row.data, "已取消") {
		t.Errorf("cancelled: %s", row.data)
	}
	if counts := e.next("counts"); !strings.Contains(counts.data, "已取消 <b>1</b>") || !strings.Contains(counts.data, "排队中 <b>5</b>") {
		t.Errorf("the sums are %s", counts.data)
	}
	if err := d.desk.Retry(t.Context(), first, "x"); err != nil {
		t.Fatal(err)
	}
	if row := e.next("row"); !strings.Contains(row.data, "排队中") {
		t.Errorf("tried again: %s", row.data)
	}
	e.stop()
	e.end()
}

// TestBoardFollowsReading: a bundle's way from the queue to its verdict is seen, and its
// end is said.
func TestBoardFollowsReading(t *testing.T) {
	d := newDesk(t)
	d.reader.hold = make(chan struct{})
	b := d.in(t, account.Clerk)
	sha := d.brought(t, "甲.png", 1)
	e := b.listen("/bundles/events")
	page := b.listen("/bundles/" + sha + "/events")
	e.next("counts")
	if now := page.next("bundle"); !strings.Contains(now.data, "正在排队") {
		t.Errorf("the page: %s", now.data)
	}
	d.run(t)
	for !strings.Contains(e.next("row").data, "已读 0 / 1 页") {
	}
	for !strings.Contains(page.next("bundle").data, "已读 0 / 1 页") {
	}
	close(d.reader.hold)
	said := e.next("said")
	now, _ := d.desk.Entry(sha)
	if !strings.Contains(said.data, "甲.png：") || len(now.Verdicts) != 1 {
		t.Errorf("said: %s of %+v", said.data, now)
	}
	for !strings.Contains(page.next("bundle").data, "扫描质量") {
	}
	b.want(b.get("/bundles"), http.StatusOK, `class="badge `+string(now.Verdicts[0]))
}

// TestBoardReconnect: what happened while nobody listened is there when somebody does
// again.
func TestBoardReconnect(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	first := d.brought(t, "甲.png", 1)
	e := b.listen("/bundles/events")
	e.next("counts")
	e.stop()
	e.end()
	second := d.brought(t, "乙.png", 2)
	if err := d.desk.Cancel(t.Context(), first, "x"); err != nil {
		t.Fatal(err)
	}
	e = b.listen("/bundles/events")
	all := e.next("all")
	if !slices.Equal(rowsOf(all.data), keys(second, first)) || !strings.Contains(all.data, "已取消") {
		t.Errorf("after the break: %s", all.data)
	}
	third := d.brought(t, "丙.png", 3)
	if row := e.next("new"); !slices.Equal(rowsOf(row.data), keys(third)) {
		t.Errorf("then: %s", row.data)
	}
}

// TestBoardFilterEvents: a list that shows some bundles shows those, whatever happens.
func TestBoardFilterEvents(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	first := d.brought(t, "甲.png", 1)
	second := d.brought(t, "乙.png", 2)
	e := b.listen("/bundles/events?state=waiting")
	e.next("all")
	if err := d.desk.Cancel(t.Context(), second, "x"); err != nil {
		t.Fatal(err)
	}
	if all := e.next("all"); !slices.Equal(rowsOf(all.data), keys(first)) {
		t.Errorf("after one is not waiting any more: %s", all.data)
	}
	if err := d.desk.Retry(t.Context(), second, "x"); err != nil {
		t.Fatal(err)
	}
	if row := e.next("new"); !slices.Equal(rowsOf(row.data), keys(second)) {
		t.Errorf("after it waits again: %s", row.data)
	}
	if err := d.desk.Cancel(t.Context(), first, "x"); err != nil {
		t.Fatal(err)
	}
	e.next("all")
	if err := d.desk.Retry(t.Context(), first, "x"); err != nil {
		t.Fatal(err)
	}
	if all := e.next("all"); !slices.Equal(rowsOf(all.data), keys(second, first)) {
		t.Errorf("after the older one waits again: %s", all.data)
	}
}

// TestStreamAndSession: a stream ends with the session, and does not make it longer.
func TestStreamAndSession(t *testing.T) {
	d := newDesk(t)
	d.beat = 10 * time.Millisecond
	b := d.in(t, account.Clerk)
	sha := d.brought(t, "甲.png", 1)
	commits := d.sessions.commits.Load()
	board, page := b.listen("/bundles/events"), b.listen("/bundles/"+sha+"/events")
	board.next("counts")
	page.next("bundle")
	if got := d.sessions.commits.Load(); got != commits {
		t.Errorf("the session was saved %d times", got-commits)
	}
	b.post("/sign-out", nil)
	board.next("ended")
	board.end()
	page.next("ended")
	page.end()

	// So does one of somebody who was shut out.
	b = d.in(t, account.Clerk)
	board = b.listen("/bundles/events")
	board.next("counts")
	if _, err := d.accounts.Disable(t.Context(), "test", d.users[account.Clerk].ID); err != nil {
		t.Fatal(err)
	}
	board.next("ended")
	board.end()
	if a := b.get("/bundles/events"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("without a session: %s", a.Status)
	}
}

// TestHostileEvents: a name cannot end a line of the stream and begin another.
func TestHostileEvents(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	e := b.listen("/bundles/events")
	e.next("counts")
	d.brought(t, "a\revent: ended\rdata: x\n\nevent: ended\ndata: <script>alert(1)<b>.png", 1)
	all := e.next("all")
	if !strings.Contains(all.data, "event: ended") || !strings.Contains(all.data, "&lt;script&gt;") || strings.Contains(all.data, "<script>") {
		t.Errorf("the rows are %s", all.data)
	}
	d.brought(t, "b.png", 2)
	if row := e.next("new"); !strings.Contains(row.data, "b.png") {
		t.Errorf("then: %s", row.data)
	}
}

func TestCancelAndRetry(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	sha := d.brought(t, "甲.png", 1)
	path := "/bundles/" + sha
	b.leads(b.post(path+"/cancel", url.Values{"back": {"/bundles?state=waiting"}}), "/bundles?state=waiting")
	if e, _ := d.desk.Entry(sha); e.State != desk.Cancelled {
		t.Errorf("cancelled: %+v", e)
	}
	b.want(b.get("/bundles"), http.StatusOK, "已取消，需要时可以重试")
	b.leads(b.post(path+"/cancel", url.Values{"back": {"//evil.example"}}), "/")
	b.want(b.get("/bundles"), http.StatusOK, "状态刚刚变了")
	a := b.post(path+"/retry", url.Values{"back": {"/bundles"}}, "HX-Request", "true")
	b.want(a, http.StatusOK, `data-said="已重新排队。"`)
	b.lacks(a, "<html", "data-bad")
	b.want(b.post(path+"/retry", url.Values{}, "HX-Request", "true"), http.StatusOK, `data-bad`)
	if got := d.entries(t, audit.Cancel); len(got) != 1 || got[0].Object != "bundles/"+sha {
		t.Errorf("the trail has %+v", got)
	}
	if got := d.entries(t, audit.Retry); len(got) != 1 {
		t.Errorf("the trail has %+v", got)
	}
	for _, path := range []string{"/bundles/" + strings.Repeat("0", 64), "/bundles/no-such", "/bundles/..%2fx"} {
		b.want(b.post(path+"/cancel", nil), http.StatusNotFound)
		b.want(b.post(path+"/retry", nil), http.StatusNotFound)
		b.want(b.get(path), http.StatusNotFound)
		b.want(b.get(path+"/events"), http.StatusNotFound)
	}
	for _, role := range []account.Role{account.Reviewer, account.Staff, account.Admin} {
		b := d.in(t, role)
		b.want(b.post(path+"/cancel", nil), http.StatusForbidden)
		b.want(b.post(path+"/retry", nil), http.StatusForbidden)
	}
}

// TestCancelAsks: to throw away what was read needs a second word.
func TestCancelAsks(t *testing.T) {
	d := newDesk(t)
	d.reader.hold = make(chan struct{})
	b := d.in(t, account.Clerk)
	// A blank page is read at once, and the other one never.
	blank, print := paper(t, func(*image.Gray) {}), photo(t, 1)
	a := b.bring("yes", upload{"1.png", "image/png", blank}, upload{"2.png", "image/png", print})
	b.want(a, http.StatusOK, "已收下")
	sha := d.desk.Board(time.Time{}, 1)[0].Bundle
	d.run(t)
	await(t, "a page is read", func() bool { e, _ := d.desk.Entry(sha); return e.Done == 1 })
	b.want(b.get("/bundles"), http.StatusOK, `hx-confirm="已经读了 1 页`)
	path := "/bundles/" + sha
	a = b.post(path+"/cancel", url.Values{"back": {path}})
	b.want(a, http.StatusOK, "确定取消吗", `name="sure" value="1"`, `href="`+path+`"`)
	if e, _ := d.desk.Entry(sha); e.State != desk.Reading {
		t.Errorf("before it is confirmed: %+v", e)
	}
	b.leads(b.post(path+"/cancel", url.Values{"back": {path}, "sure": {"1"}}), path)
	await(t, "it is cancelled", func() bool { e, _ := d.desk.Entry(sha); return e.State == desk.Cancelled })
	b.want(b.get(path), http.StatusOK, "已取消，没有读", "重试")
}

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
