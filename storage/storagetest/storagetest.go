// Package storagetest is the conformance suite of [storage.Store]: it tests an
// implementation against every promise of the interface, hostile cases first.
//
// It does not test what it cannot see through the interface: that acknowledged
// objects outlive a killed process or a power cut is for each implementation's
// own tests.
package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sealdesk/storage"
)

// Damager is implemented by a store under test whose kept bytes the suite may
// damage, to see that the damage is noticed.
type Damager interface {
	// Damage replaces the kept bytes of the object under key by what change
	// makes of them, behind the store's back: whatever checksum the store
	// keeps stays as it is.
	Damage(t *testing.T, key string, change func([]byte) []byte)
}

// Run tests the stores that open gives. Each call of open gives an empty store,
// and registers with t what there is to clean up. Stores that implement
// [Damager] are tested with damaged objects as well; of others, the log of
// "Damage" says that they were not.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, storage.Store)
	}{
		{"RoundTrip", testRoundTrip},
		{"NotExist", testNotExist},
		{"WriteOnce", testWriteOnce},
		{"InvalidKeys", testInvalidKeys},
		{"OddKeys", testOddKeys},
		{"OddSources", testOddSources},
		{"FailingSource", testFailingSource},
		{"Cancel", testCancel},
		{"CancelPut", testCancelPut},
		{"CancelAtEnd", testCancelAtEnd},
		{"CancelGet", testCancelGet},
		{"Readers", testReaders},
		{"ShortReads", testShortReads},
		{"RaceDifferent", testRaceDifferent},
		{"RaceSame", testRaceSame},
		{"RaceBig", testRaceBig},
		{"ManyWriters", testManyWriters},
		{"PutWhileRead", testPutWhileRead},
		{"List", testList},
		{"ListStops", testListStops},
		{"Big", testBig},
		{"Damage", testDamage},
		{"SetAside", testSetAside},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// randomBytes gives n bytes that look random and are the same for each seed.
func randomBytes(seed uint64, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	return b
}

func put(t *testing.T, s storage.Store, key string, b []byte) {
	t.Helper()
	if err := s.Put(t.Context(), key, bytes.NewReader(b)); err != nil {
		t.Fatalf("Put: %v", err)
	}
}

// holds checks that key holds just the bytes want.
func holds(t *testing.T, s storage.Store, key string, want []byte) {
	t.Helper()
	got, err := storage.ReadAll(t.Context(), s, key)
	if err != nil {
		t.Errorf("Get: %v", err)
	} else if !bytes.Equal(got, want) {
		t.Errorf("Get of %q gave %d bytes that are not the %d stored", key, len(got), len(want))
	}
	info, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Errorf("Stat: %v", err)
	} else if info.Key != key || info.Size != int64(len(want)) {
		t.Errorf("Stat gave %q with %d bytes, want %q with %d", info.Key, info.Size, key, len(want))
	}
}

// absent checks that there is no object under key.
func absent(t *testing.T, s storage.Store, key string) {
	t.Helper()
	if _, err := s.Get(t.Context(), key); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("Get of %q: error %v, want ErrNotExist", key, err)
	}
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("Stat of %q: error %v, want ErrNotExist", key, err)
	}
	if keys := list(t, s, key); slices.Contains(keys, key) {
		t.Errorf("List has %q", key)
	}
}

func list(t *testing.T, s storage.Store, prefix string) []string {
	t.Helper()
	var keys []string
	for info, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func testRoundTrip(t *testing.T, s storage.Store) {
	start := time.Now()
	for _, n := range []int{0, 1, 511, 32 << 10, 1<<20 + 1} {
		key := fmt.Sprintf("sizes/%d.bin", n)
		b := randomBytes(1, n)
		put(t, s, key, b)
		holds(t, s, key, b)
		info, err := s.Stat(t.Context(), key)
		// The store's clock may be another machine's, and coarse.
		if err != nil || info.Time.Before(start.Add(-time.Hour)) || info.Time.After(time.Now().Add(time.Hour)) {
			t.Errorf("Stat of an object written now gave the time %v, error %v", info.Time, err)
		}
	}
}

func testNotExist(t *testing.T, s storage.Store) {
	absent(t, s, "nothing")
	absent(t, s, "no/thing/here.pdf")
	put(t, s, "folder/object", []byte("x"))
	absent(t, s, "folder")
	absent(t, s, "folder/objec")
	absent(t, s, "folder/objects")
}

func testWriteOnce(t *testing.T, s storage.Store) {
	for _, c := range []struct{ name, old, new string }{
		{"other", "first", "other"},
		{"shorter", "first", "firs"},
		{"longer", "first", "first!"},
		{"emptied", "first", ""},
		{"filled", "", "first"},
	} {
		key := "once/" + c.name
		put(t, s, key, []byte(c.old))
		before, _ := s.Stat(t.Context(), key)
		put(t, s, key, []byte(c.old))
		if after, _ := s.Stat(t.Context(), key); after != before {
			t.Errorf("%s: repeating a Put changed %v to %v", c.name, before, after)
		}
		err := s.Put(t.Context(), key, strings.NewReader(c.new))
		if !errors.Is(err, storage.ErrExists) {
			t.Errorf("%s: Put of other bytes: error %v, want ErrExists", c.name, err)
		}
		holds(t, s, key, []byte(c.old))
	}
}

func testOddSources(t *testing.T, s storage.Store) {
	b := randomBytes(2, 3000)
	for name, r := range map[string]io.Reader{
		"bytewise":      iotest.OneByteReader(bytes.NewReader(b)),
		"data with EOF": iotest.DataErrReader(bytes.NewReader(b)),
		"halves":        iotest.HalfReader(bytes.NewReader(b)),
		"bare":          struct{ io.Reader }{bytes.NewReader(b)},
	} {
		key := "sources/" + name
		if err := s.Put(t.Context(), key, r); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		holds(t, s, key, b)
	}
	half := bytes.NewReader(b)
	half.Seek(1000, io.SeekStart)
	if err := s.Put(t.Context(), "sources/rest", half); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "sources/rest", b[1000:])
}

