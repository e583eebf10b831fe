package extract

import (
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
			out := s.seal
			for _, rule := range c.Seals {
				if bundle.Role(rule.Role) == s.role && out.Note == "" {
					out.Matches, out.Confidence = match(a, rule, out)
				}
			}
			a.Seals = append(a.Seals, out)
		}
	}
}

// match holds a seal against the names under which the form knows its owner. It
// agrees when it agrees with one of them.
func match(a *bundle.Application, rule call.Seal, s bundle.Seal) (matches *bool, conf float64) {
	read := seal.Seal{Shape: seal.Round, Text: s.Text, Confidence: s.Confidence}
	conf = s.Confidence
	for _, key := range append([]string{rule.Owner}, rule.Alternatives...) {
		name, ok := a.Fields[key].Value.(string)
		if !ok || name == "" {
			continue
		}
		m, c := seal.Matches(read, name, nil)
		if m != nil && (matches == nil || *m) {
			matches, conf = m, c
		}
	}
	return matches, rounded(conf)
}
