package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/exchange"
)

// boardLength is how many bundles the board shows at once.
const boardLength = 60

func (s *Server) boardRoutes() []route {
	return []route{
		{pattern: "GET /bundles", right: account.Intake, tab: "tab.board", handler: s.board},
		{pattern: "POST /bundles", right: account.Intake, body: intakeBytes, time: intakeTime, handler: s.bring},
		{pattern: "GET /bundles/events", right: account.Intake, time: exchange.NoLimit, quiet: true, handler: s.boardEvents},
		// What a bundle's page shows, pictures and checks, is what an application shows:
		// whoever may open the one may open the other. What can be done there asks for
		// rights of its own.
		{pattern: "GET /bundles/{sha}", right: account.View, handler: s.bundle},
		{pattern: "GET /bundles/{sha}/events", right: account.View, time: exchange.NoLimit, quiet: true, handler: s.bundleEvents},
		{pattern: "POST /bundles/{sha}/cancel", right: account.Intake, handler: s.cancel},
		{pattern: "POST /bundles/{sha}/retry", right: account.Intake, handler: s.retry},
	}
}

// states are those of bundles, in the order in which they are counted.
var states = []desk.State{desk.Waiting, desk.Reading, desk.Review, desk.Failed, desk.Done, desk.Cancelled}

// boardQuery says which bundles the board shows.
type boardQuery struct {
	State desk.State // "" for all
	Text  string     // of the name, the receipt's number or who brought it
	From  time.Time  // those that came before; zero for the newest
}

// boardQueryOf reads it from an address. What makes no sense is passed over.
func boardQueryOf(v url.Values) boardQuery {
	q := boardQuery{Text: strings.TrimSpace(v.Get("q"))}
	for _, state := range states {
		if v.Get("state") == string(state) {
			q.State = state
		}
	}
	q.From, _ = time.Parse(time.RFC3339Nano, v.Get("from"))
	return q
}

// link is the address of what q says, below a path.
func (q boardQuery) link(path string) string {
	v := url.Values{}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	if q.State != "" {
		v.Set("state", string(q.State))
	}
	if !q.From.IsZero() {
		v.Set("from", q.From.UTC().Format(time.RFC3339Nano))
	}
	return withQuery(path, v)
}

