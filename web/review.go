package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
)

// correctionLimit is the greatest length of a correction: a table of long texts.
const correctionLimit = 1 << 20

func (s *Server) reviewRoutes() []route {
	return []route{
		{pattern: "GET /review", right: account.Correct, tab: "tab.review", handler: s.reviewQueue},
		{pattern: "GET /review/next", right: account.Correct, handler: s.reviewNext},
		{pattern: "GET /applications/{id}", right: account.View, handler: s.review},
		{pattern: "GET /applications/{id}/edit", right: account.Correct, handler: s.reviewEdit},
		{pattern: "POST /applications/{id}/corrections", right: account.Correct, body: correctionLimit, handler: s.correct},
		{pattern: "GET /bundles/{sha}/pages/{file}", right: account.View, handler: s.pagePicture},
		{pattern: "GET /bundles/{sha}/cut/{page}", right: account.View, handler: s.cutPicture},
	}
}

// reviewData is what the review view shows.
type reviewData struct {
	ID       string
	Name     string
	Unit     string
	Year     int
	Verdict  bundle.Verdict
	File     string
	Receipt  string // of the bundle
	Own      string // of the application, where it has another one; "" for none
	Sha      string
	Page     int // the one in sight
	Pages    []pageView
	Words    string // what was searched for, "" for nothing
	Marks    []markView
	Panel    panelView
	Searched string // where the search leads back to, "" for none
	Keys     []shortcut
}

// pageView is a page in the strip.
type pageView struct {
	Number  int
	Link    string
	Kind    bundle.Kind
	Ours    bool // whether it is one of the application's documents
	Current bool
	Doubt   bool // whether something on it waits for a person
	Blocked bool // whether the visitor may not see it
	Turn    int  // of the picture, so that one that is turned anew is fetched anew
}

// shortcuts of the review view (static/review.js), beside those of every page.
var reviewKeys = []shortcut{
	{"j", "review.key.next"},
	{"k", "review.key.prev"},
	{"Enter", "review.key.edit"},
	{"Ctrl+Enter", "review.key.save"},
	{"c", "review.key.confirm"},
	{"y", "review.key.yes"},
	{"x", "review.key.no"},
	{"n", "review.key.page"},
	{"p", "review.key.back"},
	{"+", "review.key.in"},
	{"-", "review.key.out"},
	{"0", "review.key.fit"},
	{"r", "review.key.turn"},
	{"?", "review.key.help"},
	{"Esc", "review.key.leave"},
}

// application gives the application that a request names.
func (s *Server) application(r *http.Request) (*desk.Bundle, *bundle.Application, error) {
	b, i, err := s.desk.Application(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, nil, missing(err)
	}
	if b.Result == nil || i < 0 || i >= len(b.Result.Applications) {
		return nil, nil, httpError(http.StatusNotFound)
	}
	return b, &b.Result.Applications[i], nil
}

// missing turns what package desk does not know into an error page that says so.
func missing(err error) error {
	if errors.Is(err, desk.ErrUnknown) || errors.Is(err, desk.ErrUnread) {
		return httpError(http.StatusNotFound)
	}
	return err
}

func (s *Server) review(w http.ResponseWriter, r *http.Request) error {
	b, app, err := s.application(r)
	if err != nil {
		return err
	}
	if err := s.record(r, audit.Entry{Action: audit.View, Object: app.ID}); err != nil {
		return err
	}
	return s.showReview(w, r, http.StatusOK, b, app, panelState{edit: r.URL.Query().Get("edit")})
}

// showReview answers with the whole view.
func (s *Server) showReview(w http.ResponseWriter, r *http.Request, status int, b *desk.Bundle, app *bundle.Application, state panelState) error {
	panel, err := s.panel(r, b, app, state)
	if err != nil {
		return err
	}
	d := reviewData{
		ID: app.ID, Verdict: app.Verdict, Year: app.Year, File: b.Entry.Name, Receipt: b.Entry.Receipt,
		Sha: b.Result.SHA256, Panel: panel, Keys: reviewKeys, Words: r.URL.Query().Get("q"),
	}
	if d.File == "" {
		d.File = b.Result.File
	}
	if app.Receipt != d.Receipt {
		d.Own = app.Receipt
	}
	d.Name, d.Unit = titles(b, app)
	pages := pagesOf(b.Result, app)
	d.Page = pageIn(pages, r.URL.Query().Get("page"))
	if d.Words != "" {
		node, err := s.words(r, d.Words)
		if err == nil {
			d.Marks = marksOf(node, b, app, pages)
			d.Searched = "/search?" + url.Values{"q": {d.Words}}.Encode()
		} else {
			d.Words = "" // too long, or not for this visitor: nothing is marked
		}
	}
	doubts := panel.doubtPages()
	mayAll := visitOf(r).may(account.SeePersonal)
	for _, info := range b.Result.PageInfo {
		if !slices.Contains(pages, info.Page) {
			continue
		}
		d.Pages = append(d.Pages, pageView{
			Number: info.Page, Link: applicationLink(app.ID, info.Page, d.Words), Kind: info.Kind, Turn: info.Rotation,
			Ours: inDocuments(app, info.Page), Current: info.Page == d.Page, Doubt: doubts[info.Page],
			Blocked: !mayAll && info.Error != nil,
		})
	}
	return s.render(w, r, status, "review", d)
}

// pagesOf gives the pages of an application, and those between them that belong to none.
func pagesOf(res *bundle.Result, app *bundle.Application) []int {
	owned := map[int]bool{}
	for i := range res.Applications {
		for _, doc := range res.Applications[i].Documents {
			for _, n := range doc.Pages {
				owned[n] = true
			}
		}
	}
	var ours []int
	for _, doc := range app.Documents {
		ours = append(ours, doc.Pages...)
	}
	if len(ours) == 0 {
		ours = append(ours, 1)
	}
	first, last := slices.Min(ours), slices.Max(ours)
	for n := first; n <= last; n++ {
		if !owned[n] && !slices.Contains(ours, n) {
			ours = append(ours, n)
		}
	}
	slices.Sort(ours)
	return slices.DeleteFunc(slices.Compact(ours), func(n int) bool { return n < 1 || n > res.Pages })
}

// pageIn is the page that somebody asks for, the first where there is no such.
func pageIn(pages []int, asked string) int {
	if n, err := strconv.Atoi(asked); err == nil && slices.Contains(pages, n) {
		return n
	}
	if len(pages) == 0 {
		return 0
	}
	return pages[0]
}

func inDocuments(app *bundle.Application, page int) bool {
	return slices.ContainsFunc(app.Documents, func(d bundle.Document) bool { return slices.Contains(d.Pages, page) })
}

// titles gives what an application and its unit are called, "" where that was not read.
func titles(b *desk.Bundle, app *bundle.Application) (name, unit string) {
	if b.Call == nil {
		return "", ""
	}
	return app.FirstText(b.Call.Search.Name), app.FirstText(b.Call.Search.Unit)
}
