package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/desk/receive"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
)

// me says whose the token is, and what it may do.
func (s *Server) me(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	rights := []account.Right{}
	for _, right := range account.Rights[v.user.Role] {
		if v.may(right) {
			rights = append(rights, right)
		}
	}
	return answer(w, http.StatusOK, map[string]any{
		"account": map[string]any{"id": v.user.ID, "name": v.user.Name, "display": v.user.Display, "role": v.user.Role},
		"token":   map[string]any{"id": v.token.ID, "name": v.token.Name, "expires": v.token.Expires},
		"rights":  rights,
	})
}

// states are those of bundles.
var states = desk.States()

// bundleList is a part of the list of bundles, the newest first; Next asks for what
// follows, "" at the end.
type bundleList struct {
	Bundles []desk.Entry       `json:"bundles"`
	Counts  map[desk.State]int `json:"counts"` // of all bundles
	Next    string             `json:"next,omitempty"`
}

// The bounds of lists.
const (
	listLength  = 50
	listLongest = 200
)

func (s *Server) bundles(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	words := make([]string, len(states))
	for i, state := range states {
		words[i] = string(state)
	}
	state := desk.State(q.choice("state", words...))
	text := strings.ToLower(strings.TrimSpace(q.text("q", 200)))
	limit := q.number("limit", listLength, 1, listLongest)
	var from time.Time
	if before := q.text("before", 100); before != "" {
		var err error
		if from, err = time.Parse(time.RFC3339Nano, before); err != nil {
			q.refuse("before", "is what next said in an earlier answer")
		}
	}
	if err := q.end(); err != nil {
		return err
	}
	out := bundleList{Counts: map[desk.State]int{}}
	for _, state := range states {
		out.Counts[state] = s.desk.Counts()[state]
	}
	out.Bundles = s.desk.Find(from, limit, func(e *desk.Entry) bool {
		if state != "" && e.State != state {
			return false
		}
		return text == "" || slices.ContainsFunc([]string{e.Name, e.Receipt, e.ByName}, func(s string) bool {
			return strings.Contains(strings.ToLower(s), text)
		})
	})
	if n := len(out.Bundles); n >= limit {
		out.Next = out.Bundles[n-1].Time.UTC().Format(time.RFC3339Nano)
	}
	return answer(w, http.StatusOK, out)
}

// outcome is what became of a bundle that was sent.
type outcome struct {
	Name  string `json:"name"`
	Files int    `json:"files"`
	// Bundle is what was taken, nil where it was refused. Again says that it was there
	// before.
	Bundle *desk.Entry `json:"bundle,omitempty"`
	Again  bool        `json:"again,omitempty"`
	// Error says why it was refused.
	Error *bundle.Error `json:"error,omitempty"`
}

// upload takes in what is sent, each file or row of pictures as a bundle; what is wrong
// with one costs no other. The same bytes are the same bundle, so that it may be repeated
// whenever somebody does not know whether it was heard.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return wrong("request")
	}
	sent, err := receive.Read(parts, s.desk.Largest())
	switch {
	case errors.Is(err, receive.ErrSent):
		return wrong("request")
	case err != nil:
		return err
	}
	defer sent.Close()
	if sent.More {
		return wrong("too-large")
	}
	var out []outcome
	taken, fresh := 0, 0
	for _, in := range sent.Bundles() {
		o, err := s.take(r, in)
		if err != nil {
			return err
		}
		if o.Bundle != nil {
			taken++
			if !o.Again {
				fresh++
			}
		}
		out = append(out, o)
	}
	more := map[string]any{"bundles": out}
	switch {
	case len(out) == 0:
		return wrong("no-files")
	case taken == 0:
		return problem{kind: "refused", more: more}
	case len(out) == 1:
		w.Header().Set("Location", "/api/v1/bundles/"+out[0].Bundle.Bundle)
	}
	if fresh == 0 {
		return answer(w, http.StatusOK, more)
	}
	return answer(w, http.StatusAccepted, more)
}

// take takes one bundle in.
func (s *Server) take(r *http.Request, in pipeline.Input) (outcome, error) {
	o := outcome{Name: in.Name, Files: len(in.Files)}
	began := s.now()
	v := visitOf(r)
	// Somebody stands at the counter while a clerk waits, and nobody while a program does.
	e, err := s.desk.Take(r.Context(), in, desk.Sender{ID: v.user.ID, Name: v.user.Display, Priority: queue.Backlog})
	switch refused := (*bundle.Error)(nil); {
	case errors.As(err, &refused):
		if refused.Code == bundle.CodeInternal {
			return o, err
		}
		o.Error = refused
		return o, nil
	case err != nil:
		return o, err
	}
	o.Bundle, o.Again = &e, e.Time.Before(began)
	return o, s.record(r, audit.Entry{Action: audit.Bring, Object: "bundles/" + e.Bundle})
}

// entry gives the entry of the bundle that a request names.
func (s *Server) entry(r *http.Request) (desk.Entry, error) {
	e, ok := s.desk.Entry(r.PathValue("sha"))
	if !ok {
		return e, desk.ErrUnknown
	}
	return e, nil
}

// bundle says how far a bundle is.
func (s *Server) bundle(w http.ResponseWriter, r *http.Request) error {
	e, err := s.entry(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, e)
}

func (s *Server) cancel(w http.ResponseWriter, r *http.Request) error {
	return s.decide(w, r, audit.Cancel, s.desk.Cancel)
}

func (s *Server) retry(w http.ResponseWriter, r *http.Request) error {
	return s.decide(w, r, audit.Retry, s.desk.Retry)
}

// decide does to a bundle what somebody decided, and says what became of it.
func (s *Server) decide(w http.ResponseWriter, r *http.Request, action string, do func(ctx context.Context, sha, by string) error) error {
	e, err := s.entry(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), e.Bundle, visitOf(r).user.ID); err != nil {
		return err
	}
	if err := s.record(r, audit.Entry{Action: action, Object: "bundles/" + e.Bundle}); err != nil {
		return err
	}
	return s.bundle(w, r)
}
