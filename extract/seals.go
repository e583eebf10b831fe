package extract

import (
	"slices"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/seal"
)

// placeSeals lists the application's seals and compares each with the unit
// that should have stamped. Seals on attachments belong to other papers and
// are left out.
func placeSeals(c *call.Call, a *bundle.Application, pages []*Content) {
	for _, p := range pages {
		if p.Kind == bundle.Attachment {
			continue
		}
		for _, s := range p.seals {
			for _, rule := range c.Seals {
				if bundle.Role(rule.Role) == s.Role && s.found.Shape == seal.Round {
					s.match(c, a, rule)
				}
			}
			a.Seals = append(a.Seals, s.Seal)
		}
	}
}

// match holds a seal against the names under which the form knows its owner. It
// agrees when it agrees with one of them; the other units of the application are
// what it might be taken for.
func (s *placedSeal) match(c *call.Call, a *bundle.Application, rule call.Seal) {
	keys := append([]string{rule.Owner}, rule.Alternatives...)
	var names, others []string
	for _, f := range c.Fields {
		name, ok := a.Fields[f.Key].Value.(string)
		switch {
		case f.Type != call.Unit || !ok || name == "":
		case slices.Contains(names, name): // the same in another place of the form
		case slices.Contains(keys, f.Key):
			names = append(names, name)
		default:
			others = append(others, name)
		}
	}
	others = slices.DeleteFunc(others, func(o string) bool { return slices.Contains(names, o) })
	for _, name := range names {
		m, conf := seal.Matches(s.found, name, others)
		if m != nil && (s.Matches == nil || *m) {
			s.Matches, s.Confidence = m, rounded(conf)
		}
	}
}
