package ocr

import (
	"strings"
	"unicode"
)

// Clean makes a reader's text comparable, and leaves it in the style in which
// Chinese papers are printed:
//
//   - no blanks beside Han characters and full-width punctuation, one blank
//     elsewhere, none at the ends;
//   - letters, digits and signs that differ from ASCII only in width become
//     ASCII;
//   - commas, colons, semicolons, question and exclamation marks, and
//     parentheses are full-width beside Han text and ASCII inside ASCII text; a
//     pair of parentheses goes by what stands inside it and before it.
//
// It changes no character for another one: what looks alike but is another
// letter stays as read.
func Clean(raw string) string {
	in := []rune(raw)
	var b strings.Builder
	for _, p := range cleanRunes(in) {
		b.WriteRune(p.r)
	}
	return b.String()
}

// piece is one rune of a cleaned text and the place in the raw text that it
// comes from.
type piece struct {
	r    rune
	from int
}

// wide maps the ASCII punctuation that Chinese print writes full-width.
var wide = map[rune]rune{',': '，', ':': '：', ';': '；', '?': '？', '!': '！', '(': '（', ')': '）'}

func cleanRunes(in []rune) []piece {
	out := make([]piece, 0, len(in))
	for i, r := range in {
		r = narrow(r)
		if unicode.IsSpace(r) {
			r = ' '
		} else if !unicode.IsGraphic(r) {
			continue
		}
		out = append(out, piece{r, i})
	}
	widen(out)
	return dropBlanks(out)
}

// narrow folds what differs from ASCII only in width. The ideographic blank is a
// blank.
func narrow(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '\u3000':
		return ' '
	case r == '￥':
		return '¥'
	}
	return r
}

// widen gives punctuation the width that its surroundings call for.
func widen(text []piece) {
	var open []int                  // places of parentheses not closed yet
	han := make([]int, len(text)+1) // han[i] is the number of Han characters before i
	for i, p := range text {
		han[i+1] = han[i]
		if unicode.Is(unicode.Han, p.r) {
			han[i+1]++
		}
	}
	for i, p := range text {
		full, ok := wide[p.r]
		if !ok {
			continue
		}
		switch p.r {
		case '(':
			open = append(open, i)
			continue // decided with its partner
		case ')':
			if len(open) > 0 {
				first := open[len(open)-1]
				open = open[:len(open)-1]
				if wideBefore(text, first) || wideAfter(text, i) || han[i] > han[first] {
					text[first].r, text[i].r = '（', full
				}
				continue
			}
		}
		if wideBefore(text, i) || p.r != ')' && isASCIIEnd(text, i) && wideAfter(text, i) {
			text[i].r = full
		}
	}
	for _, i := range open {
		if wideBefore(text, i) || wideAfter(text, i) {
			text[i].r = '（'
		}
	}
}

// wideBefore reports whether the last visible rune before i is Chinese.
func wideBefore(text []piece, i int) bool {
	for i--; i >= 0; i-- {
		if text[i].r != ' ' {
			return isChinese(text[i].r)
		}
	}
	return false
}

// wideAfter reports whether the first visible rune after i is Chinese.
func wideAfter(text []piece, i int) bool {
	for i++; i < len(text); i++ {
		if text[i].r != ' ' {
			return isChinese(text[i].r)
		}
	}
	return false
}

// isASCIIEnd reports whether the punctuation at i directly follows a letter or
// digit, as in "2018年,".
func isASCIIEnd(text []piece, i int) bool {
	return i > 0 && text[i-1].r != ' '
}

// isChinese reports whether a rune takes a full square in Chinese print: Han
// characters and full-width or CJK punctuation.
func isChinese(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= '\u3000' && r <= '\u303f' || r >= '！' && r <= '･' ||
		r == '“' || r == '”' || r == '‘' || r == '’' || r == '…' || r == '□' || r == '☑' || r == '√'
}

// dropBlanks keeps one blank between two runes neither of which is Chinese.
func dropBlanks(text []piece) []piece {
	out := text[:0]
	blank := -1
	for _, p := range text {
		if p.r == ' ' {
			if blank < 0 {
				blank = p.from
			}
			continue
		}
		if blank >= 0 && len(out) > 0 && !isChinese(out[len(out)-1].r) && !isChinese(p.r) {
			out = append(out, piece{' ', blank})
		}
		out = append(out, p)
		blank = -1
	}
	return out
}
