package page

import (
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"

	"github.com/hhrutter/tiff"

	"sealdesk/bundle"
)

// The TIFF compressions that are told apart here.
const (
	compressionRLE     = 2
	compressionGroup3  = 3
	compressionGroup4  = 4
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
	switch dir.first(tagCompression, 1) {
	case compressionJPEG:
		m, err = t.decodeJPEG(ctx, dir)
	case compressionGroup3, compressionGroup4:
		m, err = t.decodeFax(ctx, dir)
	default:
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
	case dir.first(tagFillOrder, 1) == 2 && (compression != compressionRLE):
		return nil, tiff.UnsupportedError("reversed bits")
	}
	src, err := tiff.DecodeAt(sectionContext{ctx, t.walker.file}, dir.offset)
	if err != nil {
		return nil, fmt.Errorf("decode TIFF page: %w", err)
	}
	m := fromPicture(src)
	if compression == compressionRLE && dir.first(tagPhotometric, 0) == 1 {
		invert(m.G) // see decodeFax
	}
	return m, nil
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
