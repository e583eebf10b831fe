package index

import (
	"encoding/hex"
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// class is what a character is to the search.
type class int8

const (
	blank  class = iota // white space and control characters
	mark                // punctuation, symbols
	gram                // Han and kana: text without blanks between words
	letter              // all other letters, and the accents on them
	digit
	nothing // invisible characters that stand for nothing
)

func classOf(r rune) class {
	switch {
	case r >= '0' && r <= '9':
		return digit
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return letter
	case r < 0x80:
		if r > ' ' && r < 0x7f {
			return mark
		}
		return blank
	case r >= 0x4e00 && r <= 0x9fff, r == 'ー', unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo):
		return gram
	case unicode.IsDigit(r):
		return digit
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letter
	case unicode.IsSpace(r), unicode.IsControl(r):
		return blank
	case unicode.Is(unicode.Cf, r):
		return nothing
	}
	return mark
}

// Fold gives the form of s in which texts are compared: compatibility forms
// composed (Unicode NFKC: full-width letters and digits, circled numbers,
// Kangxi radicals), letters in lower case, one blank for each run of
// punctuation or blanks that divides two words, and no blank where white space
// alone stands beside a Han character or between letters and digits. It holds
// Han characters, letters, digits and single blanks, and nothing else.
func Fold(s string) string {
	var f folder
	f.fold(s, nil)
	return f.out.String()
}

// folder folds one text.
type folder struct {
	out  strings.Builder
	at   *offsets // nil: nobody asks for them
	last class    // of the last character in out; blank at the start
	gap  class    // what stood since then: nothing, blank or mark
}

// offsets say for each byte of a folded text where in the text the character that it
// comes from starts and ends. Folding stops that many bytes of the text behind what
// comes from offset last.
type offsets struct {
	start, end   []int32
	last, behind int
}

// fold folds s, which is shorter than 2 GB.
func (f *folder) fold(s string, at *offsets) {
	f.gap, f.at = nothing, at
	stop := len(s)
	if at == nil {
		f.out.Grow(len(s))
	}
	for i := 0; i < stop; {
		if at != nil && stop == len(s) && f.out.Len() > at.last {
			stop = min(len(s), i+at.behind)
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		// Most text is Han and ASCII, which NFKC leaves alone unless a
		// combining mark follows.
		plain := r < 0x80 || r >= 0x4e00 && r <= 0x9fff
		if plain && (i+n == len(s) || s[i+n] < 0x80 || s[i+n] >= 0xe4 && s[i+n] <= 0xe9) {
			f.add(r, i, i+n)
			i += n
			continue
		}
		n = norm.NFKC.NextBoundaryInString(s[i:], true)
		if n <= 0 {
			n = len(s) - i
		}
		// Twice, as a small letter may compose with a mark where its capital does not.
		for _, r := range norm.NFKC.String(strings.ToLower(norm.NFKC.String(s[i : i+n]))) {
			f.add(r, i, i+n)
		}
		i += n
	}
}

func (f *folder) add(r rune, start, end int) {
	c := classOf(r)
	switch c {
	case nothing:
		return
	case mark:
		f.gap = mark
		return
	case blank:
		if f.gap == nothing {
			f.gap = blank
		}
		return
	}
	if f.last != blank && (f.gap == mark || f.gap == blank && f.last == c && c != gram) {
		f.write(' ', start, start)
	}
	f.write(unicode.ToLower(r), start, end)
	f.last, f.gap = c, nothing
}

func (f *folder) write(r rune, start, end int) {
	n, _ := f.out.WriteRune(r)
	for ; f.at != nil && n > 0; n-- {
		f.at.start = append(f.at.start, int32(start))
		f.at.end = append(f.at.end, int32(end))
	}
}

// Runs gives the parts of a folded text in order: each Han text without a
// blank (han true), each word of letters and each number.
func Runs(folded string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		start, last := 0, blank
		for i, r := range folded {
			c := classOf(r)
			if c == last {
				continue
			}
			if last != blank && !yield(folded[start:i], last == gram) {
				return
			}
			start, last = i, c
		}
		if last != blank {
			yield(folded[start:], last == gram)
		}
	}
}

// NameKey gives a string whose byte order is the order of names in Chinese
// lists (by pinyin, as the Unicode collation for zh has it). It is empty for an
// empty name, which comes last.
func NameKey(name string) string {
	if name == "" {
		return ""
	}
	// Collation weights grow with the name; a sort needs no more than this.
	const longest = 100
	runes := []rune(strings.ToValidUTF8(name, ""))
	var buf collate.Buffer
	key := collate.New(language.Chinese).KeyFromString(&buf, string(runes[:min(len(runes), longest)]))
	return hex.EncodeToString(key)
}
