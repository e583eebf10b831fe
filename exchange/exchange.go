// Package exchange is what the desk's pages and its API do alike with every request over
// HTTP: bound its length and time, take down what is answered, and find out why no route
// fits. It knows no routes and no accounts.
package exchange

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// The bounds of a request that has none of its own, and NoLimit for one that may go on as
// long as its context, such as a stream.
const (
	BodyLimit = 64 << 10 // bytes
	TimeLimit = 30 * time.Second
	NoLimit   = -1
)

// last is how much longer than its handler a connection may take: it has to be said that
// the request took too long.
const last = 5 * time.Second

// Bounded bounds the length of a request's body in bytes, and how long reading it,
// handling it and writing the response may take together; 0 is BodyLimit and TimeLimit.
// A handler that reads on gets an *http.MaxBytesError, or the error of a deadline.
func Bounded(body int64, limit time.Duration, next http.Handler) http.Handler {
	if body == 0 {
		body = BodyLimit
	}
	if limit == 0 {
		limit = TimeLimit
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, body)
		var end time.Time // none
		if limit != NoLimit {
			end = time.Now().Add(limit)
			ctx, cancel := context.WithDeadline(r.Context(), end)
			defer cancel()
			r = r.WithContext(ctx)
			end = end.Add(last)
		}
		// A writer without a connection has no deadlines to set.
		conn := http.NewResponseController(w)
		for _, err := range []error{conn.SetReadDeadline(end), conn.SetWriteDeadline(end)} {
			if err != nil && !errors.Is(err, http.ErrNotSupported) {
				return // the connection is gone
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Answer takes down what is answered.
type Answer struct {
	http.ResponseWriter
	Status int // 0 while nothing was written
	Bytes  int // of the body
}

// WriteHeader implements http.ResponseWriter.
func (a *Answer) WriteHeader(status int) {
	if a.Status == 0 && status >= http.StatusOK {
		a.Status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *Answer) Write(b []byte) (int, error) {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.Bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (a *Answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Refused asks the handler that http.ServeMux gives where no route fits for its status,
// and for the methods that would do, nil where none would: the mux alone knows.
func Refused(h http.Handler, r *http.Request) (status int, allow []string) {
	f := refusal{header: http.Header{}}
	h.ServeHTTP(&f, r)
	return f.status, f.header["Allow"]
}

type refusal struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (f *refusal) Header() http.Header { return f.header }

// Write implements http.ResponseWriter.
func (f *refusal) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader implements http.ResponseWriter.
func (f *refusal) WriteHeader(status int) { f.status = status }
