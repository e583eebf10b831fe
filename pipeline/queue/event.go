package queue

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
)

// Event is progress on a bundle, for those who look on. It is not stored.
type Event struct {
	Bundle string `json:"bundle"`
	// State is what the bundle's owner calls its state.
	State string `json:"state"`
	// Done of Pages pages are read; both 0 if that is not known.
	Done  int `json:"done"`
	Pages int `json:"pages"`
	// Attempts is how often reading it was begun, 0 if that is not known.
	Attempts int `json:"attempts,omitempty"`
	// Worker names who says so.
	Worker string    `json:"worker,omitempty"`
	Time   time.Time `json:"time"`
}

// Announce tells all who listen, in any process. It does not wait, and an event
// that cannot be sent is only logged. A zero Time becomes now.
func (q *Queue) Announce(e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	data, err := json.Marshal(e)
	if err == nil {
		err = q.conn.Publish(eventSubject, data)
	}
	if err != nil {
		q.log.Warn("queue: an event is lost", "bundle", e.Bundle, "err", err)
	}
}

// Listen returns as soon as it listens: events announced after that are given to
// f, one after the other, until ctx ends or the queue is closed. A caller that
// first listens and then reads the state misses nothing. f should not block: a
// listener that falls far behind loses events. f may still be running once just
// after ctx has ended.
func (q *Queue) Listen(ctx context.Context, f func(Event)) error {
	ctx, done, err := q.run(ctx)
	if err != nil {
		return err
	}
	sub, err := q.conn.Subscribe(eventSubject, func(m *nats.Msg) {
		var e Event
		if err := json.Unmarshal(m.Data, &e); err != nil {
			q.log.Warn("queue: an event cannot be read", "err", err)
			return
		}
		if ctx.Err() == nil {
			f(e)
		}
	})
	if err == nil {
		// The server has heard of it once it answers.
		flush, cancel := context.WithTimeout(ctx, finishWait)
		err = q.conn.FlushWithContext(flush)
		cancel()
	}
	if err != nil {
		if sub != nil {
			sub.Unsubscribe()
		}
		done()
		return q.failed("listen", err)
	}
	go func() {
		defer done()
		<-ctx.Done()
		sub.Unsubscribe()
	}()
	return nil
}
