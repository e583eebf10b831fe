package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"

	"sealdesk/pipeline/page/group4"
)

// picture is one stored page: its bytes and how they are packed.
type picture struct {
	data     []byte
	w, h     int
	channels int  // 3 colour, 1 gray
	fax      bool // CCITT group 4, else JPEG
}

// pack encodes a scanned page.
func (s *scanner) pack(img image.Image) (picture, error) {
	b := img.Bounds()
	p := picture{w: b.Dx(), h: b.Dy(), channels: 3}
	switch m := img.(type) {
	case *image.Paletted:
		p.fax, p.channels, p.data = true, 1, group4.Encode(m.Rect.Dy(), func(y int) []uint8 { return m.Pix[y*m.Stride:][:m.Rect.Dx()] })
		return p, nil
	case *image.Gray:
		p.channels = 1
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: s.quality}); err != nil {
		return p, fmt.Errorf("encode page: %w", err)
	}
	p.data = buf.Bytes()
	return p, nil
}

// writePDF makes a PDF with one picture on each page, as scanners do.
func writePDF(pages []picture, dpi int) []byte {
	var out bytes.Buffer
	var offsets []int
	object := func(body func()) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n", len(offsets))
		body()
		out.WriteString("\nendobj\n")
	}
	stream := func(head string, data []byte) {
		fmt.Fprintf(&out, "<<%s/Length %d>>\nstream\n", head, len(data))
		out.Write(data)
		out.WriteString("\nendstream")
	}
	out.WriteString("%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
	object(func() { out.WriteString("<</Type/Catalog/Pages 2 0 R>>") })
	object(func() {
		out.WriteString("<</Type/Pages/Kids[")
		for i := range pages {
			fmt.Fprintf(&out, "%d 0 R ", 3+3*i)
		}
		fmt.Fprintf(&out, "]/Count %d>>", len(pages))
	})
	for i, p := range pages {
		w, h := float64(p.w)*72/float64(dpi), float64(p.h)*72/float64(dpi)
		object(func() {
			fmt.Fprintf(&out, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 %.2f %.2f]/Contents %d 0 R/Resources<</XObject<</Im0 %d 0 R>>>>>>", w, h, 4+3*i, 5+3*i)
		})
		object(func() { stream("", fmt.Appendf(nil, "q %.2f 0 0 %.2f 0 0 cm /Im0 Do Q", w, h)) })
		head := fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d", p.w, p.h)
		switch {
		case p.fax:
			head += fmt.Sprintf("/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d>>", p.w, p.h)
		case p.channels == 1:
			head += "/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode"
		default:
			head += "/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
		}
		object(func() { stream(head, p.data) })
	}
	xref := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return out.Bytes()
}

// TIFF tags and types (TIFF 6.0; compression 7 is Adobe's Technical Note 2).
const (
	tiffShort    = 3
	tiffLong     = 4
	tiffRational = 5
)

type tiffEntry struct {
	tag, kind uint16
	values    []uint32
}

// writeTIFF makes a TIFF with one page for each picture, little-endian.
func writeTIFF(pages []picture, dpi int) []byte {
	le := binary.LittleEndian
	out := []byte{'I', 'I', 42, 0, 0, 0, 0, 0}
	link := 4
	for i, p := range pages {
		start := len(out)
		out = append(out, p.data...)
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		compression, photometric := uint32(7), uint32(1)
		bits := []uint32{8}
		switch {
		case p.fax:
			compression, photometric, bits = 4, 0, []uint32{1}
		case p.channels == 3:
			photometric, bits = 6, []uint32{8, 8, 8}
		}
		entries := []tiffEntry{
			{254, tiffLong, []uint32{2}},
			{256, tiffLong, []uint32{uint32(p.w)}}, {257, tiffLong, []uint32{uint32(p.h)}},
			{258, tiffShort, bits}, {259, tiffShort, []uint32{compression}}, {262, tiffShort, []uint32{photometric}},
			{273, tiffLong, []uint32{uint32(start)}}, {277, tiffShort, []uint32{uint32(len(bits))}},
			{278, tiffLong, []uint32{uint32(p.h)}}, {279, tiffLong, []uint32{uint32(len(p.data))}},
			{282, tiffRational, []uint32{uint32(dpi), 1}}, {283, tiffRational, []uint32{uint32(dpi), 1}},
			{296, tiffShort, []uint32{2}}, {297, tiffShort, []uint32{uint32(i), uint32(len(pages))}},
		}
		if photometric == 6 {
			entries = append(entries, tiffEntry{530, tiffShort, []uint32{2, 2}})
		}
		le.PutUint32(out[link:], uint32(len(out)))
		out, link = appendDirectory(out, entries)
	}
	return out
}

// appendDirectory adds a page's directory and gives where the link to the next
// one stands.
func appendDirectory(out []byte, entries []tiffEntry) ([]byte, int) {
	le := binary.LittleEndian
	out = le.AppendUint16(out, uint16(len(entries)))
	beyond := len(out) + 12*len(entries) + 4
	var tail []byte
	for _, e := range entries {
		count := len(e.values)
		var v []byte
		for _, n := range e.values {
			if e.kind == tiffShort {
				v = le.AppendUint16(v, uint16(n))
			} else {
				v = le.AppendUint32(v, n)
			}
		}
		if e.kind == tiffRational {
			count /= 2
		}
		out = le.AppendUint16(out, e.tag)
		out = le.AppendUint16(out, e.kind)
		out = le.AppendUint32(out, uint32(count))
		if len(v) > 4 {
			out = le.AppendUint32(out, uint32(beyond+len(tail)))
			tail = append(tail, v...)
			continue
		}
		out = append(out, append(v, 0, 0, 0, 0)[:4]...)
	}
	link := len(out)
	out = append(out, 0, 0, 0, 0)
	return append(out, tail...), link
}
