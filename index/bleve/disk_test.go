package bleve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"sealdesk/index"
)

func doc(id, text string) index.Document {
	return index.Document{ID: id, Bundle: "bundle-" + id, Pages: []index.Page{{Number: 1, Text: text}}}
}

func mustOpen(t *testing.T, dir string) *Index {
	t.Helper()
	x, err := Open(dir)
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

func expect(t *testing.T, x *Index, text string, want ...string) {
	t.Helper()
	found, err := x.Search(context.Background(), index.Query{Text: text})
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

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	x := mustOpen(t, dir)
	if err := x.Put(context.Background(), []index.Document{doc("a", "草原"), doc("b", "荒漠")}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(x.Close(), x.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Search(context.Background(), index.Query{}); err == nil {
		t.Error("a closed index answers")
	}
	if err := x.Put(context.Background(), []index.Document{doc("c", "")}); err == nil {
		t.Error("a closed index takes documents")
	}
	x = mustOpen(t, dir)
	expect(t, x, "", "a", "b")
	expect(t, x, "荒漠", "b")
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir)
	if _, err := Open(dir); !errors.Is(err, index.ErrLocked) || !strings.Contains(err.Error(), "stop the other sealdesk") {
		t.Errorf("opening it again gives %v, want ErrLocked and what to do", err)
	}
	err := Replace(context.Background(), dir, func(func([]index.Document) error) error { return nil })
	if !errors.Is(err, index.ErrLocked) {
		t.Errorf("replacing an open index gives %v, want ErrLocked", err)
	}
}

// TestTurns: several that open one new directory at the same time, as two commands
// do, take turns; none finds it damaged by another's work.
func TestTurns(t *testing.T) {
	turn := func(dir, id string) error {
		for {
			x, err := Open(dir)
			if errors.Is(err, index.ErrLocked) {
				continue // Open has waited
			}
			if err != nil {
				return err
			}
			return errors.Join(x.Put(t.Context(), []index.Document{doc(id, "草原")}), x.Close())
		}
	}
	for range 5 {
		dir := t.TempDir()
		errs := make([]error, 4)
		var running sync.WaitGroup
		for i := range errs {
			running.Go(func() { errs[i] = turn(dir, fmt.Sprint(i)) })
		}
		running.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		expect(t, mustOpen(t, dir), "草原", "0", "1", "2", "3")
	}
}

// TestCrash stops between the two files of an index: the documents are
// written, bleve was not told.
func TestCrash(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	x := mustOpen(t, dir)
	if err := x.Put(ctx, []index.Document{doc("a", "草原"), doc("b", "荒漠")}); err != nil {
		t.Fatal(err)
	}
	list, err := index.Changes([]index.Document{{ID: "a2", Bundle: "bundle-a", Pages: []index.Page{{Number: 1, Text: "湿地"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.gen.write(list); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = mustOpen(t, dir)
	expect(t, x, "", "a2", "b")
	expect(t, x, "草原")
	expect(t, x, "湿地", "a2")
	if err := x.Put(ctx, []index.Document{doc("c", "森林")}); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = mustOpen(t, dir)
	expect(t, x, "", "a2", "b", "c")
}

func TestDamage(t *testing.T) {
	ctx := context.Background()
	overwrite := func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("no index ", 2000)), 0o600) }
	shorten := func(path string) error {
		stat, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Truncate(path, stat.Size()/3)
	}
	one := func(pattern string) string {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("nothing is called %s", pattern)
		}
		return found[0]
	}
	for name, damage := range map[string]func(dir string) error{
		"catalog overwritten":   func(dir string) error { return overwrite(filepath.Join(dir, "catalog")) },
		"catalog empty":         func(dir string) error { return os.Truncate(filepath.Join(dir, "catalog"), 0) },
		"catalog short":         func(dir string) error { return shorten(filepath.Join(dir, "catalog")) },
		"catalog gone":          func(dir string) error { return os.Remove(filepath.Join(dir, "catalog")) },
		"generation gone":       func(dir string) error { return os.RemoveAll(one(filepath.Join(dir, "generation-*"))) },
		"documents overwritten": func(dir string) error { return overwrite(one(filepath.Join(dir, "generation-*", "documents"))) },
		"documents short":       func(dir string) error { return shorten(one(filepath.Join(dir, "generation-*", "documents"))) },
		"documents gone":        func(dir string) error { return os.Remove(one(filepath.Join(dir, "generation-*", "documents"))) },
		"documents empty":       func(dir string) error { return os.Truncate(one(filepath.Join(dir, "generation-*", "documents")), 0) },
		"terms gone":            func(dir string) error { return os.RemoveAll(one(filepath.Join(dir, "generation-*", "terms"))) },
		"terms' root overwritten": func(dir string) error {
			return overwrite(one(filepath.Join(dir, "generation-*", "terms", "store", "root.bolt")))
		},
		"terms' meta overwritten": func(dir string) error {
			return overwrite(one(filepath.Join(dir, "generation-*", "terms", "index_meta.json")))
		},
		"segment gone": func(dir string) error {
			return os.Remove(one(filepath.Join(dir, "generation-*", "terms", "store", "*.zap")))
		},
		"segment overwritten": func(dir string) error {
			return overwrite(one(filepath.Join(dir, "generation-*", "terms", "store", "*.zap")))
		},
		"segment short": func(dir string) error {
			return shorten(one(filepath.Join(dir, "generation-*", "terms", "store", "*.zap")))
		},
		"other version": func(dir string) error {
			db, err := bbolt.Open(filepath.Join(dir, "catalog"), 0o600, nil)
			if err != nil {
				return err
			}
			return errors.Join(db.Update(func(tx *bbolt.Tx) error {
				return tx.Bucket(catalogBucket).Put(versionKey, []byte("0"))
			}), db.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			x := mustOpen(t, dir)
			if err := errors.Join(x.Put(ctx, []index.Document{doc("a", "草原")}), x.Close(), damage(dir)); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); !errors.Is(err, index.ErrRebuild) {
				t.Fatalf("open gives %v, want ErrRebuild", err)
			}
			err := Replace(ctx, dir, func(put func([]index.Document) error) error {
				return put([]index.Document{doc("b", "荒漠")})
			})
			if err != nil {
				t.Fatal(err)
			}
			x = mustOpen(t, dir)
			expect(t, x, "", "b")
			expect(t, x, "荒漠", "b")
			if left, err := generations(dir); err != nil || len(left) != 1 {
				t.Errorf("%d generations are left (%v), want 1", len(left), err)
			}
		})
	}
}

func TestReplaceFails(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	x := mustOpen(t, dir)
	if err := errors.Join(x.Put(ctx, []index.Document{doc("a", "草原")}), x.Close()); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the store is gone")
	err := Replace(ctx, dir, func(put func([]index.Document) error) error {
		return errors.Join(put([]index.Document{doc("b", "荒漠")}), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("replace gives %v", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	err = Replace(ctx, dir, func(put func([]index.Document) error) error {
		cancel()
		return put([]index.Document{doc("b", "荒漠")})
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled replace gives %v", err)
	}
	// What a process that was killed in the middle leaves behind.
	if _, err := os.MkdirTemp(dir, generationPrefix); err != nil {
		t.Fatal(err)
	}
	expect(t, mustOpen(t, dir), "", "a")
	if left, err := generations(dir); err != nil || len(left) != 1 {
		t.Errorf("%d generations are left (%v), want 1", len(left), err)
	}
}

// TestBatches puts more than goes to bleve at once.
func TestBatches(t *testing.T) {
	dir := t.TempDir()
	text := strings.Repeat("草原", batchText/12)
	err := Replace(context.Background(), dir, func(put func([]index.Document) error) error {
		for i := range 5 {
			if err := put([]index.Document{doc(fmt.Sprint(2*i), text), doc(fmt.Sprint(2*i+1), "荒漠")}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	x := mustOpen(t, dir)
	expect(t, x, "草原", "0", "2", "4", "6", "8")
	expect(t, x, "荒漠", "1", "3", "5", "7", "9")
}

// FuzzDocument puts one document after another and holds each search to
// index.Matches.
func FuzzDocument(f *testing.F) {
	f.Add("草原", "塔林\xff", "SCI收录7篇，0482-5218974", "sci收录", "草原")
	f.Add("<script>", "\x00", strings.Repeat("a", 100), strings.Repeat("a", 99)+" OR -b", "类")
	f.Add("", "", "", "", "\xe8\x8d\xff原")
	f.Add("J\u030c", "ｶﾞ", "㎡ ①", "(m2 OR b) NOT 1", "其他")
	x, err := Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := x.Close(); err != nil {
			f.Error(err)
		}
	})
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, name, field, page, query, filter string) {
		d := index.Document{
			ID: "a", Bundle: "b", BaseName: name, Recommender: filter, Countries: []string{filter, name},
			Fields: []index.Field{{Key: field, Text: field}}, Pages: []index.Page{{Number: 1, Text: page}},
		}
		if err := x.Put(ctx, []index.Document{d}); err != nil {
			t.Fatal(err)
		}
		tree, err := index.ParseQuery(query)
		if err != nil {
			return
		}
		clean, err := d.Clean()
		if err != nil {
			t.Fatal(err)
		}
		_, all := index.Texts(clean)
		found, err := x.Search(ctx, index.Query{Text: query, Facets: true})
		if err != nil {
			t.Fatal(err)
		}
		if (found.Total == 1) != index.Matches(tree, all) {
			t.Fatalf("%q in %q: %d hits", query, all, found.Total)
		}
		if clean.Recommender != "" {
			found, err = x.Search(ctx, index.Query{Recommenders: []string{filter}, Countries: []string{filter}})
			if err != nil || found.Total != 1 {
				t.Fatalf("filter %q: %d hits, %v", filter, found.Total, err)
			}
		}
	})
}
