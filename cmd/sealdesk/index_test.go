package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/config"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
	"sealdesk/storage/dir"
)

// While another process holds the index, no bundle is lost by it; a search says
// what is the matter; and afterwards all goes on.
func TestIndexHeld(t *testing.T) {
	folder := t.TempDir()
	store, err := dir.Open(filepath.Join(folder, "store"))
	must(t, err)
	defer store.Close()
	c, err := config.Parse("", []byte("data: "+folder))
	must(t, err)
	x := (&options{Config: c}).index(store, io.Discard)
	x.engine.(*briefIndex).patience = 0

	holder, err := bleve.Open(filepath.Join(folder, "index"))
	must(t, err)
	doc := index.Document{ID: "a-1", Bundle: "a", BaseName: "草原生态基地"}
	must(t, x.Put(t.Context(), []index.Document{doc}))
	if x.missed != 1 || !errors.Is(x.trouble, index.ErrLocked) {
		t.Errorf("missed %d, %v; want 1 and ErrLocked", x.missed, x.trouble)
	}
	if _, err := x.Search(t.Context(), index.Query{}); err == nil || !strings.Contains(err.Error(), "正被另一个 sealdesk 使用") {
		t.Errorf("search says %v", err)
	}
	must(t, holder.Close())

	must(t, x.Put(t.Context(), []index.Document{doc}))
	found, err := x.Search(t.Context(), index.Query{Text: "草原"})
	must(t, err)
	if found.Total != 1 {
		t.Errorf("found %d, want 1", found.Total)
	}
	must(t, x.Delete(t.Context(), "a"))
	n, err := x.Count(t.Context())
	must(t, err)
	if n != 0 {
		t.Errorf("%d left", n)
	}
}

// refusing is an index that takes nothing for a while.
type refusing struct {
	index.Index
	refuses bool
}

func (r *refusing) Put(ctx context.Context, docs []index.Document) error {
	if r.refuses {
		return errors.New("away")
	}
	return r.Index.Put(ctx, docs)
}

// TestIndexBehind: what the index does not take is said to be missing there, with the time
// since when, and put again.
func TestIndexBehind(t *testing.T) {
	store, err := dir.Open(filepath.Join(demoData(t), "data", "store"))
	must(t, err)
	defer store.Close()
	real, err := bleve.Open(t.TempDir())
	must(t, err)
	defer real.Close()
	engine := &refusing{Index: real, refuses: true}
	o := &options{Config: &config.Config{}}
	search := &searchIndex{engine: engine, store: store, calls: o.knownCall, stderr: t.Output(), log: slog.New(slog.DiscardHandler)}
	line, err := pipeline.New(t.Context(), pipeline.Options{Store: store, Index: search, Call: newest(), Calls: call.Find, Reader: namedReader{}})
	must(t, err)
	defer line.Close()
	again := func(after time.Duration) { putAgain(t.Context(), line, search, search.log, after) }

	var sha string
	for info, err := range store.List(t.Context(), "bundles/") {
		must(t, err)
		sha = strings.Split(info.Key, "/")[1]
	}
	began := time.Now()
	_, err = line.Refile(t.Context(), sha)
	must(t, err) // it costs no bundle
	n, since := search.Behind()
	if n != 1 || since.Before(began) || since.After(time.Now()) {
		t.Errorf("%d bundles are missing since %v", n, since)
	}
	again(0)
	if n, still := search.Behind(); n != 1 || !still.Equal(since) {
		t.Errorf("refused again, %d bundles are missing since %v, at first since %v", n, still, since)
	}
	engine.refuses = false
	again(time.Hour)
	if n, _ := search.Behind(); n != 1 {
		t.Error("it is put again before its time")
	}
	again(0)
	if n, since := search.Behind(); n != 0 || !since.IsZero() {
		t.Errorf("%d bundles are missing since %v", n, since)
	}
	if n, err := real.Count(t.Context()); err != nil || n == 0 {
		t.Errorf("there are %d applications, %v", n, err)
	}
}

// namedReader is there, and reads nothing.
type namedReader struct{ pipeline.Reader }

func (namedReader) Engine() string { return "none" }
