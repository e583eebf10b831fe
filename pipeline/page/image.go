package page

import "image"

// Image is one page's pixels: three planes of W*H bytes each, row-major, no
// padding. For gray and bilevel scans R, G and B are the same slice and Color
// is false. DPI is the scan's resolution, known or estimated from an A4 width.
type Image struct {
	W, H    int
	DPI     float64
	Color   bool
	Bilevel bool
	R, G, B []uint8
}

// Gray is one plane of the image as a standard picture that shares its pixels.
func (m *Image) Gray(plane []uint8) *image.Gray {
	return &image.Gray{Pix: plane, Stride: m.W, Rect: image.Rect(0, 0, m.W, m.H)}
}

// Bounds is the page's rectangle, from (0, 0).
func (m *Image) Bounds() image.Rectangle { return image.Rect(0, 0, m.W, m.H) }
