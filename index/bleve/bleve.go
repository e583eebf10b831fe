// Package bleve is the search index that runs inside the program, for up to
// some ten thousand applications: an [index.Index] over the bleve library and
// a file of documents, in one directory that one process holds at a time.
//
// Each application is one bleve document. Its text is indexed as single Han
// characters, pairs of Han characters and whole words, without positions:
// that gives the candidates, and a candidate for more than one pair is compared
// with the stored text. Positions would make the index several times as large
// and long phrases slow where they are most common; the comparison is quick
// there, as it ends at the first match.
//
// It keeps nothing that the store does not have. What it cannot read it does
// not repair: it says [index.ErrRebuild].
package bleve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"sealdesk/index"
)

// version is that of what is on disk: the fields and terms, the folding of
// text, the documents file. Whatever changes one of them counts it up.
const version = "2"

// lockTimeout is how long Open waits for another process to let go.
const lockTimeout = time.Second

// generationPrefix begins the names of generations' directories.
const generationPrefix = "generation-"

// The catalog's one bucket and its keys.
var (
	catalogBucket = []byte("index")
	versionKey    = []byte("version")
	currentKey    = []byte("current")
)

var errClosed = errors.New("index/bleve: the index is closed")

// Index is an index in a directory. It implements [index.Index].
type Index struct {
	dir     string
	catalog *bbolt.DB // names the current generation; its file lock holds the directory

	replacing sync.Mutex      // held by Replace
	writing   sync.Mutex      // held by changes; taken after replacing
	touched   map[string]bool // bundles changed since Replace began, nil when none runs

	mu  sync.RWMutex // guards gen; taken after writing
	gen *generation  // nil when closed
}

var _ index.Index = (*Index)(nil)

// Open opens the index in dir, or makes an empty one where dir does not exist
// or is empty. It gives an error that is [index.ErrRebuild] when dir holds an
// index of another version or a damaged one (see [Replace]), and
// [index.ErrLocked] when another process holds it.
func Open(dir string) (*Index, error) {
	catalog, err := openCatalog(dir)
	if err != nil {
		return nil, err
	}
	x := &Index{dir: dir, catalog: catalog}
	if err := guarded(dir, x.open); err != nil {
		if x.gen != nil {
			err = errors.Join(err, x.gen.close())
		}
		return nil, errors.Join(err, catalog.Close())
	}
	return x, nil
}

func (x *Index) open() error {
	name, found := "", ""
	err := x.catalog.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket(catalogBucket); b != nil {
			name, found = string(b.Get(currentKey)), string(b.Get(versionKey))
		}
		return nil
	})
	if err != nil {
		return rebuild(x.dir, err)
	}
	if name == "" {
		if left, err := generations(x.dir); err != nil || len(left) > 0 {
			return errors.Join(err, rebuild(x.dir, errors.New("its catalog is empty")))
		}
		gen, err := createGeneration(x.dir)
		if err != nil {
			return fmt.Errorf("index/bleve: new index in %s: %w", x.dir, err)
		}
		x.gen = gen
		return setCurrent(x.catalog, gen)
	}
	if found != version {
		return rebuild(x.dir, fmt.Errorf("it is of version %q, this program writes %q", found, version))
	}
	x.gen, err = openGeneration(filepath.Join(x.dir, filepath.Base(name)))
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("index/bleve: open %s: %w", x.dir, err)
	}
	if err != nil {
		return rebuild(x.dir, err)
	}
	return removeOthers(x.dir, x.gen)
}

// Replace fills a new index through put and then lets it take the place of the
// one in dir, whatever state that is in; until then, and when fill fails, dir
// stays as it was. It is for an index that is not open; one that is open
// replaces itself ([Index.Replace]). fill calls put any number of times, with
// whole bundles.
func Replace(ctx context.Context, dir string, fill func(put func([]index.Document) error) error) error {
	catalog, err := openCatalog(dir)
	if errors.Is(err, index.ErrRebuild) {
		// A catalog that is no catalog holds nothing.
		if err := os.Remove(catalogPath(dir)); err != nil {
			return fmt.Errorf("index/bleve: remove the damaged catalog: %w", err)
		}
		catalog, err = openCatalog(dir)
	}
	if err != nil {
		return err
	}
	gen, err := build(ctx, dir, fill)
	if err != nil {
		return errors.Join(err, catalog.Close())
	}
	if err := setCurrent(catalog, gen); err != nil {
		return errors.Join(err, gen.close(), catalog.Close())
	}
	return errors.Join(removeOthers(dir, gen), gen.close(), catalog.Close())
}

// build makes and fills a generation.
func build(ctx context.Context, dir string, fill func(put func([]index.Document) error) error) (*generation, error) {
	gen, err := createGeneration(dir)
	if err != nil {
		return nil, fmt.Errorf("index/bleve: new index in %s: %w", dir, err)
	}
	// Nobody depends on it yet, so it need not be safe on disk after each batch.
	gen.docs.NoSync = true
	var waiting []index.Change
	err = fill(func(docs []index.Document) error {
		list, err := index.Changes(docs)
		if err != nil {
			return err
		}
		waiting = append(waiting, list...)
		if textSize(waiting) < batchText {
			return ctx.Err()
		}
		list, waiting = waiting, nil
		return gen.apply(ctx, list)
	})
	if err == nil {
		err = gen.apply(ctx, waiting)
	}
	if err == nil {
		err = gen.docs.Sync()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("index/bleve: rebuild: %w", err), gen.close(), os.RemoveAll(gen.dir))
	}
	gen.docs.NoSync = false
	return gen, nil
}

