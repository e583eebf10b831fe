package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/desk/personal"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
)

// panelView is the right side of the review view: all that is known of an application
// beside its pages. It is what answers to a correction.
type panelView struct {
	ID, Sha, Action string // Action is where corrections are sent
	Name, Unit      string
	Year            int
	Call            string
	Verdict         bundle.Verdict
	Seen            int           // the newest correction that it shows
	May             bool          // whether the visitor may correct
	Said            string        // the key of a message about what was just done, "" for none
	Conflict        *conflictView // where there is no open form to say it
	Checks          []checkView   // those that fail or need a person
	Passed          []checkView
	Doubtful        []fieldView
	Fields          []fieldView // the others, in the order of the form
	Seals           []sealView
	Signatures      []signatureView
	Documents       []documentView
	Gaps            []bundle.Gap
	Flaws           []flawView
	History         []changeView
	Same            []hitView
	Like            string // where texts like its own are listed
}

// placeView is where something stands: the page, 0 for nowhere, and the box as
// "left,top,right,bottom", "" for the whole page.
type placeView struct {
	Page int
	Box  string
	Link string // shows the page, where scripts do not
}

type checkView struct {
	placeView
	Target  string
	ID      string // of the element
	Rule    string
	Status  bundle.Status
	Message string
	Decide  bool // whether a person decides
	Mark    *bundle.Mark
}

type fieldView struct {
	placeView
	Key, ID, Target, Label string
	Text                   string
	Columns                []call.Column
	Rows                   [][]string
	Long                   bool
	Blank                  bool
	Absent                 bool // not found on the paper at all
	Percent                int  // how sure the reader is
	Doubt                  bool
	Note                   string
	Mark                   *bundle.Mark
	May                    bool
	Edit                   *editView // the open form, nil while it is closed
}

type sealView struct {
	placeView
	Target, ID      string
	Label           string // whose seal stands there
	Expected        string // the unit that should have stamped, "" where it is not known
	Text            string // as read
	Cut             string // address of the picture
	Agrees, Differs bool   // neither where nobody knows
	Doubt           bool
	Note            string
	Mark            *bundle.Mark
	May             bool
	Missing         bool // it should be there and was not found
}

type signatureView struct {
	placeView
	Target, ID, Label, Cut string
	Present                bool
	Doubt                  bool
	Mark                   *bundle.Mark
	May                    bool
}

type documentView struct {
	Kind  bundle.Kind
	Label string // of the call, "" where it has none
	Pages []pageLink
}

type flawView struct {
	placeView
	Message string
}

// changeView is a correction in the history.
type changeView struct {
	Seq     int
	Time    time.Time
	Name    string
	Label   string
	Was, Is string
	Confirm bool
	Undo    int  // the one that it takes back
	Undone  bool // whether a later one took it back
	May     bool // whether the visitor may take it back
}

// panelState is what a request adds to the panel.
type panelState struct {
	edit     string // the target whose form is open
	said     string
	problem  string // the key of what is wrong with what was typed
	typed    any    // what was typed, nil for nothing
	conflict *desk.Conflict
}

// viewer makes the panel of one application for one visitor.
type viewer struct {
	b    *desk.Bundle
	app  *bundle.Application
	lang string
	may  bool // correct
	open bool // see personal data
}

func (s *Server) viewer(r *http.Request, b *desk.Bundle, app *bundle.Application) viewer {
	v := visitOf(r)
	return viewer{b: b, app: app, lang: v.Lang, may: v.may(account.Correct), open: v.may(account.SeePersonal)}
}

func (s *Server) panel(r *http.Request, b *desk.Bundle, app *bundle.Application, state panelState) (panelView, error) {
	v := s.viewer(r, b, app)
	p := panelView{
		ID: app.ID, Like: "/applications/" + url.PathEscape(app.ID) + "/like", Sha: b.Result.SHA256, Action: correctionsLink(app.ID), Year: app.Year, Call: app.Call, Verdict: app.Verdict,
		Seen: lastSeq(b.History), May: v.may, Said: state.said, Gaps: app.Gaps, Flaws: v.flaws(),
		Seals: v.seals(), Signatures: v.signatures(), Documents: v.documents(), History: v.history(),
	}
	p.Name, p.Unit = titles(b, app)
	if b.Call != nil {
		p.Call = b.Call.Title
	}
	if state.conflict != nil && state.edit == "" {
		p.Conflict = v.conflict(state)
	}
	for i, c := range app.Checks {
		view := v.check(i, c)
		if c.Status == bundle.Pass && c.Corrected == nil {
			p.Passed = append(p.Passed, view)
		} else {
			p.Checks = append(p.Checks, view)
		}
	}
	rank := map[bundle.Status]int{bundle.Fail: 0, bundle.Review: 1, bundle.Pass: 2}
	slices.SortStableFunc(p.Checks, func(a, b checkView) int { return rank[a.Status] - rank[b.Status] })
	for _, f := range v.fields() {
		if f.Target == state.edit {
			f.Edit = v.edit(f.Key, state)
		}
		if f.Doubt {
			p.Doubtful = append(p.Doubtful, f)
		} else {
			p.Fields = append(p.Fields, f)
		}
	}
	at := slices.IndexFunc(b.Result.Applications, func(a bundle.Application) bool { return a.ID == app.ID })
	same, err := s.desk.Same(r.Context(), b, at)
	if err != nil {
		return p, err
	}
	for _, h := range same {
		p.Same = append(p.Same, hitOf(h, nil, "", v.open))
	}
	return p, nil
}

func lastSeq(history []correct.Correction) int {
	last := 0
	for _, c := range history {
		last = max(last, c.Seq)
	}
	return last
}

// doubtPages are the pages with something that waits for a person.
func (p panelView) doubtPages() map[int]bool {
	out := map[int]bool{}
	for _, c := range p.Checks {
		out[c.Page] = out[c.Page] || c.Status != bundle.Pass
	}
	for _, f := range p.Doubtful {
		out[f.Page] = true
	}
	return out
}

func (v viewer) place(page int, box *bundle.Box) placeView {
	p := placeView{Page: page}
	if page > 0 {
		p.Link = applicationLink(v.app.ID, page, "")
	}
	if page > 0 && box != nil && inside(*box) {
		p.Box = boxText(*box)
	}
	return p
}

func boxText(b bundle.Box) string {
	parts := make([]string, len(b))
	for i, x := range b {
		parts[i] = strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strings.Join(parts, ",")
}

// inside says whether a box has an area on the page.
func inside(b bundle.Box) bool {
	return b[0] >= 0 && b[1] >= 0 && b[2] <= 1 && b[3] <= 1 && b[0] < b[2] && b[1] < b[3]
}

func (v viewer) check(i int, c bundle.Check) checkView {
	message := c.Message
	if !v.open {
		message = personal.Message(v.b.Call, v.app, c)
	}
	return checkView{
		placeView: v.place(c.Page, c.Box), Target: "check:" + c.ID, ID: fmt.Sprintf("c-%d", i), Rule: c.ID,
		Status: c.Status, Message: message, Mark: c.Corrected,
		Decide: v.may && (c.Status == bundle.Review || c.Corrected != nil),
	}
}
