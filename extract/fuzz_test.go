package extract_test

import (
	"context"
	"image"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/seal"
)

// scrambled is a page that no scanner gives: cells, lines, seals and readings
// wherever the bytes put them, of words from the call's form.
func scrambled(c *call.Call, data []byte) *extract.Sheet {
	const w, h = 240, 320
	next := func() int {
		if len(data) == 0 {
			return 0
		}
		b := data[0]
		data = data[1:]
		return int(b)
	}
	box := func() image.Rectangle {
		x, y := next(), next()*5/4
		return image.Rect(x, y, x+1+next()/2, y+1+next()/4).Intersect(image.Rect(0, 0, w, h))
	}
	words := strings.Fields("年 月 日 2022 3 13 一 □ √ ： （单位公章） 情况属实。 13805550147 a@b.cn")
	for _, f := range c.Fields {
		words = append(words, f.Label)
		for _, o := range f.Options {
			words = append(words, o.Label)
		}
		for _, col := range f.Columns {
			words = append(words, col.Label)
		}
	}
	for _, l := range c.Form.Cover {
		words = append(words, l.Label)
	}
	words = append(words, c.Form.Title...)
	for _, s := range c.Form.Sections {
		words = append(words, s.Heading, s.Signatory, s.SealLabel)
		for _, r := range s.Rows {
			for _, cell := range r {
				words = append(words, cell.Label)
			}
		}
	}
	for _, p := range c.Plans {
		words = append(append(words, p.Title), p.Headings...)
	}

	pix := make([]uint8, w*h)
	ink := make([]uint8, w*h)
	for i := range pix {
		pix[i] = 255
		if len(data) > 0 && data[i%len(data)] > 200 {
			pix[i], ink[i] = 20, 1
		}
	}
	l := &layout.Page{W: w, H: h, DPI: float64(next()), Ink: ink, Clean: &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}}
	s := &extract.Sheet{Call: c, Number: 1, Layout: l, Reader: &reader{}, Image: &page.Image{W: w, H: h, DPI: l.DPI, R: pix, G: pix, B: pix}}
	for len(data) > 5 && len(l.Lines) < 200 {
		switch op := next(); op % 8 {
		case 0, 1:
			b := box()
			if b.Empty() {
				continue
			}
			if len(l.Tables) == 0 || op > 200 {
				l.Tables = append(l.Tables, layout.Table{Box: b})
			}
			t := len(l.Tables) - 1
			l.Tables[t].Box = l.Tables[t].Box.Union(b)
			l.Tables[t].Cells = append(l.Tables[t].Cells, len(l.Cells))
			l.Cells = append(l.Cells, layout.Cell{Box: b, Table: t})
		case 2:
			s.Seals = append(s.Seals, seal.Seal{Box: box(), Shape: []seal.Shape{seal.Round, seal.Oval, seal.Square}[op/8%3], Text: words[next()%len(words)], Confidence: 0.8})
		case 3:
			l.Rules = append(l.Rules, layout.Rule{Box: box(), Vertical: op > 127})
		default:
			b := box()
			if b.Empty() {
				continue
			}
			line := layout.Line{Box: b, Height: b.Dy(), Cell: -1}
			if len(l.Cells) > 0 && op%8 < 7 {
				line.Cell = next() % len(l.Cells)
				l.Cells[line.Cell].Lines = append(l.Cells[line.Cell].Lines, len(l.Lines))
			}
			l.Lines = append(l.Lines, line)
			var r ocr.Reading
			for range next() % 4 {
				r.Text += words[next()%len(words)]
			}
			r.Raw, r.Confidence, r.Failed = r.Text, float64(op)/255, op%16 == 5
			for i, x := range []rune(r.Text) {
				if op > 250 {
					break // no characters, though there is text
				}
				r.Chars = append(r.Chars, ocr.Char{Text: string(x), Box: image.Rect(extract.Margin+i*8, extract.Margin, extract.Margin+i*8+7, extract.Margin+b.Dy()), Confidence: r.Confidence})
			}
			s.Readings = append(s.Readings, r)
		}
	}
	return s
}

// FuzzPage: whatever the stages before find on a page, and whatever is read
// there, nothing panics, and all evidence lies on the page.
func FuzzPage(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x96\x00\x10\x10\xff\xff\x04\x14\x14\xff\x20\x00\x01\x40\x04\x14\x34\xff\x20\x00\x02\x41\x42"))
	f.Add([]byte("\x96\x00\x00\x00\xff\xff\x04\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14"))
	f.Add([]byte(strings.Repeat("\x96\x08\x20\x30\x60\x20\x0c\x22\x32\x40\x10\x00\x02\x33\x52", 12)))
	calls := []*call.Call{builtIn(f), invented(f)}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range calls {
			s := scrambled(c, data)
			content, err := extract.Page(context.Background(), s)
			if err != nil {
				t.Fatal(err)
			}
			infos := []bundle.PageInfo{{Page: 1}}
			for _, a := range extract.Assemble(c, strings.Repeat("0", 64), infos, []*extract.Content{content}) {
				for key, v := range a.Fields {
					if c.Field(key) == nil {
						t.Errorf("field %q is not in the profile", key)
					}
					if v.Page != 1 || v.Confidence < 0 || v.Confidence > 1 || !onPage(v.Box) {
						t.Errorf("field %s has page %d, confidence %g, box %v", key, v.Page, v.Confidence, v.Box)
					}
				}
				for _, x := range a.Signatures {
					if x.Confidence < 0 || x.Confidence > 1 || !onPage(x.Box) {
						t.Errorf("signature %+v", x)
					}
				}
			}
		}
	})
}

func onPage(b bundle.Box) bool {
	for _, v := range b {
		if v < 0 || v > 1 {
			return false
		}
	}
	return true
}
