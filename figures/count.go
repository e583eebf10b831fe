package figures

import (
	"cmp"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
)

// Unread stands in a Filter for applications whose recommender could not be read.
const Unread = "-"

// Filter says which applications are counted. The zero Filter is all.
type Filter struct {
	Year int // 0 for all
	// Recommender is the name of one, in any spelling with the same [GroupOf], or
	// Unread; "" for all.
	Recommender string
}

// matcher says which applications a filter takes.
func (f Filter) matcher() func(*Application) bool {
	group := GroupOf(f.Recommender) // of Unread it is ""
	return func(a *Application) bool {
		return (f.Year == 0 || a.Year == f.Year) && (f.Recommender == "" || a.Group == group)
	}
}

// Report are the figures of the applications that a filter takes.
type Report struct {
	Filter
	// Years and Recommenders are all that there are on file, whatever the filter: the
	// newest year, and the recommender with the most applications, first.
	Years        []int
	Recommenders []Recommender

	// Completeness has a row for each year and recommender, the newest year and the
	// most applications first; ByYear one for each year, of all its recommenders.
	Completeness []Completeness
	ByYear       []Completeness
	Total        Completeness
	// Defects are the rules that some application does not pass, the most failures
	// first, then the most that wait for a person.
	Defects []DefectCount
	// Quotas are by call and recommender, those most over their limit first, then
	// those with the most applications. Calls without quotas have none.
	Quotas []QuotaUse
	// Deadlines are by call, the newest year first. Calls without a last day have none.
	Deadlines []Deadline
	// Kinds and Fields are how often the machine was right, by kind, and by thing for
	// those that a person looked at.
	Kinds, Fields []Accuracy
}

// Recommender is one recommender, under all the spellings that count as one.
type Recommender struct {
	Name  string // the most frequent spelling; "" for those that could not be read
	Group string
	// Spellings are all of them as results have them, the most frequent first; nil
	// where a spelling was masked.
	Spellings    []string
	Applications int
}

// Completeness counts applications. Received is the number of applications that were
// found in bundles that were read: one that was sent twice is counted twice. Complete,
// Incomplete and Review are those of each verdict, what people corrected and decided
// applied; they add up to Received.
type Completeness struct {
	Year int
	// Recommender is the name; "" in a sum, or where nobody was read.
	Recommender string

	Received, Complete, Incomplete, Review int
}

// Share is Complete of Received, 0..1; ok is false where there are none.
func (c Completeness) Share() (share float64, ok bool) { return shareOf(c.Complete, c.Received) }

func (c *Completeness) add(v bundle.Verdict) {
	c.Received++
	switch v {
	case bundle.Complete:
		c.Complete++
	case bundle.Incomplete:
		c.Incomplete++
	default:
		c.Review++
	}
}

func shareOf(part, all int) (float64, bool) {
	if all == 0 {
		return 0, false
	}
	return thousandth(float64(part) / float64(all)), true
}

// DefectCount counts the applications that do not pass a rule: Failed do not meet it,
// Review wait for a person's decision.
type DefectCount struct {
	Rule           check.Rule
	Failed, Review int
	Received       int // all applications, for the share
}

// Share is Failed of Received, 0..1; ok is false where there are none.
func (d DefectCount) Share() (share float64, ok bool) { return shareOf(d.Failed, d.Received) }

// QuotaUse is how much of its quota a recommender used in one call. Claimed is the
// number of its applications that the quota binds; Counted leaves out those that are the
// same application again; Exempt ones are in neither.
type QuotaUse struct {
	Call        *call.Call
	Recommender string
	// Kind and Limit are the call's for this recommender; "" and 0 where it has none.
	Kind  string
	Limit int

	Claimed, Counted int
}

// Over is by how many applications Counted is beyond Limit, 0 where it is not, or where
// there is no limit.
func (q QuotaUse) Over() int {
	if q.Limit == 0 {
		return 0
	}
	return max(0, q.Counted-q.Limit)
}

// Deadline counts the applications of a call by when their bundles came: InTime on or
// before the call's last day, Late after it, by the calendar of the machine; Unknown
// where the time is not known. DatedLate and Doubtful are those whose recommender dated
// its opinion after that day, and those where a person has to see.
type Deadline struct {
	Call                            *call.Call
	Received, InTime, Late, Unknown int
	DatedLate, Doubtful             int
}

// DeadlineRule is the ID of package check's rule of the date of the recommender's opinion.
const DeadlineRule = "date.deadline"

// Count counts the applications on file. The order of filed does not matter.
func Count(filed []Filed, filter Filter) *Report {
	r := &Report{Filter: filter}
	names := r.known(filed)
	takes := filter.matcher()
	completeness := map[row]*Completeness{}
	years := map[int]*Completeness{}
	defects := map[string]*defectCount{}
	quotas := map[claimant]*quotaCount{}
	deadlines := map[string]*Deadline{}
	values := tally{}
	for _, a := range filed {
		if !takes(a.Application) {
			continue
		}
		of := entry(completeness, row{a.Year, a.Group})
		of.Year, of.Recommender = a.Year, names[a.Group]
		of.add(a.Verdict)
		year := entry(years, a.Year)
		year.Year = a.Year
		year.add(a.Verdict)
		r.Total.add(a.Verdict)
		for _, d := range a.Defects {
			entry(defects, d.Rule.ID).add(a.Call, d)
		}
		if a.Claim.Recommender != "" && !a.Claim.Exempt {
			entry(quotas, a.claimant).add(a.Application)
		}
		if !a.Call.Deadline.IsZero() {
			entry(deadlines, a.Call.ID).add(a)
		}
		values.add(a.Application)
	}
	for _, n := range completeness {
		r.Completeness = append(r.Completeness, *n)
	}
	for _, n := range years {
		r.ByYear = append(r.ByYear, *n)
	}
	for _, n := range defects {
		n.Received = r.Total.Received
		r.Defects = append(r.Defects, n.DefectCount)
	}
	for _, n := range quotas {
		r.Quotas = append(r.Quotas, n.use())
	}
	for _, n := range deadlines {
		r.Deadlines = append(r.Deadlines, *n)
	}
	r.Fields, r.Kinds = values.sums()
	r.order()
	return r
}

