package page

import (
	"bytes"
	"math"
	"strconv"
)

// matrix is a PDF transformation [a b c d e f].
type matrix [6]float64

func (m matrix) mul(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// bounds is where the unit square, which a picture fills, comes to lie.
func (m matrix) bounds() (x0, y0, x1, y1 float64) {
	ax, ay := m.apply(0, 0)
	bx, by := m.apply(1, 1)
	return math.Min(ax, bx), math.Min(ay, by), math.Max(ax, bx), math.Max(ay, by)
}

// orientation is the EXIF orientation of a picture drawn under the matrix, 0
// when it is not along the axes.
func (m matrix) orientation() int {
	size := math.Max(math.Abs(m[0])+math.Abs(m[1]), math.Abs(m[2])+math.Abs(m[3]))
	zero := func(v float64) bool { return math.Abs(v) <= size*1e-4 }
	switch {
	case zero(m[1]) && zero(m[2]) && !zero(m[0]) && !zero(m[3]):
		switch {
		case m[0] > 0 && m[3] > 0:
			return 1
		case m[3] > 0:
			return 2
		case m[0] < 0:
			return 3
		}
		return 4
	case zero(m[0]) && zero(m[3]) && !zero(m[1]) && !zero(m[2]):
		switch {
		case m[1] < 0 && m[2] < 0:
			return 5
		case m[1] < 0:
			return 6
		case m[2] > 0:
			return 7
		}
		return 8
	}
	return 0
}

// composeTurn is orientation o followed by a clockwise turn in degrees.
func composeTurn(o, degrees int) int {
	quarter := map[int]int{1: 6, 6: 3, 3: 8, 8: 1, 2: 7, 7: 4, 4: 5, 5: 2}
	for range ((degrees % 360) + 360) % 360 / 90 {
		o = quarter[o]
	}
	return o
}

// placedPicture is a picture drawn by a content stream.
type placedPicture struct {
	name string
	ctm  matrix
}

// maxContent is the longest content stream that is looked through; that of a
// scan is a few dozen bytes, with a hidden text layer a few dozen kilobytes.
const maxContent = 4 << 20

// onlyPicture says whether all that a content stream shows in the end is one
// picture, and where it lies: state changes, invisible text (as OCR programs
// add) and what the picture covers do not count. When in doubt it says no.
func onlyPicture(content []byte, isPicture func(name string) bool) (placedPicture, bool) {
	if len(content) > maxContent {
		return placedPicture{}, false
	}
	c := contentWalker{isPicture: isPicture, state: contentState{ctm: matrix{1, 0, 0, 1, 0, 0}}}
	lex := contentLexer{data: content}
	for {
		tok, kind := lex.next()
		switch kind {
		case tokenEnd:
			return c.picture, c.pictures == 1 && c.clipsOutside()
		case tokenBad:
			return placedPicture{}, false
		case tokenOperand:
			if len(c.operands) > 64 {
				c.operands = c.operands[:0]
			}
			c.operands = append(c.operands, tok)
		case tokenOperator:
			if !c.operator(string(tok)) {
				return placedPicture{}, false
			}
			c.operands = c.operands[:0]
		}
	}
}

type contentState struct {
	ctm        matrix
	renderMode int
	// clip is the rectangle drawn so far, in page space, if there is one.
	clip    [4]float64
	clipped bool
}

type contentWalker struct {
	isPicture func(string) bool
	operands  [][]byte
	state     contentState
	stack     []contentState
	picture   placedPicture
	pictures  int
	clips     contentState // the state that the picture was drawn in

	rect     [4]float64 // the path so far, if it is one rectangle
	segments int
	clipping bool
}

// clipsOutside says that no clip cuts into the picture.
func (c *contentWalker) clipsOutside() bool {
	if !c.clips.clipped {
		return true
	}
	x0, y0, x1, y1 := c.picture.ctm.bounds()
	slack := 0.005 * math.Max(x1-x0, y1-y0)
	k := c.clips.clip
	return k[0] <= x0+slack && k[1] <= y0+slack && k[2] >= x1-slack && k[3] >= y1-slack
}

// operator takes one operator; false means that the page must be drawn.
func (c *contentWalker) operator(op string) bool {
	switch op {
	case "q":
		if len(c.stack) > 256 {
			return false
		}
		c.stack = append(c.stack, c.state)
	case "Q":
		if n := len(c.stack); n > 0 {
			c.state, c.stack = c.stack[n-1], c.stack[:n-1]
		}
	case "cm":
		m, ok := c.numbers(6)
		if !ok {
			return false
		}
		c.state.ctm = matrix(m).mul(c.state.ctm)
	case "Do":
		if len(c.operands) != 1 || len(c.operands[0]) < 2 || !c.isPicture(string(c.operands[0][1:])) {
			return false
		}
		c.picture = placedPicture{string(c.operands[0][1:]), c.state.ctm}
		c.pictures++
		c.clips = c.state
	case "Tr":
		m, ok := c.numbers(1)
		if !ok {
			return false
		}
		c.state.renderMode = int(m[0])
	case "Tj", "TJ", "'", "\"":
		return c.state.renderMode == 3 || c.covered()
	case "re":
		m, ok := c.numbers(4)
		if !ok {
			return false
		}
		x0, y0 := c.state.ctm.apply(m[0], m[1])
		x1, y1 := c.state.ctm.apply(m[0]+m[2], m[1]+m[3])
		c.rect = [4]float64{math.Min(x0, x1), math.Min(y0, y1), math.Max(x0, x1), math.Max(y0, y1)}
		c.segments++
	case "m", "l", "c", "v", "y", "h":
		c.segments += 2
	case "W", "W*":
		c.clipping = true
	case "n":
		return c.endPath()
	case "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh":
		return c.covered() && c.endPath()
	case "gs":
		// Transparency only matters for what is drawn; a scan's is opaque, but
		// the parameters are not looked up here.
		return false
	case "BDC":
		return len(c.operands) == 0 || string(c.operands[0]) != "/OC"
	case "BI", "ID", "EI", "d0", "d1":
		return false
	}
	return true
}

// covered says that what is drawn now will lie under the picture, which is
// checked to fill the page.
func (c *contentWalker) covered() bool { return c.pictures == 0 }

// endPath takes the path away, after clipping to it if that was asked for.
func (c *contentWalker) endPath() bool {
	ok := true
	if c.clipping {
		ok = c.segments == 1 && c.state.ctm.orientation() != 0
		if c.state.clipped {
			k := &c.state.clip
			c.rect = [4]float64{math.Max(k[0], c.rect[0]), math.Max(k[1], c.rect[1]), math.Min(k[2], c.rect[2]), math.Min(k[3], c.rect[3])}
		}
		c.state.clip, c.state.clipped = c.rect, true
	}
	c.segments, c.clipping = 0, false
	return ok
}

func (c *contentWalker) numbers(n int) (v [6]float64, ok bool) {
	if len(c.operands) != n {
		return v, false
	}
	for i, o := range c.operands {
		f, err := strconv.ParseFloat(string(o), 64)
		if err != nil || math.IsNaN(f) || math.Abs(f) > 1e7 {
			return v, false
		}
		v[i] = f
	}
	return v, true
}

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenBad
	tokenOperand
	tokenOperator
)

