package figures

import (
	"cmp"
	"slices"
	"strings"

	"sealdesk/bundle"
)

// Timing says how an application stands to the last day of its call.
type Timing string

// The timings.
const (
	InTime  Timing = "in-time"
	Late    Timing = "late"
	Unknown Timing = "unknown"
)

// Selection are the applications behind one figure. All that is not zero holds.
type Selection struct {
	Filter
	Verdict bundle.Verdict
	Call    string // the id of a call
	// Rule is the ID of a rule that does not pass, with Status.
	Rule   string
	Status bundle.Status
	// Quota is the name of a recommender whose quota of Kind they claim.
	Quota, Kind string
	Timing      Timing // for calls with a last day
	// Corrected is the kind of what people corrected in them; with Thing, only in the
	// thing of this key.
	Corrected Kind
	Thing     string
}

// Select gives the applications behind a figure, the newest year first, then by
// recommender, name and id.
func Select(filed []Filed, s Selection) []Filed {
	takes, quota := s.Filter.matcher(), GroupOf(s.Quota)
	var out []Filed
	for _, a := range filed {
		if takes(a.Application) && s.takes(a, quota) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b Filed) int {
		return cmp.Or(b.Year-a.Year, strings.Compare(a.Recommender, b.Recommender), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return out
}

func (s *Selection) takes(a Filed, quota string) bool {
	switch {
	case s.Verdict != "" && a.Verdict != s.Verdict,
		s.Call != "" && a.Call.ID != s.Call,
		s.Rule != "" && a.defect(s.Rule) != s.Status,
		s.Timing != "" && a.timing() != s.Timing,
		s.Corrected != "" && !a.corrected(s.Corrected, s.Thing):
		return false
	case s.Quota == "":
		return true
	}
	return a.Claim.Recommender != "" && !a.Claim.Exempt && a.claimant.group == quota && a.Claim.Kind == s.Kind
}

// timing is "" where the call has no last day.
func (f Filed) timing() Timing {
	late, known := f.late()
	switch {
	case f.Call.Deadline.IsZero():
		return ""
	case !known:
		return Unknown
	case late:
		return Late
	}
	return InTime
}

// corrected says whether a person corrected something of a kind, or of its thing with
// this key.
func (a *Application) corrected(kind Kind, key string) bool {
	return slices.ContainsFunc(a.values, func(v value) bool {
		if !v.corrected {
			return false
		}
		t := things(a.Call)[v.thing]
		return t.Kind == kind && (key == "" || t.Key == key)
	})
}
