package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/exchange"
	"sealdesk/storage"
)

// photo is a picture with what looks like print; no two seeds give the same.
func photo(t *testing.T, seed uint64) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	m := image.NewGray(image.Rect(0, 0, 620, 877))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for y := 80; y < 760; y += 36 {
		for x := 80; x < 520; x += 18 {
			for range 40 {
				m.SetGray(x+random.IntN(12), y+random.IntN(12), color.Gray{})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file is a file that a program sends.
type file struct {
	name string
	data []byte
}

// send sends files as a program does, written as they are read.
func (a *testAPI) send(t *testing.T, together string, files ...file) answerOf {
	t.Helper()
	from, to := io.Pipe()
	form := multipart.NewWriter(to)
	go func() {
		to.CloseWithError(func() error {
			if together != "" {
				if err := form.WriteField("together", together); err != nil {
					return err
				}
			}
			for _, f := range files {
				part, err := form.CreateFormFile("files", f.name)
				if err != nil {
					return err
				}
				if _, err := part.Write(f.data); err != nil {
					return err
				}
			}
			return form.Close()
		}())
	}()
	return a.ask(t, a.tokens[account.Clerk], "POST", "/api/v1/bundles", from, "Content-Type", form.FormDataContentType())
}

type outcomes struct{ Bundles []outcome }

// TestUpload: what is sent is taken, the same bytes are the same bundle, and what is wrong
// with one costs no other.
func TestUpload(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	a := newAPI(t, nil)
	one := file{"扫描.png", photo(t, 1)}
	got := a.send(t, "", one).want(t, http.StatusAccepted)
	first := decoded[outcomes](t, got).Bundles
	if len(first) != 1 || first[0].Again || first[0].Bundle.Bundle != shaOf(one.data) || first[0].Bundle.State != desk.Waiting || first[0].Bundle.Receipt == "" ||
		first[0].Bundle.By != a.users[account.Clerk].ID || got.Header.Get("Location") != "/api/v1/bundles/"+shaOf(one.data) {
		t.Errorf("taken: %s", got.body)
	}
	a.pass(time.Second)
	again := decoded[outcomes](t, a.send(t, "", one).want(t, http.StatusOK)).Bundles
	if len(again) != 1 || !again[0].Again || again[0].Bundle.Receipt != first[0].Bundle.Receipt {
		t.Errorf("again: %+v", again)
	}
	mixed := decoded[outcomes](t, a.send(t, "no", one, file{"notes.txt", []byte("no scan")}, file{`..\..\etc\passwd.png`, photo(t, 2)}, file{"empty.pdf", nil}).want(t, http.StatusAccepted)).Bundles
	if len(mixed) != 4 || !mixed[0].Again || mixed[1].Error == nil || mixed[1].Error.Code != bundle.CodeUnsupported || mixed[2].Name != "passwd.png" ||
		mixed[2].Bundle == nil || mixed[3].Error == nil || mixed[3].Error.Code != bundle.CodeEmpty {
		t.Errorf("mixed: %+v", mixed)
	}
	pages := decoded[outcomes](t, a.send(t, "", file{"1.png", photo(t, 3)}, file{"2.png", photo(t, 4)}).want(t, http.StatusAccepted)).Bundles
	if len(pages) != 1 || pages[0].Files != 2 {
		t.Errorf("pages: %+v", pages)
	}
	a.send(t, "", file{"notes.txt", []byte("no scan")}).want(t, 422, "urn:sealdesk:problem:refused", `"code":"unsupported"`)
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	if got := a.trail(t, audit.Bring); len(got) != 5 || got[0].Object != "bundles/"+shaOf(one.data) {
		t.Errorf("the trail has %+v", got)
	}
}

// TestBundles: the list goes on where it ended, and what is asked of a bundle is done.
func TestBundles(t *testing.T) {
	a := newAPI(t, nil)
	for i := range 3 {
		a.pass(time.Second)
		a.send(t, "", file{fmt.Sprintf("scan-%d.png", i), photo(t, uint64(i))}).want(t, http.StatusAccepted)
	}
	list := decoded[bundleList](t, a.get(t, account.Clerk, "/api/v1/bundles?state=waiting&limit=2").want(t, 200))
	if len(list.Bundles) != 2 || list.Bundles[0].Name != "scan-2.png" || list.Counts[desk.Waiting] != 3 || list.Next == "" {
		t.Errorf("the list is %+v", list)
	}
	rest := decoded[bundleList](t, a.get(t, account.Clerk, "/api/v1/bundles?state=waiting&limit=2&before="+list.Next).want(t, 200))
	if len(rest.Bundles) != 1 || rest.Bundles[0].Name != "scan-0.png" || rest.Next != "" {
		t.Errorf("the rest is %+v", rest)
	}
	if named := decoded[bundleList](t, a.get(t, account.Clerk, "/api/v1/bundles?q=SCAN-1")); len(named.Bundles) != 1 {
		t.Errorf("found %+v", named)
	}
	path := "/api/v1/bundles/" + rest.Bundles[0].Bundle
	a.get(t, account.Reviewer, path+"/result").want(t, 404, "urn:sealdesk:problem:unread")
	do := func(what string) answerOf { return a.ask(t, a.tokens[account.Clerk], "POST", path+"/"+what, nil) }
	do("retry").want(t, 409, "urn:sealdesk:problem:state")
	do("cancel").want(t, 200, `"state":"cancelled"`)
	a.get(t, account.Reviewer, path).want(t, 200, `"state":"cancelled"`)
	do("retry").want(t, 200, `"state":"waiting"`)
	if c, r := a.trail(t, audit.Cancel), a.trail(t, audit.Retry); len(c) != 1 || len(r) != 1 || c[0].Object != "bundles/"+rest.Bundles[0].Bundle {
		t.Errorf("the trail has %+v, %+v", c, r)
	}
}

// event is one event of a stream.
type event struct{ id, name, data string }

// stream follows events until the test is over.
func (a *testAPI) stream(t *testing.T, query, heard string) (next func() event, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", a.url+"/api/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+a.tokens[account.Clerk])
	if heard != "" {
		r.Header.Set("Last-Event-ID", heard)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("%s, %q", resp.Status, resp.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(resp.Body)
	next = func() event {
		t.Helper()
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if e.name != "" {
					return e
				}
			}
		}
		t.Fatalf("the stream has ended: %v", lines.Err())
		return e
	}
	end = func() {
		cancel()
		resp.Body.Close()
	}
	t.Cleanup(end)
	return next, end
}

// TestEvents: a program hears what happens, and when it comes again what it missed.
func TestEvents(t *testing.T) {
	a := newAPI(t, nil)
	next, end := a.stream(t, "", "")
	bundleOf := func(e event) desk.Entry {
		t.Helper()
		var b desk.Entry
		if err := json.Unmarshal([]byte(e.data), &b); err != nil || e.name != "bundle" {
			t.Fatalf("heard %+v, error %v", e, err)
		}
		return b
	}
	first := decoded[outcomes](t, a.send(t, "", file{"1.png", photo(t, 1)})).Bundles[0].Bundle.Bundle
	heard := next()
	if b := bundleOf(heard); b.Bundle != first || b.State != desk.Waiting {
		t.Errorf("heard %+v", b)
	}
	end()
	second := decoded[outcomes](t, a.send(t, "", file{"2.png", photo(t, 2)})).Bundles[0].Bundle.Bundle
	a.ask(t, a.tokens[account.Clerk], "POST", "/api/v1/bundles/"+first+"/cancel", nil).want(t, 200)
	next, _ = a.stream(t, "", heard.id)
	if b := bundleOf(next()); b.Bundle != second {
		t.Errorf("missed first %+v", b)
	}
	if b := bundleOf(next()); b.Bundle != first || b.State != desk.Cancelled {
		t.Errorf("missed then %+v", b)
	}
	only, _ := a.stream(t, "?bundle="+second, heard.id)
	if b := bundleOf(only()); b.Bundle != second {
		t.Errorf("of one bundle heard %+v", b)
	}
	for _, lost := range []string{"x", "other-1", heard.id + "9999999", strings.Repeat("9", 99)} {
		next, end := a.stream(t, "", lost)
		if e := next(); e.name != "reset" {
			t.Errorf("after %q heard %+v", lost, e)
		}
		end()
	}
}

// TestEventsEnd: a stream ends with its token.
func TestEventsEnd(t *testing.T) {
	a := newAPI(t, nil)
	a.beat = time.Millisecond
	if _, err := a.accounts.SetRole(t.Context(), "test", a.users[account.Clerk].ID, account.Staff); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/api/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+a.tokens[account.Clerk])
	w := httptest.NewRecorder()
	rt := route{pattern: "GET /api/v1/events", right: anybody, time: exchange.NoLimit, handler: a.events}
	a.logged(a.serve(rt)).ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "event: ended\n") {
		t.Errorf("it ends with %q", w.Body)
	}
}

// TestUploadWithoutRoom: where the disk is nearly full nothing is taken, with the status and
// the problem that say so.
func TestUploadWithoutRoom(t *testing.T) {
	a := newAPI(t, nil)
	a.desk.Room = func() error { return fmt.Errorf("12 MB are free: %w", storage.ErrFull) }
	a.send(t, "", file{"扫描.png", photo(t, 1)}).want(t, http.StatusInsufficientStorage, "urn:sealdesk:problem:full")
	if n := len(a.desk.Board(time.Time{}, 0)); n != 1 {
		t.Errorf("%d bundles are on the board", n)
	}
}
