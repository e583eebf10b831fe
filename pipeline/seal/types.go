package seal

import "image"

// Shape is the outline of a seal.
type Shape string

// The outlines. Only round seals can be matched; the others are for a person.
const (
	Round  Shape = "round"
	Oval   Shape = "oval"
	Square Shape = "square"
)

// Seal is one seal found on a page. Box is its ring in pixels of the page;
// Text is the ring text as read, "" when it could not be; Confidence 0..1 is
// of the text (0 when unread); Presence 0..1 is of there being a seal at all.
type Seal struct {
	Box        image.Rectangle
	Shape      Shape
	Text       string
	Confidence float64
	Presence   float64
	// Chars are the places of the ring's characters, clockwise, each with what
	// it was read as, best first. A place may have no guess at all.
	Chars [][]Guess
	// Readings are what the reader made of the ring, drawn in several ways: Han
	// characters only, and how sure it was.
	Readings []Reading

	trace *trace // of the ring, to hold names against; nil when it has no text
}

// Reading is one reading of a ring. Confidence is 0..1.
type Reading struct {
	Text       string
	Confidence float64
}

// Guess is one character that a place on a ring was read as. Weight is its share
// of all readings of the place, each by its confidence: 0..1.
type Guess struct {
	Char   rune
	Weight float64
}

// Signature is the outcome of looking for ink at a signing place. Box is the
// ink in pixels of the page or, when there is none, the place looked at. Area is
// that of the ink in mm², Stroke the greatest extent of a connected piece in mm:
// by both a pen's work differs from a few printed characters.
type Signature struct {
	Present      bool
	Box          image.Rectangle
	Confidence   float64
	Area, Stroke float64
}
