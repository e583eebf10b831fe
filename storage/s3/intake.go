package s3

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// ErrChanged means that an object of an intake is no longer the one that was
// listed: it was replaced or removed.
var ErrChanged = errors.New("the object was replaced or removed since it was listed")

// Intake is a bucket into which others put scans. It is only read. An object
// appears in a bucket whole, so what is listed is settled. Its methods may be
// called from many goroutines.
type Intake struct {
	bucket *bucket
}

// Object is an object of an intake as it was listed.
type Object struct {
	Key  string // in the bucket; any text
	Size int64  // bytes
	ETag string // tells its content from what the key held before or after
	Time time.Time
}

// OpenIntake opens a bucket for reading, once it has seen that it can be listed.
// [Options.Prefix], MD5 and Spool are not used. Errors: [ErrBucket].
func OpenIntake(ctx context.Context, o Options) (*Intake, error) {
	b, err := connect(o)
	if err == nil {
		if err = b.tryList(ctx, ""); err != nil {
			b.close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the intake bucket %q at %s: %w", o.Bucket, shown(o.Endpoint), err)
	}
	return &Intake{b}, nil
}

// tryList asks for one object of a listing, which tells more of what is wrong
// than a request without an answer's body.
func (b *bucket) tryList(ctx context.Context, prefix string) error {
	for o := range b.core.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, MaxKeys: 1}) {
		return b.explain(ctx, o.Err)
	}
	return ctx.Err()
}

// Close ends the use of the intake, once what it gave out is closed and its
// channels are.
func (in *Intake) Close() error {
	in.bucket.close()
	return nil
}

// List gives every object whose key begins with prefix ("" for all), in the
// order of the service. Markers of folders, which end in a slash, are left out.
// An error ends the listing.
func (in *Intake) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		for o, err := range in.bucket.list(ctx, prefix) {
			if err != nil {
				yield(Object{}, fmt.Errorf("list %q in the intake: %w", prefix, err))
				return
			}
			if strings.HasSuffix(o.Key, "/") {
				continue
			}
			if !yield(Object{Key: o.Key, Size: o.Size, ETag: o.ETag, Time: o.LastModified}, nil) {
				return
			}
		}
	}
}

// Open opens an object for reading. The context governs all reads too. The
// caller closes the File. Errors: [ErrChanged].
func (in *Intake) Open(ctx context.Context, o Object) (*File, error) {
	f := &File{ctx: ctx, bucket: in.bucket, object: o, blocks: map[int64]*block{}}
	info, err := in.bucket.core.StatObject(ctx, in.bucket.name, o.Key, minio.StatObjectOptions{})
	if err == nil && (info.ETag != o.ETag || info.Size != o.Size) {
		err = ErrChanged
	}
	if err != nil {
		return nil, fmt.Errorf("open %q in the intake: %w", o.Key, f.explain(err))
	}
	return f, nil
}
