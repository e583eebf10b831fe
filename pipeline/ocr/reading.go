package ocr

import (
	"image"
	"strings"

	"sealdesk/pipeline/ocr/internal/wire"
)

// gap is the width of a blank, as a share of the line's height, from which two
// words that Tesseract parts are apart on paper too. Its parts are often pieces
// of one number or of one Chinese word.
const gap = 0.2

// newReading composes what a child said about a prepared crop of the given size.
func newReading(words []wire.Word, p prepared, crop image.Point) Reading {
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
			if i == 0 && len(chars) > 0 && float64(c.Box.Min.X-end) > gap*float64(height) {
				raw, from = append(raw, ' '), append(from, -1)
			}
			end = c.Box.Max.X
			for _, r := range c.Text {
				raw, from = append(raw, r), append(from, len(chars))
			}
			chars = append(chars, Char{Box: p.back(c.Box, crop), Confidence: float64(c.Confidence) / 100})
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
