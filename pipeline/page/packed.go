package page

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/color"
	"image/jpeg"
	"math/bits"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"sealdesk/pipeline/page/group4"
)

// packed gives a JPEG or PNG file as it is.
func (p *picture) packed(ctx context.Context, n int) (*packedPage, error) {
	if n != 1 {
		return nil, noSuchPage(n)
	}
	data, err := readAll(ctx, p.file)
	if err != nil {
		return nil, err
	}
	if p.kind == kindPNG {
		return packedPNG(data), nil
	}
	pic, ok := packedJPEG(data)
	if !ok {
		return nil, nil
	}
	tags := jpegTags(p.reader(ctx))
	return newPackedPage(pic.w, pic.h, tags.x, tags.y, tags.orientation, pic), nil
}

// packedJPEG is a picture of a JPEG stream; false is one whose colours are not gray or
// those of a screen.
func packedJPEG(data []byte) (packedPicture, bool) {
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return packedPicture{}, false
	}
	p := packedPicture{bottom: 1, w: cfg.Width, h: cfg.Height, bits: 8, filter: filter.DCT, data: data}
	switch cfg.ColorModel {
	case color.GrayModel:
		p.colours = types.Name("DeviceGray")
	case color.YCbCrModel, color.RGBAModel:
		p.colours = types.Name("DeviceRGB")
	default:
		return packedPicture{}, false
	}
	return p, true
}

// packedPNG is a PNG whose picture data a PDF's Flate filter with PNG's predictors reads
// (ISO 32000-1, 7.4.4.4): one that is neither interlaced nor transparent. nil is any other.
func packedPNG(data []byte) *packedPage {
	const signature, head = 8, 8 // bytes
	var p packedPicture
	var kind byte
	var palette []byte
	for at := signature; at+head <= len(data); {
		n := int64(binary.BigEndian.Uint32(data[at:]))
		name, from := string(data[at+4:at+head]), at+head
		if n > int64(len(data)-from-4) {
			return nil
		}
		chunk := data[from : from+int(n)]
		at = from + int(n) + 4
		switch name {
		case "IHDR":
			if len(chunk) != 13 || chunk[8] > 8 || chunk[12] != 0 {
				return nil
			}
			p.w, p.h = int(binary.BigEndian.Uint32(chunk)), int(binary.BigEndian.Uint32(chunk[4:]))
			p.bits, kind = int(chunk[8]), chunk[9]
		case "PLTE":
			palette = chunk
		case "tRNS":
			return nil
		case "IDAT":
			p.data = append(p.data, chunk...)
		}
	}
	components := 1
	switch kind {
	case 0:
		p.colours = types.Name("DeviceGray")
	case 2:
		p.colours, components = types.Name("DeviceRGB"), 3
	case 3:
		if len(palette) == 0 || len(palette)%3 != 0 || len(palette) > 3*256 {
			return nil
		}
		p.colours = types.Array{types.Name("Indexed"), types.Name("DeviceRGB"), types.Integer(len(palette)/3 - 1), types.NewHexLiteral(palette)}
	default:
		return nil
	}
	p.bottom, p.filter = 1, filter.Flate
	p.parms = types.Dict{
		"Predictor": types.Integer(15), "Colors": types.Integer(components),
		"BitsPerComponent": types.Integer(p.bits), "Columns": types.Integer(p.w),
	}
	x, y := pngResolution(bytes.NewReader(data))
	return newPackedPage(p.w, p.h, x, y, 1, p)
}

// packed gives a page in fax or JPEG coding as it is. Pages in several strips would be as
// many pictures, each with a head of its own: strips of JPEG become one stream without
// being unpacked, and those of a fax are packed anew as one.
func (t *tiffFile) packed(ctx context.Context, n int) (*packedPage, error) {
	if n < 1 || n > len(t.pages) {
		return nil, noSuchPage(n)
	}
	dir := t.pages[n-1]
	w, h := dir.size()
	if err := checkPixels(w, h, t.opts); err != nil {
		return nil, err
	}
	pack := t.packedFax
	switch dir.first(tagCompression, 1) {
	case compressionRLE, compressionGroup3, compressionGroup4:
	case compressionJPEG:
		pack = t.packedStrips
	default:
		return nil, nil
	}
	p, err := pack(ctx, dir)
	if err != nil || p == nil || p.w != w || p.h != h {
		return nil, err
	}
	x, y := dir.resolution()
	return newPackedPage(w, h, x, y, int(dir.first(tagOrientation, 1)), *p), nil
}

