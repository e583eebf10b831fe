package observe

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sealdesk/bundle"
)

// Metrics count what the program does, for Prometheus. Nothing in them is of a person, an
// application or a bundle: labels are states, verdicts, priorities, stages and routes,
// which are few.
type Metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	pages    *prometheus.CounterVec
	stages   *prometheus.HistogramVec
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

// The outcomes of pages.
const (
	pageOK     = "ok"
	pageFailed = "failed"
)

// NewMetrics makes metrics that have counted nothing yet.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		pages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sealdesk_pages_read_total", Help: "Pages that were read, and those that could not be.",
		}, []string{"outcome"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sealdesk_stage_seconds", Help: "How long stages of pages and bundles took.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30},
		}, []string{"stage"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sealdesk_http_requests_total", Help: "Requests by the pattern of their route and the status of the answer.",
		}, []string{"route", "code"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sealdesk_http_request_seconds", Help: "How long requests took, by the pattern of their route; streams until their end.",
			Buckets: []float64{.005, .02, .05, .1, .3, 1, 5, 30},
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.pages, m.stages, m.requests, m.took,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range []string{pageOK, pageFailed} {
		m.pages.WithLabelValues(outcome)
	}
	// What one part cannot say now is missing; the rest is there.
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	return m
}

// ServeHTTP answers with all of them, in the format that is asked for.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// page takes down a page that is done. One at which the machine failed is not counted: it
// is read again.
func (m *Metrics) page(err error) {
	var broken *bundle.Error
	switch {
	case err == nil:
		m.pages.WithLabelValues(pageOK).Inc()
	case errors.As(err, &broken):
		m.pages.WithLabelValues(pageFailed).Inc()
	}
}

// stage takes down how long a stage took.
func (m *Metrics) stage(name string, took time.Duration) {
	m.stages.WithLabelValues(name).Observe(took.Seconds())
}

// Request takes down a request: the pattern of its route, "" for none, the status of the
// answer, 0 for none, and how long it took.
func (m *Metrics) Request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
}
