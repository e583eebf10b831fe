package extract

import (
	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Group is what a person made one application of: its id, and its pages, from 1, in
// their order.
type Group struct {
	ID    string
	Pages []int
}

// AssembleAs is Assemble where a person has said which pages make up which
// application, and of some pages, by number, of what kind they are. Pages that do not
// exist, or have no content, are passed over, and so is a group of nothing else.
func AssembleAs(c *call.Call, infos []bundle.PageInfo, contents []*Content, groups []Group, kinds map[int]bundle.Kind) []bundle.Application {
	for i, p := range contents {
		if kind := kinds[i+1]; kind != "" && p != nil {
			p.Kind = kind
		}
	}
	settleKinds(c, infos, contents)
	sheets := sheetsOf(groups, contents)
	var apps []bundle.Application
	for i, g := range groups {
		var pages []*Content
		for _, n := range g.Pages {
			if n < 1 || n > len(contents) || contents[n-1] == nil {
				continue
			}
			if p := contents[n-1]; p.Kind != bundle.Blank && p.Kind != bundle.Separator {
				pages = append(pages, p)
			}
		}
		if len(pages) > 0 {
			a := lot{sheets[i], pages}.application(c)
			a.ID = g.ID
			a.Gaps = Sequence(c, infos, pages)
			apps = append(apps, a)
		}
	}
	return apps
}

// sheetsOf gives for each group of a person's the sheet with a code that is its own:
// the first that lies in it, or before one of its pages.
func sheetsOf(groups []Group, contents []*Content) []*Content {
	out := make([]*Content, len(groups))
	owner := map[int]int{}
	for i, g := range groups {
		for _, n := range g.Pages {
			owner[n] = i
		}
	}
	var sheet *Content
	for _, p := range contents {
		if p == nil {
			continue
		}
		i, owned := owner[p.Number]
		switch {
		case p.Kind == bundle.Separator && p.code != nil && owned:
			if out[i] == nil {
				out[i] = p
			}
		case p.Kind == bundle.Separator && p.code != nil:
			sheet = p
		case p.Kind == bundle.Separator || p.Kind == bundle.Blank || !owned:
		case sheet != nil:
			if out[i] == nil {
				out[i] = sheet
			}
			sheet = nil
		}
	}
	return out
}
