package layout

import "image"

// Page is what pixels alone say of an upright page. Rectangles are in pixels
// of the page.
type Page struct {
	W, H int
	DPI  float64
	// Clean is the page with light flattened, red lifted off and ruled lines
	// erased: 255 is paper, 0 is ink.
	Clean *image.Gray
	// Ink is Clean binarised: 1 where there is ink, 0 where not, W*H bytes.
	Ink []uint8
	// Rules are the ruled lines, Cells the boxes that they enclose, in reading
	// order (top to bottom, left to right). Tables group cells that touch.
	Rules  []Rule
	Cells  []Cell
	Tables []Table
	// Lines are the text lines in reading order.
	Lines []Line

	horizontal, vertical []segment
	// hidden are the seals whose ink could not be told from print everywhere; of
	// those the rings of wiped are gone.
	hidden, wiped []image.Rectangle
}

// Rule is one ruled line.
type Rule struct {
	Box      image.Rectangle
	Vertical bool
}

// Cell is one ruled box. Box runs between the middles of its rules. Lines are
// indices into Page.Lines; Table is an index into Page.Tables.
type Cell struct {
	Box   image.Rectangle
	Table int
	Lines []int
}

// Table is a connected set of cells. Cells are indices into Page.Cells.
type Table struct {
	Box   image.Rectangle
	Cells []int
}

// Line is one text line. Cell is the index of the cell that holds it, -1
// outside all cells. Height is the height of its tallest usual character.
type Line struct {
	Box    image.Rectangle
	Cell   int
	Height int

	top int // where the row that it was cut from begins
}
