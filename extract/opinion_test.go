package extract_test

import (
	"image"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/seal"
)

// opinionOf draws the form's page with the opinion that fills field, and reads it.
func opinionOf(t *testing.T, c *call.Call, v values, field string, change func(p *paper)) bundle.Application {
	t.Helper()
	p := newPaper(t, c)
	if change != nil {
		change(p)
	}
	sections := map[string][]int{"host_opinion": {11}, "recommender_opinion": {12, 13, 14}, "unit_opinion": {2, 3}}
	p.form(v, sections[field]...)
	apps, _ := read(t, c, p)
	if len(apps) != 1 {
		t.Fatalf("%d applications, want 1", len(apps))
	}
	return apps[0]
}

func signatureOf(t *testing.T, a bundle.Application, role bundle.Role) bundle.Signature {
	t.Helper()
	var out []bundle.Signature
	for _, s := range a.Signatures {
		if s.Role == role {
			out = append(out, s)
		}
	}
	if len(out) != 1 {
		t.Fatalf("signatures %+v, want one of %s", a.Signatures, role)
	}
	return out[0]
}

// opinionCase is one of the calls' opinions: whose it is and what it fills.
type opinionCase struct {
	call        *call.Call
	values      values
	field, date string
	role        bundle.Role
}

func opinions(t *testing.T) []opinionCase {
	return []opinionCase{
		{builtIn(t), builtInValues(), "host_opinion", "host_opinion_date", bundle.HostUnit},
		{builtIn(t), builtInValues(), "recommender_opinion", "recommender_opinion_date", bundle.RecommendingDept},
		{invented(t), inventedValues(), "unit_opinion", "unit_date", bundle.HostUnit},
	}
}

func TestOpinion(t *testing.T) {
	for _, tc := range opinions(t) {
		for _, signed := range []bool{true, false} {
			v := tc.values.with("signed:"+string(tc.role), signed)
			a := opinionOf(t, tc.call, v, tc.field, nil)
			wantValues(t, a, values{tc.field: v[tc.field], tc.date: v[tc.date]})
			s := signatureOf(t, a, tc.role)
			if s.Present != signed || s.Confidence < 0.6 || s.Page != 1 {
				t.Errorf("%s: signature %+v, want present %v", tc.field, s, signed)
			}
		}
	}
}

// TestSigningLineAboveSeal: a seal hides the label; what is printed for the seal is more
// like it than what is left. The word behind the place for the signature tells.
func TestSigningLineAboveSeal(t *testing.T) {
	c := builtIn(t)
	for _, signed := range []bool{true, false} {
		p := newPaper(t, c)
		p.misread = map[string]string{"单位负责人": "站负一生头", "（单位公章）": "（单位人人）"}
		p.form(builtInValues().with("signed:host_unit", signed), 11)
		lines := p.layout.Lines
		at := len(lines) - 3 // above the seal's line and the date's
		p.line(right-5*em, lines[at].Box.Min.Y, lines[at].Cell, "（签章）")
		added := p.layout.Lines[len(lines)]
		p.layout.Lines = slices.Insert(p.layout.Lines[:len(lines)], at+1, added)
		apps, _ := read(t, c, p)
		if s := signatureOf(t, apps[0], bundle.HostUnit); s.Present != signed || s.Confidence < 0.4 {
			t.Errorf("signature %+v, want present %v", s, signed)
		}
	}
}

// TestSigningLineUnread: a signature or a seal over its label hides the label.
func TestSigningLineUnread(t *testing.T) {
	for _, tc := range opinions(t) {
		for _, signed := range []bool{true, false} {
			v := tc.values.with("signed:"+string(tc.role), signed)
			for name, change := range map[string]func(p *paper){
				"half read": func(p *paper) {
					p.misread = map[string]string{"负责人：": "会击儿丶", "定代表人": "走代求八"}
				},
				"not read": func(p *paper) { p.failed = []string{"负责人：", "法定代表人"} },
			} {
				a := opinionOf(t, tc.call, v, tc.field, change)
				s := signatureOf(t, a, tc.role)
				if s.Present != signed && s.Confidence > 0.5 {
					t.Errorf("%s, label %s: signature %+v, want present %v, or doubt", tc.field, name, s, signed)
				}
				wantValues(t, a, values{tc.field: v[tc.field], tc.date: v[tc.date]})
			}
		}
	}
}

