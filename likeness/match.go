package likeness

import (
	"cmp"
	"math/bits"
	"slices"
)

// matcher holds texts against one, by the length of the longest common subsequence, of
// which it keeps a bit for each letter (Hyyrö 2004, after Crochemore et al. 2001).
type matcher struct {
	letters []rune
	words   int
	at      map[rune]int // where the bits of a letter begin
	bits    []uint64     // in which places it stands
	row     []uint64
}

func newMatcher(letters []rune) *matcher {
	m := &matcher{letters: letters, words: (len(letters) + 63) / 64, at: make(map[rune]int, len(letters))}
	m.row = make([]uint64, m.words)
	for i, r := range letters {
		at, ok := m.at[r]
		if !ok {
			at = len(m.bits)
			m.at[r] = at
			m.bits = append(m.bits, make([]uint64, m.words)...)
		}
		m.bits[at+i/64] |= 1 << (i % 64)
	}
	return m
}

// alike is the share of the letters of both texts that stand in both in the same order.
func (m *matcher) alike(other []rune) float64 {
	if len(m.letters)+len(other) == 0 {
		return 0
	}
	for i := range m.row {
		m.row[i] = ^uint64(0)
	}
	for _, r := range other {
		at, ok := m.at[r]
		if !ok {
			continue
		}
		places := m.bits[at:][:m.words]
		var carry uint64
		for i, v := range m.row {
			var sum uint64
			sum, carry = bits.Add64(v, v&places[i], carry)
			m.row[i] = sum | v&^places[i]
		}
	}
	n := 0
	for i, v := range m.row {
		valid := min(64, len(m.letters)-64*i)
		n += valid - bits.OnesCount64(v&(^uint64(0)>>(64-valid)))
	}
	return 2 * float64(n) / float64(len(m.letters)+len(other))
}

// Span is a part of a text; Like says that the other text has it too.
type Span struct {
	Text string
	Like bool
}

const (
	// leastRun is how many letters a part has at least that is marked: fewer are words
	// that any two texts have in common.
	leastRun = 5
	// longestCompared is how many letters of each text are compared.
	longestCompared = 4000
)

// Compare parts two texts into what is in both and what is not. What is in both may stand
// in another order, and only letters and digits are compared (Greedy String Tiling: Wise
// 1993).
func Compare(a, b string) (left, right []Span) {
	la, lb := newLettered(a), newLettered(b)
	for length := longestCompared; length >= leastRun; length /= 2 {
		la.tile(lb, max(length, leastRun))
	}
	la.tile(lb, leastRun)
	return la.spans(), lb.spans()
}

// lettered is a text by its letters.
type lettered struct {
	text    []rune
	letters []rune
	at      []int // where each letter stands in text
	run     []int // the number of the tile that it is in, 0 for none
	tiles   int
}

func newLettered(text string) *lettered {
	l := &lettered{text: []rune(text)}
	for i, r := range l.text {
		if f := folded(r); f != 0 && len(l.letters) < longestCompared {
			l.letters, l.at = append(l.letters, f), append(l.at, i)
		}
	}
	l.run = make([]int, len(l.letters))
	return l
}

// tile marks the parts of at least so many letters that are in both and not marked yet, the
// longest first.
func (l *lettered) tile(other *lettered, least int) {
	type match struct{ i, j, n int }
	var found []match
	above := make([]int, len(other.letters)+1)
	row := make([]int, len(other.letters)+1)
	for i := len(l.letters) - 1; i >= 0; i-- {
		for j := len(other.letters) - 1; j >= 0; j-- {
			row[j] = 0
			if l.letters[i] == other.letters[j] && l.run[i] == 0 && other.run[j] == 0 {
				row[j] = above[j+1] + 1
			}
			begins := i == 0 || j == 0 || l.letters[i-1] != other.letters[j-1] || l.run[i-1] != 0 || other.run[j-1] != 0
			if begins && row[j] >= least {
				found = append(found, match{i, j, row[j]})
			}
		}
		above, row = row, above
	}
	slices.SortFunc(found, func(a, b match) int { return cmp.Or(b.n-a.n, a.i-b.i, a.j-b.j) })
	for _, m := range found {
		// What was marked meanwhile is cut off at its end, or with it all of this one.
		n := 0
		for n < m.n && l.run[m.i+n] == 0 && other.run[m.j+n] == 0 {
			n++
		}
		if n < least {
			continue
		}
		l.tiles++
		for k := range n {
			l.run[m.i+k], other.run[m.j+k] = l.tiles, l.tiles
		}
	}
}

// spans parts the text. Signs between two letters of one part belong to it.
func (l *lettered) spans() []Span {
	like := make([]bool, len(l.text))
	for k, at := range l.at {
		if l.run[k] == 0 {
			continue
		}
		like[at] = true
		if k > 0 && l.run[k-1] == l.run[k] {
			for i := l.at[k-1]; i < at; i++ {
				like[i] = true
			}
		}
	}
	var out []Span
	for from := 0; from < len(l.text); {
		to := from
		for to < len(l.text) && like[to] == like[from] {
			to++
		}
		out = append(out, Span{string(l.text[from:to]), like[from]})
		from = to
	}
	return out
}
