package api

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/desk/personal"
	"sealdesk/pipeline/view"
)

// result is all that was read of a bundle, what people corrected applied, as sealdesk
// process --json prints it.
func (s *Server) result(w http.ResponseWriter, r *http.Request) error {
	b, err := s.desk.Bundle(r.Context(), r.PathValue("sha"))
	if err != nil {
		return err
	}
	if b.Result == nil {
		return desk.ErrUnread
	}
	shown := b.Result
	if !visitOf(r).may(account.SeePersonal) {
		shown = personal.Result(b.Call, shown)
	}
	body, err := encode(shown)
	if err != nil {
		return err
	}
	if err := s.record(r, audit.Entry{Action: audit.View, Object: "bundles/" + b.Entry.Bundle}); err != nil {
		return err
	}
	return answerTagged(w, r, jsonMedia, body)
}

// applicationData is one application, with what a correction of it needs to know.
type applicationData struct {
	Bundle string `json:"bundle"`
	// Version is the number of the bundle's last correction, 0 for none: the base of the
	// next one.
	Version     int                `json:"version"`
	Application bundle.Application `json:"application"`
}

// found gives the application that a request names, and its bundle.
func (s *Server) found(r *http.Request) (*desk.Bundle, *bundle.Application, error) {
	b, at, err := s.desk.Application(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, nil, err
	}
	return b, &b.Result.Applications[at], nil
}

// shownTo is an application as a request may see it.
func shownTo(r *http.Request, b *desk.Bundle, app *bundle.Application) applicationData {
	out := applicationData{Bundle: b.Entry.Bundle, Version: versionOf(b), Application: *app}
	if !visitOf(r).may(account.SeePersonal) {
		out.Application = personal.Application(b.Call, app)
	}
	return out
}

func versionOf(b *desk.Bundle) int {
	last := 0
	for _, c := range b.History {
		last = max(last, c.Seq)
	}
	return last
}

func (s *Server) application(w http.ResponseWriter, r *http.Request) error {
	b, app, err := s.found(r)
	if err != nil {
		return err
	}
	body, err := encode(shownTo(r, b, app))
	if err != nil {
		return err
	}
	if err := s.record(r, audit.Entry{Action: audit.View, Object: app.ID}); err != nil {
		return err
	}
	return answerTagged(w, r, jsonMedia, body)
}

// page is a picture of a page.
func (s *Server) page(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	width := q.number("width", 1000, 1, view.Widths[len(view.Widths)-1])
	if err := q.end(); err != nil {
		return err
	}
	sha := r.PathValue("sha")
	n, err := strconv.Atoi(r.PathValue("page"))
	if err != nil || n < 1 || strconv.Itoa(n) != r.PathValue("page") {
		return wrong("not-found")
	}
	var places []bundle.Box
	if !visitOf(r).may(account.SeePersonal) {
		b, err := s.desk.Bundle(r.Context(), sha)
		if err != nil {
			return err
		}
		// What nobody read, nobody can paint over.
		ok := false
		if places, ok = personal.Places(b, n); !ok {
			return wrong("personal")
		}
	}
	picture, err := s.desk.Page(r.Context(), sha, n, width)
	var damaged *bundle.Error
	switch {
	case errors.As(err, &damaged):
		return wrong("not-found")
	case err != nil:
		return err
	}
	if picture, err = personal.Paint(picture, bundle.Box{0, 0, 1, 1}, places); err != nil {
		return fmt.Errorf("hide what is personal on page %d of %s: %w", n, sha, err)
	}
	if err := s.record(r, audit.Entry{Action: audit.ViewPage, Object: fmt.Sprintf("bundles/%s/pages/%d", sha, n)}); err != nil {
		return err
	}
	return answerTagged(w, r, "image/jpeg", picture)
}