// TestSigningLabelHalfHidden: what was read of the ends of a label that a seal hides tells
// where it ends, so that it is known whether the ink behind it is a signature.
func TestSigningLabelHalfHidden(t *testing.T) {
	for _, label := range []string{"单们入责人：", "单仁约想入：", "认久贝责人："} {
		for _, signed := range []bool{true, false} {
			v := builtInValues().with("signed:host_unit", signed)
			a := opinionOf(t, builtIn(t), v, "host_opinion", func(p *paper) {
				p.misread = map[string]string{"单位负责人：": label}
			})
			if s := signatureOf(t, a, bundle.HostUnit); s.Present != signed || s.Confidence < 0.6 {
				t.Errorf("label %s: signature %+v, want present %v for sure", label, s, signed)
			}
		}
	}
}

// TestSignedHereMisread: the word printed behind the place for a signature is none, however
// it was read.
func TestSignedHereMisread(t *testing.T) {
	for _, word := range []string{"（签章）", "（等章）", "俭俭章）"} {
		for _, signed := range []bool{true, false} {
			p := newPaper(t, builtIn(t))
			p.misread = map[string]string{"（签章）": word}
			p.form(builtInValues().with("signed:host_unit", signed), 11)
			lines := p.layout.Lines
			at := len(lines) - 3 // above the seal's line and the date's
			p.line(right-6*em, lines[at].Box.Min.Y, lines[at].Cell, "（签章）")
			added := p.layout.Lines[len(lines)]
			p.layout.Lines = slices.Insert(p.layout.Lines[:len(lines)], at+1, added)
			apps, _ := read(t, p.call, p)
			if s := signatureOf(t, apps[0], bundle.HostUnit); s.Present != signed || s.Confidence < 0.6 {
				t.Errorf("read as %s: signature %+v, want present %v for sure", word, s, signed)
			}
		}
	}
}

func TestBlankOpinion(t *testing.T) {
	for _, tc := range opinions(t) {
		v := tc.values.with(tc.field, "").with("signed:"+string(tc.role), false).with("written:"+tc.date, "年\u3000月\u3000日")
		a := opinionOf(t, tc.call, v, tc.field, nil)
		for _, key := range []string{tc.field, tc.date} {
			f, ok := a.Fields[key]
			if !ok || f.Value != "" || f.Confidence < 0.8 {
				t.Errorf("%s is %+v, found %v; want a sure blank", key, f, ok)
			}
		}
		if s := signatureOf(t, a, tc.role); s.Present {
			t.Errorf("%s: signature %+v on a blank form", tc.field, s)
		}
	}
}

