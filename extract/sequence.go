package extract

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Sequence finds where pages are missing in the middle of an application: left out,
// or fed to the scanner two at a time. contents are the application's pages, infos
// those of the whole bundle. A page is missing where the form goes on from one
// section to a later one on the next page, or where the numbers printed at the foot
// of pages of one kind jump. A page that could not be read may be the missing one, so
// nothing is said where one stands; what is missing at the end, the call's checks
// tell.
func Sequence(c *call.Call, infos []bundle.PageInfo, contents []*Content) []bundle.Gap {
	s := &sequence{infos: infos}
	s.sections(c, formOrder(contents))
	s.numbers(contents)
	slices.SortStableFunc(s.gaps, func(a, b bundle.Gap) int { return cmp.Compare(a.After, b.After) })
	// Sections say more than numbers do, and come first.
	return slices.CompactFunc(s.gaps, func(a, b bundle.Gap) bool { return a.After == b.After })
}

type sequence struct {
	infos []bundle.PageInfo
	gaps  []bundle.Gap
}

const missed = "可能漏扫，或两张纸一起进了扫描仪。请翻查原件并补扫。"

// sections looks at form pages in the order of their sections.
func (s *sequence) sections(c *call.Call, form []*Content) {
	seen := map[int]bool{}
	for _, p := range form {
		for _, q := range p.parts {
			seen[q.section] = true
		}
	}
	for i := 1; i < len(form); i++ {
		p, q := form[i-1], form[i]
		if len(p.parts) == 0 || len(q.parts) == 0 || follows(p, q) || s.unread(p.Number, q.Number) {
			continue
		}
		var names []string
		for k := p.parts[len(p.parts)-1].section + 1; k < q.parts[0].section; k++ {
			if !seen[k] {
				names = append(names, "「"+short(c.Form.Sections[k].Heading)+"」")
			}
		}
		// One heading that was not read leaves its text before the next heading.
		if len(names) == 0 || len(names) == 1 && !q.orphan.empty() {
			continue
		}
		s.gaps = append(s.gaps, bundle.Gap{After: p.Number, Message: fmt.Sprintf("第 %d 页之后似乎缺页，未见%s：%s", p.Number, strings.Join(names, ""), missed)})
	}
}

// numbers looks at numbered pages of one kind as they lie in the file.
func (s *sequence) numbers(contents []*Content) {
	byKind := map[bundle.Kind][]*Content{}
	for _, p := range contents {
		// Attachments are any number of documents, each with numbers of its own.
		if p.printed > 0 && p.Kind != bundle.Attachment {
			byKind[p.Kind] = append(byKind[p.Kind], p)
		}
	}
	for _, kind := range []bundle.Kind{bundle.ApplicationForm, bundle.ImplementationPlan, bundle.RecommendationLetter} {
		pages := byKind[kind]
		for i := 1; i < len(pages); i++ {
			p, q := pages[i-1], pages[i]
			from, to := p.printed+1, q.printed-1
			if q.Number-p.Number > to-from+1 || s.unread(p.Number, q.Number) || !borneOut(pages, i) {
				continue
			}
			if slices.ContainsFunc(contents, func(o *Content) bool { return o.printed >= from && o.printed <= to }) {
				continue // it lies elsewhere
			}
			which := fmt.Sprintf("缺印有页码 %d 的一页", from)
			switch {
			case from > to:
				continue
			case from < to:
				which = fmt.Sprintf("缺印有页码 %d 至 %d 的 %d 页", from, to, to-from+1)
			}
			s.gaps = append(s.gaps, bundle.Gap{After: p.Number, Message: fmt.Sprintf("第 %d 页之后似乎%s：%s", p.Number, which, missed)})
		}
	}
}

// borneOut is true where the numbers around the jump before page i go on one by one
// on both sides, as far as there are any: a number misread stands alone.
func borneOut(pages []*Content, i int) bool {
	const widest = 10 // a larger jump is a number misread
	if pages[i].printed-pages[i-1].printed > widest {
		return false
	}
	before := i < 2 || follows(pages[i-2], pages[i-1])
	after := i+1 == len(pages) || follows(pages[i], pages[i+1])
	return before && after && len(pages) > 2
}

// follows is true when q's printed number is the one after p's.
func follows(p, q *Content) bool { return p.printed > 0 && q.printed == p.printed+1 }

// unread is true when a page between two could not be read.
func (s *sequence) unread(p, q int) bool {
	return slices.ContainsFunc(s.infos, func(i bundle.PageInfo) bool {
		return i.Error != nil && i.Page > min(p, q) && i.Page < max(p, q)
	})
}

func (o orphan) empty() bool {
	return len(o.paragraphs) == 0 && len(o.cells) == 0 && !o.unread
}

// short is a heading without its remarks.
func short(heading string) string {
	if i := strings.IndexAny(heading, "（("); i > 0 {
		heading = heading[:i]
	}
	return strings.TrimRight(heading, "：: ")
}
