package meili_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sealdesk/index"
	"sealdesk/index/meili"
	"sealdesk/index/meili/meilitest"
)

// TestPutWhileSearching: what others put between the requests of a search takes no
// place from what was there before.
func TestPutWhileSearching(t *testing.T) {
	var searches atomic.Int64
	var other *meili.Index
	between := func(r *http.Request) (int, http.Header) {
		if other == nil || !strings.HasSuffix(r.URL.Path, "/search") || searches.Add(1) != 2 {
			return 0, nil
		}
		if err := other.Put(t.Context(), []index.Document{doc("a", "草原")}); err != nil {
			t.Error(err)
		}
		return 0, nil
	}
	_, o := start(t, meilitest.Options{Refuse: between})
	x, y := mustOpen(t, o), mustOpen(t, o)
	mustPut(t, x, doc("b", "草原"))
	other = y
	found, err := x.Search(t.Context(), index.Query{Text: "草原", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(found.Hits, func(h index.Hit) bool { return h.Document.ID == "b" }) {
		t.Errorf("b is not among the %d hits, as a was put while the search ran", len(found.Hits))
	}
	if found.Total < len(found.Hits) {
		t.Errorf("%d hits of %d in all", len(found.Hits), found.Total)
	}
	if searches.Load() < 2 {
		t.Error("nothing was put while the search ran")
	}
}
