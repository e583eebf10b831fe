package meilitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// client speaks to a stand-in as any program could.
type client struct {
	t   *testing.T
	url string
	key string
}

// ask sends a request and gives the status and the answer.
func (c client) ask(method, path, body string) (int, map[string]any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		c.t.Fatal(err)
	}
	var out map[string]any
	if len(data) > 0 && data[0] == '{' {
		if err := json.Unmarshal(data, &out); err != nil {
			c.t.Fatal(err)
		}
	}
	return resp.StatusCode, out
}

// task sends a request and waits for what it enqueued. It gives the status and
// the code of the error of the task, or of the request when nothing was taken in.
func (c client) task(method, path, body string) (status, code string) {
	c.t.Helper()
	n, answer := c.ask(method, path, body)
	if n != http.StatusAccepted {
		return fmt.Sprint(n), fmt.Sprint(answer["code"])
	}
	for {
		_, task := c.ask("GET", fmt.Sprint("/tasks/", answer["taskUid"]), "")
		switch status := task["status"]; status {
		case "enqueued", "processing":
		default:
			if e, ok := task["error"].(map[string]any); ok {
				code = e["code"].(string)
			}
			return status.(string), code
		}
	}
}

func begin(t *testing.T) client {
	s := Start(Options{Payload: 10_000})
	t.Cleanup(s.Close)
	c := client{t: t, url: s.URL}
	for _, request := range [][3]string{
		{"POST", "/indexes", `{"uid":"x","primaryKey":"k"}`},
		{"PATCH", "/indexes/x/settings", `{"sortableAttributes":["n"],"pagination":{"maxTotalHits":3}}`},
		{"PUT", "/indexes/x/settings/filterable-attributes", `["k","n","s",{"attributePatterns":["e"],"features":{"facetSearch":false,"filter":{"equality":true,"comparison":false}}}]`},
		{"POST", "/indexes/x/documents", `[{"k":"a","n":3,"s":"草原","e":"Ａ"},{"k":"b","n":1,"s":["荒漠","b"]},{"k":"c","n":2,"s":"B"},{"k":"d"}]`},
	} {
		if status, code := c.task(request[0], request[1], request[2]); status != "succeeded" {
			t.Fatalf("%v: %s %s", request, status, code)
		}
	}
	return c
}

// found gives the keys of the hits.
func found(answer map[string]any) string {
	out := ""
	hits, ok := answer["hits"].([]any)
	if !ok {
		return fmt.Sprint(answer["code"])
	}
	for _, h := range hits {
		out += h.(map[string]any)["k"].(string)
	}
	return out
}

