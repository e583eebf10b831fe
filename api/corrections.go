package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/desk/personal"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
)

// correctionData is a correction as programs see it.
type correctionData struct {
	Seq    int         `json:"seq"`
	Time   time.Time   `json:"time"`
	By     string      `json:"by"` // the name that others see
	Target string      `json:"target"`
	Was    any         `json:"was"`
	Is     any         `json:"is"`
	Page   int         `json:"page,omitempty"`
	Box    *bundle.Box `json:"box,omitempty"`
	Note   string      `json:"note,omitempty"`
	Undo   int         `json:"undo,omitempty"`
}

// correctionShown is a correction as a request may see it.
func correctionShown(r *http.Request, c *call.Call, k correct.Correction) correctionData {
	out := correctionData{k.Seq, k.Time, k.Name, k.Target, k.Was, k.Is, k.Page, k.Box, k.Note, k.Undo}
	if visitOf(r).may(account.SeePersonal) {
		return out
	}
	out.Note = personal.Mask(k.Note)
	if kind, key := correct.Split(k.Target); kind == correct.Field {
		def := fieldOf(c, key)
		out.Was, out.Is = hidden(def, k.Was), hidden(def, k.Is)
	}
	return out
}

// hidden is a value of a correction without what is personal.
func hidden(def *call.Field, value any) any {
	if def != nil {
		if v, ok := correct.Value(def, value); ok {
			value = v // as it was before it was JSON
		}
	}
	switch value := value.(type) {
	case nil, bool, float64, int, string, []string, []map[string]string:
		return personal.Value(def, value)
	}
	return nil
}

func fieldOf(c *call.Call, key string) *call.Field {
	if c == nil {
		return nil
	}
	return c.Field(key)
}

// corrections lists what people said of an application, the oldest first.
func (s *Server) corrections(w http.ResponseWriter, r *http.Request) error {
	b, app, err := s.found(r)
	if err != nil {
		return err
	}
	list := []correctionData{}
	for _, k := range b.History {
		if k.Application == app.ID {
			list = append(list, correctionShown(r, b.Call, k))
		}
	}
	if err := s.record(r, audit.Entry{Action: audit.View, Object: app.ID, Detail: "corrections"}); err != nil {
		return err
	}
	return answer(w, http.StatusOK, map[string]any{"version": versionOf(b), "corrections": list})
}

// correctionAsked is what a program sends to correct something.
type correctionAsked struct {
	Base   *int            `json:"base"`
	Target string          `json:"target"`
	Is     json.RawMessage `json:"is"`
	Note   string          `json:"note"`
	Undo   int             `json:"undo"`
}

// longestNote is how many characters a note has at most.
const longestNote = 1000

// correct takes a correction: a value, a decision, or the undoing of one.
func (s *Server) correct(w http.ResponseWriter, r *http.Request) error {
	asked, err := readCorrection(r)
	if err != nil {
		return err
	}
	b, app, err := s.found(r)
	if err != nil {
		return err
	}
	user := visitOf(r).user
	c := correct.Correction{User: user.ID, Name: user.Display, Application: app.ID, Target: asked.Target, Note: asked.Note, Undo: asked.Undo}
	switch {
	case asked.Base == nil:
		return wrong("no-base")
	case *asked.Base < 0 || *asked.Base > versionOf(b):
		return wrong("correction")
	case asked.Undo != 0:
		at := slices.IndexFunc(b.History, func(h correct.Correction) bool { return h.Seq == asked.Undo && h.Application == app.ID })
		if at < 0 || asked.Target != "" || asked.Is != nil {
			return wrong("correction")
		}
		c.Target = b.History[at].Target
	default:
		if c.Is, err = valueAsked(b.Call, asked); err != nil {
			return err
		}
	}
	if kind, key := correct.Split(c.Target); kind == correct.Field && !visitOf(r).may(account.SeePersonal) {
		if def := fieldOf(b.Call, key); def == nil || personal.Type(def.Type) {
			return wrong("personal")
		}
	}
	// The key alone, never the value.
	if err := s.record(r, audit.Entry{Action: audit.Correct, Object: app.ID, Detail: c.Target}); err != nil {
		return err
	}
	after, err := s.desk.CorrectOn(r.Context(), b.Entry.Bundle, c, *asked.Base)
	var conflict *desk.Conflict
	switch {
	case errors.As(err, &conflict):
		return problem{kind: "conflict", more: map[string]any{"theirs": correctionShown(r, b.Call, conflict.Theirs)}}
	case err != nil:
		return err
	}
	at := slices.IndexFunc(after.Result.Applications, func(a bundle.Application) bool { return a.ID == app.ID })
	if at < 0 {
		return desk.ErrUnknown
	}
	return answer(w, http.StatusCreated, shownTo(r, after, &after.Result.Applications[at]))
}

// readCorrection reads what a program sends: one JSON object with no other members.
func readCorrection(r *http.Request) (correctionAsked, error) {
	var asked correctionAsked
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&asked)
	if err == nil {
		_, err = dec.Token()
	}
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return asked, err
	case !errors.Is(err, io.EOF): // also another value behind it
		return asked, fmt.Errorf("%w: %w", wrong("request"), err)
	case !utf8.ValidString(asked.Note) || utf8.RuneCountInString(asked.Note) > longestNote:
		return asked, wrong("correction")
	}
	return asked, nil
}

// valueAsked is the value that a program puts in a target's place.
func valueAsked(c *call.Call, asked correctionAsked) (any, error) {
	var is any
	if err := json.Unmarshal(asked.Is, &is); err != nil {
		return nil, wrong("correction")
	}
	kind, key := correct.Split(asked.Target)
	if kind != correct.Field {
		return is, nil // package desk knows what seals, signatures and checks can be
	}
	def := fieldOf(c, key)
	if def == nil {
		return nil, wrong("correction")
	}
	value, ok := correct.Value(def, is)
	text, isText := value.(string)
	switch {
	case !ok:
		return nil, wrong("correction")
	case !isText || text == "":
	case def.Type == call.Integer:
		return nil, wrong("correction")
	case def.Type == call.DateType:
		if _, err := call.ParseDate(text); err != nil {
			return nil, wrong("correction")
		}
	}
	return value, nil
}
