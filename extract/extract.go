// Package extract turns read pages into applications: what kind each page is,
// which part of the call's form stands on it, what the fields hold, whose seals
// and signatures are there, and which pages make up which application.
//
// It works in two steps. Page looks at one page while its pixels are at hand,
// so that a value in doubt can be read again; Assemble joins the pages of a
// bundle without pixels. It knows no form of its own: all labels, headings and
// rules come from the call's profile. It decides no check; package check does.
package extract

import (
	"context"
	"image"
	"slices"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/seal"
)

// Sheet is one upright page as the stages before left it. Readings has one
// entry for each of Layout.Lines, read from crops with a margin of Margin
// pixels. Reader reads crops again where a value is in doubt.
type Sheet struct {
	Call     *call.Call
	Number   int // from 1, in the input file
	Image    *page.Image
	Layout   *layout.Page
	Readings []ocr.Reading
	Seals    []seal.Seal
	Reader   ocr.Reader
}

// Text is one text line of a page, for search and for highlighting.
type Text struct {
	Text string     `json:"text"`
	Box  bundle.Box `json:"box"`
}

// Content is what one page holds. It keeps no pixels.
type Content struct {
	Number int
	Kind   bundle.Kind // "" where the page alone does not tell
	Text   []Text

	printed   int // page number printed at the foot, 0 for none
	cover     bool
	separator bool
	code      *bundle.Sheet // of a separator sheet that has one
	receipt   string        // in the code
	titled    bool          // begins with a centred title
	parts     []part
	orphan    orphan
	fields    map[string]bundle.Field
	readings  map[string][2]string // by field, where two readers differ
	seals     []placedSeal
	signs     []bundle.Signature
	guides    []guide
	letter    int    // how many of the letter's patterns hold
	all       []rune // the page's text, folded
}

// part is one section of the form found on the page, in print order.
type part struct {
	section    int
	paragraphs []string
	rows       []map[string]string
	confidence float64
	box        bundle.Box
	open       bool // reaches the foot of the page, so that it may go on overleaf
	rest       bool // a grid that began on another page
	bare       bool // a table of which not even an empty row was found
}

// orphan is what stands on a page before its first heading: perhaps the rest
// of a section that began on the page before.
type orphan struct {
	paragraphs []string
	conf       float64
	unread     bool // a line of the text could not be read at all
	cells      [][]string
	cellConf   float64
	table      bool
}

// placedSeal is a seal with its role on the page, and as it was found.
type placedSeal struct {
	bundle.Seal
	found seal.Seal
}

// guide is how well a page fits one of the call's plans.
type guide struct {
	title    float64
	box      bundle.Box
	headings []bundle.Heading
	unclear  bool // many of the page's lines were read badly
}

// Page looks at one page. The error is the context's or the reader's; a page
// that nothing is known of is no error.
func Page(ctx context.Context, s *Sheet) (*Content, error) {
	rows := s.rows()
	c := &Content{Number: s.Number, fields: map[string]bundle.Field{}, readings: map[string][2]string{}}
	for _, r := range rows {
		if r.text == "" {
			continue
		}
		c.Text = append(c.Text, Text{Text: r.text, Box: s.boxOf(r.box)})
		c.all = append(c.all, fold(r.text)...)
	}
	c.printed = s.pageNumber(rows)
	c.titled = s.titled(rows)
	s.findPlan(c, rows)
	s.findLetter(c, rows)
	v := &visit{ctx: ctx, Sheet: s, content: c, all: rows}
	switch {
	case s.isSeparator(rows):
		c.Kind, c.separator = bundle.Separator, true
	case v.findCover():
		c.Kind, c.cover = bundle.ApplicationForm, true
	case s.isInstructions(rows):
		c.Kind = bundle.ApplicationForm
	default:
		if anchors := s.anchors(rows); len(anchors) > 0 && c.planScore() < 2 {
			c.Kind = bundle.ApplicationForm
			v.form(anchors)
			break
		}
		if c.Kind = v.paperKind(); c.Kind == "" {
			v.lookAgain()
		}
		if c.Kind == "" {
			v.orphans(0, s.Layout.H)
		}
	}
	v.placeSeals()
	return c, v.err
}

// Separator is the content of a page that bears the code of a separator sheet,
// whatever else stands on it. receipt is the number in the code, "" for none.
func Separator(code bundle.Sheet, receipt string) *Content {
	return &Content{
		Number: code.Page, Kind: bundle.Separator, Text: []Text{}, fields: map[string]bundle.Field{},
		separator: true, code: &code, receipt: receipt,
	}
}

// paperKind is the kind of a page that is none of the form's, by the signs that were
// found on it; "" where they do not tell.
func (v *visit) paperKind() bundle.Kind {
	c := v.content
	switch {
	case c.planScore() >= 1 && c.planScore() >= float64(c.letter):
		return bundle.ImplementationPlan
	case c.letter >= 2 || c.letter == 1 && len(v.Seals) > 0:
		return bundle.RecommendationLetter
	}
	return ""
}

// lookAgain reads a page that tells nothing of its kind with the second reader as well,
// where it was hardly read, and looks for signs of its kind once more.
func (v *visit) lookAgain() {
	again := v.clearer(v.all)
	if !slices.ContainsFunc(again, func(r row) bool { return r.twice }) {
		return
	}
	v.all = again
	c := v.content
	c.guides, c.letter = nil, 0
	v.findPlan(c, again)
	v.findLetter(c, again)
	switch {
	case v.isSeparator(again):
		c.Kind, c.separator = bundle.Separator, true
	case v.isInstructions(again):
		c.Kind = bundle.ApplicationForm
	default:
		c.Kind = v.paperKind()
	}
}

func (s *Sheet) boxOf(r image.Rectangle) bundle.Box {
	return bundle.BoxOf(r, s.Layout.W, s.Layout.H)
}

// visit carries one page through the handlers of its sections. The first error
// of the reader ends all further second looks.
type visit struct {
	*Sheet
	ctx     context.Context
	content *Content
	all     []row
	zones   []zone // where opinions stand, for seals
	err     error
}

// zone is the place of an opinion: seals in it have its role.
type zone struct {
	role bundle.Role
	box  image.Rectangle
}

// set records a field's value with its evidence.
func (v *visit) set(key string, value any, conf float64, box image.Rectangle, raw, note string) {
	if key == "" {
		return
	}
	v.content.fields[key] = bundle.Field{
		Value: value, Confidence: rounded(conf), Page: v.Number, Box: v.boxOf(box), Raw: raw, Note: note,
	}
}

// doubt lowers a value's confidence to most.
func (v *visit) doubt(key string, most float64) {
	if f, ok := v.content.fields[key]; ok {
		f.Confidence = min(f.Confidence, most)
		v.content.fields[key] = f
	}
}

// rounded keeps three decimals, enough for a confidence.
func rounded(c float64) float64 { return float64(int(min(max(c, 0), 1)*1000+0.5)) / 1000 }

// field finds the profile's field of that key; one that the profile does not
// describe is plain text.
func (s *Sheet) field(key string) *call.Field {
	if f := s.Call.Field(key); f != nil {
		return f
	}
	return &call.Field{Key: key, Type: call.Text}
}

// inCell lists the rows that lie in cell i, top to bottom.
func (v *visit) inCell(i int) []row {
	var out []row
	for _, r := range v.all {
		if r.cell == i {
			out = append(out, r)
		}
	}
	return out
}
