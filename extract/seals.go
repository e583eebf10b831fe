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

// surelyNamed is the confidence of a name from which a seal that says something else
// fails.
const surelyNamed = 0.8

// match holds a seal against the names under which the form knows its owner. It
// agrees when it agrees with one of them; the other units of the application are
// what it might be taken for. It is held against the application only where its owner's
// name was read, and all of its names surely: one that was not may be the seal's.
func (s *placedSeal) match(c *call.Call, a *bundle.Application, rule call.Seal) {
	keys := append([]string{rule.Owner}, rule.Alternatives...)
	var names, others []string
	known := true
	for _, k := range keys {
		f, ok := a.Fields[k]
		known = known && (f.Confidence >= surelyNamed || !ok && k != rule.Owner)
	}
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
		if m != nil && (*m || known) && (s.Matches == nil || *m) {
			s.Matches, s.Confidence = m, rounded(conf)
		}
	}
}
