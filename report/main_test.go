package report_test

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"

	"sealdesk/pipeline/page"
)

var renderer *page.Renderer

func TestMain(m *testing.M) {
	renderer = page.NewRenderer(1)
	status := m.Run()
	if err := renderer.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// reader reads the text of PDFs.
var reader = sync.OnceValues(func() (pdfium.Pdfium, error) {
	pool, err := webassembly.Init(webassembly.Config{MaxTotal: 1})
	if err != nil {
		return nil, err
	}
	return pool.GetInstance(time.Minute)
})

// texts are what a person copies from each page of a PDF.
func texts(t *testing.T, pdf []byte) []string {
	t.Helper()
	p, err := reader()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := p.OpenDocument(&requests.OpenDocument{File: &pdf})
	if err != nil {
		t.Fatal(err)
	}
	defer p.FPDF_CloseDocument(&requests.FPDF_CloseDocument{Document: doc.Document})
	count, err := p.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range count.PageCount {
		text, err := p.GetPageText(&requests.GetPageText{Page: requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: i}}})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text.Text)
	}
	return all
}

// pictures draws the first pages of a PDF, most at most.
func pictures(t *testing.T, pdf []byte, most int) []*page.Image {
	t.Helper()
	src, err := page.Open(t.Context(), "made.pdf", bytes.NewReader(pdf), int64(len(pdf)), page.Options{Renderer: renderer})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var all []*page.Image
	for n := range min(src.Pages(), most) {
		m, err := src.Page(t.Context(), n+1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}
