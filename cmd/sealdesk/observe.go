package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"sealdesk/config"
	"sealdesk/observe"
	"sealdesk/pipeline"
)

// log gives the log that is configured. Where no level is, it begins with least.
func (o *options) log(w io.Writer, least slog.Level) *slog.Logger {
	if o.Origin("log.level").Layer != config.Default {
		// The configuration has it as one that is known.
		_ = least.UnmarshalText([]byte(o.Log.Level))
	}
	return observe.NewLog(w, o.Log.Format == config.LogJSON, least)
}

// traces opens the traces that are configured, of a process of this kind.
func (o *options) traces(ctx context.Context, service string, log *slog.Logger) (*observe.Traces, error) {
	return observe.OpenTraces(ctx, o.Traces.Endpoint, service, version, log)
}

// catchUpEvery is how often bundles are put into the index that it did not take before.
const catchUpEvery = time.Minute

// catchUp puts bundles into the index that it did not take, until ctx ends.
func catchUp(ctx context.Context, line *pipeline.Pipeline, search *searchIndex, log *slog.Logger) {
	for {
		select {
		case <-time.After(catchUpEvery):
		case <-ctx.Done():
			return
		}
		putAgain(ctx, line, search, log, catchUpEvery)
	}
}

// putAgain puts bundles into the index that it did not take for so long.
func putAgain(ctx context.Context, line *pipeline.Pipeline, search *searchIndex, log *slog.Logger, after time.Duration) {
	for _, sha := range search.refused(after) {
		if _, err := line.Refile(ctx, sha); err != nil && ctx.Err() == nil {
			log.Error("a bundle cannot be put into the index", "bundle", sha, "error", err)
		}
	}
}
