package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sealdesk/bundle"
	"sealdesk/desk"
)

// Metrics count what the program does, for Prometheus. Nothing in them is of a person, an
// application or a bundle: labels are states, verdicts, stages and routes, which are few.
//
// It is a pipeline's Meter, and takes down requests of the API and the pages.
type Metrics struct {
	registry *prometheus.Registry
	handler  http.Handler
	pages    *prometheus.CounterVec
	stages   *prometheus.HistogramVec
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

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
	for _, outcome := range []string{"ok", "failed"} {
		m.pages.WithLabelValues(outcome)
	}
	m.handler = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return m
}

// Stage takes down how long a stage of reading took.
func (m *Metrics) Stage(name string, took time.Duration) {
	m.stages.WithLabelValues(name).Observe(took.Seconds())
}

// Page takes down a page that is done.
func (m *Metrics) Page(ok bool) {
	outcome := "ok"
	if !ok {
		outcome = "failed"
	}
	m.pages.WithLabelValues(outcome).Inc()
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

// watch has the metrics tell of a desk, too.
func (m *Metrics) watch(d *desk.Desk, now func() time.Time) error {
	return m.registry.Register(deskCollector{d, now})
}

// deskCollector counts what a desk has in hand and on file when it is asked.
type deskCollector struct {
	desk *desk.Desk
	now  func() time.Time
}

var (
	bundlesDesc = prometheus.NewDesc("sealdesk_bundles", "Bundles by state; those waiting are the depth of the queue.", []string{"state"}, nil)
	oldestDesc  = prometheus.NewDesc("sealdesk_queue_oldest_seconds", "How long ago the bundle came that waits longest; 0 when none waits.", nil, nil)
	resultsDesc = prometheus.NewDesc("sealdesk_results", "Applications on file by verdict, corrections applied.", []string{"verdict"}, nil)
)

// Describe implements prometheus.Collector.
func (c deskCollector) Describe(out chan<- *prometheus.Desc) {
	out <- bundlesDesc
	out <- oldestDesc
	out <- resultsDesc
}

// Collect implements prometheus.Collector.
func (c deskCollector) Collect(out chan<- prometheus.Metric) {
	stats := c.desk.Stats()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, state := range states {
		gauge(bundlesDesc, float64(stats.States[state]), string(state))
	}
	oldest := time.Duration(0)
	if !stats.Oldest.IsZero() {
		oldest = max(0, c.now().Sub(stats.Oldest))
	}
	gauge(oldestDesc, oldest.Seconds())
	for _, v := range []bundle.Verdict{bundle.Complete, bundle.Incomplete, bundle.NeedsReview} {
		gauge(resultsDesc, float64(stats.Verdicts[v]), string(v))
	}
}

// metricsPage answers with all of them.
func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) error {
	s.metrics.handler.ServeHTTP(w, r)
	return nil
}
