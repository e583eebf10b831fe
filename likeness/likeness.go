// Package likeness finds texts much like one another: near-copies among the long texts of
// many applications, though a third of the characters were changed and the reader misread
// some on top. It tells how alike two texts are and which parts; it judges nobody.
//
// Candidates are found by min-hashing: of each text a sketch of its character n-grams is
// kept, each n-gram of which is a bucket of its own, and the rarer an n-gram is, the more
// it says. The few best candidates are then held against the text itself, by their
// longest common subsequence; so what is said to be alike is so, whatever phrases all
// applications have in common. What is kept is a file of its own and derived: without it
// all texts have to be put again, and nothing is lost.
package likeness

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"go.etcd.io/bbolt"
)

const (
	// Least is how alike texts are at least that are said to be: the share, 0 to 1, of
	// their letters that stand in both in the same order. Texts of one trade that were
	// written apart share up to 0.6, a copy of which 30 % was changed 0.66 and more
	// (testdata/likeness).
	Least = 0.63
	// shortest is how many letters a text has at least: shorter ones are phrases that
	// many have in common.
	shortest = 50
	// common is in how many texts an n-gram stands at most that is looked for.
	common = 2000
	// candidates is how many texts are held against the one that is asked about.
	candidates = 40
)

// Text is one of an application's texts.
type Text struct {
	Application string // its id
	Field       string // the key of its field
	Text        string
}

// Hit is a text that is like the one that was asked about. Alike is from Least to 1.
type Hit struct {
	Bundle, Application, Field string
	Alike                      float64
}

// Index holds the texts of all bundles. Its methods may be called from many goroutines.
// Close it.
type Index struct {
	file *bbolt.DB

	// loaded is closed when what was kept is at hand; err says why it is not.
	loaded chan struct{}
	err    error

	mu      sync.RWMutex
	bundles map[string]*held
	docs    []doc
	spare   []uint32 // numbers of docs that are gone from all postings
	base    []uint64 // postings, ascending: an n-gram, and below it the number of a doc
	fresh   []uint64 // those since base was made, ascending
	gone    int      // docs whose postings are still there
	scratch sync.Pool
}

// held is what is known of a bundle.
type held struct {
	stamp string
	docs  []uint32
}

// doc is a text without its words.
type doc struct {
	bundle, application, field string
	key                        []byte // under which its letters are in the file
	alive                      bool
}

// Open opens an index in a file, which it makes where there is none. It returns at once;
// what was kept is read meanwhile, and all methods but Close wait for it. The error says
// that the file cannot be opened, as where another process has it.
func Open(path string) (*Index, error) {
	file, err := openFile(path)
	if err != nil {
		return nil, err
	}
	x := &Index{file: file, loaded: make(chan struct{}), bundles: map[string]*held{}}
	x.scratch.New = func() any { return &scores{} }
	go func() {
		defer close(x.loaded)
		if x.err = x.load(); errors.Is(x.err, errDamaged) {
			x.err = x.reset()
		}
	}()
	return x, nil
}

// Close waits for what is being done and closes the file.
func (x *Index) Close() error {
	<-x.loaded
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.file.Close(); err != nil {
		return fmt.Errorf("close the texts' index: %w", err)
	}
	return nil
}

// Stamp gives what was said of a bundle's texts when they were put; false where they were
// not.
func (x *Index) Stamp(bundle string) (stamp string, ok bool, err error) {
	<-x.loaded
	x.mu.RLock()
	defer x.mu.RUnlock()
	if h := x.bundles[bundle]; h != nil {
		return h.stamp, true, x.err
	}
	return "", false, x.err
}

// Bundles are those whose texts were put, in no order.
func (x *Index) Bundles() ([]string, error) {
	<-x.loaded
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := make([]string, 0, len(x.bundles))
	for b := range x.bundles {
		out = append(out, b)
	}
	return out, x.err
}

