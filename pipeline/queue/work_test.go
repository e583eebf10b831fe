package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/pipeline/queue"
)

func TestHeartbeat(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		opts.AckWait = 300 * time.Millisecond
		q := open(t, opts)
		put(t, q, queue.Job{Bundle: sum(1)})
		var runs atomic.Int32
		done := make(chan struct{}, 2)
		work(t, q, 2, func(ctx context.Context, _ queue.Delivery) error {
			runs.Add(1)
			// Long enough for another worker, had it been told.
			select {
			case <-time.After(4 * opts.AckWait):
			case <-ctx.Done():
				t.Errorf("the long job was ended: %v", context.Cause(ctx))
			}
			done <- struct{}{}
			return nil
		})
		receive(t, done)
		eventually(t, "done", func() bool { return len(waiting(t, q)) == 0 })
		if n := runs.Load(); n != 1 {
			t.Errorf("the job ran %d times", n)
		}
	})
}

func TestGiveBack(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		opts.AckWait = time.Hour
		q := open(t, opts)
		put(t, q, queue.Job{Bundle: sum(1)})
		// More often than there are attempts.
		for range 5 {
			in := make(chan int, 1)
			stop := work(t, q, 1, func(ctx context.Context, d queue.Delivery) error {
				in <- d.Attempt
				<-ctx.Done()
				return ctx.Err()
			})
			if got := receive(t, in); got != 1 {
				t.Fatalf("attempt %d counts one given back", got)
			}
			stop()
			if got := waiting(t, q); len(got) != 1 {
				t.Fatalf("waiting: %v", got)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		opts.AckWait = time.Hour
		q := open(t, opts)
		canceller := q
		if opts.URL != "" {
			canceller = open(t, opts) // as another process would
		}
		put(t, q, queue.Job{Bundle: sum(1)}, queue.Job{Bundle: sum(2)}, queue.Job{Bundle: sum(2), Arrangement: 1})
		in, causes := make(chan string, 3), make(chan error, 1)
		work(t, q, 1, func(ctx context.Context, d queue.Delivery) error {
			in <- d.Job.Bundle
			if d.Job.Bundle == sum(1) {
				<-ctx.Done()
				causes <- context.Cause(ctx)
				return ctx.Err()
			}
			return nil
		})
		receive(t, in)
		for _, n := range []int{2, 1, 7} {
			if err := canceller.Cancel(t.Context(), sum(n)); err != nil {
				t.Fatal(err)
			}
		}
		if err := receive(t, causes); !errors.Is(err, queue.ErrCancelled) {
			t.Errorf("ended by %v", err)
		}
		put(t, q, queue.Job{Bundle: sum(3)})
		if got := receive(t, in); got != sum(3) {
			t.Errorf("%s came though it was cancelled", got)
		}
		if w, d := waiting(t, q), dead(t, q); len(w)+len(d) != 0 {
			t.Errorf("waiting %v, dead %v", w, d)
		}
	})
}

func TestEachJobOnce(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		second := q
		if opts.URL != "" {
			second = open(t, opts)
		}
		const n = 60
		done := make(chan string, 2*n)
		finish := func(_ context.Context, d queue.Delivery) error { done <- d.Job.Bundle; return nil }
		stop1, stop2 := work(t, q, 2, finish), work(t, second, 2, finish)
		for i := range n {
			put(t, q, queue.Job{Bundle: sum(i), Priority: queue.Priority(i % 2), Sender: fmt.Sprint(i % 5)})
		}
		for range n {
			receive(t, done)
		}
		eventually(t, "empty", func() bool { return len(waiting(t, q)) == 0 })
		stop1()
		stop2()
		if len(done) > 0 {
			t.Errorf("%d jobs were finished twice", len(done))
		}
	})
}

// TestNotReady: while the queue is not ready no job is taken, and then all are.
func TestNotReady(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		var ready atomic.Bool
		asked := make(chan bool, 1000)
		opts.Ready = func() bool {
			select {
			case asked <- true:
			default:
			}
			return ready.Load()
		}
		q := open(t, opts)
		put(t, q, queue.Job{Bundle: sum(1)})
		got := make(chan string, 1)
		work(t, q, 1, func(_ context.Context, d queue.Delivery) error {
			got <- d.Job.Bundle
			return nil
		})
		for range 3 {
			receive(t, asked)
		}
		select {
		case <-got:
			t.Error("a job is taken")
		default:
		}
		ready.Store(true)
		receive(t, got)
	})
}

// TestLater: an error that passes is no attempt.
func TestLater(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		put(t, q, queue.Job{Bundle: sum(1)})
		attempts := make(chan int, 100)
		work(t, q, 1, func(_ context.Context, d queue.Delivery) error {
			attempts <- d.Attempt
			if len(attempts) < 6 {
				return fmt.Errorf("wrapped: %w", queue.Later(errors.New("the disk is full")))
			}
			return nil
		})
		for range 6 {
			if n := receive(t, attempts); n != 1 {
				t.Errorf("attempt %d", n)
			}
		}
		if d := dead(t, q); len(d) > 0 {
			t.Errorf("given up: %+v", d)
		}
	})
}

// TestFair: whoever brings little does not wait for whoever brought much before them.
func TestFair(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		for n := range 20 {
			put(t, q, queue.Job{Bundle: sum(n), Priority: queue.Backlog, Sender: "much"})
		}
		for n, sender := range []string{"little", "least"} {
			for k := range 2 {
				put(t, q, queue.Job{Bundle: sum(100 + 10*n + k), Priority: queue.Backlog, Sender: sender})
			}
		}
		put(t, q, queue.Job{Bundle: sum(200), Priority: queue.Counter, Sender: "at the counter"})
		order := make(chan string, 25)
		work(t, q, 1, func(_ context.Context, d queue.Delivery) error {
			order <- d.Job.Sender
			return nil
		})
		var got []string
		for range 25 {
			got = append(got, receive(t, order))
		}
		if got[0] != "at the counter" {
			t.Errorf("first comes %s", got[0])
		}
		for _, sender := range []string{"little", "least"} {
			last := 0
			for i, s := range got {
				if s == sender {
					last = i
				}
			}
			// Of three senders each has every third turn.
			if last > 7 {
				t.Errorf("%s waits for %d jobs: %q", sender, last, got)
			}
		}
	})
}
