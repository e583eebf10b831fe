package browser

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/account"
)

// patience is how long anything may take that a test waits for, on a machine that does
// other things, too.
const patience = 60 * time.Second

// reading is how long it may take until a bundle has been read.
const reading = 8 * time.Minute

// tick is the pause between two looks at what is waited for.
const tick = 25 * time.Millisecond

// office is a running sealdesk serve, or what else of the program runs until it is ended.
type office struct {
	t        *testing.T
	data     string   // the folder
	env      []string // more of the environment
	url      string
	command  *exec.Cmd // nil when it has ended
	out, log lockedBuffer
	ended    chan error
	clients  map[account.Role]*http.Client
}

var addressPattern = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// open starts the program over a folder with data, with more of an environment. It ends
// with the test, and then it has to end well.
func open(t *testing.T, data string, env ...string) *office {
	t.Helper()
	o := &office{t: t, data: data, env: env, ended: make(chan error, 1), clients: map[account.Role]*http.Client{}}
	t.Cleanup(o.close)
	o.start("serve", "--web-listen", "127.0.0.1:0")
	o.url = o.says(addressPattern)
	return o
}

// start starts the program.
func (o *office) start(command string, args ...string) {
	o.t.Helper()
	o.command = exec.Command(program, append([]string{command, "--data", o.data}, args...)...)
	// The same results on every machine, also where the second reader is there.
	o.command.Env = append(os.Environ(), "SEALDESK_MODELS="+filepath.Join(shared, "no-models"))
	o.command.Env = append(o.command.Env, o.env...)
	o.command.SysProcAttr = dieWithTest()
	o.command.Stdout, o.command.Stderr = &o.out, &o.log
	if err := o.command.Start(); err != nil {
		o.t.Fatal(err)
	}
	wait := o.command.Wait
	go func() { o.ended <- wait() }()
}

// again starts the program again, when it was killed, at the same address.
func (o *office) again() {
	o.t.Helper()
	o.out.reset()
	o.start("serve", "--web-listen", strings.TrimPrefix(o.url, "http://"))
	o.says(addressPattern)
}

// says waits until the program says something that fits a pattern, and gives it.
func (o *office) says(pattern *regexp.Regexp) string {
	o.t.Helper()
	late := time.After(patience)
	for look := time.Tick(tick); ; {
		if found := pattern.FindString(o.out.String()); found != "" {
			return found
		}
		select {
		case err := <-o.ended:
			o.command = nil
			o.t.Fatalf("the program ended: %v\n%s", err, o.log.String())
		case <-late:
			o.t.Fatalf("the program says %q, and never %s\n%s", o.out.String(), pattern, o.log.String())
		case <-look:
		}
	}
}

// close ends the program as Ctrl-C does.
func (o *office) close() {
	if o.command == nil {
		return
	}
	if err := o.command.Process.Signal(os.Interrupt); err != nil {
		o.t.Errorf("interrupt the program: %v", err)
	}
	select {
	case err := <-o.ended:
		if err != nil {
			o.t.Errorf("the program ended: %v", err)
		}
		o.command = nil
	case <-time.After(patience):
		o.t.Error("the program does not end")
		o.kill()
	}
	switch log := o.log.String(); {
	case strings.Contains(log, "panic"):
		o.t.Errorf("the program's log tells of a panic:\n%s", log)
	case o.t.Failed():
		lines := strings.Split(log, "\n")
		o.t.Logf("the end of the program's log:\n%s", strings.Join(lines[max(0, len(lines)-20):], "\n"))
	}
}

// kill ends the program at once, as a power failure does.
func (o *office) kill() {
	o.t.Helper()
	if err := o.command.Process.Kill(); err != nil {
		o.t.Fatal(err)
	}
	<-o.ended
	o.command = nil
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
