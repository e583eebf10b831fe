package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage"
)

// asideName begins the names of what was set aside, after the prefix. No key's object has
// such a name.
const asideName = oddFolder + "aside/"

// SetAside takes the object under key, be it damaged, out of the store and gives the name
// in the bucket at which it is kept from then on, with its metadata. The key is free
// again. Objects are written once: this is for whoever mends a store, and for nobody else.
// What the service itself cannot read any more stays where it is. The error is
// storage.ErrNotExist when there is none.
func (s *Store) SetAside(ctx context.Context, key string) (where string, err error) {
	if where, err = s.setAside(ctx, key); err != nil {
		return "", fmt.Errorf("set %q aside: %w", key, s.bucket.explain(ctx, err))
	}
	return where, nil
}

func (s *Store) setAside(ctx context.Context, key string) (string, error) {
	if err := storage.Ready(ctx, key); err != nil {
		return "", err
	}
	name, _ := nameOf(s.prefix, key)
	rest := strings.TrimPrefix(name, s.prefix)
	to := s.prefix + asideName + time.Now().UTC().Format("20060102T150405.000000000") + "/"
	if len(to)+len(rest) > maxName {
		sum := sha256.Sum256([]byte(rest))
		rest = hex.EncodeToString(sum[:])
	}
	to += rest
	_, err := s.bucket.core.Client.CopyObject(ctx,
		minio.CopyDestOptions{Bucket: s.bucket.name, Object: to},
		minio.CopySrcOptions{Bucket: s.bucket.name, Object: name})
	if err != nil {
		return "", err
	}
	return to, s.bucket.core.RemoveObject(ctx, s.bucket.name, name, minio.RemoveObjectOptions{})
}
