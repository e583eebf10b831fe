package report_test

import (
	"bytes"
	"os"
	"testing"

	"sealdesk/pipeline/page"
)

var renderer *page.Renderer

func TestMain(m *testing.M) {
	renderer = page.NewRenderer(1)
	status := m.Run()
	if err := renderer.Close(); err != nil {
		status = 1
	}
	os.Exit(status)
}

// pictures draws the pages of a PDF.
func pictures(t *testing.T, pdf []byte) []*page.Image {
	t.Helper()
	src, err := page.Open(t.Context(), "made.pdf", bytes.NewReader(pdf), int64(len(pdf)), page.Options{Renderer: renderer})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var all []*page.Image
	for n := range src.Pages() {
		m, err := src.Page(t.Context(), n+1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}
