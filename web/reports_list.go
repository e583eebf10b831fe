package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/figures"
	"sealdesk/report"
)

// listPage is how many applications stand on one page of those behind a figure.
const listPage = 100

// listData is what the list of the applications behind a figure shows.
type listData struct {
	Conditions []string
	Total      int
	From, To   int
	Rows       []listRow
	Back       string
	Prev, Next string
}

type listRow struct {
	Link, Name, Unit, Recommender string
	Year                          int
	Verdict                       bundle.Verdict
	Received                      time.Time
}

// selectionValues are a selection as an address has it, and selectionOf reads it again.
func selectionValues(s figures.Selection) url.Values {
	v := filterValues(s.Filter)
	for name, value := range map[string]string{
		"verdict": string(s.Verdict), "call": s.Call, "rule": s.Rule, "status": string(s.Status), "quota": s.Quota, "kind": s.Kind,
		"timing": string(s.Timing), "corrected": string(s.Corrected), "thing": s.Thing,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

func selectionOf(v url.Values) figures.Selection {
	return figures.Selection{
		Filter: reportFilter(v), Verdict: bundle.Verdict(v.Get("verdict")), Call: v.Get("call"),
		Rule: v.Get("rule"), Status: bundle.Status(v.Get("status")), Quota: v.Get("quota"), Kind: v.Get("kind"),
		Timing: figures.Timing(v.Get("timing")), Corrected: figures.Kind(v.Get("corrected")), Thing: v.Get("thing"),
	}
}

// reportList lists the applications behind a figure.
func (s *Server) reportList(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	of := selectionOf(asked)
	found := figures.Select(s.desk.Applications(), of)
	if err := s.record(r, audit.Entry{Action: audit.Search, Object: "report", Detail: fmt.Sprintf("results=%d", len(found))}); err != nil {
		return err
	}
	conditions, err := conditionsOf(visitOf(r).Lang, of, found)
	if err != nil {
		return err
	}
	d := listData{Conditions: conditions, Total: len(found), Back: reportLink("/reports", of.Filter)}
	page, err := strconv.Atoi(asked.Get("page"))
	if last := (len(found) + listPage - 1) / listPage; err != nil || page < 1 || page > last {
		page = 1
	}
	at := func(n int) string {
		v := selectionValues(of)
		v.Set("page", strconv.Itoa(n))
		return withQuery("/reports/applications", v)
	}
	from, to := (page-1)*listPage, min(page*listPage, len(found))
	if d.From, d.To = from+1, to; page > 1 {
		d.Prev = at(page - 1)
	}
	if to < len(found) {
		d.Next = at(page + 1)
	}
	for _, a := range found[from:to] {
		d.Rows = append(d.Rows, listRow{
			Link: applicationLink(a.ID, 0, ""), Name: a.Name, Unit: a.Unit, Recommender: a.Recommender,
			Year: a.Year, Verdict: a.Verdict, Received: a.Received,
		})
	}
	return s.render(w, r, http.StatusOK, "report-list", d)
}

// timings are the messages of timings.
var timings = map[figures.Timing]string{
	figures.InTime: "reports.timing.in", figures.Late: "reports.timing.late", figures.Unknown: "reports.timing.none",
}

// conditionsOf says in words what a selection asks for.
func conditionsOf(lang string, s figures.Selection, found []figures.Filed) (out []string, err error) {
	add := func(asked bool, key string, args ...any) {
		if !asked || err != nil {
			return
		}
		var text string
		if text, err = say(lang, key, args...); err == nil {
			out = append(out, text)
		}
	}
	language := report.Language(lang)
	add(s.Year != 0, "reports.list.year", s.Year)
	name := s.Recommender
	if name == figures.Unread {
		if name, err = say(lang, "reports.unread"); err != nil {
			return nil, err
		}
	}
	add(name != "", "reports.list.of", name)
	add(known("verdict."+string(s.Verdict)), "verdict."+string(s.Verdict))
	if s.Call != "" {
		title := s.Call
		if len(found) > 0 {
			title = found[0].Call.Title
		}
		add(true, "reports.list.call", title)
	}
	if s.Rule != "" {
		words := s.Rule
		if len(found) > 0 {
			words = report.RuleWords(language, found[0].Rule(s.Rule))
		}
		add(s.Status == bundle.Fail, "reports.list.fails", words)
		add(s.Status == bundle.Review, "reports.list.doubts", words)
	}
	add(s.Quota != "", "reports.list.quota", s.Quota)
	if key, ok := timings[s.Timing]; ok {
		add(true, key)
	}
	words := report.KindWords(language, s.Corrected)
	if s.Thing != "" && len(found) > 0 {
		words = found[0].Label(s.Corrected, s.Thing)
	}
	add(s.Corrected != "", "reports.list.fixed", words)
	return out, err
}
