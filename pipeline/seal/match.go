package seal

import (
	"slices"
	"strings"
	"unicode"
)

// telling are the characters in which the names of sister institutions differ:
// levels of government, points of the compass, numbers. None of them may be taken
// for another. The 司 of 公司 tells nothing, for 公 is followed by no other in a name.
const telling = "省市县区旗盟州镇乡村东西南北中上下前后左右新老大小一二三四五六七八九十农牧林水草工医文理厅局委院所司校系"

// A cell of a name is legible when its character is at most this much less like it
// than the likest other; the margins are those at which, on scanned seals, the
// right character is still a hundred times likelier than a wrong one. One of every
// blurred characters may be illegible, as under print or where the ink gave out,
// but not if something else can be seen there: one that is less like it than
// another by more than contradicted, where the other is plain, or by more than
// legibleMargin, where it is very plain. A name does not begin or end where there is
// no ink.
const (
	legibleMargin = 0.1
	blurred       = 8
	leastOwn      = 0.4  // likeness of a legible character
	leastLike     = 0.45 // mean likeness of the name's legible characters

	contradictedMargin = 0.15
	plain              = 0.6
	veryPlain          = 0.8

	edgeInk = 0.3 // of a name's first and last cell, as a share of the mean
)

// Matches says whether the ring text agrees with expected, the name of the unit
// that should have stamped; others are names of units that it might be mistaken
// for. It is true only when the ring looks like the name from end to end: nearly
// every character is the likest of all at its place, none is clearly another, the
// characters that tell sister institutions apart stand out, and the text neither
// begins before the name nor goes on after it. It is false only when much of the
// ring clearly says something else or it agrees with one of the others; nil when
// neither can be told. Confidence is of the verdict, 0 for nil.
func Matches(read Seal, expected string, others []string) (match *bool, confidence float64) {
	want := nameRunes(expected)
	if read.Shape != Round || len(want) < minChars {
		return nil, 0
	}
	yes, no := true, false
	if conf := read.trace.agrees(want, others); conf > 0 {
		return &yes, conf
	}
	if read.differs(want) {
		return &no, 0.9
	}
	for _, o := range others {
		if other := nameRunes(o); len(other) >= minChars && !slices.Equal(other, want) && read.trace.agrees(other, []string{expected}) > 0 {
			return &no, 0.9
		}
	}
	return nil, 0
}

// agrees is how sure it is that the ring says just what is wanted and none of the
// others, 0 when it is not.
func (t *trace) agrees(want []rune, others []string) float64 {
	if t == nil {
		return 0
	}
	p, ok := t.stand(want)
	if !ok {
		return 0
	}
	inks, further := t.inks(p)
	if further {
		return 0
	}
	illegible := map[int]bool{}
	like := 0.0
	for k, r := range want {
		c := t.look(p, k, r)
		margin := c.own - c.other
		tells := strings.ContainsRune(telling, r) && !(r == '司' && k > 0 && want[k-1] == '公')
		switch {
		case margin >= -legibleMargin && c.own >= leastOwn && !(tells && c.mistaken()):
			like += c.own
		case tells, k == 0 && inks[0] < edgeInk, k == len(want)-1 && inks[k] < edgeInk,
			margin < -contradictedMargin && c.other >= plain,
			margin < -legibleMargin && c.other >= veryPlain:
			return 0
		default:
			illegible[k] = true
		}
	}
	n := float64(len(want) - len(illegible))
	if len(illegible) > len(want)/blurred || like < leastLike*n {
		return 0
	}
	for _, o := range others {
		if differOnlyAt(want, nameRunes(o), illegible) {
			return 0
		}
	}
	return 0.99 - 0.05*float64(len(illegible))
}

// mistaken says whether a cell is more like another of the telling characters.
func (c comparison) mistaken() bool {
	return slices.ContainsFunc(c.rivals, func(g Guess) bool {
		return g.Weight > c.own && strings.ContainsRune(telling, g.Char)
	})
}

// differOnlyAt says whether two different names differ at illegible places alone.
func differOnlyAt(a, b []rune, illegible map[int]bool) bool {
	if len(a) != len(b) || slices.Equal(a, b) {
		return false
	}
	for k := range a {
		if a[k] != b[k] && !illegible[k] {
			return false
		}
	}
	return true
}

// A place is clear when its first guess is this likely; a character is out of the
// question there when it is less than outOfReach as likely.
const (
	clearGuess = 0.5
	outOfReach = 0.25
	slack      = 2 // places that may be missing or too many at either end
)

// differs says whether what was read, without any name in mind, is clearly another
// name: laid on its places where it fits best, less than half of the name's
// characters are likely there, and many places clearly hold others.
func (s Seal) differs(want []rune) bool {
	if len(s.Chars) < minChars {
		return false
	}
	hitsThere, clashesThere := -1, 0
	for offset := -slack; offset <= len(s.Chars)-len(want)+slack || offset <= 0; offset++ {
		hits, clashes := 0, 0
		for k, r := range want {
			i := k + offset
			if i < 0 || i >= len(s.Chars) || len(s.Chars[i]) == 0 {
				continue
			}
			first := s.Chars[i][0]
			switch {
			case weightOf(s.Chars[i], r) >= outOfReach*first.Weight:
				hits++
			case first.Weight >= clearGuess:
				clashes++
			}
		}
		if hits > hitsThere || hits == hitsThere && clashes > clashesThere {
			hitsThere, clashesThere = hits, clashes
		}
	}
	return 2*hitsThere < len(want) && 5*clashesThere >= 2*len(want)
}

// weightOf is a character's weight among guesses, 0 when it is not there.
func weightOf(guesses []Guess, r rune) float64 {
	for _, g := range guesses {
		if g.Char == r {
			return g.Weight
		}
	}
	return 0
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

// nameRunes are the Han characters of a name, which are all that a ring shows.
func nameRunes(s string) []rune {
	return slices.DeleteFunc([]rune(s), func(r rune) bool { return !unicode.Is(unicode.Han, r) })
}
