package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"image"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/index/bleve"
	"sealdesk/observe"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/view"
	"sealdesk/storage/dir"
)

// testAPI is the API of a desk with one bundle that was read, testdata's complete.pdf,
// and an account and a token for each role.
type testAPI struct {
	*Server
	url    string
	sha    string // of the bundle
	app    string // id of its application
	users  map[account.Role]account.User
	tokens map[account.Role]string
	log    *lockedBuffer
	jobs   *queue.Queue
	index  *bleve.Index

	mu   sync.Mutex
	time time.Time
}

// newAPI is one whose bundle's result is as change, if any, leaves it. It reads no
// bundles: nobody runs the desk.
func newAPI(t *testing.T, change func(*bundle.Result)) *testAPI {
	t.Helper()
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	closed(t, store)
	a := &testAPI{users: map[account.Role]account.User{}, tokens: map[account.Role]string{}, log: &lockedBuffer{}, time: time.Now()}
	cheap := account.WithCost(account.Cost{Time: 1, Memory: 8, Threads: 1})
	accounts, err := account.Open(t.Context(), store, cheap, account.WithClock(a.clock))
	if err != nil {
		t.Fatal(err)
	}
	if a.index, err = bleve.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	closed(t, a.index)
	metrics := observe.NewMetrics()
	line, err := pipeline.New(t.Context(), pipeline.Options{
		Store: store, Index: a.index, Reader: noReader{}, Call: call.Builtin()[0], Calls: call.Find,
	})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, line)
	a.keep(t, line, change)
	if a.jobs, err = queue.Open(t.Context(), queue.Options{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	closed(t, a.jobs)
	views, err := view.New(store, t.TempDir(), 1<<26)
	if err != nil {
		t.Fatal(err)
	}
	closed(t, views)
	work, err := desk.New(t.Context(), desk.Options{
		Pipeline: line, Queue: a.jobs, Store: store, Index: a.index, Views: views, Calls: call.Find, Now: a.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, work)
	a.Server, err = New(Options{
		Accounts: accounts, Audit: audit.New(store), Desk: work, Metrics: metrics, Observe: metrics.Request, Now: a.clock,
		Log: slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range account.Roles() {
		u, err := accounts.Add(t.Context(), "test", string(role), "Display "+string(role), role, "rope harbour 52")
		if err != nil {
			t.Fatal(err)
		}
		a.users[role] = u
		_, a.tokens[role] = a.token(t, role)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func closed(t *testing.T, c io.Closer) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// keep puts the bundle on file, with what a perfect reader reads from it.
func (a *testAPI) keep(t *testing.T, line *pipeline.Pipeline, change func(*bundle.Result)) {
	t.Helper()
	scan, err := os.ReadFile("../testdata/bundles/complete.pdf")
	if err != nil {
		t.Fatal(err)
	}
	truth, err := os.ReadFile("../testdata/truth/complete.json")
	if err != nil {
		t.Fatal(err)
	}
	var r bundle.Result
	if err := json.Unmarshal(truth, &r); err != nil {
		t.Fatal(err)
	}
	app := &r.Applications[0]
	text := make([]pipeline.PageText, r.Pages)
	for i, info := range r.PageInfo {
		text[i] = pipeline.PageText{Page: info.Page, Kind: info.Kind, Lines: []extract.Text{}}
	}
	for _, key := range []string{"base_name", "contact_phone", "email", "overview"} {
		f := app.Fields[key]
		text[f.Page-1].Lines = append(text[f.Page-1].Lines, extract.Text{Text: f.Value.(string), Box: f.Box})
	}
	in := pipeline.Input{Name: "complete.pdf", Files: []pipeline.File{{Name: "complete.pdf", Data: bytes.NewReader(scan), Size: int64(len(scan))}}}
	a.sha = shaOf(scan)
	a.app = a.sha[:16] + "-1"
	app.ID = a.app
	if change != nil {
		change(&r)
	}
	if err := line.Keep(t.Context(), in, &r, text); err != nil {
		t.Fatal(err)
	}
}

// noReader reads nothing: no test has bundles read.
type noReader struct{}

// Engine implements pipeline.Reader.
func (noReader) Engine() string { return "test" }

// Read implements pipeline.Reader.
func (noReader) Read(context.Context, []ocr.Crop) ([]ocr.Reading, error) {
	return nil, errors.New("nobody reads")
}

// DecodeTIFF implements pipeline.Reader.
func (noReader) DecodeTIFF(context.Context, []byte, int) (image.Image, error) {
	return nil, errors.New("nobody reads")
}

func (a *testAPI) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.time
}

func (a *testAPI) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.time = a.time.Add(d)
}

// token makes a token for the account of a role.
func (a *testAPI) token(t *testing.T, role account.Role, rights ...account.Right) (account.Token, string) {
	t.Helper()
	made, text, err := a.accounts.AddToken(t.Context(), "test", a.users[role].ID, "test", rights, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return made, text
}

// trail gives the entries of an action in the audit trail, oldest first.
func (a *testAPI) trail(t *testing.T, action string) []audit.Entry {
	t.Helper()
	var all []audit.Entry
	for e, err := range a.audit.List(t.Context(), 0, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Action == action {
			all = append([]audit.Entry{e}, all...)
		}
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

// described holds answers against the OpenAPI document.
var described = sync.OnceValues(func() (validator.Validator, error) {
	b, err := document()
	if err != nil {
		return nil, err
	}
	doc, err := libopenapi.NewDocument(b)
	if err != nil {
		return nil, err
	}
	v, errs := validator.NewValidator(doc)
	return v, errors.Join(errs...)
})

// answerOf is an answer that was read.
type answerOf struct {
	*http.Response
	body []byte
}

// ask sends a request with a token, "" for none, and holds the answer against the OpenAPI
// document. Headers are names and values in turn.
func (a *testAPI) ask(t *testing.T, token, method, path string, body io.Reader, headers ...string) answerOf {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, a.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := answerOf{Response: resp}
	if got.body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	a.fits(t, got)
	return got
}

// fits holds an answer against the document: those of routes by their schemas, all
// others as problems.
func (a *testAPI) fits(t *testing.T, got answerOf) {
	t.Helper()
	at := got.Request.Method + " " + got.Request.URL.Path
	if got.StatusCode >= 400 && got.StatusCode != http.StatusServiceUnavailable {
		var p struct {
			Type, Title, Detail, Instance string
			Status                        int
		}
		if err := json.Unmarshal(got.body, &p); err != nil || got.Header.Get("Content-Type") != "application/problem+json" ||
			!strings.HasPrefix(p.Type, problemType) || p.Title == "" || p.Detail == "" || p.Status != got.StatusCode || !strings.HasPrefix(p.Instance, "urn:sealdesk:request:") {
			t.Errorf("%s: %s is no problem: %s", at, got.Status, got.body)
		}
	}
	probe, err := http.NewRequest(got.Request.Method, got.Request.URL.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, pattern := a.mux.Handler(probe); pattern == "" {
		return
	}
	v, err := described()
	if err != nil {
		t.Fatal(err)
	}
	resp := *got.Response
	resp.Body = io.NopCloser(bytes.NewReader(got.body))
	if ok, errs := v.ValidateHttpResponse(got.Request, &resp); !ok {
		for _, e := range errs {
			t.Errorf("%s: %s is not as described: %s: %s", at, got.Status, e.Message, e.Reason)
			for _, s := range e.SchemaValidationErrors {
				t.Errorf("  %s: %s", s.FieldPath, s.Reason)
			}
		}
		t.Errorf("it is %.600s", got.body)
	}
}

// get asks for something as a role.
func (a *testAPI) get(t *testing.T, role account.Role, path string, headers ...string) answerOf {
	t.Helper()
	return a.ask(t, a.tokens[role], http.MethodGet, path, nil, headers...)
}

// want holds an answer against a status and texts that it has.
func (g answerOf) want(t *testing.T, status int, texts ...string) answerOf {
	t.Helper()
	if g.StatusCode != status {
		t.Errorf("%s %s: %s, want %d: %.600s", g.Request.Method, g.Request.URL.Path, g.Status, status, g.body)
	}
	for _, text := range texts {
		if !strings.Contains(string(g.body), text) {
			t.Errorf("%s %s does not have %q: %.600s", g.Request.Method, g.Request.URL.Path, text, g.body)
		}
	}
	return g
}

// decoded is an answer's JSON.
func decoded[T any](t *testing.T, g answerOf) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(g.body, &v); err != nil {
		t.Fatalf("%s %s: %v: %.600s", g.Request.Method, g.Request.URL.Path, err, g.body)
	}
	return v
}

func shaOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
