package page

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"sealdesk/bundle"
)

// Document gives a scan as a PDF document, to be taken apart and written anew: a PDF as
// its objects, with the bytes of its streams as they are; of a TIFF, JPEG or PNG, a page
// for each picture, which stays packed as it is in the file wherever a PDF can hold that
// (JPEG, fax in one strip, plain PNG), and is packed anew without loss elsewhere. Page n of it
// shows just what [Source.Page] decodes. It reads the whole file into memory. Errors are
// those of [Open]; of a PDF that only PDFium can read, or of more than 256 MiB,
// a *bundle.Error with bundle.CodeUnsupported or bundle.CodeTooLarge.
func Document(ctx context.Context, f File, opts Options) (doc *model.Context, err error) {
	defer rescue(ctx, f.Name, &err)
	src, err := Open(ctx, f.Name, f.Data, f.Size, opts)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if f.Size > maxParsed {
		return nil, fail(bundle.CodeTooLarge, fmt.Sprintf("文件太大（超过 %d MB），不能做成可检索的 PDF。请把它分成几份。", maxParsed>>20), nil)
	}
	if p, ok := src.(*pdfFile); ok {
		if p.doc == nil {
			return nil, fail(bundle.CodeUnsupported, "这个 PDF 不合规范，只能查看，不能加上文字层。请用 PDF 软件另存一次，再重新上传。", nil)
		}
		return p.doc, nil
	}
	return wrap(ctx, src)
}

// packedPage is a page to be made of pictures as they are packed.
type packedPage struct {
	w, h        float64 // as the pictures lie, in points
	orientation int     // EXIF's
	pictures    []packedPicture
}

// packedPicture is a picture that a PDF can hold as it is. It stands on a sheet from row
// top to row bottom, as fractions of the sheet, over the full width.
type packedPicture struct {
	top, bottom float64
	w, h        int
	bits        int
	colours     types.Object
	filter      string
	parms       types.Dict
	inverted    bool
	data        []byte
}

// packer is a source that can give its pages packed; nil is a page of which it cannot.
type packer interface {
	packed(ctx context.Context, n int) (*packedPage, error)
}

// wrap makes a PDF of the pictures of a source.
func wrap(ctx context.Context, src Source) (*model.Context, error) {
	disableConfig()
	doc, err := pdfcpu.CreateContextWithXRefTable(model.NewDefaultConfiguration(), types.PaperSize["A4"])
	if err != nil {
		return nil, fmt.Errorf("make a PDF: %w", err)
	}
	root, err := doc.Pages()
	if err != nil {
		return nil, fmt.Errorf("make a PDF: %w", err)
	}
	tree, err := doc.DereferenceDict(*root)
	if err != nil {
		return nil, fmt.Errorf("make a PDF: %w", err)
	}
	for n := 1; n <= src.Pages(); n++ {
		var s *packedPage
		if p, ok := src.(packer); ok {
			if s, err = p.packed(ctx, n); err != nil {
				return nil, err
			}
		}
		if s == nil {
			if s, err = unpacked(ctx, src, n); err != nil {
				return nil, err
			}
		}
		ref, err := s.addTo(doc, *root)
		if err != nil {
			return nil, fmt.Errorf("put page %d into a PDF: %w", n, err)
		}
		if err := model.AppendPageTree(ref, 1, tree); err != nil {
			return nil, fmt.Errorf("put page %d into a PDF: %w", n, err)
		}
	}
	doc.PageCount = src.Pages()
	return doc, nil
}

