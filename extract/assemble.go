package extract

import (
	"fmt"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Assemble joins the pages of one bundle into applications and gives each page
// its kind (written into infos). contents has one entry for each of infos, nil
// for pages that are blank or could not be read. sha is the bundle's sha256, from
// which ids are made. Applications come without checks and verdict.
func Assemble(c *call.Call, sha string, infos []bundle.PageInfo, contents []*Content) []bundle.Application {
	settleKinds(c, infos, contents)
	var apps []bundle.Application
	for i, l := range split(c, contents) {
		a := l.application(c)
		a.ID = fmt.Sprintf("%.16s-%d", sha, i+1)
		a.Gaps = Sequence(c, infos, l.pages)
		apps = append(apps, a)
	}
	return apps
}

// settleKinds decides the kind of pages that do not tell it themselves, by what
// stands before them.
func settleKinds(c *call.Call, infos []bundle.PageInfo, contents []*Content) {
	var before *Content
	for i, p := range contents {
		switch {
		case infos[i].Blank:
			infos[i].Kind = bundle.Blank
			continue
		case p == nil:
			infos[i].Kind = bundle.Attachment
			continue
		case p.Kind == "":
			p.Kind = continuation(c, p, before)
		}
		infos[i].Kind = p.Kind
		before = p
	}
}

// continuation is the kind of a page without a sign of its own.
func continuation(c *call.Call, p, before *Content) bundle.Kind {
	if p.planScore() >= 1 {
		return bundle.ImplementationPlan
	}
	if before == nil || p.titled {
		return bundle.Attachment
	}
	follows := p.printed > 0 && p.printed == before.printed+1
	switch before.Kind {
	case bundle.ApplicationForm:
		if p.orphan.table && fitsTable(c, p) || follows && (p.orphan.table || len(p.orphan.paragraphs) > 0) {
			return bundle.ApplicationForm
		}
	case bundle.ImplementationPlan:
		if !p.orphan.table || follows {
			return bundle.ImplementationPlan
		}
	}
	return bundle.Attachment
}

// fitsTable is true when the page begins with rows of as many cells as one of
// the form's tables has columns.
func fitsTable(c *call.Call, p *Content) bool {
	for _, f := range c.Fields {
		if f.Type != call.Rows {
			continue
		}
		for _, cells := range p.orphan.cells {
			if len(cells) == len(f.Columns) {
				return true
			}
		}
	}
	return false
}

// lot is the pages of one application, and the sheet with a code before them, nil
// for none.
type lot struct {
	sheet *Content
	pages []*Content
}

// split deals the bundle's pages to applications: a separator begins one, and
// so does a cover, or a second first section, where the application at hand has
// one already. Pages without content or sheets between belong to none. What a code
// says is of the first application behind it.
func split(c *call.Call, contents []*Content) []lot {
	var out []lot
	var now []*Content
	var sheet *Content
	flush := func() {
		if len(now) > 0 {
			out = append(out, lot{sheet, now})
			sheet = nil
		}
		now = nil
	}
	for _, p := range contents {
		if p == nil {
			continue
		}
		switch {
		case p.separator:
			flush()
			if p.code != nil {
				sheet = p
			}
			continue
		case p.cover && slices.ContainsFunc(now, func(q *Content) bool { return q.cover || q.begins() }) && !onlyCoverMissing(now):
			moved := strays(c, now, p)
			now = now[:len(now)-len(moved)]
			flush()
			now = moved
		case p.begins() && slices.ContainsFunc(now, (*Content).begins):
			flush()
		}
		now = append(now, p)
	}
	flush()
	return mergeAttachments(out)
}

// begins is true for the page on which the form's first section begins.
func (p *Content) begins() bool {
	return slices.ContainsFunc(p.parts, func(q part) bool { return q.section == 0 && !q.rest })
}

// onlyCoverMissing is true for pages that hold a form without a cover: a cover
// that comes late, out of order, is theirs.
func onlyCoverMissing(pages []*Content) bool {
	return !slices.ContainsFunc(pages, func(p *Content) bool { return p.cover }) &&
		!slices.ContainsFunc(pages, func(p *Content) bool {
			return p.Kind == bundle.ImplementationPlan || p.Kind == bundle.RecommendationLetter
		})
}

// strays are the last pages before a cover, a letter or a plan, that name what
// the cover names and not what the pages before do: they came before their form.
func strays(c *call.Call, pages []*Content, cover *Content) []*Content {
	theirs := names(c, cover)
	var ours []string
	for _, p := range pages {
		ours = append(ours, names(c, p)...)
	}
	from := len(pages)
	for from > 0 {
		p := pages[from-1]
		if p.Kind != bundle.RecommendationLetter && p.Kind != bundle.ImplementationPlan {
			break
		}
		if mention(p, theirs) <= mention(p, ours)+0.1 {
			break
		}
		from--
	}
	return slices.Clone(pages[from:])
}

// names are the values by which the call knows two applications as one.
func names(c *call.Call, p *Content) []string {
	var out []string
	for _, key := range c.Duplicate.Fields {
		if s, ok := p.fields[key].Value.(string); ok && len([]rune(s)) >= 4 {
			out = append(out, s)
		}
	}
	return out
}

// mention is how well the page's text holds the best found of the names, 0..1.
func mention(p *Content, names []string) float64 {
	best := 0.0
	for _, n := range names {
		best = max(best, contains(fold(n), p.all))
	}
	return best
}

// mergeAttachments joins a run of nothing but attachments to the application
// before it, unless a sheet with a code lies between: that one is sure.
func mergeAttachments(lots []lot) []lot {
	var out []lot
	for _, l := range lots {
		bare := l.sheet == nil && !slices.ContainsFunc(l.pages, func(p *Content) bool { return p.Kind != bundle.Attachment })
		if bare && len(out) > 0 {
			last := &out[len(out)-1]
			last.pages = append(last.pages, l.pages...)
			continue
		}
		if bare && !slices.ContainsFunc(l.pages, func(p *Content) bool { return len(p.Text) > 0 }) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// application makes one application of its pages.
func (l lot) application(c *call.Call) bundle.Application {
	pages := l.pages
	a := bundle.Application{
		Call: c.ID, Year: c.Year, Documents: documents(pages), Fields: map[string]bundle.Field{},
		Seals: []bundle.Seal{}, Signatures: []bundle.Signature{}, Checks: []bundle.Check{},
	}
	readings := map[string][2]string{}
	for _, p := range pages {
		for key, f := range p.fields {
			if old, ok := a.Fields[key]; !ok || f.Confidence > old.Confidence {
				a.Fields[key], readings[key] = f, p.readings[key]
			}
		}
	}
	agreeing(c, a.Fields, readings)
	joinParts(c, &a, formOrder(pages))
	for _, p := range pages {
		for _, s := range p.signs {
			if !slices.ContainsFunc(a.Signatures, func(o bundle.Signature) bool { return o.Role == s.Role && o.Confidence >= s.Confidence }) {
				a.Signatures = slices.DeleteFunc(a.Signatures, func(o bundle.Signature) bool { return o.Role == s.Role })
				a.Signatures = append(a.Signatures, s)
			}
		}
	}
	a.Plan = plan(c, pages)
	if l.sheet != nil {
		l.told(c, &a)
	}
	placeSeals(c, &a, pages)
	return a
}

// documents are the runs of pages of one kind. Pages of a form, plan or letter
// that other pages came between are still one document; each run of attachments
// is one.
func documents(pages []*Content) []bundle.Document {
	out := []bundle.Document{}
	at := map[bundle.Kind]int{}
	for i, p := range pages {
		k, ok := at[p.Kind]
		if p.Kind == bundle.Attachment && (i == 0 || pages[i-1].Kind != bundle.Attachment) {
			ok = false
		}
		if !ok {
			k = len(out)
			at[p.Kind] = k
			out = append(out, bundle.Document{Kind: p.Kind})
		}
		out[k].Pages = append(out[k].Pages, p.Number)
	}
	return out
}

// formOrder is the form's pages in print order: by the first section on each;
// a page that only goes on with one follows the page printed before it.
func formOrder(pages []*Content) []*Content {
	var form, loose []*Content
	for _, p := range pages {
		switch {
		case p.Kind != bundle.ApplicationForm || p.cover:
		case len(p.parts) > 0:
			form = append(form, p)
		default:
			loose = append(loose, p)
		}
	}
	slices.SortStableFunc(form, func(a, b *Content) int { return a.parts[0].section - b.parts[0].section })
	for _, p := range loose {
		at := -1
		for i, q := range form {
			if p.printed > 0 && q.printed == p.printed-1 {
				at = i
				break
			}
			if q.Number < p.Number && (at < 0 || form[at].Number < q.Number) {
				at = i
			}
		}
		form = slices.Insert(form, at+1, p)
	}
	return form
}

// joinParts makes fields of the form's sections, joining those that go on
// overleaf.
func joinParts(c *call.Call, a *bundle.Application, form []*Content) {
	type whole struct {
		part
		page int
	}
	var last *whole
	var all []*whole
	for _, p := range form {
		if last != nil && last.open {
			overleaf(c, &last.part, p)
		}
		for _, q := range p.parts {
			last = &whole{part: q, page: p.Number}
			all = append(all, last)
		}
		if len(p.parts) == 0 && last != nil {
			last.open = true
		}
	}
	for _, w := range all {
		sec := c.Form.Sections[w.section]
		var value any
		switch sec.Kind {
		case call.TextSection:
			value = strings.Join(w.paragraphs, "\n")
		case call.TableSection:
			rows := w.rows
			if rows == nil {
				rows = []map[string]string{}
				if w.bare {
					// Its rows may stand where nobody looked for them.
					w.confidence = min(w.confidence, 0.3)
				}
			}
			value = rows
		default:
			continue
		}
		f := bundle.Field{Value: value, Confidence: rounded(w.confidence), Page: w.page, Box: w.box}
		if old, ok := a.Fields[sec.Field]; !ok || f.Confidence > old.Confidence {
			a.Fields[sec.Field] = f
		}
	}
}

// overleaf adds to a section what stands at the head of the next page.
func overleaf(c *call.Call, q *part, p *Content) {
	sec := c.Form.Sections[q.section]
	switch sec.Kind {
	case call.TextSection:
		if p.orphan.unread {
			q.confidence = 0
		}
		if len(p.orphan.paragraphs) == 0 {
			return
		}
		more := p.orphan.paragraphs
		if n := len(q.paragraphs); n > 0 && !strings.HasSuffix(q.paragraphs[n-1], "。") {
			q.paragraphs[n-1] += more[0]
			more = more[1:]
		}
		q.paragraphs = append(q.paragraphs, more...)
		q.confidence = min(q.confidence, p.orphan.conf)
	case call.TableSection:
		f := c.Field(sec.Field)
		if f == nil {
			return
		}
		for _, cells := range p.orphan.cells {
			if len(cells) != len(f.Columns) {
				q.confidence = min(q.confidence, 0.5)
				continue
			}
			q.bare = false
			if isHead(f, cells) {
				continue
			}
			q.confidence = min(q.confidence, p.orphan.cellConf)
			if m := rowOf(f, cells); m != nil {
				q.rows = append(q.rows, m)
			}
		}
	}
}

// isHead is true for a table's printed head, repeated on a new page.
func isHead(f *call.Field, cells []string) bool {
	sum := 0.0
	for k, col := range f.Columns {
		sum += similar(col.Label, cells[k])
	}
	return sum >= 0.6*float64(len(f.Columns))
}

// plan sums up what the plan's pages show, for the guide that they fit best.
func plan(c *call.Call, pages []*Content) *bundle.Plan {
	var best *bundle.Plan
	top := -1.0
	for k, g := range c.Plans {
		p := &bundle.Plan{Guide: g.ID}
		score := 0.0
		for _, h := range g.Headings {
			p.Headings = append(p.Headings, bundle.Heading{Text: h})
		}
		any, unclear := false, false
		for _, q := range pages {
			if q.Kind != bundle.ImplementationPlan {
				continue
			}
			any = true
			fit := q.guides[k]
			unclear = unclear || fit.unclear
			if fit.title > p.Confidence {
				p.Confidence, p.Page, p.Box = fit.title, q.Number, fit.box
			}
			for i, h := range fit.headings {
				if h.Confidence > p.Headings[i].Confidence {
					p.Headings[i] = h
				}
			}
		}
		if !any {
			return nil
		}
		for _, h := range p.Headings {
			if h.Found {
				score += h.Confidence / float64(len(p.Headings))
			}
		}
		lacking(p, k, pages, unclear)
		score += p.Confidence
		// The title counts as much as all headings together.
		p.Confidence = rounded(score / 2)
		if score > top {
			best, top = p, score
		}
	}
	if best != nil && best.Confidence < 0.3 {
		best.Guide = ""
	}
	return best
}

// lackSure is the confidence that a heading is not there when no line is at all like it,
// and lackReach by how much less like it than headingFound the likest line is then.
const (
	lackSure  = 0.95
	lackReach = 0.15
)

// lacking says how sure it is that those headings of a plan are not there that were not
// found: most of the others must be clear, all of its pages read well, and none of them
// may stand on another page of the application, which may belong to the plan. k is the
// plan's place among the call's guides.
func lacking(p *bundle.Plan, k int, pages []*Content, unclear bool) {
	clear := 0
	for _, h := range p.Headings {
		if h.Found && h.Confidence >= headingClear {
			clear++
		}
	}
	most := 1.0
	if unclear || clear*3 < len(p.Headings)*2 {
		most = 0.5
	}
	for i, h := range p.Headings {
		if h.Found {
			continue
		}
		sure := min(lackSure*min(1, (headingFound-h.Confidence)/lackReach), most)
		for _, q := range pages {
			if q.Kind != bundle.ImplementationPlan && k < len(q.guides) && q.guides[k].headings[i].Found {
				sure = min(sure, 0.3)
			}
		}
		p.Headings[i].Confidence = rounded(sure)
	}
}
