package sandbox_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sealdesk/pipeline/ocr/internal/sandbox"
)

// TestMain lets the test's own executable be the process that tries to get out.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "escape" {
		escape(os.Args[2] == "confined", os.Args[3], os.Args[4])
	}
	os.Exit(m.Run())
}

// report is what became of each attempt: "" where it worked.
type report struct {
	InForce []string
	Problem string
	Tried   map[string]string
}

// escape tries to get at all that a reader does not need, from a thread that was there
// before and from a new one.
func escape(confined bool, dir, address string) {
	before, again := make(chan map[string]string), make(chan bool)
	go func() {
		runtime.LockOSThread()
		<-again
		before <- attempts(dir, address)
	}()
	var r report
	if confined {
		inForce, err := sandbox.Enter(filepath.Join(dir, "models"))
		r.InForce = inForce
		if err != nil {
			r.Problem = err.Error()
		}
	}
	close(again)
	r.Tried = <-before
	after := make(chan map[string]string)
	go func() {
		runtime.LockOSThread() // and never unlocked: a thread of its own
		after <- attempts(dir, address)
	}()
	for name, became := range <-after {
		r.Tried[name+", new thread"] = became
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		os.Exit(2)
	}
	os.Exit(0)
}

func attempts(dir, address string) map[string]string {
	read := func(name string) func() error {
		return func() error { _, err := os.ReadFile(name); return err }
	}
	parent := os.Getppid()
	out := map[string]string{}
	for name, try := range map[string]func() error{
		"files: read a model":                        read(filepath.Join(dir, "models", "model")),
		"files: read another file":                   read(filepath.Join(dir, "secret")),
		"files: read by the way of a model's folder": read(filepath.Join(dir, "models", "..", "secret")),
		"files: read by a link":                      read(filepath.Join(dir, "models", "link")),
		"files: list a folder":                       func() error { _, err := os.ReadDir(dir); return err },
		"files: look at the parent's environment":    read(fmt.Sprintf("/proc/%d/environ", parent)),
		"files: write beside the models":             func() error { return os.WriteFile(filepath.Join(dir, "models", "new"), nil, 0o600) },
		"files: write elsewhere":                     func() error { return os.WriteFile(filepath.Join(dir, "new"), nil, 0o600) },
		"files: make a folder":                       func() error { return os.Mkdir(filepath.Join(dir, strconv.Itoa(unix.Gettid())), 0o700) },
		"network: connect": func() error {
			c, err := net.Dial("tcp", address)
			if err == nil {
				err = c.Close()
			}
			return err
		},
		"network: send a datagram": func() error {
			c, err := net.Dial("udp", address)
			if err == nil {
				err = c.Close()
			}
			return err
		},
		"network: a pair of sockets": func() error {
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err == nil {
				_ = unix.Close(pair[0])
				err = unix.Close(pair[1])
			}
			return err
		},
		"others: start a program": func() error { return unix.Exec("/nowhere", []string{"nowhere"}, nil) },
		"others: signal":          func() error { return syscall.Kill(parent, 0) },
	} {
		if err := try(); err != nil {
			out[name] = err.Error()
		} else {
			out[name] = ""
		}
	}
	return out
}

func run(t *testing.T, how string) report {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "models"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "models", "model"), []byte("m"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("s"), 0o600))
	must(t, os.Symlink(filepath.Join(dir, "secret"), filepath.Join(dir, "models", "link")))
	server, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer server.Close()
	out, err := exec.CommandContext(t.Context(), os.Args[0], "escape", how, dir, server.Addr().String()).Output()
	must(t, err)
	var r report
	must(t, json.Unmarshal(out, &r))
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What works without the sandbox does not within, on any thread, but for reading a model.
func TestEscape(t *testing.T) {
	r := run(t, "confined")
	if r.Problem != "" {
		t.Fatal(r.Problem)
	}
	if !slices.Equal(r.InForce, sandbox.All) {
		t.Skipf("this kernel has of %q only %q", sandbox.All, r.InForce)
	}
	const allowed, none = "files: read a model", "others: start a program"
	free := run(t, "free")
	for _, name := range slices.Sorted(maps.Keys(free.Tried)) {
		became, could := r.Tried[name], free.Tried[name]
		switch {
		case name == allowed || name == allowed+", new thread":
			if became != "" {
				t.Errorf("%s: %s", name, became)
			}
		case name == none || name == none+", new thread":
			if became != unix.EPERM.Error() || could == became {
				t.Errorf("%s: %q, without the sandbox %q", name, became, could)
			}
		case became == "":
			t.Errorf("%s: it worked", name)
		}
	}
	for _, name := range []string{"files: read another file", "files: look at the parent's environment", "files: write elsewhere", "network: connect", "network: a pair of sockets", "others: signal"} {
		if got := free.Tried[name]; got != "" {
			t.Errorf("%s does not work without the sandbox either: %s", name, got)
		}
	}
}
