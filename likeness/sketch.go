package likeness

import (
	"slices"
	"unicode"
)

const (
	// grams is how many characters make an n-gram. Of 2, too many are in every text; of 4,
	// too few are left where a third of the characters were changed.
	grams = 3
	// kept is how many n-grams of a text are kept. With half as many, some texts that were
	// changed much are missed; twice as many find hardly any more.
	kept = 64
)

// sketch is what is kept of a text, given by its letters, to compare it by: the n-grams with the smallest hash
// values, ascending, which for each text are a sample of its n-grams, and for two texts the
// same sample of those that they share (bottom-k min-hashing: Broder 1997; Cohen and Kaplan
// 2007).
func sketch(letters []rune) []uint32 {
	if len(letters) < grams {
		return nil
	}
	all := make([]uint32, 0, len(letters)-grams+1)
	for i := range len(letters) - grams + 1 {
		all = append(all, hash(letters[i:i+grams]))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.Clip(all[:min(len(all), kept)])
}

// fold leaves the letters and digits of a text, in one form each.
func fold(text string) []rune {
	out := make([]rune, 0, len(text)/3)
	for _, r := range text {
		if r = folded(r); r != 0 {
			out = append(out, r)
		}
	}
	return out
}

// folded is a letter or digit in small and narrow form, 0 for any other character.
func folded(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e {
		r -= 0xff01 - '!'
	}
	if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
		return 0
	}
	return unicode.ToLower(r)
}

// hash mixes an n-gram's characters into a number as good as random (the finaliser of
// SplitMix64: Steele, Lea and Flood 2014).
func hash(gram []rune) uint32 {
	var h uint64
	for _, r := range gram {
		h += uint64(r) + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return uint32(h >> 32)
}
