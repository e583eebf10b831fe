// Package dir keeps the objects of a [storage.Store] in a directory of a local
// or well-behaved network file system (Unix only).
//
// # Layout
//
// The directory holds objects/, the truth, and tmp/, which may be emptied
// whenever no process runs. The path below objects/ is the key, escaped (see
// path.go), and each object is a folder whose name ends in "@". It holds one
// file, the plain bytes as they were put, named by their SHA-256 and, for the
// convenience of people, the key's extension:
//
//	objects/bundles/3f2a/scan.pdf@/9b74c9897bac770ffc029102a200c5de....pdf
//
// So an administrator can open, copy and check objects with ordinary tools
// (sha256sum prints the name), and a copy of objects/, by any tool that keeps
// names and bytes, is a backup. Other files beside these are ignored.
//
// # Why a folder for each object
//
// Put prepares the folder under tmp/ (bytes, fsync, the name that carries the
// checksum, fsync) and renames it into place. The file system does that
// atomically, and refuses it when a folder with content is there already. That
// one step makes the object appear, with its checksum, whole or not at all, and
// only for the first of several writers, in this process or another. Then the
// folders on the way are fsynced, and Put returns.
//
// # What it does not do
//
// It detects damage but cannot mend it. It does not follow links below the
// directory: one at the place of a folder or an object is ErrCorrupt. It does
// not defend against others who may write to the directory. File and folder
// modes let only the owner read.
package dir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"sealdesk/storage"
)

const objectsFolder = "objects"

// Store is a [storage.Store] in a directory. Any number of Stores, in any
// number of processes, may use the same directory.
type Store struct {
	base    *os.Root // the directory
	objects *os.Root // its folder objects
	session *session
	next    atomic.Uint64 // numbers the session's unfinished objects

	mu      sync.Mutex
	durable map[string]bool // folders whose own name is known to be on disk
}

var _ storage.Store = (*Store)(nil)

// Open opens the store in the directory at path, which it makes when there is
// none, and removes what killed processes left unfinished there; running ones
// are not disturbed.
func Open(path string) (*Store, error) {
	s, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", path, full(err))
	}
	return s, nil
}

func open(path string) (_ *Store, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := makeDurable(path); err != nil {
		return nil, err
	}
	s := &Store{durable: map[string]bool{}}
	defer func() {
		if err != nil {
			s.closeRoots()
		}
	}()
	if s.base, err = os.OpenRoot(path); err != nil {
		return nil, err
	}
	for _, name := range []string{objectsFolder, tempFolder} {
		if err := s.base.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if fi, err := s.base.Lstat(name); err != nil {
			return nil, err
		} else if !fi.IsDir() {
			return nil, fmt.Errorf("%s is a link or file, not a folder", name)
		}
	}
	if err := syncFolder(s.base); err != nil {
		return nil, err
	}
	if s.objects, err = s.base.OpenRoot(objectsFolder); err != nil {
		return nil, err
	}
	if err := removeLeftovers(s.base); err != nil {
		return nil, err
	}
	if s.session, err = newSession(s.base); err != nil {
		return nil, fmt.Errorf("make a folder for unfinished objects: %w", err)
	}
	return s, nil
}

// makeDurable makes the directory at path and what is missing above it, each
// on disk before it is used.
func makeDurable(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(path)
	if err := makeDurable(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	root, err := os.OpenRoot(parent)
	if err != nil {
		return err
	}
	defer root.Close()
	return syncFolder(root)
}

// Close ends the use of the store, once all its methods have returned. Readers
// that Get gave out may still be read and closed.
func (s *Store) Close() error {
	return errors.Join(s.session.close(s.base), s.closeRoots())
}

func (s *Store) closeRoots() error {
	var errs []error
	for _, root := range []*os.Root{s.objects, s.base} {
		if root != nil {
			errs = append(errs, root.Close())
		}
	}
	return errors.Join(errs...)
}

// Put implements [storage.Store].
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	if err := s.put(ctx, key, storage.Source(ctx, r)); err != nil {
		return fmt.Errorf("put %q: %w", key, full(err))
	}
	return nil
}

func (s *Store) put(ctx context.Context, key string, r io.Reader) error {
	if err := storage.Ready(ctx, key); err != nil {
		return err
	}
	old, err := s.find(key)
	if err == nil {
		defer old.close()
		h := sha256.New()
		if _, err := io.Copy(h, r); err != nil {
			return err
		}
		return s.same(ctx, key, old, h)
	}
	if !errors.Is(err, storage.ErrNotExist) {
		return err
	}

	temp := path.Join(tempFolder, s.session.id, strconv.FormatUint(s.next.Add(1), 10))
	h, err := s.write(temp, extension(key), r)
	if err == nil {
		err = s.commit(temp, key)
	}
	if err == nil {
		return nil
	}
	// After a commit that failed late this finds nothing: the object stays.
	if rmErr := s.base.RemoveAll(temp); rmErr != nil {
		err = errors.Join(err, rmErr)
	}
	if !errors.Is(err, errTaken) {
		return err
	}
	if old, err = s.find(key); err != nil {
		return err
	}
	defer old.close()
	return s.same(ctx, key, old, h)
}