// unpacked is a page whose pixels are packed anew, without loss; a page that cannot be
// decoded is empty, so that those behind it keep their numbers.
func unpacked(ctx context.Context, src Source, n int) (*packedPage, error) {
	m, err := src.Page(ctx, n)
	var bad *bundle.Error
	if errors.As(err, &bad) {
		return newPackedPage(1240, 1754, 150, 150, 1), nil // A4, and nothing on it
	}
	if err != nil {
		return nil, err
	}
	p := packedPicture{bottom: 1, w: m.W, h: m.H, bits: 8, colours: types.Name("DeviceGray"), filter: filter.Flate}
	var samples []byte
	switch {
	case m.Color:
		p.colours = types.Name("DeviceRGB")
		samples = make([]byte, 0, 3*m.W*m.H)
		for i := range m.W * m.H {
			samples = append(samples, m.R[i], m.G[i], m.B[i])
		}
	case m.Bilevel:
		p.bits = 1
		row := (m.W + 7) / 8
		samples = make([]byte, row*m.H)
		for i, v := range m.G[:m.W*m.H] {
			samples[i/m.W*row+i%m.W/8] |= v >> 7 << (7 - i%m.W%8)
		}
	default:
		samples = m.G[:m.W*m.H]
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(samples); err != nil {
		return nil, fmt.Errorf("pack page %d: %w", n, err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack page %d: %w", n, err)
	}
	p.data = b.Bytes()
	return newPackedPage(m.W, m.H, m.DPI, m.DPI, 1, p), nil
}

// newPackedPage is a sheet of so many pixels, at the resolution that the file tells.
func newPackedPage(w, h int, x, y float64, orientation int, pictures ...packedPicture) *packedPage {
	declared := x > 0 && y > 0 && x < 10000 && y < 10000
	if !declared || x < y*1.15 && y < x*1.15 {
		x = plausibleDPI(w, h, (x+y)/2)
		y = x
	}
	return &packedPage{w: float64(w) / x * 72, h: float64(h) / y * 72, orientation: orientation, pictures: pictures}
}

// addTo puts a sheet into a document as a page.
func (s *packedPage) addTo(doc *model.Context, parent types.IndirectRef) (*types.IndirectRef, error) {
	w, h := s.w, s.h
	if s.orientation >= 5 {
		w, h = h, w
	}
	pictures := types.Dict{}
	var content bytes.Buffer
	for i, p := range s.pictures {
		ref, err := doc.IndRefForNewObject(p.stream())
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("Im%d", i)
		pictures[name] = *ref
		x0, y0 := s.place(0, p.bottom)
		x1, y1 := s.place(1, p.bottom)
		x2, y2 := s.place(0, p.top)
		fmt.Fprintf(&content, "q %.5f %.5f %.5f %.5f %.5f %.5f cm /%s Do Q\n",
			(x1-x0)*w, (y1-y0)*h, (x2-x0)*w, (y2-y0)*h, x0*w, y0*h, name)
	}
	shown, err := doc.NewStreamDictForBuf(content.Bytes())
	if err != nil {
		return nil, err
	}
	if err := shown.Encode(); err != nil {
		return nil, err
	}
	contents, err := doc.IndRefForNewObject(*shown)
	if err != nil {
		return nil, err
	}
	return doc.IndRefForNewObject(types.Dict{
		"Type": types.Name("Page"), "Parent": parent,
		"MediaBox":  types.RectForDim(w, h).Array(),
		"Resources": types.Dict{"XObject": pictures},
		"Contents":  *contents,
	})
}

// place is where a point of the sheet as it lies (fractions, from the top left) is shown
// on the page (fractions, from the bottom left), by the EXIF orientation.
func (s *packedPage) place(u, v float64) (x, y float64) {
	switch s.orientation {
	case 2:
		u = 1 - u
	case 3:
		u, v = 1-u, 1-v
	case 4:
		v = 1 - v
	case 5:
		u, v = v, u
	case 6:
		u, v = 1-v, u
	case 7:
		u, v = 1-v, 1-u
	case 8:
		u, v = v, 1-u
	}
	return u, 1 - v
}

// stream is the picture as an object of a PDF.
func (p *packedPicture) stream() types.StreamDict {
	d := types.Dict{
		"Type": types.Name("XObject"), "Subtype": types.Name("Image"),
		"Width": types.Integer(p.w), "Height": types.Integer(p.h),
		"BitsPerComponent": types.Integer(p.bits), "ColorSpace": p.colours,
		"Filter": types.Name(p.filter), "Length": types.Integer(len(p.data)),
	}
	if p.parms != nil {
		d["DecodeParms"] = p.parms
	}
	if p.inverted {
		d["Decode"] = types.Array{types.Integer(1), types.Integer(0)}
	}
	length := int64(len(p.data))
	return types.StreamDict{
		Dict: d, Raw: p.data, StreamLength: &length,
		FilterPipeline: []types.PDFFilter{{Name: p.filter, DecodeParms: p.parms}},
	}
}

// readAll reads a whole file.
func readAll(ctx context.Context, file *io.SectionReader) ([]byte, error) {
	data := make([]byte, file.Size())
	_, err := io.ReadFull(contextReader{ctx, io.NewSectionReader(file, 0, file.Size())}, data)
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return data, nil
}
