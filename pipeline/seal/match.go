package seal

import (
	"slices"
	"strings"
	"unicode"
)

// A place is clear when its first guess is this likely. A character is near when
// it is at least this much as likely as the first guess of its place, and out of
// the question when it is less than that much as likely.
const (
	clearGuess = 0.6
	nearGuess  = 0.5
	outOfReach = 0.25
)

// Shares of the expected name that must be first guesses, and the mean weight of
// its characters, for true; the share that must be contradicted for false.
const (
	trueHits    = 0.6
	trueWeight  = 0.5
	falseMisses = 0.4
	slack       = 2 // places that may be missing or too many at either end
)

// telling are the characters in which the names of sister institutions differ:
// levels of government, points of the compass, numbers. None of them may be taken
// for another.
const telling = "省市县区旗盟州镇乡村东西南北中上下前后左右新老大小一二三四五六七八九十农牧林水草工医文理厅局委院所司校系"

// Matches says whether the ring text agrees with expected, the name of the unit
// that should have stamped; others are names of units that it might be mistaken
// for. It is true only when every character of the name is among the guesses of
// its place, most are the first, nothing on the ring clearly says otherwise, and
// the characters that tell the name from others stand out; false only when much
// of the ring clearly says something else; nil when neither can be told.
// Confidence is of the verdict, 0 for nil.
func Matches(read Seal, expected string, others []string) (match *bool, confidence float64) {
	want := nameRunes(expected)
	if read.Shape != Round || len(want) < minChars || len(read.Chars) < minChars {
		return nil, 0
	}
	f := bestFit(read.Chars, want)
	n := float64(len(want))
	yes, no := true, false

	if float64(f.clashes) >= max(2, falseMisses*n) && float64(f.hits) < 0.5*n {
		return &no, min(0.5+0.5*float64(f.clashes)/n, 0.99)
	}
	if f.clashes > 0 || f.strangers > 0 || f.surplus > 0 || f.missing > 0 ||
		float64(f.hits) < trueHits*n || f.weight < trueWeight*n {
		return nil, 0
	}
	for i, r := range want {
		if strings.ContainsRune(telling, r) && !standsOut(read.Chars[i+f.offset], r, telling) {
			return nil, 0
		}
	}
	for _, o := range others {
		if !f.excludes(read.Chars, want, nameRunes(o)) {
			return nil, 0
		}
	}
	return &yes, min(f.weight/n, 0.99)
}

// standsOut says whether r is much likelier at a place than all the other
// characters of rivals.
func standsOut(p []Guess, r rune, rivals string) bool {
	w := weightOf(p, r)
	for _, g := range p {
		if g.Char != r && g.Weight > 0.6*w && strings.ContainsRune(rivals, g.Char) {
			return false
		}
	}
	return w > 0
}

// nameRunes are the Han characters of a name, which are all that a ring shows.
func nameRunes(s string) []rune {
	return slices.DeleteFunc([]rune(s), func(r rune) bool { return !unicode.Is(unicode.Han, r) })
}

// fit is how a name lies on the places of a ring.
type fit struct {
	offset    int     // the place of the name's first character
	hits      int     // characters that are their place's first guess
	weight    float64 // sum of the weights of the name's characters
	strangers int     // characters that are not near the first guess of a clear place, or no guess at all
	clashes   int     // strangers at clear places that are out of the question there
	surplus   int     // clear characters before or after the name
	missing   int     // characters of the name beyond the places
}

// bestFit lays a name on the places where it weighs most.
func bestFit(places [][]Guess, want []rune) fit {
	best := lay(places, want, 0)
	for offset := -slack; offset <= len(places)-len(want)+slack; offset++ {
		f := lay(places, want, offset)
		if f.weight-0.2*float64(f.missing) > best.weight-0.2*float64(best.missing) {
			best = f
		}
	}
	return best
}

func lay(places [][]Guess, want []rune, offset int) fit {
	f := fit{offset: offset}
	for i, p := range places {
		k := i - offset
		if k < 0 || k >= len(want) {
			if len(p) > 0 && p[0].Weight >= clearGuess {
				f.surplus++
			}
			continue
		}
		w := weightOf(p, want[k])
		f.weight += w
		switch {
		case len(p) == 0:
			f.strangers++
		case p[0].Char == want[k]:
			f.hits++
		case w == 0 || p[0].Weight >= clearGuess && w < nearGuess*p[0].Weight:
			f.strangers++
			if p[0].Weight >= clearGuess && w < outOfReach*p[0].Weight {
				f.clashes++
			}
		}
	}
	f.missing = max(-offset, 0) + max(offset+len(want)-len(places), 0)
	return f
}

// weightOf is the weight of a character among guesses, 0 when it is not there.
func weightOf(p []Guess, r rune) float64 {
	for _, g := range p {
		if g.Char == r {
			return g.Weight
		}
	}
	return 0
}

// excludes says whether the ring tells the wanted name from another that would
// lie on the same places.
func (f fit) excludes(places [][]Guess, want, other []rune) bool {
	if len(other) != len(want) || slices.Equal(other, want) {
		return true
	}
	for k := range want {
		if i := k + f.offset; want[k] != other[k] && i >= 0 && i < len(places) &&
			standsOut(places[i], want[k], string(other[k])) && weightOf(places[i], want[k]) >= nearGuess {
			return true
		}
	}
	return false
}
