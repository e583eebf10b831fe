package office

import "math/rand/v2"

// NearCopy is a text as somebody has it who took it over from another and changed this
// share of its characters, 0 to 1, and as a reader then reads it, with three characters in
// a hundred wrong. What is changed is left out, put in, or put in the place of another,
// taken from words: character by character, or in runs of up to seven where runs is set.
func NearCopy(r *rand.Rand, text string, share float64, runs bool, words []rune) string {
	in := []rune(text)
	mean, most := 1.0, 1
	if runs {
		mean, most = 4, 7
	}
	begins := share / (mean*(1-share) + share)
	var out []rune
	for i := 0; i < len(in); {
		if r.Float64() >= begins {
			out = append(out, in[i])
			i++
			continue
		}
		n := min(1+r.IntN(most), len(in)-i)
		at := r.IntN(len(words) - n)
		switch r.IntN(4) {
		case 0: // left out
		case 1: // put in
			out = append(append(out, words[at:at+n]...), in[i:i+n]...)
		default:
			out = append(out, words[at:at+n]...)
		}
		i += n
	}
	var read []rune
	for _, c := range out {
		switch x := r.IntN(1000); {
		case x < 20:
			read = append(read, rune(0x4e00+r.IntN(6000)))
		case x < 25: // not seen
		case x < 30:
			read = append(read, c, '、')
		default:
			read = append(read, c)
		}
	}
	return string(read)
}
