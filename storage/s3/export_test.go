package s3

import (
	"context"
	"time"
)

// Parts says whether the store found that parts are joined under a condition.
func (s *Store) Parts() bool { return s.parts }

// Sweep removes the unfinished uploads that began before the given time.
func (s *Store) Sweep(ctx context.Context, before time.Time) error { return s.sweep(ctx, before) }

// NameOf is the name of a key's object in the bucket.
func NameOf(prefix, key string) string {
	name, _ := nameOf(prefix, key)
	return name
}

// WithRetries makes so many requests for one answer, where the service asks for
// a repeat.
func WithRetries(o Options, n int) Options {
	o.retries = n
	return o
}

// WithPages is the store, getting listings in answers of n objects.
func (s *Store) WithPages(n int) *Store {
	b, again := *s.bucket, *s
	b.page, again.bucket = n, &b
	return &again
}
