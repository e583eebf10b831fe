package main

import (
	"context"
	"io"
	"log/slog"

	"sealdesk/extract/call"
	"sealdesk/likeness"
	"sealdesk/observe"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/queue"
)

// machinery is what serve and work read bundles with.
type machinery struct {
	readers *ocr.Pool
	search  *searchIndex
	traces  *observe.Traces
	jobs    *queue.Queue
	metrics *observe.Metrics
	line    *pipeline.Pipeline
}

// machineryOptions say how a process reads.
type machineryOptions struct {
	service string // its name in traces
	readers int    // how many processes read lines; 0 is one for each processor
	profile *call.Call
	store   store
	texts   *likeness.Index // nil: no texts are compared
	stderr  io.Writer
	log     *slog.Logger
}

// machinery opens all of it, and adds it to what the caller closes, in case of an error too.
func (o *options) machinery(ctx context.Context, opened *closers, with machineryOptions) (m machinery, err error) {
	if m.readers, err = ocr.NewPool(ctx, ocr.Options{Workers: with.readers, Second: o.OCR.Models, Log: with.log}); err != nil {
		return m, err
	}
	opened.add(m.readers)
	if m.search, err = o.openIndex(ctx, with.store, with.stderr, with.log); err != nil {
		return m, err
	}
	opened.add(m.search)
	if m.traces, err = o.traces(ctx, with.service, with.log); err != nil {
		return m, err
	}
	opened.add(m.traces)
	jobs, others, err := o.openQueue(ctx, with.log)
	if err != nil {
		return m, err
	}
	m.jobs = jobs
	opened.add(jobs)
	m.metrics = observe.NewMetrics()
	m.line, err = pipeline.New(ctx, pipeline.Options{
		Store: with.store, Index: m.search, Reader: m.readers, Call: with.profile, Calls: o.knownCall, Texts: with.texts, Log: with.log, Others: others,
		Observe: observe.Reading{Metrics: m.metrics, Traces: m.traces}, Limits: page.Options{MaxBytes: maxScan},
	})
	if err != nil {
		return m, err
	}
	opened.add(m.line)
	return m, nil
}
