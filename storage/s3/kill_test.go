package s3_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sealdesk/storage"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
)

// killBytes are what the object of that number holds: some small ones, some of
// more than a part.
func killBytes(i int) []byte {
	n := 3000
	if i%8 == 0 {
		n = 9 << 20
	}
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(b)
	return b
}

// testKill kills the server while objects are put, and starts it again: what was
// acknowledged is there, what is there is whole, and what was not acknowledged
// can be put.
func testKill(t *testing.T, server *s3test.Running) {
	o := server.Bucket(t)
	s := open(t, o)
	const kills = 2
	acked := map[int]bool{}
	var next int
	for range kills {
		// The server is killed when so many are acknowledged, in the middle of others.
		next = putUntilKilled(t, s, server, next, acked)
		server.Start(t)
		checkSurvivors(t, s, acked)
	}
	if len(acked) == next {
		t.Error("no kill hit a Put")
	}
	for i := range next {
		if err := s.Put(t.Context(), killKey(i), bytes.NewReader(killBytes(i))); err != nil {
			t.Errorf("Put of the object %d after all: %v", i, err)
		}
		acked[i] = true
	}
	checkSurvivors(t, s, acked)
}

func killKey(i int) string { return fmt.Sprintf("kill/%d", i) }

// putUntilKilled puts objects from several goroutines, numbered from first on,
// and kills the server. It returns the number after the last one begun.
func putUntilKilled(t *testing.T, s *s3.Store, server *s3test.Running, first int, acked map[int]bool) int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan int)
	var mu sync.Mutex
	next := first
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if err := s.Put(ctx, killKey(i), bytes.NewReader(killBytes(i))); err != nil {
					return
				}
				select {
				case done <- i:
				case <-ctx.Done():
					mu.Lock()
					acked[i] = true // acknowledged, if late
					mu.Unlock()
					return
				}
			}
		})
	}
	for range 6 {
		i := <-done
		mu.Lock()
		acked[i] = true
		mu.Unlock()
	}
	server.Kill()
	cancel()
	wg.Wait()
	return next
}

// checkSurvivors checks that all objects are whole and the acknowledged ones among
// them.
func checkSurvivors(t *testing.T, s *s3.Store, acked map[int]bool) {
	t.Helper()
	left := maps.Clone(acked)
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		i, err := strconv.Atoi(strings.TrimPrefix(info.Key, "kill/"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := storage.ReadAll(t.Context(), s, info.Key)
		if err != nil || !bytes.Equal(got, killBytes(i)) {
			t.Errorf("%q was left with %d bytes that are not those put, error %v", info.Key, len(got), err)
		}
		delete(left, i)
	}
	if len(left) > 0 {
		t.Errorf("the acknowledged objects %v are lost", slices.Sorted(maps.Keys(left)))
	}
}
