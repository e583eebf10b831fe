package exchange_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/exchange"
)

// TestBounded: what is longer, or takes longer, than it may ends in an error that the
// handler can tell.
func TestBounded(t *testing.T) {
	var read, waited error
	h := func(w http.ResponseWriter, r *http.Request) {
		_, read = io.Copy(io.Discard, r.Body)
		if _, limited := r.Context().Deadline(); limited {
			<-r.Context().Done()
		}
		waited = r.Context().Err()
	}
	for _, test := range []struct {
		name  string
		sent  int
		body  int64
		limit time.Duration
		long  bool
		late  bool
	}{
		{"in its bounds", 10, 10, exchange.NoLimit, false, false},
		{"too long", 11, 10, exchange.NoLimit, true, false},
		{"too long by default", exchange.BodyLimit + 1, 0, exchange.NoLimit, true, false},
		{"too slow", 10, 10, time.Millisecond, false, true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(strings.Repeat("x", test.sent)))
		exchange.Bounded(test.body, test.limit, http.HandlerFunc(h)).ServeHTTP(httptest.NewRecorder(), r)
		var long *http.MaxBytesError
		if errors.As(read, &long) != test.long || errors.Is(waited, context.DeadlineExceeded) != test.late {
			t.Errorf("%s: reading gives %v, waiting %v", test.name, read, waited)
		}
	}
}

// TestAnswer: the first final status counts, and writing without one is 200.
func TestAnswer(t *testing.T) {
	a := &exchange.Answer{ResponseWriter: httptest.NewRecorder()}
	a.WriteHeader(http.StatusEarlyHints)
	if a.Status != 0 {
		t.Errorf("after an early hint the status is %d", a.Status)
	}
	a = &exchange.Answer{ResponseWriter: httptest.NewRecorder()}
	if _, err := a.Write([]byte("abc")); err != nil || a.Status != http.StatusOK || a.Bytes != 3 {
		t.Errorf("%d, %d bytes, error %v", a.Status, a.Bytes, err)
	}
}

func TestRefused(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /a", func(http.ResponseWriter, *http.Request) {})
	for path, want := range map[string]int{"/a": http.StatusMethodNotAllowed, "/b": http.StatusNotFound} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		h, _ := mux.Handler(r)
		status, allow := exchange.Refused(h, r)
		if status != want || slices.Contains(allow, "POST") != (want == http.StatusMethodNotAllowed) {
			t.Errorf("%s: %d, allowed is %q", path, status, allow)
		}
	}
}
