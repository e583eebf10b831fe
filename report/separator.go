package report

import (
	"errors"
	"fmt"
	"io"
	"time"

	qr "github.com/piglig/go-qr"

	"sealdesk/extract/call"
	"sealdesk/pipeline/sheet"
)

// codeSide is the side of a separator sheet's code in mm: large, so that the
// modules of the longest name are still six pixels wide at 150 dpi.
const codeSide = 100.0

// SeparatorSheets writes a PDF with one A4 page for each sheet: a title by which
// the call's profile knows it too, the code, what stands in it in words, and what
// to do with the sheet. There are three lines of print, since a separator sheet is
// also told by having little on it, and the code passes for a fourth. The error is for people
// when a sheet cannot be printed, in Chinese when the font is missing.
func SeparatorSheets(w io.Writer, c *call.Call, sheets []sheet.Sheet) error {
	if len(sheets) == 0 {
		return errors.New("report: no separator sheets to print")
	}
	// A sheet holds no date, and the same sheet is to be the same file.
	d, err := newDocument(sheet.Title, time.Date(c.Year, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		return err
	}
	for i, s := range sheets {
		if s.Call != c.ID {
			return fmt.Errorf("report: separator sheet %d is for the call %q, not %q", i+1, s.Call, c.ID)
		}
		payload, err := s.Payload()
		if err != nil {
			return fmt.Errorf("report: separator sheet %d: %w", i+1, err)
		}
		code, err := qr.EncodeText(payload, qr.High)
		if err != nil {
			return fmt.Errorf("report: separator sheet %d: code: %w", i+1, err)
		}
		d.AddPage()
		d.separator(c, s, code)
	}
	return d.write(w)
}

func (d *document) separator(c *call.Call, s sheet.Sheet, code *qr.QrCode) {
	d.centred(28, 60, sheet.Title, d.putBold)
	d.code(code, (pageWidth-codeSide)/2, 76)

	name := "（未填推荐部门）"
	if s.Recommender != "" {
		name = s.Recommender
	}
	if s.Receipt != "" {
		name = s.Receipt + "   " + name // a long name loses its end, the number never
	}
	text, size := d.fitted(name, 28, 10, inner)
	d.centred(200, size, text, d.putBold)
	text, size = d.fitted("请将本页放在一份材料的最前面一起扫描  ·  "+c.Title, 16, 9, inner)
	d.centred(236, size, text, d.put)
}

// code draws a QR code of codeSide mm as rectangles, those in a row joined, so
// that no seams show between modules.
func (d *document) code(code *qr.QrCode, left, top float64) {
	n := code.Size()
	module := codeSide / float64(n)
	d.SetFillColor(0, 0, 0)
	for y := range n {
		for x := 0; x < n; {
			k := x
			for k < n && code.Module(k, y) {
				k++
			}
			if k > x {
				d.Rect(left+float64(x)*module, top+float64(y)*module, float64(k-x)*module, module, "F")
			}
			x = k + 1
		}
	}
}
