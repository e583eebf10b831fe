package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/queue/queuetest"
)

// crashDir names the folder in which this binary is to put jobs and be killed.
const crashDir = "SEALDESK_QUEUE_TEST_DIR"

func TestMain(m *testing.M) {
	queuetest.Main()
	if dir := os.Getenv(crashDir); dir != "" {
		crash(dir)
	}
	os.Exit(m.Run())
}

// patience bounds every wait; a test that works needs far less.
const patience = 20 * time.Second

// kinds are the servers on which all has to be the same. Each gives the options
// of a queue on a new server, which live as long as the test.
var kinds = map[string]func(t *testing.T) queue.Options{
	"embedded": func(t *testing.T) queue.Options { return queue.Options{Dir: t.TempDir()} },
	"external": func(t *testing.T) queue.Options { return queue.Options{URL: external(t)} },
}

// external starts a server that listens on a port of its own.
func external(t *testing.T, change ...func(*server.Options)) string {
	t.Helper()
	opts := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
	}
	for _, f := range change {
		f(opts)
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	return s.ClientURL()
}

// each runs a test on every kind of server.
func each(t *testing.T, test func(t *testing.T, opts queue.Options)) {
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := kind(t)
			opts.AckWait, opts.Backoff, opts.MaxAttempts = 2*time.Second, 20*time.Millisecond, 3
			test(t, opts)
		})
	}
}

func open(t *testing.T, opts queue.Options) *queue.Queue {
	t.Helper()
	opts.Log = slog.New(slog.DiscardHandler)
	q, err := queue.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return q
}

// sum is a bundle's hash that tells which it is.
func sum(n int) string { return fmt.Sprintf("%064x", n) }

func put(t *testing.T, q *queue.Queue, jobs ...queue.Job) {
	t.Helper()
	for _, j := range jobs {
		if err := q.Put(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
}

func waiting(t *testing.T, q *queue.Queue) []queue.Job {
	t.Helper()
	jobs, err := q.Waiting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func dead(t *testing.T, q *queue.Queue) []queue.Dead {
	t.Helper()
	d, err := q.Dead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// work starts workers; stop ends them and waits.
func work(t *testing.T, q *queue.Queue, workers int, handle func(context.Context, queue.Delivery) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Work(ctx, workers, handle) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := receive(t, ended); err != nil && !errors.Is(err, queue.ErrClosed) {
			t.Errorf("Work: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// eventually waits until what another goroutine or the server does has shown.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never %s", what)
		}
	}
}

func TestOrder(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		jobs := []queue.Job{
			{Bundle: sum(1), Priority: queue.Backlog, Sender: "甲"},
			{Bundle: sum(2), Priority: queue.Backlog, Sender: "甲"},
			{Bundle: sum(3), Priority: queue.Counter},
			{Bundle: sum(4), Priority: queue.Counter, Arrangement: 2},
		}
		put(t, q, jobs...)
		want := []queue.Job{jobs[2], jobs[3], jobs[0], jobs[1]}
		if got := waiting(t, q); !reflect.DeepEqual(got, want) {
			t.Errorf("waiting %v, want %v", got, want)
		}
		taken := make(chan queue.Job, len(jobs))
		work(t, q, 1, func(_ context.Context, d queue.Delivery) error { taken <- d.Job; return nil })
		for i, w := range want {
			if got := receive(t, taken); got != w {
				t.Errorf("job %d is %v, want %v", i, got, w)
			}
		}
		eventually(t, "empty", func() bool { return len(waiting(t, q)) == 0 })
	})
}

func TestSendersTakeTurns(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		for n := range 6 {
			put(t, q, queue.Job{Bundle: sum(n), Priority: queue.Backlog, Sender: "many"})
		}
		put(t, q, queue.Job{Bundle: sum(100), Priority: queue.Backlog, Sender: "few"})
		taken := make(chan queue.Job, 7)
		work(t, q, 1, func(_ context.Context, d queue.Delivery) error { taken <- d.Job; return nil })
		for range 2 {
			if receive(t, taken).Sender == "few" {
				return
			}
		}
		t.Error("the sender of one bundle waits for all those of another")
	})
}

