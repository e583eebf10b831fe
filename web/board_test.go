package web

import (
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

// events are those of a stream, as they come; its end closes it.

// listen opens a stream.

// next gives the next event of a name. Others before it are passed over.

// end waits for the end of the stream.

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
		b.want(b.get(path), http.StatusOK, "第 &lt;1&gt; 页以后的文件已损坏", "失败", "试了 3 次都没有读成，已放弃", "/bundles/"+sha+"/retry")
	}
	b.want(b.get("/bundles"), http.StatusOK, "失败 <b>1</b>")
	b.leads(b.post("/bundles/"+sha+"/retry", url.Values{"back": {"/bundles"}}), "/bundles")
	b.want(b.get("/bundles"), http.StatusOK, "失败 <b>0</b>", "排队中 <b>1</b>")
}

// TestBoardEvents: rows come in the order in which things happen.

// TestBoardFollowsReading: a bundle's way from the queue to its verdict is seen, and its

// end is said.

// TestBoardReconnect: what happened while nobody listened is there when somebody does

// again.

// TestBoardFilterEvents: a list that shows some bundles shows those, whatever happens.

// TestStreamAndSession: a stream ends with the session, and does not make it longer.

// TestHostileEvents: a name cannot end a line of the stream and begin another.

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
