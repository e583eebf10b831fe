package web

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/index/bleve"
	"sealdesk/likeness"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/view"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// testDesk is a desk for tests, with an account for each role, named by it.
type testDesk struct {
	*Server
	url      string
	accounts *account.Accounts
	trail    *audit.Log
	sessions *countedStore
	log      *lockedBuffer
	users    map[account.Role]account.User
	index    *bleve.Index
	reader   oneReader
	texts    *likeness.Index

	mu  sync.Mutex
	now time.Time
}

// countedStore counts how often sessions are saved.
type countedStore struct {
	*memstore.MemStore
	commits atomic.Int64
}

// Commit implements scs.Store.
func (c *countedStore) Commit(token string, b []byte, expiry time.Time) error {
	c.commits.Add(1)
	return c.MemStore.Commit(token, b, expiry)
}

const password = "rope harbour 52"

func newDesk(t *testing.T, fill ...func(storage.Store)) *testDesk {
	t.Helper()
	d := newEmptyDesk(t, fill...)
	for _, role := range account.Roles() {
		u, err := d.accounts.Add(t.Context(), "test", string(role), "Display "+string(role), role, password)
		if err != nil {
			t.Fatal(err)
		}
		d.users[role] = u
	}
	return d
}

// newEmptyDesk is one before its first start, over a store with what fill puts there. It
// reads no bundles: nobody runs it.
func newEmptyDesk(t *testing.T, fill ...func(storage.Store)) *testDesk {
	t.Helper()
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	d := &testDesk{
		trail: audit.New(store), sessions: &countedStore{MemStore: memstore.NewWithCleanupInterval(0)}, log: &lockedBuffer{},
		users: map[account.Role]account.User{}, now: time.Now(),
	}
	cheap := account.WithCost(account.Cost{Time: 1, Memory: 8, Threads: 1})
	if d.accounts, err = account.Open(t.Context(), store, cheap, account.WithClock(d.clock)); err != nil {
		t.Fatal(err)
	}
	if d.index, err = bleve.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.index.Close() })
	if d.texts, err = likeness.Open(filepath.Join(t.TempDir(), "likeness")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.texts.Close() })
	for _, f := range fill {
		f(store)
	}
	work := d.work(t, store)
	d.Server, err = New(Options{
		Accounts: d.accounts, Audit: d.trail, Desk: work, Sessions: d.sessions, Now: d.clock,
		Log: slog.New(slog.NewTextHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(d.Handler())
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// work is the desk behind the pages.
func (d *testDesk) work(t *testing.T, store storage.Store) *desk.Desk {
	t.Helper()
	line, err := pipeline.New(t.Context(), pipeline.Options{
		Store: store, Index: d.index, Reader: &d.reader, Call: call.Builtin()[0], Calls: call.Find, Texts: d.texts,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { line.Close() })
	jobs, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jobs.Close() })
	views, err := view.New(store, t.TempDir(), 1<<26)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { views.Close() })
	work, err := desk.New(t.Context(), desk.Options{
		Pipeline: line, Queue: jobs, Store: store, Index: d.index, Views: views, Calls: call.Find, Now: d.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { work.Close() })
	for _, e := range work.Board(time.Time{}, 0) {
		if _, err := line.Refile(t.Context(), e.Bundle); err != nil && !errors.Is(err, storage.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return work
}

// oneReader reads the same words everywhere, and waits while it is held.
type oneReader struct{ hold chan struct{} }

// Engine implements pipeline.Reader.
func (*oneReader) Engine() string { return "test" }

// Read implements pipeline.Reader.
func (o *oneReader) Read(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	if o.hold != nil {
		select {
		case <-o.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	out := make([]ocr.Reading, len(crops))
	for i := range out {
		out[i] = ocr.Reading{Text: "证明", Raw: "证明", Confidence: 0.9}
	}
	return out, nil
}

// DecodeTIFF implements pipeline.Reader.
func (*oneReader) DecodeTIFF(context.Context, []byte, int) (image.Image, error) {
	return nil, errors.New("no kind of TIFF that needs it")
}

func (d *testDesk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *testDesk) pass(t time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(t)
}

// actions are those in the audit trail, oldest first.
func (d *testDesk) actions(t *testing.T) []string {
	t.Helper()
	var all []string
	for e, err := range d.trail.List(t.Context(), 0, 100) {
		if err != nil {
			t.Fatal(err)
		}
		all = append([]string{e.Action}, all...)
	}
	return all
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// browser keeps cookies, and does not follow redirects.
type browser struct {
	t    *testing.T
	desk *testDesk
	http.Client
}

func (d *testDesk) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, d, http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// in is a browser in which somebody with a role has signed in.
func (d *testDesk) in(t *testing.T, role account.Role) *browser {
	t.Helper()
	b := d.browser(t)
	if got := b.signIn(string(role), password); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %s\n%s", role, got.Status, got.text)
	}
	return b
}

type answer struct {
	*http.Response
	text string
}

func (b *browser) do(method, path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, b.desk.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, string(text)}
}

func (b *browser) get(path string, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, headers...)
}

func (b *browser) post(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, form, headers...)
}

func (b *browser) signIn(name, password string) answer {
	b.t.Helper()
	return b.post("/sign-in", url.Values{"name": {name}, "password": {password}})
}

// want holds an answer against a status and texts that it has.
func (b *browser) want(a answer, status int, texts ...string) {
	b.t.Helper()
	if a.StatusCode != status {
		b.t.Errorf("%s %s: %s, want %d", a.Request.Method, a.Request.URL.Path, a.Status, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.text, text) {
			b.t.Errorf("%s %s does not have %q:\n%s", a.Request.Method, a.Request.URL.Path, text, a.text)
		}
	}
}

// leads holds an answer against where it leads.
func (b *browser) leads(a answer, to string) {
	b.t.Helper()
	if got := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || got != to {
		b.t.Errorf("%s %s: %s to %q, want to %q", a.Request.Method, a.Request.URL, a.Status, got, to)
	}
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a desk was made of nothing")
	}
}

// TestRights goes through every route as every role: a route that is added is held
// against the right in its row without a change here.
func TestRights(t *testing.T) {
	d := newDesk(t)
	visitors := map[account.Role]*browser{"": d.browser(t)}
	for _, role := range account.Roles() {
		visitors[role] = d.in(t, role)
	}
	reached := errors.New("reached")
	for _, rt := range d.routes() {
		for role, b := range visitors {
			t.Run(rt.pattern+" "+string(role), func(t *testing.T) {
				// The handler itself is not what is tested, and may end sessions.
				got := false
				rt := rt
				rt.handler = func(http.ResponseWriter, *http.Request) error { got = true; return reached }
				method, _, _ := strings.Cut(rt.pattern, " ")
				r := httptest.NewRequest(method, "/some/path", nil)
				if at, err := url.Parse(d.url); err == nil {
					for _, c := range b.Jar.Cookies(at) {
						r.AddCookie(c)
					}
				}
				w := httptest.NewRecorder()
				d.logged(d.serve(rt)).ServeHTTP(w, r)
				want := rt.right == public || rt.right == plain || role != "" && (rt.right == signedIn || role.May(rt.right))
				if got != want {
					t.Errorf("reached: %v, want %v", got, want)
				}
				if role != "" && !want && w.Code != http.StatusForbidden {
					t.Errorf("refused with %d", w.Code)
				}
				if role == "" && !want && w.Code != http.StatusSeeOther {
					t.Errorf("refused with %d", w.Code)
				}
			})
		}
	}
}

// TestTable holds the table of routes itself against its rules.
func TestTable(t *testing.T) {
	d := newDesk(t)
	for _, rt := range d.routes() {
		method, path, ok := strings.Cut(rt.pattern, " ")
		if !ok || method != http.MethodGet && method != http.MethodPost && method != http.MethodDelete && method != http.MethodPut {
			t.Errorf("%q has no method", rt.pattern)
		}
		if rt.right == plain && method != http.MethodGet {
			t.Errorf("%q changes something for nobody", rt.pattern)
		}
		special := rt.right == signedIn || rt.right == public || rt.right == plain
		some := false
		for _, role := range account.Roles() {
			some = some || role.May(rt.right)
		}
		if !special && !some {
			t.Errorf("%q needs the right %q, which nobody has", rt.pattern, rt.right)
		}
		if rt.tab != "" && (method != http.MethodGet || strings.ContainsAny(path, "{}")) {
			t.Errorf("%q cannot stand in the navigation", rt.pattern)
		}
		if rt.tab != "" && !known(rt.tab) {
			t.Errorf("%q stands in the navigation as %q, which is no message", rt.pattern, rt.tab)
		}
	}
}

func TestNavigation(t *testing.T) {
	d := newDesk(t)
	for _, tc := range []struct {
		role       account.Role
		has, lacks string
	}{
		{account.Staff, `href="/reports"`, `href="/accounts"`},
		{account.Admin, `href="/accounts"`, `href="/reports"`},
		{account.Clerk, `href="/help"`, `href="/reports"`},
	} {
		b := d.in(t, tc.role)
		a := b.get("/help")
		b.want(a, http.StatusOK, tc.has)
		if strings.Contains(a.text, tc.lacks) {
			t.Errorf("%s is shown %s", tc.role, tc.lacks)
		}
	}
	b := d.in(t, account.Staff)
	b.want(b.get("/reports"), http.StatusOK, `<a href="/reports" aria-current="page">报表</a>`)
	b.want(b.get("/accounts"), http.StatusForbidden, "您没有权限")
	// Home is the first page that the role may see.
	for _, role := range account.Roles() {
		b := d.in(t, role)
		to := b.get("/").Header.Get("Location")
		b.want(b.get(to), http.StatusOK)
	}
}

func TestHeaders(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Reviewer)
	for _, path := range []string{"/sign-in", "/setup?token=x", "/me", "/help", "/", "/reports", "/no-such-page", d.file(t, "desk.css")} {
		a := b.get(path)
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(a.Header.Get("Content-Security-Policy"), part) {
				t.Errorf("%s: the policy %q lacks %s", path, a.Header.Get("Content-Security-Policy"), part)
			}
		}
		if strings.Contains(a.Header.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: the policy is unsafe", path)
		}
		if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: %v", path, a.Header)
		}
		if !strings.HasPrefix(path, "/static/") && !strings.Contains(strings.Join(a.Header.Values("Cache-Control"), " "), "no-store") {
			t.Errorf("%s may be kept by caches: %q", path, a.Header.Values("Cache-Control"))
		}
		for _, inline := range []string{"<script>", "style=", "onclick", "javascript:"} {
			if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && strings.Contains(a.text, inline) {
				t.Errorf("%s has the inline %s", path, inline)
			}
		}
	}
}

