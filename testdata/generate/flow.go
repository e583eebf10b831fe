package main

import "sealdesk/bundle"

// place is one section's part on one page: rows from..to of a table, or all of
// a text or of the check boxes, height high with its heading.
type place struct {
	key      string
	from, to int
	head     bool // the section's heading stands here
	height   float64
}

// usual is how high a text box of the printed form is, as a share of the page.
var usual = map[string]float64{
	"overview": 0.42, "achievements": 0.42, "talent": 0.22, "goals": 0.26, "demonstration": 0.26,
	"partner_strengths": 0.26, "partner_investment": 0.26,
}

// flow prints sections one below another, beginning on a new page; share is
// how much of the page they may fill when they are stretched.
func (p *printer) flow(keys []string, share float64) {
	bottom := p.top + (paperHeight-p.bottom-p.top)*share
	pages := p.arrange(keys, bottom)
	for i, page := range pages {
		p.turn(bundle.ApplicationForm)
		if i+1 == len(pages) && p.stretch {
			p.stretchOut(page, bottom)
		}
		for _, pl := range page {
			p.section(pl)
		}
		if i+1 < len(pages) {
			p.folioLine()
		}
	}
}

// arrange cuts sections into pages.
func (p *printer) arrange(keys []string, bottom float64) [][]place {
	pages := [][]place{nil}
	y := p.top
	next := func() {
		pages = append(pages, nil)
		y = p.top
		bottom = paperHeight - p.bottom
	}
	add := func(pl place) {
		pages[len(pages)-1] = append(pages[len(pages)-1], pl)
		y += pl.height
	}
	for _, key := range keys {
		cols := columnsOf(key)
		if cols == nil {
			h := p.need(key)
			if y+h > bottom && len(pages[len(pages)-1]) > 0 {
				next()
			}
			add(place{key: key, head: true, height: h})
			continue
		}
		head, body := p.bandsOf(key, cols)
		xs := p.edges(cols)
		hs := p.heights(xs, body)
		headHeight := p.heights(xs, []band{head})[0]
		pl := place{key: key, head: true, height: p.headingHeight(key) + headHeight}
		if y+pl.height+hs[0] > bottom && len(pages[len(pages)-1]) > 0 {
			next()
		}
		for i, h := range hs {
			if y+pl.height+h > bottom && pl.to > pl.from {
				add(pl)
				next()
				pl = place{key: key, from: i, to: i}
				if p.repeatHead {
					pl.height = headHeight
				}
			}
			pl.to = i + 1
			pl.height += h
		}
		pl.height += 30
		add(pl)
	}
	return pages
}

func columnsOf(key string) []column {
	switch key {
	case "projects":
		return projectColumns
	case "partners":
		return partnerColumns
	}
	return nil
}

func (p *printer) bandsOf(key string, cols []column) (band, []band) {
	rows := p.app.rowsOf(key)
	blanks := 0
	if len(rows) < 3 {
		blanks = 3 - len(rows)
	}
	return tableBands(cols, rows, p.rowHeight*p.tableRow, blanks)
}

// headLines wraps a section's heading.
func (p *printer) headLines(key string) []string {
	x0, x1 := p.inner()
	return p.bold.wrap(headings[key], p.labelSize*1.05, x1-x0-2*cellPad, true)
}

func (p *printer) headingHeight(key string) float64 {
	h := float64(len(p.headLines(key)))*p.labelSize*1.45 + 30
	if note := sectionNote(key); note != "" {
		x0, x1 := p.inner()
		h += float64(len(p.label.wrap(note, p.labelSize*0.85, x1-x0-2*cellPad, true)))*p.labelSize*1.2 + 8
	}
	return h
}

// need is how high a text or check box section must be.
func (p *printer) need(key string) float64 {
	x0, x1 := p.inner()
	h := p.headingHeight(key)
	if key == "modes" {
		n := len(p.boxLines("cooperation_modes", options["cooperation_modes"], x1-x0-2*cellPad))
		return h + float64(n)*p.labelSize*1.6 + 2*cellPad + 30
	}
	n := len(p.paragraphs(p.value, p.textSize, x1-x0-2*cellPad, p.app.text(key)))
	text := float64(n)*p.textSize*p.lead + 2*cellPad + 20
	return h + max(text, usual[key]*(paperHeight-p.top-p.bottom)*p.template)
}

// stretchOut shares what is left of a page among its text boxes.
func (p *printer) stretchOut(page []place, bottom float64) {
	left := bottom - p.top
	total := 0.0
	for _, pl := range page {
		left -= pl.height
		total += usual[pl.key]
	}
	if left <= 0 || total == 0 {
		return
	}
	for i := range page {
		page[i].height += left * usual[page[i].key] / total
	}
}

// section prints one place and moves p.y below it.
func (p *printer) section(pl place) {
	x0, x1 := p.inner()
	top := p.y
	cols := columnsOf(pl.key)
	above := p.headAbove || cols != nil || pl.key == "modes"
	y := top
	if pl.head {
		y = p.sectionHead(pl.key, above)
	}
	if cols != nil {
		p.y = y
		head, body := p.bandsOf(pl.key, cols)
		bands := body[pl.from:pl.to]
		if pl.head || p.repeatHead {
			bands = append([]band{head}, bands...)
		}
		xs := p.edges(cols)
		p.table(xs, bands)
		p.box(pl.key, rect{x0, y, x1, p.y})
		p.y += 30
		return
	}
	bottom := top + pl.height
	if pl.key == "modes" {
		c := cell{from: 0, to: 1, key: "cooperation_modes", boxes: options["cooperation_modes"]}
		p.cell(c, rect{x0, y, x1, bottom - 30})
		p.y = bottom
		return
	}
	if above {
		bottom -= 24
		p.cur.frame(rect{x0, y, x1, bottom}, p.line, black)
	} else {
		p.cur.frame(rect{x0, top, x1, bottom}, p.line, black)
	}
	p.box(pl.key, rect{x0, y, x1, bottom})
	ls := p.paragraphs(p.value, p.textSize, x1-x0-2*cellPad, p.app.text(pl.key))
	p.lines(p.value, p.textSize, x0+cellPad, y+cellPad+p.textSize, ls, 0, false, false)
	p.y = top + pl.height
}

// sectionHead prints a heading and gives where what follows begins.
func (p *printer) sectionHead(key string, above bool) float64 {
	x0, x1 := p.inner()
	x := x0 + cellPad
	if above {
		x = x0
	}
	size := p.labelSize * 1.05
	y := p.y + size + 14
	for _, l := range p.headLines(key) {
		p.cur.text(p.bold, size, x, y, l, black)
		y += p.labelSize * 1.45
	}
	if note := sectionNote(key); note != "" {
		small := p.labelSize * 0.85
		y -= p.labelSize * 0.15
		for _, l := range p.label.wrap(note, small, x1-x0-2*cellPad, true) {
			p.cur.text(p.label, small, x, y, l, black)
			y += p.labelSize * 1.2
		}
	}
	return p.y + p.headingHeight(key)
}
