package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"golang.org/x/image/ccitt"
)

// decode decodes the picture at its own resolution and places it as the page
// shows it. errNotPlain means that the renderer must draw it.
func (s *pdfScan) decode(ctx context.Context, opts Options) (*Image, error) {
	names := s.filters()
	last := ""
	if len(names) > 0 {
		last = names[len(names)-1]
	}
	var m *Image
	var err error
	switch last {
	case filter.DCT:
		m, err = s.decodeJPEG(ctx, opts)
	case filter.CCITTFax:
		if len(names) > 1 {
			return nil, errNotPlain
		}
		m, err = s.decodeFax(ctx)
	case filter.Flate, filter.LZW, filter.RunLength, "":
		m, err = s.decodeSamples()
	default:
		return nil, errNotPlain
	}
	if err != nil {
		return nil, err
	}
	m.setResolution(s.dpiX, s.dpiY)
	m.orient(s.orientation)
	return m, nil
}

func (s *pdfScan) decodeJPEG(ctx context.Context, opts Options) (*Image, error) {
	if s.inverted || len(s.stream.FilterPipeline[len(s.stream.FilterPipeline)-1].DecodeParms) > 0 {
		return nil, errNotPlain
	}
	data, err := s.decodedStream(int64(opts.MaxPixels) * 4)
	if err != nil {
		return nil, err
	}
	cfg, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err == nil {
		// The stream's own size rules; the dictionary's was checked before.
		if err := checkPixels(cfg.Width, cfg.Height, opts); err != nil {
			return nil, err
		}
	}
	var src image.Image
	if err == nil {
		src, err = jpeg.Decode(contextReader{ctx, bytes.NewReader(data)})
	}
	var foreign jpeg.UnsupportedError
	if errors.As(err, &foreign) {
		return nil, errNotPlain
	}
	if err != nil {
		return nil, fmt.Errorf("JPEG in PDF: %w", err)
	}
	if _, cmyk := src.(*image.CMYK); cmyk || src.Bounds().Dx() != s.w || src.Bounds().Dy() != s.h {
		return nil, errNotPlain
	}
	return fromPicture(src), nil
}

// decodeFax decodes CCITT Group 4 and one-dimensional Group 3.
func (s *pdfScan) decodeFax(ctx context.Context) (*Image, error) {
	parms := s.stream.FilterPipeline[0].DecodeParms
	number := func(key string, def int) int {
		if v := parms.IntEntry(key); v != nil {
			return *v
		}
		return def
	}
	yes := func(key string) bool {
		v := parms.BooleanEntry(key)
		return v != nil && *v
	}
	format := ccitt.Group4
	switch k := number("K", 0); {
	case k > 0:
		return nil, errNotPlain
	case k == 0:
		format = ccitt.Group3
	}
	if number("Columns", 1728) != s.w || s.components != 1 || s.bits() != 1 {
		return nil, errNotPlain
	}
	// Black is the sample 0, shown dark, unless BlackIs1 or Decode turn it round.
	opts := &ccitt.Options{Align: yes("EncodedByteAlign"), Invert: yes("BlackIs1")}
	gray := image.NewGray(image.Rect(0, 0, s.w, s.h))
	err := ccitt.DecodeIntoGray(gray, contextReader{ctx, bytes.NewReader(s.stream.Raw)}, ccitt.MSB, format, opts)
	if err != nil {
		return nil, fmt.Errorf("CCITT in PDF: %w", err)
	}
	if s.inverted {
		invert(gray.Pix)
	}
	return fromPicture(gray), nil
}

func invert(pix []uint8) {
	for i, v := range pix {
		pix[i] = ^v
	}
}

// bits is the number of bits per component that the dictionary declares.
func (s *pdfScan) bits() int {
	if v, ok := s.stream.Dict["BitsPerComponent"].(types.Integer); ok {
		return v.Value()
	}
	return 1
}

// decodeSamples takes samples that only general filters packed.
func (s *pdfScan) decodeSamples() (*Image, error) {
	bits := s.bits()
	if bits != 8 && (bits != 1 || s.components != 1) {
		return nil, errNotPlain
	}
	rowBytes := (s.w*s.components*bits + 7) / 8
	want := rowBytes * s.h
	// A little more than the picture needs may stand in the stream.
	data, err := s.decodedStream(int64(want) + 1<<16)
	if err != nil {
		return nil, err
	}
	if len(data) < want {
		return nil, fmt.Errorf("PDF picture: %d bytes of samples, want %d", len(data), want)
	}
	m := &Image{W: s.w, H: s.h}
	n := s.w * s.h
	switch {
	case s.components == 3:
		r, g, b := make([]uint8, n), make([]uint8, n), make([]uint8, n)
		for i := range n {
			r[i], g[i], b[i] = data[3*i], data[3*i+1], data[3*i+2]
		}
		if s.inverted {
			invert(r)
			invert(g)
			invert(b)
		}
		m.setColor(r, g, b)
	default:
		pix := make([]uint8, n)
		for y := range s.h {
			row, dst := data[y*rowBytes:], pix[y*s.w:y*s.w+s.w]
			if bits == 8 {
				copy(dst, row)
				continue
			}
			for x := range dst {
				dst[x] = -(row[x>>3] >> (7 - x&7) & 1)
			}
		}
		if s.inverted {
			invert(pix)
		}
		m.setGray(pix)
	}
	if !m.Color {
		m.Bilevel = bilevel(m.G)
	}
	return m, nil
}
