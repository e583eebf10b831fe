package storage_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"sealdesk/storage"
	"sealdesk/storage/storagetest"
)

func TestCheckKey(t *testing.T) {
	for _, key := range storagetest.InvalidKeys {
		if err := storage.CheckKey(key); !errors.Is(err, storage.ErrKey) {
			t.Errorf("CheckKey(%q) = %v, want ErrKey", key, err)
		}
	}
	for _, key := range append(storagetest.OddKeys, strings.Repeat("k", storage.MaxKey)) {
		if err := storage.CheckKey(key); err != nil {
			t.Errorf("CheckKey(%q) = %v", key, err)
		}
	}
}

// FuzzCheckKey holds CheckKey against what any store relies on.
func FuzzCheckKey(f *testing.F) {
	for _, key := range append(storagetest.OddKeys, storagetest.InvalidKeys...) {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		err := storage.CheckKey(key)
		if err != nil && !errors.Is(err, storage.ErrKey) {
			t.Fatalf("error %v is no ErrKey", err)
		}
		slashed := "/" + key + "/"
		if err == nil && (key == "" || len(key) > 1024 || strings.ContainsAny(key, "\x00\n\r") || strings.Contains(slashed, "//") ||
			strings.Contains(slashed, "/./") || strings.Contains(slashed, "/../") || strings.ToValidUTF8(key, "") != key) {
			t.Fatalf("CheckKey accepts %q", key)
		}
	})
}

func TestVerifyReader(t *testing.T) {
	b := []byte("the bytes that were stored")
	sum := sha256.Sum256(b)
	broken := errors.New("the disk broke")
	for _, c := range []struct {
		name string
		r    io.Reader
		want error
	}{
		{"whole", bytes.NewReader(b), nil},
		{"bytewise", iotest.OneByteReader(bytes.NewReader(b)), nil},
		{"data with EOF", iotest.DataErrReader(bytes.NewReader(b)), nil},
		{"short", bytes.NewReader(b[:len(b)-1]), storage.ErrCorrupt},
		{"empty", bytes.NewReader(nil), storage.ErrCorrupt},
		{"long", io.MultiReader(bytes.NewReader(b), strings.NewReader("!")), storage.ErrCorrupt},
		{"changed", bytes.NewReader(bytes.ToUpper(b)), storage.ErrCorrupt},
		{"broken", io.MultiReader(bytes.NewReader(b[:5]), iotest.ErrReader(broken)), broken},
	} {
		r := storage.VerifyReader(t.Context(), io.NopCloser(c.r), sum, int64(len(b)))
		got, err := io.ReadAll(r)
		if !errors.Is(err, c.want) || err == nil && !bytes.Equal(got, b) {
			t.Errorf("%s: %q, error %v, want %v", c.name, got, err, c.want)
		}
		if _, again := r.Read(make([]byte, 1)); err != nil && again != err {
			t.Errorf("%s: after the error %v came %v", c.name, err, again)
		}
	}
}

// A caller whose buffer is large enough never sees a byte of a corrupt object.
func TestVerifyReaderWithholds(t *testing.T) {
	b := []byte("small")
	r := storage.VerifyReader(t.Context(), io.NopCloser(strings.NewReader("smell")), sha256.Sum256(b), int64(len(b)))
	if got, err := io.ReadAll(r); len(got) > 0 || !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("gave %q, error %v", got, err)
	}
}
