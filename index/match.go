package index

import (
	"strings"
	"unicode/utf8"
)

// Piece is one text of a document and the page that it stands on, 0 for none.
type Piece struct {
	Page int
	Text string
}

// Pieces lists all that is searched of a document: what it is called by, which are the
// first namePieces, its choices, its fields and its pages.
func Pieces(d Document) []Piece {
	out := []Piece{{0, d.BaseName}, {0, d.HostUnit}, {0, d.Leader}, {0, d.Recommender}, {0, d.File}}
	for _, list := range [][]string{d.BaseType, d.UnitKind, d.Countries} {
		for _, s := range list {
			out = append(out, Piece{0, s})
		}
	}
	for _, f := range d.Fields {
		out = append(out, Piece{f.Page, f.Text})
	}
	for _, p := range d.Pages {
		out = append(out, Piece{p.Number, p.Text})
	}
	return out
}

const namePieces = 5

// Texts gives the folded text of a document as the engines search it. Names
// holds what it is called by (base name, host unit, leader, recommender, file
// name); all begins with that and holds everything else too: choices, form
// fields and pages. Each piece of text is a line, perhaps an empty one, and
// nothing matches across lines.
func Texts(d Document) (names, all string) {
	var b strings.Builder
	end := 0
	for i, p := range Pieces(d) {
		b.WriteString(Fold(p.Text))
		b.WriteByte('\n')
		if i < namePieces {
			end = b.Len()
		}
	}
	all = b.String()
	return all[:end], all
}

// Matches says whether a folded text (of [Fold] or [Texts]) is what n asks
// for. It is the measure that every engine is held to.
func Matches(n Node, text string) bool {
	switch n := n.(type) {
	case And:
		for _, k := range n {
			if !Matches(k, text) {
				return false
			}
		}
		return true
	case Or:
		for _, k := range n {
			if Matches(k, text) {
				return true
			}
		}
		return false
	case Not:
		return !Matches(n.Node, text)
	case Leaf:
		start, _ := n.Find(text, 0)
		return start >= 0
	}
	return true
}

// Find gives the first place at or after byte offset from in a folded text
// where the leaf stands, as byte offsets; start is -1 when there is none.
func (n Leaf) Find(text string, from int) (start, end int) {
	for from <= len(text) {
		i := strings.Index(text[from:], n.Pieces[0])
		if i < 0 {
			break
		}
		if end := n.at(text, from+i); end >= 0 {
			return from + i, end
		}
		_, size := utf8.DecodeRuneInString(text[from+i:])
		from += i + size
	}
	return -1, -1
}

// Finder looks for a leaf in many texts.
type Finder struct {
	leaf   Leaf
	anchor int // which byte of the first piece is looked for first
}

// Finder gives one for texts like the sample. It looks for the byte of the leaf that the
// sample has least: Han characters share their first bytes, on which a search from the
// leaf's beginning stops at every third character.
func (n Leaf) Finder(sample string) Finder {
	sample = sample[:min(len(sample), 4096)]
	f, least := Finder{leaf: n}, len(sample)+1
	for i := range len(n.Pieces[0]) {
		if times := strings.Count(sample, n.Pieces[0][i:i+1]); times < least {
			f.anchor, least = i, times
		}
	}
	return f
}

// Find gives where the leaf first starts at or after from in a folded text, by the byte,
// or -1, as [Leaf.Find] does.
func (f Finder) Find(text string, from int) int {
	piece := f.leaf.Pieces[0]
	for from += f.anchor; from < len(text); from++ {
		i := strings.IndexByte(text[from:], piece[f.anchor])
		if i < 0 {
			return -1
		}
		from += i
		if start := from - f.anchor; strings.HasPrefix(text[start:], piece) && f.leaf.at(text, start) >= 0 {
			return start
		}
	}
	return -1
}

// Extends says that the other leaf starts wherever this one does, in every text: as each
// longer part of a word does that is being typed.
func (n Leaf) Extends(other Leaf) bool {
	if len(other.Pieces) != 1 || !strings.HasPrefix(n.Pieces[0], other.Pieces[0]) {
		return false
	}
	end := len(other.Pieces[0])
	return end == len(n.Pieces[0]) || !divides(n.Pieces[0], end)
}

// at gives the end of the leaf that starts at byte offset i, or -1.
func (n Leaf) at(text string, i int) int {
	for k, piece := range n.Pieces {
		if k > 0 && i < len(text) && text[i] == ' ' {
			i++
		}
		if !strings.HasPrefix(text[i:], piece) || divides(text, i) || divides(text, i+len(piece)) {
			return -1
		}
		i += len(piece)
	}
	return i
}

// divides says whether byte offset i stands inside a word of letters or a number.
func divides(text string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i:])
	if before == utf8.RuneError || after == utf8.RuneError {
		return false
	}
	c := classOf(before)
	return (c == letter || c == digit) && c == classOf(after)
}

// leaves gives the leaves that a match may show: those not below a Not.
func leaves(n Node) []Leaf {
	var out []Leaf
	switch n := n.(type) {
	case And:
		for _, k := range n {
			out = append(out, leaves(k)...)
		}
	case Or:
		for _, k := range n {
			out = append(out, leaves(k)...)
		}
	case Leaf:
		out = append(out, n)
	}
	return out
}
