package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"sealdesk/storage"
)

func testCancel(t *testing.T, s storage.Store) {
	put(t, s, "old", []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "new", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put: error %v, want context.Canceled", err)
	}
	if _, err := s.Get(ctx, "old"); !errors.Is(err, context.Canceled) {
		t.Errorf("Get: error %v, want context.Canceled", err)
	}
	if _, err := s.Stat(ctx, "old"); !errors.Is(err, context.Canceled) {
		t.Errorf("Stat: error %v, want context.Canceled", err)
	}
	var errs []error
	for _, err := range s.List(ctx, "") {
		errs = append(errs, err)
	}
	if len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("List: errors %v, want one context.Canceled", errs)
	}
	absent(t, s, "new")
}

// readerFunc is a reader made of a function.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func testCancelPut(t *testing.T, s storage.Store) {
	b := randomBytes(5, 1<<20)
	for _, at := range []int{0, 1, 300_000, 1 << 20} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stop := readerFunc(func([]byte) (int, error) { cancel(); return 0, nil })
		r := io.MultiReader(bytes.NewReader(b[:at]), stop)
		key := fmt.Sprintf("cancelled/%d", at)
		if err := s.Put(ctx, key, r); !errors.Is(err, context.Canceled) {
			t.Errorf("Put cancelled after %d bytes: error %v, want context.Canceled", at, err)
		}
		absent(t, s, key)
		put(t, s, key, b)
		holds(t, s, key, b)
	}
}

// testCancelAtEnd ends the context when all of the source was read, so that the
// store is told of it while it writes: a small object and one of more than a part.
func testCancelAtEnd(t *testing.T, s storage.Store) {
	for _, n := range []int{1000, bigSize} {
		b := randomBytes(14, n)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		end := readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })
		key := fmt.Sprintf("cancelled at the end/%d", n)
		switch err := s.Put(ctx, key, io.MultiReader(bytes.NewReader(b), end)); {
		case err == nil:
			holds(t, s, key, b)
		case !errors.Is(err, context.Canceled):
			t.Errorf("Put of %d bytes cancelled at its end: error %v, want context.Canceled", n, err)
		default:
			got, err := storage.ReadAll(t.Context(), s, key)
			if err == nil && !bytes.Equal(got, b) || err != nil && !errors.Is(err, storage.ErrNotExist) {
				t.Errorf("Put of %d bytes cancelled at its end left %d, error %v", n, len(got), err)
			}
		}
		put(t, s, key, b)
		holds(t, s, key, b)
	}
}

func testCancelGet(t *testing.T, s storage.Store) {
	put(t, s, "object", randomBytes(6, 1<<20))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := s.Get(ctx, "object")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
		t.Errorf("read after cancel: error %v, want context.Canceled", err)
	}
}
