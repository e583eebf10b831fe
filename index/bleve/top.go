package bleve

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
)

// match is an application that matches.
type match struct {
	place
	score float32
}

// top holds the best of the matches, as many as are wanted. It is a heap (container/heap)
// with the last of them on top once there are so many.
type top struct {
	list   []match
	wanted int
}

// better is the order of hits by relevance: those that are as good follow by year.
func better(a, b match) int {
	if a.score != b.score {
		return cmp.Compare(b.score, a.score)
	}
	return strings.Compare(a.byYear[a.n], b.byYear[b.n])
}

// Len implements heap.Interface, as do the others.
func (t *top) Len() int           { return len(t.list) }
func (t *top) Less(i, j int) bool { return better(t.list[i], t.list[j]) > 0 }
func (t *top) Swap(i, j int)      { t.list[i], t.list[j] = t.list[j], t.list[i] }
func (t *top) Push(x any)         { t.list = append(t.list, x.(match)) }

// Pop is never called: who falls out of the first is written over.
func (t *top) Pop() any { panic("index/bleve: the last of the first is not taken out") }

// add takes a match, if it is one of the first.
func (t *top) add(m match) {
	switch {
	case len(t.list) < t.wanted:
		t.list = append(t.list, m)
		if len(t.list) == t.wanted {
			heap.Init(t)
		}
	case t.wanted > 0 && better(m, t.list[0]) < 0:
		t.list[0] = m
		heap.Fix(t, 0)
	}
}

// from gives the matches in order, without the first so many.
func (t *top) from(offset int) []match {
	slices.SortFunc(t.list, better)
	return t.list[min(offset, len(t.list)):]
}
