package extract_test

import (
	"context"
	"image"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/seal"
)

// Pages are made by hand at this resolution, with characters of em pixels.
const (
	dpi    = 150
	pageW  = 1240
	pageH  = 1754
	left   = 120
	right  = 1120
	em     = 20
	lead   = 28 // from line to line
	center = (left + right) / 2
)

// paper is a page as the stages before extract leave it: cells, lines, and
// pixels. Every character is drawn as a block of ink that says which character
// it is, so that any crop of the page can be read again.
type paper struct {
	t      testing.TB
	call   *call.Call
	pix    []uint8
	layout *layout.Page
	seals  []seal.Seal
	y      int // where the next thing is put

	failed  []string          // lines with such a text cannot be read at all
	unread  []string          // lines with such a text are read as nothing
	misread map[string]string // what texts are read as, of the same length
	doubt   map[string]float64
	drift   map[string]int    // by how many pixels the reader places a character too far right
	merged  []string          // cells with such a text lose the rule to their right
	noise   map[string]string // what is read before a text though it is no writing
	reader  *reader
	joined  map[string]string // labels whose value stands right behind them, in their cell
}

func newPaper(t testing.TB, c *call.Call) *paper {
	p := &paper{t: t, call: c, pix: make([]uint8, pageW*pageH), y: 120, misread: map[string]string{}, doubt: map[string]float64{}, reader: &reader{}}
	for i := range p.pix {
		p.pix[i] = 255
	}
	p.layout = &layout.Page{W: pageW, H: pageH, DPI: dpi}
	return p
}

// dot draws one pixel.
func (p *paper) dot(x, y int, level uint8) {
	if x >= 0 && y >= 0 && x < pageW && y < pageH {
		p.pix[y*pageW+x] = level
	}
}

func (p *paper) fill(r image.Rectangle, level uint8) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p.dot(x, y, level)
		}
	}
}

// stroke draws a pen's stroke through the points.
func (p *paper) stroke(width int, points ...image.Point) {
	for i := 1; i < len(points); i++ {
		a, d := points[i-1], points[i].Sub(points[i-1])
		n := max(abs(d.X), abs(d.Y), 1)
		for k := range n + 1 {
			at := a.Add(image.Pt(d.X*k/n, d.Y*k/n))
			p.fill(image.Rect(at.X, at.Y, at.X+width, at.Y+width), 66)
		}
	}
}

func abs(n int) int { return max(n, -n) }

// Marks of check boxes, drawn as pixels in texts; readers see nothing in them.
const (
	emptyBox   = '□'
	tickedBox  = '☑'
	filledBox  = '■'
	bareTick   = '√'
	wideTick   = '\uE000' // a hand-drawn tick that leaves its box on all sides
	crossedBox = '☒'
	smallTick  = '\uE001' // a printed tick well inside its box
	overTick   = '\uE002' // a hand-drawn tick that only touches its box from above
)

func isMark(r rune) bool {
	return strings.ContainsRune(string([]rune{emptyBox, tickedBox, filledBox, bareTick, wideTick, crossedBox, smallTick, overTick}), r)
}

// mark draws a check box on the line that begins at y.
func (p *paper) mark(x, y int, r rune) {
	const side = 17
	at := func(dx, dy int) image.Point { return image.Pt(x+dx, y+dy) }
	if r != bareTick {
		b := image.Rect(x, y+1, x+side, y+1+side)
		p.fill(b, 66)
		if r != filledBox {
			p.fill(b.Inset(2), 255)
		}
	}
	switch r {
	case tickedBox:
		p.stroke(2, at(3, 8), at(7, 13), at(13, 3))
	case smallTick:
		p.stroke(2, at(5, 9), at(7, 12), at(11, 6))
	case bareTick:
		p.stroke(2, at(2, 8), at(7, 15), at(15, 1))
	case wideTick:
		p.stroke(2, at(-2, 6), at(7, 19), at(19, -5))
	case overTick:
		p.stroke(4, at(0, -6), at(6, 0), at(14, -8))
	case crossedBox:
		p.stroke(2, at(3, 3), at(13, 14))
		p.stroke(2, at(13, 3), at(3, 14))
	}
}

// thin is a blank of a third of a character.
const thin = '\u2009'

