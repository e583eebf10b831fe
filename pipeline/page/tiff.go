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

	"sealdesk/bundle"
)

// The TIFF compressions that are told apart here.
const (
	compressionOldJPEG = 6
	compressionJPEG    = 7
)

// tiffFile is a TIFF file of one or more pages.
type tiffFile struct {
	walker *tiffWalker
	pages  []*tiffDir
	opts   Options
}

// openTIFF walks the chain of directories, which hostile files make endless,
// and leaves out thumbnails and masks.
func openTIFF(file *io.SectionReader, opts Options) (Source, error) {
	w, err := newTIFFWalker(file)
	if err != nil {
		return nil, damaged(err)
	}
	t := &tiffFile{walker: w, opts: opts}
	seen := map[int64]bool{}
	for at := w.first; at != 0; {
		if seen[at] {
			return nil, damaged(fmt.Errorf("%w: directories form a loop", errTIFF))
		}
		if len(seen) >= 2*opts.MaxPages {
			return nil, tooManyPages(opts)
		}
		dir, next, err := w.directory(at)
		if err != nil {
			return nil, damaged(err)
		}
		dir.index = len(seen)
		seen[at] = true
		if dir.first(tagSubfileType, 0)&(1|4) == 0 {
			t.pages = append(t.pages, dir)
		}
		at = next
	}
	switch {
	case len(t.pages) == 0:
		return nil, noPages(nil)
	case len(t.pages) > opts.MaxPages:
		return nil, tooManyPages(opts)
	}
	return t, nil
}

func noPages(err error) error {
	return fail(bundle.CodeNoPages, "文件里没有页面。请检查扫描结果，重新扫描后上传。", err)
}

func (t *tiffFile) Pages() int { return len(t.pages) }

func (t *tiffFile) Close() error { return nil }

func (t *tiffFile) Page(ctx context.Context, n int) (m *Image, err error) {
	defer rescue(ctx, "TIFF page", &err)
	if n < 1 || n > len(t.pages) {
		return nil, noSuchPage(n)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dir := t.pages[n-1]
	w, h := dir.size()
	if err := checkPixels(w, h, t.opts); err != nil {
		return nil, err
	}
	if dir.first(tagCompression, 1) == compressionJPEG {
		m, err = t.decodeJPEG(ctx, dir)
	} else {
		m, err = t.decodeOther(ctx, dir)
	}
	var foreign tiff.UnsupportedError
	var jpegForeign jpeg.UnsupportedError
	if errors.As(err, &foreign) || errors.As(err, &jpegForeign) {
		m, err = t.decodeElsewhere(ctx, n, dir, err)
	}
	if err != nil {
		var be *bundle.Error
		if errors.As(err, &be) || ctx.Err() != nil {
			return nil, err
		}
		return nil, damagedPage(n, err)
	}
	m.setResolution(dir.resolution())
	m.orient(int(dir.first(tagOrientation, 1)))
	return m, nil
}

// decodeOther decodes what the TIFF library reads.
func (t *tiffFile) decodeOther(ctx context.Context, dir *tiffDir) (*Image, error) {
	compression := dir.first(tagCompression, 1)
	switch {
	case t.walker.big:
		return nil, tiff.UnsupportedError("BigTIFF")
	case compression == compressionOldJPEG:
		// The library would hand its strips to whatever decoder is registered,
		// without a limit.
		return nil, tiff.UnsupportedError("old-style JPEG")
	case dir.first(tagPlanarConfig, 1) == 2 && dir.first(tagSamplesPerPixel, 1) > 1:
		return nil, tiff.UnsupportedError("separate planes")
	case dir.first(tagFillOrder, 1) == 2 && (compression < 2 || compression > 4):
		return nil, tiff.UnsupportedError("reversed bits")
	}
	src, err := tiff.DecodeAt(sectionContext{ctx, t.walker.file}, dir.offset)
	if err != nil {
		return nil, fmt.Errorf("decode TIFF page: %w", err)
	}
	return fromPicture(src), nil
}

// sectionContext is a file that stops being readable when its context is done.
type sectionContext struct {
	ctx  context.Context
	file *io.SectionReader
}

func (s sectionContext) Read(p []byte) (int, error) {
	return contextReader{s.ctx, s.file}.Read(p)
}

func (s sectionContext) ReadAt(p []byte, off int64) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.file.ReadAt(p, off)
}

// decodeElsewhere lends the page to Options.DecodeTIFF.
func (t *tiffFile) decodeElsewhere(ctx context.Context, n int, dir *tiffDir, why error) (*Image, error) {
	if t.opts.DecodeTIFF == nil {
		return nil, fail(bundle.CodeUnsupported, fmt.Sprintf("第 %d 页的 TIFF 编码无法读取。请在扫描软件中改存为 PDF 后重新上传。", n), why)
	}
	const most = 256 << 20
	if t.walker.file.Size() > most {
		return nil, fail(bundle.CodeTooLarge, "这种编码的 TIFF 文件太大。请在扫描软件中改存为 PDF 后重新上传。", why)
	}
	data := make([]byte, t.walker.file.Size())
	if _, err := t.walker.file.ReadAt(data, 0); err != nil {
		return nil, fmt.Errorf("read TIFF file: %w", err)
	}
	src, err := t.opts.DecodeTIFF(ctx, data, dir.index)
	if err != nil {
		return nil, err
	}
	if err := checkPixels(src.Bounds().Dx(), src.Bounds().Dy(), t.opts); err != nil {
		return nil, err
	}
	return fromPicture(src), nil
}

// blocks are the strips or tiles of a page.
type blocks struct {
	w, h, across    int
	offsets, counts []uint64
}

func (t *tiffFile) blocks(dir *tiffDir) (blocks, error) {
	w, h := dir.size()
	b := blocks{w: w, h: h, across: 1}
	down := 1
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
	down = (h + b.h - 1) / b.h
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
	if size := uint64(t.walker.file.Size()); offset > size || count > size-offset || count < 4 {
		return nil, fmt.Errorf("%w: strip lies outside the file", errTIFF)
	}
	data := make([]byte, count)
	if _, err := t.walker.file.ReadAt(data, int64(offset)); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read strip: %w", err)
	}
	head := []byte{0xff, 0xd8}
	if rgb {
		head = append(head, rgbMarker...)
	}
	if n := len(dir.tables); n > 4 {
		head = append(head, dir.tables[2:n-2]...)
	}
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
