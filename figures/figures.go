// Package figures counts what is on file, for reports: how complete applications are by
// year and recommender, what is wrong with them, how quotas are used, what came in time,
// and how often people corrected what the machine read.
//
// An application is looked at once, when its result is at hand ([Of]); what is kept of
// it is small, so that twenty thousand are counted in a few milliseconds, by any filter
// ([Count]). What a figure counted, [Select] lists. It is pure: it reads no store and no
// clock, and writes no words for people.
//
// Nothing personal is kept: of the papers there are only names of bases, units and
// recommenders, and what looks like a phone number or an address of mail in them is
// masked.
package figures

import (
	"regexp"
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
)

// Application is what is kept of one application. It is never changed.
type Application struct {
	ID     string
	Bundle string // sha256 in hex
	File   string // the bundle's name
	Call   *call.Call
	Year   int
	// Name, Unit and Recommender are as search shows them, but masked.
	Name, Unit, Recommender string
	// Group is that of the recommender: applications with the same are counted
	// together. It is [GroupOf] of the name; "" where nobody was read.
	Group string
	// Masked says that Recommender is not quite what stands in the result.
	Masked  bool
	Verdict bundle.Verdict
	// Defects are the rules that do not pass, each once.
	Defects []Defect
	Claim   check.Claim

	claimant claimant // whose quota Claim is of
	values   []value
}

// Defect is a rule that an application does not pass: Status is Fail, or Review where
// nobody has decided. Of several checks of a rule the worst one counts.
type Defect struct {
	Rule   check.Rule
	Status bundle.Status
}

// Filed is an application with the time when its bundle came; zero where that is not
// known.
type Filed struct {
	*Application
	Received time.Time
}

// late says whether it came after the last day of its call, by the calendar of the
// machine; known is false where there is no such day or the time is not known.
func (f Filed) late() (late, known bool) {
	if f.Call.Deadline.IsZero() || f.Received.IsZero() {
		return false, false
	}
	y, m, d := f.Received.Local().Date()
	return call.Date{Year: y, Month: m, Day: d}.Compare(f.Call.Deadline) > 0, true
}

// Of is what is kept of an application: machine as it was read, app with what people
// corrected, both of a bundle and of the call c.
func Of(c *call.Call, sha, file string, machine, app *bundle.Application) *Application {
	a := &Application{
		ID: app.ID, Bundle: sha, File: file, Call: c, Year: app.Year, Verdict: app.Verdict, Claim: check.ClaimOf(c, app),
		Name: masked(app.FirstText(c.Search.Name)), Unit: masked(app.FirstText(c.Search.Unit)),
	}
	recommender := check.Recommender(c, app, c.Search.Recommender)
	a.Recommender = masked(recommender)
	a.Group, a.Masked = GroupOf(a.Recommender), a.Recommender != recommender
	a.Claim.Recommender = masked(a.Claim.Recommender)
	a.claimant = claimant{c.ID, GroupOf(a.Claim.Recommender), a.Claim.Kind}
	at := map[string]int{}
	for _, k := range app.Checks {
		if k.Status == bundle.Pass {
			continue
		}
		rule := check.RuleOf(c, k.ID)
		i, ok := at[rule.ID]
		switch {
		case !ok:
			at[rule.ID] = len(a.Defects)
			a.Defects = append(a.Defects, Defect{rule, k.Status})
		case k.Status == bundle.Fail:
			a.Defects[i].Status = bundle.Fail
		}
	}
	a.values = valuesOf(c, machine, app)
	return a
}

// GroupOf is the group of a recommender's name; "" for Unread.
func GroupOf(name string) string {
	if name == Unread {
		return ""
	}
	return check.Key(name)
}

// defect is the status of a rule that does not pass, "" for one that does or was not
// asked.
func (a *Application) defect(rule string) bundle.Status {
	for _, d := range a.Defects {
		if d.Rule.ID == rule {
			return d.Status
		}
	}
	return ""
}

// Rule is the rule with this ID in the words of the application's call.
func (a *Application) Rule(id string) check.Rule { return check.RuleOf(a.Call, id) }

// personal is what no name of a unit has: seven digits or more, each perhaps set off by
// a blank, hyphen or bracket, or what stands around an @.
var personal = regexp.MustCompile(`[0-9０-９](?:[\s\-－—–()（）]?[0-9０-９]){6,}|[\w.+\-]+[@＠][\w.\-]*`)

// longest is how many characters of a name are kept.
const longest = 200

func masked(name string) string {
	if r := []rune(name); len(r) > longest {
		name = string(r[:longest]) + "…"
	}
	return strings.TrimSpace(personal.ReplaceAllString(name, "***"))
}
