package seal

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
)

// A place is clear when its first guess is this likely. A character is near when
// it is among the first nearRank guesses of its place and at least nearGuess as
// likely as the first, and out of the question when it is less than outOfReach as
// likely.
const (
	clearGuess = 0.6
	nearGuess  = 0.5
	outOfReach = 0.25
	nearRank   = 3
)

// Shares of the expected name that must be first guesses, and the mean weight of
// its characters, for true; the share that must be contradicted for false.
const (
	trueHits    = 0.6
	trueWeight  = 0.5
	falseMisses = 0.4
	mostHits    = 0.75 // enough, where the reader spells the whole name
	blurred     = 6    // of so many characters one may be unreadable, if a common word gives it away
	slack       = 2    // places that may be missing or too many at either end
)

// telling are the characters in which the names of sister institutions differ:
// levels of government, points of the compass, numbers. None of them may be taken
// for another.
const telling = "省市县区旗盟州镇乡村东西南北中上下前后左右新老大小一二三四五六七八九十农牧林水草工医文理厅局委院所司校系"

// commonWords are words of which units' names are made and that tell none from
// another: of one whose other characters are read, the last is no question.
//
//go:embed words.txt
var commonWords string

// given marks the characters of a name that the rest of a common word gives away:
// all its other characters are the first guesses of their places. Telling
// characters are never given.
func given(places [][]Guess, want []rune, offset int) []bool {
	out := make([]bool, len(want))
	hit := func(k int) bool {
		i := k + offset
		return i >= 0 && i < len(places) && len(places[i]) > 0 && places[i][0].Char == want[k]
	}
	for _, word := range strings.Fields(commonWords) {
		w := []rune(word)
		for from := 0; from+len(w) <= len(want); from++ {
			if !slices.Equal(want[from:from+len(w)], w) {
				continue
			}
			unread := -1
			for k := from; k < from+len(w); k++ {
				switch {
				case hit(k):
				case unread < 0:
					unread = k
				default:
					unread = len(want)
				}
			}
			if unread >= 0 && unread < len(want) && !strings.ContainsRune(telling, want[unread]) {
				out[unread] = true
			}
		}
	}
	return out
}

