// Throughput measures how much faster two sealdesk work read than one, each on one core
// alone:
//
//	make build && go run ./testdata/throughput
//
// It puts bundles into a fresh folder and a queue on a NATS server of its own, starts the
// workers, each bound to a core of its own with one reader, and takes the time from the
// first job to the last result. It fails when two are less than 1.9 times as fast as one.
// The machine should do nothing else meanwhile; one with more than two cores gives the
// servers some that no worker has.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/pdfcpu/pdfcpu/pkg/api"
	"golang.org/x/sys/unix"

	"sealdesk/desk"
	"sealdesk/index/meili/meilitest"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

func main() {
	var m measure
	flag.StringVar(&m.program, "program", "bin/sealdesk", "the program to measure")
	flag.StringVar(&m.scan, "scan", "testdata/bundles/complete.pdf", "the PDF that the bundles are copies of")
	flag.StringVar(&m.pages, "pages", "1,3,8,10", "its pages that a bundle has")
	flag.IntVar(&m.bundles, "n", 40, "how many bundles are read")
	flag.Float64Var(&m.least, "least", 1.9, "how many times as fast two have to be as one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := m.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "throughput:", err)
		os.Exit(1)
	}
}

// measure is what is measured.
type measure struct {
	program, scan, pages string
	bundles              int
	least                float64
}

func (m measure) run(ctx context.Context) error {
	program, err := filepath.Abs(m.program)
	if err != nil {
		return err
	}
	m.program = program
	if runtime.NumCPU() < 2 {
		return errors.New("this machine has one core alone")
	}
	scan, pages, err := m.excerpt()
	if err != nil {
		return err
	}
	if _, err := m.read(ctx, scan, 1, 1); err != nil { // so that caches are warm
		return err
	}
	fmt.Printf("%d bundles of %d pages\n\n%-8s  %9s  %11s  %8s  %6s\n", m.bundles, pages, "workers", "seconds", "CPU seconds", "pages/s", "times")
	var one time.Duration
	times := 1.0
	for workers := 1; workers <= 2; workers++ {
		needed, err := m.read(ctx, scan, m.bundles, workers)
		if err != nil {
			return err
		}
		if workers == 1 {
			one = needed.took
		}
		times = one.Seconds() / needed.took.Seconds()
		fmt.Printf("%-8d  %9.1f  %11.1f  %8.2f  %6.2f\n", workers, needed.took.Seconds(), needed.busy.Seconds(), float64(pages*m.bundles)/needed.took.Seconds(), times)
	}
	if times < m.least {
		return fmt.Errorf("two workers are %.2f times as fast as one, less than %.2f", times, m.least)
	}
	return nil
}

// excerpt gives the bundle that all are copies of, and how many pages it has.
func (m measure) excerpt() ([]byte, int, error) {
	whole, err := os.ReadFile(m.scan)
	if err != nil {
		return nil, 0, err
	}
	api.DisableConfigDir()
	pages := strings.Split(m.pages, ",")
	var b bytes.Buffer
	if err := api.Trim(bytes.NewReader(whole), &b, pages, nil); err != nil {
		return nil, 0, fmt.Errorf("cut pages %s out of %s: %w", m.pages, m.scan, err)
	}
	return b.Bytes(), len(pages), nil
}

// need is what a number of workers needed.
type need struct{ took, busy time.Duration } // until the last result, and of processors

