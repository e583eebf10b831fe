package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// ErrOverwrites means that the service overwrites objects although it is asked
// not to, so that nothing would be safe in it.
var ErrOverwrites = errors.New("the service ignores If-None-Match: * and overwrites objects; take a newer version of it or another service (MinIO since 2024-11, versitygw, Amazon S3 and others refuse), and let no proxy on the way strip the header")

// probeBytes are what the object named probeName holds. It stays: with a lock on
// the bucket, it could not be removed.
var probeBytes = []byte("Written to try whether the service refuses to overwrite. It may be removed.\n")

func (s *Store) probeBody() *body {
	h := s.newHasher()
	h.Write(probeBytes)
	b := h.body()
	b.ReaderAt = bytes.NewReader(probeBytes)
	return b
}

// probe writes the object named probeName, twice where it is new: the
// service has to refuse.
func (s *Store) probe(ctx context.Context) error {
	b := s.probeBody()
	for range 2 {
		err := s.uploadWhole(ctx, s.prefix+probeName, metadata(b), b)
		switch {
		case refused(err):
			return nil
		case unsupported(err):
			return fmt.Errorf("%w (it says: %w)", ErrOverwrites, err)
		case err != nil:
			return fmt.Errorf("write an object: %w", s.bucket.explain(ctx, err))
		}
	}
	return ErrOverwrites
}

// probeParts says whether the service refuses as well to join parts to an object
// whose name is taken. It runs after probe.
func (s *Store) probeParts(ctx context.Context) (bool, error) {
	b := s.probeBody()
	err := s.uploadParts(ctx, s.prefix+probeName, metadata(b), b)
	switch {
	case err == nil || unsupported(err):
		return false, nil
	case refused(err):
		return true, nil
	}
	return false, s.bucket.explain(ctx, err)
}
