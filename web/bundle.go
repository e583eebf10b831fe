package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
)

// bundleData is what a bundle's page shows.
type bundleData struct {
	boardRow
	Version string // of all that it shows, to tell whether it has changed
	Events  string
	Read    bool // whether there is a result
	Stale   bool // the result is of an arrangement before the newest
	Faults  []faultView
	Faulty  int // how many faults there are on those pages
	Apps    []bundleApp
	Thumbs  []thumbView
	Missing int // checks that fail, of all applications
	Doubts  int // checks that a person has to decide
	Hidden  bool
	May     struct{ Intake, Arrange, Review bool }
}

// faultView is what is wrong with the scan of a page, or behind it.
type faultView struct {
	Page    int
	Link    string
	Picture string // a thumbnail, "" where it may not be seen
	Says    []faultText
}

type faultText struct {
	Kind    string // the end of the key of a message: a bundle.FlawKind, "gap" or "unread"
	Message string
}

// bundleApp is an application in a bundle.
type bundleApp struct {
	Link, Name, Unit string
	Year             int
	Verdict          bundle.Verdict
	Missing, Doubts  []spotView
	More             []spotView // doubts beyond those that are seen at a glance
	Passed           int
}

// glance is how many doubts of an application are shown at once. Where more are, most
// come of a page or a document that is missing, which is said above them.
const glance = 8

// spotView is a check that does not pass, with the place on the paper.
type spotView struct {
	Page    int
	Says    bool // whether the message names the page
	Message string
	Link    string
	Cut     string // address of a picture of the place, "" for none
	Whole   bool   // the picture is of the whole page
}

// thumbView is a page of a bundle.
type thumbView struct {
	Number  int
	Kind    bundle.Kind
	Link    string
	Picture string // "" where it may not be seen
	Faulty  bool
}

func (s *Server) bundle(w http.ResponseWriter, r *http.Request) error {
	d, err := s.bundleData(r, "")
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "bundle", d)
}

// bundleEvents streams what the page of a bundle shows whenever it changes, as the event
// bundle, and first as it is now. The parameter seen is the version that the page has,
// which its visitor has been shown already.
func (s *Server) bundleEvents(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.entry(r); err != nil {
		return err
	}
	seen := r.URL.Query().Get("seen")
	show := func(st *stream) error {
		d, err := s.bundleData(r, seen)
		if err != nil {
			return err
		}
		seen = d.Version
		html, err := s.execute(r, "bundle", "bundle", d)
		if err != nil {
			return err
		}
		return st.send("bundle", html)
	}
	return s.follow(w, r, account.View, show, func(st *stream, e desk.Entry) error {
		if e.Bundle != r.PathValue("sha") {
			return nil
		}
		return show(st)
	})
}

// bundleData gives what the page of a bundle shows. That it was shown is recorded, unless
// it is the version that was seen.
func (s *Server) bundleData(r *http.Request, seen string) (bundleData, error) {
	var d bundleData
	b, err := s.desk.Bundle(r.Context(), r.PathValue("sha"))
	if err != nil {
		return d, missing(err)
	}
	v := visitOf(r)
	d.boardRow = rowOf(b.Entry)
	d.Back = d.Link
	if d.Version, err = versionOf(b); err != nil {
		return d, err
	}
	d.Events = d.Link + "/events?" + url.Values{"seen": {d.Version}}.Encode()
	d.May.Intake, d.May.Arrange, d.May.Review = v.may(account.Intake), v.may(account.Arrange), v.may(account.Correct)
	d.Hidden = !v.may(account.SeePersonal)
	if b.Result == nil {
		return d, nil
	}
	d.Read, d.Stale = true, b.Entry.State == desk.Waiting || b.Entry.State == desk.Reading
	for i := range b.Result.Applications {
		app := s.bundleApp(r, b, &b.Result.Applications[i])
		d.Missing += len(app.Missing)
		d.Doubts += len(app.Doubts) + len(app.More)
		d.Apps = append(d.Apps, app)
	}
	d.faults(b)
	d.pages(b)
	if d.Version != seen {
		if err := s.record(r, audit.Entry{Action: audit.View, Object: "bundles/" + b.Entry.Bundle}); err != nil {
			return d, err
		}
	}
	return d, nil
}

// versionOf names what is known of a bundle: another name, another page.
func versionOf(b *desk.Bundle) (string, error) {
	arranged := 0
	if b.Arrangement != nil {
		arranged = b.Arrangement.Seq
	}
	all, err := json.Marshal([]any{b.Entry, lastSeq(b.History), arranged, b.Result != nil})
	if err != nil {
		return "", fmt.Errorf("name the version of bundle %s: %w", b.Entry.Bundle, err)
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:8]), nil
}

