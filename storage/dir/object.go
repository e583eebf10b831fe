package dir

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sealdesk/storage"
)

// folder opens the folder that the names lead to, following no links. The
// caller gives it back with release.
func (s *Store) folder(names []string) (*os.Root, error) {
	at := s.objects
	for _, name := range names {
		next, err := openFolder(at, name)
		s.release(at)
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

func (s *Store) release(folder *os.Root) {
	if folder != s.objects {
		folder.Close()
	}
}

// openFolder opens the folder name in root, which must not be a link.
func openFolder(root *os.Root, name string) (*os.Root, error) {
	fi, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, storage.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	if !fi.IsDir() {
		return nil, fmt.Errorf("%w: %s is a link or file, not a folder", storage.ErrCorrupt, name)
	}
	return root.OpenRoot(name)
}

// object is an object's folder, open, and what its names tell.
type object struct {
	folder *os.Root
	file   fs.FileInfo
	sum    [sha256.Size]byte
}

// find looks up the object under key. It returns an error that wraps
// ErrNotExist or ErrCorrupt where that is so. The caller closes the object.
func (s *Store) find(key string) (*object, error) {
	names := objectPath(key)
	last := len(names) - 1
	folder, err := s.folder(names[:last])
	if err != nil {
		return nil, err
	}
	defer s.release(folder)
	return openObject(folder, names[last])
}

// openObject opens the object whose folder is name in root.
func openObject(root *os.Root, name string) (*object, error) {
	folder, err := openFolder(root, name)
	if err != nil {
		return nil, err
	}
	o := &object{folder: folder}
	if err := o.look(); err != nil {
		folder.Close()
		return nil, err
	}
	return o, nil
}

// look finds the object's one file. Whatever else other programs left in the
// folder is none of ours.
func (o *object) look() error {
	f, err := o.folder.Open(".")
	if err != nil {
		return err
	}
	names, err := f.Readdirnames(-1)
	f.Close()
	if err != nil {
		return err
	}
	for _, name := range names {
		sum, ok := checksum(name)
		if !ok {
			continue
		}
		if o.file != nil {
			return fmt.Errorf("%w: it has two files", storage.ErrCorrupt)
		}
		if o.file, err = o.folder.Lstat(name); err != nil {
			return err
		}
		if !o.file.Mode().IsRegular() {
			return fmt.Errorf("%w: its file is a link or no file", storage.ErrCorrupt)
		}
		o.sum = sum
	}
	if o.file == nil {
		return fmt.Errorf("%w: it has lost its file", storage.ErrCorrupt)
	}
	return nil
}

// checksum reads the checksum off a file's name.
func checksum(name string) (sum [sha256.Size]byte, ok bool) {
	const n = 2 * sha256.Size
	if len(name) < n || len(name) > n && name[n] != '.' {
		return sum, false
	}
	_, err := hex.Decode(sum[:], []byte(name[:n]))
	return sum, err == nil
}

// open opens the object's bytes, checked while they are read.
func (o *object) open(ctx context.Context) (io.ReadCloser, error) {
	f, err := o.folder.Open(o.file.Name())
	if err != nil {
		return nil, err
	}
	if fi, err := f.Stat(); err != nil || !os.SameFile(fi, o.file) {
		f.Close()
		return nil, fmt.Errorf("%w: its file was replaced while it was opened", storage.ErrCorrupt)
	}
	return storage.VerifyReader(ctx, f, o.sum, o.file.Size()), nil
}

func (o *object) info(key string) storage.Info {
	return storage.Info{Key: key, Size: o.file.Size(), Time: o.file.ModTime()}
}

func (o *object) close() { o.folder.Close() }
