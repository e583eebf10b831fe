package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// timesPrefix begins the keys of lists of times, times/<sha256 of the list>.json: when
// objects were first written that were copied from another store, for a store dates what it
// is given by its own clock. Which bundle came before which hangs on that.
const timesPrefix = "times/"

// IsTimes says whether a key is that of a list of times.
func IsTimes(key string) bool { return strings.HasPrefix(key, timesPrefix) }

// ParseTimes reads a list of times, by the keys of objects. The error wraps [ErrCorrupt].
func ParseTimes(key string, b []byte) (map[string]time.Time, error) {
	sum := sha256.Sum256(b)
	times := map[string]time.Time{}
	if key != timesPrefix+hex.EncodeToString(sum[:])+".json" {
		return nil, fmt.Errorf("%w: the list of times %q is not the one of its name", ErrCorrupt, key)
	}
	if err := json.Unmarshal(b, &times); err != nil {
		return nil, fmt.Errorf("%w: the list of times %q: %w", ErrCorrupt, key, err)
	}
	return times, nil
}

// PutTimes keeps when objects were first written that were copied into a store. The same
// times again are the same list. None is kept of no times.
func PutTimes(ctx context.Context, s Store, times map[string]time.Time) error {
	if len(times) == 0 {
		return nil
	}
	b, err := json.Marshal(times)
	if err != nil {
		return fmt.Errorf("keep when objects were written: %w", err)
	}
	sum := sha256.Sum256(b)
	return s.Put(ctx, timesPrefix+hex.EncodeToString(sum[:])+".json", strings.NewReader(string(b)))
}

// Dated is a store that says of copied objects when they were first written: the earliest
// time that a list has of it.
type Dated struct {
	Store
	times map[string]time.Time
}

// WithTimes reads the lists of times of a store. A list that is damaged dates nothing: its
// error is among damaged, and all else holds.
func WithTimes(ctx context.Context, s Store) (d *Dated, damaged []error, err error) {
	d = &Dated{s, map[string]time.Time{}}
	for info, err := range s.List(ctx, timesPrefix) {
		var b []byte
		if err == nil {
			b, err = ReadAll(ctx, s, info.Key)
		}
		var times map[string]time.Time
		if err == nil {
			times, err = ParseTimes(info.Key, b)
		}
		if errors.Is(err, ErrCorrupt) {
			damaged = append(damaged, err)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read when objects were written: %w", err)
		}
		for key, t := range times {
			if old, ok := d.times[key]; !ok || t.Before(old) {
				d.times[key] = t
			}
		}
	}
	return d, damaged, nil
}

func (d *Dated) date(info Info) Info {
	if t, ok := d.times[info.Key]; ok {
		info.Time = t
	}
	return info
}

// Stat implements [Store].
func (d *Dated) Stat(ctx context.Context, key string) (Info, error) {
	info, err := d.Store.Stat(ctx, key)
	return d.date(info), err
}

// List implements [Store].
func (d *Dated) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for info, err := range d.Store.List(ctx, prefix) {
			if !yield(d.date(info), err) {
				return
			}
		}
	}
}
