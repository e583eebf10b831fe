package web

import (
	"context"
	"fmt"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/report"
)

func (s *Server) auditRoutes() []route {
	return []route{
		{pattern: "GET /audit", right: account.Audit, tab: "tab.audit", handler: s.trail},
		{pattern: "GET /audit.csv", right: account.Audit, time: 10 * time.Minute, handler: s.exportTrail},
	}
}

// trailPage is how many records stand on one page of the audit trail.
const trailPage = 100

// trailTime is how long the trail is searched for one page: it may have a million records
// and lie with a service that is far away.
const trailTime = 2 * time.Second

// trailData is what a page of the audit trail shows.
type trailData struct {
	Accounts                      []account.User
	Actions                       []string
	Who, Action, Bundle, From, To string // what is asked for
	Filtered                      bool
	Rows                          []trailRow
	Newest, Older, Export         string    // addresses; "" where there is nothing
	Stopped                       time.Time // where the search ended for now; zero when it did not
}

// trailRow is a record of the trail, for people.
type trailRow struct {
	Seq            int
	Damaged        bool // whether it cannot be read, so that the rest is empty
	Time           time.Time
	Clock          string // the time to the second, on the clock of the machine
	Who            string
	WhoLink        string // narrows the trail down
	Action         string // in words
	Object, Detail string
	ObjectLink     string
	Code           bool // whether the object is no name
}

const dayFormat = "2006-01-02"

// trailFilter reads a filter from an address. What makes no sense is passed over.
func trailFilter(v url.Values) audit.Filter {
	f := audit.Filter{Who: cut(v.Get("who"), 300), Action: cut(v.Get("action"), 300), Bundle: cut(strings.TrimSpace(v.Get("bundle")), 300)}
	if day, err := time.ParseInLocation(dayFormat, v.Get("from"), time.Local); err == nil {
		f.From = day
	}
	if day, err := time.ParseInLocation(dayFormat, v.Get("to"), time.Local); err == nil {
		f.To = day.AddDate(0, 0, 1)
	}
	return f
}

