package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrTurnLost is the cause of the end of a turn's context when the server did not hear
// of its holder for too long: another process may have the turn by now.
var ErrTurnLost = errors.New("queue: turn lost")

// Others are the other processes that put bundles on file in the same store. They take
// turns, and each learns from the queue which bundles changed. Like the queue itself this
// is never the truth: it says where to look in the store, and when it is thrown away
// whoever asks is told to look at everything.
//
// Its methods may be called at the same time, but for Turn, of which a process has one.
type Others struct {
	q    *Queue
	name string        // of this process, as a holder of the turn
	free chan struct{} // a turn may have ended

	mu    sync.Mutex
	born  time.Time // of the stream of changes that mark is of
	mark  uint64    // the last change that this process knows
	extra []string  // bundles to look at that no change tells of
}

// turn is who has the turn, and for which bundle.
type turn struct {
	Holder string `json:"holder,omitempty"` // "" for nobody
	Bundle string `json:"bundle,omitempty"`
}

const (
	turnStream      = "sealdesk-turn"
	turnSubject     = "sealdesk.turn"
	turnFreeSubject = "sealdesk.turn-free"
	changesStream   = "sealdesk-changes"
	changePrefix    = "sealdesk.change."

	turnBytes    = 1 << 20
	changesBytes = 64 << 20 // some 400,000 bundles

	// farBehind is after how many changes it is cheaper to look at everything.
	farBehind = 10_000
	turnAgain = 200 * time.Millisecond
)

