package ocr

import (
	"strings"
	"unicode/utf8"

	"sealdesk/pipeline/ocr/internal/wire"
)

// Tesseract parts words by its dictionary as well as by gaps, and its hOCR does
// not tell the two apart. Between two words there is a blank if the gap on paper
// is wider than this share of the line's height: Latin words stand closer than
// what a form sets apart in Chinese text.
const (
	latinGap   = 0.2
	chineseGap = 0.5
)

// newReading composes what a child said about a prepared crop.
func newReading(words []wire.Word, p prepared) Reading {
	var raw []rune
	var from []int // index of the Char that each rune of raw belongs to, -1 for blanks
	var chars []Char
	height := 0
	for _, w := range words {
		for _, c := range w.Chars {
			height = max(height, c.Box.Dy())
		}
	}
	end := 0
	for _, w := range words {
		for i, c := range w.Chars {
			first, _ := utf8.DecodeRuneInString(c.Text)
			if i == 0 && len(raw) > 0 {
				gap := latinGap
				if isChinese(first) || isChinese(raw[len(raw)-1]) {
					gap = chineseGap
				}
				if float64(c.Box.Min.X-end) > gap*float64(height) {
					raw, from = append(raw, ' '), append(from, -1)
				}
			}
			end = c.Box.Max.X
			for _, r := range c.Text {
				raw, from = append(raw, r), append(from, len(chars))
			}
			chars = append(chars, Char{Box: p.back(c.Box), Confidence: float64(c.Confidence) / 100})
		}
	}
	return compose(raw, from, chars)
}

// compose cleans a raw text and gives each character its part of the result.
func compose(raw []rune, from []int, chars []Char) Reading {
	r := Reading{Raw: string(raw)}
	var text strings.Builder
	last := -1
	for _, p := range cleanRunes(raw) {
		text.WriteRune(p.r)
		i := from[p.from]
		if i < 0 {
			continue
		}
		if i != last {
			r.Chars = append(r.Chars, chars[i])
			last = i
		}
		r.Chars[len(r.Chars)-1].Text += string(p.r)
	}
	r.Text = text.String()
	for _, c := range r.Chars {
		r.Confidence += c.Confidence / float64(len(r.Chars))
	}
	return r
}

// look is a way of reading a crop.
type look struct {
	alphabet wire.Alphabet
	bare     bool
	second   bool // by the second reader
}

// Below these confidences of its worst character a line is looked at again: a
// short one sooner, as it is a value more often and costs less.
const (
	shortLine      = 12 // characters
	doubtful       = 0.95
	doubtfulLonger = 0.90
)

// latinFavour is what the Latin model's reading of a line without Chinese is given
// over the Chinese model's, which is as sure of its more frequent mistakes.
const latinFavour = 0.05

// secondLook says whether a reading is worth another one, of which kind, and how
// much less confident that may be and still be kept.
func (r Reading) secondLook(asked Alphabet) (second look, favour float64, wanted bool) {
	alphabet, limit := wire.Any, doubtful
	switch asked {
	case Digits:
		alphabet = wire.Digits
	case Latin:
		alphabet = wire.Latin
	}
	if len(r.Chars) > shortLine {
		limit = doubtfulLonger
	}
	wanted = len(r.Chars) == 0
	ascii := len(r.Chars) > 0
	for _, c := range r.Chars {
		wanted = wanted || c.Confidence < limit
		ascii = ascii && c.Text[0] < utf8.RuneSelf
	}
	if asked == Any && ascii {
		return look{alphabet: wire.ASCII}, latinFavour, true
	}
	// Only the Chinese model gains by skipping the search for words.
	return look{alphabet: alphabet, bare: asked == Any}, 0, wanted
}
