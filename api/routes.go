package api

import (
	"net/http"
	"time"

	"sealdesk/account"
	"sealdesk/exchange"
)

// route is one row of the table of routes: what is asked for, and who may.
type route struct {
	// pattern is that of http.ServeMux, with a method.
	pattern string
	// right is the right that the token needs, or one of those below.
	right account.Right
	// body is the greatest length of the request's body in bytes; 0 is exchange.BodyLimit.
	body int64
	// time is how long reading the request, handling it and writing the response may
	// take; 0 is exchange.TimeLimit, and exchange.NoLimit is for streams.
	time time.Duration
	// media is the type of the request's body, for routes that take one.
	media string
	// handler answers. An error that it returns is answered as a problem, if nothing was
	// written yet: see Server.fail.
	handler func(http.ResponseWriter, *http.Request) error
}

// Rights that no role has, for routes that need none.
const (
	// anybody lets in whoever has a token, whatever it may do.
	anybody account.Right = ""
	// public lets in everybody, and looks at no token.
	public account.Right = "public"
)

const (
	// A few of the largest scans over a slow line.
	uploadBytes = 4 << 30
	uploadTime  = time.Hour
	// A table of long texts.
	correctionBytes = 1 << 20
)

const (
	multipartForm = "multipart/form-data"
	jsonMedia     = "application/json"
)

// routes is the table of all routes. What is asked of an application or a bundle needs the
// same right here as on the desk's pages.
func (s *Server) routes() []route {
	return []route{
		{pattern: "GET /healthz", right: public, handler: healthy},
		{pattern: "GET /readyz", right: public, handler: s.ready.answer},
		{pattern: "GET /metrics", right: account.Monitor, handler: s.metricsPage},

		{pattern: "GET /api/v1/openapi.json", right: public, handler: s.openAPI},
		{pattern: "GET /api/v1/me", right: anybody, handler: s.me},

		{pattern: "GET /api/v1/bundles", right: account.Intake, handler: s.bundles},
		{pattern: "POST /api/v1/bundles", right: account.Intake, body: uploadBytes, time: uploadTime, media: multipartForm, handler: s.upload},
		{pattern: "GET /api/v1/bundles/{sha}", right: account.View, handler: s.bundle},
		{pattern: "POST /api/v1/bundles/{sha}/cancel", right: account.Intake, handler: s.cancel},
		{pattern: "POST /api/v1/bundles/{sha}/retry", right: account.Intake, handler: s.retry},
		{pattern: "GET /api/v1/bundles/{sha}/result", right: account.View, handler: s.result},
		{pattern: "GET /api/v1/bundles/{sha}/pages/{page}", right: account.View, handler: s.page},
		{pattern: "GET /api/v1/events", right: account.Intake, time: exchange.NoLimit, handler: s.events},

		{pattern: "GET /api/v1/applications/{id}", right: account.View, handler: s.application},
		{pattern: "GET /api/v1/applications/{id}/corrections", right: account.View, handler: s.corrections},
		{pattern: "POST /api/v1/applications/{id}/corrections", right: account.Correct, body: correctionBytes, media: jsonMedia, handler: s.correct},

		{pattern: "GET /api/v1/search", right: account.Search, handler: s.search},
		{pattern: "GET /api/v1/reports", right: account.Reports, handler: s.reports},
	}
}
