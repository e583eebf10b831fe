package seal

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"unicode"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
)

// looks are the ways in which the likeliest division of a ring is drawn. Small
// characters are read best, as making them small closes the holes of a worn seal.
var looks = []look{
	{height: 16, squeeze: 0.93, blur: 1},
	{height: 16, squeeze: 1, blur: 2},
	{height: 20, squeeze: 0.85, blur: 1},
}

// strip is a picture of a ring's text and how it was divided.
type strip struct {
	crop ocr.Crop
	grid grid
	look look
	cell float64 // width of a cell in the picture, px
}

// ringText is one ring on its way through the reader.
type ringText struct {
	grid   grid
	strips []strip
}

// unroll draws a ring's text in the ways in which it is to be read.
func unroll(g ring) ringText {
	b, ok := g.findBand()
	if !ok {
		return ringText{}
	}
	grids := g.grids(b)
	if len(grids) == 0 {
		return ringText{}
	}
	t := ringText{grid: grids[0]}
	for _, l := range looks {
		t.strips = append(t.strips, g.strip(b, grids[0], l))
	}
	if len(grids) > 1 {
		t.strips = append(t.strips, g.strip(b, grids[1], looks[0]))
	}
	// Cut into slices much narrower than characters, the band is just unrolled.
	whole := grid{from: b.from - 0.05, pitch: 0.02, n: int((b.to-b.from+0.1)/0.02) + 1}
	t.strips = append(t.strips, g.strip(b, whole, looks[0]))
	return t
}

// readRings fills in the texts of round seals.
func readRings(ctx context.Context, img *page.Image, rings []circle, seals []Seal, read func(context.Context, []ocr.Crop) ([]ocr.Reading, error)) error {
	texts := make([]ringText, len(rings))
	var crops []ocr.Crop
	for i, c := range rings {
		texts[i] = unroll(cut(img, c))
		for _, s := range texts[i].strips {
			crops = append(crops, s.crop)
		}
	}
	if len(crops) == 0 {
		return nil
	}
	readings, err := read(ctx, crops)
	if err != nil {
		return err
	}
	if len(readings) != len(crops) {
		return fmt.Errorf("%d readings for %d crops", len(readings), len(crops))
	}
	for i, t := range texts {
		n := len(t.strips)
		seals[i].Chars = t.vote(readings[:n])
		seals[i].Text, seals[i].Confidence = spell(seals[i].Chars)
		readings = readings[n:]
	}
	return nil
}

// vote gathers what each place was read as over all strips.
func (t ringText) vote(readings []ocr.Reading) [][]Guess {
	places := make([]map[rune]float64, t.grid.n)
	for i := range places {
		places[i] = make(map[rune]float64)
	}
	for k, r := range readings {
		s := t.strips[k]
		var chars []rune
		var at []int
		var conf []float64
		for _, c := range r.Chars {
			ch := []rune(c.Text)
			if len(ch) != 1 || !unicode.Is(unicode.Han, ch[0]) {
				continue
			}
			x := float64(c.Box.Min.X+c.Box.Max.X)/2 - float64(s.look.margin())
			angle := s.grid.from + x/s.cell*s.grid.pitch
			chars = append(chars, ch[0])
			at = append(at, int(math.Floor((angle-t.grid.from)/t.grid.pitch)))
			conf = append(conf, c.Confidence)
		}
		for i, ch := range chars {
			place := at[i]
			if len(chars) == t.grid.n {
				place = i
			}
			if place >= 0 && place < len(places) {
				places[place][ch] += conf[i] / float64(len(readings))
			}
		}
	}
	out := make([][]Guess, len(places))
	for i, p := range places {
		for ch, w := range p {
			out[i] = append(out[i], Guess{ch, min(w, 1)})
		}
		slices.SortFunc(out[i], func(a, b Guess) int {
			return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Char, b.Char))
		})
	}
	return out
}

// spell is the likeliest text and the mean weight of its characters.
func spell(places [][]Guess) (string, float64) {
	var text []rune
	sum := 0.0
	for _, p := range places {
		if len(p) > 0 {
			text = append(text, p[0].Char)
			sum += p[0].Weight
		}
	}
	return string(text), sum / float64(max(len(places), 1))
}
