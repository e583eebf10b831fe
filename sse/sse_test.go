package sse

import (
	"net/http/httptest"
	"testing"
)

// TestSend: whatever an event's data has, it is one event, and none that it did not mean.
func TestSend(t *testing.T) {
	w := httptest.NewRecorder()
	s := Begin(w)
	for _, err := range []error{
		s.Send("1", "row", []byte("a\r\nb\rid: 7\n\nevent: x")), s.Alive(), s.Send("2\nid: 3", "end", nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "id: 1\nevent: row\ndata: a\ndata: b\ndata: id: 7\ndata: \ndata: event: x\n\n:\n\nid: 2 id: 3\nevent: end\ndata: \n\n"
	if got := w.Body.String(); got != want || !w.Flushed {
		t.Errorf("%q, flushed %v, want %q", got, w.Flushed, want)
	}
}
