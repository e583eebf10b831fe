package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"sealdesk/bundle"
)

// maxParsed is the largest PDF that pdfcpu parses: it holds the whole file in
// memory. Larger ones are read piecemeal by the renderer alone.
const maxParsed = 256 << 20

// disableConfig keeps pdfcpu from writing a configuration into the home directory.
var disableConfig = sync.OnceFunc(api.DisableConfigDir)

// pdfFile is a PDF. doc is nil when only the renderer can read it.
type pdfFile struct {
	file  *io.SectionReader
	opts  Options
	pages int

	mu  sync.Mutex // guards doc, which even looking things up changes
	doc *model.Context

	renderMu  sync.Mutex // guards the making of renderer
	renderer  *Renderer
	ownRender bool
}

func openPDF(ctx context.Context, file *io.SectionReader, opts Options) (Source, error) {
	p := &pdfFile{file: file, opts: opts, renderer: opts.Renderer}
	if !hasEnd(file) {
		return nil, fail(bundle.CodeDamaged, "PDF 文件不完整（后半部分缺失），可能传送中断了。请重新扫描，或重新复制完整的文件后上传。", errors.New("no end-of-file mark"))
	}
	parseErr := errors.New("too large to be parsed in memory")
	if file.Size() <= maxParsed {
		parseErr = p.parse(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if parseErr != nil {
		if err := encrypted(parseErr); err != nil {
			return nil, err
		}
		// Scanners write PDFs that break the rules; the renderer forgives more.
		n, err := p.render().count(ctx, file)
		if err != nil {
			p.Close()
			if enc := encrypted(err); enc != nil {
				return nil, enc
			}
			var be *bundle.Error
			if errors.As(err, &be) {
				return nil, err
			}
			return nil, damaged(errors.Join(parseErr, err))
		}
		p.pages = n
	}
	switch {
	case p.pages <= 0:
		p.Close()
		return nil, noPages(parseErr)
	case p.pages > opts.MaxPages:
		p.Close()
		return nil, tooManyPages(opts)
	}
	return p, nil
}

// hasEnd says whether the end-of-file mark stands near the end, where anything
// may follow it: a file cut short has none, though it can often be repaired
// into a few of its pages.
func hasEnd(file *io.SectionReader) bool {
	tail := make([]byte, min(file.Size(), 64<<10))
	if _, err := file.ReadAt(tail, file.Size()-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	return bytes.Contains(tail, []byte("%%EOF"))
}

func encrypted(err error) error {
	if errors.Is(err, pdfcpu.ErrWrongPassword) || errors.Is(err, errNeedsPassword) || errors.Is(err, pdfcpu.ErrUnsupportedEncryptionFeature) {
		return fail(bundle.CodeEncrypted, "PDF 设有打开密码，无法读取。请取消密码保护后重新上传。", err)
	}
	return nil
}

// parse reads the PDF's objects; no picture is decoded.
func (p *pdfFile) parse(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("parse PDF: %v", r)
		}
	}()
	disableConfig()
	conf := model.NewDefaultConfiguration()
	conf.Offline = true
	conf.DecodeAllStreams = false
	conf.ValidationMode = model.ValidationRelaxed
	conf.Limits.MaxDecodeBytes = 96 << 20
	conf.Limits.MaxImagePixels = int64(p.opts.MaxPixels)
	doc, err := pdfcpu.ReadWithContext(ctx, io.NewSectionReader(p.file, 0, p.file.Size()), conf)
	if err != nil {
		return fmt.Errorf("parse PDF: %w", err)
	}
	if err := doc.EnsurePageCount(); err != nil {
		return fmt.Errorf("count PDF pages: %w", err)
	}
	p.doc, p.pages = doc, doc.PageCount
	return nil
}

func (p *pdfFile) Pages() int { return p.pages }

func (p *pdfFile) Close() error {
	p.renderMu.Lock()
	defer p.renderMu.Unlock()
	if p.ownRender {
		p.ownRender = false
		return p.renderer.Close()
	}
	return nil
}

// render is the renderer that was lent, or the file's own.
func (p *pdfFile) render() *Renderer {
	p.renderMu.Lock()
	defer p.renderMu.Unlock()
	if p.renderer == nil {
		p.renderer, p.ownRender = NewRenderer(1), true
	}
	return p.renderer
}

func (p *pdfFile) Page(ctx context.Context, n int) (m *Image, err error) {
	defer rescue(ctx, "PDF page", &err)
	if n < 1 || n > p.pages {
		return nil, noSuchPage(n)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	scan, err := p.findScan(n)
	if err != nil {
		return nil, err
	}
	if scan != nil {
		m, err := scan.decode(ctx, p.opts)
		if !errors.Is(err, errNotPlain) {
			if err != nil && ctx.Err() == nil {
				var be *bundle.Error
				if !errors.As(err, &be) {
					err = damagedPage(n, err)
				}
			}
			return m, err
		}
	}
	m, err = p.render().page(ctx, p.file, n, p.opts)
	if enc := encrypted(err); enc != nil {
		return nil, enc
	}
	if err != nil {
		var be *bundle.Error
		if errors.As(err, &be) || ctx.Err() != nil {
			return nil, err
		}
		return nil, damagedPage(n, err)
	}
	return m, nil
}

// pdfScan is the one picture that a page is.
type pdfScan struct {
	stream      types.StreamDict
	w, h        int
	components  int
	inverted    bool // 0 is white
	orientation int  // EXIF's, of the picture as placed and the page as turned
	dpiX, dpiY  float64
}

// errNotPlain says that a picture is of a kind that the renderer should draw.
var errNotPlain = errors.New("not a plain picture")

// findScan gives the page's picture if the page is exactly that; nil when the
// page must be drawn. A picture declared larger than the limit is an error.
func (p *pdfFile) findScan(n int) (scan *pdfScan, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doc == nil {
		return nil, nil
	}
	defer func() {
		if r := recover(); r != nil {
			scan, err = nil, nil
		}
	}()
	page, _, inherited, err := p.doc.PageDict(n, false)
	if err != nil {
		return nil, nil
	}
	resources := p.resources(page)
	images := p.images(resources)
	for _, im := range images {
		if w, h := p.integer(im.Dict, "Width"), p.integer(im.Dict, "Height"); w > 0 && h > 0 {
			if err := checkPixels(w, h, p.opts); err != nil {
				return nil, err
			}
		}
	}
	if p.annotated(page) || page["UserUnit"] != nil {
		return nil, nil
	}
	content, err := p.doc.PageContent(page, n)
	if err != nil {
		return nil, nil
	}
	placed, ok := onlyPicture(content, func(name string) bool { return images[name] != nil })
	if !ok {
		return nil, nil
	}
	box := inherited.CropBox
	if box == nil {
		box = inherited.MediaBox
	}
	if box == nil || !fills(placed.ctm, box) {
		return nil, nil
	}
	return p.describe(images[placed.name], placed.ctm, inherited.Rotate), nil
}

// fills says whether the unit square under the matrix is the box, to 0.5 %.
func fills(m matrix, box *types.Rectangle) bool {
	o := m.orientation()
	if o == 0 {
		return false
	}
	x0, y0, x1, y1 := m.bounds()
	w, h := box.UR.X-box.LL.X, box.UR.Y-box.LL.Y
	near := func(a, b, scale float64) bool { return math.Abs(a-b) <= 0.005*scale }
	return w > 0 && h > 0 && near(x0, box.LL.X, w) && near(x1, box.UR.X, w) && near(y0, box.LL.Y, h) && near(y1, box.UR.Y, h)
}

// describe collects what is needed to decode the picture outside the lock, or
// nil when it is not plain.
func (p *pdfFile) describe(im *types.StreamDict, ctm matrix, rotate int) *pdfScan {
	if im == nil {
		return nil
	}
	for _, key := range []string{"SMask", "Mask", "OC"} {
		if im.Dict[key] != nil {
			return nil
		}
	}
	if mask := im.BooleanEntry("ImageMask"); mask != nil && *mask {
		return nil
	}
	components, err := pdfcpu.ColorSpaceComponents(p.doc.XRefTable, im)
	if err != nil || components != 1 && components != 3 || !p.plainColour(im) {
		return nil
	}
	s := &pdfScan{stream: *im, w: p.integer(im.Dict, "Width"), h: p.integer(im.Dict, "Height"), components: components}
	if decode, ok := im.Dict["Decode"]; ok {
		a, err := p.doc.DereferenceArray(decode)
		if err != nil {
			return nil
		}
		for i, v := range a {
			x, err := p.doc.DereferenceNumber(v)
			if err != nil || x != 0 && x != 1 {
				return nil
			}
			inverted := x == float64((i+1)%2)
			if i > 0 && inverted != s.inverted {
				return nil
			}
			s.inverted = inverted
		}
	}
	s.orientation = composeTurn(ctm.orientation(), rotate)
	x0, y0, x1, y1 := ctm.bounds()
	across, down := (x1-x0)/72, (y1-y0)/72
	if ctm.orientation() >= 5 {
		across, down = down, across
	}
	if across > 0 && down > 0 {
		s.dpiX, s.dpiY = float64(s.w)/across, float64(s.h)/down
	}
	return s
}

// plainColour says whether samples are gray or red, green and blue as they stand.
func (p *pdfFile) plainColour(im *types.StreamDict) bool {
	o, err := p.doc.Dereference(im.Dict["ColorSpace"])
	if err != nil {
		return false
	}
	if a, ok := o.(types.Array); ok && len(a) > 0 {
		if o, err = p.doc.Dereference(a[0]); err != nil {
			return false
		}
	}
	name, _ := o.(types.Name)
	switch name {
	case "DeviceGray", "DeviceRGB", "CalGray", "CalRGB", "ICCBased":
		return true
	}
	return false
}

func (p *pdfFile) integer(d types.Dict, key string) int {
	if v, err := p.doc.DereferenceInteger(d[key]); err == nil && v != nil {
		return v.Value()
	}
	return 0
}

// resources are the page's own, or those of the nearest node above it.
func (p *pdfFile) resources(node types.Dict) types.Dict {
	for range 50 {
		if node == nil {
			return nil
		}
		if o, ok := node["Resources"]; ok {
			d, _ := p.doc.DereferenceDict(o)
			return d
		}
		node, _ = p.doc.DereferenceDict(node["Parent"])
	}
	return nil
}

// images are the page's picture objects by resource name.
func (p *pdfFile) images(resources types.Dict) map[string]*types.StreamDict {
	found := map[string]*types.StreamDict{}
	objects, err := p.doc.DereferenceDict(resources["XObject"])
	if err != nil {
		return found
	}
	for name, o := range objects {
		sd, _, err := p.doc.DereferenceStreamDict(o)
		if err == nil && sd != nil && sd.Subtype() != nil && *sd.Subtype() == "Image" {
			found[name] = sd
		}
	}
	return found
}

// annotated says whether the page carries anything drawn on top: electronic
// seals and comments are annotations.
func (p *pdfFile) annotated(page types.Dict) bool {
	o, ok := page["Annots"]
	if !ok {
		return false
	}
	a, err := p.doc.DereferenceArray(o)
	if err != nil {
		return true
	}
	for _, v := range a {
		d, err := p.doc.DereferenceDict(v)
		if err != nil {
			return true
		}
		if st := d.Subtype(); d != nil && (st == nil || *st != "Link" && *st != "Popup") {
			return true
		}
	}
	return false
}

// filters are the names of the stream's filters, in order.
func (s *pdfScan) filters() []string {
	var names []string
	for _, f := range s.stream.FilterPipeline {
		names = append(names, f.Name)
	}
	return names
}

// decodedStream undoes all filters but a closing picture filter.
func (s *pdfScan) decodedStream(limit int64) ([]byte, error) {
	sd := s.stream
	sd.Content = nil
	if err := sd.DecodeWithLimit(limit); err != nil {
		if errors.Is(err, filter.ErrUnsupportedFilter) {
			return nil, errNotPlain
		}
		return nil, fmt.Errorf("PDF picture: %w", err)
	}
	return sd.Content, nil
}