// TestOpinionDates: the writing on the date's line, and what is made of it. A
// year that cannot be made out is the call's, with doubt.
func TestOpinionDates(t *testing.T) {
	const year = 2022
	for _, tc := range []struct {
		name    string
		written string
		change  func(p *paper)
		want    string // "" is blank, "-" anything that is not taken for sure
		sure    bool
	}{
		{"printed", "2022年3月15日", nil, "2022-03-15", true},
		{"spaced", "2022 年 3 月 5 日", nil, "2022-03-05", true},
		{"two digits", "2022年03月05日", nil, "2022-03-05", true},
		{"the year before", "2021年12月31日", nil, "2021-12-31", true},
		{"full-width digits", "２０２２年３月１５日", nil, "2022-03-15", true},
		{"in Chinese numerals", "二〇二二年三月十五日", nil, "2022-03-15", true},
		{"in Chinese numerals, tens", "二○二二年十二月三十一日", nil, "2022-12-31", true},
		{"in Chinese numerals, no such day", "二〇二二年三月十十日", nil, "-", false},
		{"characters placed badly by the reader", "2022年9月12日", func(p *paper) { p.drift = map[string]int{"年": -9, "月": -9, "日": -9} }, "2022-09-12", true},
		{"characters placed badly the other way", "2022年9月12日", func(p *paper) { p.drift = map[string]int{"年": 9, "月": 9, "日": 9} }, "2022-09-12", true},
		{"blank", "年\u3000月\u3000日", nil, "", true},
		{"blank behind its label", "日期：\u3000\u3000年\u3000月\u3000日", nil, "", true},
		{"blank, wide", "\u3000\u3000年\u3000\u3000月\u3000\u3000日", nil, "", true},
		{"blank, a mark misread", "年\u3000\u3000月\u3000\u3000日", func(p *paper) { p.misread = map[string]string{"日": "且"} }, "", true},
		{"blank, two marks misread", "年\u3000\u3000月\u3000\u3000日", func(p *paper) { p.misread = map[string]string{"月": "权", "日": "自"} }, "", true},
		{"the line parted wrongly, the places' reading right", "2022 年 4 月 8 日", func(p *paper) { p.misread = map[string]string{"8": "-"} }, "2022-04-08", true},
		{"no such day", "2022年2月30日", nil, "-", false},
		{"no such month", "2022年13月3日", nil, "-", false},
		{"another century", "1022年3月15日", nil, "-", false},
		{"the line's reading wrong, the places' right", "2022年3月15日", func(p *paper) {
			p.misread = map[string]string{"3月15": "8月l6"}
		}, "-", false},
		{"the line not read", "2022年3月15日", func(p *paper) { p.failed = []string{"3月15"} }, "-", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := builtIn(t)
			if c.Year != year {
				t.Fatalf("the call is of %d", c.Year)
			}
			v := builtInValues().with("written:host_opinion_date", tc.written)
			f, ok := opinionOf(t, c, v, "host_opinion", tc.change).Fields["host_opinion_date"]
			switch {
			case tc.want == "-":
				if ok && f.Confidence > 0.8 {
					t.Errorf("%q is %+v, want doubt", tc.written, f)
				}
				if ok && f.Value == "" && f.Confidence > 0.5 {
					t.Errorf("%q is taken for a blank: %+v", tc.written, f)
				}
			case !ok || f.Value != tc.want:
				t.Errorf("%q is %+v, found %v; want %q", tc.written, f, ok, tc.want)
			case tc.sure && f.Confidence < 0.8:
				t.Errorf("%q has confidence %g", tc.written, f.Confidence)
			}
		})
	}
}

// TestScrawledDate: what is written in one of a date's places is no blank, even
// where no digit was made out; a speck is nothing.
func TestScrawledDate(t *testing.T) {
	c := builtIn(t)
	for _, tc := range []struct {
		name string
		mark func(p *paper, month image.Rectangle)
		want bool // a sure blank
	}{
		{"nothing", func(*paper, image.Rectangle) {}, true},
		{"a speck", func(p *paper, b image.Rectangle) {
			p.fill(image.Rect(b.Min.X+8, b.Min.Y+6, b.Min.X+13, b.Min.Y+11), 66)
		}, true},
		{"a stroke of the pen", func(p *paper, b image.Rectangle) {
			p.stroke(3, b.Min.Add(image.Pt(8, 1)), b.Min.Add(image.Pt(16, 4)), b.Min.Add(image.Pt(10, 16)))
		}, false},
		{"a numeral that lies flat", func(p *paper, b image.Rectangle) { p.stroke(3, b.Min.Add(image.Pt(5, 8)), b.Min.Add(image.Pt(20, 7))) }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPaper(t, c)
			p.form(builtInValues().with("written:host_opinion_date", "\u3000\u3000年\u3000\u3000月\u3000\u3000日"), 11)
			line := p.layout.Lines[len(p.layout.Lines)-1].Box
			tc.mark(p, image.Rect(line.Min.X+em, line.Min.Y, line.Min.X+3*em, line.Max.Y))
			apps, _ := read(t, c, p)
			f, ok := apps[0].Fields["host_opinion_date"]
			if sure := ok && f.Value == "" && f.Confidence > 0.7; sure != tc.want {
				t.Errorf("date %+v, found %v; want it a sure blank: %v", f, ok, tc.want)
			}
		})
	}
}

