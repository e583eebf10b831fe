package bleve

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"go.etcd.io/bbolt"

	"sealdesk/index"
)

// answer says where a leaf stands.
type answer struct {
	leaf index.Leaf
	found
	// first is where it first starts in the text of an application, by its number; nil
	// where its terms told where it stands.
	first []uint32
}

// maxAnswers is how many answers are remembered: those of the words of a few people, who
// type on, or look at the next page or at another facet of what they found.
const maxAnswers = 64

// compared gives the applications in which a leaf stands, of those that have all its
// terms: each is compared with its text, by as many goroutines as there are processors.
// before is what is remembered of a leaf that goes on in this one: its places are looked
// at first.
func (r *request) compared(leaf index.Leaf, before answer, terms []string) (answer, error) {
	candidates, err := r.candidates(before, terms)
	if err != nil {
		return answer{}, err
	}
	order := r.g.cached.order(r.state, inIDs)
	parts := slices.Collect(slices.Chunk(order, partSize))
	workers := min(runtime.GOMAXPROCS(0), len(parts))
	places, errs := make([][]standing, workers), make([]error, workers)
	var next atomic.Int64
	var running sync.WaitGroup
	for k := range workers {
		running.Go(func() {
			errs[k] = guarded(r.g.dir, func() (err error) {
				places[k], err = r.standing(leaf, before, candidates, func() []uint32 {
					n := int(next.Add(1)) - 1
					if n >= len(parts) || r.ctx.Err() != nil {
						return nil
					}
					return parts[n]
				})
				return err
			})
		})
	}
	running.Wait()
	if err := errors.Join(append(errs, r.ctx.Err())...); err != nil {
		return answer{}, err
	}
	out := answer{leaf: leaf, found: found{in: r.none()}, first: make([]uint32, r.state.size())}
	for _, list := range places {
		for _, s := range list {
			out.in.add(s.number)
			out.first[s.number] = s.first
		}
	}
	return out, nil
}

// candidates gives the applications that have all terms, of those in which before stands
// if it has a leaf.
func (r *request) candidates(before answer, list []string) (set, error) {
	unscored := *r
	unscored.scored = false
	out := before.found
	if out.in != nil {
		had, _ := terms(before.leaf)
		list = slices.DeleteFunc(slices.Clone(list), func(t string) bool { return slices.Contains(had, t) })
	}
	for _, t := range list {
		one, err := unscored.term(t, textField, 1)
		switch {
		case err != nil:
			return nil, err
		case out.in == nil:
			out = one
		default:
			out = out.and(one)
		}
	}
	if out.in == nil {
		out.in = r.none()
	}
	return out.in, nil
}

// partSize is how many applications are looked at before the search looks whether
// anybody still waits for it.
const partSize = 1024

// order gives the numbers of all applications of a state in an order. Those of the newest
// state are remembered.
func (c *cached) order(s *snapshot, order int) []uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == s.IndexSnapshot && c.inOrder[order] != nil {
		return c.inOrder[order]
	}
	key := func(n uint32) string {
		p := s.numbered(uint64(n))
		return p.keys(order)[p.n]
	}
	all := []uint32{}
	for k, columns := range s.columns {
		own := make([]uint32, len(columns.inOrder[order]))
		for i, n := range columns.inOrder[order] {
			own[i] = uint32(s.starts[k]) + n
		}
		all = merged(all, own, func(a, b uint32) bool { return key(a) <= key(b) })
	}
	if c.state == s.IndexSnapshot {
		c.inOrder[order] = all
	}
	return all
}

// merged gives what is in two ordered lists in one order.
func merged(a, b []uint32, before func(a, b uint32) bool) []uint32 {
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if before(a[0], b[0]) {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// standing is that a leaf stands in the text of an application: its number, and where the
// leaf first starts.
type standing struct {
	number uint64
	first  uint32
}

// standing gives the candidates, of those that next gives until there are no more, in
// whose text the leaf stands. before is where a leaf stands that this one extends, without
// a leaf for none.
func (r *request) standing(leaf index.Leaf, before answer, candidates set, next func() []uint32) (out []standing, err error) {
	// A transaction is one goroutine's, and is begun after the state was taken: the
	// texts are at least as new, and so is what is remembered of them.
	err = r.g.docs.View(func(tx *bbolt.Tx) error {
		texts := texts{cursor: tx.Bucket(textBucket).Cursor()}
		var finder *index.Finder
		for part := next(); part != nil; part = next() {
			texts.passed = far
			for _, n := range part {
				number := uint64(n)
				if !candidates.has(number) {
					texts.passed++
					continue
				}
				at := r.state.numbered(number)
				text := texts.of(at.ids[at.n])
				if finder == nil {
					f := leaf.Finder(text)
					finder = &f
				}
				from := 0
				// A text that was put anew since may have it elsewhere.
				if before.first != nil && before.stands(text, int(before.first[number])) {
					from = int(before.first[number])
				}
				if first := finder.Find(text, from); first >= 0 {
					out = append(out, standing{number, uint32(first)})
				}
			}
		}
		return nil
	})
	return out, err
}

func (a answer) stands(text string, at int) bool {
	return at < len(text) && strings.HasPrefix(text[at:], a.leaf.Pieces[0])
}

// texts reads folded texts in the order of their ids: to go on to the next one takes a
// tenth of the time that it takes to look one up.
type texts struct {
	cursor *bbolt.Cursor
	key    []byte
	text   []byte
	passed int // how many were left out since the last one that was read
}

// far is from how many passed over it is quicker to look one up.
const far = 4

// of gives the text of an application, without a copy; it holds only within the cursor's
// transaction.
func (t *texts) of(id string) string {
	if t.key == nil {
		t.passed = far
	}
	for ; t.passed < far && t.key != nil && string(t.key) < id; t.passed++ {
		t.key, t.text = t.cursor.Next()
	}
	if string(t.key) != id {
		t.key, t.text = t.cursor.Seek([]byte(id))
	}
	t.passed = 0
	if string(t.key) != id {
		return ""
	}
	return unsafe.String(unsafe.SliceData(t.text), len(t.text))
}

// answer is what was remembered of a state about a leaf. Where nothing was, it is that of
// the longest leaf that this one extends, or without a leaf.
func (c *cached) answer(s *snapshot, leaf index.Leaf) (a answer, exact bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != s.IndexSnapshot {
		return a, false
	}
	if known, ok := c.answers[leaf.String()]; ok {
		return known, true
	}
	for _, known := range c.answers {
		if leaf.Extends(known.leaf) && (a.in == nil || known.leaf.Extends(a.leaf)) {
			a = known
		}
	}
	return a, false
}

// remember keeps what a state answered, if it is the newest still; see fill.
func (c *cached) remember(s *snapshot, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != s.IndexSnapshot {
		return
	}
	if _, known := c.answers[a.leaf.String()]; !known && len(c.answers) >= maxAnswers {
		for some := range c.answers {
			delete(c.answers, some)
			break
		}
	}
	c.answers[a.leaf.String()] = a
}
