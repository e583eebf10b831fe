package extract_test

import (
	"image"
	"slices"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
)

// TestWhatIsACover: some of the cover's labels stand on other papers too.
func TestWhatIsACover(t *testing.T) {
	for _, tc := range []struct {
		name string
		call *call.Call
		draw func(p *paper)
		want bundle.Kind
	}{
		{"a receipt with both labels of a short cover", invented(t), func(p *paper) {
			p.write("仪器名称：场发射电子显微镜", "申请单位：青禾师范学院", "验收结论：合格")
		}, bundle.Attachment},
		{"a short cover", invented(t), func(p *paper) { p.cover(inventedValues()) }, bundle.ApplicationForm},
		{"a letter that lists what the cover does", builtIn(t), func(p *paper) {
			p.write("关于推荐云岭草业研究院申报内蒙古自治区国际科技合作基地的函", "科学技术厅：", "经审核，现予以推荐。",
				"基地名称：草原生态联合研究基地", "基地负责人：林青山", "依托单位：云岭草业研究院", "联系电话：04715550123")
		}, bundle.RecommendationLetter},
		{"a certificate that lists what the cover does", builtIn(t), func(p *paper) {
			p.write("基地名称：草原生态联合研究基地", "依托单位：云岭草业研究院", "联系电话：04715550123", "备注：无")
		}, bundle.Attachment},
		{"a cover with half of its title and two labels lost", builtIn(t), func(p *paper) {
			p.failed = []string{"申请书"}
			p.misread = map[string]string{"联系电话": "耳糸申舌", "基地名称": "其池各你"}
			p.cover(builtInValues())
		}, bundle.ApplicationForm},
		{"a table of contacts", builtIn(t), func(p *paper) {
			p.table()
			p.row([]int{1, 1, 1, 1}, []string{"联系人", "何秋月", "电话", "04715550199"})
			p.row([]int{1, 3}, []string{"合同名称", "设备采购合同"})
		}, bundle.Attachment},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, tc.call)
			tc.draw(p)
			_, infos := read(t, tc.call, p)
			if infos[0].Kind != tc.want {
				t.Errorf("page is %q, want %q", infos[0].Kind, tc.want)
			}
		})
	}
}

// dots draws a dotted leader at the foot of the line that begins at y.
func (p *paper) dots(from, to, y int) {
	for x := from; x < to; x += 9 {
		p.fill(image.Rect(x, y, x+3, y+3), 40)
	}
}

// leaderCover draws a cover whose lines have dotted leaders: label and value are one
// line of text. draw puts the dots of one line, between the label and the edge.
func leaderCover(t *testing.T, c *call.Call, v values, draw func(p *paper, label, value image.Rectangle)) *paper {
	p := newPaper(t, c)
	p.y = 300
	for _, title := range c.Form.Title {
		p.title(title)
	}
	p.y = 700
	for _, l := range c.Form.Cover {
		label := p.draw(left+60, p.y, l.Label)
		value := p.draw(left+400, p.y, written(c.Field(l.Field), v[l.Field]))
		if value.Empty() {
			value = image.Rect(left+400, p.y, left+400, p.y+em-2)
		}
		draw(p, label, value)
		box := image.Rect(label.Min.X, p.y, right-40, p.y+em-2)
		box = p.inkBox(image.Rect(box.Min.X, box.Min.Y, box.Max.X, box.Max.Y+em))
		p.layout.Lines = append(p.layout.Lines, layout.Line{Box: box, Cell: -1, Height: box.Dy()})
		p.y += 3 * lead
	}
	return p
}

// inkBox shrinks a rectangle to what is drawn in it.
func (p *paper) inkBox(r image.Rectangle) image.Rectangle {
	var b image.Rectangle
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if p.pix[y*pageW+x] < 128 {
				b = b.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return b
}

// TestLeaders: dots and lines to write on are no part of a value, wherever they
// stand, and a leader with nothing on it is a blank.
func TestLeaders(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	for _, tc := range []struct {
		name  string
		draw  func(p *paper, label, value image.Rectangle)
		noise map[string]string
	}{
		{"before and behind", func(p *paper, label, value image.Rectangle) {
			p.dots(label.Max.X+em, value.Min.X-4, value.Max.Y-3)
			p.dots(value.Max.X+6, right-60, value.Max.Y-3)
		}, map[string]string{"草原": "eeo", "林青": "一e", "云岭草": "coe", "云岭市": "ee", "0471": "00", "2022年": "00"}},
		{"below, from the value on", func(p *paper, label, value image.Rectangle) {
			p.dots(value.Min.X-10, right-60, value.Max.Y+4)
		}, nil},
		{"a thin line below", func(p *paper, label, value image.Rectangle) {
			p.fill(image.Rect(value.Min.X-10, value.Max.Y+3, right-60, value.Max.Y+5), 40)
		}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := leaderCover(t, c, v, tc.draw)
			p.noise = tc.noise
			apps, _ := read(t, c, p)
			want := values{}
			for _, l := range c.Form.Cover {
				want[l.Field] = v[l.Field]
			}
			wantValues(t, apps[0], want)
			p = leaderCover(t, c, v.with("base_leader", ""), tc.draw)
			apps, _ = read(t, c, p)
			if f := apps[0].Fields["base_leader"]; f.Value != "" || f.Confidence < 0.7 {
				t.Errorf("a leader with nothing on it is %+v, want a sure blank", f)
			}
		})
	}
}

