package s3

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage"
)

// List implements [storage.Store].
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if err := s.list(ctx, prefix, yield); err != nil && !errors.Is(err, errStopped) {
			yield(storage.Info{}, fmt.Errorf("list %q: %w", prefix, err))
		}
	}
}

// errStopped means that the one who lists has seen enough.
var errStopped = errors.New("stopped")

// entry is what a listing says of a key.
type entry struct {
	info storage.Info
	err  error
}

// list merges the plain keys, which come in their order, with the odd ones. Its
// error is about the listing as a whole.
func (s *Store) list(ctx context.Context, prefix string, yield func(storage.Info, error) bool) error {
	odd, err := s.listOdd(ctx, prefix)
	if err != nil {
		return err
	}
	give := func(e entry) error {
		if !yield(e.info, e.err) {
			return errStopped
		}
		return nil
	}
	for e, err := range s.listPlain(ctx, prefix) {
		if err != nil {
			return err
		}
		for len(odd) > 0 && odd[0].info.Key < e.info.Key {
			if err := give(odd[0]); err != nil {
				return err
			}
			odd = odd[1:]
		}
		if err := give(e); err != nil {
			return err
		}
	}
	for _, e := range odd {
		if err := give(e); err != nil {
			return err
		}
	}
	return nil
}

// listPlain gives the plain keys that begin with prefix. An error ends it.
func (s *Store) listPlain(ctx context.Context, prefix string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		asked, ok := listable(prefix)
		if !ok {
			return
		}
		for o, err := range s.bucket.list(ctx, s.prefix+asked) {
			if err != nil {
				yield(entry{}, err)
				return
			}
			key, ok := keyOf(s.prefix, o.Key)
			if !ok || strings.HasPrefix(o.Key, s.prefix+oddFolder) || !strings.HasPrefix(key, prefix) {
				continue
			}
			if !yield(entry{info: storage.Info{Key: key, Size: o.Size, Time: o.LastModified}}, nil) {
				return
			}
		}
	}
}

// listOdd gives all the odd keys that begin with prefix, in their order.
func (s *Store) listOdd(ctx context.Context, prefix string) ([]entry, error) {
	var found []entry
	for o, err := range s.bucket.list(ctx, s.prefix+oddFolder) {
		if err != nil {
			return nil, err
		}
		e := entry{info: storage.Info{Size: o.Size, Time: o.LastModified}}
		var ok bool
		if strings.HasPrefix(o.Key, s.prefix+oddHash) {
			e.info.Key, e.err = s.hashedKey(ctx, o.Key)
			ok = !errors.Is(e.err, storage.ErrNotExist) // gone since it was listed
		} else {
			e.info.Key, ok = keyOf(s.prefix, o.Key)
		}
		if e.err != nil && !errors.Is(e.err, storage.ErrCorrupt) {
			return nil, e.err
		}
		if ok && strings.HasPrefix(e.info.Key, prefix) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b entry) int { return strings.Compare(a.info.Key, b.info.Key) })
	return found, nil
}

// hashedKey reads the key off the metadata of an object that is named by the
// key's hash. Beside ErrCorrupt, it gives the object's name for a key.
func (s *Store) hashedKey(ctx context.Context, name string) (string, error) {
	info, err := s.bucket.core.StatObject(ctx, s.bucket.name, name, minio.StatObjectOptions{})
	if err != nil {
		return "", s.bucket.explain(ctx, err)
	}
	key, err := keyCoding.DecodeString(info.Metadata.Get(keyHeader))
	if again, hashed := nameOf(s.prefix, string(key)); err != nil || !hashed || again != name {
		return strings.TrimPrefix(name, s.prefix), fmt.Errorf("%w: its metadata do not hold its key", storage.ErrCorrupt)
	}
	return string(key), nil
}

// list gives the objects whose names begin with prefix, in the order of the
// service. An error ends it.
func (b *bucket) list(ctx context.Context, prefix string) iter.Seq2[minio.ObjectInfo, error] {
	return func(yield func(minio.ObjectInfo, error) bool) {
		withOwner := false
		opts := minio.ListObjectsOptions{Prefix: prefix, Recursive: true, FetchOwner: &withOwner, MaxKeys: b.page}
		for o := range b.core.ListObjectsIter(ctx, b.name, opts) {
			if o.Err != nil {
				yield(o, b.explain(ctx, o.Err))
				return
			}
			if !yield(o, nil) {
				return
			}
		}
		// The library ends the listing without a word when the context has ended.
		if err := ctx.Err(); err != nil {
			yield(minio.ObjectInfo{}, err)
		}
	}
}
