package bleve

import (
	"fmt"
	"slices"
	"testing"

	"sealdesk/index"
)

// TestTyped: a word that is typed character by character finds at each what it finds when
// it is asked for at once, also where applications are put in between and their words
// stand elsewhere than before.
func TestTyped(t *testing.T) {
	texts := []string{
		"草原生态修复", "草原生态，草原生态修复", "草原生态甲草原生态修", "草原生产", "生态修复草原", "草原 生态 修复 abc", "草原abc 草原abcd",
	}
	put := func(x *Index, i int, text string) {
		t.Helper()
		d := index.Document{ID: fmt.Sprintf("app-%d", i), Bundle: fmt.Sprintf("%064x", i), Pages: []index.Page{{Number: 1, Text: text}}}
		if err := x.Put(t.Context(), []index.Document{d}); err != nil {
			t.Fatal(err)
		}
	}
	open := func() *Index {
		x, err := Open(t.TempDir())
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
	found := func(x *Index, query string) (ids []string) {
		t.Helper()
		results, err := x.Search(t.Context(), index.Query{Text: query, Limit: index.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range results.Hits {
			ids = append(ids, h.Document.ID)
		}
		slices.Sort(ids)
		return ids
	}
	x := open()
	for i, text := range texts {
		put(x, i, text)
	}
	for round := range 3 {
		for _, word := range []string{"草原生态修复", "草原abcd", "草原生产"} {
			var last []string
			for n := range []rune(word) {
				query := string([]rune(word)[:n+1])
				fresh := open()
				for i, text := range texts {
					put(fresh, i, text)
				}
				got, want := found(x, query), found(fresh, query)
				if !slices.Equal(got, want) {
					t.Errorf("round %d: %q finds %v, want %v", round, query, got, want)
				}
				last = got
			}
			if len(last) == 0 {
				t.Errorf("%q is not found", word)
			}
		}
		// All stands one character further on.
		for i := range texts {
			texts[i] = "高" + texts[i]
			put(x, i, texts[i])
		}
	}
}
