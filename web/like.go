package web

import (
	"math"
	"net/http"
	"net/url"
	"slices"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/desk/personal"
	"sealdesk/likeness"
)

func (s *Server) likeRoutes() []route {
	return []route{
		{pattern: "GET /applications/{id}/like", right: account.View, handler: s.like},
		{pattern: "GET /applications/{id}/like/{field}", right: account.View, handler: s.likePair},
	}
}

// likeData are the texts of other applications that are much like those of one.
type likeData struct {
	Link, Name, Unit string
	Year             int
	Hits             []likeView
}

type likeView struct {
	Field      string // the label of the one's
	Percent    int
	Year       int
	Unit, Name string
	Own        bool // whether it is of the same unit
	Link       string
}

// like lists what is like an application's texts: as a page, or for htmx as the list alone.
func (s *Server) like(w http.ResponseWriter, r *http.Request) error {
	b, app, err := s.application(r)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(b.Result.Applications, func(a bundle.Application) bool { return a.ID == app.ID })
	found, err := s.desk.Like(r.Context(), b, at)
	if err != nil {
		return err
	}
	v := viewer{b: b, app: app}
	d := likeData{Link: applicationLink(app.ID, 0, ""), Year: app.Year}
	d.Name, d.Unit = titles(b, app)
	for _, a := range found {
		h := likeView{
			Field: v.label(a.Field), Percent: percent(a.Alike),
			Link: "/applications/" + url.PathEscape(app.ID) + "/like/" + url.PathEscape(a.Field) + "?" + url.Values{"with": {a.Application}, "in": {a.Hit.Field}}.Encode(),
		}
		if a.Of != nil {
			h.Year, h.Unit, h.Name = a.Of.Year, a.Of.Unit, a.Of.Name
			h.Own = h.Unit != "" && h.Unit == d.Unit
		}
		d.Hits = append(d.Hits, h)
	}
	if isFragment(r) {
		return s.fragment(w, r, "like", "like-list", d)
	}
	if err := s.record(r, audit.Entry{Action: audit.View, Object: app.ID}); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "like", d)
}

// percent is a share in whole percents, which are never more than it.
func percent(share float64) int { return int(math.Floor(share * 100)) }

// pairData are two texts side by side.
type pairData struct {
	Link        string // the list that it came from
	Left, Right sideView
}

type sideView struct {
	Link, Name, Unit, Field string
	Year                    int
	Spans                   []likeness.Span
}

// likePair shows a text of an application beside one of another.
func (s *Server) likePair(w http.ResponseWriter, r *http.Request) error {
	b, app, err := s.application(r)
	if err != nil {
		return err
	}
	other, at, err := s.desk.Application(r.Context(), r.URL.Query().Get("with"))
	if err != nil {
		return missing(err)
	}
	left, mine, ok := s.side(r, b, app, r.PathValue("field"))
	right, theirs, also := s.side(r, other, &other.Result.Applications[at], r.URL.Query().Get("in"))
	if !ok || !also {
		return httpError(http.StatusNotFound)
	}
	for _, id := range []string{app.ID, other.Result.Applications[at].ID} {
		if err := s.record(r, audit.Entry{Action: audit.View, Object: id}); err != nil {
			return err
		}
	}
	left.Spans, right.Spans = likeness.Compare(mine, theirs)
	return s.render(w, r, http.StatusOK, "like-pair", pairData{Link: "/applications/" + url.PathEscape(app.ID) + "/like", Left: left, Right: right})
}

// side is one of two texts, as its visitor may see it; false where there is no such.
func (s *Server) side(r *http.Request, b *desk.Bundle, app *bundle.Application, field string) (sideView, string, bool) {
	f, there := app.Fields[field]
	text, ok := f.Value.(string)
	if !there || !ok || text == "" {
		return sideView{}, "", false
	}
	v := viewer{b: b, app: app}
	may := visitOf(r).may(account.SeePersonal)
	if def := v.definition(field); !may && (def == nil || personal.Type(def.Type)) {
		return sideView{}, "", false
	}
	if !may {
		text = personal.Mask(text)
	}
	out := sideView{Link: applicationLink(app.ID, f.Page, ""), Field: v.label(field), Year: app.Year}
	out.Name, out.Unit = titles(b, app)
	return out, text, true
}
