// Package searchable makes of a bundle's originals one PDF in which its text can be found
// and copied: the pages as they were scanned, their pictures byte for byte as they are
// packed in the files, and below each the text that was read on it, which nobody sees.
//
// It reads no text and keeps nothing: the lines, how each page lies and which pages there
// are in which order come from the caller. Of a PDF it takes over what its pages show and
// no more; actions, forms, attachments and metadata stay behind.
package searchable

import (
	"context"
	"fmt"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"sealdesk/bundle"
	"sealdesk/pipeline/page"
)

// Page is one page of the PDF to be made.
type Page struct {
	// Number is the page's of the originals, from 1, counted through all files.
	Number int
	// Rotation, clockwise in degrees (0, 90, 180, 270), makes the page as it was scanned
	// upright, and Skew is how far its content is then turned, as in bundle.PageInfo.
	Rotation int
	Skew     float64
	// Lines are the text on it, in the order in which it is copied.
	Lines []Line
}

// Line is a line of text and where it stands on the upright, straightened page.
type Line struct {
	Text string
	Box  bundle.Box
}

// ErrNoPages is that there is no page to be shown.
var ErrNoPages = &bundle.Error{Code: bundle.CodeEmpty, Message: "这份材料的页都去掉了，没有可以放进 PDF 的页。请先在“整理页面”里放回要留下的页。"}

// Write writes the PDF of these pages of the files, which together are the originals. All
// originals are in memory meanwhile. Errors are *bundle.Error, with a sentence, where an
// original cannot be taken apart (see [page.Document]) and for ErrNoPages, or those of w.
func Write(ctx context.Context, w io.Writer, files []page.File, pages []Page, opts page.Options) error {
	if len(pages) == 0 {
		return ErrNoPages
	}
	var sources []*transplant
	made, err := pdfcpu.CreateContextWithXRefTable(configuration(), types.PaperSize["A4"])
	if err != nil {
		return fmt.Errorf("make a PDF: %w", err)
	}
	for _, f := range files {
		doc, err := page.Document(ctx, f, opts)
		if err != nil {
			return fmt.Errorf("take %s apart: %w", f.Name, err)
		}
		sources = append(sources, newTransplant(doc, made))
	}
	root, err := made.Pages()
	if err != nil {
		return fmt.Errorf("make a PDF: %w", err)
	}
	tree, err := made.DereferenceDict(*root)
	if err != nil {
		return fmt.Errorf("make a PDF: %w", err)
	}
	font := newFont()
	fontRef, err := font.reserve(made)
	if err != nil {
		return fmt.Errorf("make a PDF: %w", err)
	}
	for _, p := range pages {
		if err := ctx.Err(); err != nil {
			return err
		}
		source, n := find(sources, p.Number)
		if source == nil {
			return fmt.Errorf("page %d: %w", p.Number, model.ErrPageNotFound)
		}
		d, err := source.page(n)
		if err != nil {
			return fmt.Errorf("page %d: %w", p.Number, err)
		}
		if err := addText(made, d, p, font, fontRef); err != nil {
			return fmt.Errorf("text of page %d: %w", p.Number, err)
		}
		d["Parent"] = *root
		ref, err := made.IndRefForNewObject(d)
		if err != nil {
			return fmt.Errorf("page %d: %w", p.Number, err)
		}
		if err := model.AppendPageTree(ref, 1, tree); err != nil {
			return fmt.Errorf("page %d: %w", p.Number, err)
		}
	}
	if err := font.write(made, fontRef); err != nil {
		return fmt.Errorf("make a PDF: %w", err)
	}
	made.PageCount = len(pages)
	if err := api.WriteContext(made, w); err != nil {
		return fmt.Errorf("write a PDF: %w", err)
	}
	return nil
}

// configuration is pdfcpu's for writing: as short as can be.
func configuration() *model.Configuration {
	api.DisableConfigDir()
	c := model.NewDefaultConfiguration()
	c.Offline = true
	c.Optimize, c.OptimizeBeforeWriting = false, false
	c.WriteObjectStream, c.WriteXRefStream = true, true
	return c
}

// find gives the source of a page of the bundle, and the page's number there.
func find(sources []*transplant, number int) (*transplant, int) {
	for _, s := range sources {
		if number >= 1 && number <= s.from.PageCount {
			return s, number
		}
		number -= s.from.PageCount
	}
	return nil, 0
}