// width of a character.
func width(r rune) int {
	switch {
	case r < 0x250:
		return em / 2
	case r == thin:
		return em * 3 / 10
	}
	return em
}

// draw writes text at x, y and gives the box of its ink.
func (p *paper) draw(x, y int, text string) image.Rectangle {
	var box image.Rectangle
	for _, r := range text {
		w := width(r)
		switch {
		case isMark(r):
			p.mark(x, y, r)
			box = box.Union(image.Rect(x, y, x+w-3, y+em-2))
		case r != ' ' && r != '\u3000' && r != thin:
			b := image.Rect(x, y, x+w-2, y+em-2)
			if unicode.IsPunct(r) && r >= 0x80 {
				b.Max.X = x + 4
			}
			for k, level := range []uint8{uint8(r >> 12), uint8(r >> 6 & 63), uint8(r & 63)} {
				p.fill(image.Rect(b.Min.X, y+k*6, b.Max.X, y+k*6+6), level)
			}
			box = box.Union(b)
		}
		x += w
	}
	return box
}

// line puts a line of text on the page, in a cell or outside all (-1).
func (p *paper) line(x, y, cell int, text string) image.Rectangle {
	p.t.Helper()
	box := p.draw(x, y, text)
	if box.Empty() {
		return box
	}
	if box.Max.Y > pageH || box.Max.X > pageW {
		p.t.Fatalf("%q leaves the page at %v", text, box)
	}
	p.layout.Lines = append(p.layout.Lines, layout.Line{Box: box, Cell: cell, Height: box.Dy()})
	if cell >= 0 {
		c := &p.layout.Cells[cell]
		c.Lines = append(c.Lines, len(p.layout.Lines)-1)
	}
	return box
}

// write puts lines outside all cells, one below the other.
func (p *paper) write(lines ...string) {
	p.t.Helper()
	for _, text := range lines {
		p.line(left, p.y, -1, text)
		p.y += lead
	}
}

// title puts a large line in the middle.
func (p *paper) title(text string) {
	n := len([]rune(text)) * em
	b := p.line(center-n/2, p.y, -1, text)
	// Larger than other lines: its ink is stretched downwards.
	p.layout.Lines[len(p.layout.Lines)-1].Box.Max.Y += em / 2
	p.fill(image.Rect(b.Min.X, b.Max.Y, b.Min.X+1, b.Max.Y+em/2), 66)
	p.y += 3 * lead
}

// foot prints the page's number.
func (p *paper) foot(number string) { p.line(center-em, pageH-80, -1, number) }

// table begins a table: rows that follow belong to it.
func (p *paper) table() {
	p.layout.Tables = append(p.layout.Tables, layout.Table{Box: image.Rect(left, p.y, right, p.y)})
}

// cell adds a ruled box to the table.
func (p *paper) cell(box image.Rectangle) int {
	t := len(p.layout.Tables) - 1
	i := len(p.layout.Cells)
	p.layout.Cells = append(p.layout.Cells, layout.Cell{Box: box, Table: t})
	p.layout.Tables[t].Cells = append(p.layout.Tables[t].Cells, i)
	p.layout.Tables[t].Box = p.layout.Tables[t].Box.Union(box)
	return i
}

// wrap breaks text into lines of at most n pixels. A line end in the text is
// one in the lines; a line that begins a paragraph is indented.
func wrap(text string, n int, indent bool) []string {
	var out []string
	for _, par := range strings.Split(text, "\n") {
		line, used := "", 0
		if indent {
			line, used = "\u3000\u3000", 2*em
		}
		for _, r := range par {
			if used+width(r) > n {
				out = append(out, line)
				line, used = "", 0
			}
			line += string(r)
			used += width(r)
		}
		out = append(out, line)
	}
	return out
}

