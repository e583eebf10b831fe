package meili_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	random "math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/index"
	"sealdesk/index/indextest"
	"sealdesk/index/meili"
	"sealdesk/index/meili/meilitest"
)

// The keys of the stand-in: the administrator's, and one with no more rights
// than are asked for.
const (
	master  = "master-key-of-the-server"
	limited = "key-of-the-program"
)

func start(t *testing.T, o meilitest.Options) (*meilitest.Server, meili.Options) {
	t.Helper()
	o.Master = master
	o.Keys = append(o.Keys, meilitest.Key{Key: limited, Actions: meili.Actions, Indexes: []string{"office*"}})
	server := meilitest.Start(o)
	t.Cleanup(server.Close)
	return server, meili.Options{URL: server.URL, Key: limited, Prefix: "office"}
}

// TestConformance runs against the stand-in, with a limited key.
func TestConformance(t *testing.T) {
	_, o := start(t, meilitest.Options{})
	conform(t, o)
}

// TestConformanceReal runs against a real server.
func TestConformanceReal(t *testing.T) {
	url := os.Getenv("SEALDESK_TEST_MEILI")
	if url == "" {
		t.Skip("SEALDESK_TEST_MEILI names no Meilisearch server (SEALDESK_TEST_MEILI_KEY is its key)")
	}
	o := meili.Options{URL: url, Key: os.Getenv("SEALDESK_TEST_MEILI_KEY"), Prefix: "sealdesk-test"}
	report, err := meili.Check(t.Context(), o)
	if err != nil || !report.OK() {
		t.Fatalf("%v\n%v", report, err)
	}
	conform(t, o)
}

// conform runs the suite with an index of its own for each test.
func conform(t *testing.T, o meili.Options) {
	indextest.Run(t, func(t *testing.T) index.Index {
		o := o
		o.Prefix += "-" + strings.ToLower(rand.Text()[:12])
		x, err := meili.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := meili.Remove(context.Background(), o); err != nil {
				t.Error(err)
			}
		})
		return x
	})
}

