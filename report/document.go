package report

import (
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// A4 in mm, and the margins of a receipt.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	margin     = 20.0
	inner      = pageWidth - 2*margin
	foot       = pageHeight - 22 // nothing but the foot stands below
)

const (
	pointMM = 25.4 / 72
	leading = 1.45 // a line's height by its font's size
)

// document is a PDF of A4 pages that is written from top to bottom.
type document struct {
	*fpdf.Fpdf
	face *face
	y    float64 // where the next thing goes, in mm
	next func()  // draws the head of a further page; may be nil
}

// newDocument begins a PDF that says it was made at a time.
func newDocument(title string, at time.Time) (*document, error) {
	f, err := openFace()
	if err != nil {
		return nil, err
	}
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCellMargin(0)
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(at)
	pdf.SetModificationDate(at)
	pdf.SetProducer("sealdesk", true)
	pdf.SetTitle(f.clean(title), true)
	pdf.AddUTF8FontFromBytes(hanFamily, "", f.bytes)
	return &document{Fpdf: pdf, face: f}, nil
}

// write ends the PDF.
func (d *document) write(w io.Writer) error {
	if err := d.Output(w); err != nil {
		return fmt.Errorf("report: PDF: %w", err)
	}
	return nil
}

// measure is the width in mm of characters of a size in points.
func (d *document) measure(size float64) func(rune) float64 {
	const unit = 100 // the size in points in which widths are taken
	return func(r rune) float64 {
		w, ok := d.face.widths[r]
		if !ok {
			for _, run := range d.face.runs(string(r)) {
				chooseFont(d.Fpdf, run.script, unit)
				w += d.GetStringWidth(run.text) / unit
			}
			d.face.widths[r] = w
		}
		return w * size
	}
}

func (d *document) width(text string, size float64) float64 {
	wide, measure := 0.0, d.measure(size)
	for _, r := range text {
		wide += measure(r)
	}
	return wide
}

// lines cleans a text and breaks it to a width in mm.
func (d *document) lines(text string, size, width float64, most int) []string {
	return wrap(d.face.clean(text), width, most, d.measure(size))
}

func lineHeight(size float64) float64 { return size * pointMM * leading }

// put prints one clean line with its left end at x and its line's top at y.
func (d *document) put(x, y, size float64, text string) {
	y += lineHeight(size)/2 + size*pointMM*0.36
	for _, run := range d.face.runs(text) {
		chooseFont(d.Fpdf, run.script, size)
		d.Text(x, y, run.text)
		x += d.GetStringWidth(run.text)
	}
}

// putBold is put in heavier strokes; the Chinese font has no bold face.
func (d *document) putBold(x, y, size float64, text string) {
	d.SetTextRenderingMode(2)
	d.SetDrawColor(0, 0, 0)
	d.SetLineWidth(size * 0.009)
	d.put(x, y, size, text)
	d.SetTextRenderingMode(0)
	d.SetLineWidth(0.2)
}

// fitted is a clean text and the size, between two, in which it fits on one line
// of a width; where even the least is too large its end is left out.
func (d *document) fitted(text string, size, least, width float64) (string, float64) {
	text = d.face.clean(text)
	if wide := d.width(text, size); wide > width {
		size = max(least, size*width/wide*0.999)
	}
	if line := wrap(text, width, 1, d.measure(size)); len(line) > 0 {
		text = line[0]
	}
	return text, size
}

// centred prints one clean line in the middle of the page.
func (d *document) centred(y, size float64, text string, put func(x, y, size float64, text string)) {
	put((pageWidth-d.width(text, size))/2, y, size, text)
}

// room begins a page unless height mm are left on this one.
func (d *document) room(height float64) {
	if d.y+height <= foot {
		return
	}
	d.AddPage()
	d.y = margin
	if d.next != nil {
		d.next()
	}
}
