package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// desk is a sealdesk serve that is started anew whenever it is down.
type desk struct {
	token   string
	log     logged
	cmd     *exec.Cmd // nil when it is down
	address string
	out     io.Closer
}

// startTime is how long it may take until the desk answers.
const startTime = 2 * time.Minute

var addressPattern = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// begin starts the process and waits for nothing.
func (d *desk) begin(program, data string) error {
	cmd := exec.Command(program, "serve", "--data", data, "--web-listen", "127.0.0.1:0")
	cmd.Stderr = &d.log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start the desk: %w", err)
	}
	d.cmd, d.out, d.address = cmd, out, ""
	return nil
}

// start starts the desk where it is down, and waits until it answers.
func (d *desk) start(ctx context.Context, program, data string) error {
	if d.cmd == nil {
		if err := d.begin(program, data); err != nil {
			return err
		}
	}
	if d.address == "" {
		cmd := d.cmd
		defer time.AfterFunc(startTime, func() { _ = cmd.Process.Kill() }).Stop()
		lines := bufio.NewScanner(d.out.(io.Reader))
		for d.address == "" && lines.Scan() {
			d.address = addressPattern.FindString(lines.Text())
		}
		if d.address == "" {
			d.kill()
			return errors.New("the desk does not start")
		}
	}
	return ctx.Err()
}

// kill ends the desk as a loss of power would, and waits until it is gone.
func (d *desk) kill() {
	if d.cmd != nil {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait() // it was killed
		d.cmd, d.address = nil, ""
	}
}

// stop ends the desk in order.
func (d *desk) stop() error {
	if d.cmd == nil {
		return nil
	}
	cmd := d.cmd
	d.cmd, d.address = nil, ""
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("stop the desk: %w", err)
	}
	return nil
}

// killChild kills one of the desk's children, if it has any.
func (d *desk) killChild(random *rand.Rand) error {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	var children []int
	for _, name := range stats {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if len(fields) > 1 && fields[1] == strconv.Itoa(d.cmd.Process.Pid) {
			children = append(children, pid)
		}
	}
	if len(children) > 0 {
		_ = syscall.Kill(children[random.IntN(len(children))], syscall.SIGKILL) // or it has just ended
	}
	return nil
}

// ask sends a request to the desk.
func (d *desk) ask(ctx context.Context, method, path, media string, body io.Reader) (status int, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, method, d.address+path, body)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}

// logged keeps the end of what the desk logs.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const loggedMost = 1 << 20

// Write implements io.Writer.
func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > loggedMost {
		l.b.Next(l.b.Len() - loggedMost/2)
	}
	return l.b.Write(p)
}

func (l *logged) tail() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.b.Bytes()
	return bytes.Clone(b[max(0, len(b)-4000):])
}
