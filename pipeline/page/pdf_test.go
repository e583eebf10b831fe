package page

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"sealdesk/bundle"
)

// pdfPage is a page to write: its page dictionary's extra entries, its content
// and its one picture (dictionary entries and bytes).
type pdfPage struct {
	entries, content string
	picture          string
	data             []byte
}

// writePDF makes a PDF with a correct cross-reference table.
func writePDF(pages ...pdfPage) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.5\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 3+3*i)
	}
	object("<< /Type /Pages /Kids [%s] /Count %d >>", kids.String(), len(pages))
	for i, p := range pages {
		entries := p.entries
		if !strings.Contains(entries, "/MediaBox") {
			entries += " /MediaBox [0 0 595 842]"
		}
		object("<< /Type /Page /Parent 2 0 R %s /Resources << /XObject << /I %d 0 R >> /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Contents %d 0 R >>", entries, 5+3*i, 4+3*i)
		object("<< /Length %d >>\nstream\n%s\nendstream", len(p.content), p.content)
		object("<< /Type /XObject /Subtype /Image %s /Length %d >>\nstream\n%s\nendstream", p.picture, len(p.data), p.data)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

const (
	wholePage  = "q 595 0 0 842 0 0 cm /I Do Q"
	grayFlate  = "/Width 60 /Height 84 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
	hiddenText = " BT /F 12 Tf 3 Tr 100 100 Td (OCR) Tj ET"
)

func flatePage(entries, content string) pdfPage {
	return pdfPage{entries, content, grayFlate, deflate(quadrants(60, 84).Pix)}
}

// noRenderer is a renderer that fails, to see that a page did not need one.
func noRenderer() *Renderer {
	r := NewRenderer(1)
	r.Close()
	return r
}

func TestPDFScans(t *testing.T) {
	jpg := encodeJPEG(t, quadrants(240, 336))
	bits := bytes.Repeat([]byte{0x00, 0xff}, 16)
	for _, tc := range []struct {
		name    string
		page    pdfPage
		corners [4]int
		w       int
	}{
		{"JPEG", pdfPage{"", wholePage, "/Width 240 /Height 336 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode", jpg}, asScanned, 240},
		{"packed JPEG", pdfPage{"", wholePage, "/Width 240 /Height 336 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter [/FlateDecode /DCTDecode]", deflate(jpg)}, asScanned, 240},
		{"samples", flatePage("", wholePage), asScanned, 60},
		{"two levels", pdfPage{"", wholePage, "/Width 16 /Height 16 /ColorSpace /DeviceGray /BitsPerComponent 1", bits}, [4]int{0, 260, 0, 260}, 16},
		{"two levels, inverted", pdfPage{"", wholePage, "/Width 16 /Height 16 /ColorSpace /DeviceGray /BitsPerComponent 1 /Decode [1 0]", bits}, [4]int{260, 0, 260, 0}, 16},
		{"Group 4", pdfPage{"", wholePage, "/Width 16 /Height 16 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 16 /Rows 16 >>", fourGroup()}, [4]int{260, 0, 260, 0}, 16},
		{"Group 4, black is 1", pdfPage{"", wholePage, "/Width 16 /Height 16 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 16 /Rows 16 /BlackIs1 true >>", fourGroup()}, [4]int{0, 260, 0, 260}, 16},
		{"turned page", flatePage("/Rotate 90", wholePage), oriented[6], 84},
		{"turned back", flatePage("/Rotate -90", wholePage), oriented[8], 84},
		{"upside down", flatePage("/Rotate 180", wholePage), oriented[3], 60},
		{"flipped by its matrix", flatePage("", "595 0 0 -842 0 842 cm /I Do"), oriented[4], 60},
		{"turned by its matrix", flatePage("/MediaBox [0 0 842 595]", "0 595 -842 0 842 0 cm /I Do"), oriented[8], 84},
		{"turned by both", flatePage("/Rotate 90 /MediaBox [0 0 842 595]", "0 595 -842 0 842 0 cm /I Do"), asScanned, 60},
		{"clipped to the page", flatePage("", "q 0 0 595 842 re W n 595 0 0 842 0 0 cm /I Do Q"), asScanned, 60},
		{"hidden text", flatePage("", wholePage+hiddenText), asScanned, 60},
		{"over a white ground", flatePage("", "1 1 1 rg 0 0 595 842 re f "+wholePage), asScanned, 60},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := onePage(t, writePDF(tc.page), 1, Options{Renderer: noRenderer()})
			if got := corners(m); got != tc.corners || m.W != tc.w {
				t.Errorf("quarters %v, width %d; want %v, %d", got, m.W, tc.corners, tc.w)
			}
		})
	}
}

func TestPDFResolution(t *testing.T) {
	page := pdfPage{"", wholePage, "/Width 1240 /Height 1754 /ColorSpace /DeviceGray /BitsPerComponent 8", bytes.Repeat([]byte{255}, 1240*1754)}
	if m := onePage(t, writePDF(page), 1, Options{}); m.DPI < 149.5 || m.DPI > 150.5 {
		t.Errorf("%g dpi, want 150", m.DPI)
	}
}

// TestPDFDrawn draws pages that are not one plain picture. It starts the
// sandbox, so all of it shares one.
func TestPDFDrawn(t *testing.T) {
	r := NewRenderer(2)
	defer r.Close()
	opts := Options{Renderer: r}
	black := "0 0 0 rg 0 0 298 421 re f"
	data := writePDF(
		flatePage("/Rotate 90", black),                   // bottom left quarter
		flatePage("", wholePage+" "+black),               // drawn over the scan
		flatePage("", "0.5 0 0 0.5 0 0 cm "+wholePage),   // a quarter of the page
		flatePage("/CropBox [0 0 297.5 421]", wholePage), // bottom left quarter of the scan
		flatePage("/MediaBox [0 0 14400 14400]", "0 0 14400 14400 re S"),
		pdfPage{"", wholePage, "/Width 60 /Height 84 /ColorSpace [/Indexed /DeviceRGB 1 <ff0000 0000ff>] /BitsPerComponent 1", bytes.Repeat([]byte{0x0f}, 8*84)},
		pdfPage{"", wholePage, "/Width 16 /Height 16 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JBIG2Decode", jbig2()},
		pdfPage{"", wholePage, "/Width 60 /Height 84 /Filter /JPXDecode", jpeg2000(t)},
	)
	src, err := openBytes(data, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	page := func(n int) *Image {
		m, err := src.Page(ctx, n)
		if err != nil {
			t.Fatalf("page %d: %v", n, err)
		}
		return m
	}
	if m := page(1); corners(m) != [4]int{0, 260, 260, 260} || m.DPI != 300 || m.W != 3508 {
		t.Errorf("vectors: quarters %v, %g dpi, width %d", corners(m), m.DPI, m.W)
	}
	if m := page(2); corners(m) != [4]int{40, 100, 0, 220} {
		t.Errorf("drawn over: quarters %v", corners(m))
	}
	if m := page(3); corners(m)[0] != 260 || m.G[m.H*9/10*m.W+m.W/10] > 170 {
		t.Errorf("small picture: quarters %v", corners(m))
	}
	if m := page(4); corners(m) != [4]int{160, 160, 160, 160} {
		t.Errorf("cropped: quarters %v", corners(m))
	}
	_, err = src.Page(ctx, 5)
	wantCode(t, err, bundle.CodeTooLarge)
	if m := page(6); !m.Color {
		t.Error("indexed colours came out gray")
	}
	if m := page(7); corners(m) != [4]int{260, 0, 260, 0} {
		t.Errorf("JBIG2: quarters %v", corners(m))
	}
	if m := page(8); corners(m) != asScanned {
		t.Errorf("JPEG 2000: quarters %v", corners(m))
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := r.page(stopped, src.(*pdfFile).file, 1, opts.withDefaults()); err == nil {
		t.Error("a cancelled page was drawn")
	}
	if m := page(1); m.W != 3508 {
		t.Error("the renderer does not work any more after a cancelled page")
	}
	if err := src.Close(); err != nil {
		t.Errorf("close: %v", err)
	}

	// pdfcpu wants a page count, PDFium goes without.
	odd := bytes.Replace(data, []byte("/Count 8"), []byte("        "), 1)
	_, err = openBytes(odd, Options{Renderer: noRenderer()})
	wantCode(t, err, bundle.CodeInternal)
	if m := onePage(t, odd, 2, opts); corners(m) != [4]int{40, 100, 0, 220} {
		t.Errorf("a PDF that only PDFium reads: quarters %v", corners(m))
	}
}

func TestPDFRefused(t *testing.T) {
	scan := flatePage("", wholePage)
	whole := writePDF(scan, scan, scan)
	var locked bytes.Buffer
	conf := model.NewAESConfiguration("秘密", "秘密", 256)
	disableConfig()
	if err := api.Encrypt(bytes.NewReader(whole), &locked, conf); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		data []byte
		opts Options
		code bundle.Code
	}{
		{"cut short", whole[:len(whole)*2/3], Options{}, bundle.CodeDamaged},
		{"no pages", writePDF(), Options{}, bundle.CodeNoPages},
		{"password", locked.Bytes(), Options{}, bundle.CodeEncrypted},
		{"too many pages", whole, Options{MaxPages: 2}, bundle.CodeTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := openBytes(tc.data, tc.opts)
			wantCode(t, err, tc.code)
		})
	}
}

