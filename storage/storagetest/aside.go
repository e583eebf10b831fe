package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"sealdesk/storage"
)

// asider is what a store has that can be mended.
type asider interface {
	SetAside(ctx context.Context, key string) (where string, err error)
}

// testSetAside sets objects aside, whole and damaged ones: their keys are free again, and
// hold other bytes after the next Put; no listing shows what was set aside.
func testSetAside(t *testing.T, s storage.Store) {
	a, ok := s.(asider)
	if !ok {
		t.Log("the store sets nothing aside: not tested")
		return
	}
	put(t, s, "stays", []byte("stays"))
	for _, key := range []string{"a/whole", "a/damaged", "a/Odd key*", "a/" + longKey()} {
		put(t, s, key, []byte("old bytes"))
		if d, ok := s.(Damager); ok && key == "a/damaged" {
			d.Damage(t, key, func(b []byte) []byte { b[0] ^= 1; return b })
		}
		where, err := a.SetAside(t.Context(), key)
		if err != nil || where == "" {
			t.Fatalf("SetAside of %.40q gives %q, %v", key, where, err)
		}
		absent(t, s, key)
		put(t, s, key, []byte("new"))
		holds(t, s, key, []byte("new"))
		if _, err := a.SetAside(t.Context(), key); err != nil {
			t.Errorf("SetAside of %.40q for the second time: %v", key, err)
		}
		if _, err := a.SetAside(t.Context(), key); !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("SetAside of %.40q, which is gone: error %v, want ErrNotExist", key, err)
		}
	}
	if _, err := a.SetAside(t.Context(), "../stays"); !errors.Is(err, storage.ErrKey) {
		t.Errorf("SetAside of no key: error %v, want ErrKey", err)
	}
	if got := list(t, s, ""); !slices.Equal(got, []string{"stays"}) {
		t.Errorf("the store lists %q", got)
	}
}

// longKey is as long as a key may be, beside a folder.
func longKey() string {
	b := make([]byte, storage.MaxKey-2)
	for i := range b {
		b[i] = 'k'
	}
	return string(b)
}
