package queue

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// KV is a small store of keys and values, such as web sessions. Keys are any
// strings but the empty one; values are at most 1 MB.
type KV struct {
	q      *Queue
	bucket jetstream.KeyValue
}

// KV opens the bucket of that name, of letters, digits, '-' and '_', and makes it
// if need be. Values are forgotten ttl after they were last put, which is at
// least 100 ms; 0 keeps them.
func (q *Queue) KV(ctx context.Context, bucket string, ttl time.Duration) (*KV, error) {
	var b jetstream.KeyValue
	err := q.insist(ctx, func(ctx context.Context) (err error) {
		b, err = q.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:   bucket,
			TTL:      ttl,
			MaxBytes: bucketBytes,
			Storage:  jetstream.FileStorage,
			Replicas: q.opts.Replicas,
		})
		return err
	})
	if err != nil {
		return nil, q.failed(fmt.Sprintf("bucket %q", bucket), err)
	}
	return &KV{q, b}, nil
}

// Get gives a key's value, or ErrNotFound.
func (kv *KV) Get(ctx context.Context, key string) ([]byte, error) {
	e, err := kv.bucket.Get(ctx, stored(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, kv.q.failed("get", err)
	}
	return e.Value(), nil
}

// Put sets a key's value; when it returns nil the value is on disk.
func (kv *KV) Put(ctx context.Context, key string, value []byte) error {
	_, err := kv.bucket.Put(ctx, stored(key), value)
	return kv.q.failed("put", err)
}

// Delete forgets a key. A key that is not there is no error.
func (kv *KV) Delete(ctx context.Context, key string) error {
	return kv.q.failed("delete", kv.bucket.Purge(ctx, stored(key)))
}

// List gives all keys, sorted.
func (kv *KV) List(ctx context.Context) ([]string, error) {
	l, err := kv.bucket.ListKeys(ctx)
	if err != nil {
		return nil, kv.q.failed("list", err)
	}
	defer l.Stop()
	var keys []string
	for k := range l.Keys() {
		key, err := base64.RawURLEncoding.DecodeString(k)
		if err != nil {
			return nil, fmt.Errorf("queue: list: key %q: %w", k, err)
		}
		keys = append(keys, string(key))
	}
	slices.Sort(keys)
	return keys, nil
}

// stored is a key in the letters that the server allows in one.
func stored(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }
