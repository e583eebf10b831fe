package check

import (
	"slices"
	"testing"

	"sealdesk/bundle"
)

// TestGaps: an application with pages missing is not complete, and one that fails
// already is not told of it twice.
func TestGaps(t *testing.T) {
	app := complete(t)
	app.Gaps = []bundle.Gap{{After: 4, Message: "似乎缺页"}}
	checks, verdict := Run(nmg(t), app, nil, nil)
	if verdict != bundle.NeedsReview || statusOf(checks, "page.4.gap") != bundle.Review {
		t.Errorf("verdict %s, gap %q, want review", verdict, statusOf(checks, "page.4.gap"))
	}
	app.Documents = slices.DeleteFunc(app.Documents, func(d bundle.Document) bool { return d.Kind == bundle.RecommendationLetter })
	checks, verdict = Run(nmg(t), app, nil, nil)
	if verdict != bundle.Incomplete || slices.ContainsFunc(checks, func(c bundle.Check) bool { return c.ID == "page.4.gap" }) {
		t.Errorf("verdict %s without a letter, want incomplete and no check of the gap", verdict)
	}
}
