package main

import (
	"fmt"

	"sealdesk/bundle"
)

// opinions prints the host's opinion, and the recommender's below it where
// both share a page.
func (p *printer) opinions(both bool) {
	p.turn(bundle.ApplicationForm)
	if both {
		p.hostOpinion(p.top + (paperHeight-p.top-p.bottom)*0.38)
		p.y += 30
		p.recommender(true)
		return
	}
	p.hostOpinion(0)
	p.folioLine()
}

// hostOpinion prints 依托单位意见 from p.y down to bottom (0: as is usual).
func (p *printer) hostOpinion(bottom float64) {
	if bottom == 0 {
		bottom = min(p.y+1300+600*p.rng.Float64(), paperHeight-p.bottom)
	}
	p.opinion(opinionBox{
		title: "依托单位意见", role: bundle.HostUnit, field: "host_opinion", date: "host_opinion_date", signer: "单位负责人",
		unit: p.app.words.unit, noSeal: p.app.faults.noHostSeal, foreign: p.app.faults.foreignHostSeal, noSign: p.app.faults.noHostSign,
	}, bottom)
}

// recommender prints 组织推荐部门意见; here says that it goes on below what
// stands on the page.
func (p *printer) recommender(here bool) {
	if !here {
		p.turn(bundle.ApplicationForm)
	}
	x0, x1 := p.inner()
	w := x1 - x0
	at := func(v float64) float64 { return x0 + w*v }
	xs := []float64{x0, at(0.13), at(0.46), at(0.56), at(0.70), at(0.79), x1}
	bands := []band{
		{cells: []cell{
			{from: 0, to: 1, label: "组织推荐部门"}, {from: 1, to: 2, key: "recommender_dept", value: p.app.text("recommender_dept")},
			{from: 2, to: 3, label: "联系人"}, {from: 3, to: 4, key: "recommender_contact", value: p.app.text("recommender_contact")},
			{from: 4, to: 5, label: "电话"}, {from: 5, to: 6, key: "recommender_phone", value: p.app.text("recommender_phone")},
		}},
	}
	if p.headAbove {
		p.heading("组织推荐部门意见", true)
	} else {
		bands = append([]band{{cells: []cell{{from: 0, to: 6, label: "组织推荐部门意见", bold: true}}}}, bands...)
	}
	p.table(xs, bands)
	p.supportBox()
	p.opinion(opinionBox{
		title: "组织推荐部门意见", role: bundle.RecommendingDept, field: "recommender_opinion", date: "recommender_opinion_date", signer: "部门负责人",
		unit: p.app.recommender, noSeal: p.app.faults.noDeptSeal, foreign: p.app.faults.foreignDeptSeal, noSign: p.app.faults.noDeptSign,
	}, min(p.y+1200+700*p.rng.Float64(), paperHeight-p.bottom))
	p.folioLine()
}

// supportBox prints 组织推荐部门的投入或支持措施.
func (p *printer) supportBox() {
	x0, x1 := p.inner()
	top := p.y
	y := top + cellPad + p.labelSize
	p.cur.text(p.bold, p.labelSize, x0+cellPad, y, "组织推荐部门的投入或支持措施（限200字）", black)
	y += p.labelSize * 0.6
	ls := p.paragraphs(p.value, p.textSize, x1-x0-2*cellPad, p.app.text("support_measures"))
	end := p.lines(p.value, p.textSize, x0+cellPad, y+p.textSize*1.1, ls, 0, false, false)
	p.y = max(end+cellPad, top+480)
	p.cur.frame(rect{x0, top, x1, p.y}, p.line, black)
	p.box("support_measures", rect{x0 + cellPad, y, x1 - cellPad, max(end, y+200)})
}

// opinionBox is one box with an opinion, a signing line, a seal and a date.
type opinionBox struct {
	title, field, date, signer, unit string
	role                             bundle.Role
	noSeal, foreign, noSign          bool
}

