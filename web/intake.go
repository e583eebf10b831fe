package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/desk/receive"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
)

// The bounds of one sending: a few of the largest scans over a slow line.
const (
	intakeBytes = 4 << 30
	intakeTime  = time.Hour
)

// outcome is what became of a bundle that was brought.
type outcome struct {
	Name  string
	Files int
	// Entry is what was taken, nil where it was refused. Again says that it was there
	// before.
	Entry *desk.Entry
	Again bool
	// Error says why it was refused.
	Error *bundle.Error
	Link  string
}

// bring takes in what a clerk sends, each file or row of pictures as a bundle. What is
// wrong with one costs no other.
func (s *Server) bring(w http.ResponseWriter, r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fmt.Errorf("%w: %w", httpError(http.StatusBadRequest), err)
	}
	sent, err := receive.Read(parts, s.desk.Largest())
	switch {
	case errors.Is(err, receive.ErrSent):
		return fmt.Errorf("%w: %w", httpError(http.StatusBadRequest), err)
	case err != nil:
		return err
	}
	defer sent.Close()
	d := boardData{}
	status := http.StatusOK
	for _, in := range sent.Bundles() {
		o, err := s.take(r, in)
		if err != nil {
			return err
		}
		d.Outcomes = append(d.Outcomes, o)
	}
	switch {
	case len(d.Outcomes) == 0:
		d.Problem, status = "intake.none", http.StatusUnprocessableEntity
	case sent.More:
		d.Problem = "intake.more"
	}
	if isFragment(r) {
		return s.write(w, r, status, "board", "outcomes", d)
	}
	return s.showBoard(w, r, status, d)
}

// take takes one bundle in.
func (s *Server) take(r *http.Request, in pipeline.Input) (outcome, error) {
	o := outcome{Name: in.Name, Files: len(in.Files)}
	began := s.now()
	u := visitOf(r).User
	e, err := s.desk.Take(r.Context(), in, desk.Sender{ID: u.ID, Name: u.Display, Priority: queue.Counter})
	switch refused := (*bundle.Error)(nil); {
	case errors.As(err, &refused):
		if refused.Code == bundle.CodeInternal {
			s.log.ErrorContext(r.Context(), "a bundle was not taken", "id", visitOf(r).ID, "error", err)
		}
		o.Error = refused
		return o, nil
	case err != nil:
		return o, err
	}
	o.Entry, o.Link, o.Again = &e, bundleLink(e.Bundle), e.Time.Before(began)
	return o, s.record(r, audit.Entry{Action: audit.Bring, Object: "bundles/" + e.Bundle})
}
