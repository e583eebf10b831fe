package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"github.com/hhrutter/tiff"
	"golang.org/x/image/ccitt"
)

// blocks are the strips or tiles of a page.
type blocks struct {
	w, h, across    int
	offsets, counts []uint64
}

func (t *tiffFile) blocks(dir *tiffDir) (blocks, error) {
	w, h := dir.size()
	b := blocks{w: w, h: h, across: 1}
	if tw, th := int(dir.first(tagTileWidth, 0)), int(dir.first(tagTileHeight, 0)); tw > 0 && th > 0 {
		b.w, b.h = tw, th
		b.across = (w + tw - 1) / tw
		b.offsets, b.counts = dir.values[tagTileOffsets], dir.values[tagTileCounts]
	} else {
		if rows := dir.first(tagRowsPerStrip, 0); rows > 0 && rows < uint64(h) {
			b.h = int(rows)
		}
		b.offsets, b.counts = dir.values[tagStripOffsets], dir.values[tagStripCounts]
	}
	down := (h + b.h - 1) / b.h
	if n := b.across * down; n != len(b.offsets) || n != len(b.counts) {
		return blocks{}, fmt.Errorf("%w: %d strips or tiles, want %d", errTIFF, len(b.offsets), n)
	}
	return b, nil
}

// decodeJPEG decodes new-style JPEG: each strip or tile is a JPEG stream that
// shares the page's tables (TIFF Technical Note 2).
func (t *tiffFile) decodeJPEG(ctx context.Context, dir *tiffDir) (*Image, error) {
	photometric := dir.first(tagPhotometric, 1)
	if photometric == 5 || dir.first(tagPlanarConfig, 1) == 2 && dir.first(tagSamplesPerPixel, 1) > 1 {
		return nil, tiff.UnsupportedError("JPEG of CMYK or separate planes")
	}
	b, err := t.blocks(dir)
	if err != nil {
		return nil, err
	}
	w, h := dir.size()
	n := w * h
	r, g, bl := make([]uint8, n), make([]uint8, n), make([]uint8, n)
	for i := range b.offsets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part, err := t.decodeBlock(ctx, dir, b.offsets[i], b.counts[i], photometric == 2)
		if err != nil {
			return nil, fmt.Errorf("JPEG strip %d: %w", i, err)
		}
		x0, y0 := i%b.across*b.w, i/b.across*b.h
		cols, rows := min(part.W, b.w, w-x0), min(part.H, b.h, h-y0)
		if cols < min(b.w, w-x0) || rows < min(b.h, h-y0) {
			return nil, fmt.Errorf("%w: JPEG strip of %d x %d pixels", errTIFF, part.W, part.H)
		}
		for y := range rows {
			to, from := (y0+y)*w+x0, y*part.W
			copy(r[to:to+cols], part.R[from:])
			copy(g[to:to+cols], part.G[from:])
			copy(bl[to:to+cols], part.B[from:])
		}
	}
	m := &Image{W: w, H: h}
	m.setColor(r, g, bl)
	if photometric == 0 {
		for i, v := range m.G {
			m.G[i] = 255 - v
		}
	}
	if !m.Color {
		m.Bilevel = bilevel(m.G)
	}
	return m, nil
}

// rgbMarker is an APP14 segment that says "no colour transform": the stream's
// components are red, green and blue, which a TIFF says by its own tag.
var rgbMarker = []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")

func (t *tiffFile) decodeBlock(ctx context.Context, dir *tiffDir, offset, count uint64, rgb bool) (*Image, error) {
	data, err := t.block(offset, count)
	if err != nil {
		return nil, err
	}
	head := dir.jpegHead(rgb)
	stream := func() io.Reader {
		return io.MultiReader(bytes.NewReader(head), contextReader{ctx, bytes.NewReader(data[2:])})
	}
	cfg, err := jpeg.DecodeConfig(stream())
	if err != nil {
		return nil, fmt.Errorf("JPEG header: %w", err)
	}
	if err := checkPixels(cfg.Width, cfg.Height, t.opts); err != nil {
		return nil, err
	}
	src, err := jpeg.Decode(stream())
	if err != nil {
		return nil, fmt.Errorf("JPEG data: %w", err)
	}
	if _, cmyk := src.(*image.CMYK); cmyk {
		return nil, tiff.UnsupportedError("JPEG of CMYK")
	}
	return fromPicture(src), nil
}

// block reads the bytes of a strip or tile.
func (t *tiffFile) block(offset, count uint64) ([]byte, error) {
	if size := uint64(t.walker.file.Size()); offset > size || count > size-offset || count < 2 {
		return nil, fmt.Errorf("%w: strip lies outside the file", errTIFF)
	}
	data := make([]byte, count)
	if _, err := t.walker.file.ReadAt(data, int64(offset)); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read strip: %w", err)
	}
	return data, nil
}

// decodeFax decodes CCITT Group 4 and one-dimensional Group 3. Black runs are
// ones, so a page that declares black to be zero shows them white: the TIFF
// library has that the wrong way round.
func (t *tiffFile) decodeFax(ctx context.Context, dir *tiffDir) (*Image, error) {
	opts := &ccitt.Options{Invert: dir.first(tagPhotometric, 0) == 1}
	format := ccitt.Group4
	if dir.first(tagCompression, 1) == compressionGroup3 {
		format = ccitt.Group3
		t4 := dir.first(tagT4Options, 0)
		if t4&3 != 0 {
			return nil, tiff.UnsupportedError("Group 3 two-dimensional or uncompressed")
		}
		opts.Align = t4&4 != 0
	} else if dir.first(tagT6Options, 0)&2 != 0 {
		return nil, tiff.UnsupportedError("Group 4 uncompressed")
	}
	if dir.first(tagBitsPerSample, 1) != 1 || dir.first(tagSamplesPerPixel, 1) != 1 {
		return nil, fmt.Errorf("%w: CCITT with more than one bit", errTIFF)
	}
	order := ccitt.MSB
	if dir.first(tagFillOrder, 1) == 2 {
		order = ccitt.LSB
	}
	b, err := t.blocks(dir)
	if err != nil {
		return nil, err
	}
	if b.across != 1 {
		return nil, tiff.UnsupportedError("CCITT in tiles")
	}
	w, h := dir.size()
	pix := make([]uint8, w*h)
	for i := range b.offsets {
		data, err := t.block(b.offsets[i], b.counts[i])
		if err != nil {
			return nil, err
		}
		y := i * b.h
		strip := &image.Gray{Pix: pix[y*w:], Stride: w, Rect: image.Rect(0, 0, w, min(b.h, h-y))}
		if err := ccitt.DecodeIntoGray(strip, contextReader{ctx, bytes.NewReader(data)}, order, format, opts); err != nil {
			return nil, fmt.Errorf("CCITT strip %d: %w", i, err)
		}
	}
	return fromPicture(&image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}), nil
}