// file is the address of a static file.
func (d *testDesk) file(t *testing.T, name string) string {
	t.Helper()
	at, err := d.files.address(name)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestHostileName(t *testing.T) {
	d := newDesk(t)
	hostile := `"><script>alert(1)</script>'{{.}}`
	if _, err := d.accounts.Add(t.Context(), "test", "mallory", hostile, account.Clerk, password); err != nil {
		t.Fatal(err)
	}
	b := d.browser(t)
	b.signIn("mallory", password)
	for _, path := range []string{"/me", "/help", "/no-such-page"} {
		a := b.get(path)
		if strings.Contains(a.text, "<script>") || !strings.Contains(a.text, "&lt;script&gt;alert(1)") {
			t.Errorf("%s: the name is not shown as text", path)
		}
	}
	a := b.another().post("/sign-in", url.Values{"name": {hostile}, "password": {"x"}, "back": {hostile}})
	b.want(a, http.StatusUnprocessableEntity, "&lt;script&gt;alert(1)")
	if strings.Contains(a.text, "<script>") {
		t.Error("what was typed is markup")
	}
}

// another is another browser at the same desk.
func (b *browser) another() *browser { return b.desk.browser(b.t) }

func TestLanguage(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Reviewer)
	b.want(b.get("/me", "Accept-Language", "en"), http.StatusOK, `<html lang="zh-CN">`, "我的账号")
	b.leads(b.post("/language", url.Values{"lang": {"en"}, "back": {"/me?x=1"}}), "/me?x=1")
	b.want(b.get("/me"), http.StatusOK, `<html lang="en">`, "My account", "Reviewer")
	b.want(b.get("/accounts"), http.StatusForbidden, "not open to you")
	b.want(b.post("/language", url.Values{"lang": {"xx"}}), http.StatusBadRequest)
	b.leads(b.post("/language", url.Values{"lang": {"zh"}, "back": {"https://evil.example/"}}), "/")
	b.want(b.get("/me"), http.StatusOK, "我的账号")
}

func TestLocal(t *testing.T) {
	for to, want := range map[string]string{
		"/board": "/board", "/search?q=%E5%90%88&p=2": "/search?q=%E5%90%88&p=2", "/": "/", "": "/",
		"//evil.example": "/", "/\\evil.example": "/", "https://evil.example/x": "/", "javascript:alert(1)": "/",
		"board": "/", "/a\nb": "/", "\t//evil.example": "/", "///evil.example": "/", "/%zz": "/",
	} {
		if got := local(to); got != want {
			t.Errorf("local(%q) = %q, want %q", to, got, want)
		}
	}
}

func FuzzLocal(f *testing.F) {
	for _, s := range []string{"/", "//x", "/\\x", "/a?b#c", "http:x", "/%2f/x"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://desk.example/sign-in")
	f.Fuzz(func(t *testing.T, to string) {
		u, err := base.Parse(local(to))
		if err != nil || u.Host != "desk.example" || u.Scheme != "https" {
			t.Errorf("local(%q) leads to %v, %v", to, u, err)
		}
	})
}