// TestHiddenYear: a seal over the year hides it; month and day are read.
func TestHiddenYear(t *testing.T) {
	c := builtIn(t)
	v := builtInValues().with("written:host_opinion_date", "@@@@年3月15日")
	f, ok := opinionOf(t, c, v, "host_opinion", func(p *paper) {
		p.misread = map[string]string{"@@@@": "￥※§¤"}
	}).Fields["host_opinion_date"]
	if !ok || f.Value != "2022-03-15" || f.Confidence > 0.5 || f.Note == "" {
		t.Errorf("date %+v, want the call's year with doubt and a note", f)
	}
}

// TestHalfHiddenDate: a seal hides so much of a date that only its end is taken for a
// line; the whole is read where it must stand, with doubt.
func TestHalfHiddenDate(t *testing.T) {
	c := builtIn(t)
	p := newPaper(t, c)
	p.form(builtInValues().with("written:host_opinion_date", "2022年3月15日"), 11)
	line := &p.layout.Lines[len(p.layout.Lines)-1].Box
	line.Min.X = line.Max.X - 3*em
	apps, _ := read(t, c, p)
	f, ok := apps[0].Fields["host_opinion_date"]
	if !ok || f.Value != "2022-03-15" || f.Confidence > 0.5 || f.Note == "" {
		t.Errorf("date %+v, found %v; want it with doubt and a note", f, ok)
	}
}

// TestHiddenMonthMark: a seal over 月 hides it; the numbers beside it are read by their
// places, with doubt.
func TestHiddenMonthMark(t *testing.T) {
	c := builtIn(t)
	v := builtInValues().with("written:host_opinion_date", "2022 年 3 @ 5 日")
	f, ok := opinionOf(t, c, v, "host_opinion", func(p *paper) {
		p.misread = map[string]string{"@": "吕"}
	}).Fields["host_opinion_date"]
	if !ok || f.Value != "2022-03-05" || f.Confidence > 0.5 || f.Note == "" {
		t.Errorf("date %+v, want it with doubt and a note", f)
	}
}

// TestDateInText: a date within an opinion is not the date of the opinion.
func TestDateInText(t *testing.T) {
	c := builtIn(t)
	text := "我单位于2021年5月8日开会研究，情况属实，同意申报。"
	v := builtInValues().with("host_opinion", text)
	wantValues(t, opinionOf(t, c, v, "host_opinion", nil), values{"host_opinion": text, "host_opinion_date": "2022-03-15"})
}

// TestSealRoles: a seal belongs to the opinion that it stands in or nearest to;
// its ring is held against the names that the form gives for that unit.
func TestSealRoles(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	host, dept := v["host_unit_name"].(string), v["recommender_dept"].(string)
	no := false
	for _, tc := range []struct {
		name  string
		ring  string
		stamp func(a, b *paper, ring string) // on the page of the host's opinion, of the recommender's
		role  bundle.Role
		match *bool // true takes a ring's ink, which these seals lack
	}{
		{"another unit's, where the owner's name is in doubt", "青禾师范学院", func(a, _ *paper, ring string) { a.stamp(800, a.y-120, ring) }, bundle.HostUnit, nil},
		{"host's, in its box", host, func(a, _ *paper, ring string) { a.stamp(800, a.y-120, ring) }, bundle.HostUnit, nil},
		{"recommender's, in its box", dept, func(_, b *paper, ring string) { b.stamp(800, b.y-120, ring) }, bundle.RecommendingDept, nil},
		{"recommender's, low over the edge", dept, func(_, b *paper, ring string) { b.stamp(800, b.y+60, ring) }, bundle.RecommendingDept, nil},
		{"another unit's", "青禾师范学院", func(a, _ *paper, ring string) { a.stamp(800, a.y-120, ring) }, bundle.HostUnit, &no},
		{"of an unread ring", "", func(a, _ *paper, ring string) { a.stamp(800, a.y-120, ring) }, bundle.HostUnit, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			first, a, b := newPaper(t, c), newPaper(t, c), newPaper(t, c)
			if strings.Contains(tc.name, "in doubt") {
				first.doubt[host] = 0.6
			}
			first.form(v, 0)
			a.form(v, 11)
			b.form(v, 12, 13, 14)
			tc.stamp(a, b, tc.ring)
			apps, _ := read(t, c, first, a, b)
			if len(apps) != 1 || len(apps[0].Seals) != 1 {
				t.Fatalf("applications %d, want 1 with one seal", len(apps))
			}
			s := apps[0].Seals[0]
			if s.Role != tc.role || s.Text != tc.ring || s.Page == 0 {
				t.Errorf("seal %+v, want role %s", s, tc.role)
			}
			if (s.Matches == nil) != (tc.match == nil) || s.Matches != nil && *s.Matches != *tc.match {
				t.Errorf("matches %v, want %v", s.Matches, tc.match)
			}
		})
	}
}

