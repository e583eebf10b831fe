// Package otlptest is a collector of traces for tests, in their process.
package otlptest

import (
	"cmp"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span as it came.
type Span struct {
	Service    string // its source's name
	Name       string
	Trace      string // in hex, as ID and Parent
	ID         string
	Parent     string // "" for none
	Begin, End time.Time
	Attributes map[string]string // as text
	Status     string            // of an error, else ""
}

// Spans are spans in the order in which they came.
type Spans []Span

// Of gives the spans of a name that are about a bundle.
func (s Spans) Of(name, bundle string) (out Spans) {
	for _, one := range s {
		if one.Name == name && one.Attributes["sealdesk.bundle"] == bundle {
			out = append(out, one)
		}
	}
	return out
}

// One gives the only span of a name.
func (s Spans) One(t *testing.T, name string) Span {
	t.Helper()
	var found Spans
	for _, one := range s {
		if one.Name == name {
			found = append(found, one)
		}
	}
	if len(found) != 1 {
		t.Fatalf("there are %d spans %s", len(found), name)
	}
	return found[0]
}

// Collector takes spans by OTLP over HTTP.
type Collector struct {
	URL  string        // without /v1/traces
	Came chan struct{} // gets one when spans came that nobody looked at yet

	mu    sync.Mutex
	spans Spans
}

// Start starts a collector on this machine, which ends with the test.
func Start(t *testing.T) *Collector {
	c := &Collector{Came: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		if err := c.take(r); err != nil {
			t.Errorf("traces came that cannot be read: %v", err)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Spans are those that came.
func (c *Collector) Spans() Spans {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append(Spans(nil), c.spans...)
}

func (c *Collector) take(r *http.Request) error {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		body = unpacked
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	var m collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(b, &m); err != nil {
		return err
	}
	c.mu.Lock()
	for _, from := range m.ResourceSpans {
		service := texts(from.Resource.GetAttributes())["service.name"]
		for _, scope := range from.ScopeSpans {
			for _, s := range scope.Spans {
				status := ""
				if s.Status.GetCode() != 0 {
					status = cmp.Or(s.Status.GetMessage(), "error")
				}
				c.spans = append(c.spans, Span{
					Service: service, Name: s.Name, Trace: hex.EncodeToString(s.TraceId), ID: hex.EncodeToString(s.SpanId),
					Parent: hex.EncodeToString(s.ParentSpanId), Begin: time.Unix(0, int64(s.StartTimeUnixNano)),
					End: time.Unix(0, int64(s.EndTimeUnixNano)), Attributes: texts(s.Attributes), Status: status,
				})
			}
		}
	}
	c.mu.Unlock()
	select {
	case c.Came <- struct{}{}:
	default:
	}
	return nil
}

// texts are attributes as text.
func texts(list []*common.KeyValue) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		switch v := a.Value.GetValue().(type) {
		case *common.AnyValue_StringValue:
			out[a.Key] = v.StringValue
		case *common.AnyValue_IntValue:
			out[a.Key] = strconv.FormatInt(v.IntValue, 10)
		default:
			out[a.Key] = fmt.Sprint(v)
		}
	}
	return out
}
