package meili_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/index"
	"sealdesk/index/meili"
	"sealdesk/index/meili/meilitest"
)

// refill gives a fill of one document.
func refill(d index.Document) func(func([]index.Document) error) error {
	return func(put func([]index.Document) error) error { return put([]index.Document{d}) }
}

// alone fails when the server has another index than the one in use.
func alone(t *testing.T, server *meilitest.Server) {
	t.Helper()
	if got := server.Indexes(); !slices.Equal(got, []string{"office"}) {
		t.Errorf("the server has the indexes %q, want the one in use", got)
	}
}

// TestReplaceFails: whatever breaks, the old index serves on.
func TestReplaceFails(t *testing.T) {
	var fail atomic.Value
	fail.Store("")
	server, o := start(t, meilitest.Options{Outcome: func(task meilitest.Task) meilitest.Outcome {
		if kind := fail.Load().(string); kind != "" && task.Type == kind && task.Index != "office" {
			return meilitest.Fail
		}
		return meilitest.Succeed
	}})
	x := mustOpen(t, o)
	mustPut(t, x, doc("a", "草原"))
	for _, kind := range []string{"indexCreation", "settingsUpdate", "documentAdditionOrUpdate", "indexSwap"} {
		fail.Store(kind)
		if err := x.Replace(t.Context(), refill(doc("b", "荒漠"))); err == nil {
			t.Errorf("a %s that fails gives no error", kind)
		}
		fail.Store("")
		expect(t, x, "", "a")
		alone(t, server)
	}
	broken := errors.New("the store is gone")
	if err := x.Replace(t.Context(), func(func([]index.Document) error) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a fill that fails gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := x.Replace(ctx, func(put func([]index.Document) error) error {
		cancel()
		return put([]index.Document{doc("b", "荒漠")})
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled replace gives %v", err)
	}
	expect(t, x, "", "a")
	alone(t, server)
	if err := x.Replace(t.Context(), refill(doc("b", "荒漠"))); err != nil {
		t.Fatal(err)
	}
	expect(t, x, "", "b")
	alone(t, server)
}

// TestSwapAnswerLost: whether the server did a swap of which the answer was
// lost is found out, and it is not swapped back.
func TestSwapAnswerLost(t *testing.T) {
	for name, taken := range map[string]bool{"taken": true, "not taken": false} {
		t.Run(name, func(t *testing.T) {
			var swaps atomic.Int64
			var server *meilitest.Server
			lose := func(r *http.Request) (int, http.Header) {
				if r.URL.Path != "/swap-indexes" || swaps.Add(1) > 1 {
					return 0, nil
				}
				if taken {
					again := r.Clone(context.WithoutCancel(r.Context()))
					again.RequestURI = ""
					again.URL.Scheme, again.URL.Host = "http", r.Host
					resp, err := http.DefaultClient.Do(again)
					if err == nil {
						err = resp.Body.Close()
					}
					if err != nil {
						t.Error(err)
					}
				}
				return http.StatusBadGateway, nil
			}
			server, o := start(t, meilitest.Options{Refuse: lose})
			x := mustOpen(t, o)
			mustPut(t, x, doc("a", "草原"))
			err := x.Replace(t.Context(), refill(doc("b", "荒漠")))
			if taken {
				if err != nil {
					t.Error(err)
				}
				expect(t, x, "", "b")
			} else {
				if err == nil {
					t.Error("a swap that was not done gives no error")
				}
				expect(t, x, "", "a")
			}
			alone(t, server)
		})
	}
}

// TestOrphans: what a run that was killed left behind goes, what another one may
// be filling stays.
func TestOrphans(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	x := mustOpen(t, o)
	for _, uid := range []string{"office-new-old", "office-new-young", "office-newer"} {
		send(t, http.MethodPost, server.URL+"/indexes", map[string]string{"uid": uid, "primaryKey": "key"})
	}
	mustPut(t, x, doc("a", "草原"))
	server.Age("office-new-old", 2*time.Hour)
	server.Age("office-newer", 2*time.Hour)
	report, err := meili.Check(t.Context(), o)
	if err != nil || !report.OK() || !strings.Contains(report.String(), "留下了 office-new-old") {
		t.Errorf("check gives %v, %v", report, err)
	}
	expect(t, mustOpen(t, o), "", "a")
	if got := server.Indexes(); !slices.Equal(got, []string{"office", "office-new-young", "office-newer"}) {
		t.Errorf("the server has the indexes %q", got)
	}
}

// TestDeletedUnderWay: somebody deletes the new index, which the server then
// makes again without settings.
func TestDeletedUnderWay(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	x := mustOpen(t, o)
	mustPut(t, x, doc("a", "草原"))
	err := x.Replace(t.Context(), func(put func([]index.Document) error) error {
		for _, uid := range server.Indexes() {
			if uid != "office" {
				send(t, http.MethodDelete, server.URL+"/indexes/"+uid, nil)
			}
		}
		return put([]index.Document{doc("b", "荒漠")})
	})
	if err == nil {
		t.Error("an index without settings took over")
	}
	expect(t, x, "", "a")
	alone(t, server)
}

// TestSpoiledUnderWay: somebody changes the settings of the new index, with which
// its answers would be wrong.
func TestSpoiledUnderWay(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	x := mustOpen(t, o)
	mustPut(t, x, doc("a", "草原"))
	err := x.Replace(t.Context(), func(put func([]index.Document) error) error {
		for _, uid := range server.Indexes() {
			if uid != "office" {
				send(t, http.MethodPut, server.URL+"/indexes/"+uid+"/settings/sortable-attributes", []string{})
			}
		}
		return put([]index.Document{doc("b", "荒漠")})
	})
	if !errors.Is(err, index.ErrRebuild) {
		t.Errorf("replace gives %v, want what is wrong with the new index", err)
	}
	expect(t, x, "", "a")
	alone(t, server)
}

// TestOtherProcess: what another process changes while the index is replaced is
// in the new one, also when it comes between the last look and the swap.
func TestOtherProcess(t *testing.T) {
	for name, replace := range map[string]func(x *meili.Index, o meili.Options, fill func(func([]index.Document) error) error) error{
		"of an open index": func(x *meili.Index, _ meili.Options, fill func(func([]index.Document) error) error) error {
			return x.Replace(t.Context(), fill)
		},
		"of one not open here": func(_ *meili.Index, o meili.Options, fill func(func([]index.Document) error) error) error {
			return meili.Replace(t.Context(), o, fill)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var other atomic.Pointer[meili.Index]
			swap := func(r *http.Request) (int, http.Header) {
				if y := other.Load(); y != nil && r.URL.Path == "/swap-indexes" {
					if err := errors.Join(y.Put(r.Context(), []index.Document{doc("late", "晚到")}), y.Delete(r.Context(), "bundle-b")); err != nil {
						t.Error(err)
					}
				}
				return 0, nil
			}
			_, o := start(t, meilitest.Options{Refuse: swap})
			x, y := mustOpen(t, o), mustOpen(t, o)
			mustPut(t, x, doc("a", "草原"), doc("b", "荒漠"), doc("c", "湿地"), doc("d", "森林"))
			other.Store(y)
			err := replace(x, o, func(put func([]index.Document) error) error {
				mustPut(t, y, doc("early", "早到"))
				if err := y.Delete(t.Context(), "bundle-c"); err != nil {
					return err
				}
				return put([]index.Document{doc("a", "草原"), doc("b", "荒漠"), doc("c", "湿地")})
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, z := range []*meili.Index{x, y} {
				expect(t, z, "", "a", "early", "late")
				expect(t, z, "晚到", "late")
			}
		})
	}
}

// TestReplaceFirst: there need be no index to replace.
func TestReplaceFirst(t *testing.T) {
	server, o := start(t, meilitest.Options{})
	if err := meili.Replace(t.Context(), o, refill(doc("b", "荒漠"))); err != nil {
		t.Fatal(err)
	}
	expect(t, mustOpen(t, o), "荒漠", "b")
	alone(t, server)
}