// inCommonWord says whether a name's k-th character stands within one of the common
// words and does not tell the name from others.
func inCommonWord(want []rune, k int) bool {
	if strings.ContainsRune(telling, want[k]) {
		return false
	}
	return slices.ContainsFunc(strings.Fields(commonWords), func(word string) bool {
		w := []rune(word)
		for from := max(0, k-len(w)+1); from <= k && from+len(w) <= len(want); from++ {
			if slices.Equal(want[from:from+len(w)], w) {
				return true
			}
		}
		return false
	})
}

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
	if text, _, ok := read.agreed(); ok && sameName(want, []rune(text)) && !f.contradicted(read.Chars, want) {
		return &yes, 0.9
	}
	if float64(f.hits) >= mostHits*n && read.spelt(want) && !f.contradicted(read.Chars, want) {
		return &yes, 0.85
	}
	whole := float64(f.hits) >= 0.95*n // then one mark beyond the name is a code or a scratch
	if f.clashes > 0 || f.strangers > 0 || f.surplus > 0 && !(whole && f.surplus == 1) || f.missing > 0 ||
		float64(f.blurs) > n/blurred || float64(f.hits) < trueHits*n || f.weight < trueWeight*n {
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

// sure is the confidence from which a reading counts where two must agree.
const sure = 0.8

// agreed is the text that the reader, sure of itself, read at least twice, in
// different drawings of the ring.
func (s Seal) agreed() (text string, confidence float64, ok bool) {
	for i, a := range s.Readings {
		for _, b := range s.Readings[i+1:] {
			if a.Text == b.Text && len([]rune(a.Text)) >= minChars && min(a.Confidence, b.Confidence) >= sure {
				return a.Text, min(a.Confidence, b.Confidence), true
			}
		}
	}
	return "", 0, false
}

// spelt says whether one of the readings is exactly the name.
func (s Seal) spelt(want []rune) bool {
	return slices.ContainsFunc(s.Readings, func(r Reading) bool {
		return r.Confidence >= sure && slices.Equal([]rune(r.Text), want)
	})
}

// sameName says whether a reading is the name, or the name but for one character
// that does not tell it from others: one left out, one more at an end (the star or
// the seal's number, read as one), or one wrong within a common word.
func sameName(want, text []rune) bool {
	if slices.Equal(want, text) {
		return true
	}
	if len(text) == len(want) {
		k := 0
		for text[k] == want[k] {
			k++
		}
		return slices.Equal(text[k+1:], want[k+1:]) && inCommonWord(want, k) && !strings.ContainsRune(telling, text[k])
	}
	if n := len(want); len(text) == n+1 && n >= 8 {
		return slices.Equal(want, text[:n]) && !strings.ContainsRune(telling, text[n]) ||
			slices.Equal(want, text[1:]) && !strings.ContainsRune(telling, text[0])
	}
	if len(text) != len(want)-1 || len(want) < 8 {
		return false
	}
	k := 0
	for k < len(text) && text[k] == want[k] {
		k++
	}
	return slices.Equal(text[k:], want[k+1:]) && !strings.ContainsRune(telling, want[k])
}

// contradicted says whether a telling character of the name clearly looks like
// another one.
func (f fit) contradicted(places [][]Guess, want []rune) bool {
	for i, p := range places {
		k := i - f.offset
		if k < 0 || k >= len(want) || len(p) == 0 || p[0].Char == want[k] {
			continue
		}
		if p[0].Weight >= clearGuess && strings.ContainsRune(telling, want[k]) && strings.ContainsRune(telling, p[0].Char) {
			return true
		}
	}
	return false
}

// standsOut says whether r is much likelier at a place than all the other
// characters of rivals.
func standsOut(p []Guess, r rune, rivals string) bool {
	_, w := find(p, r)
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
	strangers int     // characters that are not near the first guess of their place
	blurs     int     // characters within common words that are no guess of an unclear place
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
	known := given(places, want, offset)
	for i, p := range places {
		k := i - offset
		if k < 0 || k >= len(want) {
			if len(p) > 0 && p[0].Weight >= clearGuess {
				f.surplus++
			}
			continue
		}
		rank, w := find(p, want[k])
		f.weight += w
		switch {
		case len(p) > 0 && p[0].Char == want[k]:
			f.hits++
		case known[k]:
			f.hits++
		case w == 0 && (len(p) == 0 || p[0].Weight < clearGuess) && inCommonWord(want, k):
			f.blurs++
		case len(p) == 0:
			f.strangers++
		case rank >= nearRank || w < nearGuess*p[0].Weight:
			f.strangers++
			if p[0].Weight >= clearGuess && w < outOfReach*p[0].Weight {
				f.clashes++
			}
		}
	}
	f.missing = max(-offset, 0) + max(offset+len(want)-len(places), 0)
	return f
}

// find is a character's rank and weight among guesses, the weight 0 when it is
// not there.
func find(p []Guess, r rune) (rank int, weight float64) {
	for i, g := range p {
		if g.Char == r {
			return i, g.Weight
		}
	}
	return len(p), 0
}

// excludes says whether the ring tells the wanted name from another that would
// lie on the same places.
func (f fit) excludes(places [][]Guess, want, other []rune) bool {
	if len(other) != len(want) || slices.Equal(other, want) {
		return true
	}
	for k := range want {
		if i := k + f.offset; want[k] != other[k] && i >= 0 && i < len(places) &&
			standsOut(places[i], want[k], string(other[k])) {
			if _, w := find(places[i], want[k]); w >= nearGuess {
				return true
			}
		}
	}
	return false
}
