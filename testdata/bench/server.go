package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a running sealdesk serve.
type server struct {
	cmd     *exec.Cmd
	log     bytes.Buffer
	address string
	took    time.Duration // from its start to its first answer
}

// startTime is how long it may take until it answers.
const startTime = 10 * time.Minute

var addressPattern = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start starts the program and waits until it answers.
func start(ctx context.Context, program, data string) (*server, error) {
	s := &server{cmd: exec.Command(program, "serve", "--data", data, "--web-listen", "127.0.0.1:0")}
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = s.cmd.Process.Kill() })()
	for lines := bufio.NewScanner(out); s.address == "" && lines.Scan(); {
		s.address = addressPattern.FindString(lines.Text())
	}
	if s.address == "" {
		return nil, fmt.Errorf("serve did not start: %w\n%s", errors.Join(ctx.Err(), s.cmd.Wait()), s.log.String())
	}
	response, err := http.Get(s.address + "/healthz")
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.took = time.Since(began)
	return s, response.Body.Close()
}

// stop interrupts the program and waits for its end.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("serve: %w\n%s", err, s.log.String())
	}
	return nil
}

// cpu is the processor time that it used, without that of the readers it started; to a
// hundredth of a second.
func (s *server) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	// Behind the name in brackets, the 12th and 13th are ticks as a user and in the
	// system, of which Linux tells a hundred a second.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	ticks := 0
	for _, f := range fields[11:13] {
		n, _ := strconv.Atoi(f)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// memory is what it holds in memory, in MB: all, and without the files that it has mapped,
// which the system takes away again where it needs the room.
func (s *server) memory() (all, own int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 3 {
		return 0, 0
	}
	resident, _ := strconv.Atoi(fields[1])
	shared, _ := strconv.Atoi(fields[2])
	return resident * syscall.Getpagesize() >> 20, (resident - shared) * syscall.Getpagesize() >> 20
}

// visitor gives a client that has signed in.
func (s *server) visitor(name string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{
		Jar:           jar,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 8},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := c.PostForm(s.address+"/sign-in", url.Values{"name": {name}, "password": {password}})
	if err != nil {
		return nil, err
	}
	if err := response.Body.Close(); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("signing in is answered by %s", response.Status)
	}
	return c, nil
}
