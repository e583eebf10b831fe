package dir

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sealdesk/storage"
	"sealdesk/storage/storagetest"
)

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// objectFile is the path of the file that holds the object's bytes.
func objectFile(t *testing.T, root, key string) string {
	t.Helper()
	folder := objectDir(root, key)
	found, err := os.ReadDir(folder)
	if err != nil || len(found) != 1 {
		t.Fatalf("%d files in %s, error %v", len(found), folder, err)
	}
	return filepath.Join(folder, found[0].Name())
}

func objectDir(root, key string) string {
	return filepath.Join(root, objectsFolder, filepath.Join(objectPath(key)...))
}

// damaged is a store whose objects the suite may damage.
type damaged struct {
	*Store
	root string
}

func (d damaged) Damage(t *testing.T, key string, change func([]byte) []byte) {
	name := objectFile(t, d.root, key)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(name, 0o600), os.WriteFile(name, change(b), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Store {
		root := t.TempDir()
		return damaged{openAt(t, root), root}
	})
}

// shared uses two Stores on one directory in turn, as two processes would.
type shared struct {
	stores [2]*Store
	n      *atomic.Uint64
}

func (s shared) turn() *Store { return s.stores[s.n.Add(1)%2] }

func (s shared) Put(ctx context.Context, key string, r io.Reader) error {
	return s.turn().Put(ctx, key, r)
}

func (s shared) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	return s.turn().Get(ctx, key)
}

func (s shared) Stat(ctx context.Context, key string) (storage.Info, error) {
	return s.turn().Stat(ctx, key)
}

func (s shared) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return s.turn().List(ctx, prefix)
}

func TestSharedDirectory(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Store {
		root := t.TempDir()
		return shared{[2]*Store{openAt(t, root), openAt(t, root)}, new(atomic.Uint64)}
	})
}

