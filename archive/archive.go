// Package archive takes what a store keeps elsewhere, and back: backups that grow by what
// is new, and moves from one store to another. Every object's bytes are hashed on their
// way and held against what is known of them.
//
// It gives no meaning to keys, and knows no index: what is derived is made anew by whoever
// knows how. It works on stores that are in use, since objects are written once and never
// changed.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"sealdesk/storage"
)

// Object is an object as a manifest names it.
type Object struct {
	Key  string `json:"key"`
	Size int64  `json:"size"`
	// SHA256 is that of its bytes, in hexadecimal digits; "" where it is not known yet.
	SHA256 string `json:"sha256"`
	// Time is when it was first written.
	Time time.Time `json:"time,omitzero"`
}

// Failure is an object that could not be copied, though others can: it is damaged, or the
// other side holds other bytes under its key.
type Failure struct {
	Key   string `json:"key"`
	Error string `json:"error"`
}

// Progress is told how many of all objects are done; one after the other.
type Progress func(done, all int)

func (p Progress) tell(done, all int) {
	if p != nil {
		p(done, all)
	}
}

// OccupiedError is that a store holds an object that does not belong to what is to be put
// into it.
type OccupiedError struct{ Key string }

func (e *OccupiedError) Error() string { return fmt.Sprintf("the store already holds %q", e.Key) }

// workers is how many objects are copied at the same time: copying waits for disk and
// network most of the time.
const workers = 8

// Snapshot gives the objects that a store held at one moment during the call, in the order
// of their keys: all that was acknowledged before it, and with each object all that was
// written before it. Objects that cannot be listed are failures. Hashes are not known.
//
// A listing alone may have an object and lack another that was written before it. So the
// store is listed twice, and of the second listing that is left out which is younger than
// all of the first, by the store's own clock. Between the two, that clock goes on.
func Snapshot(ctx context.Context, s storage.Store) ([]Object, []Failure, error) {
	var newest time.Time
	for info, err := range s.List(ctx, "") {
		if err != nil && info.Key == "" {
			return nil, nil, fmt.Errorf("list what is kept: %w", err)
		}
		if info.Time.After(newest) {
			newest = info.Time
		}
	}
	tick := 20 * time.Millisecond
	if newest.Nanosecond() == 0 {
		tick = 1100 * time.Millisecond // a clock that counts seconds
	}
	select {
	case <-time.After(tick):
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	var objects []Object
	var failures []Failure
	for info, err := range s.List(ctx, "") {
		switch {
		case err != nil && info.Key == "":
			return nil, nil, fmt.Errorf("list what is kept: %w", err)
		case err != nil:
			failures = append(failures, Failure{info.Key, err.Error()})
		case !info.Time.After(newest):
			objects = append(objects, Object{Key: info.Key, Size: info.Size, Time: info.Time.UTC()})
		}
	}
	return objects, failures, nil
}

// outcome is what became of an object.
type outcome struct {
	Object
	err error
}

// copyAll copies objects, several at the same time, and hands each outcome to done, one
// after the other. An error of done, the context or the machinery ends it; what is the
// object's own is an outcome.
func copyAll(ctx context.Context, from, to storage.Store, objects []Object, done func(outcome) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	todo, outcomes := make(chan Object), make(chan outcome)
	var running sync.WaitGroup
	running.Go(func() {
		defer close(todo)
		for _, o := range objects {
			select {
			case todo <- o:
			case <-ctx.Done():
				return
			}
		}
	})
	for range workers {
		running.Go(func() {
			for o := range todo {
				sum, err := copyOne(ctx, from, to, o)
				if err != nil && !own(err) {
					stop(err)
					return
				}
				o.SHA256 = sum
				select {
				case outcomes <- outcome{o, err}:
				case <-ctx.Done():
					return
				}
			}
		})
	}
	go func() {
		running.Wait()
		close(outcomes)
	}()
	var failed error
	for o := range outcomes {
		if failed == nil {
			if failed = done(o); failed != nil {
				stop(failed)
			}
		}
	}
	if failed != nil {
		return failed
	}
	return context.Cause(ctx)
}

// own says whether an error is about the object alone, so that others can be copied.
func own(err error) bool {
	return errors.Is(err, storage.ErrCorrupt) || errors.Is(err, storage.ErrExists) || errors.Is(err, storage.ErrNotExist) || errors.Is(err, storage.ErrKey)
}

// copyOne copies an object and gives its SHA-256. Nothing appears under its key when its
// bytes are not those that are expected.
func copyOne(ctx context.Context, from, to storage.Store, o Object) (sum string, err error) {
	r, err := from.Get(ctx, o.Key)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c := &checked{r: r, want: o, hash: sha256.New()}
	if err := to.Put(ctx, o.Key, c); err != nil {
		return "", err
	}
	return c.sum, nil
}

// checked gives the bytes of an object, and ends in an error that wraps ErrCorrupt in the
// place of io.EOF when they are not those that are expected.
type checked struct {
	r    io.Reader
	want Object
	hash hash.Hash
	n    int64
	sum  string // at the end
}

// Read implements io.Reader.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.hash.Write(p[:n])
	c.n += int64(n)
	if err != io.EOF {
		return n, err
	}
	c.sum = hex.EncodeToString(c.hash.Sum(nil))
	if c.n != c.want.Size || c.want.SHA256 != "" && c.sum != c.want.SHA256 {
		return 0, fmt.Errorf("%w: %q has %d bytes with the SHA-256 %s, not the %d with %s that are expected",
			storage.ErrCorrupt, c.want.Key, c.n, c.sum, c.want.Size, c.want.SHA256)
	}
	return n, io.EOF
}

// sumOf reads an object and gives its SHA-256.
func sumOf(ctx context.Context, s storage.Store, key string) (string, error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, r)
	if err := errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("read %q: %w", key, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// listed gives the sizes of what a store lists, by key; of a damaged object it is -1.
func listed(ctx context.Context, s storage.Store) (map[string]int64, error) {
	sizes := map[string]int64{}
	for info, err := range s.List(ctx, "") {
		switch {
		case err != nil && info.Key == "":
			return nil, fmt.Errorf("list the other store: %w", err)
		case err != nil:
			sizes[info.Key] = -1
		default:
			sizes[info.Key] = info.Size
		}
	}
	return sizes, nil
}

// vacant says whether a store holds nothing but some of the objects.
func vacant(ctx context.Context, s storage.Store, objects []Object) error {
	known := make(map[string]int64, len(objects))
	for _, o := range objects {
		known[o.Key] = o.Size
	}
	for info, err := range s.List(ctx, "") {
		if err != nil && info.Key == "" {
			return fmt.Errorf("list the other store: %w", err)
		}
		if size, ok := known[info.Key]; !ok && !storage.IsTimes(info.Key) || ok && err == nil && size != info.Size {
			return &OccupiedError{info.Key}
		}
	}
	return nil
}

func byKey(a, b Object) int { return strings.Compare(a.Key, b.Key) }

func sortFailures(list []Failure) {
	slices.SortFunc(list, func(a, b Failure) int { return strings.Compare(a.Key, b.Key) })
}