func testFailingSource(t *testing.T, s storage.Store) {
	broken := errors.New("the line broke")
	for _, n := range []int{0, 1, 200_000, 2 << 20} {
		for _, cause := range []error{broken, io.ErrUnexpectedEOF, storage.ErrNotExist} {
			key := fmt.Sprintf("failing/%d", n)
			r := io.MultiReader(bytes.NewReader(randomBytes(3, n)), iotest.ErrReader(cause))
			if err := s.Put(t.Context(), key, r); !errors.Is(err, cause) {
				t.Errorf("source that fails after %d bytes: error %v, want %v", n, err, cause)
			}
			absent(t, s, key)
		}
	}
	for _, n := range []int{0, 1, 200_000, 2 << 20} {
		key := fmt.Sprintf("failing/%d", n)
		b := randomBytes(4, n)
		put(t, s, key, b)
		holds(t, s, key, b)
		// A repeat that breaks off is no success, whatever came before.
		r := io.MultiReader(bytes.NewReader(b), iotest.ErrReader(broken))
		if err := s.Put(t.Context(), key, r); !errors.Is(err, broken) {
			t.Errorf("repeat whose source fails after %d bytes: error %v, want %v", n, err, broken)
		}
		holds(t, s, key, b)
	}
}

func testReaders(t *testing.T, s storage.Store) {
	b := randomBytes(7, 100_000)
	put(t, s, "object", b)
	a, err := s.Get(t.Context(), "object")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if _, err := io.ReadFull(a, make([]byte, 50_000)); err != nil {
		t.Fatal(err)
	}
	holds(t, s, "object", b) // another reader starts at the start
	rest, err := io.ReadAll(a)
	if err != nil || !bytes.Equal(rest, b[50_000:]) {
		t.Errorf("the first reader gave %d more bytes, error %v", len(rest), err)
	}
	if n, err := a.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read after the end: %d bytes, error %v", n, err)
	}
	early, err := s.Get(t.Context(), "object")
	if err != nil {
		t.Fatal(err)
	}
	if err := early.Close(); err != nil {
		t.Errorf("closing an unread reader: %v", err)
	}
}

// testPutWhileRead looks at an object all the while it is written: it is there
// whole, or not at all.
func testPutWhileRead(t *testing.T, s storage.Store) {
	b := randomBytes(8, 1<<20)
	done := make(chan error)
	go func() { done <- s.Put(t.Context(), "object", iotest.HalfReader(bytes.NewReader(b))) }()
	for {
		got, err := storage.ReadAll(t.Context(), s, "object")
		if err == nil && !bytes.Equal(got, b) || err != nil && !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("while it is written, Get gave %d bytes of %d, error %v", len(got), len(b), err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			holds(t, s, "object", b)
			return
		default:
		}
	}
}

// testShortReads reads with buffers of every small size and some larger ones.
func testShortReads(t *testing.T, s storage.Store) {
	b := randomBytes(13, 5000)
	put(t, s, "object", b)
	for _, n := range []int{1, 2, 3, 7, 512, 4999, 5000, 5001, 10_000} {
		r, err := s.Get(t.Context(), "object")
		if err != nil {
			t.Fatal(err)
		}
		if m, err := r.Read(nil); m != 0 || err != nil {
			t.Errorf("reading nothing gave %d bytes, error %v", m, err)
		}
		var got []byte
		for p := make([]byte, n); ; {
			m, err := r.Read(p)
			got = append(got, p[:m]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("reading %d bytes at a time: after %d, error %v", n, len(got), err)
			}
		}
		if !bytes.Equal(got, b) {
			t.Errorf("reading %d bytes at a time gave %d that are not the %d stored", n, len(got), len(b))
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testBig(t *testing.T, s storage.Store) {
	const size = 17<<20 + 7
	source := func() io.Reader {
		return io.LimitReader(rand.NewChaCha8([32]byte{9}), size)
	}
	if err := s.Put(t.Context(), "big", source()); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := source()
	var n int
	got, exp := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		m, err := io.ReadFull(r, got)
		if _, err := io.ReadFull(want, exp[:m]); err != nil || !bytes.Equal(got[:m], exp[:m]) {
			t.Fatalf("bytes from %d on are not those stored", n)
		}
		n += m
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != size {
		t.Errorf("Get gave %d bytes, want %d", n, size)
	}
}
