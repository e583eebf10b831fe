package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/storage"
)

// TestProblems: whatever goes wrong is a problem, which says what and no more.
func TestProblems(t *testing.T) {
	a := newAPI(t, nil)
	clerk := a.tokens[account.Clerk]
	app := "/api/v1/applications/" + a.app
	for _, tc := range []struct {
		method, path, media, body string
		status                    int
		kind                      string
	}{
		{"GET", "/api/v1/no-such", "", "", 404, "not-found"},
		{"GET", "/api/", "", "", 404, "not-found"},
		{"GET", "/api/v1/bundles/" + strings.Repeat("0", 64), "", "", 404, "not-found"},
		{"GET", "/api/v1/bundles/..%2f..%2fetc%2fpasswd", "", "", 404, "not-found"},
		{"GET", "/api/v1/bundles/" + a.sha + "/pages/99", "", "", 404, "not-found"},
		{"GET", "/api/v1/bundles/" + a.sha + "/pages/01", "", "", 404, "not-found"},
		{"GET", "/api/v1/applications/no-such", "", "", 404, "not-found"},
		{"GET", "/api/v1/applications/" + a.app + "9", "", "", 404, "not-found"},
		{"DELETE", "/api/v1/bundles", "", "", 405, "method"},
		{"PUT", "/api/v1/search", "", "", 405, "method"},
		{"POST", "/healthz", "", "", 405, "method"},
		{"POST", "/api/v1/bundles", "application/json", "{}", 415, "media"},
		{"POST", "/api/v1/bundles", "", "x", 415, "media"},
		{"POST", "/api/v1/bundles", "multipart/form-data", "x", 400, "request"},
		{"POST", "/api/v1/bundles", "multipart/form-data; boundary=x", "no form", 422, "no-files"},
		{"POST", "/api/v1/bundles", "multipart/form-data; boundary=x", "--x--\r\n", 422, "no-files"},
		{"POST", app + "/corrections", "text/plain", "{}", 415, "media"},
		{"POST", app + "/corrections", "application/json", "{", 400, "request"},
		{"POST", app + "/corrections", "application/json", `{"base":0}{}`, 400, "request"},
		{"POST", app + "/corrections", "application/json", `{"base":0,"no":1}`, 400, "request"},
		{"POST", app + "/corrections", "application/json", `{"note":"` + strings.Repeat("x", correctionBytes) + `"}`, 413, "too-large"},
		{"GET", "/api/v1/search?verdict=good&page=0&colour=red&limit=x", "", "", 400, "parameter"},
		{"GET", "/api/v1/bundles?before=yesterday", "", "", 400, "parameter"},
		{"GET", "/api/v1/bundles?state=x", "", "", 400, "parameter"},
		{"GET", "/api/v1/bundles?limit=1&limit=2", "", "", 400, "parameter"},
		{"GET", "/api/v1/bundles/" + a.sha + "/pages/1?width=99999", "", "", 400, "parameter"},
		{"POST", "/api/v1/bundles/" + a.sha + "/cancel", "", "", 409, "state"},
		{"POST", "/api/v1/bundles/" + strings.Repeat("f", 64) + "/retry", "", "", 404, "not-found"},
	} {
		got := a.ask(t, clerk, tc.method, tc.path, strings.NewReader(tc.body), "Content-Type", tc.media)
		p := decoded[struct{ Type, Title string }](t, got.want(t, tc.status))
		if p.Type != problemType+tc.kind || p.Title != kinds[tc.kind].title.zh || got.Header.Get("Content-Language") != chinese {
			t.Errorf("%s %s: it is %q, %q, want %s", tc.method, tc.path, p.Type, p.Title, tc.kind)
		}
		if tc.status == http.StatusMethodNotAllowed && got.Header.Get("Allow") == "" {
			t.Errorf("%s %s: nobody says which method would do", tc.method, tc.path)
		}
	}
	got := a.get(t, account.Clerk, "/api/v1/search?verdict=good&page=0&colour=red").want(t, 400)
	wrong := decoded[struct{ Errors []parameterError }](t, got).Errors
	if len(wrong) != 3 || wrong[0].Parameter != "colour" || wrong[1].Parameter != "page" || wrong[2].Parameter != "verdict" {
		t.Errorf("wrong are %+v", wrong)
	}
	for asked, want := range map[string]string{"en": english, "en-GB,zh;q=0.5": english, "zh-TW": chinese, ";;": chinese, "": chinese} {
		got := a.get(t, account.Clerk, "/api/v1/no-such", "Accept-Language", asked).want(t, 404)
		if got.Header.Get("Content-Language") != want || want == english && !strings.Contains(string(got.body), "no such address") {
			t.Errorf("for %q it is %s", asked, got.body)
		}
	}
}

