package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sealdesk/storage"
)

const writers = 8

func testRaceDifferent(t *testing.T, s storage.Store) {
	for round := range 4 {
		key := fmt.Sprintf("race/%d", round)
		var errs [writers]error
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				errs[i] = s.Put(t.Context(), key, bytes.NewReader(randomBytes(uint64(i), 10_000)))
			})
		}
		wg.Wait()
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				t.Fatalf("writers %d and %d of different bytes both succeeded", winner, i)
			case !errors.Is(err, storage.ErrExists):
				t.Errorf("writer %d: error %v, want ErrExists", i, err)
			}
		}
		if winner < 0 {
			t.Fatal("no writer succeeded")
		}
		holds(t, s, key, randomBytes(uint64(winner), 10_000))
	}
}

func testRaceSame(t *testing.T, s storage.Store) {
	for round := range 4 {
		key := fmt.Sprintf("race/%d", round)
		b := randomBytes(uint64(round), 10_000)
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				if err := s.Put(t.Context(), key, bytes.NewReader(b)); err != nil {
					t.Errorf("one of many equal writers: %v", err)
				}
			})
		}
		wg.Wait()
		holds(t, s, key, b)
	}
}

// bigSize is more than a store would send or hold in one piece.
const bigSize = 9<<20 + 1

// testRaceBig has two write large objects, whose writing takes its time, and a
// third come in when one is there.
func testRaceBig(t *testing.T, s storage.Store) {
	var errs [2]error
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.Put(t.Context(), "race", bytes.NewReader(randomBytes(uint64(i), bigSize)))
		})
	}
	wg.Wait()
	winner := slices.Index(errs[:], nil)
	if winner < 0 {
		t.Fatalf("no writer succeeded: %v", errs)
	}
	if loser := errs[1-winner]; !errors.Is(loser, storage.ErrExists) {
		t.Errorf("the other writer: error %v, want ErrExists", loser)
	}
	holds(t, s, "race", randomBytes(uint64(winner), bigSize))
	if err := s.Put(t.Context(), "race", bytes.NewReader(randomBytes(2, bigSize))); !errors.Is(err, storage.ErrExists) {
		t.Errorf("Put of other bytes: error %v, want ErrExists", err)
	}
	put(t, s, "race", randomBytes(uint64(winner), bigSize))
	holds(t, s, "race", randomBytes(uint64(winner), bigSize))
}

// testManyWriters has many write many objects, in folders that are new to all of
// them, while others read and list.
func testManyWriters(t *testing.T, s storage.Store) {
	const many, each = 16, 8
	key := func(i, j int) string { return fmt.Sprintf("many/%d/%d/%d", j%3, j, i) }
	var want []string
	var wg sync.WaitGroup
	for i := range many {
		for j := range each {
			want = append(want, key(i, j))
		}
		wg.Go(func() {
			for j := range each {
				if err := s.Put(t.Context(), key(i, j), strings.NewReader(key(i, j))); err != nil {
					t.Errorf("one of many writers: %v", err)
				}
				if b, err := storage.ReadAll(t.Context(), s, key(i, j)); err != nil || string(b) != key(i, j) {
					t.Errorf("%q read at once gave %q, error %v", key(i, j), b, err)
				}
			}
			for _, err := range s.List(t.Context(), "many/") {
				if err != nil {
					t.Errorf("List beside many writers: %v", err)
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(want)
	if got := list(t, s, "many/"); !slices.Equal(got, want) {
		t.Errorf("List gave %d keys, want %d:\n%q", len(got), len(want), got)
	}
}
