package queue_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/queue/queuetest"
)

// quick are options of a queue that loses its patience soon.
func quick(url string) queue.Options {
	return queue.Options{URL: url, AckWait: time.Second, Backoff: 20 * time.Millisecond, MaxAttempts: 3}
}

func others(t *testing.T, q *queue.Queue) *queue.Others {
	t.Helper()
	o, err := q.Others(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func news(t *testing.T, o *queue.Others) []string {
	t.Helper()
	var list []string
	if err := o.News(t.Context(), func(bundle string) error {
		list = append(list, bundle)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func tell(t *testing.T, o *queue.Others, bundles ...int) {
	t.Helper()
	for _, n := range bundles {
		if err := o.Tell(t.Context(), sum(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTurns: of several processes one has the turn.
func TestTurns(t *testing.T) {
	t.Parallel()
	url := external(t)
	var having, most atomic.Int64
	var running sync.WaitGroup
	for range 3 {
		o := others(t, open(t, quick(url)))
		running.Go(func() {
			for n := range 15 {
				_, done, err := o.Turn(t.Context(), sum(n))
				if err != nil {
					t.Error(err)
					return
				}
				most.Store(max(most.Load(), having.Add(1)))
				having.Add(-1)
				done()
			}
		})
	}
	running.Wait()
	if most.Load() != 1 {
		t.Errorf("%d processes had the turn at once", most.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := others(t, open(t, quick(url)))
	_, done, err := o.Turn(t.Context(), sum(1))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	cancel()
	if _, _, err := others(t, open(t, quick(url))).Turn(ctx, sum(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever waits no more gets %v", err)
	}
}

// TestTurnOfTheDead: the turn of a process that is not heard of goes to another one, which
// looks at the bundle of the first; and the first, if it lives, has lost it. A turn that
// takes long is kept.
func TestTurnOfTheDead(t *testing.T) {
	t.Parallel()
	url := external(t)
	dead := open(t, quick(url))
	_, _, err := others(t, dead).Turn(t.Context(), sum(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	o := others(t, open(t, quick(url)))
	held, done, err := o.Turn(t.Context(), sum(2))
	if err != nil {
		t.Fatal(err)
	}
	if got := news(t, o); !slices.Equal(got, []string{sum(1)}) {
		t.Errorf("to look at: %q", got)
	}
	select {
	case <-held.Done():
		t.Error("a turn that takes long is lost")
	case <-time.After(2 * quick(url).AckWait):
	}
	// As a process does that was stopped, and for which another took the turn.
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "sealdesk.turn", []byte(`{"holder":"somebody else"}`)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-held.Done():
		if !errors.Is(context.Cause(held), queue.ErrTurnLost) {
			t.Errorf("the turn ended by %v", context.Cause(held))
		}
	case <-time.After(patience):
		t.Error("a turn that another process has goes on")
	}
	done()
}

// TestNews: each process learns what others changed, once, in order; and where the list is
// gone, that all may have.
func TestNews(t *testing.T) {
	t.Parallel()
	url := external(t)
	a, b := others(t, open(t, quick(url))), others(t, open(t, quick(url)))
	tell(t, a, 1, 2, 3, 1)
	if got := news(t, a); got != nil {
		t.Errorf("a process is told of its own: %q", got)
	}
	trouble := errors.New("the store is away")
	if err := b.News(t.Context(), func(bundle string) error {
		if bundle == sum(3) {
			return trouble
		}
		return nil
	}); !errors.Is(err, trouble) {
		t.Errorf("the error is %v", err)
	}
	if got := news(t, b); !slices.Equal(got, []string{sum(3), sum(1)}) {
		t.Errorf("what is left: %q", got)
	}
	tell(t, b, 4)
	if got := news(t, others(t, open(t, quick(url)))); got != nil {
		t.Errorf("a process is told of what was before it: %q", got)
	}
	if got := news(t, a); !slices.Equal(got, []string{sum(4)}) {
		t.Errorf("told of %q", got)
	}
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "sealdesk-changes"); err != nil {
		t.Fatal(err)
	}
	others(t, open(t, quick(url))) // which makes it again
	if got := news(t, a); !slices.Equal(got, []string{""}) {
		t.Errorf("after the list is gone: %q", got)
	}
	if got := news(t, a); got != nil {
		t.Errorf("once more: %q", got)
	}
}

// TestCluster: on three servers the queue is kept thrice, so that with one of them gone
// nothing is lost, and work goes on.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := queuetest.Start(t, 3)
	opts := quick(c.URL)
	opts.Replicas, opts.AckWait = 3, 3*time.Second
	brings, reads := open(t, opts), open(t, opts)
	o := others(t, reads)
	got := make(chan string, 100)
	work(t, reads, 2, func(ctx context.Context, d queue.Delivery) error {
		_, done, err := o.Turn(ctx, d.Job.Bundle)
		if err != nil {
			return err
		}
		defer done()
		if err := o.Tell(ctx, d.Job.Bundle); err != nil {
			return err
		}
		got <- d.Job.Bundle
		return nil
	})
	read := func(from int) {
		t.Helper()
		for n := from; n < from+5; n++ {
			// Nobody leads for a moment.
			err := errors.New("not tried")
			for until := time.Now().Add(patience); err != nil && time.Now().Before(until); {
				err = brings.Put(t.Context(), queue.Job{Bundle: sum(n), Sender: "s"})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]bool{}
		for len(seen) < 5 {
			seen[receive(t, got)] = true
		}
	}
	read(0)
	c.Kill(t, 0) // to which both are connected
	read(5)
}
