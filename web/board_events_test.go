package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
)

type event struct{ id, name, data string }

type events struct {
	t    *testing.T
	list chan event
	stop func()
}

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
