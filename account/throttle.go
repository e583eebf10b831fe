package account

import (
	"hash/maphash"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Throttle slows down whoever guesses passwords: by the name that is guessed at, and by
// the address from which. Some failures are free; each one more doubles the time until
// the next try is heard, up to a limit. Failures are forgotten by half every hour.
//
// Its memory is bounded. What it remembers is lost when the program ends.
type Throttle struct {
	now  func() time.Time
	seed maphash.Seed

	mu               sync.Mutex
	names, addresses tries
}

// How many names and how many addresses are remembered.
const throttled = 10_000

// halfLife is how long it takes to forget half the failures.
const halfLife = time.Hour

// NewThrottle makes a throttle that takes the time from now, such as [time.Now].
func NewThrottle(now func() time.Time) *Throttle {
	return &Throttle{
		now: now, seed: maphash.MakeSeed(),
		// The limit for a name is short, as anybody can use it up for somebody else.
		names: tries{free: 5, longest: 5 * time.Minute, of: map[uint64]*try{}},
		// A whole office may sit behind one address.
		addresses: tries{free: 30, longest: time.Hour, of: map[uint64]*try{}},
	}
}

// Try asks whether somebody may try to sign in, and is called before the password is
// looked at. 0 means yes: the try then counts as a failure until Succeed is called, so
// that many tries at once are as slow as one after the other. Otherwise it is how long
// to wait, and nothing is counted.
//
// name is what was typed; address is an IP address, with or without a port. Addresses
// of IPv6 count by their first 64 bits, which are one customer's.
func (t *Throttle) Try(name, address string) time.Duration {
	n, a := t.keys(name, address)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if wait := max(t.names.wait(n, now), t.addresses.wait(a, now)); wait > 0 {
		return wait
	}
	t.names.fail(n, now)
	t.addresses.fail(a, now)
	return 0
}

// Succeed says that the password of the last Try was right. The name's failures are
// forgotten; of the address's only this one, or who has an account could guess others'
// passwords for ever.
func (t *Throttle) Succeed(name, address string) {
	n, a := t.keys(name, address)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.names.of, n)
	if tr := t.addresses.of[a]; tr != nil {
		tr.failures = max(tr.failures-1, 0)
		tr.until = time.Time{}
	}
}

// keys are what is remembered of a name and an address: of the same size, however long
// what was sent is.
func (t *Throttle) keys(name, address string) (uint64, uint64) {
	if folded, err := FoldName(name); err == nil {
		name = folded
	}
	if at, err := netip.ParseAddrPort(address); err == nil {
		address = at.Addr().String()
	}
	if ip, err := netip.ParseAddr(address); err == nil {
		ip = ip.Unmap().WithZone("")
		bits := ip.BitLen()
		if ip.Is6() {
			bits = 64
		}
		address = netip.PrefixFrom(ip, bits).Masked().String()
	}
	return maphash.String(t.seed, name), maphash.String(t.seed, strings.ToLower(address))
}

// tries are the failures of names or of addresses.
type tries struct {
	free    float64
	longest time.Duration
	of      map[uint64]*try
}

type try struct {
	failures float64 // as of last
	last     time.Time
	until    time.Time // nothing is heard before
}

// at gives the failures that are not forgotten yet.
func (t *try) at(now time.Time) float64 {
	return t.failures * math.Exp2(-max(now.Sub(t.last), 0).Hours()/halfLife.Hours())
}

func (t *tries) wait(key uint64, now time.Time) time.Duration {
	if tr := t.of[key]; tr != nil {
		return max(tr.until.Sub(now), 0)
	}
	return 0
}

func (t *tries) fail(key uint64, now time.Time) {
	tr := t.of[key]
	if tr == nil {
		if len(t.of) >= throttled {
			t.makeRoom(now)
		}
		tr = &try{}
		t.of[key] = tr
	}
	tr.failures = tr.at(now) + 1
	tr.last, tr.until = now, now
	if over := tr.failures - t.free; over > 0 {
		wait := math.Min(float64(time.Second)*math.Exp2(math.Ceil(over)-1), float64(t.longest))
		tr.until = now.Add(time.Duration(wait))
	}
}

// makeRoom drops whatever is all but forgotten, or else the one with the fewest
// failures: filling the memory with other names does not free the one guessed at.
func (t *tries) makeRoom(now time.Time) {
	var least uint64
	lowest := math.Inf(1)
	for key, tr := range t.of {
		n := tr.at(now)
		if n < 0.5 && !tr.until.After(now) {
			delete(t.of, key)
		} else if n < lowest {
			least, lowest = key, n
		}
	}
	if len(t.of) >= throttled {
		delete(t.of, least)
	}
}
