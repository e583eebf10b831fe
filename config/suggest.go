package config

import (
	"slices"
	"strings"
)

// suggest gives the one of the known names that was probably meant, or "".
func suggest(name string, known []string) string {
	same := func(s string) string { return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s)) }
	best, least := "", len(name)/3+1
	if least > 3 {
		least = 3
	}
	for _, k := range known {
		if d := distance(same(name), same(k)); d < least || d == 0 {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters must be put in, left out, replaced or swapped with
// their neighbour to make b of a (optimal string alignment; Damerau 1964).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last := []int(nil), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}

// elsewhere are the keys of other sections whose last part is name.
func elsewhere(name string) []string {
	var out []string
	for _, s := range settings {
		if s.Key == name || strings.HasSuffix(s.Key, "."+name) {
			out = append(out, s.Key)
		}
	}
	slices.Sort(out)
	return out
}
