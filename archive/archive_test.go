package archive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sealdesk/archive"
	"sealdesk/audit"
	"sealdesk/storage"
	"sealdesk/storage/dir"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
)

// folder is a new store in a folder, and where it is.
func folder(t testing.TB) (*dir.Store, string) {
	t.Helper()
	path := t.TempDir()
	s, err := dir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, path
}

// kinds give new stores of each kind.
func kinds(t *testing.T) map[string]func(testing.TB) archive.Mendable {
	server := s3test.Fake(t)
	return map[string]func(testing.TB) archive.Mendable{
		"dir": func(t testing.TB) archive.Mendable { s, _ := folder(t); return s },
		"s3": func(t testing.TB) archive.Mendable {
			s, err := s3.Open(t.Context(), server.Bucket(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		},
	}
}

// office are objects as the program has them, few and small but for one.
func office() map[string]string {
	return map[string]string{
		"accounts/a/000001.json":     "an account",
		"audit/000000000001.json":    "an entry",
		"audit/000000000002.json":    "another",
		"bundles/x/original/1":       strings.Repeat("scan ", 3<<20/5),
		"bundles/x/source.json":      "{}",
		"bundles/x/results/v/r.json": "",
		"intake/Größe 一.json":        "odd",
	}
}

// dated are the objects whose times are kept.
func dated(key string) bool { return strings.HasPrefix(key, "bundles/") }

func fill(t testing.TB, s storage.Store, objects map[string]string) {
	t.Helper()
	for key, text := range objects {
		if err := s.Put(t.Context(), key, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// contents are the objects of a store but for a backup's own.
func contents(t testing.TB, s storage.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(info.Key, "backup/") || storage.IsTimes(info.Key) {
			continue
		}
		b, err := storage.ReadAll(t.Context(), s, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		out[info.Key] = string(b)
	}
	return out
}

func same(t testing.TB, s storage.Store, want map[string]string) {
	t.Helper()
	if got := contents(t, s); !maps.Equal(got, want) {
		t.Errorf("the store holds %q, want %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func backUp(t testing.TB, from, to storage.Store, files map[string][]byte) archive.Report {
	t.Helper()
	r, err := archive.Run(t.Context(), from, to, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func opened(t testing.TB, s storage.Store) *archive.Backup {
	t.Helper()
	b, err := archive.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestKinds backs up, restores and moves between all kinds of stores; each run after the
// first copies what is new and nothing else.
func TestKinds(t *testing.T) {
	all := kinds(t)
	for from, first := range all {
		for to, second := range all {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				home, place := first(t), second(t)
				objects := office()
				fill(t, home, objects)
				files := map[string][]byte{"calls/a.yaml": []byte("id: a"), "empty": nil}
				if r := backUp(t, home, place, files); r.Copied != len(objects) || r.Known != 0 || r.Resumed || len(r.Failed) > 0 {
					t.Errorf("the first backup reports %+v", r)
				}
				fill(t, home, map[string]string{"audit/000000000003.json": "new"})
				objects["audit/000000000003.json"] = "new"
				files["calls/b.yaml"] = []byte("id: b")
				if r := backUp(t, home, place, files); r.Copied != 1 || r.Known != len(objects)-1 || r.Resumed || r.Bytes != 3 {
					t.Errorf("the second backup reports %+v", r)
				}
				same(t, place, objects)

				b := opened(t, place)
				if b.Runs != 2 || b.Interrupted || len(b.Objects) != len(objects) {
					t.Errorf("the backup has %d runs with %d objects, interrupted %t", b.Runs, len(b.Objects), b.Interrupted)
				}
				for _, f := range b.Files {
					if got, err := b.File(t.Context(), f); err != nil || string(got) != string(files[f.Key]) {
						t.Errorf("file %s holds %q, %v", f.Key, got, err)
					}
				}
				if len(b.Files) != len(files) {
					t.Errorf("the backup has the files %+v", b.Files)
				}
				again := first(t)
				if r, err := archive.Restore(t.Context(), b, again, dated, nil); err != nil || r.Copied != len(objects) || len(r.Failed) > 0 {
					t.Errorf("restoring reports %+v, %v", r, err)
				}
				same(t, again, objects)
				moved := second(t)
				if r, err := archive.Move(t.Context(), home, moved, dated, nil); err != nil || r.Copied != len(objects) || len(r.Failed) > 0 {
					t.Errorf("moving reports %+v, %v", r, err)
				}
				same(t, moved, objects)
			})
		}
	}
}

// limited ends a context when so many objects were put.
type limited struct {
	storage.Store
	left atomic.Int64
	end  context.CancelFunc
}

func (l *limited) Put(ctx context.Context, key string, r io.Reader) error {
	if l.left.Add(-1) < 0 {
		l.end()
	}
	return l.Store.Put(ctx, key, r)
}

// interrupted calls f with a store that ends the context after n objects.
func interrupted(t *testing.T, s storage.Store, n int, f func(context.Context, storage.Store) error) error {
	ctx, end := context.WithCancel(t.Context())
	defer end()
	l := &limited{Store: s, end: end}
	l.left.Store(int64(n))
	return f(ctx, l)
}

// TestInterrupted ends backups, restores and moves after each number of objects, runs them
// again, and finds all there.
func TestInterrupted(t *testing.T) {
	archive.Parts(t, 2)
	objects := office()
	objects["bundles/x/original/1"] = "small"
	home, _ := folder(t)
	fill(t, home, objects)
	files := map[string][]byte{"a": []byte("a")}
	whole, _ := folder(t)
	backUp(t, home, whole, files)

	t.Run("backup", func(t *testing.T) {
		for n, ended := 0, false; !ended; n++ {
			place, _ := folder(t)
			err := interrupted(t, place, n, func(ctx context.Context, s storage.Store) error {
				_, err := archive.Run(ctx, home, s, files, nil)
				return err
			})
			if ended = err == nil; !ended && !errors.Is(err, context.Canceled) {
				t.Fatalf("after %d objects: %v", n, err)
			}
			b, target := opened(t, place), empty(t)
			_, err = archive.Restore(t.Context(), b, target, dated, nil)
			if !ended && !errors.Is(err, archive.ErrIncomplete) && !errors.Is(err, archive.ErrNoBackup) {
				t.Errorf("after %d objects, restoring gives %v", n, err)
			}
			if !ended && len(contents(t, target)) > 0 {
				t.Errorf("after %d objects, something is restored", n)
			}
			began := len(contents(t, place)) > 0
			r := backUp(t, home, place, files)
			if r.Resumed != (began && !ended) || r.Copied+r.Known != len(objects) {
				t.Errorf("after %d objects, the second run reports %+v", n, r)
			}
			target = empty(t)
			if _, err := archive.Restore(t.Context(), opened(t, place), target, dated, nil); err != nil {
				t.Errorf("after %d objects and a second run: %v", n, err)
			}
			same(t, target, objects)
			if ended && n < len(objects) {
				t.Errorf("it ended after %d objects", n)
			}
		}
	})
	for name, run := range map[string]func(context.Context, storage.Store) error{
		"restore": func(ctx context.Context, s storage.Store) error {
			_, err := archive.Restore(ctx, opened(t, whole), s, dated, nil)
			return err
		},
		"move": func(ctx context.Context, s storage.Store) error {
			_, err := archive.Move(ctx, home, s, dated, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for n := range len(objects) {
				target := empty(t)
				if err := interrupted(t, target, n, run); !errors.Is(err, context.Canceled) {
					t.Fatalf("after %d objects: %v", n, err)
				}
				if err := run(t.Context(), target); err != nil {
					t.Fatalf("after %d objects, the second run: %v", n, err)
				}
				same(t, target, objects)
			}
		})
	}
}

func empty(t *testing.T) *dir.Store {
	s, _ := folder(t)
	return s
}

// TestRefusals keep backups, stores and other things apart.
func TestRefusals(t *testing.T) {
	home, other, place := empty(t), empty(t), empty(t)
	fill(t, home, office())
	fill(t, other, map[string]string{"audit/000000000001.json": "an entri", "bundles/z/source.json": "{}"})
	backUp(t, home, place, nil)
	var occupied *archive.OccupiedError

	if _, err := archive.Run(t.Context(), other, place, nil, nil); !errors.Is(err, archive.ErrNoBackup) {
		t.Errorf("a backup of another store is overwritten: %v", err)
	}
	third := empty(t)
	fill(t, third, map[string]string{"bundles/z/source.json": "{}"})
	if _, err := archive.Run(t.Context(), third, place, nil, nil); !errors.Is(err, archive.ErrNoBackup) {
		t.Errorf("two stores are mixed in a backup: %v", err)
	}
	if _, err := archive.Run(t.Context(), home, other, nil, nil); !errors.Is(err, archive.ErrNoBackup) {
		t.Errorf("a backup is made among other things: %v", err)
	}
	if _, err := archive.Restore(t.Context(), opened(t, empty(t)), empty(t), dated, nil); !errors.Is(err, archive.ErrNoBackup) {
		t.Errorf("nothing is restored: %v", err)
	}
	if _, err := archive.Restore(t.Context(), opened(t, place), other, dated, nil); !errors.As(err, &occupied) {
		t.Errorf("restored over other things: %v", err)
	}
	if _, err := archive.Move(t.Context(), home, other, dated, nil); !errors.As(err, &occupied) || !strings.Contains(err.Error(), occupied.Key) {
		t.Errorf("moved over other things: %v", err)
	}
	same(t, place, office())
}

// flip changes a byte of an object's file, behind the store's back.
func flip(t testing.TB, path, key string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(path, "objects", filepath.FromSlash(key)+"@", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s is in the files %v, %v", key, files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if err := errors.Join(os.Chmod(files[0], 0o600), os.WriteFile(files[0], b, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func failed(r archive.Report) (keys []string) {
	for _, f := range r.Failed {
		keys = append(keys, f.Key)
	}
	return keys
}

// TestDamage damages objects at home and in the backup: each is named, all else is saved,
// and what is sound on one side mends the other.
func TestDamage(t *testing.T) {
	home, homePath := folder(t)
	fill(t, home, office())
	place, placePath := folder(t)
	const scan, source, entry = "bundles/x/original/1", "bundles/x/source.json", "audit/000000000002.json"

	flip(t, homePath, source)
	if r := backUp(t, home, place, nil); !slices.Equal(failed(r), []string{source}) || r.Copied != len(office())-1 {
		t.Fatalf("with a damaged object the backup reports %+v", r)
	}
	if r, err := archive.Restore(t.Context(), opened(t, place), empty(t), dated, nil); err != nil || !slices.Equal(failed(r), []string{source}) {
		t.Errorf("what the backup never had is not told: %+v, %v", r, err)
	}
	if _, err := home.SetAside(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	fill(t, home, map[string]string{source: "{}"})
	backUp(t, home, place, nil)

	// At home, from the backup.
	flip(t, homePath, scan)
	if r := backUp(t, home, place, nil); len(r.Failed) > 0 {
		t.Errorf("what the backup has is read again: %+v", r)
	}
	where, err := archive.RestoreOnly(t.Context(), opened(t, place), home, scan)
	if err != nil || where == "" {
		t.Errorf("a damaged object is not fetched back: %q, %v", where, err)
	}
	if _, err := home.SetAside(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	if where, err := archive.RestoreOnly(t.Context(), opened(t, place), home, entry); err != nil || where != "" {
		t.Errorf("a missing object is not fetched back: %q, %v", where, err)
	}
	same(t, home, office())
	if _, err := archive.RestoreOnly(t.Context(), opened(t, place), home, scan); !errors.Is(err, archive.ErrSound) {
		t.Errorf("a sound object is fetched back: %v", err)
	}
	if _, err := archive.RestoreOnly(t.Context(), opened(t, place), home, "nothing"); !errors.Is(err, archive.ErrUnknown) {
		t.Errorf("an object that is in no backup: %v", err)
	}

	// In the backup.
	flip(t, placePath, scan)
	r, err := archive.Restore(t.Context(), opened(t, place), empty(t), dated, nil)
	if err != nil || !slices.Equal(failed(r), []string{scan}) || r.Copied != len(office())-1 {
		t.Errorf("from a damaged backup: %+v, %v", r, err)
	}
	if _, err := archive.RestoreOnly(t.Context(), opened(t, place), home, scan); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("a damaged object of the backup is fetched back: %v", err)
	}
	if _, err := place.SetAside(t.Context(), scan); err != nil {
		t.Fatal(err)
	}
	if r := backUp(t, home, place, nil); r.Copied != 1 {
		t.Errorf("what was lost in the backup is not copied again: %+v", r)
	}
	same(t, place, office())

	// At home, an object in the place of another: the backup keeps its own, and says so.
	if _, err := home.SetAside(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	fill(t, home, map[string]string{entry: "longer than it was"})
	if r := backUp(t, home, place, nil); !slices.Equal(failed(r), []string{entry}) {
		t.Errorf("an object that is another since is not told: %+v", r)
	}
	if _, err := archive.RestoreOnly(t.Context(), opened(t, place), home, entry); err != nil {
		t.Error(err)
	}
	same(t, home, office())

	// Other bytes, with a checksum of their own: the list of contents knows better.
	if _, err := place.SetAside(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	fill(t, place, map[string]string{entry: "anothel"})
	if r, err := archive.Restore(t.Context(), opened(t, place), empty(t), dated, nil); err != nil || !slices.Equal(failed(r), []string{entry}) {
		t.Errorf("other bytes are restored: %+v, %v", r, err)
	}

	// The list of contents itself.
	flip(t, placePath, "backup/000001.json")
	if _, err := archive.Open(t.Context(), place); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("a damaged list of contents is read: %v", err)
	}
	if _, err := place.SetAside(t.Context(), "backup/000001.json"); err != nil {
		t.Fatal(err)
	}
	fill(t, place, map[string]string{"backup/000001.json": `{"format":1,"complete":true}`})
	if _, err := archive.Open(t.Context(), place); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("a list of contents that was changed is read: %v", err)
	}
}

// TestInUse backs up a store into which several write: with each record, the backup has
// those that were written before it.
func TestInUse(t *testing.T) {
	home := empty(t)
	log := audit.New(home)
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	defer writing.Wait()
	defer stop()
	enter := func(ctx context.Context) error {
		return log.Append(ctx, audit.Entry{User: "u", Action: audit.View})
	}
	for range 4 {
		writing.Go(func() {
			for ctx.Err() == nil {
				if err := enter(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 8 {
		if err := enter(ctx); err != nil {
			t.Fatal(err)
		}
		before, _, err := audit.New(home).Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		place := empty(t)
		backUp(t, home, place, nil)
		found, err := audit.New(place).Verify(ctx)
		if err != nil || len(found.Problems) > 0 || found.Entries < before {
			t.Fatalf("backup %d has %d of at least %d records, with the problems %v, %v", i, found.Entries, before, found.Problems, err)
		}
	}
}

// TestProgress counts up to all, one at a time.
func TestProgress(t *testing.T) {
	home := empty(t)
	fill(t, home, office())
	var told []string
	want := []string{}
	for i := range len(office()) + 1 {
		want = append(want, fmt.Sprintf("%d/%d", i, len(office())))
	}
	progress := func(done, all int) { told = append(told, fmt.Sprintf("%d/%d", done, all)) }
	if _, err := archive.Run(t.Context(), home, empty(t), nil, progress); err != nil || !slices.Equal(told, want) {
		t.Errorf("progress tells %v, want %v, %v", told, want, err)
	}
}
