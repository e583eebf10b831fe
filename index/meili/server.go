package meili

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"sealdesk/index"
)

// Options says which server holds the index, and under which name.
type Options struct {
	// URL of the server, as http://127.0.0.1:7700. It holds no user and no key.
	URL string `json:"url"`
	// Key that the server asks for, "" when it asks for none. It appears
	// neither in errors nor where Options are printed.
	Key string `json:"-"`
	// Prefix is the name of the index and begins the names of those that
	// [Index.Replace] fills, so that a key can be limited to prefix*. It has
	// letters, digits, - and _; "" is sealdesk.
	Prefix string `json:"prefix"`
}

// DefaultPrefix is the name of the index when Options give none.
const DefaultPrefix = "sealdesk"

// Format implements [fmt.Formatter] without the key.
func (o Options) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Meilisearch index %q at %s", o.Prefix, withoutUser(o.URL))
}

func withoutUser(address string) string {
	if u, err := url.Parse(address); err == nil {
		u.User = nil
		return u.String()
	}
	return "an address that is no URL"
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

// check fills in what is left out.
func (o Options) check() (Options, error) {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if !namePattern.MatchString(o.Prefix) {
		return o, fmt.Errorf("index/meili: %q cannot name an index: use letters, digits, - and _", o.Prefix)
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return o, errors.New("index/meili: the server's address must be a URL like http://127.0.0.1:7700")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return o, errors.New("index/meili: the server's URL may hold no user, key or query; give the key as such")
	}
	o.URL = strings.TrimRight(o.URL, "/")
	return o, nil
}

// server speaks to one Meilisearch server.
type server struct {
	api    meilisearch.ServiceManager
	closer *http.Transport
	key    string
}

func newServer(o Options) *server {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute, // the server takes a payload in before it answers
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
	}
	return &server{
		api: meilisearch.New(o.URL,
			meilisearch.WithAPIKey(o.Key),
			meilisearch.WithCustomClient(&http.Client{
				Transport: retrier{transport},
				// A redirect could take the key elsewhere.
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			}),
			meilisearch.DisableRetries()), // the library's know no 429, no lost connection and no Retry-After
		closer: transport,
		key:    o.Key,
	}
}

// How often and how long a request is tried again.
const (
	mostAttempts = 7
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
	// longestRefusal is the longest Retry-After that is waited for.
	longestRefusal = time.Minute
)