func TestPutTwice(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		j := queue.Job{Bundle: sum(1), Priority: queue.Backlog}
		var puts sync.WaitGroup
		for n := range 8 {
			puts.Go(func() {
				j := j
				j.Sender = fmt.Sprint(n)
				if err := q.Put(context.Background(), j); err != nil {
					t.Error(err)
				}
			})
		}
		puts.Wait()
		if got := waiting(t, q); len(got) != 1 {
			t.Fatalf("waiting %v", got)
		}
		urgent := j
		urgent.Priority = queue.Counter
		put(t, q, urgent, j)
		if got := waiting(t, q); !reflect.DeepEqual(got, []queue.Job{urgent}) {
			t.Fatalf("waiting %v, want the urgent one alone", got)
		}

		in, out := make(chan int, 2), make(chan struct{})
		work(t, q, 2, func(_ context.Context, d queue.Delivery) error { in <- d.Job.Arrangement; <-out; return nil })
		receive(t, in)
		if got := waiting(t, q); len(got) != 0 {
			t.Errorf("waiting %v, though it is in hand", got)
		}
		// The second is another job, and is taken while the first, put again,
		// is not.
		put(t, q, urgent, queue.Job{Bundle: sum(1), Arrangement: 1})
		if got := receive(t, in); got != 1 {
			t.Errorf("took arrangement %d twice", got)
		}
		close(out)
		eventually(t, "done", func() bool { put(t, q, j); return len(in) > 0 })
	})
}

// TestWaitingMany lists more jobs than the server gives at a time.
func TestWaitingMany(t *testing.T) {
	q := open(t, queue.Options{Dir: t.TempDir()})
	var want []queue.Job
	for n := range 1010 {
		want = append(want, queue.Job{Bundle: sum(n)})
	}
	put(t, q, want...)
	if got := waiting(t, q); !slices.Equal(got, want) {
		t.Errorf("%d jobs wait, want %d in order", len(got), len(want))
	}
}

func TestPutRefuses(t *testing.T) {
	q := open(t, queue.Options{Dir: t.TempDir()})
	for name, j := range map[string]queue.Job{
		"no hash":        {Bundle: "x"},
		"a subject":      {Bundle: strings.Repeat("*.", 32)},
		"upper case":     {Bundle: strings.Repeat("A", 64)},
		"no priority":    {Bundle: sum(1), Priority: 7},
		"no arrangement": {Bundle: sum(1), Arrangement: -1},
		"a long sender":  {Bundle: sum(1), Sender: strings.Repeat("x", 300)},
	} {
		if err := q.Put(t.Context(), j); err == nil {
			t.Errorf("%s: took it", name)
		}
	}
	if err := q.Cancel(t.Context(), "*"); err == nil {
		t.Error("cancelled *")
	}
}

