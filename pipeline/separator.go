package pipeline

import (
	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/sheet"
)

// readCode reads the code of a separator sheet on a page as it was scanned. Where there
// is none, or a damaged one, it gives false, and the page is judged by its print.
func readCode(scan *page.Image) (sheet.Code, bool) {
	code, ok, err := sheet.Read(scan.Gray(scan.G))
	return code, ok && err == nil
}

// separator is the content of a separator sheet with this code. The code is looked for
// again on the upright page, to say where it stands; where it is not found there, it is
// the whole page.
func separator(n int, code sheet.Code, upright *page.Image) *extract.Content {
	s := bundle.Sheet{Page: n, Box: bundle.Box{0, 0, 1, 1}, Call: code.Call, Recommender: code.Recommender}
	if again, ok := readCode(upright); ok && again.Sheet == code.Sheet {
		s.Box = bundle.BoxOf(again.Box, upright.W, upright.H)
	}
	return extract.Separator(s, code.Receipt)
}