// row adds a row of cells with these texts; widths are parts of the table's.
// A text "^" is no cell of its own: the cell above reaches down.
func (p *paper) row(widths []int, texts []string) []int {
	p.t.Helper()
	total := 0
	for _, w := range widths {
		total += w
	}
	xs := []int{left}
	sum := 0
	for _, w := range widths {
		sum += w
		xs = append(xs, left+(right-left)*sum/total)
	}
	height := 0
	lines := make([][]string, len(texts))
	for k, text := range texts {
		lines[k] = wrap(text, xs[k+1]-xs[k]-16, false)
		height = max(height, len(lines[k])*lead+14)
	}
	var cells []int
	cell := -1
	for k, text := range texts {
		box := image.Rect(xs[k], p.y, xs[k+1], p.y+height)
		switch {
		case text == "^":
			for i := range p.layout.Cells {
				if c := &p.layout.Cells[i]; c.Box.Min.X == xs[k] && c.Box.Max.Y == p.y {
					c.Box.Max.Y += height
				}
			}
			continue
		case k > 0 && p.joined[texts[k-1]] == text && text != "":
			continue
		case cell >= 0 && slices.Contains(p.merged, texts[k-1]):
			p.layout.Cells[cell].Box.Max.X = box.Max.X
		default:
			cell = p.cell(box)
		}
		if k > 0 && p.joined[texts[k-1]] == texts[k] && texts[k] != "" {
			continue
		}
		if value := p.joined[text]; value != "" && k+1 < len(texts) && texts[k+1] == value {
			p.layout.Cells[cell].Box.Max.X = xs[k+2]
			p.line(box.Min.X+8, box.Min.Y+8, cell, text+value)
			continue
		}
		for i, l := range lines[k] {
			p.line(box.Min.X+8, box.Min.Y+8+i*lead, cell, l)
		}
		cells = append(cells, cell)
	}
	p.y += height
	t := &p.layout.Tables[len(p.layout.Tables)-1]
	t.Box.Max.Y = p.y
	return cells
}

// sheet is the page for extract.
func (p *paper) sheet(number int) *extract.Sheet {
	l := p.layout
	l.Clean = &image.Gray{Pix: p.pix, Stride: pageW, Rect: image.Rect(0, 0, pageW, pageH)}
	l.Ink = make([]uint8, len(p.pix))
	for i, v := range p.pix {
		if v < 128 {
			l.Ink[i] = 1
		}
	}
	s := &extract.Sheet{
		Call: p.call, Number: number, Layout: l, Seals: p.seals, Reader: p.reader,
		Image: &page.Image{W: pageW, H: pageH, DPI: dpi, R: p.pix, G: p.pix, B: p.pix},
	}
	for _, line := range l.Lines {
		s.Readings = append(s.Readings, p.damage(readCrop(l.Crop(line, extract.Margin))))
	}
	return s
}

// damage makes of a reading what the page's faults make of it.
func (p *paper) damage(r ocr.Reading) ocr.Reading {
	holds := func(list []string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return strings.Contains(r.Text, s) })
	}
	if holds(p.failed) {
		return ocr.Reading{Failed: true}
	}
	if holds(p.unread) {
		return ocr.Reading{}
	}
	for _, text := range slices.Sorted(maps.Keys(p.doubt)) {
		if strings.Contains(r.Text, text) {
			r.Confidence = p.doubt[text]
			for i := range r.Chars {
				r.Chars[i].Confidence = p.doubt[text]
			}
		}
	}
	for i, c := range r.Chars {
		r.Chars[i].Box = c.Box.Add(image.Pt(p.drift[c.Text], 0))
	}
	for _, text := range slices.Sorted(maps.Keys(p.misread)) {
		from, to := []rune(text), []rune(p.misread[text])
		for i := 0; i+len(from) <= len(r.Chars); i++ {
			same := true
			for k := range from {
				same = same && r.Chars[i+k].Text == string(from[k])
			}
			for k := range from {
				if same {
					r.Chars[i+k].Text = string(to[k])
				}
			}
		}
		r.Text = strings.ReplaceAll(r.Text, text, p.misread[text])
	}
	for _, text := range slices.Sorted(maps.Keys(p.noise)) {
		if at := strings.Index(r.Text, text); at >= 0 {
			k := len([]rune(r.Text[:at]))
			end, wide := r.Chars[k].Box.Min.X, 6*em
			var chars []ocr.Char
			n := len([]rune(p.noise[text]))
			for i, c := range []rune(p.noise[text]) {
				b := r.Chars[k].Box
				b.Min.X, b.Max.X = end-wide+wide*i/n, end-wide+wide*(i+1)/n
				chars = append(chars, ocr.Char{Text: string(c), Box: b, Confidence: sure})
			}
			r.Chars = slices.Insert(r.Chars, k, chars...)
			r.Text = r.Text[:at] + p.noise[text] + r.Text[at:]
		}
	}
	r.Raw = r.Text
	return r
}

