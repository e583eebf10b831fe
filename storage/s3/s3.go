package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage"
)

// The metadata of every object, by the names of their headers.
const (
	sumHeader = "X-Amz-Meta-Sealdesk-Sha256" // of the bytes, in hexadecimal
	keyHeader = "X-Amz-Meta-Sealdesk-Key"    // in base64url, where the name does not tell it
)

// Store is a [storage.Store] in a bucket. Any number of Stores, in any number of
// processes, may use the same bucket and prefix.
type Store struct {
	bucket *bucket
	prefix string // "" or with a slash at its end
	md5    bool
	spool  string
	parts  bool // the service joins parts under a condition
}

var _ storage.Store = (*Store)(nil)

// Open opens the store in a bucket. It tries whether the service refuses to
// overwrite, which leaves the small object _sealdesk/probe at the prefix, and removes the parts of uploads that were left unfinished for a day.
//
// Errors: [ErrBucket] when there is no such bucket, [ErrOverwrites] when the
// service ignores the condition. No error holds a key of the Options.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open the store in the bucket %q at %s: %w", o.Bucket, shown(o.Endpoint), err)
	}
	return s, nil
}

func open(ctx context.Context, o Options) (_ *Store, err error) {
	prefix, err := o.folder()
	if err != nil {
		return nil, err
	}
	b, err := connect(o)
	if err != nil {
		return nil, err
	}
	s := &Store{bucket: b, prefix: prefix, md5: o.MD5, spool: o.Spool}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if err := s.probe(ctx); err != nil {
		return nil, err
	}
	if s.parts, err = s.probeParts(ctx); err != nil {
		return nil, fmt.Errorf("try whether parts are joined under a condition: %w", err)
	}
	if err := s.sweep(ctx, time.Now().Add(-unfinishedFor)); err != nil {
		return nil, fmt.Errorf("remove unfinished uploads: %w", err)
	}
	return s, nil
}

// Close ends the use of the store, once all its methods have returned and all
// readers are closed.
func (s *Store) Close() error {
	s.bucket.close()
	return nil
}

// CreateBucket makes the bucket of o; one that is there already is left as it is.
func CreateBucket(ctx context.Context, o Options) error {
	b, err := connect(o)
	if err != nil {
		return fmt.Errorf("make the bucket %q: %w", o.Bucket, err)
	}
	defer b.close()
	there, err := b.core.BucketExists(ctx, b.name)
	if err == nil && !there {
		err = b.core.MakeBucket(ctx, b.name, minio.MakeBucketOptions{Region: o.Region})
	}
	if err != nil && answerOf(err).Code != minio.BucketAlreadyOwnedByYou {
		return fmt.Errorf("make the bucket %q: %w", o.Bucket, b.explain(ctx, err))
	}
	return nil
}

// Put implements [storage.Store]. Objects of more than 8 MiB are spooled to a
// temporary file first, as their hash goes ahead of them.
func (s *Store) Put(ctx context.Context, key string, r io.Reader) error {
	if err := s.put(ctx, key, storage.Source(ctx, r)); err != nil {
		return fmt.Errorf("put %q: %w", key, err)
	}
	return nil
}

func (s *Store) put(ctx context.Context, key string, r io.Reader) error {
	if err := storage.Ready(ctx, key); err != nil {
		return err
	}
	body, err := s.read(r)
	if err != nil {
		return err
	}
	defer body.close()
	if body.file != nil {
		// Much would be sent for nothing where the key is taken.
		if err := s.same(ctx, key, body.sum); !errors.Is(err, storage.ErrNotExist) {
			return err
		}
	}
	// A conflict tells of another writer, who may fail yet.
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err := s.upload(ctx, key, body)
		clash := conflict(err)
		if !clash && !refused(err) {
			return s.bucket.explain(ctx, err)
		}
		if taken := s.same(ctx, key, body.sum); !errors.Is(taken, storage.ErrNotExist) {
			return taken
		}
		if !clash || wait > 5*time.Second {
			return fmt.Errorf("the service refuses the object, though the key is not taken: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// same decides a Put of bytes with the given hash when the key is taken: it
// returns nil when the key holds them, and ErrNotExist when it is free after all.
// Success has to mean here too that the object is whole, so it is read.
func (s *Store) same(ctx context.Context, key string, sum [sha256.Size]byte) error {
	old, err := s.look(ctx, key)
	if err != nil {
		return err
	}
	if old.sum != sum {
		return storage.ErrExists
	}
	r, err := s.get(ctx, key)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
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
	name, _ := nameOf(s.prefix, key)
	body, info, header, err := s.bucket.core.GetObject(ctx, s.bucket.name, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.bucket.explain(ctx, err)
	}
	sum, err := checksum(header)
	if err != nil {
		body.Close()
		return nil, err
	}
	return storage.VerifyReader(ctx, body, sum, info.Size), nil
}

// Stat implements [storage.Store].
func (s *Store) Stat(ctx context.Context, key string) (storage.Info, error) {
	o, err := s.look(ctx, key)
	if err != nil {
		return storage.Info{}, fmt.Errorf("stat %q: %w", key, err)
	}
	return storage.Info{Key: key, Size: o.size, Time: o.time}, nil
}

// object is what the service tells of an object.
type object struct {
	size int64
	time time.Time
	sum  [sha256.Size]byte
}

func (s *Store) look(ctx context.Context, key string) (object, error) {
	if err := storage.Ready(ctx, key); err != nil {
		return object{}, err
	}
	name, _ := nameOf(s.prefix, key)
	info, err := s.bucket.core.StatObject(ctx, s.bucket.name, name, minio.StatObjectOptions{})
	if err != nil {
		return object{}, s.bucket.explain(ctx, err)
	}
	sum, err := checksum(info.Metadata)
	return object{size: info.Size, time: info.LastModified, sum: sum}, err
}

// checksum reads the checksum off an object's metadata.
func checksum(h http.Header) (sum [sha256.Size]byte, err error) {
	text := h.Get(sumHeader)
	if len(text) == 2*sha256.Size {
		if _, err := hex.Decode(sum[:], []byte(text)); err == nil {
			return sum, nil
		}
	}
	return sum, fmt.Errorf("%w: its metadata hold no checksum, so it was not put there by this program, or copied without its metadata", storage.ErrCorrupt)
}
