package account

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

const office, elsewhere = "192.0.2.1:5000", "198.51.100.9:80"

// free lets n tries pass, each from its own address.
func free(t *testing.T, th *Throttle, name string, n int) {
	t.Helper()
	for i := range n {
		if wait := th.Try(name, fmt.Sprintf("10.0.0.%d", i)); wait != 0 {
			t.Fatalf("try %d of %s has to wait %v", i, name, wait)
		}
	}
}

func TestThrottleByName(t *testing.T) {
	c := newClock()
	th := NewThrottle(c.now)
	free(t, th, "wang", 6)
	// What is the same name is throttled together, from wherever; another is not.
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32} {
		if wait := th.Try("ＷＡＮＧ", elsewhere); wait <= 0 || wait > want*time.Second {
			t.Fatalf("has to wait %v, want %v", wait, want*time.Second)
		}
		if wait := th.Try("li", elsewhere); wait != 0 {
			t.Fatalf("another name has to wait %v", wait)
		}
		th.Succeed("li", elsewhere)
		// Who does not wait is not heard, but pays nothing for it.
		c.pass(want*time.Second - 1)
		if wait := th.Try("wang", elsewhere); wait != 1 {
			t.Fatalf("has to wait %v, want 1 ns", wait)
		}
		c.pass(1)
		if wait := th.Try("wang", elsewhere); wait != 0 {
			t.Fatalf("after %v has to wait %v", want*time.Second, wait)
		}
	}
	for range 40 {
		c.pass(5 * time.Minute)
		if wait := th.Try("wang", "2001:db8::1"); wait != 0 {
			t.Fatalf("after the longest wait has to wait %v", wait)
		}
		th.Succeed("", "2001:db8::1")
	}
	// A day later all is forgotten.
	c.pass(24 * time.Hour)
	free(t, th, "wang", 5)
}

func TestThrottleForgetsOnSuccess(t *testing.T) {
	c := newClock()
	th := NewThrottle(c.now)
	free(t, th, "wang", 5)
	th.Succeed("wang", "10.0.0.4")
	free(t, th, "wang", 5)
}

func TestThrottleByAddress(t *testing.T) {
	c := newClock()
	th := NewThrottle(c.now)
	blocked := func(address string) bool { return th.Try("somebody else", address) > 0 }
	for i := range 31 {
		th.Try(fmt.Sprint("name", i), office)
	}
	if !blocked("192.0.2.1:6000") || !blocked("::ffff:192.0.2.1") || blocked(elsewhere) {
		t.Error("not by address")
	}
	// A right password does not clear the way for guesses at others.
	c.pass(time.Second)
	for i := range 100 {
		name := fmt.Sprint("mine", i)
		if th.Try(name, office) > 0 {
			break
		}
		th.Succeed(name, office)
		if th.Try(fmt.Sprint("theirs", i), office) > 0 {
			break
		}
		if i > 5 {
			t.Fatal("guesses between right passwords go on")
		}
	}
	// All of a customer's addresses are one.
	for i := range 31 {
		th.Try(fmt.Sprint("six", i), fmt.Sprintf("[2001:db8:1:2::%x]:443", i+1))
	}
	if !blocked("2001:db8:1:2:ffff::1") || blocked("2001:db8:1:3::1") {
		t.Error("not by the first half of an address of IPv6")
	}
}

// Many tries at once are no way around.
func TestThrottleAtOnce(t *testing.T) {
	c := newClock()
	th := NewThrottle(c.now)
	var wg sync.WaitGroup
	var mu sync.Mutex
	heard := 0
	for range 100 {
		wg.Go(func() {
			if th.Try("wang", office) == 0 {
				mu.Lock()
				heard++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if heard != 6 {
		t.Errorf("%d tries at once were heard, want 6", heard)
	}
}

// However many names are tried, the memory stays the same, and the name that is guessed
// at is remembered.
func TestThrottleMemory(t *testing.T) {
	c := newClock()
	th := NewThrottle(c.now)
	free(t, th, "wang", 6)
	for i := range 3 * throttled / 2 {
		th.Try(fmt.Sprint("flood", i), fmt.Sprintf("10.1.%d.%d", i/250, i%250))
	}
	if n := len(th.names.of); n > throttled {
		t.Errorf("%d names are remembered", n)
	}
	if n := len(th.addresses.of); n > throttled {
		t.Errorf("%d addresses are remembered", n)
	}
	if th.Try("wang", elsewhere) == 0 {
		t.Error("a flood of names frees the one guessed at")
	}
}

// A clock that is set back neither locks out for long nor lets in more.
func TestThrottleClockBack(t *testing.T) {
	c := newClock()
	th := NewThrottle(c.now)
	free(t, th, "wang", 6)
	c.pass(-48 * time.Hour)
	if wait := th.Try("wang", elsewhere); wait > th.names.longest {
		t.Errorf("has to wait %v", wait)
	}
}