// Others makes what the processes need at the server to take turns. What changes after it
// has returned, News tells of.
func (q *Queue) Others(ctx context.Context) (*Others, error) {
	for _, c := range []jetstream.StreamConfig{
		{Name: turnStream, Subjects: []string{turnSubject}, MaxBytes: turnBytes},
		{Name: changesStream, Subjects: []string{changePrefix + "*"}, MaxBytes: changesBytes},
	} {
		c.MaxMsgsPerSubject = 1
		if _, err := q.stream(ctx, c); err != nil {
			return nil, q.failed("take turns", err)
		}
	}
	o := &Others{q: q, name: rand.Text(), free: make(chan struct{}, 1)}
	err := q.insist(ctx, func(ctx context.Context) (err error) {
		o.born, o.mark, err = o.last(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = q.conn.Subscribe(turnFreeSubject, func(*nats.Msg) {
		select {
		case o.free <- struct{}{}:
		default:
		}
	})
	return o, q.failed("listen for turns", err)
}

// last gives when the stream of changes was made, and the number of the last change.
func (o *Others) last(ctx context.Context) (born time.Time, last uint64, err error) {
	s, err := o.q.js.Stream(ctx, changesStream)
	if err != nil {
		return time.Time{}, 0, o.q.failed("changes", err)
	}
	info := s.CachedInfo()
	return info.Created, info.State.LastSeq, nil
}

// Turn waits until no other process files a bundle, and gives a context in which this one
// may file the one named. It ends with ctx, when done is called, or with ErrTurnLost. A
// process that dies with the turn keeps it for the queue's AckWait; whoever gets it then
// looks at that one's bundle.
func (o *Others) Turn(ctx context.Context, bundle string) (held context.Context, done func(), err error) {
	data, err := json.Marshal(turn{o.name, bundle})
	if err != nil {
		return nil, nil, err
	}
	seq, err := o.take(ctx, data)
	if err != nil {
		return nil, nil, o.q.failed("turn", err)
	}
	held, cancel := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { seq = o.renew(held, cancel, data, seq) })
	return held, func() {
		lost := errors.Is(context.Cause(held), ErrTurnLost)
		cancel(nil)
		renewing.Wait()
		if lost {
			return
		}
		if err := o.end(context.WithoutCancel(ctx), seq); err != nil {
			o.q.log.Warn("queue: the end of a turn could not be told; others wait until it is over by itself", "bundle", bundle, "err", err)
		}
	}, nil
}

// end tells that a turn is over, again when no server of a cluster answers for a moment.
func (o *Others) end(ctx context.Context, seq uint64) error {
	ctx, stop := context.WithTimeout(ctx, finishWait)
	defer stop()
	for {
		try, stop := context.WithTimeout(ctx, o.q.opts.AckWait/3)
		_, err := o.q.js.Publish(try, turnSubject, []byte("{}"), jetstream.WithExpectLastSequenceForSubject(seq, turnSubject))
		stop()
		if err == nil {
			return o.q.conn.Publish(turnFreeSubject, nil)
		}
		// It was told though no answer came, or another process has the turn.
		if changed(err) {
			return nil
		}
		select {
		case <-time.After(turnAgain):
		case <-ctx.Done():
			return err
		}
	}
}

// take takes the turn and gives its number.
func (o *Others) take(ctx context.Context, data []byte) (uint64, error) {
	again := time.NewTicker(turnAgain)
	defer again.Stop()
	var seen uint64
	var since time.Time
	for {
		var now turn
		var seq uint64
		m, err := o.q.get(ctx, turnStream, which{Last: turnSubject})
		switch {
		case err == nil:
			seq = m.Sequence
			if err := json.Unmarshal(m.Data, &now); err != nil {
				return 0, fmt.Errorf("stored turn: %w", err)
			}
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return 0, err
		}
		// By this process's own clock, which need not agree with the holder's.
		if seq != seen {
			seen, since = seq, time.Now()
		}
		if now.Holder == "" || now.Holder == o.name || time.Since(since) > o.q.opts.AckWait {
			ack, err := o.q.js.Publish(ctx, turnSubject, data, jetstream.WithExpectLastSequenceForSubject(seq, turnSubject))
			if changed(err) {
				continue // another process was first
			}
			if err != nil {
				return 0, err
			}
			if now.Holder != "" {
				o.q.log.Warn("queue: a process kept its turn and was not heard of", "bundle", now.Bundle)
				o.mu.Lock()
				o.extra = append(o.extra, now.Bundle)
				o.mu.Unlock()
			}
			return ack.Sequence, nil
		}
		select {
		case <-o.free:
		case <-again.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// renew says again and again that the turn is held, until ctx ends, and gives the number
// of what it said last. It ends the turn when that was too long ago.
func (o *Others) renew(ctx context.Context, cancel context.CancelCauseFunc, data []byte, seq uint64) uint64 {
	every := time.NewTicker(max(o.q.opts.AckWait/6, time.Millisecond))
	defer every.Stop()
	said := time.Now()
	for {
		select {
		case <-ctx.Done():
			return seq
		case <-every.C:
		}
		begun := time.Now()
		// The answer is awaited also when the turn ends meanwhile: its number is needed
		// to end it.
		say, stop := context.WithTimeout(context.WithoutCancel(ctx), o.q.opts.AckWait/3)
		ack, err := o.q.js.Publish(say, turnSubject, data, jetstream.WithExpectLastSequenceForSubject(seq, turnSubject))
		stop()
		switch {
		case err == nil:
			seq, said = ack.Sequence, begun
		case changed(err) || time.Since(said) > o.q.opts.AckWait/2:
			cancel(ErrTurnLost)
			return seq
		}
	}
}

// Tell tells the other processes that what is kept of a bundle changed: it was read,
// corrected, arranged, or failed. When it returns nil they will know.
func (o *Others) Tell(ctx context.Context, bundle string) error {
	if err := checkBundle(bundle); err != nil {
		return fmt.Errorf("queue: tell: %w", err)
	}
	ack, err := o.q.js.Publish(ctx, changePrefix+bundle, nil)
	if err != nil {
		return o.q.failed("tell", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if ack.Sequence == o.mark+1 {
		o.mark++ // nobody else told anything in between
	}
	return nil
}

// News calls f with each bundle that changed since the last News that this process got, in
// the order in which they changed last; with "" where that is not known any more and any
// may have changed. What f returned an error for, comes again the next time.
func (o *Others) News(ctx context.Context, f func(bundle string) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.extra) > 0 {
		if err := f(o.extra[0]); err != nil {
			return err
		}
		o.extra = o.extra[1:]
	}
	born, last, err := o.last(ctx)
	if err != nil {
		return err
	}
	if !born.Equal(o.born) || last < o.mark || last-o.mark > farBehind {
		if err := f(""); err != nil {
			return err
		}
		o.born, o.mark = born, last
		return nil
	}
	for o.mark < last {
		m, err := o.q.get(ctx, changesStream, which{Seq: o.mark + 1, Next: changePrefix + "*"})
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			o.mark = last
			return nil
		}
		if err != nil {
			return o.q.failed("news", err)
		}
		if err := f(strings.TrimPrefix(m.Subject, changePrefix)); err != nil {
			return err
		}
		o.mark = m.Sequence
	}
	return nil
}