// retrier sends a request again when the server had no time for it, was not
// there or broke down, after a pause that doubles; a swap, which done twice is
// undone, only when the server cannot have taken it.
type retrier struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (r retrier) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		if err := errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
	}
	once := strings.HasSuffix(req.URL.Path, "/swap-indexes")
	pause := firstPause
	for attempt := 1; ; attempt++ {
		try := req.Clone(ctx)
		if body != nil {
			try.Body = io.NopCloser(bytes.NewReader(body))
			try.ContentLength = int64(len(body))
		}
		resp, err := r.next.RoundTrip(try)
		if attempt == mostAttempts || ctx.Err() != nil || !passing(resp, err, once) {
			return resp, err
		}
		// Half of it by chance, so that many who were refused at once do not
		// all come back at once.
		wait := pause/2 + rand.N(pause/2)
		pause = min(2*pause, longestPause)
		if resp != nil {
			if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
				wait = time.Duration(seconds) * time.Second
			}
			if wait > longestRefusal {
				return resp, nil
			}
			// Read to its end, the connection can be used again.
			if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil && ctx.Err() != nil {
				return nil, errors.Join(ctx.Err(), resp.Body.Close())
			}
			if err := resp.Body.Close(); err != nil {
				return nil, err
			}
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// passing says whether another attempt may succeed, and does no harm.
func passing(resp *http.Response, err error, once bool) bool {
	if err != nil {
		var op *net.OpError
		return !once || errors.As(err, &op) && op.Op == "dial"
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true // refused, not taken
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return !once
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// serverError is what the server, or the way there, answered to a request.
type serverError struct {
	doing   string
	status  int    // 0 when there was no answer
	code    string // Meilisearch's name of the error
	message string
	cause   error // of a request without an answer
}

// Error implements error.
func (e *serverError) Error() string {
	switch {
	case e.status == 0:
		return fmt.Sprintf("index/meili: %s: %s", e.doing, e.message)
	case e.code == "":
		return fmt.Sprintf("index/meili: %s: the server answered %d: %s", e.doing, e.status, e.message)
	}
	return fmt.Sprintf("index/meili: %s: %s (%s)", e.doing, e.message, e.code)
}

// Unwrap gives the context's error, or why there was no connection.
func (e *serverError) Unwrap() error { return e.cause }

// longestMessage bounds what is told of a server's message, which may repeat a
// whole filter.
const longestMessage = 300

// failed makes an error of the library's. Its own texts repeat requests and
// answers, which hold what was read from paper.
func (s *server) failed(doing string, err error) error {
	out := &serverError{doing: doing, message: err.Error(), cause: err}
	var api *meilisearch.Error
	if errors.As(err, &api) {
		out.status, out.code, out.cause = api.StatusCode, api.MeilisearchApiError.Code, api.OriginError
		switch {
		case out.code != "":
			out.message = api.MeilisearchApiError.Message
		case api.OriginError != nil:
			out.message = api.OriginError.Error()
		default:
			out.message = "this is no answer of Meilisearch; is the URL that of the server?"
		}
	}
	if len(out.message) > longestMessage {
		out.message = strings.ToValidUTF8(out.message[:longestMessage], "") + "…"
	}
	if s.key != "" {
		if out.cause != nil && strings.Contains(out.cause.Error(), s.key) {
			out.cause = nil
		}
		out.message = strings.ReplaceAll(out.message, s.key, "(the key)")
	}
	return out
}

// isCode says whether err is the server's error with this code.
func isCode(err error, code string) bool {
	var e *serverError
	return errors.As(err, &e) && e.code == code
}

// How often a task is asked after.
const (
	firstLook   = 3 * time.Millisecond
	longestLook = 500 * time.Millisecond
)

// done waits until the server has done what it took in, and gives an error when
// it could not. info and err are what a request gave.
func (s *server) done(ctx context.Context, doing string, info *meilisearch.TaskInfo, err error) error {
	if err != nil {
		return s.failed(doing, err)
	}
	for pause := firstLook; ; pause = min(pause*3/2, longestLook) {
		task, err := s.api.GetTaskWithContext(ctx, info.TaskUID)
		if err != nil {
			return s.failed(doing, err)
		}
		switch task.Status {
		case meilisearch.TaskStatusSucceeded:
			return nil
		case meilisearch.TaskStatusEnqueued, meilisearch.TaskStatusProcessing:
		case meilisearch.TaskStatusCanceled:
			return fmt.Errorf("index/meili: %s: somebody canceled task %d on the server", doing, info.TaskUID)
		default:
			return s.failed(doing, taskError(task))
		}
		if err := sleep(ctx, pause); err != nil {
			return fmt.Errorf("index/meili: %s: waiting for task %d: %w", doing, info.TaskUID, err)
		}
	}
}

// taskError gives the error of a task that failed.
func taskError(task *meilisearch.Task) error {
	err := &meilisearch.Error{StatusCode: http.StatusOK, MeilisearchApiError: task.Error}
	if err.MeilisearchApiError.Code == "" {
		err.MeilisearchApiError.Code = "task " + string(task.Status)
	}
	return err
}

// fetch gives documents by filter or by their keys, without their order.
func (s *server) fetch(ctx context.Context, uid string, q meilisearch.DocumentsQuery) ([]stored, error) {
	var found meilisearch.DocumentsResult
	if err := s.api.Index(uid).GetDocumentsWithContext(ctx, &q, &found); err != nil {
		return nil, s.failed("read documents", err)
	}
	return decodeHits(found.Results)
}

func decodeHits(hits meilisearch.Hits) ([]stored, error) {
	out := make([]stored, len(hits))
	for i, h := range hits {
		if err := h.DecodeInto(&out[i]); err != nil {
			return nil, fmt.Errorf("index/meili: %w: a document is not as it was put: %w", index.ErrRebuild, err)
		}
	}
	return out, nil
}