// reader reads the blocks of ink that papers draw as characters.
type reader struct {
	failed bool // every crop fails
	blind  bool // every crop is read as nothing
	// missing are characters that the first reader never reads.
	missing string
	err     error // the reader is broken
}

func (r *reader) Read(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	if r.err != nil {
		return nil, r.err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := make([]ocr.Reading, len(crops))
	for i, c := range crops {
		if r.failed {
			out[i] = ocr.Reading{Failed: true}
			continue
		}
		if r.blind {
			continue
		}
		out[i] = readCrop(c.Image)
		if c.Alphabet == ocr.Digits {
			out[i] = only(out[i], func(r rune) bool { return strings.ContainsRune("0123456789-/()+.", r) })
		}
		if !c.Second && r.missing != "" {
			out[i] = only(out[i], func(c rune) bool { return !strings.ContainsRune(r.missing, c) })
		}
		if c.Alphabet == ocr.Latin {
			out[i] = only(out[i], func(r rune) bool { return r < 0x80 })
		}
	}
	return out, nil
}

// only keeps the characters of an alphabet.
func only(r ocr.Reading, in func(rune) bool) ocr.Reading {
	var out ocr.Reading
	for _, c := range r.Chars {
		if in([]rune(c.Text)[0]) {
			out.Chars = append(out.Chars, c)
			out.Text += c.Text
		}
	}
	if out.Raw = out.Text; out.Text != "" {
		out.Confidence = r.Confidence
	}
	return out
}

// sure is the confidence of characters that are read without a doubt.
const sure = 0.995

// readCrop finds the characters in a crop, from left to right.
func readCrop(m *image.Gray) ocr.Reading {
	const solid = 64 // characters are darker, marks and pen strokes lighter
	var out ocr.Reading
	column := func(x int) (from, to int) {
		from, to = -1, -1
		for y := range m.Rect.Dy() {
			if m.Pix[y*m.Stride+x] < solid {
				if from < 0 {
					from = y
				}
				to = y + 1
			}
		}
		return from, to
	}
	last := 0
	for x := 0; x < m.Rect.Dx(); x++ {
		from, to := column(x)
		if to-from != 18 {
			continue
		}
		start := x
		for x < m.Rect.Dx() {
			if f, t := column(x); f != from || t != to {
				break
			}
			x++
		}
		at := func(k int) rune { return rune(m.Pix[(from+6*k+2)*m.Stride+start]) }
		r := at(0)<<12 | at(1)<<6 | at(2)
		if r == 0 {
			continue
		}
		latin := func(s string) bool { return s != "" && s[len(s)-1] < 0x80 }
		if start-last > em/2 && latin(out.Text) && r < 0x80 && unicode.IsLetter(r) {
			out.Text += " "
		}
		last = x
		out.Text += string(r)
		out.Chars = append(out.Chars, ocr.Char{Text: string(r), Box: image.Rect(start, from, x, to), Confidence: sure})
	}
	if out.Raw = out.Text; out.Text != "" {
		out.Confidence = sure
	}
	return out
}

// contentOf looks at one page.
func contentOf(t testing.TB, p *paper, number int) *extract.Content {
	t.Helper()
	c, err := extract.Page(context.Background(), p.sheet(number))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// read looks at the papers, in order, and joins them; nil stands for a blank
// page.
func read(t testing.TB, c *call.Call, papers ...*paper) ([]bundle.Application, []bundle.PageInfo) {
	t.Helper()
	infos := make([]bundle.PageInfo, len(papers))
	contents := make([]*extract.Content, len(papers))
	for i, p := range papers {
		infos[i] = bundle.PageInfo{Page: i + 1, Blank: p == nil}
		if p != nil {
			contents[i] = contentOf(t, p, i+1)
		}
	}
	return extract.Assemble(c, "00112233445566778899aabbccddeeff", infos, contents), infos
}
