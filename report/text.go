package report

import (
	"strings"
	"unicode"
)

// missing stands for a character that no font has: the geta, which
// Chinese and Japanese printers set for type that is wanting.
const missing = '〓'

// mostText is how many characters of one text are looked at; no text that people
// wrote is as long, and no paper holds more.
const mostText = 3000

// clean makes outside text one line that can be printed: line ends and tabs are
// blanks, control characters and marks that turn the direction of writing are
// left out, and missing stands for what the fonts lack.
func (f *face) clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > mostText {
			b.WriteRune('…')
			break
		}
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r):
		case f.script(r) != unknown:
			b.WriteRune(r)
		default:
			b.WriteRune(missing)
		}
	}
	return strings.TrimSpace(b.String())
}

// closing are marks that begin no line, by the rules of Chinese typesetting.
const closing = "，。、；：！？）》」』】〉”’…,.;:!?)]}%"

// wrap breaks a clean text into lines no wider than width: after any Han
// character, and in other scripts after a blank where there is one near. Of more
// than most lines the rest is left out and the last one ends in an ellipsis.
// measure gives the width of a character in the units of width.
func wrap(text string, width float64, most int, measure func(rune) float64) []string {
	var lines []string
	runes := []rune(text)
	for len(runes) > 0 {
		n, wide := 0, 0.0
		for n < len(runes) && (n == 0 || wide+measure(runes[n]) <= width) {
			wide += measure(runes[n])
			n++
		}
		if n == len(runes) {
			return append(lines, string(runes))
		}
		if len(lines)+1 == most {
			for n > 1 && wide+measure('…') > width {
				n--
				wide -= measure(runes[n])
			}
			return append(lines, strings.TrimRight(string(runes[:n]), " ")+"…")
		}
		n = breakAt(runes, n)
		lines = append(lines, strings.TrimRight(string(runes[:n]), " "))
		for n < len(runes) && runes[n] == ' ' {
			n++
		}
		runes = runes[n:]
	}
	return lines
}

// breakAt is where to break a line of at most n characters, 0 < n < len(runes).
func breakAt(runes []rune, n int) int {
	const far = 24 // a word that is longer is cut
	for k := n; k > max(n-far, n/2, 1); k-- {
		before, after := runes[k-1], runes[k]
		if strings.ContainsRune(closing, after) {
			continue
		}
		if before == ' ' || after == ' ' || unicode.Is(unicode.Han, before) || unicode.Is(unicode.Han, after) || before > 0x2E80 {
			return k
		}
	}
	return n
}
