package extract

import (
	"image"
	"slices"
	"strconv"
	"strings"

	"sealdesk/bundle"
)

// isSeparator is true for a sheet with next to nothing on it but a text that
// the profile knows as a separator's.
func (s *Sheet) isSeparator(rows []row) bool {
	const dirt = 12 // pieces of it that may be taken for lines
	if len(rows) > dirt || len(s.Layout.Cells) > 1 {
		return false
	}
	if rows = s.printed(rows); len(rows) > 4 {
		return false
	}
	for _, r := range rows {
		for _, p := range s.Call.Separators {
			if p.Match(r.text) {
				return true
			}
		}
	}
	return false
}

// printed leaves out what is no line of print: single characters, and what touches an
// edge of the scan.
func (s *Sheet) printed(rows []row) []row {
	edge := int(s.Layout.DPI * 0.05)
	paper := image.Rect(0, 0, s.Layout.W, s.Layout.H).Inset(edge)
	var out []row
	for _, r := range rows {
		if len(fold(r.text)) >= 2 && r.box.In(paper) {
			out = append(out, r)
		}
	}
	return out
}

// isInstructions is true when one of the page's first lines is the title of the
// form's instructions.
func (s *Sheet) isInstructions(rows []row) bool {
	if s.Call.Form.Instructions == "" {
		return false
	}
	rows = s.printed(rows)
	for _, r := range rows[:min(3, len(rows))] {
		if similar(s.Call.Form.Instructions, r.text) >= 0.7 {
			return true
		}
	}
	return false
}

// pageNumber is the number printed alone at the foot of the page, 0 for none.
func (s *Sheet) pageNumber(rows []row) int {
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		if r.cell >= 0 || r.box.Min.Y < s.Layout.H*85/100 {
			continue
		}
		text := strings.Trim(dense(r.text), "-—–·.第页 ")
		if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 1000 {
			return n
		}
	}
	return 0
}

// titled is true when the page begins with a centred line that is larger than
// its text: the beginning of a document. What touches the scan's upper edge is no
// line of the page.
func (s *Sheet) titled(rows []row) bool {
	for len(rows) > 0 && rows[0].box.Min.Y < int(s.Layout.DPI*0.05) {
		rows = rows[1:]
	}
	if len(rows) == 0 {
		return false
	}
	var heights []int
	for _, r := range rows {
		if len(r.chars) >= 4 {
			heights = append(heights, r.box.Dy())
		}
	}
	if len(heights) < 3 {
		return false
	}
	slices.Sort(heights)
	usual := heights[len(heights)/2]
	first := rows[0]
	middle := (first.box.Min.X + first.box.Max.X) / 2
	off := middle - s.Layout.W/2
	if off < 0 {
		off = -off
	}
	return first.box.Dy()*100 >= usual*118 && off < s.Layout.W/12
}

// findPlan compares the page with each of the call's plan guides. A line that surely is
// one heading is no other: headings of one guide are alike.
func (s *Sheet) findPlan(c *Content, rows []row) {
	unclear := 0
	for _, r := range rows {
		if r.failed || r.conf < clearLine {
			unclear++
		}
	}
	for _, p := range s.Call.Plans {
		g := guide{headings: make([]bundle.Heading, len(p.Headings)), unclear: unclear*10 > len(rows)}
		title := fold(p.Title)
		for _, r := range rows[:min(6, len(rows))] {
			text := fold(r.text)
			if len(text) > len(title)*2 {
				continue
			}
			if score := contains(title, text); score > g.title {
				g.title, g.box = score, s.boxOf(r.box)
			}
		}
		taken := make([]bool, len(rows))
		for i, h := range p.Headings {
			var at int
			if g.headings[i], at = s.findHeading(h, rows, nil); g.headings[i].Confidence >= headingClear {
				taken[at] = true
			}
		}
		for i, h := range p.Headings {
			if !g.headings[i].Found {
				g.headings[i], _ = s.findHeading(h, rows, taken)
			}
		}
		c.guides = append(c.guides, g)
	}
}

// findHeading looks for a heading of a plan's guide at the beginning of a line that is
// not taken; at is the line's place among rows. The confidence is how like it the line is.
func (s *Sheet) findHeading(heading string, rows []row, taken []bool) (out bundle.Heading, at int) {
	parts := foldParts(heading)
	length := len(slices.Concat(parts...))
	out = bundle.Heading{Text: heading}
	for i, r := range rows {
		text := fold(r.text)
		if len(text) == 0 || taken != nil && taken[i] {
			continue
		}
		if i+1 < len(rows) && (len(text) < length || len(parts) > 1) && len(text) > 6 {
			text = append(slices.Clone(text), fold(rows[i+1].text)...)
		}
		score := beginsParts(parts, text)
		// A number that was not read, or read as another, loses little.
		unnumbered := append([][]rune{dropNumber(parts[0])}, parts[1:]...)
		if loose := beginsParts(unnumbered, dropNumber(text)); loose > score {
			score = loose - 0.05
		}
		if score > out.Confidence {
			out.Confidence, at = score, i
		}
	}
	out.Confidence = rounded(out.Confidence)
	if out.Confidence >= headingFound {
		out.Found, out.Page = true, s.Number
		box := s.boxOf(rows[at].box)
		out.Box = &box
	}
	return out, at
}

// foldParts are the parts of a heading between the places where any words may stand.
func foldParts(heading string) [][]rune {
	var parts [][]rune
	for part := range strings.SplitSeq(heading, "…") {
		parts = append(parts, fold(part))
	}
	return parts
}

// beginsParts is how well text begins with the first of the parts and goes on, after
// any words, with each of the others, 0..1.
func beginsParts(parts [][]rune, text []rune) float64 {
	score, end := begins(parts[0], text)
	length := len(parts[0])
	edits := (1 - score) * float64(length)
	for _, part := range parts[1:] {
		f, ok := search(part, text[end:])
		if !ok {
			continue
		}
		end += f.to
		length += len(part)
		edits += float64(f.edits)
	}
	if length == 0 {
		return 0
	}
	return 1 - edits/float64(length)
}

// headingFound is the likeness from which a plan's heading counts as found, headingClear
// that from which its line is nothing else, and clearLine the confidence below which a
// line was read badly.
const (
	headingFound = 0.7
	headingClear = 0.9
	clearLine    = 0.9
)

// dropNumber takes the leading number off a folded heading.
func dropNumber(r []rune) []rune {
	if len(r) > 1 && strings.ContainsRune("一二三四五六七八九十0123456789", r[0]) {
		return r[1:]
	}
	return r
}

// planScore is how many signs there are that the page belongs to a plan: its
// title counts two, each heading one.
func (c *Content) planScore() float64 {
	best := 0.0
	for _, g := range c.guides {
		n := 0.0
		if g.title >= 0.8 {
			n += 2
		}
		for _, h := range g.headings {
			if h.Found {
				n++
			}
		}
		best = max(best, n)
	}
	return best
}

// findLetter counts the signs of a recommendation letter.
func (s *Sheet) findLetter(c *Content, rows []row) {
	for _, p := range s.Call.Letter.Patterns {
		if slices.ContainsFunc(rows, func(r row) bool { return p.Match(r.text) }) {
			c.letter++
		}
	}
}
