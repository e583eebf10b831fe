package main

import (
	"strings"
)

// cell is one cell of a ruled table: a printed label, a value, or check boxes.
// It reaches from column edge from to column edge to, over rows rows (0 is 1).
type cell struct {
	from, to, rows int
	label          string
	bold, flush    bool
	key            string // the field whose value or boxes stand here
	value          string
	boxes          []string // options, where the cell holds check boxes
}

// band is one row of a table; least is its least height.
type band struct {
	cells []cell
	least float64
}

const cellPad = 22

// measure gives the lines of a cell and the height that they need.
func (p *printer) measure(c cell, width float64) ([]string, float64) {
	f, size := p.label, p.labelSize
	text := c.label
	switch {
	case c.boxes != nil:
		ls := p.boxLines(c.key, c.boxes, width-2*cellPad)
		return nil, float64(len(ls))*p.labelSize*1.6 + 2*cellPad
	case c.label == "":
		f, size, text = p.value, p.valueSize, c.value
		if p.handFilled {
			f = p.pen
		}
	case c.bold:
		f = p.bold
	}
	ls := f.wrap(text, size, width-2*cellPad, p.keepWords)
	return ls, float64(max(len(ls), 1))*size*1.35 + 2*cellPad
}

// heights gives the height of every band of a table.
func (p *printer) heights(xs []float64, bands []band) []float64 {
	hs := make([]float64, len(bands))
	for i, b := range bands {
		hs[i] = max(b.least, p.rowHeight)
		for _, c := range b.cells {
			if c.rows <= 1 {
				_, h := p.measure(c, xs[c.to]-xs[c.from])
				hs[i] = max(hs[i], h)
			}
		}
	}
	return hs
}

// table draws bands from p.y down and moves p.y below them.
func (p *printer) table(xs []float64, bands []band) {
	hs := p.heights(xs, bands)
	for i, b := range bands {
		for _, c := range b.cells {
			h := 0.0
			for k := range max(c.rows, 1) {
				h += hs[i+k]
			}
			p.cell(c, rect{xs[c.from], p.y, xs[c.to], p.y + h})
		}
		p.y += hs[i]
	}
}

func (p *printer) cell(c cell, r rect) {
	p.cur.frame(r, p.line, black)
	p.box(c.key, r)
	ls, _ := p.measure(c, r.width())
	if c.boxes != nil {
		p.drawBoxes(c.key, p.boxLines(c.key, c.boxes, r.width()-2*cellPad), r)
		return
	}
	f, size, value := p.label, p.labelSize, false
	switch {
	case c.label == "":
		f, size, value = p.value, p.valueSize, true
		if p.handFilled {
			f = p.pen
		}
	case c.bold:
		f = p.bold
	}
	step := size * 1.35
	y := r.y0 + (r.height()-float64(len(ls))*step)/2 + size*0.88 + (step-size)/2
	lead := p.lead
	p.lead = 1.35
	centred := !c.flush && (!value || p.centred || c.to-c.from == 1)
	p.lines(f, size, r.x0+cellPad, y, ls, r.width()-2*cellPad, centred, value)
	p.lead = lead
}

// printed is what the form prints for an option, and the gap after it.
func printed(key, option string) string {
	if key == "cooperation_modes" {
		if option == "其他" {
			return "其他（请注明）；"
		}
		return option + "；"
	}
	return option
}

// boxLines lays check boxes out in lines.
func (p *printer) boxLines(key string, opts []string, width float64) [][]string {
	var out [][]string
	used := 0.0
	for _, o := range opts {
		w := p.boxWidth(key, o)
		if len(out) == 0 || used+w > width {
			out = append(out, nil)
			used = 0
		}
		out[len(out)-1] = append(out[len(out)-1], o)
		used += w
	}
	return out
}

func (p *printer) boxWidth(key, option string) float64 {
	return p.labelSize*2.2 + p.label.width(printed(key, option), p.labelSize)
}

func (p *printer) drawBoxes(key string, ls [][]string, r rect) {
	step := p.labelSize * 1.6
	y := r.y0 + (r.height()-float64(len(ls))*step)/2 + p.labelSize*1.15
	for _, l := range ls {
		x := r.x0 + cellPad
		if key == "has_cooperation_office" {
			x = r.x0 + (r.width()-p.boxWidth(key, l[0])*float64(len(l)))/2
		}
		for _, o := range l {
			end := p.checkBox(x, y, p.app.chosen(key, o))
			p.cur.text(p.label, p.labelSize, end, y, printed(key, o), black)
			x += p.boxWidth(key, o)
		}
		y += step
	}
}

// checkBox draws a box with its lower edge near the baseline y and gives where
// the label begins.
func (p *printer) checkBox(x, y float64, on bool) float64 {
	em := p.labelSize
	side := em * 0.82
	r := rect{x, y - em*0.76, x + side, y - em*0.76 + side}
	thin := max(2, em*0.05)
	end := x + side + em*0.16
	at := func(u, v float64) point { return point{r.x0 + u*side, r.y0 + v*side} }
	if !on {
		p.cur.frame(r, thin, black)
		return end
	}
	root := func(size float64) {
		p.cur.text(p.fs["song"], size, x+(side-p.fs["song"].width("√", size))/2, y, "√", black)
	}
	switch p.tick {
	case filledBox:
		p.cur.bar(r, black)
	case rootSign:
		root(em)
	case boxAndRoot:
		p.cur.frame(r, thin, black)
		root(em * 0.95)
	case crossInBox:
		p.cur.frame(r, thin, black)
		p.cur.stroke(curve(at(0.14, 0.14), at(0.86, 0.86)), thin*1.6, black)
		p.cur.stroke(curve(at(0.86, 0.14), at(0.14, 0.86)), thin*1.6, black)
	case handTick:
		p.cur.frame(r, thin, black)
		j := func() float64 { return p.rng.NormFloat64() * 0.07 }
		p.cur.stroke(curve(at(0.05+j(), 0.45+j()), at(0.38+j(), 0.92+j()), at(0.75+j(), 0.3+j()), at(1.25+j(), -0.3+j())), em*0.13, p.penInk)
	default:
		p.cur.frame(r, thin, black)
		p.cur.stroke(curve(at(0.15, 0.5), at(0.42, 0.82), at(0.88, 0.16)), thin*2.2, black)
	}
	return end
}

// paragraphs lays a long text out with indented paragraphs.
func (p *printer) paragraphs(f *typeface, size, width float64, text string) []string {
	var out []string
	for para := range strings.SplitSeq(text, "\n") {
		if para == "" {
			continue
		}
		indent := "　　"
		if text == "无" {
			indent = ""
		}
		out = append(out, f.wrap(indent+para, size, width, p.keepWords)...)
	}
	return out
}
