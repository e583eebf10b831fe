package searchable

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// ascent is how much of a line's height stands above the base line of its characters.
const ascent = 0.86

// widest is how many times as wide as high a character is drawn at most: a blank of more
// would be taken for the gap between two columns.
const widest = 1.5

// addText lays a page's text below what the page shows, and turns the page upright.
func addText(doc *model.Context, d types.Dict, p Page, f *font, fontRef types.IndirectRef) error {
	box, err := doc.RectForArray(shown(d))
	if err != nil {
		return err
	}
	before := 0
	if r, ok := d["Rotate"].(types.Integer); ok {
		before = r.Value()
	}
	turn := ((before+p.Rotation)%360 + 360) % 360
	d["Rotate"] = types.Integer(turn)
	content := textOf(p.Lines, box, turn, p.Skew, f)
	if content == nil {
		return nil
	}
	name, err := addFont(doc, d, fontRef)
	if err != nil {
		return err
	}
	ref, err := streamOf(doc, append([]byte("q BT 3 Tr /"+name+" 1 Tf\n"), content...))
	if err != nil {
		return err
	}
	contents, err := doc.Dereference(d["Contents"])
	if err != nil {
		return err
	}
	all := types.Array{*ref}
	if more, ok := contents.(types.Array); ok {
		all = append(all, more...)
	} else if d["Contents"] != nil {
		all = append(all, d["Contents"])
	}
	d["Contents"] = all
	return nil
}

// shown is the part of a page that is shown.
func shown(d types.Dict) types.Array {
	if a, ok := d["CropBox"].(types.Array); ok {
		return a
	}
	a, _ := d["MediaBox"].(types.Array)
	return a
}

// addFont adds the font to a page's resources, which it may share with others.
func addFont(doc *model.Context, d types.Dict, fontRef types.IndirectRef) (string, error) {
	shared, err := doc.DereferenceDict(d["Resources"])
	if err != nil {
		return "", err
	}
	fonts := types.Dict{}
	if shared["Font"] != nil {
		others, err := doc.DereferenceDict(shared["Font"])
		if err != nil {
			return "", err
		}
		for name, o := range others {
			fonts[name] = o
		}
	}
	name := "T"
	for fonts[name] != nil {
		name += "T"
	}
	fonts[name] = fontRef
	own := types.Dict{}
	for key, o := range shared {
		own[key] = o
	}
	own["Font"] = fonts
	d["Resources"] = own
	return name, nil
}

// textOf is what shows the lines, in coordinates of the upright page that a matrix lays
// over the page as it is; nil where there is no text. Each line is as wide as its box, so
// that one character follows upon the other without a gap that would pass for a blank.
func textOf(lines []Line, box *types.Rectangle, turn int, skew float64, f *font) []byte {
	w, h := box.Width(), box.Height()
	m := [6]float64{1, 0, 0, 1, box.LL.X, box.LL.Y}
	uw, uh := w, h
	switch turn {
	case 90:
		m = [6]float64{0, 1, -1, 0, box.LL.X + w, box.LL.Y}
		uw, uh = h, w
	case 180:
		m = [6]float64{-1, 0, 0, -1, box.LL.X + w, box.LL.Y + h}
	case 270:
		m = [6]float64{0, -1, 1, 0, box.LL.X, box.LL.Y + h}
		uw, uh = h, w
	}
	sin, cos := math.Sincos(skew * math.Pi / 180)
	var b bytes.Buffer
	for _, l := range lines {
		codes, natural := f.encode(l.Text)
		height, width := (l.Box[3]-l.Box[1])*uh, (l.Box[2]-l.Box[0])*uw
		if natural == 0 || !(height > 0 && width > 0) {
			continue
		}
		// The middle of the line turns with the paper; the line itself stays along the
		// page: programs that copy text take a leaning line for several.
		x, y := (l.Box[0]+l.Box[2])/2*uw-uw/2, (1-(l.Box[1]+l.Box[3])/2)*uh-uh/2
		x, y = uw/2+x*cos+y*sin-width/2, uh/2-x*sin+y*cos-height*(ascent-0.5)
		a, v := min(width/natural, widest*height), height
		for _, n := range []float64{m[0] * a, m[1] * a, m[2] * v, m[3] * v, m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]} {
			b.WriteString(strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64))
			b.WriteByte(' ')
		}
		b.WriteString("Tm(")
		for _, c := range codes {
			if c == '(' || c == ')' || c == '\\' {
				b.WriteByte('\\')
			}
			if c == '\r' {
				b.WriteString(`\r`)
				continue
			}
			b.WriteByte(c)
		}
		b.WriteString(")Tj\n")
	}
	if b.Len() == 0 {
		return nil
	}
	fmt.Fprint(&b, "ET Q\n")
	return b.Bytes()
}
