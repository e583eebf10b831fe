package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"
)

// logged begins a visit, and writes a line to the log at its end. Neither the query nor
// any value of a form is in it.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := &visit{ID: rand.Text()[:10], Lang: langs[0]}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		defer func() {
			took := time.Since(began)
			user := ""
			if v.User != nil {
				user = v.User.ID
			}
			s.log.InfoContext(context.WithoutCancel(r.Context()), "request", "id", v.ID, "method", r.Method,
				"path", r.URL.Path, "status", v.status, "bytes", v.bytes,
				"ms", took.Milliseconds(), "user", user, "from", r.RemoteAddr)
			s.observe(v.route, v.status, took)
		}()
		next.ServeHTTP(&recorder{w, v}, r)
	})
}

// recorder takes down what is answered.
type recorder struct {
	http.ResponseWriter
	visit *visit
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.visit.status == 0 && status >= http.StatusOK {
		w.visit.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	if w.visit.status == 0 {
		w.visit.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.visit.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
