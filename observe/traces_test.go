package observe_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/observe"
	"sealdesk/observe/otlptest"
)

// TestTraces: a trace goes on behind the queue, pages are below bundles and stages below
// pages, and of an error only its code is told.
func TestTraces(t *testing.T) {
	collector := otlptest.Start(t)
	log := slog.New(slog.DiscardHandler)
	sender, err := observe.OpenTraces(t.Context(), collector.URL, "sealdesk-serve", "1", log)
	must(t, err)
	reader, err := observe.OpenTraces(t.Context(), collector.URL+"/", "sealdesk-work", "1", log)
	must(t, err)

	named := sender.Queued(t.Context(), "abc")
	ctx, ended := reader.Bundle(reader.Resumed(t.Context(), named), "abc")
	page, done := reader.Page(ctx, "abc", 2)
	reader.Stage(page, "read", time.Now().Add(-time.Second))
	done(&bundle.Error{Code: bundle.CodeDamaged, Message: "王芳.pdf"})
	ended(errors.New("王芳"))
	for _, made := range []string{"", "nonsense"} { // as an older program puts jobs, or somebody else
		_, ended := reader.Bundle(reader.Resumed(t.Context(), made), "def")
		ended(nil)
	}
	must(t, sender.Close())
	must(t, reader.Close())

	spans := collector.Spans()
	queued, read, second, stage := spans.One(t, "queue"), spans.Of("bundle", "abc"), spans.One(t, "page"), spans.One(t, "read")
	if len(read) != 1 {
		t.Fatalf("%d spans of a bundle", len(read))
	}
	whole := read[0]
	for _, pair := range [][2]otlptest.Span{{queued, whole}, {whole, second}, {second, stage}} {
		if pair[1].Trace != pair[0].Trace || pair[1].Parent != pair[0].ID {
			t.Errorf("%s is not below %s", pair[1].Name, pair[0].Name)
		}
	}
	if queued.Service != "sealdesk-serve" || whole.Service != "sealdesk-work" {
		t.Errorf("spans of %q and %q", queued.Service, whole.Service)
	}
	if second.Attributes["sealdesk.bundle"] != "abc" || second.Attributes["sealdesk.page"] != "2" || len(second.Attributes) != 2 {
		t.Errorf("a page has the attributes %v", second.Attributes)
	}
	if second.Status != "damaged" || whole.Status != "internal" || stage.Status != "" {
		t.Errorf("they ended with %q, %q and %q", second.Status, whole.Status, stage.Status)
	}
	if took := stage.End.Sub(stage.Begin); took < time.Second || took > time.Minute {
		t.Errorf("a stage took %v", took)
	}
	others := spans.Of("bundle", "def")
	if len(others) != 2 || others[0].Trace == whole.Trace || others[0].Parent != "" || others[1].Parent != "" {
		t.Errorf("without a trace there are %+v", others)
	}
}

// TestTracesOff: without a collector there are none, and all that is told costs nothing.
func TestTracesOff(t *testing.T) {
	for name, env := range map[string]map[string]string{
		"no endpoint": {}, "disabled": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range env {
				t.Setenv(k, v)
			}
			traces, err := observe.OpenTraces(t.Context(), "", "sealdesk", "1", nil)
			must(t, err)
			if traces != nil {
				t.Fatal("there are traces")
			}
			began := time.Now()
			ctx := context.Background()
			allocated := testing.AllocsPerRun(100, func() {
				ctx, ended := traces.Bundle(traces.Resumed(ctx, traces.Queued(ctx, "abc")), "abc")
				ctx, done := traces.Page(ctx, "abc", 1)
				traces.Stage(ctx, "read", began)
				done(nil)
				ended(nil)
			})
			if allocated != 0 {
				t.Errorf("it costs %v allocations", allocated)
			}
			must(t, traces.Close())
		})
	}
}

// TestTracesCollectorGone: that the collector, here one that the standard variable names,
// takes nothing is told once in the log, and costs no more.
func TestTracesCollectorGone(t *testing.T) {
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }))
	defer away.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", away.URL)
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
	var log bytes.Buffer
	traces, err := observe.OpenTraces(t.Context(), "", "sealdesk", "1", observe.NewLog(&log, false, slog.LevelInfo))
	must(t, err)
	for range 3 {
		_, ended := traces.Bundle(t.Context(), "abc")
		ended(nil)
	}
	must(t, traces.Close())
	if n := strings.Count(log.String(), "traces cannot be sent"); n != 1 {
		t.Errorf("it is told %d times:\n%s", n, log.String())
	}
}
