package observe

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/pipeline/queue"
)

// Sources are what is asked when somebody looks at the metrics. What is nil or "" is not
// in this process, and has no metrics.
type Sources struct {
	Desk  *desk.Desk
	Queue *queue.Queue
	// Index says how many bundles are on file and not in the index, and since when the
	// first of them.
	Index interface {
		Behind() (bundles int, since time.Time)
	}
	// Readers says how many children that read were replaced because they died, hung or
	// answered with garbage.
	Readers interface{ Replaced() uint64 }
	// Folder is on the disk whose free space is told.
	Folder string
	// Log says what could not be asked. It must be set.
	Log *slog.Logger
}

// Watch has the metrics tell of sources, too. It is called once; an error means that it
// was called before.
func (m *Metrics) Watch(s Sources) error { return m.registry.Register(collector{s}) }

// askTime bounds what the queue is asked.
const askTime = 3 * time.Second

// collector asks sources.
type collector struct{ Sources }

var (
	bundlesDesc = prometheus.NewDesc("sealdesk_bundles", "Bundles by state.", []string{"state"}, nil)
	resultsDesc = prometheus.NewDesc("sealdesk_results", "Applications on file by verdict, corrections applied.", []string{"verdict"}, nil)
	jobsDesc    = prometheus.NewDesc("sealdesk_queue_jobs", "Jobs in the queue by priority, those in hand included.", []string{"priority"}, nil)
	oldestDesc  = prometheus.NewDesc("sealdesk_queue_oldest_seconds", "How long the oldest job of a priority has been in the queue; 0 where there is none.", []string{"priority"}, nil)
	deadDesc    = prometheus.NewDesc("sealdesk_queue_dead_jobs", "Jobs that were given up.", nil, nil)
	behindDesc  = prometheus.NewDesc("sealdesk_index_behind_bundles", "Bundles whose results are on file and not in the index.", nil, nil)
	lagDesc     = prometheus.NewDesc("sealdesk_index_lag_seconds", "How long the first of the bundles that are not in the index has been on file; 0 where there is none.", nil, nil)
	replaceDesc = prometheus.NewDesc("sealdesk_ocr_restarts_total", "Children that read and were replaced because they died, hung or answered with garbage.", nil, nil)
	freeDesc    = prometheus.NewDesc("sealdesk_data_free_bytes", "Free space on the disk of the data folder.", nil, nil)
	sizeDesc    = prometheus.NewDesc("sealdesk_data_size_bytes", "Size of the disk of the data folder.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		bundlesDesc, resultsDesc, jobsDesc, oldestDesc, deadDesc, behindDesc, lagDesc, replaceDesc, freeDesc, sizeDesc,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	if c.Desk != nil {
		stats := c.Desk.Stats()
		for _, state := range desk.States() {
			gauge(bundlesDesc, float64(stats.States[state]), string(state))
		}
		for _, v := range []bundle.Verdict{bundle.Complete, bundle.Incomplete, bundle.NeedsReview} {
			gauge(resultsDesc, float64(stats.Verdicts[v]), string(v))
		}
	}
	if c.Queue != nil {
		c.queue(gauge)
	}
	if c.Index != nil {
		n, since := c.Index.Behind()
		gauge(behindDesc, float64(n))
		gauge(lagDesc, age(since))
	}
	if c.Readers != nil {
		out <- prometheus.MustNewConstMetric(replaceDesc, prometheus.CounterValue, float64(c.Readers.Replaced()))
	}
	if c.Folder != "" {
		c.disk(gauge)
	}
}

// queue asks the queue.
func (c collector) queue(gauge func(*prometheus.Desc, float64, ...string)) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	stats, err := c.Queue.Stats(ctx)
	if err != nil {
		c.Log.Warn("the queue does not say how full it is", "error", err)
		return
	}
	for p, jobs := range stats.Jobs {
		gauge(jobsDesc, float64(jobs.Count), queue.Priority(p).String())
		gauge(oldestDesc, age(jobs.Oldest), queue.Priority(p).String())
	}
	gauge(deadDesc, float64(stats.Dead))
}

// disk asks the system for the space on the folder's disk.
func (c collector) disk(gauge func(*prometheus.Desc, float64, ...string)) {
	var st unix.Statfs_t
	if err := unix.Statfs(c.Folder, &st); err != nil {
		c.Log.Warn("the space on the disk of the data folder cannot be told", "error", err)
		return
	}
	gauge(freeDesc, float64(st.Bavail)*float64(st.Bsize))
	gauge(sizeDesc, float64(st.Blocks)*float64(st.Bsize))
}

// age is how many seconds ago something was, 0 for what never was.
func age(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, time.Since(t).Seconds())
}
