package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/desk/personal"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
)

// editView is the open form of a field.
type editView struct {
	ID, Target, Label, Action string
	Key                       string
	Kind                      call.FieldType
	Value                     string
	Limit, Count              int // of characters; 0 is no limit
	Options                   []optionView
	Columns                   []call.Column
	Rows                      [][]cellView
	Seen                      int
	Problem                   string // the key of a message, "" for none
	Conflict                  *conflictView
}

type optionView struct {
	ID, Label string
	On        bool
}

type cellView struct {
	Name, Label, Value string
	Row                int // from 1
}

// conflictView says what somebody else did to the same thing.
type conflictView struct {
	Label, Name   string
	Time          time.Time
	Was, Is, Mine string // Mine is "" for what takes something back
}

// spareRows is how many empty rows the form of a table has.
const spareRows = 2

// edit is the form of a field, with what was typed where it comes back.
func (v viewer) edit(key string, state panelState) *editView {
	def := v.definition(key)
	if def == nil || !v.may || personal.Type(def.Type) && !v.open {
		return nil
	}
	value := v.app.Fields[key].Value
	if state.typed != nil {
		value = state.typed
	}
	e := &editView{
		ID: "e-" + key, Target: "field:" + key, Key: key, Label: def.Label, Kind: def.Type, Limit: def.Limit,
		Action: correctionsLink(v.app.ID), Seen: lastSeq(v.b.History), Problem: state.problem,
	}
	if state.conflict != nil {
		e.Conflict = v.conflict(state)
	}
	switch def.Type {
	case call.Choice:
		e.Options = optionsOf(def, value)
	case call.Rows:
		e.Columns, e.Rows = def.Columns, cellsOf(def, value)
	default:
		e.Value = plainValue(def, value)
		e.Count = characters(e.Value)
	}
	return e
}

// conflict says what somebody else did, and what the visitor wanted.
func (v viewer) conflict(state panelState) *conflictView {
	theirs := state.conflict.Theirs
	c := &conflictView{
		Label: v.targetLabel(theirs.Target), Name: theirs.Name, Time: theirs.Time,
		Was: v.said(theirs.Target, theirs.Was), Is: v.said(theirs.Target, theirs.Is),
	}
	if state.typed != nil {
		c.Mine = v.said(theirs.Target, state.typed)
	}
	return c
}

func correctionsLink(id string) string { return "/applications/" + url.PathEscape(id) + "/corrections" }