// strips are those of a page, nil where it is in tiles.
func (t *tiffFile) strips(dir *tiffDir) ([][]byte, blocks, error) {
	b, err := t.blocks(dir)
	if w, _ := dir.size(); err != nil || b.across != 1 || b.w != w {
		return nil, b, err
	}
	var out [][]byte
	for i := range b.offsets {
		data, err := t.block(b.offsets[i], b.counts[i])
		if err != nil {
			return nil, b, err
		}
		out = append(out, data)
	}
	return out, b, nil
}

// packedFax is a page in fax coding, nil where a PDF has not that coding.
func (t *tiffFile) packedFax(ctx context.Context, dir *tiffDir) (*packedPicture, error) {
	parms, ok := faxParms(dir)
	strips, _, err := t.strips(dir)
	if !ok || err != nil || strips == nil {
		return nil, err
	}
	w, h := dir.size()
	p := packedPicture{bottom: 1, w: w, h: h, bits: 1, colours: types.Name("DeviceGray"), filter: filter.CCITTFax, parms: parms, data: strips[0]}
	parms["Rows"] = types.Integer(h)
	if len(strips) == 1 {
		if dir.first(tagFillOrder, 1) == 2 {
			for i, b := range p.data {
				p.data[i] = bits.Reverse8(b)
			}
		}
		return &p, nil
	}
	if dir.first(tagCompression, 1) == compressionRLE {
		return nil, nil
	}
	m, err := t.decodeFax(ctx, dir)
	if err != nil {
		return nil, err
	}
	p.parms = types.Dict{"K": types.Integer(-1), "Columns": types.Integer(w), "Rows": types.Integer(h)}
	p.data = group4.Encode(h, func(y int) []uint8 {
		row := make([]uint8, w)
		for x, v := range m.G[y*w:][:w] {
			row[x] = ^v & 1 // white is 255
		}
		return row
	})
	return &p, nil
}

// packedStrips is a page whose strips are JPEG streams, nil where they do not join.
func (t *tiffFile) packedStrips(_ context.Context, dir *tiffDir) (*packedPicture, error) {
	photometric := dir.first(tagPhotometric, 1)
	if photometric == 5 || dir.first(tagPlanarConfig, 1) == 2 && dir.first(tagSamplesPerPixel, 1) > 1 {
		return nil, nil
	}
	strips, b, err := t.strips(dir)
	if err != nil || strips == nil {
		return nil, err
	}
	data := strips[0]
	if len(strips) > 1 {
		_, h := dir.size()
		if data = joinJPEG(strips, b.h, h); data == nil {
			return nil, nil
		}
	}
	p, ok := packedJPEG(append(dir.jpegHead(photometric == 2), data[2:]...))
	if !ok {
		return nil, nil
	}
	p.inverted = photometric == 0
	return &p, nil
}

// faxParms are a fax coding's parameters for a PDF (ISO 32000-1, table 11); false is a
// coding that it has not.
func faxParms(dir *tiffDir) (types.Dict, bool) {
	if dir.first(tagBitsPerSample, 1) != 1 || dir.first(tagSamplesPerPixel, 1) != 1 {
		return nil, false
	}
	w, _ := dir.size()
	parms := types.Dict{"K": types.Integer(0), "Columns": types.Integer(w), "EndOfBlock": types.Boolean(false)}
	switch dir.first(tagCompression, 1) {
	case compressionRLE:
		parms["EncodedByteAlign"] = types.Boolean(true)
	case compressionGroup3:
		options := dir.first(tagT4Options, 0)
		if options&2 != 0 {
			return nil, false
		}
		if options&1 != 0 {
			parms["K"] = types.Integer(4)
		}
		parms["EndOfLine"] = types.Boolean(true)
	case compressionGroup4:
		if dir.first(tagT6Options, 0)&2 != 0 {
			return nil, false
		}
		parms["K"] = types.Integer(-1)
	}
	if dir.first(tagPhotometric, 0) == 1 {
		parms["BlackIs1"] = types.Boolean(true)
	}
	return parms, true
}

// jpegHead is what stands before the strips of a page of JPEG: the start of a picture
// and the tables that they share.
func (d *tiffDir) jpegHead(rgb bool) []byte {
	head := []byte{0xff, 0xd8}
	if rgb {
		head = append(head, rgbMarker...)
	}
	if n := len(d.tables); n > 4 {
		head = append(head, d.tables[2:n-2]...)
	}
	return head
}
