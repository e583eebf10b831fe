package bleve

import (
	"runtime"
	"sync"

	"github.com/blevesearch/bleve/v2/search"
	"go.etcd.io/bbolt"

	"sealdesk/index"
)

// set is a set of applications, by the numbers that they have in a state.
type set []uint64

func (s set) has(number uint64) bool { return s[number/64]&(1<<(number%64)) != 0 }
func (s set) add(number uint64)      { s[number/64] |= 1 << (number % 64) }

// maxAnswers is how many comparisons are remembered: those of the words of a few people,
// who look at the next page or at another facet of what they found.
const maxAnswers = 64

// compared gives the applications in which a leaf stands, of those that have all its
// terms: each is compared with its text, by as many goroutines as there are processors.
// What a state was asked once is remembered as long as it is the newest.
func (r *request) compared(leaf index.Leaf, terms []string) (set, error) {
	cached, key := &r.g.cached, leaf.String()
	if known, ok := cached.answer(r.state, key); ok {
		return known, nil
	}
	candidates, err := r.candidates(terms)
	if err != nil {
		return nil, err
	}
	out := make(set, (r.state.size()+63)/64)
	workers := min(runtime.GOMAXPROCS(0), len(candidates)/patience+1)
	found, errs := make([][]uint64, workers), make([]error, workers)
	var running sync.WaitGroup
	for k := range workers {
		running.Go(func() {
			part := candidates[len(candidates)*k/workers : len(candidates)*(k+1)/workers]
			errs[k] = guarded(r.g.dir, func() (err error) {
				found[k], err = r.standing(leaf, part)
				return err
			})
		})
	}
	running.Wait()
	for k := range workers {
		if errs[k] != nil {
			return nil, errs[k]
		}
		for _, number := range found[k] {
			out.add(number)
		}
	}
	cached.remember(r.state, key, out)
	return out, nil
}

// candidates gives the numbers of the applications that have all terms.
func (r *request) candidates(terms []string) (out []uint64, err error) {
	s, err := r.terms(terms, textField, 1, r.unscored())
	if err != nil {
		return nil, err
	}
	defer func() { err = closing(err, []search.Searcher{s}) }()
	pool := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0), IndexReader: r.state}
	for {
		m, err := s.Next(pool)
		if m == nil || err != nil {
			return out, err
		}
		out = append(out, m.IndexInternalID.Value())
		pool.DocumentMatchPool.Put(m)
	}
}

// standing gives those of the candidates in whose text the leaf stands.
func (r *request) standing(leaf index.Leaf, candidates []uint64) (out []uint64, err error) {
	// A transaction is one goroutine's, and is begun after the state was taken: the
	// texts are at least as new, and so is what is remembered of them.
	err = r.g.docs.View(func(tx *bbolt.Tx) error {
		texts := tx.Bucket(textBucket)
		var finder index.Finder
		for i, number := range candidates {
			if i%patience == 0 && r.ctx.Err() != nil {
				return r.ctx.Err()
			}
			at := r.state.numbered(number)
			text := textOf(texts, at.ids[at.n])
			if i == 0 {
				finder = leaf.Finder(text)
			}
			if finder.In(text) {
				out = append(out, number)
			}
		}
		return nil
	})
	return out, err
}

// answer is what was remembered of a state.
func (c *cached) answer(s *snapshot, key string) (set, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != s.IndexSnapshot {
		return nil, false
	}
	known, ok := c.answers[key]
	return known, ok
}

// remember keeps what a state answered, if it is the newest still; see fill.
func (c *cached) remember(s *snapshot, key string, answer set) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != s.IndexSnapshot {
		return
	}
	if len(c.answers) >= maxAnswers {
		clear(c.answers)
	}
	c.answers[key] = answer
}