func TestPDFBadPageAmongGood(t *testing.T) {
	bomb := flatePage("", wholePage)
	bomb.picture = strings.Replace(bomb.picture, "/Width 60 /Height 84", "/Width 20000 /Height 20000", 1)
	// It declares a small picture but unpacks to far more.
	swollen := flatePage("", wholePage)
	swollen.data = deflate(make([]byte, 64<<20))
	broken := pdfPage{"", wholePage, "/Width 240 /Height 336 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode", encodeJPEG(t, quadrants(240, 336))[:900]}
	src, err := openBytes(writePDF(flatePage("", wholePage), bomb, swollen, broken, flatePage("", wholePage)), Options{Renderer: noRenderer()})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, n := range []int{1, 5} {
		if _, err := src.Page(ctx, n); err != nil {
			t.Errorf("page %d: %v", n, err)
		}
	}
	for n, code := range map[int]bundle.Code{2: bundle.CodeTooLarge, 3: bundle.CodeDamaged, 4: bundle.CodeDamaged} {
		_, err := src.Page(ctx, n)
		wantCode(t, err, code)
	}
}

func TestOnlyPicture(t *testing.T) {
	for _, tc := range []struct {
		content string
		want    bool
	}{
		{wholePage, true},
		{"% a comment\n/Artifact <</A [1 (x\\)) <</B 2>>]>> BDC " + wholePage + " EMC", true},
		{wholePage + hiddenText, true},
		{wholePage + " BT (seen) Tj ET", false},
		{wholePage + " " + wholePage, false},
		{wholePage + " 0 0 10 10 re f", false},
		{"/I Do /Other Do", false},
		{"q 0 0 100 100 re W n " + wholePage + " Q", false},
		{"q 0 0 m 100 100 l 0 100 l W n " + wholePage + " Q", false},
		{"/OC /Layer BDC " + wholePage + " EMC", false},
		{"BI /W 1 /H 1 ID x EI", false},
		{"(", false},
		{"", false},
	} {
		_, got := onlyPicture([]byte(tc.content), func(name string) bool { return name == "I" })
		if got != tc.want {
			t.Errorf("%q: %v, want %v", tc.content, got, tc.want)
		}
	}
}

func FuzzContent(f *testing.F) {
	f.Add([]byte(wholePage + hiddenText))
	f.Add([]byte("q [(a) <</B (c\\)>>] TJ <0a> ' 1 Tr W n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, ok := onlyPicture(data, func(string) bool { return true }); ok && p.name == "" {
			t.Error("a picture without a name")
		}
		if seen := WithoutHidden(data); len(seen) > len(data) {
			t.Error("more is seen than there is")
		}
	})
}

func FuzzPDF(f *testing.F) {
	f.Add(writePDF(flatePage("/Rotate 90", wholePage)))
	f.Add(writePDF(pdfPage{"", wholePage, "/Width 16 /Height 16 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 16 >>", fourGroup()}))
	f.Add(writePDF())
	ctx := context.Background()
	r := noRenderer() // the sandbox is PDFium's, and too slow to fuzz
	f.Fuzz(func(t *testing.T, data []byte) {
		src, err := openBytes(data, Options{MaxPixels: 1 << 20, MaxPages: 20, Renderer: r})
		var be *bundle.Error
		if err != nil {
			if !errors.As(err, &be) {
				t.Fatalf("not a *bundle.Error: %v", err)
			}
			return
		}
		defer src.Close()
		for n := 1; n <= src.Pages(); n++ {
			if _, err := src.Page(ctx, n); err != nil && !errors.As(err, &be) {
				t.Fatalf("not a *bundle.Error: %v", err)
			}
		}
	})
}
