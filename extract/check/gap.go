package check

import (
	"fmt"
	"slices"

	"sealdesk/bundle"
)

// gaps asks a person to look where pages seem to be missing. Where something fails
// the application is sent back anyway, and what is missing is among it.
func (r *run) gaps() {
	if slices.ContainsFunc(r.checks, func(c bundle.Check) bool { return c.Status == bundle.Fail }) {
		return
	}
	for _, g := range r.app.Gaps {
		r.doubts([]Doubt{{ID: fmt.Sprintf("page.%d.gap", g.After), Message: g.Message, Page: g.After}})
	}
}
