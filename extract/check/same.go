package check

import (
	_ "embed"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// confusable lists characters that readers take for one another, a class in
// each line; lines that start with # are remarks.
//
//go:embed confusable.txt
var confusable string

// folds maps each character of a class to the class's first.
var folds = func() map[rune]rune {
	m := map[rune]rune{}
	for line := range strings.Lines(confusable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		class := []rune(plain(line))
		for _, r := range class {
			m[r] = class[0]
		}
	}
	return m
}()

// fold gives what is compared of a name: plain, without punctuation, and with
// one character for each class of confusable ones.
func fold(s string) []rune {
	var out []rune
	for _, r := range plain(s) {
		if f, ok := folds[r]; ok {
			r = f
		} else if unicode.IsPunct(r) || unicode.IsSymbol(r) {
			continue
		}
		out = append(out, r)
	}
	return out
}

// likeness is the outcome of comparing two readings.
type likeness int

const (
	same likeness = iota
	unsure
	different
)

// compare says whether two readings, the worse of them with this confidence,
// are of one name. Only names that agree after folding are the same; how sure
// the readings must be for a difference to count depends on its size.
func compare(a, b string, confidence float64) likeness {
	x, y := fold(a), fold(b)
	d := distance(x, y)
	if d == 0 {
		return same
	}
	sure := farOffSure
	switch {
	case d == 1:
		sure = oneOffSure
	case d == 2 && len(x)+len(y) > 8:
		sure = twoOffSure
	}
	if confidence >= sure {
		return different
	}
	return unsure
}

// name is a folded name, and what tells quickly of most others that they are not alike.
type name struct {
	runes []rune
	// bag has a bit for each character, of 64: what differs in more than two bits
	// for each character that may differ is not alike.
	bag uint64
}

// named folds a name, nil for one that is empty. What is all punctuation is a name all
// the same, one without characters.
func named(s string) *name {
	if s == "" {
		return nil
	}
	n := &name{runes: fold(s)}
	n.fill()
	return n
}

// fill fills the bag, by multiplicative hashing (Knuth, TAOCP 6.4).
func (n *name) fill() {
	for _, r := range n.runes {
		n.bag |= 1 << (uint32(r) * 0x9E3779B1 >> 26)
	}
}

func (n *name) equal(m *name) bool { return n.bag == m.bag && slices.Equal(n.runes, m.runes) }

// near says whether two folded readings may be of one name although their confidence
// is not known: one character in eight may differ.
func near(x, y *name) bool {
	most := max(len(x.runes), len(y.runes)) / 8
	switch {
	case abs(len(x.runes)-len(y.runes)) > most || bits.OnesCount64(x.bag^y.bag) > 2*most:
		return false
	case most == 0:
		return slices.Equal(x.runes, y.runes)
	}
	return distance(x.runes, y.runes) <= most
}

// mostCompared bounds the work on hostile input; no name is this long.
const mostCompared = 200

// distance is the edit distance (Levenshtein 1966) of two names: the fewest
// characters to replace, add or leave out. What is past mostCompared
// characters is only counted, by length.
func distance(a, b []rune) int {
	extra := 0
	if len(a) > mostCompared || len(b) > mostCompared {
		if string(a) == string(b) {
			return 0
		}
		extra = max(1, abs(len(a)-len(b)))
		a, b = a[:min(len(a), mostCompared)], b[:min(len(b), mostCompared)]
	}
	// What both begin and end with is the same in the shortest way too.
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 || len(b) == 0 {
		return max(len(a), len(b), extra)
	}
	var room [mostCompared + 1]int
	row := room[:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i, ra := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, rb := range b {
			replace := diagonal
			if ra != rb {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return max(row[len(b)], extra)
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
