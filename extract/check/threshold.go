package check

// The confidences (0..1) from which a reading is trusted. They are kept here
// together because they are one judgement: how sure a reading must be before
// the clerk is spared a look. Where a wrong reading is the likelier cause of
// what is found, the bar is high.
const (
	// blankSure: a blank value at least this sure is a field left blank. Ink or
	// none is easy to tell, so this need not be higher.
	blankSure = 0.7

	// noiseDoubt: a value of one or two characters below this may be a speck of
	// dirt in an empty cell rather than writing.
	noiseDoubt = 0.4

	// noteDoubt: a field that extraction left a note on is sent to a person
	// below this; above it, the note is only passed on.
	noteDoubt = 0.5

	// malformedSure: nearly all phones and addresses are typed well, so a
	// malformed reading is more often a reading error than a typing error. At
	// nine in ten right the two are about as likely.
	malformedSure = 0.9

	// countDoubt: how much of a text may be counted wrongly, as a share of its
	// length, at confidence 0. Most reading errors replace a character and
	// leave the count as it is; only lost and invented ones move it.
	countDoubt = 0.1

	// choiceSure: check boxes are judged by ink, not by reading, so a clear
	// mark is clear.
	choiceSure = 0.7

	// Two readings of what should be one name, by how far they are apart: one
	// character is what reading errors look like; three, or two of a name of
	// up to four, hardly ever.
	oneOffSure = 0.97
	twoOffSure = 0.85
	farOffSure = 0.6

	// sealTextSure: the ring text of a seal that belies the unit must be read
	// at least this well to be held against it.
	sealTextSure = 0.5

	// signatureSure: ink or no ink at the signing place.
	signatureSure = 0.6

	// dateSure: a digit misread turns a late date into a good one and back, so
	// both ways need this.
	dateSure = 0.7

	// planSure: which guide a plan follows is told by its title and headings
	// together, seldom in doubt.
	planSure = 0.6

	// headingSure: a heading not found; it may have been misread.
	headingSure = 0.7

	// headingDoubt: a heading found, but hardly.
	headingDoubt = 0.4
)
