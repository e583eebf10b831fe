package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/pipeline"
)

// arrangeLimit is the greatest length of an arrangement: some 10,000 pages.
const arrangeLimit = 1 << 20

func (s *Server) arrangeRoutes() []route {
	return []route{
		{pattern: "GET /bundles/{sha}/arrange", right: account.Arrange, handler: s.arrangePage},
		{pattern: "POST /bundles/{sha}/arrange", right: account.Arrange, body: arrangeLimit, handler: s.arrange},
	}
}

// arrangeData is what the page for arranging shows.
type arrangeData struct {
	Sha, Link, File string
	Unread          bool // there is no result whose pages could be arranged
	Groups          []arrangeGroup
	Aside           []arrangeTile // pages in no application
	Seen            int           // the number of the arrangement that is shown
	By              string        // who made it, "" for the machine
	Time            time.Time
	Pending         bool          // it is not applied yet
	Failed          *bundle.Error // why it could not be
	Conflict        bool          // it came between, and Mine is not saved
	// Base is the arrangement that is shown, Machine is the machine's own, and Mine what
	// the visitor made, "" for nothing: placements as JSON.
	Base, Machine, Mine string
	Kinds               []bundle.Kind
	Keys                []shortcut
}

// arrangeGroup is an application, with its pages in order.
type arrangeGroup struct {
	ID, Number string // Number counts from 1
	Link       string // "" where there is no result of it yet
	Name, Unit string
	Tiles      []arrangeTile
}

// arrangeTile is one page.
type arrangeTile struct {
	Number int
	Kind   bundle.Kind // as the machine says
	// Shown is how far the picture is turned from where the machine put the page, and
	// Rotation how far from the scan, so that a picture that is turned anew is fetched
	// anew.
	Shown, Rotation int
	Broken          bool   // it could not be read
	Sha             string // of the bundle
}

// NewGroup is an application without pages, of which the page makes others.
func (arrangeData) NewGroup() arrangeGroup { return arrangeGroup{} }

// arrangeKeys are the keys of the page (static/arrange.js), beside those of every page.
var arrangeKeys = []shortcut{
	{"← → ↑ ↓", "arrange.key.go"},
	{"Shift+→", "arrange.key.extend"},
	{"Space", "arrange.key.pick"},
	{"Ctrl+A", "arrange.key.all"},
	{"Enter", "arrange.key.look"},
	{"[ ]", "arrange.key.move"},
	{"m", "arrange.key.to"},
	{"s", "arrange.key.split"},
	{"j", "arrange.key.join"},
	{"l r", "arrange.key.turn"},
	{"k", "arrange.key.kind"},
	{"d", "arrange.key.drop"},
	{"Ctrl+Z", "arrange.key.undo"},
	{"Ctrl+Y", "arrange.key.redo"},
	{"?", "arrange.key.help"},
	{"Esc", "arrange.key.none"},
}

func (s *Server) arrangePage(w http.ResponseWriter, r *http.Request) error {
	b, err := s.desk.Bundle(r.Context(), r.PathValue("sha"))
	if err != nil {
		return missing(err)
	}
	if err := s.record(r, audit.Entry{Action: audit.View, Object: "bundles/" + b.Entry.Bundle, Detail: "arrange"}); err != nil {
		return err
	}
	return s.showArrange(w, r, http.StatusOK, b, nil)
}

// arrange keeps how a visitor laid the pages, and leads to where its result will be.
func (s *Server) arrange(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	wanted, seen, err := arrangeForm(r.PostForm)
	if err != nil {
		return badForm(err)
	}
	b, err := s.desk.Bundle(r.Context(), r.PathValue("sha"))
	if err != nil {
		return missing(err)
	}
	if seen > lastArrangement(b) {
		return badForm(fmt.Errorf("arrangement %d was never made", seen))
	}
	sha, user := b.Entry.Bundle, visitOf(r).User
	if err := s.record(r, audit.Entry{Action: audit.Arrange, Object: "bundles/" + sha, Detail: wanted.counts()}); err != nil {
		return err
	}
	a := pipeline.Arrangement{Groups: wanted.Groups, Dropped: wanted.Dropped}
	err = s.desk.Arrange(r.Context(), sha, a, desk.Sender{ID: user.ID, Name: user.Display}, seen)
	var conflict *desk.Conflict
	switch {
	case errors.As(err, &conflict):
		if b, err = s.desk.Bundle(r.Context(), sha); err != nil { // as it is by now
			return missing(err)
		}
		return s.showArrange(w, r, http.StatusConflict, b, &wanted)
	case errors.Is(err, desk.ErrPages):
		return badForm(err)
	case err != nil:
		return missing(err)
	}
	s.notify(r, "arrange.saved")
	http.Redirect(w, r, bundleLink(sha), http.StatusSeeOther)
	return nil
}