func TestSearch(t *testing.T) {
	c := begin(t)
	for request, want := range map[string]string{
		`{}`:                                          "abc", // maxTotalHits
		`{"limit":2,"offset":1}`:                      "bc",
		`{"hitsPerPage":2,"page":2}`:                  "c",
		`{"hitsPerPage":0,"page":1}`:                  "",
		`{"sort":["n:asc"]}`:                          "bca",
		`{"sort":["n:desc"]}`:                         "acb",
		`{"sort":["s:asc"]}`:                          "invalid_search_sort",
		`{"sort":["n"]}`:                              "invalid_search_sort",
		`{"filter":"s = 草原"}`:                         "a",
		`{"filter":"s = 'b'"}`:                        "bc", // folded to lower case
		`{"filter":"e = a"}`:                          "a",  // and from full width
		`{"filter":"n = 2"}`:                          "c",
		`{"filter":"n 2 TO 3"}`:                       "ac",
		`{"filter":"s \"a\" TO \"z\""}`:               "bc",
		`{"filter":"e a TO z"}`:                       "invalid_search_filter", // equality only
		`{"filter":"x = a"}`:                          "invalid_search_filter",
		`{"filter":["s = 草原","n = 3"]}`:               "a",
		`{"filter":[["s = 草原","n = 1"],"NOT k = a"]}`: "b",
		`{"filter":"NOT s IN [草原, 荒漠]"}`:              "cd",
		`{"filter":"s NOT IN [草原, 荒漠] AND n EXISTS"}`: "c",
		`{"filter":"(n = 1 OR n = 2) AND s != b"}`:    "",
		`{"filter":"n = 1 OR n = 2 AND s = 草原"}`:      "b",
		`{"filter":"k IN []"}`:                        "",
		`{"filter":"k = "}`:                           "invalid_search_filter",
		`{"filter":"k a"}`:                            "invalid_search_filter",
		`{"filter":"k = a k = b"}`:                    "invalid_search_filter",
		`{"filter":"(k = a"}`:                         "invalid_search_filter",
		`{"filter":"k = AND"}`:                        "invalid_search_filter",
		`{"filter":"k = \"a"}`:                        "invalid_search_filter",
		`{"filter":7}`:                                "invalid_search_filter",
		`{"filter":"` + strings.Repeat("(", 60) + `k = a` + strings.Repeat(")", 60) + `"}`: "invalid_search_filter",
		`{"facets":["e","x"]}`:                  "invalid_search_facets",
		`{"q":"草原"}`:                            "invalid_search_q",
		`{"limits":2}`:                          "bad_request",
		`{"limit":-1}`:                          "bad_request",
		`{"limit":"2"}`:                         "bad_request",
		`{`:                                     "malformed_payload",
		``:                                      "invalid_content_type",
		`"` + strings.Repeat("x", 10_000) + `"`: "payload_too_large",
	} {
		if _, answer := c.ask("POST", "/indexes/x/search", request); found(answer) != want {
			t.Errorf("%.200s finds %s, want %s", request, found(answer), want)
		}
	}
	if _, answer := c.ask("POST", "/indexes/none/search", `{}`); answer["code"] != "index_not_found" {
		t.Errorf("an index that is not there gives %v", answer)
	}
	_, answer := c.ask("POST", "/indexes/x/search", `{"facets":["s","n"],"hitsPerPage":0}`)
	want := map[string]any{"s": map[string]any{"草原": 1.0, "荒漠": 1.0, "b": 2.0}, "n": map[string]any{"1": 1.0, "2": 1.0, "3": 1.0}}
	if got := answer["facetDistribution"]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("facets %v, want %v", got, want)
	}
}

func TestTasks(t *testing.T) {
	c := begin(t)
	long := strings.Repeat("x", maxFacetValue+1)
	for _, test := range [][]string{
		{"POST", "/indexes", `{"uid":"x"}`, "failed", "index_already_exists"},
		{"POST", "/indexes", `{"uid":"a b"}`, "400", "invalid_index_uid"},
		{"POST", "/indexes", `{"id":"a"}`, "400", "bad_request"},
		{"POST", "/indexes/x/documents", `[{"k":"a/b"}]`, "failed", "invalid_document_id"},
		{"POST", "/indexes/x/documents", `[{"k":"` + strings.Repeat("x", 512) + `"}]`, "failed", "invalid_document_id"},
		{"POST", "/indexes/x/documents", `[{"n":1}]`, "failed", "missing_document_id"},
		{"POST", "/indexes/x/documents?id=k", `[]`, "400", "bad_request"},
		{"POST", "/indexes/y/documents", `[{"k":"a"}]`, "failed", "index_primary_key_no_candidate_found"},
		{"POST", "/indexes/x/documents/delete-batch", `["none"]`, "succeeded", ""},
		{"DELETE", "/indexes/none", "", "failed", "index_not_found"},
		{"POST", "/swap-indexes", `[{"indexes":["x","none"]}]`, "failed", "index_not_found"},
		{"POST", "/swap-indexes", `[{"indexes":["x","x"]}]`, "400", "invalid_swap_indexes"},
		{"PATCH", "/indexes/x/settings", `{"sortable":["n"]}`, "400", "bad_request"},
		{"PATCH", "/indexes/x/settings", `{"rankingRules":["best"]}`, "400", "invalid_settings_ranking_rules"},
		{"PATCH", "/indexes/x/settings", `{"localizedAttributes":[{"attributePatterns":["*"],"locales":["xx"]}]}`, "400", "invalid_settings_localized_attributes"},
		{"PATCH", "/indexes/x/settings", `{"typoTolerance":{"minWordSizeForTypos":{"oneTypo":9,"twoTypos":5}}}`, "400", "invalid_settings_typo_tolerance"},
		{"PUT", "/indexes/x/settings/filterable-attributes", `[{"attributes":["n"]}]`, "400", "invalid_settings_filterable_attributes"},
	} {
		if status, code := c.task(test[0], test[1], test[2]); status != test[3] || code != test[4] {
			t.Errorf("%.100q is %s %s, want %s", test[:3], status, code, test[3:])
		}
	}
	// A value is cut where it is longer than the server keeps.
	if status, _ := c.task("POST", "/indexes/x/documents", `[{"k":"long","s":"`+long+`"}]`); status != "succeeded" {
		t.Fatal(status)
	}
	for value, want := range map[string]string{long: "", long[:maxFacetValue]: "long"} {
		if _, answer := c.ask("POST", "/indexes/x/search", `{"filter":"s = `+value+`"}`); found(answer) != want {
			t.Errorf("a value of %d bytes finds %q", len(value), found(answer))
		}
	}
}

