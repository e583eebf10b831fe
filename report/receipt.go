package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// The sizes of a receipt's print in points, and the measures of its table in mm.
const (
	titleSize = 20.0
	headSize  = 11.5
	textSize  = 10.0
	noteSize  = 8.5

	labelWidth = 30.0
	padding    = 2.0
)

// receipt is a receipt that is being written.
type receipt struct {
	*document
	*words
	ReceiptData
}

// Receipt writes the receipt (材料接收回执) of a bundle as a PDF of A4 pages: what
// was received, what is missing or wrong and on which page, what a person has to
// look at, and places to sign. What concerns an application as a whole comes first,
// the rest in the order of the pages. Text from paper is cut where it would fill the
// page. The error is a Chinese sentence for people when the font is missing.
func Receipt(w io.Writer, data ReceiptData) error {
	if data.Number == "" || data.Received.IsZero() || data.SHA256 == "" {
		return errors.New("report: receipt: number, time and checksum must be given")
	}
	if data.Call == nil {
		data.Call = &call.Call{}
	}
	r := receipt{words: &chinese, ReceiptData: data}
	switch data.Language {
	case Chinese, "":
	case English:
		r.words = &english
	default:
		return fmt.Errorf("report: receipt: there is no language %q", data.Language)
	}
	var err error
	if r.document, err = newDocument(r.title+" "+data.Number, data.Received); err != nil {
		return err
	}
	r.next = r.continued
	r.AddPage()
	r.head()
	if data.Result == nil {
		r.unread()
	} else {
		r.read(data.Result)
	}
	r.signing()
	r.feet()
	return r.write(w)
}

// read is what was found in a bundle that was read.
func (r *receipt) read(result *bundle.Result) {
	if r.Stale {
		r.say(r.stale)
	}
	for i := range result.Applications {
		r.application(i+1, &result.Applications[i])
	}
	if len(result.Applications) == 0 {
		r.say(r.nothing)
	}
	r.scanQuality(result.PageInfo)
}

// unread is what is known of a bundle without a result.
func (r *receipt) unread() {
	if r.Error != nil {
		r.say(r.unreadable + r.Error.Message)
	} else {
		r.say(r.words.unread)
	}
	var files []item
	for _, name := range r.Files {
		files = append(files, item{text: name})
	}
	r.list(r.files, files, "•")
}

// say prints a sentence about the whole of it.
func (r *receipt) say(sentence string) {
	r.room(20)
	r.paragraph(margin, inner, headSize, sentence, 3)
	r.y += 4
}

// head is the title and the table of what the receipt is for.
func (r *receipt) head() {
	r.centred(16, titleSize, r.face.clean(r.title), r.putBold)
	r.y = 28
	if r.Call.Title != "" {
		title, size := r.fitted(r.Call.Title, headSize, 8, inner)
		r.centred(r.y, size, title, r.put)
		r.y += 10
	}
	amount := r.amountOf(len(r.Files))
	if r.Pages > 0 {
		amount = r.pages(r.Pages)
	}
	if r.Result != nil {
		amount += r.applications(len(r.Result.Applications))
	}
	r.row(r.number, r.Number, r.received, r.words.time(r.Received))
	r.row(r.by, r.By, r.amount, amount)
	r.row(r.file, r.File)
	r.y += 6
}

// row prints labels and values as one row of a ruled table, all values of the
// same width.
func (r *receipt) row(cells ...string) {
	width := inner / float64(len(cells)/2)
	height := 0.0
	var values [][]string
	for i := 1; i < len(cells); i += 2 {
		v := r.lines(cells[i], textSize, width-labelWidth-2*padding, 2)
		values = append(values, v)
		height = max(height, float64(max(len(v), 1))*lineHeight(textSize)+2*padding*0.6)
	}
	r.room(height)
	r.SetDrawColor(150, 150, 150)
	r.SetLineWidth(0.2)
	r.SetFillColor(240, 240, 240)
	for i, value := range values {
		x := margin + float64(i)*width
		r.Rect(x, r.y, labelWidth, height, "FD")
		r.Rect(x+labelWidth, r.y, width-labelWidth, height, "D")
		label, size := r.fitted(cells[2*i], textSize, 7, labelWidth-2*padding)
		r.put(x+padding, r.y+(height-lineHeight(size))/2, size, label)
		for k, line := range value {
			top := (height - float64(len(value))*lineHeight(textSize)) / 2
			r.put(x+labelWidth+padding, r.y+top+float64(k)*lineHeight(textSize), textSize, line)
		}
	}
	r.y += height
}

// continued is the head of the second page and all further ones.
func (r *receipt) continued() {
	r.put(margin, 11, noteSize, r.face.clean(r.further))
	r.putRight(11, r.face.clean(r.Number))
	r.SetDrawColor(150, 150, 150)
	r.Line(margin, 17, pageWidth-margin, 17)
	r.y = margin + 2
}

// putRight prints a small clean line that ends at the right margin.
func (r *receipt) putRight(y float64, text string) {
	r.put(pageWidth-margin-r.width(text, noteSize), y, noteSize, text)
}

// paragraph prints a text in at most most lines, on a further page where this
// one is full.
func (r *receipt) paragraph(x, width, size float64, text string, most int) {
	for _, line := range r.lines(text, size, width, most) {
		r.room(lineHeight(size))
		r.put(x, r.y, size, line)
		r.y += lineHeight(size)
	}
}

