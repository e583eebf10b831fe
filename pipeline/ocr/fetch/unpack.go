package fetch

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// unpack takes the wanted files out of an archive (gzip, tar) into a folder.
func (p Package) unpack(archive io.ReadSeeker, dir string) error {
	if _, err := archive.Seek(0, io.SeekStart); err != nil {
		return err
	}
	z, err := gzip.NewReader(archive)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	entries := tar.NewReader(z)
	left := slices.Clone(p.Files)
	for len(left) > 0 {
		entry, err := entries.Next()
		if err == io.EOF {
			return fmt.Errorf("unpack: there is no %s in the archive", left[0].Path)
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		i := slices.IndexFunc(left, func(w File) bool { return w.Path == entry.Name })
		if i < 0 {
			continue
		}
		// The kept name is ours; the archive's says only which file this is.
		if err := left[i].keep(entries, dir); err != nil {
			return fmt.Errorf("unpack %s: %w", left[i].Path, err)
		}
		left = slices.Delete(left, i, i+1)
	}
	return nil
}

// keep writes a file beside its place and moves it there when it is whole and right.
func (w File) keep(r io.Reader, dir string) (err error) {
	f, err := os.CreateTemp(dir, "."+w.Name+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), io.LimitReader(r, w.Size+1))
	if sum := hex.EncodeToString(h.Sum(nil)); err == nil && (n != w.Size || sum != w.SHA256) {
		err = fmt.Errorf("the file has %d bytes and SHA-256 %s, not %d and %s", n, sum, w.Size, w.SHA256)
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, w.Name))
}