// TestUnauthorized: who has no good token is told how to come in, and those who try many
// are slowed down, but nobody else behind their address.
func TestUnauthorized(t *testing.T) {
	a := newAPI(t, nil)
	got := a.ask(t, "", "GET", "/api/v1/me", nil).want(t, 401, "urn:sealdesk:problem:no-token")
	if got.Header.Get("WWW-Authenticate") != `Bearer realm="sealdesk"` {
		t.Errorf("the challenge is %q", got.Header.Get("WWW-Authenticate"))
	}
	a.ask(t, "", "GET", "/api/v1/me", nil, "Authorization", "Basic Y2xlcms6eA==").want(t, 401, "no-token")
	for i := range 60 {
		got = a.ask(t, fmt.Sprintf("sealdesk_%052d", i), "GET", "/api/v1/me", nil)
		if got.StatusCode != 401 {
			break
		}
		if !strings.Contains(got.Header.Get("WWW-Authenticate"), "invalid_token") {
			t.Errorf("the challenge is %q", got.Header.Get("WWW-Authenticate"))
		}
	}
	got.want(t, 429, "throttled")
	if got.Header.Get("Retry-After") == "" {
		t.Error("nobody says how long to wait")
	}
	refused := a.trail(t, audit.TokenRefused)
	if len(refused) == 0 || len(refused) > 40 || strings.Contains(fmt.Sprint(refused), "sealdesk_") {
		t.Errorf("the trail has %d refusals", len(refused))
	}
	a.get(t, account.Clerk, "/api/v1/me").want(t, 200, `"role":"clerk"`, `"intake"`)
	if said := a.log.String(); strings.Contains(said, "sealdesk_") {
		t.Error("the log has a token")
	}
}

// TestNothingInside: an answer says nothing of where and how the program failed.
func TestNothingInside(t *testing.T) {
	a := newAPI(t, nil)
	inside := filepath.Join(t.TempDir(), "secret-place")
	for _, err := range []error{
		fmt.Errorf("open %s: %w", inside, storage.ErrCorrupt), fmt.Errorf("write %s: %w", inside, storage.ErrFull), nil,
	} {
		rt := route{pattern: "GET /", right: public, handler: func(http.ResponseWriter, *http.Request) error {
			if err == nil {
				panic(inside)
			}
			return err
		}}
		w := httptest.NewRecorder()
		a.logged(a.serve(rt)).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		var p map[string]any
		if e := json.Unmarshal(w.Body.Bytes(), &p); e != nil || w.Code < 500 || p["instance"] == nil || strings.Contains(w.Body.String(), "secret-place") {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		if id := strings.TrimPrefix(fmt.Sprint(p["instance"]), "urn:sealdesk:request:"); !strings.Contains(a.log.String(), id) {
			t.Errorf("the log does not have request %s", id)
		}
	}
	if !strings.Contains(a.log.String(), "secret-place") {
		t.Error("the log does not say what went wrong")
	}
}

// TestKinds: every kind of problem has its words in both languages, and a status that its
// errors have.
func TestKinds(t *testing.T) {
	for name, k := range kinds {
		if k.status < 400 || k.status > 599 || k.title.zh == "" || k.title.en == "" || k.detail.zh == "" || k.detail.en == "" {
			t.Errorf("%s is %+v", name, k)
		}
	}
}
