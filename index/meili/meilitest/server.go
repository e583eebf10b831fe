// Package meilitest is a stand-in for a Meilisearch server in tests. It keeps
// documents in memory and answers the part of Meilisearch's HTTP API that
// package meili uses, as its documentation describes version 1.50.
//
// It is meant to be no more lenient than the real server: it refuses parameters
// and settings that it does not know, parses filters, lets filters and orders
// use only what the settings allow, folds and cuts the values of filters as the
// server does, does its work in tasks some time after the request, and holds
// requests to the rights of their key. What it does not do: search by words
// (a search with a text is refused), typing errors, ranking beside the sort
// parameter, and anything of Meilisearch that package meili does not use.
package meilitest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options set up a server. The zero Options ask for no key.
type Options struct {
	Master  string        // the key that may do everything, "" for a server without keys
	Keys    []Key         // further keys
	Delay   time.Duration // between a request and its task; 0 is one millisecond
	Payload int64         // the longest body of a request in bytes; 0 is 100 MB
	Version string        // "" is 1.50.0

	// Refuse, if set, is asked before each request. A status other than 0 is
	// answered at once, with the header. It may be called by several at once.
	Refuse func(r *http.Request) (status int, header http.Header)
	// Outcome, if set, is asked what becomes of a task.
	Outcome func(Task) Outcome
}

// Key is an API key with its rights, which are as in Meilisearch: actions like
// documents.add, documents.* or *, and names of indexes like sealdesk*.
type Key struct {
	Key     string
	Actions []string
	Indexes []string
}

// Outcome is what becomes of a task.
type Outcome int

// The outcomes.
const (
	Succeed Outcome = iota // it is done, or fails for its own reasons
	Fail
	Cancel
)

// Server is a running stand-in.
type Server struct {
	URL string

	options Options
	http    *httptest.Server
	worked  chan struct{}
	ending  chan struct{}

	mu      sync.Mutex
	wake    *sync.Cond
	closing bool
	paused  bool
	indexes map[string]*store
	tasks   []*task
}

// Start starts a server on a port of this machine; Close ends it.
func Start(o Options) *Server {
	if o.Delay == 0 {
		o.Delay = time.Millisecond
	}
	if o.Payload == 0 {
		o.Payload = 100 << 20
	}
	if o.Version == "" {
		o.Version = "1.50.0"
	}
	s := &Server{options: o, indexes: map[string]*store{}, worked: make(chan struct{}), ending: make(chan struct{})}
	s.wake = sync.NewCond(&s.mu)
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	go s.work()
	return s
}

// Close ends the server and waits for it.
func (s *Server) Close() {
	s.http.Close()
	s.mu.Lock()
	s.closing = true
	s.wake.Broadcast()
	s.mu.Unlock()
	close(s.ending)
	<-s.worked
}

// Pause lets tasks wait in the queue, or lets them go on.
func (s *Server) Pause(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = paused
	s.wake.Broadcast()
}

// Indexes gives the names of the indexes, in order.
func (s *Server) Indexes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for uid := range s.indexes {
		out = append(out, uid)
	}
	slices.Sort(out)
	return out
}

// Age makes an index look as if it was last changed that long ago.
func (s *Server) Age(index string, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.indexes[index]; x != nil {
		x.updated = x.updated.Add(-by)
	}
}

// reply is a status and a body, nil for none.
type reply struct {
	status int
	body   any
}

// apiError is an error as Meilisearch describes it.
type apiError struct {
	status  int
	code    string
	kind    string
	message string
}

func badRequest(code, format string, args ...any) *apiError {
	return &apiError{400, code, "invalid_request", fmt.Sprintf(format, args...)}
}

// failure is the error of a task.
func failure(code, format string, args ...any) *apiError { return badRequest(code, format, args...) }

func noIndex(uid string) *apiError {
	return &apiError{404, "index_not_found", "invalid_request", fmt.Sprintf("There is no index `%s`.", uid)}
}

