// Package view makes the pictures of a bundle's pages that people look at: a page
// decoded from its original, turned and straightened as the pipeline did, so that
// the boxes of results fit, and scaled to the width of a window or a thumbnail.
//
// What it made is kept in a folder of bounded size, which may be thrown away at
// any time. It cleans nothing off a page: people see the paper as it was scanned.
// It reads no text, knows no results and decides nobody's right to look.
package view

import (
	"context"
	"errors"

	"sealdesk/bundle"
	"sealdesk/storage"
)

// Widths are the widths in pixels that pictures come in: a thumbnail, a cut-out, a
// page beside its fields, a page alone, a page to zoom into. A page that has fewer
// pixels comes as wide as it is.
var Widths = []int{160, 480, 1000, 1600, 2480}

// Picture is a JPEG and its size in pixels.
type Picture struct {
	JPEG []byte
	W, H int
}

// Views makes and keeps pictures. It may be used from many goroutines.
type Views struct{}

// New makes a Views that keeps up to maxBytes of pictures in dir, which it makes,
// and which must be no other's.
func New(store storage.Store, dir string, maxBytes int64) (*Views, error) {
	return &Views{}, nil
}

// Close stops what is being made and removes what is open.
func (v *Views) Close() error { return nil }

// Page is the picture of the page info.Page of the bundle with this sha256, which
// has so many original files, turned by info.Rotation and straightened by info.Skew.
// width is one of Widths. Errors are *bundle.Error with a sentence in Chinese, or
// the context's.
func (v *Views) Page(ctx context.Context, sha string, files int, info bundle.PageInfo, width int) (Picture, error) {
	return Picture{}, errors.New("not made")
}

// Cut is what stands in box on the page, as Page.
func (v *Views) Cut(ctx context.Context, sha string, files int, info bundle.PageInfo, box bundle.Box, width int) (Picture, error) {
	return Picture{}, errors.New("not made")
}
