package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"sealdesk/exchange"
)

// logged begins a visit, and writes a line to the log at its end. Neither the query nor
// any value of a form is in it.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := &visit{ID: rand.Text()[:10], Lang: langs[0], answer: &exchange.Answer{ResponseWriter: w}}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		defer func() {
			took := time.Since(began)
			user := ""
			if v.User != nil {
				user = v.User.ID
			}
			s.log.InfoContext(context.WithoutCancel(r.Context()), "request", "id", v.ID, "method", r.Method,
				"path", r.URL.Path, "status", v.answer.Status, "bytes", v.answer.Bytes,
				"ms", took.Milliseconds(), "user", user, "from", r.RemoteAddr)
			s.observe(v.route, v.answer.Status, took)
		}()
		next.ServeHTTP(v.answer, r)
	})
}