func lastArrangement(b *desk.Bundle) int {
	if b.Arrangement == nil {
		return 0
	}
	return b.Arrangement.Seq
}

// showArrange answers with the page. mine is what the visitor made and could not save,
// nil for nothing.
func (s *Server) showArrange(w http.ResponseWriter, r *http.Request, status int, b *desk.Bundle, mine *placement) error {
	sha := b.Entry.Bundle
	d := arrangeData{Sha: sha, Link: bundleLink(sha), File: b.Entry.Name, Kinds: desk.Kinds, Keys: arrangeKeys, Seen: lastArrangement(b)}
	if b.Result == nil {
		d.Unread = true
		return s.render(w, r, status, "arrange", d)
	}
	own, err := s.desk.Unarranged(r.Context(), sha)
	if err != nil {
		return missing(err)
	}
	machine := placementOf(own)
	base := machine
	if a := b.Arrangement; a != nil {
		base = placement{Groups: a.Groups, IDs: a.Applications, Dropped: a.Dropped}
		d.By, d.Time = a.Name, a.Time
		d.Pending = b.Entry.State == desk.Waiting || b.Entry.State == desk.Reading
		if b.Entry.State == desk.Failed {
			d.Failed = b.Entry.Error
		}
	}
	d.Conflict = mine != nil
	d.Groups, d.Aside = groupsOf(b, own, base)
	for _, part := range []struct {
		to   *string
		from *placement
	}{{&d.Base, &base}, {&d.Machine, &machine}, {&d.Mine, mine}} {
		if part.from == nil {
			continue
		}
		text, err := json.Marshal(part.from)
		if err != nil {
			return fmt.Errorf("write how the pages of %s lie: %w", sha, err)
		}
		*part.to = string(text)
	}
	return s.render(w, r, status, "arrange", d)
}

// placementOf is how the machine put the pages: each application has its own in the order
// in which they came.
func placementOf(own *bundle.Result) placement {
	var p placement
	for i := range own.Applications {
		var pages []int
		for _, doc := range own.Applications[i].Documents {
			pages = append(pages, doc.Pages...)
		}
		slices.Sort(pages)
		group := []pipeline.Place{}
		for _, n := range slices.Compact(pages) {
			group = append(group, pipeline.Place{Page: n})
		}
		p.Groups = append(p.Groups, group)
		p.IDs = append(p.IDs, own.Applications[i].ID)
	}
	return p
}

// groupsOf gives the tiles of all pages, by where they lie.
func groupsOf(b *desk.Bundle, own *bundle.Result, p placement) (groups []arrangeGroup, aside []arrangeTile) {
	tiles := map[int]arrangeTile{}
	for i, info := range own.PageInfo {
		t := arrangeTile{Sha: b.Entry.Bundle, Number: info.Page, Kind: info.Kind, Rotation: info.Rotation, Broken: info.Error != nil}
		if i < len(b.Result.PageInfo) {
			t.Rotation = b.Result.PageInfo[i].Rotation
			t.Shown = (t.Rotation - info.Rotation + 360) % 360
		}
		tiles[info.Page] = t
	}
	for i, places := range p.Groups {
		g := arrangeGroup{Number: strconv.Itoa(i + 1)}
		if i < len(p.IDs) {
			g.ID = p.IDs[i]
		}
		at := slices.IndexFunc(b.Result.Applications, func(a bundle.Application) bool { return a.ID == g.ID })
		if at >= 0 {
			g.Link = applicationLink(g.ID, 0, "")
			g.Name, g.Unit = titles(b, &b.Result.Applications[at])
		}
		for _, place := range places {
			if t, ok := tiles[place.Page]; ok {
				g.Tiles = append(g.Tiles, t)
				delete(tiles, place.Page)
			}
		}
		groups = append(groups, g)
	}
	for _, info := range own.PageInfo {
		if t, ok := tiles[info.Page]; ok {
			aside = append(aside, t)
		}
	}
	return groups, aside
}