func TestRetryDeadRevive(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		opts.Backoff = 20 * time.Millisecond
		type seen struct {
			attempt int
			at      time.Time
		}
		tries := make(chan seen, 10)
		var good atomic.Bool
		work(t, q, 2, func(_ context.Context, d queue.Delivery) error {
			tries <- seen{d.Attempt, time.Now()}
			switch {
			case good.Load():
				return nil
			case d.Job.Bundle == sum(2):
				return fmt.Errorf("read: %w", queue.Permanent(errors.New("无法读取")))
			}
			return errors.New("忙")
		})
		j := queue.Job{Bundle: sum(1), Sender: "s"}
		put(t, q, j)
		var last time.Time
		for n := 1; n <= 3; n++ {
			got := receive(t, tries)
			if got.attempt != n {
				t.Errorf("attempt %d, want %d", got.attempt, n)
			}
			if least := opts.Backoff << max(n-2, 0); n > 1 && got.at.Sub(last) < least {
				t.Errorf("attempt %d came after %v, want %v", n, got.at.Sub(last), least)
			}
			last = got.at
		}
		eventually(t, "dead", func() bool { return len(dead(t, q)) == 1 })
		if d := dead(t, q)[0]; d.Job != j || d.Reason != "忙" || d.Attempts != 3 || time.Since(d.Time) > patience {
			t.Errorf("dead: %+v", d)
		}
		put(t, q, j)
		if got := waiting(t, q); len(got) != 0 {
			t.Errorf("a dead job waits: %v", got)
		}
		put(t, q, queue.Job{Bundle: sum(2)})
		eventually(t, "dead", func() bool { return len(dead(t, q)) == 2 })
		if d := dead(t, q)[1]; d.Reason != "read: 无法读取" || d.Attempts != 1 {
			t.Errorf("dead: %+v", d)
		}
		receive(t, tries)

		good.Store(true)
		if err := q.Revive(t.Context(), sum(1)); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, tries); got.attempt != 1 {
			t.Errorf("a revived job starts with attempt %d", got.attempt)
		}
		if d := dead(t, q); len(d) != 1 || d[0].Job.Bundle != sum(2) {
			t.Errorf("dead: %+v", d)
		}
		if err := q.Revive(t.Context(), sum(9)); !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("revive of none: %v", err)
		}
	})
}

func TestEvents(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		got, other := make(chan queue.Event, 4), make(chan queue.Event, 4)
		for _, c := range []chan queue.Event{got, other} {
			if err := q.Listen(ctx, func(e queue.Event) { c <- e }); err != nil {
				t.Fatal(err)
			}
		}
		e := queue.Event{Bundle: sum(1), State: "reading", Done: 7, Pages: 14, Worker: "w"}
		q.Announce(e)
		for _, c := range []chan queue.Event{got, other} {
			g := receive(t, c)
			if time.Since(g.Time) > patience {
				t.Errorf("announced at %v", g.Time)
			}
			if g.Time = e.Time; g != e {
				t.Errorf("got %+v, want %+v", g, e)
			}
		}
	})
}

func TestKV(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		const ttl = 500 * time.Millisecond
		kv, err := q.KV(t.Context(), "sessions", ttl)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for _, k := range []string{"b", "任意 键.*>", "a"} {
			if err := kv.Put(t.Context(), k, []byte("值 of "+k)); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := kv.Get(t.Context(), "任意 键.*>"); err != nil || string(v) != "值 of 任意 键.*>" {
			t.Errorf("got %q, %v", v, err)
		}
		if err := errors.Join(kv.Delete(t.Context(), "b"), kv.Delete(t.Context(), "none")); err != nil {
			t.Error(err)
		}
		if _, err := kv.Get(t.Context(), "b"); !errors.Is(err, queue.ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
		if keys, err := kv.List(t.Context()); err != nil || !slices.Equal(keys, []string{"a", "任意 键.*>"}) {
			t.Errorf("keys %q, %v", keys, err)
		}
		eventually(t, "forgotten", func() bool {
			_, err := kv.Get(t.Context(), "a")
			return errors.Is(err, queue.ErrNotFound)
		})
		if d := time.Since(began); d < ttl {
			t.Errorf("forgotten after %v", d)
		}
		if err := kv.Put(t.Context(), "", nil); err == nil {
			t.Error("took an empty key")
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, opts := range map[string]queue.Options{
		"nothing":       {},
		"both":          {Dir: t.TempDir(), URL: "nats://127.0.0.1:1"},
		"nobody there":  {URL: "nats://127.0.0.1:1"},
		"a file":        {Dir: file},
		"six replicas":  {Dir: t.TempDir(), Replicas: 6},
		"negative time": {Dir: t.TempDir(), AckWait: -1},
	} {
		if q, err := queue.Open(t.Context(), opts); err == nil {
			q.Close()
			t.Errorf("%s: opened", name)
		}
	}
}
