package page

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"

	pdfium "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"sealdesk/bundle"
)

const (
	// drawDPI is the resolution that pages of text and lines are drawn at.
	drawDPI = 300
	// leastDPI is the lowest at which a page is still worth reading.
	leastDPI = 100
	// mostDrawn bounds a drawn page: it stands in the sandbox four bytes a pixel.
	mostDrawn = 40_000_000
	// sandboxPages is how much memory an instance may have, in 64 KiB pages: 512 MiB.
	sandboxPages = 8192
)

var errNeedsPassword = errors.New("PDF needs a password")

// Renderer draws PDF pages with PDFium, which runs as WebAssembly in a sandbox
// without files, network or more than 512 MiB. It starts when first needed
// (0.2 s, some seconds the very first time on a machine, after which compiled
// code is kept in the user's cache directory). It may be shared by sources and
// used from several goroutines.
type Renderer struct {
	instances int

	mu     sync.Mutex
	pool   pdfium.Pool
	cache  wazero.CompilationCache
	closed bool
}

// NewRenderer makes a renderer that draws up to so many pages at once. It
// starts nothing yet.
func NewRenderer(instances int) *Renderer {
	return &Renderer{instances: max(instances, 1)}
}

// Close ends the sandbox. No page may be in drawing.
func (r *Renderer) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var err error
	if r.pool != nil {
		err = r.pool.Close()
		r.pool = nil
	}
	if r.cache != nil {
		err = errors.Join(err, r.cache.Close(context.Background()))
		r.cache = nil
	}
	return err
}

func (r *Renderer) start() (pdfium.Pool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.New("renderer is closed")
	}
	if r.pool != nil {
		return r.pool, nil
	}
	conf := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(sandboxPages).
		WithCloseOnContextDone(true)
	// Without a cache directory it only starts more slowly.
	if dir, err := os.UserCacheDir(); err == nil {
		if cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(dir, "sealdesk", "wazero")); err == nil {
			r.cache = cache
			conf = conf.WithCompilationCache(cache)
		}
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxTotal:      r.instances,
		FSConfig:      wazero.NewFSConfig(),
		RuntimeConfig: conf,
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start PDF renderer: %w", err)
	}
	r.pool = pool
	return pool, nil
}

// with opens the file in a fresh instance, which is thrown away afterwards: an
// instance never gives memory back.
func (r *Renderer) with(ctx context.Context, file *io.SectionReader, f func(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) error) (err error) {
	pool, err := r.start()
	if err != nil {
		return fail(bundle.CodeInternal, "PDF 绘制程序无法启动。请联系管理员。", err)
	}
	pdf, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return fmt.Errorf("PDF renderer: %w", err)
	}
	// Kill may only run while the instance is in use.
	stop := make(chan struct{})
	killed := make(chan bool, 1)
	go func() {
		select {
		case <-ctx.Done():
			pdf.Kill()
			killed <- true
		case <-stop:
			killed <- false
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("PDF renderer failed: %v", p)
		}
		close(stop)
		if <-killed {
			err = errors.Join(err, ctx.Err())
		} else {
			err = errors.Join(err, pdf.Close())
		}
	}()
	doc, err := pdf.OpenDocument(&requests.OpenDocument{
		FileReader:     io.NewSectionReader(file, 0, file.Size()),
		FileReaderSize: file.Size(),
	})
	if errors.Is(err, pdfiumerrors.ErrPassword) || errors.Is(err, pdfiumerrors.ErrSecurity) {
		return fmt.Errorf("%w: %w", errNeedsPassword, err)
	}
	if err != nil {
		return fmt.Errorf("open PDF: %w", err)
	}
	return f(pdf, doc.Document)
}

// count opens the file and counts its pages.
func (r *Renderer) count(ctx context.Context, file *io.SectionReader) (n int, err error) {
	err = r.with(ctx, file, func(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) error {
		res, err := pdf.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc})
		if err != nil {
			return fmt.Errorf("count pages: %w", err)
		}
		n = res.PageCount
		return nil
	})
	return n, err
}