// The layout that the package comment promises to administrators.
func TestPlainFiles(t *testing.T) {
	root := filepath.Join(t.TempDir(), "new", "store")
	s := openAt(t, root)
	b := []byte("%PDF-1.7 as scanned")
	if err := s.Put(t.Context(), "bundles/3f2a/盖章 Scan.PDF", bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%s/objects/bundles/3f2a/盖章%%20%%53can.%%50%%44%%46@/%x.pdf", root, sha256.Sum256(b))
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, b) {
		t.Errorf("%s holds %q, error %v", name, got, err)
	}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if fi, err := d.Info(); err != nil || fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may use %s: %v, error %v", name, fi.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Objects outlive the Store; a copy of the files is a store with all of them.
func TestReopenAndCopy(t *testing.T) {
	root, backup := t.TempDir(), t.TempDir()
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range storagetest.OddKeys {
		if err := s.Put(t.Context(), key, strings.NewReader("in "+key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(backup, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{root, backup} {
		s := openAt(t, root)
		for _, key := range storagetest.OddKeys {
			if b, err := storage.ReadAll(t.Context(), s, key); err != nil || string(b) != "in "+key {
				t.Errorf("%q holds %q, error %v", key, b, err)
			}
		}
	}
}

// What other programs leave among the objects is neither listed nor in the way.
func TestForeignFiles(t *testing.T) {
	root := t.TempDir()
	s := openAt(t, root)
	if err := s.Put(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"README", "notes.txt", ".DS_Store", "Thumbs.db", "%zz@", "%", "%4", "%41@x", "%61@", "@", "A@", "+",
		"a/b@/.nfs0001", "a/b@/" + strings.Repeat("g", 64), "a/b@/" + strings.Repeat("0", 65), "a/" + strings.Repeat("0", 64),
	} {
		if err := os.WriteFile(filepath.Join(root, "objects", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"lost+found", "Backup", "x+/y+/z", "@eaDir", "%2f@", "..@", "a/%2e%2e", strings.Repeat("d+/", 100)} {
		if err := os.MkdirAll(filepath.Join(root, "objects", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for info, err := range s.List(t.Context(), "") {
		got = append(got, fmt.Sprintf("%s %d %v", info.Key, info.Size, err))
	}
	if !slices.Equal(got, []string{"a/b 1 <nil>"}) {
		t.Errorf("List gave %q", got)
	}
	if b, err := storage.ReadAll(t.Context(), s, "a/b"); err != nil || string(b) != "x" {
		t.Errorf("Get gave %q, error %v", b, err)
	}
}

// A link, wherever it stands and wherever it leads, is refused, not followed.
func TestLinks(t *testing.T) {
	for _, c := range []struct {
		name string
		link func(root, outside string) error
	}{
		{"object to outside", func(root, outside string) error {
			return replace(objectDir(root, "f/o"), outside)
		}},
		{"object to inside", func(root, _ string) error {
			return replace(objectDir(root, "f/o"), "other@")
		}},
		{"folder to outside", func(root, outside string) error {
			return replace(filepath.Join(root, "objects", "f"), outside)
		}},
		{"folder to inside", func(root, _ string) error {
			return replace(filepath.Join(root, "objects", "f"), "g")
		}},
		{"dangling", func(root, _ string) error {
			return replace(objectDir(root, "f/o"), "nowhere")
		}},
		{"file", func(root, _ string) error {
			found, err := filepath.Glob(objectDir(root, "f/o") + "/*")
			if err != nil {
				return err
			}
			other, err := filepath.Glob(objectDir(root, "f/other") + "/*")
			if err != nil {
				return err
			}
			return replace(found[0], other[0])
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, outside := t.TempDir(), t.TempDir()
			s := openAt(t, root)
			for _, key := range []string{"f/o", "f/other", "g/o"} {
				if err := s.Put(t.Context(), key, strings.NewReader("same")); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.link(root, outside); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Get(t.Context(), "f/o"); !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("Get: error %v, want ErrCorrupt", err)
			}
			if _, err := s.Stat(t.Context(), "f/o"); !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("Stat: error %v, want ErrCorrupt", err)
			}
			for _, content := range []string{"same", "other"} {
				if err := s.Put(t.Context(), "f/o", strings.NewReader(content)); !errors.Is(err, storage.ErrCorrupt) {
					t.Errorf("Put: error %v, want ErrCorrupt", err)
				}
			}
			var errs []error
			for _, err := range s.List(t.Context(), "") {
				errs = append(errs, err)
			}
			if !errors.Is(errors.Join(errs...), storage.ErrCorrupt) {
				t.Errorf("List: errors %v, want an ErrCorrupt", errs)
			}
			if found, err := os.ReadDir(outside); err != nil || len(found) > 0 {
				t.Errorf("%d files were written outside, error %v", len(found), err)
			}
		})
	}
}

// replace puts a link to target in the place of name.
func replace(name, target string) error {
	return errors.Join(os.RemoveAll(name), os.Symlink(target, name))
}

func TestOpenRefusesLinkedFolders(t *testing.T) {
	for _, name := range []string{objectsFolder, tempFolder} {
		root := t.TempDir()
		if err := os.Symlink(t.TempDir(), filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
		if s, err := Open(root); err == nil {
			s.Close()
			t.Errorf("Open took a link for %s", name)
		}
	}
}

// A damaged object is named in a listing, and does not hide the others.
func TestListGoesOnAfterDamage(t *testing.T) {
	root := t.TempDir()
	s := openAt(t, root)
	for _, key := range []string{"a", "b", "c"} {
		if err := s.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(objectFile(t, root, "b")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for info, err := range s.List(t.Context(), "") {
		got = append(got, fmt.Sprint(info.Key, " ", errors.Is(err, storage.ErrCorrupt)))
	}
	if want := []string{"a false", "b true", "c false"}; !slices.Equal(got, want) {
		t.Errorf("List gave %q, want %q", got, want)
	}
	// The lost object's place is not given to other bytes unseen.
	if err := s.Put(t.Context(), "b", strings.NewReader("x")); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("Put: error %v, want ErrCorrupt", err)
	}
}

// A repeated Put must not report success over bytes that rotted.
func TestRepeatNoticesDamage(t *testing.T) {
	root := t.TempDir()
	s := damaged{openAt(t, root), root}
	if err := s.Put(t.Context(), "a", strings.NewReader("good")); err != nil {
		t.Fatal(err)
	}
	s.Damage(t, "a", func([]byte) []byte { return []byte("goof") })
	if err := s.Put(t.Context(), "a", strings.NewReader("good")); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("Put: error %v, want ErrCorrupt", err)
	}
}

// A key may be a folder of others, here though not in every store.
func TestKeyWithinKey(t *testing.T) {
	s := openAt(t, t.TempDir())
	keys := []string{"a", "a/b", "a/b/c"}
	for _, key := range keys {
		if err := s.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, info.Key)
	}
	if !slices.Equal(got, keys) {
		t.Errorf("List gave %q", got)
	}
}

// 64 MB go in and out in a fraction of that memory.
func TestStreams(t *testing.T) {
	s := openAt(t, t.TempDir())
	const size = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := s.Put(t.Context(), "big", io.LimitReader(rand.NewChaCha8([32]byte{}), size)); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	if n != size || err != nil {
		t.Errorf("Get gave %d bytes, error %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
		t.Errorf("%d bytes were allocated for an object of %d", used, size)
	}
}

func TestPath(t *testing.T) {
	for _, key := range append(slices.Clone(storagetest.OddKeys), strings.Repeat("😀", storage.MaxKey/4)) {
		checkPath(t, key)
	}
}

// FuzzPath holds the mapping of keys against what file systems rely on, and
// against its way back.
func FuzzPath(f *testing.F) {
	for _, key := range storagetest.OddKeys {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if storage.CheckKey(key) == nil {
			checkPath(t, key)
		}
	})
}

func checkPath(t *testing.T, key string) {
	var segments, pieces []string
	for i, name := range objectPath(key) {
		if len(name) > 143 || name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00\\:") || strings.ToLower(name) != name {
			t.Fatalf("%q has the unsafe name %q", key, name)
		}
		pieces = append(pieces, name)
		if len(pieces) > maxPieces {
			t.Fatalf("%q has more than %d pieces", key, maxPieces)
		}
		if strings.HasSuffix(name, pieceMark) {
			continue
		}
		seg, object, ok := segment(pieces)
		if last := i == len(objectPath(key))-1; !ok || object != last {
			t.Fatalf("%q: the way back of %q: object %v, ok %v", key, pieces, object, ok)
		}
		segments = append(segments, seg)
		pieces = nil
	}
	if back := strings.Join(segments, "/"); back != key {
		t.Fatalf("%q came back as %q", key, back)
	}
}

// FuzzSegment gives the way back names that anyone may have made.
func FuzzSegment(f *testing.F) {
	for _, key := range storagetest.OddKeys {
		names := objectPath(key)
		f.Add(names[0], names[len(names)-1])
	}
	f.Add("", "%4")
	f.Fuzz(func(t *testing.T, piece, name string) {
		for _, names := range [][]string{{name}, {piece + pieceMark, name}} {
			seg, object, ok := segment(names)
			if !ok {
				continue
			}
			again := escape(seg)
			if object {
				again[len(again)-1] += objectMark
			}
			if !slices.Equal(again, names) {
				t.Fatalf("%q is taken for %q, whose names are %q", names, seg, again)
			}
		}
	})
}