// contentLexer cuts a content stream into operands and operators (ISO 32000-1,
// 7.8.2). Arrays and dictionaries are one operand each.
type contentLexer struct {
	data []byte
	pos  int
}

func blankByte(b byte) bool {
	return b == ' ' || b == '\n' || b == '\r' || b == '\t' || b == '\f' || b == 0
}

func delimiter(b byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), b) >= 0 }

func (l *contentLexer) next() ([]byte, tokenKind) {
	for l.pos < len(l.data) {
		b := l.data[l.pos]
		switch {
		case blankByte(b):
			l.pos++
		case b == '%':
			for l.pos < len(l.data) && l.data[l.pos] != '\n' && l.data[l.pos] != '\r' {
				l.pos++
			}
		case b == '(' || b == '<' || b == '[':
			start := l.pos
			if !l.skipGroup() {
				return nil, tokenBad
			}
			return l.data[start:l.pos], tokenOperand
		case b == '/':
			start := l.pos
			l.pos++
			l.skipRegular()
			return l.data[start:l.pos], tokenOperand
		case delimiter(b):
			return nil, tokenBad
		default:
			start := l.pos
			l.skipRegular()
			tok := l.data[start:l.pos]
			if b >= '0' && b <= '9' || b == '-' || b == '+' || b == '.' || string(tok) == "true" || string(tok) == "false" || string(tok) == "null" {
				return tok, tokenOperand
			}
			return tok, tokenOperator
		}
	}
	return nil, tokenEnd
}

func (l *contentLexer) skipRegular() {
	for l.pos < len(l.data) && !blankByte(l.data[l.pos]) && !delimiter(l.data[l.pos]) {
		l.pos++
	}
}

// skipGroup moves past a string, array or dictionary, which may be nested.
func (l *contentLexer) skipGroup() bool {
	depth := 0
	for l.pos < len(l.data) {
		switch b := l.data[l.pos]; b {
		case '(':
			if !l.skipString() {
				return false
			}
			l.pos--
		case '[', '<':
			depth++
		case ']', '>':
			depth--
		}
		l.pos++
		if depth == 0 {
			return true
		}
	}
	return false
}

func (l *contentLexer) skipString() bool {
	depth := 0
	for l.pos < len(l.data) {
		switch l.data[l.pos] {
		case '\\':
			l.pos++
		case '(':
			depth++
		case ')':
			depth--
		}
		l.pos++
		if depth == 0 {
			return true
		}
	}
	return false
}