// characters counts as limits do: without line ends and blanks.
func characters(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// optionsOf are the check boxes of a choice; what was read beside the printed labels
// stays one.
func optionsOf(def *call.Field, value any) []optionView {
	on, _ := value.([]string)
	var out []optionView
	add := func(label string) {
		out = append(out, optionView{fmt.Sprintf("e-%s-%d", def.Key, len(out)), label, slices.Contains(on, label)})
	}
	for _, o := range def.Options {
		add(o.Label)
	}
	for _, label := range on {
		if !slices.ContainsFunc(def.Options, func(o call.Option) bool { return o.Label == label }) {
			add(label)
		}
	}
	return out
}

// cellsOf are the boxes of a table, with some empty rows at its end.
func cellsOf(def *call.Field, value any) [][]cellView {
	list, _ := value.([]map[string]string)
	var out [][]cellView
	for i := range len(list) + spareRows {
		var cells []cellView
		for _, c := range def.Columns {
			cell := cellView{Name: fmt.Sprintf("cell.%d.%s", i, c.Key), Label: c.Label, Row: i + 1}
			if i < len(list) {
				cell.Value = list[i][c.Key]
			}
			cells = append(cells, cell)
		}
		out = append(out, cells)
	}
	return out
}

// reviewEdit opens the form of one field.
func (s *Server) reviewEdit(w http.ResponseWriter, r *http.Request) error {
	b, app, err := s.application(r)
	if err != nil {
		return err
	}
	target := r.URL.Query().Get("target")
	kind, key := correct.Split(target)
	if kind != correct.Field {
		return httpError(http.StatusBadRequest)
	}
	v := s.viewer(r, b, app)
	e := v.edit(key, panelState{})
	if e == nil {
		return httpError(http.StatusForbidden)
	}
	if err := s.record(r, audit.Entry{Action: audit.View, Object: app.ID, Detail: target}); err != nil {
		return err
	}
	return s.fragment(w, r, "review", "editor", e)
}

// correct takes a correction: a value, a confirmation, a decision, or the undoing of one.
func (s *Server) correct(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	b, app, err := s.application(r)
	if err != nil {
		return err
	}
	user := visitOf(r).User
	c := correct.Correction{User: user.ID, Name: user.Display, Application: app.ID}
	seen, err := strconv.Atoi(r.PostForm.Get("seen"))
	if err != nil {
		return httpError(http.StatusBadRequest)
	}
	state := panelState{said: "review.saved"}
	if undo := r.PostForm.Get("undo"); undo != "" {
		if c.Undo, err = strconv.Atoi(undo); err != nil || c.Undo < 1 {
			return httpError(http.StatusBadRequest)
		}
		at := slices.IndexFunc(b.History, func(h correct.Correction) bool { return h.Seq == c.Undo && h.Application == app.ID })
		if at < 0 {
			return httpError(http.StatusNotFound)
		}
		c.Target, state.said = b.History[at].Target, "review.undone"
	} else {
		// A button of one form for many targets says which, and the answer.
		if target, is, ok := cutLast(r.PostForm.Get("answer"), "="); ok {
			r.PostForm.Set("target", target)
			r.PostForm.Set("is", is)
		}
		c.Target = r.PostForm.Get("target")
		if c.Is, state.problem, err = s.typed(r, b, app, c.Target); err != nil {
			return err
		}
		if r.PostForm.Get("confirm") != "" {
			state.said = "review.confirmed"
		}
	}
	if state.problem != "" {
		state.edit, state.typed, state.said = c.Target, c.Is, ""
		return s.showPanel(w, r, http.StatusUnprocessableEntity, b, app, state)
	}
	// The key alone, never the value.
	if err := s.record(r, audit.Entry{Action: audit.Correct, Object: app.ID, Detail: c.Target}); err != nil {
		return err
	}
	after, err := s.desk.Correct(r.Context(), b.Result.SHA256, c, seen)
	var conflict *desk.Conflict
	switch {
	case errors.As(err, &conflict):
		return s.showConflict(w, r, c, conflict)
	case errors.Is(err, desk.ErrTarget):
		return s.showPanel(w, r, http.StatusUnprocessableEntity, b, app, panelState{said: "review.target"})
	case err != nil:
		return missing(err)
	}
	at := slices.IndexFunc(after.Result.Applications, func(a bundle.Application) bool { return a.ID == app.ID })
	if at < 0 {
		return httpError(http.StatusNotFound)
	}
	return s.showPanel(w, r, http.StatusOK, after, &after.Result.Applications[at], state)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// showConflict tells somebody who was second what the first did, and gives back what
// they typed.
func (s *Server) showConflict(w http.ResponseWriter, r *http.Request, c correct.Correction, conflict *desk.Conflict) error {
	b, app, err := s.application(r) // as it is by now
	if err != nil {
		return err
	}
	state := panelState{conflict: conflict, typed: c.Is}
	if kind, _ := correct.Split(c.Target); kind == correct.Field && c.Undo == 0 {
		state.edit = c.Target
	}
	return s.showPanel(w, r, http.StatusConflict, b, app, state)
}

// showPanel answers to a correction: htmx gets the panel, with what is wrong in it, others
// the page.
func (s *Server) showPanel(w http.ResponseWriter, r *http.Request, status int, b *desk.Bundle, app *bundle.Application, state panelState) error {
	if isFragment(r) {
		p, err := s.panel(r, b, app, state)
		if err != nil {
			return err
		}
		return s.fragment(w, r, "review", "panel", p)
	}
	if status != http.StatusOK {
		return s.showReview(w, r, status, b, app, state)
	}
	s.notify(r, state.said)
	to := applicationLink(app.ID, 0, "")
	if kind, key := correct.Split(r.PostForm.Get("target")); kind == correct.Field {
		to = applicationLink(app.ID, app.Fields[key].Page, "") + "#f-" + url.PathEscape(key)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// typed reads the new value of a target from a form. problem is the key of a message
// when it cannot be taken as it is; value is then what was typed all the same.
func (s *Server) typed(r *http.Request, b *desk.Bundle, app *bundle.Application, target string) (value any, problem string, err error) {
	kind, key := correct.Split(target)
	form := r.PostForm
	switch kind {
	case correct.Seal, correct.Signature:
		yes, err := strconv.ParseBool(form.Get("is"))
		if err != nil {
			return nil, "", httpError(http.StatusBadRequest)
		}
		return yes, "", nil
	case correct.Check:
		status, ok := correct.Decision(form.Get("is"))
		if !ok {
			return nil, "", httpError(http.StatusBadRequest)
		}
		return string(status), "", nil
	case correct.Field:
	default:
		return nil, "", httpError(http.StatusBadRequest)
	}
	var def *call.Field
	if b.Call != nil {
		def = b.Call.Field(key)
	}
	if def == nil {
		return nil, "", httpError(http.StatusBadRequest)
	}
	if personal.Type(def.Type) && !visitOf(r).may(account.SeePersonal) {
		return nil, "", httpError(http.StatusForbidden)
	}
	if form.Get("confirm") != "" {
		value, ok := correct.Value(def, app.Fields[key].Value)
		if !ok {
			return nil, "", httpError(http.StatusBadRequest)
		}
		return value, "", nil
	}
	return fieldValue(def, form)
}

// fieldValue reads the value of a field as its form sends it.
func fieldValue(def *call.Field, form url.Values) (value any, problem string, err error) {
	var raw any
	switch def.Type {
	case call.Choice:
		raw = slices.Clone(form["is"])
	case call.Rows:
		raw = rowsTyped(def, form)
	default:
		raw = oneLine(def, form.Get("is"))
	}
	value, ok := correct.Value(def, raw)
	if !ok {
		return raw, "review.problem.value", nil
	}
	text, _ := value.(string)
	switch {
	case text == "":
	case def.Type == call.Integer:
		return value, "review.problem.integer", nil
	case def.Type == call.DateType:
		if _, err := call.ParseDate(text); err != nil {
			return value, "review.problem.date", nil
		}
	}
	return value, "", nil
}

// oneLine takes line ends out of what is a single line on the paper.
func oneLine(def *call.Field, s string) string {
	if def.Type == call.LongText {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// maxRows is the greatest number of rows that a form sends.
const maxRows = 500

// rowsTyped reads the cells of a table; rows that are empty are none.
func rowsTyped(def *call.Field, form url.Values) []map[string]string {
	out := []map[string]string{}
	for i := range maxRows {
		row, sent, filled := map[string]string{}, false, false
		for _, c := range def.Columns {
			cell, ok := form[fmt.Sprintf("cell.%d.%s", i, c.Key)]
			if !ok {
				continue
			}
			sent = true
			row[c.Key] = strings.TrimSpace(strings.ReplaceAll(cell[0], "\r\n", "\n"))
			filled = filled || row[c.Key] != ""
		}
		if !sent {
			break
		}
		if filled {
			out = append(out, row)
		}
	}
	return out
}