// opinion prints one from p.y down to bottom.
func (p *printer) opinion(o opinionBox, bottom float64) {
	x0, x1 := p.inner()
	top := p.y
	p.cur.frame(rect{x0, top, x1, bottom}, p.line, black)
	p.y = bottom
	y := top + cellPad + p.labelSize
	p.cur.text(p.bold, p.labelSize, x0+cellPad, y, o.title+p.colon, black)

	size := p.labelSize
	step := size * 2.1
	signY := bottom - 3*step
	face, textSize := p.value, p.textSize
	if p.handOpinion {
		face, textSize = p.pen, p.textSize*1.3
	}
	ls := p.paragraphs(face, textSize, x1-x0-4*cellPad, p.app.text(o.field))
	textHeight := float64(len(ls)) * textSize * p.lead
	ty := y + p.labelSize*0.7
	if p.opinionLow {
		ty = max(ty, signY-size*1.6-textHeight-20)
	}
	for i, l := range ls {
		at := ty + textSize*1.1 + float64(i)*textSize*p.lead
		if p.handOpinion {
			p.cur.hand(face, textSize, x0+2*cellPad, at, l, p.penInk, p.wild, p.rng)
		} else {
			p.cur.text(face, textSize, x0+2*cellPad, at, l, black)
		}
	}
	p.box(o.field, rect{x0 + 2*cellPad, ty, x1 - 2*cellPad, ty + max(textHeight+20, p.textSize*4)})

	right := x0 + (x1-x0)*(0.42+0.12*p.rng.Float64())
	sealY := signY + step
	dateY := signY + 2*step
	if !p.signFirst {
		sealY, signY = signY, sealY
	}
	p.signLine(o, right, signY)
	label := "（单位公章）"
	p.cur.text(p.label, size, right+size*4, sealY, label, black)
	p.dateLine(o.date, right+size*1.5, dateY)

	if o.noSeal {
		return
	}
	text, matches := o.unit, true
	if o.foreign {
		text, matches = p.app.foreign, false
	}
	cx := right + size*6 + p.rng.NormFloat64()*60
	cy := sealY + p.rng.NormFloat64()*50 - 20
	if p.fresh {
		cx, cy = right-300, signY
	}
	p.seal(o.role, text, matches, cx, cy)
}

// signLine prints the signing line and the signature.
func (p *printer) signLine(o opinionBox, x, y float64) {
	size := p.labelSize
	after := p.cur.text(p.label, size, x, y, o.signer+p.colon, black)
	room := size * 7
	p.cur.text(p.label, size, after+room, y, "（签章）", black)
	place := rect{after, y - size*1.6, after + room, y + size*0.6}
	if o.noSign {
		p.cur.signs = append(p.cur.signs, mark{o.role, false, place})
		return
	}
	name := p.app.words.leader
	if o.role != bundle.HostUnit || p.rng.IntN(2) == 0 {
		name = p.signer()
	}
	big := size * (1.7 + 0.7*p.rng.Float64())
	start := after + size*0.3
	lift := y + p.rng.NormFloat64()*12
	end := p.cur.hand(p.pen, big, start, lift, name, p.penInk, 1, p.rng)
	if p.rng.IntN(2) == 0 { // the last stroke runs out
		p.cur.stroke(curve(point{end - big*0.3, lift}, point{end + big*0.3, lift - big*0.25}, point{end + big*0.7, lift - big*0.5 + 40*p.rng.Float64()}), size*0.09, p.penInk)
	}
	p.cur.signs = append(p.cur.signs, mark{o.role, true, rect{start, lift - big*0.9, max(end, start+big), lift + big*0.25}})
}

// signer is a name for a signature, which is nowhere printed.
func (p *printer) signer() string {
	return string(pick(p.rng, surnames)) + string(pick(p.rng, givenRunes)) + string(pick(p.rng, givenRunes))
}

// dateLine prints the year, month and day, by hand or not, or their blanks.
func (p *printer) dateLine(key string, x, y float64) {
	size := p.labelSize
	var parts []string
	if iso := p.app.text(key); iso != "" {
		var yy, m, d int
		if _, err := fmt.Sscanf(iso, "%d-%d-%d", &yy, &m, &d); err == nil {
			parts = []string{fmt.Sprint(yy), fmt.Sprint(m), fmt.Sprint(d)}
		}
	}
	at := x
	for i, unit := range [...]string{"年", "月", "日"} {
		room := size * 2.6
		if i > 0 {
			room = size * 1.9
		}
		if parts != nil {
			f := p.label
			if p.handDates {
				f = p.pen
			}
			w := f.width(parts[i], size*1.1)
			if p.handDates {
				p.cur.hand(f, size*1.15, at+(room-w)/2, y, parts[i], p.penInk, p.wild*0.8, p.rng)
			} else {
				p.cur.text(f, size, at+(room-w)/2, y, parts[i], black)
			}
		}
		at = p.cur.text(p.label, size, at+room, y, unit, black)
	}
	p.box(key, rect{x, y - size*1.15, at, y + size*0.35})
}
