package ocr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"sealdesk/pipeline/ocr/internal/wire"
)

// tries is how many children may die of one request before it is given up.
const tries = 3

// ErrClosed is returned by a pool that has been closed.
var ErrClosed = errors.New("the readers are closed")

// Options say how a Pool works. The zero value is good for the program itself.
type Options struct {
	// Command starts a child: a program that runs tesseract.Worker on its
	// standard input and output. Nil is this executable with "ocr-worker".
	Command []string
	// Models is the folder with chi_sim.traineddata and eng.traineddata; "" is
	// TESSDATA_PREFIX or the usual place.
	Models string
	// Second is the folder with the second reader's library and model; "" is
	// SEALDESK_MODELS or the folder sealdesk/models in the user's cache folder. The
	// pool works without it.
	Second string
	// Workers is the number of children, each busy with one line at a time; 0
	// is the number of processors.
	Workers int
	// Timeout bounds the work on one line of usual size; bigger pictures get
	// more. 0 is 20 seconds.
	Timeout time.Duration
	// RecycleAfter is the number of lines after which a child is replaced, as
	// gosseract never frees its results; 0 is 5000.
	RecycleAfter int
	// RecycleAt is the memory in bytes at which a child is replaced once it is
	// idle; 0 is 512 MiB.
	RecycleAt int64
	// MemoryLimit is the data memory in bytes that a child cannot get beyond
	// (Linux); 0 is 2 GiB.
	MemoryLimit int64
	// Log gets a line when a child is started (debug) or dies (warning), never
	// with text from paper. Nil is no log.
	Log *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if len(o.Command) == 0 {
		self, err := os.Executable()
		if err != nil {
			return o, fmt.Errorf("find the program for readers: %w", err)
		}
		o.Command = []string{self, "ocr-worker"}
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Timeout <= 0 {
		o.Timeout = 20 * time.Second
	}
	if o.RecycleAfter <= 0 {
		o.RecycleAfter = 5000
	}
	if o.RecycleAt <= 0 {
		o.RecycleAt = 512 << 20
	}
	if o.MemoryLimit <= 0 {
		o.MemoryLimit = 2 << 30
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// Pool is a Reader that keeps children with Tesseract. Each crop is a request of
// its own: crops of all callers are shared out over the children, a crop that
// kills its child is tried on two more, and what then still fails costs that crop
// alone. Use NewPool, and Close when done.
type Pool struct {
	options Options
	dir     string
	second  string // folder of the second reader, "" if there is none
	engine  string
	jobs    chan *job
	ctx     context.Context // ended by Close
	cancel  context.CancelFunc
	workers sync.WaitGroup
	// replaced counts the children that had to be.
	replaced atomic.Uint64
}

// job is one request on its way through the pool.
type job struct {
	ctx     context.Context
	kind    wire.Kind
	body    []byte
	timeout time.Duration
	limit   int                    // of the answer, in bytes
	accept  func(wire.Frame) error // takes the answer; an error means garbage
	done    chan error             // holds one, so that a worker never waits for the asker
}

// NewPool starts a child to see that it works; those that read start when there is
// work for them. It fails with a sentence for the clerk, in Chinese, where a model
// is missing.
func NewPool(ctx context.Context, o Options) (*Pool, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	install, err := Installed(ctx, o)
	if err != nil {
		return nil, err
	}
	p := &Pool{
		options: o,
		dir:     install.Dir,
		second:  install.Second.usable(),
		engine:  install.String(),
		jobs:    make(chan *job),
	}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for i := range o.Workers {
		p.workers.Go(func() { p.work(i) })
	}
	return p, nil
}

// Engine names what reads, for the record that goes with a result: versions of
// Tesseract and Leptonica, of the second reader if there is one, and the models'
// hashes.
func (p *Pool) Engine() string { return p.engine }

// HasSecond reports whether there is a second reader, so that crops may ask for it.
func (p *Pool) HasSecond() bool { return p.second != "" }

// Replaced is how many children were replaced because they died, hung or answered with
// garbage; those that were replaced for their age or size are not counted.
func (p *Pool) Replaced() uint64 { return p.replaced.Load() }

// Close ends all children and returns when they are gone. Calls that wait for
// readings return ErrClosed. Closing again does nothing.
func (p *Pool) Close() error {
	p.cancel()
	p.workers.Wait()
	return nil
}

// do hands a job to the next worker that is free. The job's done tells how it
// went, and always does once do has returned nil.
func (p *Pool) do(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	select {
	case p.jobs <- j:
		return nil
	case <-j.ctx.Done():
		return j.ctx.Err()
	case <-p.ctx.Done():
		return ErrClosed
	}
}

// wait is the outcome of a job that do took.
func (p *Pool) wait(j *job) error {
	select {
	case err := <-j.done:
		return err
	case <-j.ctx.Done():
		return j.ctx.Err()
	}
}

// work owns one child at a time and serves jobs with it.
func (p *Pool) work(slot int) {
	// A child ends with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var c *child
	for {
		select {
		case <-p.ctx.Done():
			if c != nil {
				c.quit()
			}
			return
		case j := <-p.jobs:
			c = p.serve(slot, c, j)
		}
	}
}

// serve does one job with child c, which may be nil, and returns the child for
// the next one, which may be another or nil.
func (p *Pool) serve(slot int, c *child, j *job) *child {
	ctx, cancel := context.WithCancelCause(j.ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(ErrClosed) })()
	var err error
	for try := 1; try <= tries && ctx.Err() == nil; try++ {
		if c != nil && c.gone() {
			p.replaced.Add(1)
			c.kill()
			c = nil
		}
		if c == nil {
			if c, err = startChild(ctx, p.options, p.dir, p.second); err != nil {
				c = nil
				continue
			}
			p.options.Log.Debug("a reader was started", "worker", slot, "pid", c.cmd.Process.Pid)
		}
		var refused *refusal
		err = c.ask(ctx, j)
		if err == nil || errors.As(err, &refused) {
			j.done <- err
			return p.keep(c)
		}
		c.kill()
		c = nil
		if ctx.Err() == nil {
			p.replaced.Add(1)
			p.options.Log.Warn("a reader was replaced", "worker", slot, "try", try, "err", err)
		}
	}
	switch {
	case j.ctx.Err() != nil:
		err = j.ctx.Err()
	case ctx.Err() != nil:
		err = ErrClosed
	default:
		err = fmt.Errorf("given up after %d tries: %w", tries, err)
	}
	j.done <- err
	return c
}

// keep is c if it may go on, and nil after it was ended for its age or size.
func (p *Pool) keep(c *child) *child {
	old := c.count >= p.options.RecycleAfter
	big := residentBytes(c.cmd.Process.Pid) > p.options.RecycleAt
	if !old && !big {
		return c
	}
	c.quit()
	return nil
}
