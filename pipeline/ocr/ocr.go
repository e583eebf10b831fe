package ocr

import (
	"context"
	"image"
)

// Alphabet narrows what a crop may hold, for a second look at a short value.
type Alphabet string

// The alphabets. Any is simplified Chinese with Latin letters and digits.
const (
	Any    Alphabet = ""
	Digits Alphabet = "digits" // digits with - / ( ) + . and blanks
	Latin  Alphabet = "latin"  // e-mail and web addresses
)

// Crop is one text line cut out of a page: dark ink on white, upright, with a
// white margin. Pixels are not changed by readers. Second asks for the second
// reader's reading instead of the first's, where there is a second one.
type Crop struct {
	Image    *image.Gray
	Alphabet Alphabet
	Second   bool
}

// Char is one character as read, usually one rune. Box is in pixels from the
// crop's upper left corner; Confidence 0..1.
type Char struct {
	Text       string
	Box        image.Rectangle
	Confidence float64
}

// Reading is what one crop says. Text is cleaned (no blanks between Han
// characters, full-width forms folded to ASCII where the two differ only in
// width); Raw is the reader's own text; Chars are in reading order and spell
// Text without its blanks; Confidence is the characters' mean, 0..1, and 0 for
// a crop with nothing in it. Failed tells a crop that the reader could not read
// (it crashed or hung on it each time) from one that has no text; a person must
// look at it.
type Reading struct {
	Text       string
	Raw        string
	Confidence float64
	Chars      []Char
	Failed     bool
}

// Reader turns crops into readings, one for each crop, in order. It may be
// called from many goroutines at once. An error means that nothing of the
// batch could be read even after the reader's own retries; a crop without text
// is no error.
type Reader interface {
	Read(ctx context.Context, crops []Crop) ([]Reading, error)
}
