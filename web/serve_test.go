package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/exchange"
)

func TestErrors(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	b.want(b.get("/no-such-page"), http.StatusNotFound, "没有这一页", "Display clerk")
	a := b.get("/sign-out")
	b.want(a, http.StatusMethodNotAllowed, "不能这样打开")
	if a.Header.Get("Allow") != "POST" {
		t.Errorf("Allow: %q", a.Header.Get("Allow"))
	}
	b.want(b.post("/me", url.Values{"current": {strings.Repeat("x", exchange.BodyLimit)}}), http.StatusRequestEntityTooLarge, "太大")
	b.want(b.get("/no-such-page", "HX-Request", "true"), http.StatusNotFound, "请检查地址")
	if a := b.get("/no-such-page", "HX-Request", "true"); strings.Contains(a.text, "<html") {
		t.Error("htmx got a whole page")
	}
}

// TestBroken has handlers that fail and panic: the visitor is told, the log knows why.
func TestBroken(t *testing.T) {
	d := newDesk(t)
	for name, handler := range map[string]func(http.ResponseWriter, *http.Request) error{
		"error": func(http.ResponseWriter, *http.Request) error { return errors.New("the reason") },
		"panic": func(http.ResponseWriter, *http.Request) error { panic("the reason") },
		"late": func(w http.ResponseWriter, _ *http.Request) error {
			fmt.Fprint(w, "half")
			return errors.New("the reason")
		},
	} {
		for _, right := range []account.Right{public, plain} {
			t.Run(name+" "+string(right), func(t *testing.T) {
				w := httptest.NewRecorder()
				h := d.logged(secured(d.serve(route{right: right, handler: handler})))
				before := len(d.log.String())
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x?secret=query", nil))
				if strings.Contains(w.Body.String(), "the reason") {
					t.Error("the visitor is told the error's text")
				}
				said := d.log.String()[before:]
				if !strings.Contains(said, "the reason") || strings.Contains(said, "secret") {
					t.Errorf("the log says %s", said)
				}
				if name == "late" {
					if w.Body.String() != "half" {
						t.Errorf("a page was written after what was sent: %q", w.Body)
					}
				} else if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "请求编号") {
					t.Errorf("answered %d %q", w.Code, w.Body)
				}
			})
		}
	}
}

func TestTimeLimit(t *testing.T) {
	d := newDesk(t)
	slow := func(_ http.ResponseWriter, r *http.Request) error {
		<-r.Context().Done()
		return r.Context().Err()
	}
	w := httptest.NewRecorder()
	d.logged(d.serve(route{right: public, time: time.Millisecond, handler: slow})).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("answered %d", w.Code)
	}
}

// TestStream: a stream gets through at once, piece by piece, for htmx.
func TestStream(t *testing.T) {
	d := newDesk(t)
	more := make(chan struct{})
	d.mux.Handle("GET /stream", d.serve(route{right: public, time: exchange.NoLimit, handler: func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		for range 2 {
			fmt.Fprint(w, "data: x\n\n")
			if err := http.NewResponseController(w).Flush(); err != nil {
				return err
			}
			<-more
		}
		return nil
	}}))
	resp, err := d.browser(t).Get(d.url + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	buf := make([]byte, len("data: x\n\n"))
	for range 2 {
		if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != "data: x\n\n" {
			t.Fatalf("got %q, %v", buf, err)
		}
		more <- struct{}{}
	}
}

func TestLogHasNoSecrets(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Admin)
	b.get("/setup?token=sesame-token")
	b.another().signIn("typed-name", "typed-password")
	said := d.log.String()
	for _, secret := range []string{"sesame-token", "typed-name", "typed-password", password} {
		if strings.Contains(said, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	for _, part := range []string{"method=GET", "path=/setup", "status=200", "user=" + d.users[account.Admin].ID} {
		if !strings.Contains(said, part) {
			t.Errorf("the log lacks %s:\n%s", part, said)
		}
	}
}
