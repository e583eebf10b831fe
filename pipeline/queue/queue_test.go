package queue_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"sealdesk/pipeline/queue"
)

// crashDir names the folder in which this binary is to put jobs and be killed.
const crashDir = "SEALDESK_QUEUE_TEST_DIR"

func TestMain(m *testing.M) {
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
func external(t *testing.T) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
	})
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

func BenchmarkPut(b *testing.B) {
	q, err := queue.Open(b.Context(), queue.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close()
	n := 0
	for b.Loop() {
		if err := q.Put(b.Context(), queue.Job{Bundle: sum(n), Sender: "s"}); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func BenchmarkWaiting(b *testing.B) {
	q, err := queue.Open(b.Context(), queue.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close()
	for n := range 1000 {
		if err := q.Put(b.Context(), queue.Job{Bundle: sum(n), Sender: "s"}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if jobs, err := q.Waiting(b.Context()); err != nil || len(jobs) != 1000 {
			b.Fatal(len(jobs), err)
		}
	}
}

func BenchmarkOpenClose(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		q, err := queue.Open(b.Context(), queue.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := q.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