// entry is the value of a key, made where there is none.
func entry[K comparable, V any](m map[K]*V, key K) *V {
	v := m[key]
	if v == nil {
		v = new(V)
		m[key] = v
	}
	return v
}

// row is what a row of completeness is for.
type row struct {
	year  int
	group string
}

// claimant is whose quota is counted.
type claimant struct{ call, group, kind string }

// defectCount counts one rule. Where two calls name it otherwise, the newer one's name
// holds.
type defectCount struct {
	DefectCount
	call *call.Call
}

func (n *defectCount) add(c *call.Call, d Defect) {
	if n.call == nil || newer(c, n.call) < 0 {
		n.call, n.Rule = c, d.Rule
	}
	if d.Status == bundle.Fail {
		n.Failed++
	} else {
		n.Review++
	}
}

// newer orders calls, the newest year first.
func newer(a, b *call.Call) int { return cmp.Or(b.Year-a.Year, strings.Compare(a.ID, b.ID)) }

// quotaCount counts one claimant's.
type quotaCount struct {
	QuotaUse
	names map[string]int
	seen  map[string]bool
}

func (q *quotaCount) add(a *Application) {
	if q.seen == nil {
		q.Call, q.Kind, q.Limit = a.Call, a.Claim.Kind, a.Claim.Limit
		q.seen, q.names = map[string]bool{}, map[string]int{}
	}
	q.Claimed++
	q.names[a.Claim.Recommender]++
	q.seen[a.Claim.Same] = true
}

func (q *quotaCount) use() QuotaUse {
	out := q.QuotaUse
	out.Counted, out.Recommender = len(q.seen), frequent(q.names)[0]
	return out
}

func (d *Deadline) add(a Filed) {
	d.Call = a.Call
	d.Received++
	switch late, known := a.late(); {
	case !known:
		d.Unknown++
	case late:
		d.Late++
	default:
		d.InTime++
	}
	switch a.defect(DeadlineRule) {
	case bundle.Fail:
		d.DatedLate++
	case bundle.Review:
		d.Doubtful++
	}
}

// known learns which years and recommenders there are, and gives the recommenders'
// names by their groups.
func (r *Report) known(filed []Filed) map[string]string {
	years := map[int]bool{}
	spellings := map[string]map[string]int{}
	veiled := map[string]bool{}
	for _, a := range filed {
		years[a.Year] = true
		if spellings[a.Group] == nil {
			spellings[a.Group] = map[string]int{}
		}
		spellings[a.Group][a.Recommender]++
		veiled[a.Group] = veiled[a.Group] || a.Masked
	}
	for y := range years {
		r.Years = append(r.Years, y)
	}
	slices.SortFunc(r.Years, func(a, b int) int { return b - a })
	names := map[string]string{}
	for group, counts := range spellings {
		k := Recommender{Group: group}
		for _, n := range counts {
			k.Applications += n
		}
		if group != "" {
			list := frequent(counts)
			if k.Name = list[0]; !veiled[group] {
				k.Spellings = list
			}
		}
		names[group] = k.Name
		r.Recommenders = append(r.Recommenders, k)
	}
	slices.SortFunc(r.Recommenders, func(a, b Recommender) int {
		return cmp.Or(b.Applications-a.Applications, strings.Compare(a.Name, b.Name))
	})
	return names
}

// frequent are the keys of counts, the most frequent first.
func frequent(counts map[string]int) []string {
	out := make([]string, 0, len(counts))
	for s := range counts {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	return out
}

// order sorts the lists, so that the same applications give the same report.
func (r *Report) order() {
	slices.SortFunc(r.Completeness, func(a, b Completeness) int {
		return cmp.Or(b.Year-a.Year, b.Received-a.Received, strings.Compare(a.Recommender, b.Recommender))
	})
	slices.SortFunc(r.ByYear, func(a, b Completeness) int { return b.Year - a.Year })
	slices.SortFunc(r.Defects, func(a, b DefectCount) int {
		return cmp.Or(b.Failed-a.Failed, b.Review-a.Review, strings.Compare(a.Rule.ID, b.Rule.ID))
	})
	slices.SortFunc(r.Quotas, func(a, b QuotaUse) int {
		return cmp.Or(b.Over()-a.Over(), b.Counted-a.Counted, b.Claimed-a.Claimed, newer(a.Call, b.Call),
			strings.Compare(a.Recommender, b.Recommender), strings.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(r.Deadlines, func(a, b Deadline) int {
		return newer(a.Call, b.Call)
	})
}

// Named is the recommender that the filter names, false when there is none on file or
// the filter names none.
func (r *Report) Named() (Recommender, bool) {
	group := GroupOf(r.Filter.Recommender)
	at := slices.IndexFunc(r.Recommenders, func(k Recommender) bool { return k.Group == group })
	if r.Filter.Recommender == "" || at < 0 || group == "" && r.Filter.Recommender != Unread {
		return Recommender{}, false
	}
	return r.Recommenders[at], true
}
