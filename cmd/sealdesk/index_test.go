package main

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/config"
	"sealdesk/index"
	"sealdesk/index/bleve"
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
