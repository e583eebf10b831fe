// Package check holds an application against the rules of its call and says,
// rule by rule, pass, fail or review, with a sentence for the clerk and the
// place on the paper.
//
// It is pure: it reads no pages, no files and no clock, and the same input
// gives the same checks in the same order. What was not found, or was read in
// doubt, is review: the worst mistake would be to call an incomplete
// application complete.
package check

import (
	"fmt"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Doubt is something that a person must look at, beside the call's rules: a
// page that could not be read, or a place where extraction found too little to
// decide. It becomes a check of its own with status review; when ID is one of
// the call's own checks, that check becomes review instead.
type Doubt struct {
	ID      string
	Message string // Chinese, for the clerk
	Page    int
	Box     *bundle.Box
	// Hides is true where what is missing elsewhere may stand there: no
	// document is then said to be missing.
	Hides bool
}

// PageDoubts gives a doubt "page.<n>.readable" for each page that has an error.
func PageDoubts(pages []bundle.PageInfo) []Doubt {
	var list []Doubt
	for _, p := range pages {
		if p.Error != nil {
			list = append(list, Doubt{
				ID:      fmt.Sprintf("page.%d.readable", p.Page),
				Message: "此页无法识别（" + p.Error.Message + "），请查看原件",
				Page:    p.Page,
				Hides:   true,
			})
		}
	}
	return list
}

// Run checks app against c. onFile are the applications already taken, in the
// order in which they came; app itself (by id) among them is passed over. The
// order of the checks is: documents, plan, filled fields, limits, formats,
// choices, stamps by role, deadline, consistency, separator sheet, quota, duplicate,
// doubts, gaps.
// Checks that cannot be asked are left out. Nothing of app is changed.
func Run(c *call.Call, app *bundle.Application, onFile []OnFile, doubts []Doubt) ([]bundle.Check, bundle.Verdict) {
	r := &run{c: c, app: app, onFile: onFile}
	for _, d := range doubts {
		r.hidden = r.hidden || d.Hides
	}
	r.documents()
	r.plan()
	if r.document(bundle.ApplicationForm) != nil || len(app.Fields) > 0 {
		r.fields()
	}
	r.stamps()
	r.deadline()
	r.consistency()
	r.sheet()
	r.quota()
	r.duplicate()
	r.doubts(doubts)
	r.gaps()
	return r.checks, Verdict(r.checks)
}

// Verdict is what checks come to: Incomplete when one fails, else NeedsReview when one
// needs a person, else Complete.
func Verdict(checks []bundle.Check) bundle.Verdict {
	v := bundle.Complete
	for _, c := range checks {
		switch c.Status {
		case bundle.Fail:
			return bundle.Incomplete
		case bundle.Review:
			v = bundle.NeedsReview
		}
	}
	return v
}

// run is one application on its way through the rules.
type run struct {
	c      *call.Call
	app    *bundle.Application
	onFile []OnFile
	hidden bool // some page could not be read; what is missing may be on it
	checks []bundle.Check
}

// spot is the place on the paper that a check speaks of; Page 0 is none.
type spot struct {
	page int
	box  *bundle.Box
}

func (r *run) add(id string, s bundle.Status, at spot, format string, args ...any) {
	c := bundle.Check{ID: id, Status: s, Message: fmt.Sprintf(format, args...), Page: at.page}
	if at.box != nil {
		box := *at.box
		c.Box = &box
	}
	if s != bundle.Pass && at.page > 0 {
		c.Message += fmt.Sprintf("（第%d页）", at.page)
	}
	r.checks = append(r.checks, c)
}

// spotOf gives the field's place.
func spotOf(f bundle.Field) spot { return boxed(f.Page, f.Box) }

func boxed(page int, box bundle.Box) spot {
	if page <= 0 {
		return spot{}
	}
	if box == (bundle.Box{}) {
		return spot{page: page}
	}
	return spot{page, &box}
}

// doubts adds what extraction could not decide.
func (r *run) doubts(list []Doubt) {
	for _, d := range list {
		if own := r.find(d.ID); own != nil {
			own.Status = bundle.Review
			own.Message += "；" + d.Message
			continue
		}
		r.add(d.ID, bundle.Review, spot{d.Page, d.Box}, "%s", d.Message)
	}
}

func (r *run) find(id string) *bundle.Check {
	for i := range r.checks {
		if r.checks[i].ID == id {
			return &r.checks[i]
		}
	}
	return nil
}

// decide is Fail when confidence reaches sure, else Review: a finding against
// the applicant needs a reading that carries it.
func decide(confidence, sure float64) bundle.Status {
	if confidence >= sure {
		return bundle.Fail
	}
	return bundle.Review
}