// Replace implements [index.Index].
func (x *Index) Replace(ctx context.Context, fill func(put func([]index.Document) error) error) error {
	x.replacing.Lock()
	defer x.replacing.Unlock()
	x.writing.Lock()
	if x.gen == nil {
		x.writing.Unlock()
		return errClosed
	}
	x.touched = map[string]bool{}
	x.writing.Unlock()

	next, err := build(ctx, x.dir, fill)

	x.writing.Lock()
	defer x.writing.Unlock()
	touched := x.touched
	x.touched = nil
	if err != nil {
		return err
	}
	if err := x.takeOver(ctx, next, touched); err != nil {
		return errors.Join(fmt.Errorf("index/bleve: take over the new index: %w", err), next.close(), os.RemoveAll(next.dir))
	}
	x.mu.Lock()
	old := x.gen
	x.gen = next
	x.mu.Unlock()
	return errors.Join(old.close(), os.RemoveAll(old.dir))
}

// takeOver brings next up to the changes made meanwhile and makes it current.
func (x *Index) takeOver(ctx context.Context, next *generation, touched map[string]bool) error {
	var list []index.Change
	for bundle := range touched {
		c, err := x.gen.bundle(bundle)
		if err != nil {
			return err
		}
		list = append(list, c)
	}
	if err := next.apply(ctx, list); err != nil {
		return err
	}
	return setCurrent(x.catalog, next)
}

// Put implements [index.Index].
func (x *Index) Put(ctx context.Context, docs []index.Document) error {
	list, err := index.Changes(docs)
	if err != nil {
		return err
	}
	return x.change(ctx, list)
}

// Delete implements [index.Index].
func (x *Index) Delete(ctx context.Context, bundle string) error {
	return x.change(ctx, []index.Change{{Bundle: bundle}})
}

func (x *Index) change(ctx context.Context, list []index.Change) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.gen == nil {
		return errClosed
	}
	if x.touched != nil {
		for _, c := range list {
			x.touched[c.Bundle] = true
		}
	}
	if err := guarded(x.dir, func() error { return x.gen.apply(ctx, list) }); err != nil {
		return fmt.Errorf("index/bleve: put: %w", err)
	}
	return nil
}

// Count implements [index.Index].
func (x *Index) Count(context.Context) (int, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.gen == nil {
		return 0, errClosed
	}
	count, err := x.gen.terms.DocCount()
	if err != nil {
		return 0, fmt.Errorf("index/bleve: count: %w", err)
	}
	return int(count), nil
}

// Close implements [index.Index]. Closing twice is no error.
func (x *Index) Close() error {
	x.replacing.Lock()
	defer x.replacing.Unlock()
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.gen == nil {
		return nil
	}
	err := errors.Join(x.gen.close(), x.catalog.Close())
	x.gen = nil
	return err
}

// guarded runs what reads the index in a directory. Both libraries map their files into
// memory and panic or fault where a file is not what they wrote; that becomes an error.
// It guards its own goroutine alone.
func guarded(dir string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = rebuild(dir, fmt.Errorf("reading it failed: %v", p))
		}
	}()
	return read()
}

func rebuild(dir string, cause error) error {
	return fmt.Errorf("index/bleve: %s: %w: %w", dir, index.ErrRebuild, cause)
}

func catalogPath(dir string) string { return filepath.Join(dir, "catalog") }

func openCatalog(dir string) (*bbolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("index/bleve: %w", err)
	}
	db, err := openFile(catalogPath(dir))
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("index/bleve: %s: %w: stop the other sealdesk that uses this directory, or give this one another directory, and try again", dir, index.ErrLocked)
	case errors.Is(err, errDamaged):
		return nil, rebuild(dir, err)
	case err != nil:
		return nil, fmt.Errorf("index/bleve: open %s: %w", dir, err)
	}
	return db, nil
}

// errDamaged says that a bbolt file is not one, or not whole.
var errDamaged = errors.New("the file is damaged")

// openFile opens or makes a bbolt file, waiting lockTimeout for its lock. A
// file that is cut short is found first, as bbolt would fault on it.
func openFile(path string) (*bbolt.DB, error) {
	if stat, err := os.Stat(path); err == nil && stat.Size() > 0 {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout, ReadOnly: true})
		if err == nil {
			err = errors.Join(db.View(func(tx *bbolt.Tx) error {
				// Another process may have made the file longer while this one waited.
				stat, err := os.Stat(path)
				if err == nil && tx.Size() > stat.Size() {
					err = fmt.Errorf("%w: %d bytes of %d", errDamaged, stat.Size(), tx.Size())
				}
				return err
			}), db.Close())
		}
		if err != nil && !errors.Is(err, bolterrors.ErrTimeout) && !errors.Is(err, os.ErrPermission) {
			return nil, fmt.Errorf("%w: %w", errDamaged, err)
		}
		if err != nil {
			return nil, err
		}
	}
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockTimeout})
}

// setCurrent makes a generation the one that Open finds.
func setCurrent(catalog *bbolt.DB, gen *generation) error {
	return catalog.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(catalogBucket)
		if err != nil {
			return err
		}
		return errors.Join(b.Put(versionKey, []byte(version)), b.Put(currentKey, []byte(filepath.Base(gen.dir))))
	})
}

// generations lists the directories of generations in dir.
func generations(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), generationPrefix) {
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out, nil
}

// removeOthers removes generations that were replaced or never finished.
func removeOthers(dir string, gen *generation) error {
	list, err := generations(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range list {
		if path != gen.dir {
			errs = append(errs, os.RemoveAll(path))
		}
	}
	return errors.Join(errs...)
}
