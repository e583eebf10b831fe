// Package sse writes server-sent events, as the HTML standard has them
// (https://html.spec.whatwg.org/multipage/server-sent-events.html).
//
// It knows nothing of what the events are about. Who ends a stream is the caller's to
// say; the server's limits of time do not.
package sse

import (
	"bytes"
	"net/http"
	"strings"
	"time"
)

// Beat is the pause between two signs of life of a stream: shorter than the time after
// which things between here and the reader take a connection for dead.
const Beat = 15 * time.Second

// sendTime is how long a reader may take to accept what is sent.
const sendTime = 30 * time.Second

// Stream is a row of events. Use it from one goroutine.
type Stream struct {
	w    http.ResponseWriter
	conn *http.ResponseController
}

// Begin makes a stream of a response to which nothing was written yet.
func Begin(w http.ResponseWriter) *Stream {
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	return &Stream{w: w, conn: http.NewResponseController(w)}
}

// Send sends an event. Its data may have many lines, whatever ends them; id is what a
// reader that connects again says that it has seen, and id and event are single lines.
func (s *Stream) Send(id, event string, data []byte) error {
	var b bytes.Buffer
	b.WriteString("id: " + line.Replace(id) + "\nevent: " + line.Replace(event) + "\n")
	// A return alone ends a line of the stream, too: a name that has one must not
	// begin another.
	data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		b.WriteString("data: ")
		b.Write(line)
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return s.write(b.Bytes())
}

var line = strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")

// Alive shows that the stream is alive.
func (s *Stream) Alive() error { return s.write([]byte(":\n\n")) }

func (s *Stream) write(b []byte) error {
	// A reader that is gone without a word takes nothing any more. Writers without a
	// connection have no deadline, and nobody who could be gone.
	_ = s.conn.SetWriteDeadline(time.Now().Add(sendTime))
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.conn.Flush()
}
