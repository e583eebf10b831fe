package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"mime"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/exchange"
)

// visit is what is known of a request: who it is from, and what became of it.
type visit struct {
	id    string // names the request, in the log and in problems
	user  account.User
	token account.Token
	lang  string
	route string // the pattern that fits, "" for none

	answer *exchange.Answer
}

type visitKey struct{}

// visitOf gives the visit of a request that came through Server.Handler.
func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// may says whether the token that the request came with has a right.
func (v *visit) may(right account.Right) bool { return v.token.May(v.user, right) }

// logged begins a visit, and writes a line to the log and counts it at its end. Neither
// the query nor any value is in it.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := &visit{id: rand.Text()[:10], lang: languageOf(r), answer: &exchange.Answer{ResponseWriter: w}}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		defer func() {
			took := time.Since(began)
			level := slog.LevelInfo
			if !strings.HasPrefix(r.URL.Path, "/api/") { // they are asked for all day
				level = slog.LevelDebug
			}
			s.log.Log(context.WithoutCancel(r.Context()), level, "request", "id", v.id, "method", r.Method,
				"path", r.URL.Path, "status", v.answer.Status, "bytes", v.answer.Bytes,
				"ms", took.Milliseconds(), "user", v.user.ID, "token", v.token.ID, "from", r.RemoteAddr)
			s.observe(v.route, v.answer.Status, took)
		}()
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(v.answer, r)
	})
}

// dispatch hands a request to its route. What no route fits is a problem, too.
func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		visitOf(r).route = pattern
		s.mux.ServeHTTP(w, r)
		return
	}
	p := wrong("not-found")
	if status, allow := exchange.Refused(h, r); status == http.StatusMethodNotAllowed {
		p = problem{kind: "method", header: http.Header{"Allow": allow}}
	}
	s.fail(w, r, p)
}

// serve is the way of every request to its handler: limits, whose it is, whether they
// may, and what they send. It is the only place where that is decided.
func (s *Server) serve(rt route) http.Handler {
	return exchange.Bounded(rt.body, rt.time, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(w, r)
		w.Header().Set("Cache-Control", "no-store")
		err := s.admit(rt, r)
		if err == nil {
			err = rt.handler(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}))
}

// admit lets a request in, or says why not.
func (s *Server) admit(rt route, r *http.Request) error {
	if rt.right != public {
		if err := s.identify(r); err != nil {
			return err
		}
		if rt.right != anybody && !visitOf(r).may(rt.right) {
			return problem{kind: "forbidden", more: map[string]any{"right": rt.right}}
		}
	}
	if rt.media != "" {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != rt.media {
			return problem{kind: "media", header: http.Header{"Accept": {rt.media}}}
		}
	}
	return nil
}

// identify finds whose the token of a request is. Whoever shows wrong ones is slowed
// down, by their address; a right one is heard all the same, since none can be guessed,
// and others may sit behind the address.
func (s *Server) identify(r *http.Request) error {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return wrong("no-token")
	}
	v := visitOf(r)
	token, user, err := s.accounts.UseToken(r.Context(), strings.TrimSpace(text))
	if err == nil {
		v.token, v.user = token, user
		return nil
	}
	if !errors.Is(err, account.ErrToken) {
		return err
	}
	// A token that is tried again and again counts by itself, too: a program that goes on
	// with one that is over costs an entry of the trail each time.
	if wait := s.throttle.Try(text, r.RemoteAddr); wait > 0 {
		seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
		return problem{kind: "throttled", header: http.Header{"Retry-After": {seconds}}}
	}
	e := audit.Entry{Time: s.now(), User: "nobody", Action: audit.TokenRefused, Object: token.User}
	if token.ID != "" {
		e.Detail = "token=" + token.ID
	}
	if err := s.audit.Append(r.Context(), e); err != nil {
		return err
	}
	return err
}

// record writes to the audit trail, on behalf of the request's account and with the token
// that it came with. An error has to keep whoever asks from what was to be recorded.
func (s *Server) record(r *http.Request, e audit.Entry) error {
	v := visitOf(r)
	e.Time, e.User = s.now(), v.user.ID
	e.Detail = strings.TrimSpace(e.Detail + " token=" + v.token.ID)
	return s.audit.Append(r.Context(), e)
}

// recovered turns a panic into a problem; deferred.
func (s *Server) recovered(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}

// encode gives a value as JSON, written as sealdesk process --json writes it.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return b.Bytes(), nil
}

// answer answers with a value as JSON.
func answer(w http.ResponseWriter, status int, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", jsonMedia)
	w.WriteHeader(status)
	_, err = w.Write(b)
	return err
}

// answerTagged answers with bytes that whoever has them already need not be sent again:
// their ETag is a hash of them.
func answerTagged(w http.ResponseWriter, r *http.Request, media string, b []byte) error {
	sum := sha256.Sum256(b)
	h := w.Header()
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Type", media)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}
