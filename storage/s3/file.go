package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage"
)

// How a File reads: in blocks, of which it keeps those used last, and more of
// them at once while they are read in their order. Readers of PDF files jump
// about in small steps, and hashing reads straight on.
const (
	blockSize  = 1 << 20
	maxBlocks  = 32 // kept, at most
	maxAhead   = 8  // blocks in one request
	fetchTries = 3
)

// File is an object of an intake, open for reading. All that it gives is of the
// one object that was listed: when that is replaced or removed meanwhile, reads
// that need the service fail with [ErrChanged]. It holds at most 32 MiB in
// memory. ReadAt may be called from many goroutines; they take turns.
type File struct {
	ctx    context.Context
	bucket *bucket
	object Object

	mu     sync.Mutex
	blocks map[int64]*block // by number
	uses   int64            // counts uses of blocks
	next   int64            // number of the block after those fetched last
	ahead  int64            // how many those were
}

// block is a piece of the file: blockSize bytes, fewer at the end.
type block struct {
	bytes []byte
	used  int64 // when last, in uses
}

var _ io.ReaderAt = (*File)(nil)

// Size is the number of bytes.
func (f *File) Size() int64 { return f.object.Size }

// Close gives back what the file holds. It must not be read afterwards.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocks = nil
	return nil
}

// ReadAt implements io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("read %q in the intake: negative offset", f.object.Key)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for n < len(p) && off < f.object.Size {
		b, err := f.block(off / blockSize)
		if err != nil {
			return n, fmt.Errorf("read %q in the intake: %w", f.object.Key, f.explain(err))
		}
		m := copy(p[n:], b.bytes[off%blockSize:])
		n += m
		off += int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// block gives the block with the number, fetched where it is not kept.
func (f *File) block(number int64) (*block, error) {
	if f.blocks == nil {
		return nil, errors.New("it is closed")
	}
	b, ok := f.blocks[number]
	if !ok {
		if err := f.fetch(number); err != nil {
			return nil, err
		}
		b = f.blocks[number]
	}
	f.uses++
	b.used = f.uses
	return b, nil
}

// fetch fetches the block with the number, and some after it.
func (f *File) fetch(number int64) error {
	count := int64(1)
	if number == f.next && number > 0 {
		count = min(2*f.ahead, maxAhead)
	}
	start := number * blockSize
	size := min(count*blockSize, f.object.Size-start)
	data := make([]byte, size)
	for try := 1; ; try++ {
		body, err := f.get(start, size)
		if err != nil {
			return err
		}
		_, err = io.ReadFull(body, data)
		body.Close()
		if err == nil {
			break
		}
		if try == fetchTries || f.ctx.Err() != nil {
			return err
		}
	}
	for i := number; len(data) > 0; i++ {
		piece := data[:min(blockSize, len(data))]
		data = data[len(piece):]
		f.drop()
		f.uses++
		// Bytes of its own, so that dropping it frees them.
		f.blocks[i] = &block{append([]byte(nil), piece...), f.uses}
		f.next = i + 1
	}
	f.ahead = count
	return nil
}

// drop makes room for one more block.
func (f *File) drop() {
	if len(f.blocks) < maxBlocks {
		return
	}
	oldest := int64(-1)
	for i, b := range f.blocks {
		if oldest < 0 || b.used < f.blocks[oldest].used {
			oldest = i
		}
	}
	delete(f.blocks, oldest)
}

// get asks for size bytes of the object, from start on, and of no other object.
// The library repeats requests, but not what breaks off after the answer began.
func (f *File) get(start, size int64) (io.ReadCloser, error) {
	var opts minio.GetObjectOptions
	if err := errors.Join(opts.SetRange(start, start+size-1), opts.SetMatchETag(f.object.ETag)); err != nil {
		return nil, err
	}
	body, info, header, err := f.bucket.core.GetObject(f.ctx, f.bucket.name, f.object.Key, opts)
	if err != nil {
		return nil, err
	}
	// Some services ignore one header or the other.
	got, want := header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", start, start+size-1, f.object.Size)
	switch whole := got == "" && info.Size == size && size == f.object.Size; {
	case info.ETag != f.object.ETag:
		err = ErrChanged
	case got != want && !whole:
		err = fmt.Errorf("the service gives the range %q where %q was asked for", got, want)
	default:
		return body, nil
	}
	body.Close()
	return nil, err
}

// explain tells a change of the object from other errors.
func (f *File) explain(err error) error {
	status := answerOf(err).StatusCode
	if f.ctx.Err() == nil && (status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable) {
		return ErrChanged
	}
	err = f.bucket.explain(f.ctx, err)
	if errors.Is(err, storage.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrChanged, err)
	}
	return err
}