// TestLongCoverValue: a name goes on below where it began.
func TestLongCoverValue(t *testing.T) {
	c := builtIn(t)
	long := "云岭草业与草原生态修复技术联合研究院暨国际合作中心"
	p := newPaper(t, c)
	p.y = 300
	for _, title := range c.Form.Title {
		p.title(title)
	}
	p.y = 700
	for _, l := range c.Form.Cover {
		p.line(left+100, p.y, -1, l.Label+"：")
		value := written(c.Field(l.Field), builtInValues()[l.Field])
		if l.Field == "host_unit" {
			value = long
		}
		for i, part := range wrap(value, 16*em, false) {
			if i > 0 {
				p.y += lead
			}
			p.line(left+320, p.y, -1, part)
		}
		p.y += 2 * lead
	}
	p.line(center-100, pageH-300, -1, "云岭科学技术厅制")
	apps, _ := read(t, c, p)
	wantValues(t, apps[0], builtInValues().with("host_unit", long).only("base_name", "base_leader", "host_unit", "recommending_dept", "filing_date"))
}

// only keeps some of the values.
func (v values) only(keys ...string) values {
	out := values{}
	for _, k := range keys {
		out[k] = v[k]
	}
	return out
}

// TestCoverDate: where the line's reading gives no date, digits alone may.
func TestCoverDate(t *testing.T) {
	c := builtIn(t)
	p := newPaper(t, c)
	p.misread = map[string]string{"2022.3.8": "20225388"}
	p.cover(builtInValues().with("filing_date", "2022.3.8").with("contact_phone", "0471.5550123"))
	apps, _ := read(t, c, p)
	if f := apps[0].Fields["filing_date"]; f.Value != "2022-03-08" || f.Confidence > 0.6 || f.Note == "" {
		t.Errorf("date %+v, want it with doubt", f)
	}
	// A piece of a ruled line is no digit.
	p = newPaper(t, c)
	p.cover(builtInValues().with("filing_date", "|2022.3.8"))
	again, _ := read(t, c, p)
	wantValues(t, again[0], values{"filing_date": "2022-03-08"})
	if f := apps[0].Fields["contact_phone"]; f.Value != "0471-5550123" {
		t.Errorf("phone %+v", f)
	}
}

// TestCoverValueBelow: where a value stands below its label and not beside it, the
// label's line is no sure blank.
func TestCoverValueBelow(t *testing.T) {
	c := builtIn(t)
	p := newPaper(t, c)
	p.cover(builtInValues().with("host_unit", ""))
	label := p.layout.Lines[slices.IndexFunc(p.layout.Lines, func(l layout.Line) bool { return l.Box.Min.Y == 700+4*lead })].Box
	below := p.draw(left+130, label.Max.Y+6, "云岭草业研究院")
	at := slices.IndexFunc(p.layout.Lines, func(l layout.Line) bool { return l.Box.Min.Y > below.Min.Y })
	p.layout.Lines = slices.Insert(p.layout.Lines, at, layout.Line{Box: below, Cell: -1, Height: below.Dy()})
	apps, _ := read(t, c, p)
	if f := apps[0].Fields["host_unit"]; f.Value == "" && f.Confidence > sureBlank {
		t.Errorf("unit %+v, want doubt", f)
	}
}

// TestStampHere: what is printed beside a name for its stamp is no part of it.
func TestStampHere(t *testing.T) {
	c := builtIn(t)
	for _, written := range []string{"云岭草业研究院（盖章）", "（盖章）：云岭草业研究院", "云岭草业研究院（单位公章）"} {
		p := newPaper(t, c)
		p.cover(builtInValues().with("host_unit", written))
		apps, _ := read(t, c, p)
		wantValues(t, apps[0], values{"host_unit": "云岭草业研究院"})
	}
	p := newPaper(t, c)
	p.cover(builtInValues().with("host_unit", "云岭印章（北岭）有限公司"))
	apps, _ := read(t, c, p)
	wantValues(t, apps[0], values{"host_unit": "云岭印章（北岭）有限公司"})
}