// bundleApp shows what an application lacks, and what a person has to look at.
func (s *Server) bundleApp(r *http.Request, b *desk.Bundle, app *bundle.Application) bundleApp {
	view := s.viewer(r, b, app)
	out := bundleApp{Link: applicationLink(app.ID, 0, ""), Year: app.Year, Verdict: app.Verdict}
	out.Name, out.Unit = titles(b, app)
	for i, c := range app.Checks {
		switch {
		case c.Status == bundle.Pass:
			out.Passed++
			continue
		case slices.ContainsFunc(app.Gaps, func(g bundle.Gap) bool { return g.Message == c.Message }):
			continue // it stands among the faults of the scan
		}
		checked := view.check(i, c)
		spot := spotView{Page: c.Page, Message: checked.Message, Link: applicationLink(app.ID, c.Page, "") + "#" + checked.ID}
		spot.Says = strings.Contains(strings.ReplaceAll(c.Message, " ", ""), fmt.Sprintf("第%d页", c.Page))
		switch {
		case unread(b.Result, c.Page):
		case c.Box != nil && inside(*c.Box):
			spot.Cut = view.cut(c.Page, around(*c.Box))
		default:
			spot.Cut, spot.Whole = thumbnail(b.Result, c.Page), true
		}
		if c.Status == bundle.Fail {
			out.Missing = append(out.Missing, spot)
		} else {
			out.Doubts = append(out.Doubts, spot)
		}
	}
	slices.SortStableFunc(out.Missing, picturesLast)
	slices.SortStableFunc(out.Doubts, picturesFirst)
	if len(out.Doubts) > glance+1 {
		out.Doubts, out.More = out.Doubts[:glance], out.Doubts[glance:]
	}
	return out
}

// picturesFirst puts what has a place on the paper before what has none.
func picturesFirst(a, b spotView) int {
	switch {
	case a.Cut != "" && b.Cut == "":
		return -1
	case a.Cut == "" && b.Cut != "":
		return 1
	}
	return 0
}

// picturesLast puts what is missing altogether, and so has no place, first.
func picturesLast(a, b spotView) int { return -picturesFirst(a, b) }

// around is a box with as much of the page around it as shows where it is.
func around(b bundle.Box) bundle.Box {
	const across, along = 0.03, 0.012
	return bundle.Box{max(0, b[0]-across), max(0, b[1]-along), min(1, b[2]+across), min(1, b[3]+along)}
}

// unread says whether a page could not be read: its pictures are for those alone who may
// see all that stands on them.
func unread(r *bundle.Result, page int) bool {
	return page < 1 || page > len(r.PageInfo) || r.PageInfo[page-1].Error != nil
}

// faults lists what is wrong with the scan, in the order of its pages.
func (d *bundleData) faults(b *desk.Bundle) {
	of := map[int][]faultText{}
	for _, info := range b.Result.PageInfo {
		if info.Error != nil {
			of[info.Page] = append(of[info.Page], faultText{"unread", info.Error.Message})
		}
		for _, flaw := range info.Flaws {
			of[info.Page] = append(of[info.Page], faultText{string(flaw.Kind), flaw.Message})
		}
	}
	for _, app := range b.Result.Applications {
		for _, gap := range app.Gaps {
			of[gap.After] = append(of[gap.After], faultText{"gap", gap.Message})
		}
	}
	for _, page := range slices.Sorted(maps.Keys(of)) {
		f := faultView{Page: page, Link: pageLinkOf(b.Result, page), Says: of[page]}
		if !d.Hidden || !unread(b.Result, page) {
			f.Picture = thumbnail(b.Result, page)
		}
		d.Faults = append(d.Faults, f)
		d.Faulty += len(f.Says)
	}
}

// pages lists the bundle's pages.
func (d *bundleData) pages(b *desk.Bundle) {
	for _, info := range b.Result.PageInfo {
		t := thumbView{
			Number: info.Page, Kind: info.Kind, Link: pageLinkOf(b.Result, info.Page),
			Faulty: slices.ContainsFunc(d.Faults, func(f faultView) bool { return f.Page == info.Page }),
		}
		if !d.Hidden || info.Error == nil {
			t.Picture = thumbnail(b.Result, info.Page)
		}
		d.Thumbs = append(d.Thumbs, t)
	}
}

// thumbnail is the address of a small picture of a page.
func thumbnail(r *bundle.Result, page int) string {
	if page < 1 || page > r.Pages {
		return ""
	}
	q := url.Values{"w": {"160"}, "turn": {strconv.Itoa(turnOf(r, page))}}
	return fmt.Sprintf("/bundles/%s/pages/%d.jpg?%s", r.SHA256, page, q.Encode())
}

// pageLinkOf leads to a page: in its application, or where it belongs to none to its
// picture.
func pageLinkOf(r *bundle.Result, page int) string {
	for i := range r.Applications {
		if inDocuments(&r.Applications[i], page) {
			return applicationLink(r.Applications[i].ID, page, "")
		}
	}
	return fmt.Sprintf("/bundles/%s/pages/%d.jpg?w=1600", r.SHA256, page)
}
