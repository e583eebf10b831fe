package check

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sealdesk/extract/call"
)

// edits is the edit distance by the whole table.
func edits(a, b []rune) int {
	t := make([][]int, len(a)+1)
	for i := range t {
		t[i] = make([]int, len(b)+1)
		for j := range t[i] {
			switch {
			case i == 0 || j == 0:
				t[i][j] = i + j
			case a[i-1] == b[j-1]:
				t[i][j] = t[i-1][j-1]
			default:
				t[i][j] = 1 + min(t[i-1][j-1], t[i-1][j], t[i][j-1])
			}
		}
	}
	return t[len(a)][len(b)]
}

// namedOf is a name of characters that are folded already.
func namedOf(folded []rune) *name {
	n := &name{runes: folded}
	n.fill()
	return n
}

// TestNear holds the shortcuts to what they are short for.
func TestNear(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		// Of few characters, so that many are alike, and of many, so that what tells names
		// apart quickly is tried.
		kinds := 3 + 60*r.IntN(2)
		a := make([]rune, r.IntN(40))
		for i := range a {
			a[i] = rune('a' + r.IntN(kinds))
		}
		b := slices.Clone(a)
		for range r.IntN(4) { // an edit
			at := r.IntN(len(b) + 1)
			switch {
			case r.IntN(2) == 0:
				b = slices.Insert(b, at, rune('a'+r.IntN(kinds)))
			case at < len(b):
				b = slices.Delete(b, at, at+1)
			}
		}
		want := edits(a, b)
		if got := distance(a, b); got != want {
			t.Fatalf("from %q to %q: %d edits, want %d", string(a), string(b), got, want)
		}
		if got := near(namedOf(a), namedOf(b)); got != (want <= max(len(a), len(b))/8) {
			t.Fatalf("%q near %q: %t with %d edits", string(a), string(b), got, want)
		}
	}
}

// TestFoldedByItsCall: what a record has at hand holds for the call that made it alone.
func TestFoldedByItsCall(t *testing.T) {
	first := &call.Call{ID: "a", Duplicate: call.Duplicate{Fields: []string{"unit", "name"}}, Quota: call.Quota{Field: "from", Unit: "unit"}}
	second := &call.Call{ID: "a", Duplicate: call.Duplicate{Fields: []string{"name"}}, Quota: call.Quota{Field: "unit"}}
	record := OnFile{Values: map[string]string{"unit": "青禾大学", "name": "草原基地", "from": "青禾市科技局"}}
	record.folded = record.fold(first)
	if got := record.fold(first); len(got.known) != 2 || !got.recommender.equal(named("青禾市科技局")) {
		t.Errorf("by its own call it is %+v", got)
	}
	if got := record.fold(second); len(got.known) != 1 || !got.known[0].equal(named("草原基地")) || !got.recommender.equal(named("青禾大学")) || got.self {
		t.Errorf("by another call it is %+v", got)
	}
}