// TestSealsElsewhere: seals of no opinion are nobody's; those of attachments are
// no part of the application; square ones are never compared.
func TestSealsElsewhere(t *testing.T) {
	c, v := builtIn(t), builtInValues()
	first, letter, extra := newPaper(t, c), newPaper(t, c), newPaper(t, c)
	first.form(v, 0)
	first.stamp(800, 900, "云岭草业研究院")
	letter.letter(v)
	letter.stamp(800, 900, "云岭市科学技术局")
	extra.attachment()
	extra.stamp(800, 900, "云岭草业研究院")
	last := newPaper(t, c)
	last.form(v, 11)
	last.stamp(800, last.y-120, "云岭草业研究院")
	last.seals[0].Shape = seal.Square
	apps, _ := read(t, c, first, last, letter, extra)
	if len(apps) != 1 {
		t.Fatalf("%d applications, want 1", len(apps))
	}
	got := map[bundle.Role]bundle.Seal{}
	for _, s := range apps[0].Seals {
		got[s.Role] = s
	}
	if len(apps[0].Seals) != 3 || len(got) != 3 {
		t.Fatalf("seals %+v, want one of the host, one of the letter, one unknown", apps[0].Seals)
	}
	if s := got[bundle.Unknown]; s.Page != 1 || s.Matches != nil {
		t.Errorf("seal of no opinion %+v", s)
	}
	if s := got[bundle.Letter]; s.Page != 3 {
		t.Errorf("letter's seal %+v", s)
	}
	if s := got[bundle.HostUnit]; s.Page != 2 || s.Matches != nil || s.Note == "" {
		t.Errorf("square seal %+v, want it left to a person", s)
	}
}

// TestSignedAndDatedInOneLine: other forms print the place for the signature and
// the date side by side, or the date at the left edge.
func TestSignedAndDatedInOneLine(t *testing.T) {
	for _, tc := range opinions(t) {
		for _, date := range []int{left + 760, left + 20} {
			for _, written := range []string{"", "年\u3000月\u3000日"} {
				p := newPaper(t, tc.call)
				sec := &tc.call.Form.Sections[sectionOf(t, tc.call, tc.field)]
				iso := tc.values[tc.date].(string)
				p.table()
				top := p.y
				cell := p.cell(image.Rect(left, top, right, top+300))
				p.line(left+20, top+12, cell, sec.Heading)
				p.line(left+60, top+12+lead, cell, tc.values[tc.field].(string))
				y := top + 180
				p.line(left+300, y, cell, sec.Signatory)
				p.sign(left+300+len([]rune(sec.Signatory))*em+20, y)
				if date < left+100 {
					y += 2 * lead
				}
				if text := written; text == "" {
					p.line(date, y, cell, onPaper(iso))
				} else {
					p.line(date, y, cell, text)
					iso = ""
				}
				apps, _ := read(t, tc.call, p)
				f, ok := apps[0].Fields[tc.date]
				if ok && f.Value != iso && f.Confidence > sureBlank {
					t.Errorf("%s at %d: date %+v, want %q", tc.field, date, f, iso)
				}
				if date > left+100 && (!ok || f.Value != iso) {
					t.Errorf("%s at %d: date %+v, found %v, want %q", tc.field, date, f, ok, iso)
				}
				wantValues(t, apps[0], values{tc.field: tc.values[tc.field]})
				if s := signatureOf(t, apps[0], tc.role); !s.Present && s.Confidence > 0.5 {
					t.Errorf("%s at %d: signature %+v", tc.field, date, s)
				}
			}
		}
	}
}