// keeps says whether the board shows an entry, whenever it came.
func (q boardQuery) keeps(e *desk.Entry) bool {
	if q.State != "" && e.State != q.State {
		return false
	}
	if q.Text == "" {
		return true
	}
	text := strings.ToLower(q.Text)
	for _, s := range []string{e.Name, e.Receipt, e.ByName} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

// list gives what q shows.
func (s *Server) list(q boardQuery) []desk.Entry { return s.desk.Find(q.From, boardLength, q.keeps) }

// boardData is what the board shows.
type boardData struct {
	boardQuery
	List     listView
	Counts   []countView
	Events   string // address of what changes
	Newest   string // leads back to the newest, "" where they are shown
	Outcomes []outcome
	Problem  string // the key of what was wrong with what was sent
}

// listView is the list of bundles, and where it goes on.
type listView struct {
	Rows  []boardRow
	Older string
	Clear string // shows all of them, "" where nothing is left out
}

// countView is how many bundles are in a state. The state "" is for all.
type countView struct {
	State   desk.State
	Count   int
	Link    string
	Current bool
}

// boardRow is a bundle on the board.
type boardRow struct {
	desk.Entry
	Key     string // names its row
	Link    string
	Tallies []tally
	Cancel  bool // whether it can be cancelled
	Costs   bool // whether that throws away what was read
	Retry   bool
	Swap    bool   // the row takes the place of the one that is there
	Back    string // where it leads, without scripts
}

// tally is how many applications have a verdict.
type tally struct {
	Verdict bundle.Verdict
	Count   int
}

func rowOf(e desk.Entry) boardRow {
	row := boardRow{Entry: e, Key: "b-" + e.Bundle[:16], Link: bundleLink(e.Bundle), Back: "/bundles"}
	for _, v := range []bundle.Verdict{bundle.Incomplete, bundle.NeedsReview, bundle.Complete} {
		t := tally{Verdict: v}
		for _, have := range e.Verdicts {
			if have == v {
				t.Count++
			}
		}
		if t.Count > 0 {
			row.Tallies = append(row.Tallies, t)
		}
	}
	switch e.State {
	case desk.Waiting, desk.Reading:
		row.Cancel, row.Costs = true, e.Done > 0
	case desk.Failed, desk.Cancelled:
		row.Retry = true
	}
	return row
}

func bundleLink(sha string) string { return "/bundles/" + sha }

// listOf shows entries, the newest first.
func listOf(q boardQuery, entries []desk.Entry) listView {
	var l listView
	for _, e := range entries {
		row := rowOf(e)
		row.Back = q.link("/bundles")
		l.Rows = append(l.Rows, row)
	}
	if n := len(entries); n >= boardLength {
		older := q
		older.From = entries[n-1].Time
		l.Older = older.link("/bundles")
	}
	if q.State != "" || q.Text != "" || !q.From.IsZero() {
		l.Clear = "/bundles"
	}
	return l
}

// counts shows how many bundles are in each state; each leads to them.
func (s *Server) counts(q boardQuery) []countView {
	of := s.desk.Counts()
	all := 0
	out := make([]countView, 1, len(states)+1)
	for _, state := range states {
		all += of[state]
		to := boardQuery{State: state, Text: q.Text}
		out = append(out, countView{State: state, Count: of[state], Link: to.link("/bundles"), Current: q.State == state})
	}
	out[0] = countView{Count: all, Link: boardQuery{Text: q.Text}.link("/bundles"), Current: q.State == ""}
	return out
}

func (s *Server) board(w http.ResponseWriter, r *http.Request) error {
	return s.showBoard(w, r, http.StatusOK, boardData{boardQuery: boardQueryOf(r.URL.Query())})
}

// showBoard answers with the board. Of d the caller sets what to show of it, and what
// became of what was sent.
func (s *Server) showBoard(w http.ResponseWriter, r *http.Request, status int, d boardData) error {
	d.List = listOf(d.boardQuery, s.list(d.boardQuery))
	d.Counts = s.counts(d.boardQuery)
	d.Events = d.link("/bundles/events")
	if !d.From.IsZero() {
		newest := d.boardQuery
		newest.From = time.Time{}
		d.Newest = newest.link("/bundles")
	}
	return s.render(w, r, status, "board", d)
}

// entry gives the entry of the bundle that a request names.
func (s *Server) entry(r *http.Request) (desk.Entry, error) {
	e, ok := s.desk.Entry(r.PathValue("sha"))
	if !ok {
		return e, httpError(http.StatusNotFound)
	}
	return e, nil
}

// cancelData is what the question shows whether to throw away what was read.
type cancelData struct {
	boardRow
	To string // where to go without cancelling
}

// cancel ends the reading of a bundle. Where that throws away pages that were read, it
// asks first.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) error {
	e, err := s.entry(r)
	if err != nil {
		return err
	}
	if row := rowOf(e); row.Costs && r.PostFormValue("sure") == "" {
		return s.render(w, r, http.StatusOK, "cancel", cancelData{row, local(r.PostFormValue("back"))})
	}
	return s.decide(w, r, e, audit.Cancel, "board.cancelled", s.desk.Cancel)
}

// retry has a bundle read again that failed or was cancelled.
func (s *Server) retry(w http.ResponseWriter, r *http.Request) error {
	e, err := s.entry(r)
	if err != nil {
		return err
	}
	return s.decide(w, r, e, audit.Retry, "board.retried", s.desk.Retry)
}

// didView is what was done, or refused, to a bundle.
type didView struct {
	Key     string // of a message
	Refused bool
}

// decide does to a bundle what somebody decided, and says so: in place for htmx, whose
// page is told by its events what became of the bundle, else on the page that it leads
// back to.
func (s *Server) decide(w http.ResponseWriter, r *http.Request, e desk.Entry, action, said string, do func(ctx context.Context, sha, by string) error) error {
	err := do(r.Context(), e.Bundle, visitOf(r).User.ID)
	switch {
	case errors.Is(err, desk.ErrBusy):
		said = "board.busy"
	case err != nil:
		return missing(err)
	default:
		if err := s.record(r, audit.Entry{Action: action, Object: "bundles/" + e.Bundle}); err != nil {
			return err
		}
	}
	if !isFragment(r) {
		s.notify(r, said)
		http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther)
		return nil
	}
	return s.fragment(w, r, "board", "did", didView{said, errors.Is(err, desk.ErrBusy)})
}
