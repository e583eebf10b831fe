package observe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"sealdesk/bundle"
)

// Traces send spans of bundles, their pages and stages to a collector, by OTLP over HTTP.
// A nil *Traces sends none and costs nothing. Close it.
//
// Spans say which bundle and which page, and of an error its code alone.
type Traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// The attributes of spans.
const (
	bundleKey = attribute.Key("sealdesk.bundle")
	pageKey   = attribute.Key("sealdesk.page")
)

// flushTime bounds how long Close tries to send what was not sent yet.
const flushTime = 5 * time.Second

// carrier names a trace as W3C's traceparent does.
var carrier = propagation.TraceContext{}

const parentHeader = "traceparent"

// OpenTraces opens traces to a collector. endpoint is its address, without /v1/traces: ""
// is the one that OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names;
// without any, or with OTEL_SDK_DISABLED=true, nil is given. The rest is as the other
// OTEL_ variables say. service names the kind of process. log gets a line when spans
// cannot be sent.
func OpenTraces(ctx context.Context, endpoint, service, version string, log *slog.Logger) (*Traces, error) {
	if os.Getenv("OTEL_SDK_DISABLED") == "true" ||
		cmp.Or(endpoint, os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) == "" {
		return nil, nil
	}
	var opts []otlptracehttp.Option
	if endpoint != "" {
		at, err := url.JoinPath(endpoint, "v1/traces")
		if err != nil {
			return nil, fmt.Errorf("the endpoint of traces: %w", err)
		}
		opts = append(opts, otlptracehttp.WithEndpointURL(at))
	}
	exporter, err := otlptracehttp.New(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("open traces: %w", err)
	}
	// Of the machine, no more is told than OTEL_RESOURCE_ATTRIBUTES says.
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version)),
		resource.WithFromEnv())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("name the source of traces: %w", err), exporter.Shutdown(ctx))
	}
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(&told{SpanExporter: exporter, log: log}), sdktrace.WithResource(about))
	return &Traces{provider: p, tracer: p.Tracer("sealdesk")}, nil
}

// told is an exporter that writes its errors to the log, and no error of which twice in a
// row: the SDK would write them to standard error, each.
type told struct {
	sdktrace.SpanExporter
	log     *slog.Logger
	failing bool // the SDK exports from one goroutine at a time
}

// ExportSpans implements sdktrace.SpanExporter.
func (e *told) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	if err != nil && !e.failing {
		e.log.Warn("traces cannot be sent", "error", err)
	}
	e.failing = err != nil
	return nil
}

// Close sends what was not sent yet.
func (t *Traces) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	// What the collector did not take is in the log, and fails nothing else.
	if err := t.provider.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("close traces: %w", err)
	}
	return nil
}

// Queued notes that a bundle is put in the queue, and gives what names its trace there, ""
// without traces.
func (t *Traces) Queued(ctx context.Context, sha string) string {
	if t == nil {
		return ""
	}
	ctx, span := t.tracer.Start(ctx, "queue", trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(bundleKey.String(sha)))
	span.End()
	named := propagation.MapCarrier{}
	carrier.Inject(ctx, named)
	return named[parentHeader]
}

// Resumed gives a context that goes on with a trace as Queued named it. What is no such
// name begins a new one.
func (t *Traces) Resumed(ctx context.Context, named string) context.Context {
	if t == nil || named == "" {
		return ctx
	}
	return carrier.Extract(ctx, propagation.MapCarrier{parentHeader: named})
}

// Bundle implements pipeline.Observer.
func (t *Traces) Bundle(ctx context.Context, sha string) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, "bundle", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(bundleKey.String(sha)))
	return ctx, func(err error) { end(span, err) }
}

// Page implements pipeline.Observer.
func (t *Traces) Page(ctx context.Context, sha string, n int) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, "page", trace.WithAttributes(bundleKey.String(sha), pageKey.Int(n)))
	return ctx, func(err error) { end(span, err) }
}

// Stage implements pipeline.Observer.
func (t *Traces) Stage(ctx context.Context, name string, began time.Time) {
	if t == nil {
		return
	}
	_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(began))
	span.End()
}

// end ends a span. Of an error it says the code: a text could have a name in it.
func end(span trace.Span, err error) {
	var broken *bundle.Error
	switch {
	case err == nil:
	case errors.As(err, &broken):
		span.SetStatus(codes.Error, string(broken.Code))
	case errors.Is(err, context.Canceled):
		span.SetStatus(codes.Error, "cancelled")
	default:
		span.SetStatus(codes.Error, string(bundle.CodeInternal))
	}
	span.End()
}
