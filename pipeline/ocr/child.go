package ocr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"sealdesk/pipeline/ocr/internal/models"
	"sealdesk/pipeline/ocr/internal/wire"
)

const (
	// helloTimeout bounds the start of a child, on a busy machine too.
	helloTimeout = 2 * time.Minute
	// abandonGrace is how long a child may go on with a request that nobody
	// waits for any more, before it is killed: a line takes less.
	abandonGrace = time.Second
	// partingGrace is how long a child may take to end by itself.
	partingGrace = 500 * time.Millisecond
	// noiseKept is how much of a child's standard error is kept, for error texts.
	noiseKept = 2 << 10
)

// child is one process of the pool and the pipes to it. One goroutine uses it.
type child struct {
	cmd   *exec.Cmd
	in    *os.File // requests go in here
	out   *os.File // answers come out here
	hello wire.Hello
	noise *noise
	ended chan struct{} // closed once the process is gone and reaped
	last  uint32        // ID of the last request
	count int           // requests served
}

// startChild starts a process that has Tesseract's models in folder dir, and a second
// reader unless second is "", and waits for its hello. The calling goroutine
// must stay on its thread as long as the child lives: the kernel ends the child
// with the thread that started it.
func startChild(ctx context.Context, o Options, dir, second string) (*child, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start reader: %w", err)
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		in.Close()
		childIn.Close()
		return nil, fmt.Errorf("start reader: %w", err)
	}

	c := &child{in: in, out: out, noise: &noise{}, ended: make(chan struct{})}
	c.cmd = exec.Command(o.Command[0], o.Command[1:]...)
	c.cmd.Env = childEnv(dir, second)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = childIn, childOut, c.noise
	c.cmd.WaitDelay = time.Second
	c.cmd.SysProcAttr = childAttr()
	err = c.cmd.Start()
	// The child has its own; as long as ours are open, its end would not be heard.
	childIn.Close()
	childOut.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, fmt.Errorf("start reader: %w", err)
	}
	go func() {
		// How it ended says nothing that the pipe has not said.
		_ = c.cmd.Wait()
		close(c.ended)
	}()
	limitChild(c.cmd.Process.Pid, o.MemoryLimit)

	f, err := c.receive(ctx, helloTimeout, 0, wire.MaxHello)
	if err == nil && f.Kind != wire.KindHello {
		err = fmt.Errorf("first frame is of kind %d: %w", f.Kind, wire.ErrGarbage)
	}
	if err == nil {
		c.hello, err = wire.ParseHello(f.Body)
	}
	if err != nil {
		c.kill()
		return nil, fmt.Errorf("start reader: %w%s", err, c.noise.quoted())
	}
	return c, nil
}

// probe starts a child only to hear its hello.
func probe(ctx context.Context, o Options, dir, second string) (wire.Hello, error) {
	// A child ends with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, err := startChild(ctx, o, dir, second)
	if err != nil {
		return wire.Hello{}, err
	}
	defer c.quit()
	return c.hello, nil
}

// childEnv is all that a child learns of our environment: it works on outside
// bytes and must find no keys or passwords there.
func childEnv(dir, second string) []string {
	env := []string{
		"TESSDATA_PREFIX=" + dir,
		"OMP_THREAD_LIMIT=1", // libgomp reads it when it is loaded
		"LC_ALL=C",
		"GOMAXPROCS=1",
		"GOTRACEBACK=none", // a dump could hold text from paper
		// Later builds of ONNX Runtime (1.30 is one) report on their use over HTTPS.
		"ORT_DISABLE_TELEMETRY=1",
	}
	if second != "" {
		env = append(env, models.Variable+"="+second)
	}
	for _, name := range []string{"PATH", "LD_LIBRARY_PATH", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// refusal is an answer that says that the request cannot be served, from a child
// that is sound.
type refusal struct{ wire.Failure }

func (r *refusal) Error() string { return fmt.Sprintf("the reader refused: %.200q", r.Text) }

// ask does a job: it sends the request and hands the answer to the job. After an
// error other than a refusal the child is of no more use and must be killed.
func (c *child) ask(ctx context.Context, j *job) error {
	c.last++
	c.count++
	if err := c.in.SetWriteDeadline(time.Now().Add(j.timeout)); err != nil {
		return err
	}
	if err := wire.Write(c.in, wire.Frame{Kind: j.kind, ID: c.last, Body: j.body}); err != nil {
		return err
	}
	f, err := c.receive(ctx, j.timeout, c.last, max(j.limit, wire.MaxFailure))
	if err != nil {
		return err
	}
	if f.Kind != wire.KindFailure {
		return j.accept(f)
	}
	failure, err := wire.ParseFailure(f.Body)
	if err != nil {
		return err
	}
	return &refusal{failure}
}

// gone reports whether the child has ended.
func (c *child) gone() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

func (c *child) receive(ctx context.Context, timeout time.Duration, id uint32, limit int) (wire.Frame, error) {
	end := time.Now().Add(timeout)
	if err := c.out.SetReadDeadline(end); err != nil {
		return wire.Frame{}, err
	}
	stop := context.AfterFunc(ctx, func() {
		soon := time.Now()
		if context.Cause(ctx) != ErrClosed {
			soon = soon.Add(abandonGrace)
		}
		if soon.Before(end) {
			// The only way this can fail is that the pipe is closed already.
			_ = c.out.SetReadDeadline(soon)
		}
	})
	defer stop()
	f, err := wire.Read(c.out, limit)
	if err == io.EOF {
		return wire.Frame{}, fmt.Errorf("the reader ended: %w", io.ErrUnexpectedEOF)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return wire.Frame{}, fmt.Errorf("no answer from the reader within %v: %w", timeout, os.ErrDeadlineExceeded)
	}
	if err != nil {
		return wire.Frame{}, err
	}
	if f.ID != id {
		return wire.Frame{}, fmt.Errorf("answer %d to request %d: %w", f.ID, id, wire.ErrGarbage)
	}
	return f, nil
}

// quit lets an idle child end by itself, and makes it end otherwise.
func (c *child) quit() {
	c.in.Close()
	t := time.NewTimer(partingGrace)
	defer t.Stop()
	select {
	case <-c.ended:
	case <-t.C:
	}
	c.kill()
}

// kill ends the child at once and returns when it is gone. It may be called
// again.
func (c *child) kill() {
	// An error means that it is gone already.
	_ = c.cmd.Process.Kill()
	<-c.ended
	c.in.Close()
	c.out.Close()
}

// noise keeps the last bytes that a child wrote to its standard error.
type noise struct {
	mu sync.Mutex
	b  []byte
}

func (n *noise) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.b = append(n.b, p[max(0, len(p)-noiseKept):]...)
	if over := len(n.b) - noiseKept; over > 0 {
		n.b = append(n.b[:0], n.b[over:]...)
	}
	return len(p), nil
}

// quoted is the last line of the noise as an ending for an error's text, escaped,
// since nothing a child prints is trusted.
func (n *noise) quoted() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(n.b)), "\n")
	line := lines[len(lines)-1]
	if line == "" {
		return ""
	}
	return fmt.Sprintf(" (it said %.200q)", line)
}
