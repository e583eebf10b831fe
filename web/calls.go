package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/extract/call"
)

func (s *Server) callRoutes() []route {
	return []route{
		{pattern: "GET /calls", right: account.Calls, tab: "tab.calls", handler: s.callList},
		{pattern: "GET /calls/{name}", right: account.Calls, handler: s.callPage},
		{pattern: "GET /calls/{name}/new", right: account.EditCalls, handler: s.newCallPage},
		{pattern: "POST /calls/{name}/new", right: account.EditCalls, handler: s.newCall},
	}
}

// callLink is the address of a call.
func callLink(name string) string { return "/calls/" + url.PathEscape(name) }

// callsData is what the list of calls shows.
type callsData struct{ Rows []callRow }

// callRow is a call in the list.
type callRow struct {
	call.Profile
	Link     string
	InUse    bool
	Mistakes int
}

func (s *Server) callRow(p call.Profile) callRow {
	row := callRow{Profile: p, Link: callLink(p.Name), InUse: p.Call != nil && p.Call.ID == s.call}
	if p.Err != nil {
		row.Mistakes = len(mistakes(p.Err))
	}
	return row
}

// mistakes are the sentences that `sealdesk call check` says of a profile.
func mistakes(err error) []call.Problem {
	var problems *call.Problems
	if errors.As(err, &problems) {
		return problems.List
	}
	return []call.Problem{{Message: err.Error()}}
}

func (s *Server) callList(w http.ResponseWriter, r *http.Request) error {
	all, err := s.calls.List()
	if err != nil {
		return err
	}
	var d callsData
	for _, p := range all {
		d.Rows = append(d.Rows, s.callRow(p))
	}
	return s.render(w, r, http.StatusOK, "calls", d)
}

// profile is the one that the address names.
func (s *Server) profile(r *http.Request) (call.Profile, error) {
	p, ok, err := s.calls.Profile(r.PathValue("name"))
	if err == nil && !ok {
		err = httpError(http.StatusNotFound)
	}
	return p, err
}

// callData is what the page of a call shows.
type callData struct {
	callRow
	Problems []call.Problem // what is wrong with the profile
	Fields   []callField
}

// callField is a field of a form, with what is asked of it.
type callField struct {
	Key, Label string
	Type       call.FieldType // messages "calls.type." and it
	Rules      string
}

func (s *Server) callPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.profile(r)
	if err != nil {
		return err
	}
	d := callData{callRow: s.callRow(p)}
	if p.Call == nil {
		d.Problems = mistakes(p.Err)
		return s.render(w, r, http.StatusOK, "call", d)
	}
	for _, f := range p.Call.Fields {
		rules, err := fieldRules(visitOf(r).Lang, f)
		if err != nil {
			return err
		}
		d.Fields = append(d.Fields, callField{f.Key, f.Label, f.Type, rules})
	}
	return s.render(w, r, http.StatusOK, "call", d)
}

// fieldRules says what a field must keep to.
func fieldRules(lang string, f call.Field) (string, error) {
	var parts []string
	var err error
	add := func(asked bool, key string, args ...any) {
		if !asked || err != nil {
			return
		}
		var part string
		if part, err = say(lang, key, args...); err == nil {
			parts = append(parts, part)
		}
	}
	add(f.Required, "calls.required")
	if f.RequiredWhen != nil {
		add(true, "calls.required.when", strings.Join(f.RequiredWhen.In, "、"))
	}
	add(f.Limit > 0, "calls.limit", f.Limit)
	add(f.Single, "calls.single")
	for _, o := range f.Options {
		add(o.Offered != nil && !*o.Offered, "calls.not-offered", o.Label)
	}
	mark := "，"
	if lang != langs[0] {
		mark = ", "
	}
	return strings.Join(parts, mark), err
}

// newCallData is what the form for a new year's call shows.
type newCallData struct {
	From                      call.Profile
	Link                      string
	ID, Title, Year, Deadline string
	Texts                     []yearText
	Problem                   string // the key of a message, or ""
	Wait                      int    // 0: nobody has to wait
	Problems                  []call.Problem
}

// yearText is a text that names a year, as it is and as it will be.
type yearText struct {
	Line     int
	Was, Now string
}

// newCallForm is the form for a copy of the call in the address.
func (s *Server) newCallForm(r *http.Request) (newCallData, error) {
	p, err := s.profile(r)
	if err == nil && p.Call == nil {
		err = httpError(http.StatusNotFound) // one with mistakes is not copied
	}
	if err != nil {
		return newCallData{}, err
	}
	texts, err := call.YearTexts(p.Source)
	if err != nil {
		return newCallData{}, err
	}
	next := call.Suggest(p.Call)
	d := newCallData{
		From: p, Link: callLink(p.Name),
		ID: next.ID, Title: next.Title, Year: strconv.Itoa(next.Year), Deadline: next.Deadline.String(),
	}
	for _, t := range texts {
		d.Texts = append(d.Texts, yearText{t.Line, t.Text, t.Text})
	}
	return d, nil
}

func (s *Server) newCallPage(w http.ResponseWriter, r *http.Request) error {
	d, err := s.newCallForm(r)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "call-new", d)
}

// maxCallText is the greatest length of a text of a new call, in characters.
const maxCallText = 500

// newCall makes a new year's call, if its profile is without mistakes.
func (s *Server) newCall(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	d, err := s.newCallForm(r)
	if err != nil {
		return err
	}
	typed := func(name string) string {
		return cut(strings.Join(strings.Fields(r.PostForm.Get(name)), " "), maxCallText)
	}
	d.ID, d.Title, d.Year, d.Deadline = typed("id"), typed("title"), typed("year"), typed("deadline")
	renewal := call.Renewal{ID: d.ID, Title: d.Title, Texts: map[int]string{}}
	for i, t := range d.Texts {
		name := fmt.Sprint("text-", t.Line)
		if _, given := r.PostForm[name]; given {
			d.Texts[i].Now = typed(name)
			renewal.Texts[t.Line] = d.Texts[i].Now
		}
	}
	added, err := s.addCall(d, renewal)
	switch {
	case errors.As(err, new(*call.Problems)):
		d.Problems = mistakes(err)
		return s.render(w, r, http.StatusUnprocessableEntity, "call-new", d)
	case err != nil:
		if d.Problem = problemKey(err); d.Problem == "" {
			return err
		}
		return s.render(w, r, http.StatusUnprocessableEntity, "call-new", d)
	}
	if err := s.record(r, audit.Entry{Action: audit.CallAdd, Object: added.Name, Detail: "from=" + d.From.Name}); err != nil {
		return err
	}
	s.notify(r, "calls.new.done")
	http.Redirect(w, r, callLink(added.Name), http.StatusSeeOther)
	return nil
}

// The errors of the form for a new call.
var (
	errYear     = errors.New("the year is none")
	errDeadline = errors.New("the deadline is no day")
)

// addCall writes the copy that a form asks for.
func (s *Server) addCall(d newCallData, renewal call.Renewal) (call.Profile, error) {
	var err error
	if renewal.Year, err = strconv.Atoi(d.Year); err != nil || renewal.Year < 1900 || renewal.Year > 9999 {
		return call.Profile{}, errYear
	}
	if renewal.Deadline, err = call.ParseDate(d.Deadline); err != nil {
		return call.Profile{}, errDeadline
	}
	source, err := call.Renew(d.ID+".yaml", d.From.Source, renewal)
	if err != nil {
		return call.Profile{}, err
	}
	return s.calls.Add(source)
}