func mustOpen(t *testing.T, o meili.Options) *meili.Index {
	t.Helper()
	x, err := meili.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func doc(id, text string) index.Document {
	return index.Document{ID: id, Bundle: "bundle-" + id, Pages: []index.Page{{Number: 1, Text: text}}}
}

func mustPut(t *testing.T, x *meili.Index, docs ...index.Document) {
	t.Helper()
	if err := x.Put(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, x *meili.Index, text string, want ...string) {
	t.Helper()
	found, err := x.Search(t.Context(), index.Query{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range found.Hits {
		got = append(got, h.Document.ID)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || found.Total != len(want) {
		t.Errorf("%q finds %q (total %d), want %q", text, got, found.Total, want)
	}
}

// send asks the stand-in itself, as its administrator.
func send(t *testing.T, method, url string, body any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+master)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s", method, url, resp.Status)
	}
}

func TestReopen(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	x := mustOpen(t, o)
	mustPut(t, x, doc("a", "草原"))
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Search(t.Context(), index.Query{}); err == nil {
		t.Error("a closed index answers")
	}
	if err := x.Put(t.Context(), []index.Document{doc("b", "")}); err == nil {
		t.Error("a closed index takes documents")
	}
	expect(t, mustOpen(t, o), "草原", "a")
	if got := server.Indexes(); !slices.Equal(got, []string{"office"}) {
		t.Errorf("the server has the indexes %q", got)
	}
}

// TestRefused: a server that is busy or starts anew is asked again.
func TestRefused(t *testing.T) {
	var asked atomic.Int64
	_, o := start(t, meilitest.Options{Refuse: func(*http.Request) (int, http.Header) {
		switch asked.Add(1) % 9 {
		case 1:
			return http.StatusTooManyRequests, nil
		case 4:
			return http.StatusServiceUnavailable, nil
		case 5:
			return http.StatusBadGateway, nil
		}
		return 0, nil
	}})
	x := mustOpen(t, o)
	mustPut(t, x, doc("a", "草原"))
	expect(t, x, "草原", "a")
}

// TestRefusedForLong: nobody waits for a server that asks for an hour, nor
// longer than the context allows.
func TestRefusedForLong(t *testing.T) {
	var refusing atomic.Bool
	var after atomic.Value
	after.Store("3600")
	_, o := start(t, meilitest.Options{Refuse: func(*http.Request) (int, http.Header) {
		if !refusing.Load() {
			return 0, nil
		}
		return http.StatusTooManyRequests, http.Header{"Retry-After": {after.Load().(string)}}
	}})
	x := mustOpen(t, o)
	refusing.Store(true)
	if err := x.Put(t.Context(), []index.Document{doc("a", "草原")}); err == nil || !strings.Contains(err.Error(), "too_many_search_requests") {
		t.Errorf("put gives %v, want what the server said", err)
	}
	after.Store("30")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := x.Search(ctx, index.Query{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("search gives %v, want that its time is up", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v to give up", took)
	}
}

func TestTaskFails(t *testing.T) {
	var outcome atomic.Int64
	_, o := start(t, meilitest.Options{Outcome: func(task meilitest.Task) meilitest.Outcome {
		if task.Type == "documentAdditionOrUpdate" {
			return meilitest.Outcome(outcome.Load())
		}
		return meilitest.Succeed
	}})
	x := mustOpen(t, o)
	for what, said := range map[meilitest.Outcome]string{meilitest.Fail: "told to fail", meilitest.Cancel: "canceled"} {
		outcome.Store(int64(what))
		if err := x.Put(t.Context(), []index.Document{doc("a", "草原")}); err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("put gives %v, want that the task was %q", err, said)
		}
		expect(t, x, "")
	}
	outcome.Store(int64(meilitest.Succeed))
	mustPut(t, x, doc("a", "草原"))
	expect(t, x, "", "a")
}

// TestCancelWhileWaiting: the server takes a change in and does not get to it.
func TestCancelWhileWaiting(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	x := mustOpen(t, o)
	mustPut(t, x, doc("a", "草原"))
	server.Pause(true)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	for range 2 { // one waits for the server, the other for the first
		go func() { failed <- x.Put(ctx, []index.Document{doc("b", "荒漠")}) }()
	}
	expect(t, x, "", "a")
	begun := time.Now()
	cancel()
	for range 2 {
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("put gives %v, want that it was cancelled", err)
		}
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v to give up", took)
	}
	server.Pause(false)
	mustPut(t, x, doc("c", "湿地"))
	expect(t, x, "湿地", "c")
}

// TestKeyIsSecret: the key appears nowhere but in the header of a request.
func TestKeyIsSecret(t *testing.T) {
	const secret = "do-not-print-me"
	server, o := start(t, meilitest.Options{})
	said := func(what string, v any) {
		t.Helper()
		for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			if text := fmt.Sprintf(form, v); strings.Contains(text, secret) || strings.Contains(text, limited) {
				t.Errorf("%s printed with %s is %s", what, form, text)
			}
		}
	}
	said("index", mustOpen(t, o))
	o.Key = secret
	said("options", o)
	said("options", &o)
	said("options in something else", struct{ O []meili.Options }{[]meili.Options{o}})
	if data, err := json.Marshal(o); err != nil || strings.Contains(string(data), secret) {
		t.Errorf("options in JSON are %s, %v", data, err)
	}
	_, err := meili.Open(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "invalid_api_key") {
		t.Errorf("a wrong key gives %v", err)
	}
	said("error", err)
	report, err := meili.Check(t.Context(), o)
	said("report", report)
	said("error", err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, url := range []string{"http://127.0.0.1:1/" + secret, "http://x:" + secret + "@127.0.0.1:1", "127.0.0.1:" + secret, "ftp://" + secret, server.URL + "/?key=" + secret} {
		o.URL = url
		_, err := meili.Open(ctx, o)
		if err == nil {
			t.Errorf("opened %s", url)
		}
		said("error", err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []meili.Options{
		{}, {URL: "127.0.0.1:7700"}, {URL: "http://"}, {URL: "http://127.0.0.1:1", Prefix: "办公室"}, {URL: "http://127.0.0.1:1", Prefix: "a/b"},
	} {
		if _, err := meili.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "index/meili") {
			t.Errorf("options %v give %v", o, err)
		}
	}
}

// TestSettingsChanged: an index whose answers could be wrong is not used, until
// it is replaced.
func TestSettingsChanged(t *testing.T) {
	for name, value := range map[string]any{
		"filterable-attributes": []string{"find_text_0", "key"},
		"sortable-attributes":   []string{},
		"displayed-attributes":  []string{"id"},
		"ranking-rules":         []string{"words"},
		"distinct-attribute":    "bundle",
		"pagination":            map[string]int{"maxTotalHits": 1000},
		"faceting":              map[string]int{"maxValuesPerFacet": 100},
	} {
		t.Run(name, func(t *testing.T) {
			server, o := start(t, meilitest.Options{})
			x := mustOpen(t, o)
			mustPut(t, x, doc("a", "草原"))
			method := http.MethodPut
			if _, object := value.(map[string]int); object {
				method = http.MethodPatch
			}
			send(t, method, server.URL+"/indexes/office/settings/"+name, value)
			mustPut(t, mustOpen(t, meili.Options{URL: o.URL, Key: o.Key, Prefix: "office-2"}), doc("later", "")) // the setting is done by now
			if _, err := meili.Open(t.Context(), o); !errors.Is(err, index.ErrRebuild) {
				t.Fatalf("open gives %v, want ErrRebuild", err)
			}
			if report, err := meili.Check(t.Context(), o); err != nil || report.OK() || !strings.Contains(report.String(), "sealdesk reindex") {
				t.Errorf("check gives %v, %v, want what to do", report, err)
			}
			err := meili.Replace(t.Context(), o, func(put func([]index.Document) error) error {
				return put([]index.Document{doc("b", "荒漠")})
			})
			if err != nil {
				t.Fatal(err)
			}
			x = mustOpen(t, o)
			expect(t, x, "", "b")
			expect(t, x, "荒漠", "b")
		})
	}
}

// TestSettingsOfOthers: what only other programs use may be as it is liked.
func TestSettingsOfOthers(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	mustPut(t, mustOpen(t, o), doc("a", "草原"))
	send(t, http.MethodPut, server.URL+"/indexes/office/settings/dictionary", []string{"塔林草原"})
	send(t, http.MethodPut, server.URL+"/indexes/office/settings/stop-words", []string{"的"})
	expect(t, mustOpen(t, o), "草原", "a")
}

// TestHalfMade: an index that was made and not set up is set up.
func TestHalfMade(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	send(t, http.MethodPost, server.URL+"/indexes", map[string]string{"uid": "office", "primaryKey": "key"})
	x := mustOpen(t, o)
	mustPut(t, x, doc("a", "草原"))
	expect(t, x, "草原", "a")
}

// TestBatches puts more than the server takes in one request.
func TestBatches(t *testing.T) {
	_, o := start(t, meilitest.Options{Payload: 9 << 20})
	x := mustOpen(t, o)
	chance := random.New(random.NewPCG(1, 2))
	var docs []index.Document
	var want []string
	for i := range 5 {
		var text strings.Builder
		for range 60_000 {
			text.WriteRune(0x4e00 + chance.Int32N(20_000))
		}
		docs = append(docs, doc(fmt.Sprint(i), text.String()))
		want = append(want, fmt.Sprint(i))
	}
	mustPut(t, x, docs...)
	expect(t, x, "", want...)
}