// read measures what so many workers need for n bundles.
func (m measure) read(ctx context.Context, scan []byte, n, workers int) (needed need, err error) {
	folder, err := os.MkdirTemp("", "sealdesk-throughput-")
	if err != nil {
		return need{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	store, err := dir.Open(filepath.Join(folder, "data", "store"))
	if err != nil {
		return need{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	nats, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: filepath.Join(folder, "nats"),
	})
	if err != nil {
		return need{}, err
	}
	nats.Start()
	defer func() { nats.Shutdown(); nats.WaitForShutdown() }()
	if !nats.ReadyForConnections(time.Minute) {
		return need{}, errors.New("the NATS server does not start")
	}
	search := meilitest.Start(meilitest.Options{})
	defer search.Close()
	jobs, err := queue.Open(ctx, queue.Options{URL: nats.ClientURL()})
	if err != nil {
		return need{}, err
	}
	defer func() { err = errors.Join(err, jobs.Close()) }()

	working, stop := context.WithCancel(ctx)
	type end struct {
		busy time.Duration
		err  error
	}
	ended := make(chan end, workers)
	started := 0
	defer func() {
		stop()
		for range started {
			e := <-ended
			needed.busy += e.busy
			if !errors.Is(e.err, context.Canceled) { // which says that it was asked to end, and ended well
				err = errors.Join(err, e.err)
			}
		}
	}()
	for core := range workers {
		cmd, err := m.start(working, core, "work", "--data", filepath.Join(folder, "data"), "--workers", "1", "--storage-least-free", "0",
			"--queue-url", nats.ClientURL(), "--index-kind", "meili", "--index-meili-url", search.URL)
		if err != nil {
			return need{}, err
		}
		started++
		go func() {
			err := cmd.Wait()
			ended <- end{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err}
		}()
	}

	var done atomic.Int64
	last := make(chan error, 1)
	say := func(err error) {
		select {
		case last <- err:
		default:
		}
	}
	err = jobs.Listen(ctx, func(e queue.Event) {
		switch desk.State(e.State) {
		case desk.Done:
			if done.Add(1) == int64(n) {
				say(nil)
			}
		case desk.Failed:
			say(fmt.Errorf("bundle %s failed", e.Bundle))
		}
	})
	if err != nil {
		return need{}, err
	}
	var names []string
	for i := range n {
		sha, err := put(ctx, store, fmt.Appendf(bytes.Clone(scan), "\n%% %d\n", i))
		if err != nil {
			return need{}, err
		}
		names = append(names, sha)
	}
	began := time.Now()
	for _, sha := range names {
		if err := jobs.Put(ctx, queue.Job{Bundle: sha, Priority: queue.Backlog}); err != nil {
			return need{}, err
		}
	}
	select {
	case err := <-last:
		return need{took: time.Since(began)}, err
	case e := <-ended:
		started--
		return need{}, fmt.Errorf("a worker ended: %w", e.err)
	case <-ctx.Done():
		return need{}, ctx.Err()
	}
}

// start starts the program on one core, and returns when it says that it works.
func (m measure) start(ctx context.Context, core int, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, m.program, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	cmd.Env = append(cmd.Env, "SEALDESK_LOG_LEVEL=error")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := bound(core, cmd.Start); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	if _, err := lines.ReadString('\n'); err != nil {
		return nil, errors.Join(fmt.Errorf("the worker does not start: %w", err), cmd.Wait())
	}
	return cmd, nil
}

// bound calls f so that what it starts runs on one core alone.
func bound(core int, f func() error) error {
	// A process has the cores of the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("ask which cores there are: %w", err)
	}
	found := 0
	for cpu := range 8 * len(before) * 8 {
		if before.IsSet(cpu) {
			if found == core {
				one.Set(cpu)
			}
			found++
		}
	}
	if one.Count() != 1 {
		return fmt.Errorf("there is no core %d for a worker", core+1)
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("bind a worker to a core: %w", err)
	}
	return errors.Join(f(), unix.SchedSetaffinity(0, &before))
}

// put puts a bundle of one file into a store, as if somebody had brought it, and gives its
// name.
func put(ctx context.Context, s storage.Store, scan []byte) (string, error) {
	sum := sha256.Sum256(scan)
	sha := hex.EncodeToString(sum[:])
	if err := s.Put(ctx, "bundles/"+sha+"/original/1", bytes.NewReader(scan)); err != nil {
		return "", err
	}
	source := map[string]any{"files": []map[string]any{{"name": "scan.pdf", "size": len(scan)}}}
	return sha, storage.PutJSON(ctx, s, "bundles/"+sha+"/source.json", source)
}
