package observe_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/observe"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/view"
	"sealdesk/storage/dir"
)

// scraped are the metrics as Prometheus gets them.
func scraped(t *testing.T, m *observe.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// wanted looks for lines of the metrics.
func wanted(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains(text, "\n"+l) {
			t.Errorf("the metrics have no line %s in\n%s", l, text)
		}
	}
}

// stale is an index that lags behind.
type stale struct{ since time.Time }

func (s stale) Behind() (int, time.Time) { return 2, s.since }

// replaced is how many readers were.
type replaced uint64

func (r replaced) Replaced() uint64 { return uint64(r) }

// office is a desk with one bundle that waits, read by nobody.
func office(t *testing.T) (*desk.Desk, *queue.Queue) {
	t.Helper()
	closed := func(c io.Closer) {
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	store, err := dir.Open(t.TempDir())
	must(t, err)
	closed(store)
	line, err := pipeline.New(t.Context(), pipeline.Options{Store: store, Reader: noReader{}, Call: call.Builtin()[0]})
	must(t, err)
	closed(line)
	jobs, err := queue.Open(t.Context(), queue.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	closed(jobs)
	views, err := view.New(store, t.TempDir(), 1<<20)
	must(t, err)
	closed(views)
	d, err := desk.New(t.Context(), desk.Options{Pipeline: line, Queue: jobs, Store: store, Views: views})
	must(t, err)
	closed(d)
	scan, err := os.ReadFile("../testdata/bundles/no-seal.pdf")
	must(t, err)
	in := pipeline.Input{Name: "机密材料.pdf", Files: []page.File{{Name: "机密材料.pdf", Data: bytes.NewReader(scan), Size: int64(len(scan))}}}
	_, err = d.Take(t.Context(), in, desk.Sender{ID: "u1", Name: "王", Priority: queue.Counter})
	must(t, err)
	return d, jobs
}

// noReader is there, and reads nothing.
type noReader struct{ pipeline.Reader }

func (noReader) Engine() string { return "none" }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestMetrics: they tell of all that the program has, by names as Prometheus wants them,
// and nothing in them is of a bundle or a person.
func TestMetrics(t *testing.T) {
	d, jobs := office(t)
	m := observe.NewMetrics()
	must(t, m.Watch(observe.Sources{
		Desk: d, Queue: jobs, Index: stale{time.Now().Add(-time.Minute)}, Readers: replaced(3), Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler),
	}))
	r := observe.Reading{Metrics: m}
	ctx, ended := r.Bundle(t.Context(), "abc")
	for _, err := range []error{nil, &bundle.Error{Code: bundle.CodeDamaged}, context.Canceled, errors.New("of the machine")} {
		_, done := r.Page(ctx, "abc", 1)
		done(err)
	}
	r.Stage(ctx, "read", time.Now().Add(-time.Second))
	ended(nil)
	m.Request("GET /{$}", 200, time.Millisecond)

	text := scraped(t, m)
	wanted(t, text,
		`sealdesk_pages_read_total{outcome="ok"} 1`, `sealdesk_pages_read_total{outcome="failed"} 1`,
		`sealdesk_stage_seconds_bucket{stage="read",le="0.3"} 0`, `sealdesk_stage_seconds_bucket{stage="read",le="3"} 1`,
		`sealdesk_http_requests_total{code="200",route="GET /{$}"} 1`,
		`sealdesk_bundles{state="waiting"} 1`, `sealdesk_bundles{state="failed"} 0`, `sealdesk_results{verdict="complete"} 0`,
		`sealdesk_queue_jobs{priority="counter"} 1`, `sealdesk_queue_jobs{priority="backlog"} 0`, `sealdesk_queue_dead_jobs 0`,
		`sealdesk_queue_oldest_seconds{priority="backlog"} 0`, `sealdesk_index_behind_bundles 2`, `sealdesk_index_lag_seconds 60`,
		`sealdesk_ocr_restarts_total 3`, `sealdesk_data_free_bytes `, `sealdesk_data_size_bytes `,
	)
	for _, secret := range []string{"abc", "机密", "u1"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics have %s", secret)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	must(t, err)
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "sealdesk_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// TestMetricsQueueGone: what cannot be asked is missing, and the rest is there.
func TestMetricsQueueGone(t *testing.T) {
	d, jobs := office(t)
	var log bytes.Buffer
	m := observe.NewMetrics()
	must(t, m.Watch(observe.Sources{Desk: d, Queue: jobs, Log: observe.NewLog(&log, true, slog.LevelInfo)}))
	must(t, jobs.Close())
	text := scraped(t, m)
	wanted(t, text, `sealdesk_bundles{state="waiting"} 1`)
	if strings.Contains(text, "sealdesk_queue_") {
		t.Error("the metrics tell of a queue that does not answer")
	}
	if !strings.Contains(log.String(), `"level":"WARN","msg":"the queue does not say`) {
		t.Errorf("the log says %s", log.String())
	}
}

var _ interface{ Replaced() uint64 } = (*ocr.Pool)(nil)
