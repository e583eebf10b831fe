//go:build linux

package ocr

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// bad is a pool of children that misbehave to order.
type bad struct {
	*Pool
	started Started
}

func badPool(t *testing.T, o Options) *bad {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Command = []string{self, "bad-worker", t.TempDir()}
	o.Models = fakeModels(t)
	if o.Second == "" {
		o.Second = t.TempDir()
	}
	var p bad
	o.Log = p.started.Log()
	if p.Pool, err = NewPool(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return &p
}

func readOne(t *testing.T, p *bad, what uint8) string {
	t.Helper()
	r, err := p.Read(t.Context(), []Crop{order(what)})
	if err != nil {
		t.Fatal(err)
	}
	return r[0].Text
}

// readPid is the number of the child that serves the next line.
func readPid(t *testing.T, p *bad) int {
	t.Helper()
	said := readOne(t, p, sayPid)
	pid := p.started.Last()
	if said != numerals(pid) {
		t.Fatalf("child %d says that it is %q", pid, said)
	}
	return pid
}

func TestBadChildCostsOnlyItsCrop(t *testing.T) {
	p := badPool(t, Options{Workers: 2})
	for name, what := range map[string]uint8{
		"crash": crash, "hang up": hangUp, "babble": babble, "wrong id": wrongID,
		"wrong kind": wrongKind, "outside": outside, "too long": tooLong, "refuse": refuse,
	} {
		t.Run(name, func(t *testing.T) { checkLonelyFailure(t, p, what) })
	}
	t.Run("hang", func(t *testing.T) {
		checkLonelyFailure(t, badPool(t, Options{Workers: 2, Timeout: time.Second}), hang)
	})
}

func checkLonelyFailure(t *testing.T, p *bad, what uint8) {
	t.Helper()
	r, err := p.Read(t.Context(), []Crop{order(sayPid), order(what), order(sayPid)})
	if err != nil {
		t.Fatal(err)
	}
	if r[0].Text == "" || r[2].Text == "" || r[0].Failed || r[2].Failed {
		t.Errorf("its neighbours read %+v and %+v", r[0], r[2])
	}
	if bad := r[1]; !bad.Failed || bad.Text != "" || bad.Confidence != 0 {
		t.Errorf("the crop reads %+v", bad)
	}
}

func TestNothingReadIsAnError(t *testing.T) {
	p := badPool(t, Options{Workers: 1})
	if r, err := p.Read(t.Context(), []Crop{order(crash), {}}); err == nil {
		t.Errorf("reads %+v", r)
	}
}

func TestKilledChildCostsOnlyARetry(t *testing.T) {
	p := badPool(t, Options{Workers: 1})
	before := readOne(t, p, sayPid)
	r, err := p.Read(t.Context(), []Crop{order(sayPid), order(crashOnce), order(sayPid)})
	if err != nil {
		t.Fatal(err)
	}
	if r[0].Text != before {
		t.Errorf("child %s was replaced by %s before it was killed", before, r[0].Text)
	}
	if r[1].Failed || r[1].Text == before || r[1].Text != r[2].Text {
		t.Errorf("child %s was killed; then came %+v and %+v", before, r[1], r[2])
	}
	if n := p.Replaced(); n != 1 {
		t.Errorf("%d children were replaced", n)
	}
}

func TestChildKilledBetweenRequestsIsReplaced(t *testing.T) {
	p := badPool(t, Options{Workers: 1})
	pid := readPid(t, p)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if readPid(t, p) == pid {
		t.Errorf("child %d was killed and answers", pid)
	}
	if n := p.Replaced(); n != 1 {
		t.Errorf("%d children were replaced", n)
	}
}

func TestChildrenAreRecycled(t *testing.T) {
	t.Run("after so many lines", func(t *testing.T) {
		p := badPool(t, Options{Workers: 1, RecycleAfter: 2})
		var pids []int
		for range 5 {
			pids = append(pids, readPid(t, p))
		}
		if pids[0] != pids[1] || pids[2] != pids[3] || pids[1] == pids[2] || pids[3] == pids[4] {
			t.Errorf("children %v", pids)
		}
		if n := p.Replaced(); n != 0 {
			t.Errorf("%d children count as replaced that were only old", n)
		}
	})
	t.Run("at so much memory", func(t *testing.T) {
		p := badPool(t, Options{Workers: 1, RecycleAt: 1})
		if a, b := readPid(t, p), readPid(t, p); a == b {
			t.Errorf("child %d was kept", a)
		}
	})
}

func TestChildHasOneThreadAndNoSecrets(t *testing.T) {
	t.Setenv("SEALDESK_SECRET", "swordfish")
	p := badPool(t, Options{Workers: 1})
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", readPid(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	vars := strings.Split(string(env), "\x00")
	found := false
	for _, v := range vars {
		found = found || v == "OMP_THREAD_LIMIT=1"
		if strings.Contains(v, "swordfish") {
			t.Errorf("the child knows %s", v)
		}
	}
	if !found {
		t.Errorf("the child was started with %q", vars)
	}
}

func TestChildCannotWriteFilesOrTakeAllMemory(t *testing.T) {
	p := badPool(t, Options{Workers: 1, MemoryLimit: 1 << 30})
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", readPid(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"Max data size": "1073741824", "Max file size": "0", "Max core file size": "0"}
	for line := range strings.Lines(string(limits)) {
		for name, limit := range want {
			if rest, ok := strings.CutPrefix(line, name); ok && strings.Fields(rest)[0] != limit {
				t.Errorf("%s is %s", name, strings.Fields(rest)[0])
			}
		}
	}
}

func TestNoiseOfChildIsDropped(t *testing.T) {
	p := badPool(t, Options{Workers: 1})
	if got := readOne(t, p, flood); got != readOne(t, p, sayPid) {
		t.Errorf("a child that floods its standard error reads %q", got)
	}
}

func TestCancelledReadReturnsAtOnce(t *testing.T) {
	p := badPool(t, Options{Workers: 1, Timeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := p.Read(ctx, []Crop{order(hang), order(sayPid)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	// The child that hangs is not waited for till its timeout either.
	if readOne(t, p, sayPid); time.Since(start) > 10*time.Second {
		t.Errorf("the next line was read after %v", time.Since(start))
	}
}

func TestCloseEndsReadsAndChildren(t *testing.T) {
	p := badPool(t, Options{Workers: 2, Timeout: time.Minute})
	readOne(t, p, sayPid)
	ended := make(chan error)
	go func() {
		_, err := p.Read(t.Context(), []Crop{order(hang), order(hang), order(hang)})
		ended <- err
	}()
	time.AfterFunc(100*time.Millisecond, func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("error of a read that was under way: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	for _, pid := range p.started.All() {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("child %d is still there: %v", pid, err)
		}
	}
	if _, err := p.Read(t.Context(), []Crop{order(sayPid)}); !errors.Is(err, ErrClosed) {
		t.Errorf("error of a read afterwards: %v", err)
	}
}

func TestChildrenEndWithTheirOwner(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := exec.Command(self, "owner", fakeModels(t))
	out, err := o.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	_, err = fmt.Fscan(out, &pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(child)
	if err := o.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := o.Wait(); err == nil {
		t.Error("the owner ended well though it was killed")
	}
	// A pidfd can be read once its process has ended.
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(child), Events: unix.POLLIN}}, 10_000)
	if err != nil || n != 1 {
		t.Errorf("child %d outlives its owner (%v)", pid, err)
	}
}

func TestUnknownAlphabetIsAnError(t *testing.T) {
	p := badPool(t, Options{Workers: 1})
	c := order(sayPid)
	c.Alphabet = "runes"
	if _, err := p.Read(t.Context(), []Crop{c}); err == nil {
		t.Error("no error")
	}
}

func TestSecondReaderThatBreaksItsChildIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	for _, name := range SecondFiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("anything"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := badPool(t, Options{Workers: 1, Second: dir})
	if p.HasSecond() || strings.Contains(p.Engine(), "onnx") {
		t.Errorf("the second reader is there: %s", p.Engine())
	}
	if said := readOne(t, p, sayPid); said != numerals(p.started.Last()) {
		t.Errorf("the first reader says %q", said)
	}
}