func (e *apiError) body() map[string]any {
	return map[string]any{"message": e.message, "code": e.code, "type": e.kind, "link": "https://docs.meilisearch.com/errors#" + e.code}
}

func (e *apiError) reply() reply { return reply{e.status, e.body()} }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := s.answer(r)
	if answer.body == nil {
		w.WriteHeader(answer.status)
		return
	}
	data, err := json.Marshal(answer.body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if refused, ok := answer.body.(refusal); ok {
		for name, values := range refused.header {
			w.Header()[name] = values
		}
		data = []byte(`{"message":"refused","code":"too_many_search_requests","type":"system","link":""}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.status)
	_, err = w.Write(data)
	_ = err // the client is gone
}

type refusal struct{ header http.Header }

// route is one path and method, the action that a key needs for it, and what it
// does. handle runs with the lock held.
type route struct {
	method, pattern, action string
	query                   []string // the query parameters that are known
	body                    bool
	handle                  func(s *Server, r *request) reply
}

type request struct {
	*http.Request
	index string // from the path
	name  string // the last part of the path
	body  []byte
	key   *Key // nil without keys
}

var routes = []route{
	{"GET", "/health", "", nil, false, func(*Server, *request) reply {
		return reply{200, map[string]string{"status": "available"}}
	}},
	{"GET", "/version", "version", nil, false, func(s *Server, _ *request) reply {
		return reply{200, map[string]string{"commitSha": "", "commitDate": "", "pkgVersion": s.options.Version}}
	}},
	{"GET", "/keys", "keys.get", []string{"limit", "offset"}, false, func(*Server, *request) reply {
		return reply{200, map[string]any{"results": []any{}, "offset": 0, "limit": 20, "total": 0}}
	}},
	{"GET", "/indexes", "indexes.get", []string{"limit", "offset"}, false, (*Server).listIndexes},
	{"POST", "/indexes", "indexes.create", nil, true, (*Server).createIndex},
	{"GET", "/indexes/*", "indexes.get", nil, false, (*Server).getIndex},
	{"DELETE", "/indexes/*", "indexes.delete", nil, false, (*Server).deleteIndex},
	{"POST", "/swap-indexes", "indexes.swap", nil, true, (*Server).swapIndexes},
	{"GET", "/indexes/*/settings/*", "settings.get", nil, false, (*Server).getSetting},
	{"PATCH", "/indexes/*/settings", "settings.update", nil, true, (*Server).setSettings},
	{"PUT", "/indexes/*/settings/*", "settings.update", nil, true, (*Server).setSetting},
	{"PATCH", "/indexes/*/settings/*", "settings.update", nil, true, (*Server).setSetting},
	{"POST", "/indexes/*/documents", "documents.add", []string{"primaryKey"}, true, (*Server).addDocuments},
	{"POST", "/indexes/*/documents/fetch", "documents.get", nil, true, (*Server).fetchDocuments},
	{"POST", "/indexes/*/documents/delete-batch", "documents.delete", nil, true, (*Server).deleteDocuments},
	{"POST", "/indexes/*/search", "search", nil, true, (*Server).search},
	{"GET", "/tasks", "tasks.get", []string{"limit", "from", "statuses", "types", "indexUids"}, false, (*Server).getTasks},
	{"GET", "/tasks/*", "tasks.get", nil, false, (*Server).getTask},
}

func (s *Server) answer(r *http.Request) reply {
	if s.options.Refuse != nil {
		if status, header := s.options.Refuse(r); status != 0 {
			return reply{status, refusal{header}}
		}
	}
	for _, route := range routes {
		ok, err := path.Match(route.pattern, r.URL.Path)
		if err != nil || !ok || route.method != r.Method {
			continue
		}
		req := &request{Request: r, name: path.Base(r.URL.Path)}
		if parts := strings.Split(r.URL.Path, "/"); len(parts) > 2 && parts[1] == "indexes" {
			req.index = parts[2]
		}
		if err := s.authorize(req, route.action); err != nil {
			return err.reply()
		}
		for name := range r.URL.Query() {
			if !slices.Contains(route.query, name) {
				return badRequest("bad_request", "Unknown parameter `%s`.", name).reply()
			}
		}
		if req.index != "" && !uidPattern.MatchString(req.index) {
			return badRequest("invalid_index_uid", "`%s` is not a valid index uid.", req.index).reply()
		}
		if route.body {
			if err := s.readBody(req); err != nil {
				return err.reply()
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return route.handle(s, req)
	}
	return reply{404, nil}
}

func (s *Server) readBody(r *request) *apiError {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
		return &apiError{415, "invalid_content_type", "invalid_request", "The Content-Type must be application/json."}
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, s.options.Payload+1))
	if err != nil {
		return badRequest("bad_request", "%v", err)
	}
	if int64(len(data)) > s.options.Payload {
		return &apiError{413, "payload_too_large", "invalid_request", "The payload is too large."}
	}
	if len(data) == 0 {
		return badRequest("missing_payload", "A json payload is missing.")
	}
	if !json.Valid(data) {
		return badRequest("malformed_payload", "The json payload is malformed.")
	}
	r.body = data
	return nil
}

// authorize holds a request to the rights of its key. Those to indexes named in
// its body are looked at where the body is read.
func (s *Server) authorize(r *request, action string) *apiError {
	if s.options.Master == "" || action == "" {
		return nil
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return &apiError{401, "missing_authorization_header", "auth", "there is no Authorization header"}
	}
	if given == s.options.Master {
		return nil
	}
	refused := &apiError{403, "invalid_api_key", "auth", "the key is wrong or lacks a right"}
	group, _, _ := strings.Cut(action, ".")
	for _, k := range s.options.Keys {
		if k.Key != given || !slices.ContainsFunc(k.Actions, func(a string) bool { return a == "*" || a == action || a == group+".*" }) {
			continue
		}
		r.key = &k
		if r.index != "" && !r.may(r.index) {
			return refused
		}
		return nil
	}
	return refused
}

// may says whether the request's key is for an index.
func (r *request) may(index string) bool {
	return r.key == nil || slices.ContainsFunc(r.key.Indexes, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return pattern == index || open && strings.HasPrefix(index, prefix)
	})
}

// sees says whether the request's key may know of a task. A key for some indexes
// sees none that is for several, as a swap.
func (r *request) sees(t *task) bool {
	return r.key == nil || slices.Contains(r.key.Indexes, "*") || t.Index != "" && r.may(t.Index)
}

// number reads a query parameter.
func (r *request) number(name string, other int) (int, *apiError) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return other, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, badRequest("bad_request", "Invalid value in parameter `%s`: could not parse `%s` as a positive integer.", name, text)
	}
	return n, nil
}

// words reads a query parameter with several values.
func (r *request) words(name string) []string {
	text := r.URL.Query().Get(name)
	if text == "" || text == "*" {
		return nil
	}
	return strings.Split(text, ",")
}

func (s *Server) getTasks(r *request) reply {
	limit, err := r.number("limit", 20)
	if err != nil {
		return err.reply()
	}
	for _, status := range r.words("statuses") {
		if !slices.Contains([]string{"enqueued", "processing", "succeeded", "failed", "canceled"}, status) {
			return badRequest("invalid_task_statuses", "`%s` is no status of a task.", status).reply()
		}
	}
	return s.list(r, r.words("statuses"), r.words("types"), r.words("indexUids"), limit)
}

func (s *Server) getTask(r *request) reply {
	n, err := strconv.Atoi(r.name)
	if err != nil {
		return badRequest("invalid_task_uids", "`%s` is no number of a task.", r.name).reply()
	}
	if n < 0 || n >= len(s.tasks) || !r.sees(s.tasks[n]) {
		return (&apiError{404, "task_not_found", "invalid_request", fmt.Sprintf("There is no task `%d`.", n)}).reply()
	}
	return reply{200, s.tasks[n].view()}
}