// trailValues is a filter as an address has it.
func trailValues(f audit.Filter) url.Values {
	v := url.Values{}
	if !f.From.IsZero() {
		v.Set("from", f.From.Format(dayFormat))
	}
	if !f.To.IsZero() {
		v.Set("to", f.To.AddDate(0, 0, -1).Format(dayFormat))
	}
	for name, value := range map[string]string{"who": f.Who, "action": f.Action, "bundle": f.Bundle} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

// walk goes down the trail from a number, 0 for where the filter begins, and hands on what
// fits and what cannot be read, until visit says that it is enough or time is up. It gives
// the number to go on from, 0 at the end of all that is asked for, and the time of the
// last record that was looked at.
func (s *Server) walk(ctx context.Context, f audit.Filter, from int, until time.Time, visit func(audit.Entry, error) bool) (next int, at time.Time, err error) {
	if from == 0 {
		if from, err = s.audit.Start(ctx, f); from == 0 || err != nil {
			return 0, at, err
		}
	}
	for e, err := range s.audit.List(ctx, from, math.MaxInt) {
		if err != nil && e.Seq == 0 {
			return 0, at, err
		}
		if err == nil {
			if at = e.Time; f.Past(e) {
				break
			}
		}
		if err != nil || f.Match(e) {
			if !visit(e, err) {
				return e.Seq - 1, at, nil
			}
		}
		if e.Seq > 1 && time.Now().After(until) {
			return e.Seq - 1, at, nil
		}
	}
	return 0, at, nil
}

// trail is the page of the audit trail.
func (s *Server) trail(w http.ResponseWriter, r *http.Request) error {
	f := trailFilter(r.URL.Query())
	if err := s.record(r, audit.Entry{Action: audit.ReadTrail, Detail: trailDetail(f)}); err != nil {
		return err
	}
	if err := s.accounts.Refresh(r.Context()); err != nil {
		return err
	}
	values := trailValues(f)
	d := trailData{
		Accounts: s.accounts.List(), Actions: audit.Actions(), Who: f.Who, Action: f.Action, Bundle: f.Bundle,
		From: values.Get("from"), To: values.Get("to"), Filtered: f != audit.Filter{},
		Export: withQuery("/audit.csv", values),
	}
	from, err := strconv.Atoi(r.URL.Query().Get("at"))
	if err != nil || from < 0 {
		from = 0
	}
	var wrong error
	next, at, err := s.walk(r.Context(), f, from, time.Now().Add(s.patience), func(e audit.Entry, err error) bool {
		var row trailRow
		if row, wrong = s.trailRow(r, e, err); wrong != nil {
			return false
		}
		d.Rows = append(d.Rows, row)
		return len(d.Rows) < trailPage
	})
	if err != nil || wrong != nil {
		return orElse(err, wrong)
	}
	if from > 0 {
		d.Newest = withQuery("/audit", values)
	}
	if next > 0 {
		values.Set("at", strconv.Itoa(next))
		d.Older = withQuery("/audit", values)
		if len(d.Rows) < trailPage {
			d.Stopped = at
		}
	}
	return s.render(w, r, http.StatusOK, "audit", d)
}

// trailDetail says in a record what part of the trail was asked for.
func trailDetail(f audit.Filter) string {
	if v := trailValues(f); len(v) > 0 {
		return v.Encode()
	}
	return ""
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// trailRow is a record for people, in the visitor's language.
func (s *Server) trailRow(r *http.Request, e audit.Entry, broken error) (trailRow, error) {
	row := trailRow{Seq: e.Seq, Damaged: broken != nil}
	if row.Damaged {
		return row, nil
	}
	row.Time, row.Clock = e.Time, e.Time.Local().Format(time.DateTime)
	row.WhoLink = withQuery("/audit", url.Values{"who": {e.User}})
	row.Object, row.Code, row.Detail = e.Object, true, e.Detail
	lang := visitOf(r).Lang
	var err error
	if row.Who, err = s.whoDid(r, e.User); err != nil {
		return row, err
	}
	if row.Action, err = inWords(lang, "audit.action.", e.Action); err != nil {
		return row, err
	}
	if e.Object != "" {
		row.ObjectLink = withQuery("/audit", url.Values{"bundle": {e.Object}})
		if u, err := s.accounts.Get(r.Context(), e.Object); err == nil {
			row.Object, row.Code = u.Display, false
			row.ObjectLink = withQuery("/audit", url.Values{"who": {e.Object}})
		}
	}
	if account.Role(e.Detail).Valid() {
		row.Detail, err = inWords(lang, "role.", e.Detail)
	}
	return row, err
}

// inWords is the message whose key is a code behind a beginning, or the code.
func inWords(lang, beginning, code string) (string, error) {
	if !known(beginning + code) {
		return code, nil
	}
	return say(lang, beginning+code)
}

// whoDid is the name of whoever a record says did something.
func (s *Server) whoDid(r *http.Request, user string) (string, error) {
	name, onMachine := strings.CutPrefix(user, "cli:")
	switch {
	case onMachine:
		return say(visitOf(r).Lang, "audit.cli", name)
	case user == "nobody":
		return say(visitOf(r).Lang, "audit.nobody")
	}
	return s.nameOf(r, user), nil
}

// trailHeads are the messages at the head of the columns of an export.
var trailHeads = []string{
	"audit.number", "audit.time", "audit.who", "audit.who.id", "audit.kind", "audit.kind.code", "audit.object", "audit.object.id",
	"audit.detail", "audit.hash",
}

// exportTrail answers with all records that fit a filter as CSV.
func (s *Server) exportTrail(w http.ResponseWriter, r *http.Request) error {
	f := trailFilter(r.URL.Query())
	if err := s.record(r, audit.Entry{Action: audit.Export, Object: "trail", Detail: strings.TrimSpace("format=csv " + trailDetail(f))}); err != nil {
		return err
	}
	heads := make([]string, 0, len(trailHeads))
	for _, key := range trailHeads {
		head, err := say(visitOf(r).Lang, key)
		if err != nil {
			return err
		}
		heads = append(heads, head)
	}
	damaged, err := say(visitOf(r).Lang, "audit.damaged")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	name := fmt.Sprintf("audit-%s.csv", s.now().Local().Format(dayFormat))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	out := report.NewCSV(w)
	out.Row(heads...)
	var wrong error
	_, _, err = s.walk(r.Context(), f, 0, s.now().AddDate(1, 0, 0), func(e audit.Entry, broken error) bool {
		var row trailRow
		if row, wrong = s.trailRow(r, e, broken); wrong != nil {
			return false
		}
		if row.Damaged {
			out.Row(strconv.Itoa(row.Seq), "", "", "", damaged)
			return true
		}
		out.Row(strconv.Itoa(row.Seq), e.Time.Local().Format(time.RFC3339), row.Who, e.User, row.Action, e.Action, row.Object, e.Object, row.Detail, e.Hash)
		return true
	})
	return orElse(orElse(err, wrong), out.Close())
}
