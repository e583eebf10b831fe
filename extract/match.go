package extract

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold makes text comparable: width and case folded, blanks and punctuation
// dropped, so that a label as printed and as read differ only in characters.
func fold(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range norm.NFKC.String(s) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToLower(r))
		}
	}
	return out
}

// distance is the edit distance of a and b (Levenshtein 1966).
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// similar is how alike two texts are, 0..1, after folding; 0 when one is empty.
func similar(a, b string) float64 { return similarRunes(fold(a), fold(b)) }

func similarRunes(a, b []rune) float64 {
	n := max(len(a), len(b))
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	return 1 - float64(distance(a, b))/float64(n)
}

// found is where a pattern lies best in a text: text[from:to], at an edit
// distance of edits.
type found struct{ from, to, edits int }

// search finds the place of text that is nearest to pattern (Sellers 1980); the
// earliest of equal places. ok is false for an empty pattern.
func search(pattern, text []rune) (f found, ok bool) {
	m := len(pattern)
	if m == 0 {
		return found{}, false
	}
	cost, start := make([]int, m+1), make([]int, m+1)
	for i := range cost {
		cost[i] = i
	}
	f = found{0, 0, m}
	for j, y := range text {
		diagonal, diagonalStart := cost[0], start[0]
		start[0] = j + 1
		for i := 1; i <= m; i++ {
			c, s := diagonal, diagonalStart
			if pattern[i-1] != y {
				c++
			}
			if v := cost[i-1] + 1; v < c {
				c, s = v, start[i-1]
			}
			if v := cost[i] + 1; v < c {
				c, s = v, start[i]
			}
			diagonal, diagonalStart = cost[i], start[i]
			cost[i], start[i] = c, s
		}
		if cost[m] < f.edits {
			f = found{start[m], j + 1, cost[m]}
		}
	}
	return f, true
}

// begins is how well text begins with pattern, 0..1, and where in text the
// pattern ends.
func begins(pattern, text []rune) (score float64, end int) {
	m := len(pattern)
	if m == 0 || len(text) == 0 {
		return 0, 0
	}
	row := make([]int, m+1)
	for i := range row {
		row[i] = i
	}
	best, end := m, 0
	for j, y := range text[:min(len(text), m+m/3+2)] {
		diagonal := row[0]
		row[0] = j + 1
		for i := 1; i <= m; i++ {
			cost := diagonal
			if pattern[i-1] != y {
				cost++
			}
			diagonal = row[i]
			row[i] = min(cost, row[i]+1, row[i-1]+1)
		}
		if row[m] < best {
			best, end = row[m], j+1
		}
	}
	return 1 - float64(best)/float64(m), end
}

// contains is how well pattern is found anywhere in text, 0..1.
func contains(pattern, text []rune) float64 {
	f, ok := search(pattern, text)
	if !ok {
		return 0
	}
	return 1 - float64(f.edits)/float64(len(pattern))
}

// dense is text without its blanks, for the profile's patterns.
func dense(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
