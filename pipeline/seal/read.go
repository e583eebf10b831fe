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
	{height: 24, squeeze: 1, blur: 1},
	{height: 32, squeeze: 1, blur: 3},
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
	trace  *trace
	grid   grid
	shapes [][]Guess // by shape alone; Weight is the correlation
	strips []strip
}

// guesses is the number of characters that a place may be.
const guesses = 40

// traceRadius is the radius to which rings are made smaller to be compared, px.
const traceRadius = 110

// unroll finds a ring's characters, compares their shapes, and draws them in the
// ways in which they are to be read.
func unroll(g ring) ringText {
	b, ok := g.findBand()
	if !ok {
		return ringText{}
	}
	small := g.shrunk(traceRadius)
	set := loadGlyphs()
	tr := newTrace(&aligner{ring: small, band: b, ink: small.ink.blur(max(int(small.r/60), 1)), set: set, style: set.styles[0]})
	t := ringText{trace: tr}
	c, ok := tr.align()
	if !ok {
		return t
	}
	t.grid = c
	for i := range c.n {
		all := tr.compare(c, i, "")
		t.shapes = append(t.shapes, all[:min(guesses, len(all))])
	}
	for _, l := range looks {
		t.strips = append(t.strips, g.strip(b, c, l))
	}
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
	var readings []ocr.Reading
	if len(crops) > 0 {
		var err error
		if readings, err = read(ctx, crops); err != nil {
			return err
		}
	}
	if len(readings) != len(crops) {
		return fmt.Errorf("%d readings for %d crops", len(readings), len(crops))
	}
	for i, t := range texts {
		seals[i].trace = t.trace
		n := len(t.strips)
		votes := t.vote(readings[:n])
		seals[i].Chars = t.guess(votes, strictTrust)
		seals[i].Text, seals[i].Confidence = spell(t.guess(votes, looseTrust))
		for _, r := range readings[:n] {
			seals[i].Readings = append(seals[i].Readings, Reading{string(nameRunes(r.Text)), r.Confidence})
		}
		if text, conf, ok := seals[i].agreed(); ok {
			seals[i].Text, seals[i].Confidence = text, conf
		}
		readings = readings[n:]
	}
	return nil
}

// vote gathers what each place was read as over all strips: characters with the
// share of the strips, each by its confidence.
func (t ringText) vote(readings []ocr.Reading) []map[rune]float64 {
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
	return places
}

// How much a character counts that was read at a place but does not look so. A
// reader knows which words are usual and sees them where they are not: that must
// not make a name agree, but on the whole it spells more rightly than wrongly.
const (
	strictTrust = 0.3
	looseTrust  = 0.75
)

// guess joins, for each place, what it looks like with what it was read as.
func (t ringText) guess(votes []map[rune]float64, unlike float64) [][]Guess {
	out := make([][]Guess, len(votes))
	for i, v := range votes {
		out[i] = weigh(t.shapes[i], v, unlike)
	}
	return out
}

// Correlations of a shape with the right character: that of a worn seal hardly
// exceeds what chance gives, that of a clear one is far above. spread is by how
// much a wrong character may seem likelier than the right one.
const (
	chanceLike = 0.45
	clearLike  = 0.75
	spread     = 0.05
)

// weigh joins what one place looks like with what it was read as: either is some
// evidence, both are strong. What was read but does not look so counts by unlike.
func weigh(shapes []Guess, votes map[rune]float64, unlike float64) []Guess {
	joint := make(map[rune]float64)
	if len(shapes) > 0 {
		top := shapes[0].Weight
		sharp := min(max((top-chanceLike)/(clearLike-chanceLike), 0.05), 1)
		for _, s := range shapes {
			joint[s.Char] = 0.75 * sharp * math.Exp((s.Weight-top)/spread)
		}
	}
	for ch, v := range votes {
		if w, alike := joint[ch]; alike {
			joint[ch] = 1 - (1-w)*(1-0.75*min(v, 1))
		} else {
			joint[ch] = unlike * min(v, 1)
		}
	}
	var out []Guess
	for ch, w := range joint {
		out = append(out, Guess{ch, w})
	}
	slices.SortFunc(out, func(a, b Guess) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Char, b.Char))
	})
	return out
}

// legible is the mean weight of a text's characters below which it is no text.
const legible = 0.35

// spell is the likeliest text and the mean weight of its characters; none when
// the places are illegible.
func spell(places [][]Guess) (string, float64) {
	var text []rune
	sum := 0.0
	for _, p := range places {
		if len(p) > 0 {
			text = append(text, p[0].Char)
			sum += p[0].Weight
		}
	}
	mean := sum / float64(max(len(places), 1))
	if mean < legible {
		return "", 0
	}
	return string(text), mean
}
