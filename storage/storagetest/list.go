package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sealdesk/storage"
)

func testList(t *testing.T, s storage.Store) {
	if keys := list(t, s, ""); len(keys) > 0 {
		t.Fatalf("an empty store holds %q", keys)
	}
	keys := []string{
		// "-" and "." come before "/", "0" after.
		"a-b/1", "a.b/1", "a/b-c", "a/b/c/1", "a/b/c/2", "a/b/d", "a/b0", "a0/1",
		"b", "盖/一", "盖/二/页", "盖章",
		strings.Repeat("l", 300) + "-", strings.Repeat("l", 300) + "/x", strings.Repeat("l", 301),
		strings.Repeat("l", 140) + "-", strings.Repeat("l", 140) + "/x", strings.Repeat("l", 141),
	}
	sizes := map[string]int64{}
	for i, key := range keys {
		put(t, s, key, make([]byte, i))
		sizes[key] = int64(i)
	}
	slices.Sort(keys)
	prefixes := []string{"", "z", "/", "//", "..", "../", "a/../", "a//", "\xff", "\x00/", "盖\xe4", "b/", strings.Repeat("l", 2000)}
	for _, key := range keys {
		for i := range len(key) + 1 {
			prefixes = append(prefixes, key[:i])
		}
		prefixes = append(prefixes, key+"/", key+"0")
	}
	slices.Sort(prefixes)
	for _, prefix := range slices.Compact(prefixes) {
		want := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !strings.HasPrefix(key, prefix) })
		var got []string
		for info, err := range s.List(t.Context(), prefix) {
			if err != nil {
				t.Fatalf("List of %q: %v", prefix, err)
			}
			if info.Size != sizes[info.Key] || info.Time.IsZero() {
				t.Errorf("List gave %q with %d bytes of %v, want %d", info.Key, info.Size, info.Time, sizes[info.Key])
			}
			got = append(got, info.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("List of %q gave\n%q\nwant\n%q", prefix, got, want)
		}
	}
}

func testListStops(t *testing.T, s storage.Store) {
	for i := range 5 {
		put(t, s, fmt.Sprintf("a/%d/x", i), nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seq := s.List(ctx, "a/")
	var first []string
	for info, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		if first = append(first, info.Key); len(first) == 2 {
			break
		}
	}
	var all []string
	for info, err := range seq { // the sequence may be run again
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Key)
	}
	if len(all) != 5 || !slices.Equal(first, all[:2]) {
		t.Errorf("a listing broken off gave %q, whole %q", first, all)
	}
	var n int
	var last error
	for _, err := range seq {
		n++
		last = err
		cancel()
	}
	// A store that fetches listings in batches may finish the one it has.
	if n < 5 && !errors.Is(last, context.Canceled) {
		t.Errorf("a listing cancelled early gave %d entries and ended in %v", n, last)
	}
}