// page draws page n, counted from 1, with its annotations.
func (r *Renderer) page(ctx context.Context, file *io.SectionReader, n int, opts Options) (m *Image, err error) {
	err = r.with(ctx, file, func(pdf pdfium.Pdfium, doc references.FPDF_DOCUMENT) error {
		loaded, err := pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: doc, Index: n - 1})
		if err != nil {
			return fmt.Errorf("load page %d: %w", n, err)
		}
		page := requests.Page{ByReference: &loaded.Page}
		size, err := pdf.GetPageSize(&requests.GetPageSize{Page: page})
		if err != nil {
			return fmt.Errorf("size of page %d: %w", n, err)
		}
		dpi, err := chooseDPI(size.Width/72, size.Height/72, scanDPI(pdf, page), opts)
		if err != nil {
			return err
		}
		drawn, err := pdf.RenderPageInPixels(&requests.RenderPageInPixels{
			Page:        page,
			Width:       int(math.Round(size.Width / 72 * dpi)),
			Height:      int(math.Round(size.Height / 72 * dpi)),
			RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT,
		})
		if err != nil {
			return fmt.Errorf("draw page %d: %w", n, err)
		}
		defer drawn.Cleanup()
		rgba, ok := drawn.Result.RenderedImage.(*image.RGBA)
		if !ok {
			return fmt.Errorf("draw page %d: no picture", n)
		}
		// The pixels lie in the sandbox; this copies them out.
		m = fromPicture(rgba)
		m.setResolution(dpi, dpi)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// chooseDPI is the resolution for a page of so many inches, given that of the
// scan on it (0 for none).
func chooseDPI(w, h, scan float64, opts Options) (float64, error) {
	if !(w > 0 && h > 0) {
		return 0, fmt.Errorf("page of %g x %g inches", w, h)
	}
	dpi := float64(drawDPI)
	if scan > 0 {
		dpi = scan
	}
	most := math.Sqrt(float64(min(opts.MaxPixels, mostDrawn)) / (w * h))
	// A page whose picture is one dot a point is larger than any sheet, but its
	// picture is not.
	if dpi > most && most < leastDPI {
		return 0, fail(bundle.CodeTooLarge, fmt.Sprintf("页面尺寸太大（%.0f × %.0f 厘米）。请按 A4 或 A3 重新扫描。", w*2.54, h*2.54), nil)
	}
	return min(dpi, most), nil
}

// scanDPI is the resolution of the finest large picture on a page that shows
// pictures only, else 0.
func scanDPI(pdf pdfium.Pdfium, page requests.Page) float64 {
	objects, err := pdf.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil || objects.Count > 2000 {
		return 0
	}
	best := 0.0
	for i := range objects.Count {
		obj, err := pdf.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: i})
		if err != nil {
			return 0
		}
		typ, err := pdf.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: obj.PageObject})
		if err != nil {
			return 0
		}
		switch typ.Type {
		case enums.FPDF_PAGEOBJ_IMAGE:
			px, err := pdf.FPDFImageObj_GetImagePixelSize(&requests.FPDFImageObj_GetImagePixelSize{ImageObject: obj.PageObject})
			if err != nil {
				return 0
			}
			b, err := pdf.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: obj.PageObject})
			if err != nil {
				return 0
			}
			w, h := float64(b.Right-b.Left)/72, float64(b.Top-b.Bottom)/72
			if w < 1 || h <= 0 {
				continue
			}
			// The square root evens out a picture that lies on its side.
			best = max(best, math.Sqrt(float64(px.Width)*float64(px.Height)/(w*h)))
		case enums.FPDF_PAGEOBJ_TEXT:
			mode, err := pdf.FPDFTextObj_GetTextRenderMode(&requests.FPDFTextObj_GetTextRenderMode{PageObject: obj.PageObject})
			if err != nil || mode.TextRenderMode != enums.FPDF_TEXTRENDERMODE_INVISIBLE {
				return 0
			}
		default:
			return 0
		}
	}
	return best
}
