package dir

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"sealdesk/storage"
)

// walk is one run of List.
type walk struct {
	store  *Store
	ctx    context.Context
	prefix string
	yield  func(storage.Info, error) bool
}

// run starts in the deepest folder that all keys with the prefix share.
func (w *walk) run() {
	var names []string
	start := w.prefix[:strings.LastIndexByte(w.prefix, '/')+1]
	if start != "" {
		folder := strings.TrimSuffix(start, "/")
		if storage.CheckKey(folder) != nil {
			return // no key begins so
		}
		names = folderPath(folder)
	}
	root, err := w.store.folder(names)
	if errors.Is(err, storage.ErrNotExist) {
		return
	}
	if err != nil {
		w.fail(err)
		return
	}
	defer w.store.release(root)
	w.folder(root, start)
}

// fail ends the listing with err.
func (w *walk) fail(err error) bool {
	w.yield(storage.Info{}, fmt.Errorf("list %q: %w", w.prefix, err))
	return false
}

// folder lists the objects whose key begins with key ("" or "a/b/") in root,
// their folder. It reports whether to go on.
func (w *walk) folder(root *os.Root, key string) bool {
	entries, err := readFolder(root, key)
	if err != nil {
		return w.fail(err)
	}
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return w.fail(err)
		}
		var more bool
		switch {
		case e.object && strings.HasPrefix(e.key, w.prefix):
			more = w.object(root, e)
		case !e.object && (strings.HasPrefix(e.key, w.prefix) || strings.HasPrefix(w.prefix, e.key)):
			more = w.subfolder(root, e)
		default:
			more = true
		}
		if !more {
			return false
		}
	}
	return true
}

func (w *walk) object(root *os.Root, e entry) bool {
	o, err := openObject(root, e.path)
	if errors.Is(err, storage.ErrNotExist) {
		return true
	}
	if errors.Is(err, storage.ErrCorrupt) {
		return w.yield(storage.Info{Key: e.key}, fmt.Errorf("list %q: %w", e.key, err))
	}
	if err != nil {
		return w.fail(err)
	}
	defer o.close()
	return w.yield(o.info(e.key), nil)
}

func (w *walk) subfolder(root *os.Root, e entry) bool {
	sub, err := openFolder(root, e.path)
	if errors.Is(err, storage.ErrNotExist) {
		return true
	}
	if err != nil {
		return w.fail(err)
	}
	defer sub.Close()
	return w.folder(sub, e.key)
}

// entry is an object, or a folder of objects, found in a folder.
type entry struct {
	key    string // of the object, or what all keys in the folder begin with: "a/b/"
	path   string // relative to the folder it was found in
	object bool
}

// readFolder gives the entries of root, in the order of the keys in them. The
// pieces of long names are looked through, as they are no folders of the key.
// Names that no key gets are left out.
func readFolder(root *os.Root, key string) ([]entry, error) {
	var entries []entry
	var read func(pieces []string) error
	read = func(pieces []string) error {
		found, err := readDir(root, path.Join(append([]string{"."}, pieces...)...))
		if err != nil {
			return err
		}
		for _, d := range found {
			names := append(slices.Clone(pieces), d.Name())
			at := path.Join(names...)
			if strings.HasSuffix(at, pieceMark) {
				if d.IsDir() && len(names) <= maxPieces {
					if err := read(names); err != nil {
						return err
					}
				}
				continue
			}
			seg, object, ok := segment(names)
			e := entry{key: key + seg, path: at, object: object}
			if !ok || storage.CheckKey(e.key) != nil || !object && d.Type().IsRegular() {
				continue // not ours
			}
			if !object {
				e.key += "/"
			}
			entries = append(entries, e)
		}
		return nil
	}
	if err := read(nil); err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return entries, nil
}

func readDir(root *os.Root, name string) ([]fs.DirEntry, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}
