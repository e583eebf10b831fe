package page

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"sealdesk/bundle"
)

// documentOf takes a scan as a PDF document.
func documentOf(t *testing.T, data []byte) *model.Context {
	t.Helper()
	doc, err := Document(t.Context(), File{Name: "scan", Data: bytes.NewReader(data), Size: int64(len(data))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func savedPDF(t *testing.T, doc *model.Context) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := api.WriteContext(doc, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// streams are the pictures of a document as they are packed.
func streams(doc *model.Context) [][]byte {
	var out [][]byte
	for _, e := range doc.Table {
		if sd, ok := e.Object.(types.StreamDict); ok && sd.Subtype() != nil && *sd.Subtype() == "Image" {
			out = append(out, sd.Raw)
		}
	}
	return out
}

func faxTIFF(photometric, fill uint32, strips ...[]byte) []byte {
	h := uint32(16 * len(strips))
	return writeTIFF([]tiffPage{{
		tags: []tiffTag{short(tagWidth, 16), short(tagHeight, h), short(tagBitsPerSample, 1), short(tagCompression, 4),
			short(tagPhotometric, photometric), short(tagFillOrder, fill), short(tagRowsPerStrip, 16)},
		strips: strips,
	}}, 0)
}

func TestDocument(t *testing.T) {
	gray := quadrants(320, 480)
	coloured, clear := image.NewNRGBA(gray.Rect), image.NewNRGBA(gray.Rect)
	pal := image.NewPaletted(gray.Rect, color.Palette{color.Gray{40}, color.Gray{100}, color.Gray{160}, color.Gray{220}})
	for y := range 480 {
		for x := range 320 {
			v := gray.GrayAt(x, y).Y
			coloured.SetNRGBA(x, y, color.NRGBA{v, v, v ^ 8, 255})
			clear.SetNRGBA(x, y, color.NRGBA{v, v, v, 254})
			pal.Set(x, y, color.Gray{v})
		}
	}
	jpg := encodeJPEG(t, gray)
	turned := func(o uint16) []byte { return withEXIF(jpg, o, binary.LittleEndian, "II") }
	half := [4]int{260, 0, 260, 0}
	for name, tc := range map[string]struct {
		data    []byte
		corners [4]int
		kept    bool // whether the picture stays as it is packed
	}{
		"JPEG":               {jpg, asScanned, true},
		"JPEG, colour":       {encodeJPEG(t, coloured), asScanned, true},
		"JPEG, mirrored":     {turned(2), oriented[2], true},
		"JPEG, upside down":  {turned(3), oriented[3], true},
		"JPEG, flipped":      {turned(4), oriented[4], true},
		"JPEG, transposed":   {turned(5), oriented[5], true},
		"JPEG, on its side":  {turned(6), oriented[6], true},
		"JPEG, transversed":  {turned(7), oriented[7], true},
		"JPEG, other side":   {turned(8), oriented[8], true},
		"PNG":                {encodePNG(t, gray), asScanned, true},
		"PNG, colour":        {encodePNG(t, unmasked{coloured}), asScanned, true},
		"PNG, transparent":   {encodePNG(t, clear), asScanned, false},
		"TIFF, not packed":   {writeTIFF([]tiffPage{plainTIFF(gray, short(tagOrientation, 6))}, 0), oriented[6], false},
		"Group 4":            {faxTIFF(0, 1, fourGroup()), half, true},
		"Group 4, black 0":   {faxTIFF(1, 1, fourGroup()), [4]int{0, 260, 0, 260}, true},
		"PDF":                {writePDF(pdfPage{"/Rotate 90", wholePage + hiddenText, "/Width 320 /Height 480 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode", jpg}), oriented[6], true},
		"TIFF, JPEG":         {jpegTIFF(jpg), asScanned, true},
		"PNG, with palette":  {encodePNG(t, pal), asScanned, true},
		"Group 4, odd order": {faxTIFF(0, 2, reversedBits(fourGroup())), half, false},
	} {
		t.Run(name, func(t *testing.T) {
			doc := documentOf(t, tc.data)
			packed := streams(doc)
			if len(packed) != 1 {
				t.Fatalf("%d pictures", len(packed))
			}
			if kept := bytes.Contains(bytes.Join(parts(tc.data), nil), packed[0]); kept != tc.kept {
				t.Errorf("the picture is the file's: %v, want %v", kept, tc.kept)
			}
			before := onePage(t, tc.data, 1, Options{Renderer: noRenderer()})
			made := savedPDF(t, doc)
			if strings.HasSuffix(name, "palette") {
				return // such a picture is drawn, and shown to be right by TestDocumentDrawn
			}
			after := onePage(t, made, 1, Options{Renderer: noRenderer()})
			if corners(after) != tc.corners || after.W != before.W || after.H != before.H {
				t.Errorf("quarters %v of %d x %d, want %v of %d x %d", corners(after), after.W, after.H, tc.corners, before.W, before.H)
			}
			if r := after.DPI / before.DPI; r < 0.99 || r > 1.01 {
				t.Errorf("%g dpi, before %g", after.DPI, before.DPI)
			}
		})
	}
}

// unmasked is a picture of which it is known that nothing shines through.
type unmasked struct{ *image.NRGBA }

func (unmasked) Opaque() bool { return true }

// parts are a PNG's picture data without what stands between, or all of another file.
func parts(data []byte) [][]byte {
	if kindOf(data) != kindPNG {
		return [][]byte{data}
	}
	var out [][]byte
	for at := 8; at+8 <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if string(data[at+4:at+8]) == "IDAT" {
			out = append(out, data[at+8:at+8+n])
		}
		at += 12 + n
	}
	return out
}

func reversedBits(data []byte) []byte {
	out := bytes.Clone(data)
	for i, b := range out {
		var r byte
		for j := range 8 {
			r |= b >> j & 1 << (7 - j)
		}
		out[i] = r
	}
	return out
}

// jpegTIFF is a page of one strip that is a whole JPEG stream.
func jpegTIFF(data []byte) []byte {
	return writeTIFF([]tiffPage{{
		tags:   []tiffTag{short(tagWidth, 320), short(tagHeight, 480), short(tagBitsPerSample, 8), short(tagCompression, 7), short(tagPhotometric, 1)},
		strips: [][]byte{data},
	}}, 0)
}

// Strips lie one below the other, and pictures with a palette are in their colours.
func TestDocumentDrawn(t *testing.T) {
	r := NewRenderer(1)
	defer r.Close()
	m := onePage(t, savedPDF(t, documentOf(t, faxTIFF(0, 1, fourGroup(), fourGroup(), fourGroup()))), 1, Options{Renderer: r})
	for _, y := range []int{m.H / 6, m.H / 2, 5 * m.H / 6} {
		if l, right := m.G[y*m.W+m.W/4], m.G[y*m.W+3*m.W/4]; l < 200 || right > 50 {
			t.Errorf("row %d of %d: %d, %d; want white and black", y, m.H, l, right)
		}
	}
	pal := image.NewPaletted(image.Rect(0, 0, 100, 100), color.Palette{color.RGBA{200, 0, 0, 255}, color.RGBA{0, 0, 180, 255}})
	for i := range pal.Pix {
		pal.Pix[i] = uint8(i % 100 / 50)
	}
	m = onePage(t, savedPDF(t, documentOf(t, encodePNG(t, pal))), 1, Options{Renderer: r})
	left, right := m.H/2*m.W+m.W/4, m.H/2*m.W+3*m.W/4
	if m.R[left] < 190 || m.B[left] > 10 || m.R[right] > 10 || m.B[right] < 170 {
		t.Errorf("colours %d %d, %d %d", m.R[left], m.B[left], m.R[right], m.B[right])
	}
}

func TestDocumentRefuses(t *testing.T) {
	data := []byte("%PDF-1.4 nothing of use %%EOF")
	_, err := Document(t.Context(), File{Name: "bad", Data: bytes.NewReader(data), Size: int64(len(data))}, Options{})
	var known *bundle.Error
	if !errors.As(err, &known) || known.Message == "" {
		t.Errorf("error %v, want one with a sentence", err)
	}
}
