package bleve

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"sealdesk/index"
)

// match is an application that matches.
type match struct {
	place
	score float32
}

// top holds the first of the matches in an order, as many as are wanted. It is a heap
// (container/heap) with the last of them on top once there are so many.
type top struct {
	list   []match
	wanted int
	order  func(a, b match) int
}

// orderOf is the order of a search's hits. No two applications are equal in it, as the
// keys end in their ids.
func orderOf(sort index.Sort) func(a, b match) int {
	byYear := func(a, b match) int { return strings.Compare(a.byYear[a.n], b.byYear[b.n]) }
	switch sort {
	case index.ByYear:
		return byYear
	case index.ByName:
		return func(a, b match) int { return strings.Compare(a.byName[a.n], b.byName[b.n]) }
	}
	return func(a, b match) int {
		if a.score != b.score {
			return cmp.Compare(b.score, a.score)
		}
		return byYear(a, b)
	}
}

// Len implements heap.Interface, as do the others.
func (t *top) Len() int           { return len(t.list) }
func (t *top) Less(i, j int) bool { return t.order(t.list[i], t.list[j]) > 0 }
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
	case t.wanted > 0 && t.order(m, t.list[0]) < 0:
		t.list[0] = m
		heap.Fix(t, 0)
	}
}

// from gives the matches in order, without the first so many.
func (t *top) from(offset int) []match {
	slices.SortFunc(t.list, t.order)
	return t.list[min(offset, len(t.list)):]
}