// Put puts a bundle's texts in the place of those that it had. The stamp is the caller's,
// to tell later whether they are the newest. Texts too short to tell anything by are
// passed over. It is on disk when Put returns.
func (x *Index) Put(bundle, stamp string, texts []Text) error {
	<-x.loaded
	if x.err != nil {
		return x.err
	}
	var all []sketched
	for _, t := range texts {
		if letters := fold(t.Text); len(letters) >= shortest {
			all = append(all, sketched{t.Application, t.Field, sketch(letters), letters})
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.bundles[bundle]
	if err := x.keep(bundle, stamp, all, old); err != nil {
		return fmt.Errorf("keep texts of %s: %w", bundle, err)
	}
	x.drop(bundle)
	x.add(bundle, stamp, all)
	x.settle()
	return nil
}

// Remove takes a bundle's texts out.
func (x *Index) Remove(bundle string) error {
	<-x.loaded
	if x.err != nil {
		return x.err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.bundles[bundle]
	if old == nil {
		return nil
	}
	if err := x.forget(bundle, old); err != nil {
		return fmt.Errorf("take texts of %s out: %w", bundle, err)
	}
	x.drop(bundle)
	return nil
}

// sketched is a text that is about to be kept.
type sketched struct {
	application, field string
	sketch             []uint32
	letters            []rune
}

// add takes texts into memory. The order of fresh is left to settle.
func (x *Index) add(bundle, stamp string, texts []sketched) {
	h := &held{stamp: stamp}
	for i, t := range texts {
		d := doc{bundle: bundle, application: t.application, field: strings.Clone(t.field), key: textKey(bundle, i), alive: true}
		n := uint32(len(x.docs))
		if last := len(x.spare) - 1; last >= 0 {
			n, x.spare = x.spare[last], x.spare[:last]
			x.docs[n] = d
		} else {
			x.docs = append(x.docs, d)
		}
		h.docs = append(h.docs, n)
		for _, g := range t.sketch {
			x.fresh = append(x.fresh, uint64(g)<<32|uint64(n))
		}
	}
	x.bundles[bundle] = h
}

// drop takes a bundle's texts out of memory.
func (x *Index) drop(bundle string) {
	h := x.bundles[bundle]
	if h == nil {
		return
	}
	for _, n := range h.docs {
		x.docs[n] = doc{}
		x.gone++
	}
	delete(x.bundles, bundle)
}

// settle sorts what came, and where that is much, makes one list of all without the docs
// that are gone.
func (x *Index) settle() {
	slices.Sort(x.fresh)
	if len(x.fresh) < 1<<15+len(x.base)/8 && x.gone < 1<<12+len(x.docs)/4 {
		return
	}
	merged := make([]uint64, 0, len(x.base)+len(x.fresh))
	dead := map[uint32]bool{}
	for i, j := 0, 0; i < len(x.base) || j < len(x.fresh); {
		var p uint64
		if j == len(x.fresh) || i < len(x.base) && x.base[i] <= x.fresh[j] {
			p = x.base[i]
			i++
		} else {
			p = x.fresh[j]
			j++
		}
		if n := uint32(p); x.docs[n].alive {
			merged = append(merged, p)
		} else {
			dead[n] = true
		}
	}
	for n := range dead {
		x.spare = append(x.spare, n)
	}
	x.base, x.fresh, x.gone = merged, nil, 0
}

// scores are the marks of docs while somebody asks.
type scores struct {
	of      []float32
	touched []uint32
}

// postings are those of an n-gram in a list.
func postings(list []uint64, gram uint32) []uint64 {
	from, _ := slices.BinarySearch(list, uint64(gram)<<32)
	to := from
	for to < len(list) && uint32(list[to]>>32) == gram && to-from <= common {
		to++
	}
	return list[from:to]
}

// Like gives the texts that are like one, the likest first and at most so many, but those
// of the same application.
func (x *Index) Like(application, text string, most int) ([]Hit, error) {
	<-x.loaded
	letters := fold(text)
	if x.err != nil || len(letters) < shortest {
		return nil, x.err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	var hits []Hit
	m := newMatcher(letters)
	err := x.file.View(func(tx *bbolt.Tx) error {
		for _, n := range x.best(application, sketch(letters)) {
			d := x.docs[n]
			other, err := readLetters(tx, d.key)
			if err != nil {
				return fmt.Errorf("text of %s: %w", d.application, err)
			}
			if alike := m.alike(other); alike >= Least {
				hits = append(hits, Hit{d.bundle, d.application, d.field, alike})
			}
		}
		return nil
	})
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Alike, a.Alike), strings.Compare(a.Application, b.Application), strings.Compare(a.Field, b.Field))
	})
	return hits[:min(len(hits), most)], err
}

// best are the docs that share the most with a sketch, rare n-grams counting for more.
func (x *Index) best(application string, sketch []uint32) []uint32 {
	s := x.scratch.Get().(*scores)
	defer x.scratch.Put(s)
	if len(s.of) < len(x.docs) {
		s.of = make([]float32, len(x.docs)+len(x.docs)/8)
	}
	s.touched = s.touched[:0]
	all := float64(len(x.docs))
	for _, g := range sketch {
		base, fresh := postings(x.base, g), postings(x.fresh, g)
		n := len(base) + len(fresh)
		if n == 0 || n > common {
			continue
		}
		weight := float32(math.Log1p(all / float64(n)))
		for _, list := range [][]uint64{base, fresh} {
			for _, p := range list {
				d := uint32(p)
				if s.of[d] == 0 {
					s.touched = append(s.touched, d)
				}
				s.of[d] += weight
			}
		}
	}
	var top []uint32 // the best so far, the worst of them last
	for _, d := range s.touched {
		if len(top) == candidates && s.of[d] <= s.of[top[candidates-1]] {
			continue
		}
		if !x.docs[d].alive || x.docs[d].application == application {
			continue
		}
		at, _ := slices.BinarySearchFunc(top, s.of[d], func(t uint32, score float32) int { return cmp.Compare(score, s.of[t]) })
		top = slices.Insert(top, at, d)
		top = top[:min(len(top), candidates)]
	}
	for _, d := range s.touched {
		s.of[d] = 0
	}
	return top
}

// errDamaged is a file whose bytes are not what was written.
var errDamaged = errors.New("the texts' index is damaged")