func TestKeys(t *testing.T) {
	s := Start(Options{Master: "master", Keys: []Key{
		{"writer", []string{"documents.*", "indexes.create", "indexes.swap", "tasks.get"}, []string{"x*"}},
		{"reader", []string{"search"}, []string{"*"}},
	}})
	t.Cleanup(s.Close)
	ask := func(key, method, path, body string) (int, map[string]any) {
		return client{t, s.URL, key}.ask(method, path, body)
	}
	for _, test := range []struct {
		key, method, path, body string
		want                    int
	}{
		{"", "GET", "/health", "", 200},
		{"", "GET", "/version", "", 401},
		{"wrong", "GET", "/version", "", 403},
		{"reader", "GET", "/version", "", 403},
		{"master", "GET", "/version", "", 200},
		{"writer", "POST", "/indexes", `{"uid":"x1"}`, 202},
		{"writer", "POST", "/indexes", `{"uid":"y1"}`, 403},
		{"reader", "POST", "/indexes", `{"uid":"x1"}`, 403},
		{"writer", "POST", "/indexes/x1/documents", `[]`, 202},
		{"writer", "POST", "/indexes/y1/documents", `[]`, 403},
		{"writer", "POST", "/indexes/x1/search", `{}`, 403},
		{"writer", "POST", "/swap-indexes", `[{"indexes":["x1","y1"]}]`, 403},
		{"writer", "POST", "/swap-indexes", `[{"indexes":["x1","x2"]}]`, 202},
		{"master", "GET", "/none", "", 404},
	} {
		if got, _ := ask(test.key, test.method, test.path, test.body); got != test.want {
			t.Errorf("%+v: status %d", test, got)
		}
	}
	_, all := ask("master", "GET", "/tasks?types=indexSwap", "")
	swaps := all["results"].([]any)
	if len(swaps) != 1 {
		t.Fatalf("%d swaps in the list, want the one taken in", len(swaps))
	}
	// A key for some indexes sees no task that is for several.
	path := fmt.Sprint("/tasks/", swaps[0].(map[string]any)["uid"])
	if status, _ := ask("writer", "GET", path, ""); status != 404 {
		t.Errorf("a limited key sees a swap: %d", status)
	}
	if status, _ := ask("master", "GET", path, ""); status != 200 {
		t.Errorf("the master key does not see a swap: %d", status)
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"a = b", `(a "x" TO 'y' OR NOT b IN [c, "d",]) AND e NOT EXISTS`, "NOT NOT a != 1", "a IN [", "((", "\xff = \x00", `a = "\`} {
		f.Add(seed)
	}
	d := &document{facet: map[string]facetValues{"a": {strings: []string{"b", "x"}, numbers: []float64{1}}}}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseFilter(text)
		if err != nil || parsed == nil {
			return
		}
		if parsed.matches(d) == (notFilter{parsed}).matches(d) {
			t.Errorf("%q and its opposite are the same", text)
		}
		var names []string
		if err := parsed.attributes(func(a string, _ bool) error { names = append(names, a); return nil }); err != nil || len(names) == 0 {
			t.Errorf("%q has the attributes %q, %v", text, names, err)
		}
	})
}
