package queue_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"sealdesk/pipeline/queue"
)

// TestReopen ends the process's queue while a handler has a job, which then comes
// again at once, long before AckWait.
func TestReopen(t *testing.T) {
	opts := queue.Options{Dir: t.TempDir(), AckWait: time.Hour}
	q := open(t, opts)
	put(t, q, queue.Job{Bundle: sum(1)}, queue.Job{Bundle: sum(2), Priority: queue.Backlog})
	in, causes := make(chan struct{}), make(chan error, 1)
	work(t, q, 1, func(ctx context.Context, _ queue.Delivery) error {
		in <- struct{}{}
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return ctx.Err()
	})
	receive(t, in)
	if _, err := queue.Open(t.Context(), opts); !errors.Is(err, queue.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, causes); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("ended by %v", err)
	}
	if err := q.Put(t.Context(), queue.Job{Bundle: sum(3)}); !errors.Is(err, queue.ErrClosed) {
		t.Errorf("put after Close: %v", err)
	}

	q = open(t, opts)
	if got := waiting(t, q); len(got) != 2 {
		t.Errorf("waiting: %v", got)
	}
	again := make(chan queue.Delivery, 2)
	work(t, q, 1, func(_ context.Context, d queue.Delivery) error { again <- d; return nil })
	for n := 1; n <= 2; n++ {
		if d := receive(t, again); d.Job.Bundle != sum(n) || d.Attempt != 1 {
			t.Errorf("got %+v", d)
		}
	}
}

// crash puts jobs into a folder, takes one, says so, and waits to be killed.
func crash(dir string) {
	ctx := context.Background()
	q, err := queue.Open(ctx, queue.Options{Dir: dir, AckWait: time.Hour})
	if err == nil {
		for n := range 20 {
			err = errors.Join(err, q.Put(ctx, queue.Job{Bundle: sum(n)}))
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("error of Work:", q.Work(ctx, 1, func(context.Context, queue.Delivery) error {
		fmt.Println("taken")
		select {}
	}))
	os.Exit(1)
}

// TestKill kills a process that has put jobs and has one of them in hand, as often
// as a job is tried: then it is dead, and all others are there.
func TestKill(t *testing.T) {
	opts := queue.Options{Dir: t.TempDir(), AckWait: time.Hour, MaxAttempts: 2}
	for range opts.MaxAttempts {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashDir+"="+opts.Dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := make(chan string, 1)
		go func() {
			s := bufio.NewScanner(out)
			s.Scan()
			lines <- s.Text()
		}()
		said := receive(t, lines)
		cmd.Process.Kill()
		cmd.Wait()
		if said != "taken" {
			t.Fatal(said)
		}
	}
	q := open(t, opts)
	if got := waiting(t, q); len(got) != 20 {
		t.Errorf("%d jobs wait", len(got))
	}
	done := make(chan string, 20)
	work(t, q, 1, func(_ context.Context, d queue.Delivery) error { done <- d.Job.Bundle; return nil })
	for n := 1; n < 20; n++ {
		if got := receive(t, done); got != sum(n) {
			t.Errorf("%s came, want %s", got, sum(n))
		}
	}
	if d := dead(t, q); len(d) != 1 || d[0].Job.Bundle != sum(0) || d[0].Attempts != 2 {
		t.Errorf("dead: %+v", d)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	for name, kind := range kinds {
		before := runtime.NumGoroutine()
		// With its server, of which an external one ends with this.
		t.Run(name, func(t *testing.T) {
			opts := kind(t)
			opts.Log = slog.New(slog.DiscardHandler)
			q, err := queue.Open(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			if err := q.Listen(context.Background(), func(queue.Event) {}); err != nil {
				t.Fatal(err)
			}
			if _, err := q.KV(t.Context(), "b", time.Minute); err != nil {
				t.Fatal(err)
			}
			put(t, q, queue.Job{Bundle: sum(1)})
			in, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- q.Work(context.Background(), 2, func(ctx context.Context, _ queue.Delivery) error {
					close(in)
					<-ctx.Done()
					return ctx.Err()
				})
			}()
			receive(t, in)
			if err := errors.Join(q.Close(), q.Close()); err != nil {
				t.Error(err)
			}
			if err := receive(t, ended); !errors.Is(err, queue.ErrClosed) {
				t.Errorf("Work: %v", err)
			}
		})
		// A server's own goroutines end a moment after it was waited for.
		eventually(t, "as few goroutines as before", func() bool { return runtime.NumGoroutine() <= before })
	}
}