func (r *receipt) application(n int, a *bundle.Application) {
	var faults, doubts, gaps []item
	checks := slices.Clone(a.Checks)
	slices.SortStableFunc(checks, func(a, b bundle.Check) int { return a.Page - b.Page })
	for _, c := range checks {
		switch c.Status {
		case bundle.Fail:
			faults = append(faults, r.item(c))
		case bundle.Review:
			doubts = append(doubts, r.item(c))
		}
	}
	for _, g := range a.Gaps {
		gaps = append(gaps, item{g.Message, r.after(g.After)})
	}

	const bar = 8.0
	r.room(bar + 45) // a head alone at a page's foot helps nobody
	r.SetFillColor(225, 225, 225)
	r.Rect(margin, r.y, inner, bar, "F")
	verdict := r.face.clean(r.verdicts[a.Verdict])
	r.putBold(margin+padding, r.y+(bar-lineHeight(headSize))/2, headSize, r.face.clean(r.words.application(n)))
	r.putBold(pageWidth-margin-padding-r.width(verdict, headSize), r.y+(bar-lineHeight(headSize))/2, headSize, verdict)
	r.y += bar
	if search := r.Call.Search; len(search.Name) > 0 {
		r.row(r.name, r.text(a, search.Name))
		r.row(r.unit, r.text(a, search.Unit))
		r.row(r.recommender, r.text(a, search.Recommender))
	}
	r.y += 2

	var documents []item
	for _, d := range a.Documents {
		documents = append(documents, item{r.kind(r.Call, d.Kind), r.on(PageRanges(d.Pages, r.and))})
	}
	r.list(r.documents, documents, "•")
	r.list(r.faults, faults, "×")
	r.list(r.gaps, gaps, "×")
	r.list(r.doubts, doubts, "?")
	r.y += 2
	conclusion := r.words.conclusion(a.Verdict, len(faults), len(doubts))
	r.room(2 * lineHeight(textSize))
	r.paragraph(margin+padding, inner-2*padding, textSize, r.verdict+conclusion, 3)
	r.y += 6
}

// item is one line of a list: what, and on which pages.
type item struct{ text, pages string }

// item is what a check says, with its page unless the message has it.
func (r *receipt) item(c bundle.Check) item {
	if c.Page == 0 || strings.Contains(c.Message, fmt.Sprintf("第%d页", c.Page)) {
		return item{text: c.Message}
	}
	return item{c.Message, r.on(fmt.Sprint(c.Page))}
}

// list prints a head and items, each behind a mark, their pages in a column at
// the right margin; nothing without items.
func (r *receipt) list(head string, items []item, mark string) {
	if len(items) == 0 {
		return
	}
	const (
		indent = 5.5
		column = 38.0 // the widest pages are cut to it
		gap    = 4.0
	)
	r.y += 1.5
	r.room(2 * lineHeight(textSize))
	r.putBold(margin+padding, r.y, textSize, r.face.clean(r.counted(head, len(items))))
	r.y += lineHeight(textSize)
	for _, it := range items {
		pages, size := r.fitted(it.pages, textSize, 7, column)
		wide := r.width(pages, size)
		lines := r.lines(it.text, textSize, inner-2*padding-indent-wide-gap, 4)
		r.room(float64(max(len(lines), 1)) * lineHeight(textSize))
		r.put(margin+padding, r.y, textSize, mark)
		r.put(pageWidth-margin-padding-wide, r.y, size, pages)
		for _, line := range lines {
			r.put(margin+padding+indent, r.y, textSize, line)
			r.y += lineHeight(textSize)
		}
		if len(lines) == 0 {
			r.y += lineHeight(textSize)
		}
	}
}

// scanQuality lists pages that could not be read, or not well.
func (r *receipt) scanQuality(pages []bundle.PageInfo) {
	var items []item
	for _, p := range pages {
		page := r.on(fmt.Sprint(p.Page))
		if p.Error != nil {
			items = append(items, item{p.Error.Message, page})
		}
		for _, f := range p.Flaws {
			items = append(items, item{f.Message, page})
		}
	}
	r.list(r.scans, items, "!")
}

// signing is the place for signatures, kept together.
func (r *receipt) signing() {
	const height = 44
	r.room(height)
	r.y += 10
	r.SetDrawColor(60, 60, 60)
	r.SetLineWidth(0.2)
	half := inner/2 - 4
	for i, names := range [2][2]string{{r.clerk, r.day}, {r.applicant, r.day}} {
		x := margin + float64(i)*(half+8)
		for k, name := range names {
			y := r.y + float64(k)*12
			text := r.face.clean(name)
			r.put(x, y, textSize, text)
			r.Line(x+r.width(text, textSize)+2, y+lineHeight(textSize), x+half, y+lineHeight(textSize))
		}
	}
	r.y += 24
	r.paragraph(margin, inner, noteSize, r.note, 2)
}

// feet prints the foot of every page, once it is known how many there are.
func (r *receipt) feet() {
	n := r.PageCount()
	sum := r.face.clean(r.SHA256)
	sum = sum[:min(len(sum), 16)]
	for i := range n {
		r.SetPage(i + 1)
		r.SetDrawColor(150, 150, 150)
		r.SetLineWidth(0.2)
		r.Line(margin, pageHeight-18, pageWidth-margin, pageHeight-18)
		r.put(margin, pageHeight-16, noteSize, r.face.clean(r.checksum+" SHA-256 "+sum))
		r.putRight(pageHeight-16, r.face.clean(r.leaf(i+1, n)))
	}
}

// text is the first of the fields that is filled.
func (r *receipt) text(a *bundle.Application, keys []string) string {
	if text := a.FirstText(keys); text != "" {
		return text
	}
	return r.none
}
