package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// VerifyReader returns the reader that a store's Get promises: it gives the
// bytes of rc, checks ctx before each read, and ends in an error that wraps
// [ErrCorrupt] unless rc gave exactly size bytes with the SHA-256 sum. Bytes
// whose check is complete and failed are not handed out, so an object that
// fits into the caller's buffer is checked before any of it is seen.
//
// The hash is checked here, once for all stores, so that none can forget it.
// Closing the reader closes rc; what was not read is not checked.
func VerifyReader(ctx context.Context, rc io.ReadCloser, sum [sha256.Size]byte, size int64) io.ReadCloser {
	return &verifier{ctx: ctx, rc: rc, sum: sum, left: size, hash: sha256.New()}
}

type verifier struct {
	ctx     context.Context
	rc      io.ReadCloser
	sum     [sha256.Size]byte
	left    int64 // bytes still to come
	hash    hash.Hash
	checked bool  // all bytes came, and were right
	err     error // once set, all that Read returns
}

func (v *verifier) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	n, err := v.read(p)
	v.err = err
	return n, err
}

func (v *verifier) read(p []byte) (int, error) {
	if err := v.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := v.rc.Read(p)
	v.left -= int64(n)
	if v.left < 0 {
		return 0, fmt.Errorf("%w: it is longer than what was stored", ErrCorrupt)
	}
	v.hash.Write(p[:n])
	if v.left == 0 && !v.checked {
		if [sha256.Size]byte(v.hash.Sum(nil)) != v.sum {
			return 0, fmt.Errorf("%w: its bytes are not those that were stored", ErrCorrupt)
		}
		v.checked = true
	}
	if err == io.EOF && v.left > 0 {
		return 0, fmt.Errorf("%w: its last %d bytes are missing", ErrCorrupt, v.left)
	}
	return n, err
}

func (v *verifier) Close() error { return v.rc.Close() }