// write makes the object's folder temp: the bytes of r in a file named by their
// checksum, all of it on disk. It returns the hash that the bytes went through.
func (s *Store) write(temp, ext string, r io.Reader) (hash.Hash, error) {
	if err := s.base.Mkdir(temp, 0o700); err != nil {
		return nil, err
	}
	folder, err := s.base.OpenRoot(temp)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	f, err := folder.OpenFile("data", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, h), r); err != nil {
		return nil, err
	}
	// Renamed before the first fsync, both the bytes and the name often reach
	// the disk with it, and the second has nothing left to wait for.
	if err := folder.Rename("data", hex.EncodeToString(h.Sum(nil))+ext); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	return h, syncFolder(folder)
}

// errTaken means that another writer was first.
var errTaken = errors.New("the key is taken")

// commit moves the finished folder temp to the key's place and returns when
// that is on disk.
func (s *Store) commit(temp, key string) error {
	names := objectPath(key)
	folders := names[:len(names)-1]
	for i := range folders {
		folder := path.Join(folders[:i+1]...)
		err := s.objects.Mkdir(folder, 0o700)
		switch {
		case err == nil:
			s.setDurable(folder, false)
		case !errors.Is(err, fs.ErrExist):
			return err
		}
	}
	err := s.base.Rename(temp, path.Join(objectsFolder, path.Join(names...)))
	if errors.Is(err, fs.ErrExist) {
		return errTaken
	}
	if err != nil {
		return err
	}
	return s.syncPath(folders)
}

// same decides a Put whose key holds old, when all of its source went through
// h. Success has to mean here too that the object is whole and on disk; the
// process that wrote it may have died before it could see to that.
func (s *Store) same(ctx context.Context, key string, old *object, h hash.Hash) error {
	if [sha256.Size]byte(h.Sum(nil)) != old.sum {
		return storage.ErrExists
	}
	r, err := old.open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	names := objectPath(key)
	return s.syncPath(names[:len(names)-1])
}

// syncPath returns when the entries of the folder that the names lead to are on
// disk, and so are the names of that folder and of all above it.
func (s *Store) syncPath(names []string) error {
	for i := len(names); i >= 0; i-- {
		folder, err := s.folder(names[:i])
		if err != nil {
			return err
		}
		err = syncFolder(folder)
		s.release(folder)
		if err != nil {
			return err
		}
		if i == 0 || s.isDurable(path.Join(names[:i]...)) {
			break
		}
	}
	for i := range names {
		s.setDurable(path.Join(names[:i+1]...), true)
	}
	return nil
}

// maxDurable bounds what a Store remembers; to forget costs only an fsync.
const maxDurable = 10_000

func (s *Store) setDurable(folder string, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !is {
		delete(s.durable, folder)
		return
	}
	if len(s.durable) >= maxDurable {
		clear(s.durable)
	}
	s.durable[folder] = true
}

func (s *Store) isDurable(folder string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.durable[folder]
}

// Get implements [storage.Store].
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("get %q: %w", key, err)
	}
	return r, nil
}

func (s *Store) get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := storage.Ready(ctx, key); err != nil {
		return nil, err
	}
	o, err := s.find(key)
	if err != nil {
		return nil, err
	}
	defer o.close()
	return o.open(ctx)
}

// Stat implements [storage.Store].
func (s *Store) Stat(ctx context.Context, key string) (storage.Info, error) {
	info, err := s.stat(ctx, key)
	if err != nil {
		return storage.Info{}, fmt.Errorf("stat %q: %w", key, err)
	}
	return info, nil
}

func (s *Store) stat(ctx context.Context, key string) (storage.Info, error) {
	if err := storage.Ready(ctx, key); err != nil {
		return storage.Info{}, err
	}
	o, err := s.find(key)
	if err != nil {
		return storage.Info{}, err
	}
	defer o.close()
	return o.info(key), nil
}

// List implements [storage.Store].
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		w := walk{store: s, ctx: ctx, prefix: prefix, yield: yield}
		w.run()
	}
}

// full adds ErrFull to the system's errors that mean it: disk, quota or file
// size limit.
func full(err error) error {
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, no) {
			return fmt.Errorf("%w: %w", storage.ErrFull, err)
		}
	}
	return err
}

// syncFolder puts the folder's entries on disk. Some network file systems cannot
// do it on request; they do it unasked.
func syncFolder(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}
