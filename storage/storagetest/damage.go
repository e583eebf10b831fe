package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"sealdesk/storage"
)

func testDamage(t *testing.T, s storage.Store) {
	d, ok := s.(Damager)
	if !ok {
		t.Log("the store is no Damager: not tested with damaged objects")
		return
	}
	put(t, s, "sound", []byte("sound"))
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
	}
	for _, size := range []int{1, 1000, 300_000} {
		for name, change := range map[string]func([]byte) []byte{
			"first byte":  flip(0),
			"middle byte": flip(size / 2),
			"last byte":   flip(-1),
			"truncated":   func(b []byte) []byte { return b[:len(b)-1] },
			"emptied":     func([]byte) []byte { return nil },
			"appended":    func(b []byte) []byte { return append(b, 0) },
			"doubled":     func(b []byte) []byte { return append(b, b...) },
			"other":       func(b []byte) []byte { return randomBytes(11, len(b)) },
			"zeroed":      func(b []byte) []byte { clear(b); return b },
		} {
			key := fmt.Sprintf("damaged/%d/%s", size, name)
			b := randomBytes(10, size)
			put(t, s, key, b)
			d.Damage(t, key, change)
			if got, err := storage.ReadAll(t.Context(), s, key); !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("%s: Get gave %d bytes, error %v, want ErrCorrupt", key, len(got), err)
			}
			// The bytes right to the announced end, without asking for more.
			if info, err := s.Stat(t.Context(), key); err == nil {
				r, err := s.Get(t.Context(), key)
				if err == nil {
					_, err = io.ReadFull(r, make([]byte, info.Size))
					if err == nil && info.Size == 0 {
						_, err = r.Read(make([]byte, 1))
					}
					r.Close()
				}
				if !errors.Is(err, storage.ErrCorrupt) {
					t.Errorf("%s: reading its %d bytes: error %v, want ErrCorrupt", key, info.Size, err)
				}
			} else if !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("%s: Stat: error %v", key, err)
			}
			if err := s.Put(t.Context(), key, bytes.NewReader(randomBytes(12, size))); !errors.Is(err, storage.ErrExists) && !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("%s: Put of other bytes: error %v, want ErrExists or ErrCorrupt", key, err)
			}
			// Who puts what was lost must not be told that it is safe.
			if err := s.Put(t.Context(), key, bytes.NewReader(b)); !errors.Is(err, storage.ErrExists) && !errors.Is(err, storage.ErrCorrupt) {
				t.Errorf("%s: Put of the bytes that it should hold: error %v, want ErrExists or ErrCorrupt", key, err)
			}
		}
	}
	holds(t, s, "sound", []byte("sound"))
}
