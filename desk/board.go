package desk

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
)

// board is what is known of all bundles, in memory.
type board struct {
	mu       sync.Mutex
	entries  map[string]*item // by sha256
	order    []*item          // by time, the oldest first
	prefixes map[string]string
	states   map[State]int // how many entries are in each
	watching map[*listener]bool
	changes  uint64 // how many there were

	asked     chan struct{}   // holds one when there are questions
	unsettled map[string]bool // bundles that are to be looked up in the store
}

// item is an entry, and what the desk alone needs of it. The lists of an entry are never
// written again, so that copies of it may share them.
type item struct {
	Entry
	priority    queue.Priority
	arrangement int // the newest one's number
	events      int // how many the store has
}

func newBoard() *board {
	return &board{
		entries: map[string]*item{}, prefixes: map[string]string{}, states: map[State]int{}, watching: map[*listener]bool{},
		asked: make(chan struct{}, 1), unsettled: map[string]bool{},
	}
}

// prefix is how many digits of a bundle's name the ids of its applications begin with.
const prefix = 16

// add puts an entry on the board, and gives the one that is there if there is one.
func (b *board) add(i item) (Entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if old, ok := b.entries[i.Bundle]; ok {
		return old.Entry, false
	}
	added := &i
	b.entries[i.Bundle] = added
	b.states[i.State]++
	b.prefixes[i.Bundle[:prefix]] = i.Bundle
	at, _ := slices.BinarySearchFunc(b.order, added, older)
	b.order = slices.Insert(b.order, at, added)
	b.tell(added)
	return added.Entry, true
}

// replace puts an entry in the place of the one that is there.
func (b *board) replace(i item) Entry {
	b.mu.Lock()
	if old, ok := b.entries[i.Bundle]; ok {
		delete(b.entries, i.Bundle)
		b.states[old.State]--
		b.order = slices.DeleteFunc(b.order, func(o *item) bool { return o == old })
	}
	b.mu.Unlock()
	e, _ := b.add(i)
	return e
}

func older(a, b *item) int {
	if c := a.Time.Compare(b.Time); c != 0 {
		return c
	}
	return strings.Compare(a.Bundle, b.Bundle)
}

// change lets f change an entry and tells those who listen; false when there is none.
func (b *board) change(sha string, f func(*item)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := b.entries[sha]
	if !ok {
		return false
	}
	b.states[i.State]--
	f(i)
	b.states[i.State]++
	b.tell(i)
	return true
}

// get gives an entry with what the desk alone needs of it.
func (b *board) get(sha string) (item, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := b.entries[sha]
	if !ok {
		return item{}, false
	}
	return *i, true
}

// of gives the bundle of an application.
func (b *board) of(application string) (sha string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(application) < prefix {
		return "", false
	}
	sha, ok = b.prefixes[application[:prefix]]
	return sha, ok
}

// list gives up to limit of the entries before from that keep wants, newest first. Those
// as old as the last one are given too, so that a list that goes on from it lacks none.
func (b *board) list(from time.Time, limit int, keep func(*Entry) bool) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	end := len(b.order)
	if !from.IsZero() {
		end, _ = slices.BinarySearchFunc(b.order, from, func(i *item, t time.Time) int { return i.Time.Compare(t) })
	}
	out := []Entry{}
	for _, i := range slices.Backward(b.order[:end]) {
		if n := len(out); limit > 0 && n >= limit && !i.Time.Equal(out[n-1].Time) {
			break
		}
		if keep == nil || keep(&i.Entry) {
			out = append(out, i.Entry)
		}
	}
	return out
}

// since gives the entries that changed after change, in that order.
func (b *board) since(change uint64) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Entry
	for _, i := range b.order {
		if i.Change > change {
			out = append(out, i.Entry)
		}
	}
	slices.SortFunc(out, func(x, y Entry) int { return cmp.Compare(x.Change, y.Change) })
	return out
}

// len is how many entries there are.
func (b *board) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.order)
}

// count gives how many entries are in each state.
func (b *board) count() map[State]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.states)
}

// in gives the names of bundles in one of the states.
func (b *board) in(states ...State) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, i := range b.order {
		if slices.Contains(states, i.State) {
			out = append(out, i.Bundle)
		}
	}
	return out
}

// settle makes the entry say what a result says.
func (i *item) settle(s pipeline.Summary) {
	i.State, i.Error = Done, nil
	if slices.Contains(s.Verdicts, bundle.NeedsReview) {
		i.State = Review
	}
	i.Done = s.Pages
	i.found(s)
}

// found makes the entry tell what a result found, which may be from before an arrangement
// that is not applied yet, or could not be: it stands until there is a newer one.
func (i *item) found(s pipeline.Summary) {
	i.Pages, i.Verdicts, i.Applications, i.Flaws = s.Pages, s.Verdicts, s.Applications, s.Flaws
}

// stand makes the entry say what the newest result says: all of it if it is that of the
// newest arrangement, else what it found.
func (i *item) stand(s pipeline.Summary) {
	if s.Arrangement >= i.arrangement {
		i.settle(s)
	} else {
		i.found(s)
	}
}

// ask notes that a bundle is to be looked up in the store.
func (b *board) ask(sha string) {
	b.unsettle(sha)
	select {
	case b.asked <- struct{}{}:
	default:
	}
}

func (b *board) unsettle(sha string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsettled[sha] = true
}

// questions gives the bundles that are to be looked up, once.
func (b *board) questions() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Sorted(maps.Keys(b.unsettled))
	clear(b.unsettled)
	return out
}

// listener is somebody who wants to know what changes: each bundle's newest entry, in
// the order in which they changed first since they were last told.
type listener struct {
	wake    chan struct{} // holds one
	pending []string
}

// tell notes a change for all who listen; the lock is held.
func (b *board) tell(i *item) {
	b.changes++
	i.Change = b.changes
	for l := range b.watching {
		if !slices.Contains(l.pending, i.Bundle) {
			l.pending = append(l.pending, i.Bundle)
		}
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

func (b *board) watch() *listener {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := &listener{wake: make(chan struct{}, 1)}
	b.watching[l] = true
	return l
}

// serve calls f with what changes until ctx ends.
func (b *board) serve(ctx context.Context, l *listener, f func(Entry)) {
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watching, l)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		}
		for _, e := range b.news(l) {
			if ctx.Err() != nil {
				return
			}
			f(e)
		}
	}
}

func (b *board) news(l *listener) []Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Entry
	for _, sha := range l.pending {
		if i, ok := b.entries[sha]; ok {
			out = append(out, i.Entry)
		}
	}
	l.pending = nil
	return out
}
