package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"sealdesk/storage"
)

// asideFolder holds what was set aside, beside the objects.
const asideFolder = "aside"

// SetAside takes the object under key, be it damaged, out of the store and gives the path
// below the store's directory at which it is kept from then on. The key is free again.
// Objects are written once: this is for whoever mends a store, and for nobody else. The
// error is storage.ErrNotExist when there is none.
func (s *Store) SetAside(ctx context.Context, key string) (where string, err error) {
	if where, err = s.setAside(ctx, key); err != nil {
		return "", fmt.Errorf("set %q aside: %w", key, full(err))
	}
	return where, nil
}

func (s *Store) setAside(ctx context.Context, key string) (string, error) {
	if err := storage.Ready(ctx, key); err != nil {
		return "", err
	}
	names := objectPath(key)
	from := path.Join(objectsFolder, path.Join(names...))
	if _, err := s.base.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return "", storage.ErrNotExist
	}
	to := path.Join(asideFolder, time.Now().UTC().Format("20060102T150405.000000000"), path.Join(names...))
	if err := s.base.MkdirAll(path.Dir(to), 0o700); err != nil {
		return "", err
	}
	if err := s.base.Rename(from, to); err != nil {
		return "", err
	}
	return to, s.syncPath(names[:len(names)-1])
}
