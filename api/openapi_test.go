package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"sealdesk/account"
)

// operation is what the test looks at of an operation in the document.
type operation struct {
	ID       string           `json:"operationId"`
	Summary  string           `json:"summary"`
	Right    string           `json:"x-right"`
	Security *json.RawMessage `json:"security"`
	Body     struct {
		Content map[string]any `json:"content"`
	} `json:"requestBody"`
	Responses map[string]any `json:"responses"`
}

// TestDocument: the document is one of OpenAPI 3.1, and describes every route, with the
// right that it needs and what it takes, and no other.
func TestDocument(t *testing.T) {
	v, err := described()
	if err != nil {
		t.Fatal(err)
	}
	if ok, errs := v.ValidateDocument(); !ok {
		for _, e := range errs {
			t.Errorf("%s: %s", e.Message, e.Reason)
			for _, s := range e.SchemaValidationErrors {
				t.Errorf("  %s %s", s.FieldPath, s.Reason)
			}
		}
	}
	a := newAPI(t, nil)
	var doc struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}
	got := a.ask(t, "", http.MethodGet, "/api/v1/openapi.json", nil).want(t, http.StatusOK)
	if err := json.Unmarshal(got.body, &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Fatalf("it is OpenAPI %q, error %v", doc.OpenAPI, err)
	}
	described, ids := map[string]operation{}, map[string]bool{}
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			var o operation
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatal(err)
			}
			if o.ID == "" || ids[o.ID] || o.Summary == "" || o.Responses["default"] == nil {
				t.Errorf("%s %s lacks an id of its own, a summary or its problems", method, path)
			}
			ids[o.ID] = true
			described[strings.ToUpper(method)+" "+path] = o
		}
	}
	for _, rt := range a.routes() {
		o, ok := described[rt.pattern]
		delete(described, rt.pattern)
		switch {
		case !ok:
			t.Errorf("%s is not in the document", rt.pattern)
		case (rt.right == public) != (o.Security != nil && string(*o.Security) == "[]"):
			t.Errorf("%s: the document is wrong about who needs a token", rt.pattern)
		case rt.right != public && string(rt.right) != o.Right:
			t.Errorf("%s needs the right %q, and the document says %q", rt.pattern, rt.right, o.Right)
		}
		if _, takes := o.Body.Content[rt.media]; (rt.media != "") != takes || len(o.Body.Content) > 1 {
			t.Errorf("%s takes %q, and the document says %v", rt.pattern, rt.media, o.Body.Content)
		}
	}
	for left := range described {
		t.Errorf("%s is in the document alone", left)
	}
}

// TestRightsAreKnown: each route's right is one that some role has.
func TestRightsAreKnown(t *testing.T) {
	for _, rt := range newAPI(t, nil).routes() {
		some := rt.right == public || rt.right == anybody
		for _, role := range account.Roles() {
			some = some || role.May(rt.right)
		}
		if !some {
			t.Errorf("%s needs the right %q, which nobody has", rt.pattern, rt.right)
		}
	}
}
