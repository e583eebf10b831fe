package extract

import (
	"slices"
	"unicode"

	"sealdesk/pipeline/ocr"
)

// Where two readings of a line differ, how often the one that is then taken is
// right, by how sure the second reader is of its characters there; and how often a
// line is right in which they do not differ, by each of its characters.
const (
	mergeSure   = 0.9
	mergeDoubt  = 0.5
	agreedChar  = 0.9995
	secondSure  = 0.8
	secondClear = 0.5
)

// merged reads the lines of a text with the second reader as well and joins both
// readings of each. conf is the confidence that all of it is right, 1 where there is
// no second reader.
func (v *visit) merged(rows []row) (out []row, conf float64) {
	out, conf = slices.Clone(rows), 1
	for i, g := range v.secondReadings(rows, ocr.Any) {
		if len(g.Chars) > 0 {
			var c float64
			out[i].text, c = merge(rows[i].text, g.Chars)
			conf *= c
		}
	}
	return out, conf
}

// doubtfulLine is the mean confidence of a line's characters below which it is worth
// the second reader's time. On broken print four lines in five lie below it, and both
// readers together make a third of the first's mistakes there; on clean print it is one
// in fifteen. Above it the first makes less than one mistake in 300 characters.
const doubtfulLine = 0.985

// clearer reads those lines of a long text that were hardly read with the second
// reader as well, and joins both readings of each.
func (v *visit) clearer(rows []row) []row {
	out := slices.Clone(rows)
	var at []int
	var doubtful []row
	for i, r := range rows {
		if r.conf < doubtfulLine && !r.twice {
			at, doubtful = append(at, i), append(doubtful, r)
		}
	}
	for k, g := range v.secondReadings(doubtful, ocr.Any) {
		if i := at[k]; len(g.Chars) > 0 {
			out[i].text, _ = merge(rows[i].text, g.Chars)
			out[i].twice = true
		}
	}
	return out
}

// merge joins two readings of one line: what they share, and of what they do not
// share the second's where it is sure of it, else the first's. Of marks alone the
// first's are kept, which has the form's own. conf is the confidence that the whole
// is right.
func merge(first string, second []ocr.Char) (text string, conf float64) {
	a := []rune(first)
	var b []rune
	var sure []float64
	for _, c := range second {
		for _, r := range brackets.Replace(c.Text) {
			if !unicode.IsSpace(r) {
				b, sure = append(b, r), append(sure, c.Confidence)
			}
		}
	}
	conf = 1
	var out []rune
	i, j := 0, 0
	for _, m := range append(matches(a, b), [2]int{len(a), len(b)}) {
		own, other := a[i:m[0]], b[j:m[1]]
		if len(own)+len(other) > 0 {
			least := 1.0
			for _, s := range sure[j:m[1]] {
				least = min(least, s)
			}
			switch {
			case !letters(own) && !letters(other):
				out = append(out, own...)
			case letters(other) && least >= secondSure:
				out = append(out, other...)
				conf *= mergeSure
			case letters(other) && least >= secondClear:
				out = append(out, other...)
				conf *= mergeDoubt
			case letters(own):
				out = append(out, own...)
				conf *= mergeDoubt
			default:
				conf *= mergeSure // the second reader alone saw something, and doubts it
			}
		}
		if m[0] < len(a) {
			out = append(out, a[m[0]])
			conf *= agreedChar
		}
		i, j = m[0]+1, m[1]+1
	}
	return string(out), conf
}

// letters says whether there is more than marks and blanks in a text.
func letters(s []rune) bool {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return true
		}
	}
	return false
}

// matches are the places of a longest common subsequence of a and b, full-width and
// half-width forms being the same.
func matches(a, b []rune) (out [][2]int) {
	same := func(x, y rune) bool { return x == y || foldWidth(string(x)) == foldWidth(string(y)) }
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if same(a[i], b[j]) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case same(a[i], b[j]):
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return out
}
