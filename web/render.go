package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/storage"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates by language and by the name of the page. Each page has the
// layout and the parts beside what it defines itself.
type pages map[string]map[string]*template.Template

// parsePages reads a set of templates for each file templates/NAME.html.
func parsePages(f files) (pages, error) {
	all := pages{}
	entries, err := templateFiles.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	for _, lang := range langs {
		all[lang] = map[string]*template.Template{}
		base, err := template.New("layout.html").Funcs(functions(lang, f)).
			ParseFS(templateFiles, "templates/layout.html", "templates/parts/*.html")
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name, ok := strings.CutSuffix(e.Name(), ".html")
			if !ok || name == "layout" {
				continue
			}
			t, err := base.Clone()
			if err != nil {
				return nil, err
			}
			if all[lang][name], err = t.ParseFS(templateFiles, path.Join("templates", e.Name())); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// functions are what templates call, in a language.
func functions(lang string, f files) template.FuncMap {
	return template.FuncMap{
		// t is a message: {{t "key" arguments…}}.
		"t": func(key string, args ...any) (string, error) { return say(lang, key, args...) },
		// sentence is what the machine says to people, which is Chinese, or for others the
		// message with a key.
		"sentence": func(chinese, key string) (string, error) {
			if lang == langs[0] && chinese != "" {
				return chinese, nil
			}
			return say(lang, key)
		},
		// join is a list of texts.
		"join": func(texts []string) string { return strings.Join(texts, "、") },
		// static is the address of a static file.
		"static": f.address,
		// when is a time, to the minute, on the clock of the machine.
		"when": func(t time.Time) string { return t.Local().Format("2006-01-02 15:04") },
		// machine is a time for the attribute datetime.
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}
}

// page is what the layout is given; a page's own data is in Data.
type page struct {
	*visit
	Tabs   []tab
	Path   string // of the request
	Notice string // the key of a message, or ""
	Back   string // where the switch of languages leads back to
	Data   any
}

// May says whether the visitor has a right: {{if $.May "correct"}}.
func (p page) May(right account.Right) bool { return p.may(right) }

// tab is an entry of the navigation.
type tab struct {
	Path, Key string
	Current   bool
}

// tabsFor gives the navigation of a visitor.
func (s *Server) tabsFor(v *visit) []tab {
	var tabs []tab
	for _, rt := range s.tabs {
		if v.may(rt.right) {
			_, path, _ := strings.Cut(rt.pattern, " ")
			tabs = append(tabs, tab{Path: path, Key: rt.tab})
		}
	}
	return tabs
}

// render answers with a page: the layout around the blocks "title" and "main" of
// templates/NAME.html. data is Data in the template.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	v := visitOf(r)
	p := page{visit: v, Tabs: s.tabsFor(v), Path: r.URL.Path, Back: s.back(r), Data: data}
	for i, t := range p.Tabs {
		p.Tabs[i].Current = p.Path == t.Path || strings.HasPrefix(p.Path, t.Path+"/")
	}
	if v.User != nil {
		p.Notice = s.sessions.PopString(r.Context(), sessionNotice)
	}
	return s.write(w, r, status, name, "layout.html", p)
}

// fragment answers with one block of templates/NAME.html, without the layout, for htmx.
// data is the block's dot.
func (s *Server) fragment(w http.ResponseWriter, r *http.Request, name, block string, data any) error {
	return s.write(w, r, http.StatusOK, name, block, data)
}

// write answers with a block of a page's template.
func (s *Server) write(w http.ResponseWriter, r *http.Request, status int, name, block string, data any) error {
	b, err := s.execute(r, name, block, data)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write(b)
	return err
}

// execute executes a template whole before anything is sent, so that an error in it is
// not half a page.
func (s *Server) execute(r *http.Request, name, block string, data any) ([]byte, error) {
	t, ok := s.pages[visitOf(r).Lang][name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, block, data); err != nil {
		return nil, fmt.Errorf("write the page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// back is the address that shows the page of a request again.
func (s *Server) back(r *http.Request) string {
	get := r.Clone(r.Context())
	get.Method = http.MethodGet
	if _, pattern := s.mux.Handler(get); pattern == "" {
		return "/"
	}
	return r.URL.RequestURI()
}

// httpError is a status with an error page: 400, 401, 403, 404, 405, 413, 503.
type httpError int

// Error implements error.
func (e httpError) Error() string { return strconv.Itoa(int(e)) + " " + http.StatusText(int(e)) }

// errCrossOrigin is that another site's page sent the request.
var errCrossOrigin = fmt.Errorf("the request comes from another site: %w", httpError(http.StatusForbidden))

// statusOf is the status that an error is answered with.
func statusOf(err error) int {
	var status httpError
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &long):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, storage.ErrNotExist):
		return http.StatusNotFound
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	case errors.Is(err, storage.ErrFull):
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// problem is what an error page says.
type problem struct {
	Status    int
	Key       string // messages Key+".title" and Key+".do" say what is wrong and what to do
	RequestID string // for whoever looks into the log; "" where it would not help
}

// problemOf gives the page of an error.
func problemOf(v *visit, err error) problem {
	p := problem{Status: statusOf(err)}
	p.Key = "error." + strconv.Itoa(p.Status)
	switch {
	case errors.Is(err, errCrossOrigin):
		p.Key = "error.origin"
	case errors.Is(err, errNoReceipt):
		p.Key = "error.number"
	case errors.Is(err, errNoPDF):
		p.Key = "error.searchable"
	case !known(p.Key + ".title"):
		p.Key = "error.500"
	}
	if p.Status >= http.StatusInternalServerError {
		p.RequestID = v.ID
	}
	return p
}

// fail answers a request that went wrong: a page with what to do, or a sentence where
// htmx asked for a part of one. The error itself goes to the log alone.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r)
	if errors.Is(r.Context().Err(), context.Canceled) {
		return // nobody waits for the answer
	}
	p := problemOf(v, err)
	if p.Status >= http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "request failed", "id", v.ID, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if v.answer.Status != 0 {
		return // too late for another answer
	}
	w.Header().Set("Cache-Control", "no-store")
	if !isFragment(r) {
		pg := page{visit: v, Tabs: s.tabsFor(v), Path: r.URL.Path, Back: s.back(r), Data: p}
		if err := s.write(w, r, p.Status, "error", "layout.html", pg); err == nil || v.answer.Status != 0 {
			return
		}
	}
	text, err := say(v.Lang, p.Key+".do")
	if err != nil {
		text = http.StatusText(p.Status)
	}
	http.Error(w, text, p.Status)
}
