package page

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"sealdesk/bundle"
)

// picture is a JPEG or PNG file: a bundle of one page.
type picture struct {
	file *io.SectionReader
	kind kind
	opts Options
}

func openPicture(file *io.SectionReader, k kind, opts Options) (Source, error) {
	p := &picture{file: file, kind: k, opts: opts}
	var cfg image.Config
	var err error
	if k == kindJPEG {
		cfg, err = jpeg.DecodeConfig(p.reader(context.Background()))
	} else {
		cfg, err = png.DecodeConfig(p.reader(context.Background()))
	}
	if err != nil {
		return nil, pictureError(err)
	}
	if err := checkPixels(cfg.Width, cfg.Height, opts); err != nil {
		return nil, err
	}
	if cfg.Width < minSide || cfg.Height < minSide {
		return nil, tooSmall(cfg.Width, cfg.Height)
	}
	return p, nil
}

// minSide is the least width and height of a picture that can be a page: 30 mm
// at 72 dpi.
const minSide = 85

func tooSmall(w, h int) error {
	return fail(bundle.CodeUnsupported, fmt.Sprintf("图像太小（%d × %d 像素），不像是一页文件。请用 200–300 dpi 重新扫描。", w, h), nil)
}

func pictureError(err error) error {
	var uj jpeg.UnsupportedError
	var up png.UnsupportedError
	if errors.As(err, &uj) || errors.As(err, &up) {
		return fail(bundle.CodeUnsupported, "这种图像编码无法读取。请用扫描软件另存为普通 JPEG 或 PDF 后重新上传。", err)
	}
	return damaged(err)
}

func (p *picture) reader(ctx context.Context) io.Reader {
	return bufio.NewReaderSize(contextReader{ctx, io.NewSectionReader(p.file, 0, p.file.Size())}, 1<<16)
}

func (p *picture) Pages() int { return 1 }

func (p *picture) Close() error { return nil }

func (p *picture) Page(ctx context.Context, n int) (m *Image, err error) {
	defer rescue(ctx, "picture", &err)
	if n != 1 {
		return nil, noSuchPage(n)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.kind == kindPNG {
		src, err := png.Decode(p.reader(ctx))
		if err != nil {
			return nil, pictureError(err)
		}
		m := fromPicture(src)
		m.setResolution(pngResolution(p.reader(ctx)))
		return m, nil
	}
	src, err := jpeg.Decode(p.reader(ctx))
	if err != nil {
		return nil, pictureError(err)
	}
	m = fromPicture(src)
	tags := jpegTags(p.reader(ctx))
	m.setResolution(tags.x, tags.y)
	m.orient(tags.orientation)
	return m, nil
}

// pngResolution reads the pHYs chunk, which stands before the picture data.
func pngResolution(r io.Reader) (x, y float64) {
	if _, err := io.CopyN(io.Discard, r, 8); err != nil {
		return 0, 0
	}
	const dotsPerMetre = 0.0254
	for range 64 {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return 0, 0
		}
		n := int64(binary.BigEndian.Uint32(head[:]))
		switch string(head[4:]) {
		case "IDAT", "IEND":
			return 0, 0
		case "pHYs":
			var v [9]byte
			if _, err := io.ReadFull(r, v[:]); err != nil || v[8] != 1 {
				return 0, 0
			}
			return float64(binary.BigEndian.Uint32(v[:])) * dotsPerMetre, float64(binary.BigEndian.Uint32(v[4:])) * dotsPerMetre
		}
		if _, err := io.CopyN(io.Discard, r, n+4); err != nil {
			return 0, 0
		}
	}
	return 0, 0
}

// scanTags is what a JPEG says of its picture beside the pixels: resolution in
// dots per inch (0 when it does not say) and EXIF orientation (1 to 8).
type scanTags struct {
	x, y        float64
	orientation int
}

// jpegTags reads the JFIF density and the EXIF orientation and resolution from
// the segments before the picture data. Anything odd is left out.
func jpegTags(r io.Reader) scanTags {
	tags := scanTags{orientation: 1}
	var b [4]byte
	if _, err := io.ReadFull(r, b[:2]); err != nil || b[0] != 0xff || b[1] != 0xd8 {
		return tags
	}
	for range 64 {
		if _, err := io.ReadFull(r, b[:]); err != nil || b[0] != 0xff || b[1] == 0xda {
			return tags
		}
		n := int(binary.BigEndian.Uint16(b[2:])) - 2
		if n < 0 {
			return tags
		}
		if b[1] != 0xe0 && b[1] != 0xe1 {
			if _, err := io.CopyN(io.Discard, r, int64(n)); err != nil {
				return tags
			}
			continue
		}
		seg := make([]byte, n)
		if _, err := io.ReadFull(r, seg); err != nil {
			return tags
		}
		switch {
		case b[1] == 0xe0 && n >= 12 && string(seg[:5]) == "JFIF\x00":
			scale := map[byte]float64{1: 1, 2: 2.54}[seg[7]]
			tags.x = float64(binary.BigEndian.Uint16(seg[8:])) * scale
			tags.y = float64(binary.BigEndian.Uint16(seg[10:])) * scale
		case b[1] == 0xe1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")):
			readEXIF(seg[6:], &tags)
		}
	}
	return tags
}

// readEXIF reads the main directory of an EXIF block, which is a small TIFF.
func readEXIF(block []byte, tags *scanTags) {
	w, err := newTIFFWalker(io.NewSectionReader(bytes.NewReader(block), 0, int64(len(block))))
	if err != nil {
		return
	}
	dir, _, err := w.directory(w.first)
	if err != nil {
		return
	}
	if o := dir.first(tagOrientation, 1); o >= 1 && o <= 8 {
		tags.orientation = int(o)
	}
	if x, y := dir.resolution(); x > 0 && y > 0 {
		tags.x, tags.y = x, y
	}
}
