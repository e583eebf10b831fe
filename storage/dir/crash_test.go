package dir

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealdesk/storage"
)

// The test binary is also the process that these tests kill or starve.
const (
	childVar = "STORAGE_DIR_TEST_CHILD"
	rootVar  = "STORAGE_DIR_TEST_ROOT"
	afterVar = "STORAGE_DIR_TEST_AFTER"
)

func TestMain(m *testing.M) {
	child := map[string]func(*Store) error{"killed": putUntilKilled, "starved": putWithoutRoom}[os.Getenv(childVar)]
	if child == nil {
		os.Exit(m.Run())
	}
	s, err := Open(os.Getenv(rootVar))
	if err == nil {
		err = child(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func childCommand(t *testing.T, name, root string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), append(env, childVar+"="+name, rootVar+"="+root)...)
	cmd.Stderr = os.Stderr
	return cmd
}

// crashBytes are what the object of that name holds: small and large ones,
// named by their number.
func crashBytes(i int) []byte {
	n := 500
	if i%4 == 0 {
		n = 600_000
	}
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(b)
	return b
}

func crashKey(i int) string { return fmt.Sprintf("bundles/%d/%d", i/5, i) }

// putUntilKilled puts objects from several goroutines, tells of each that is
// acknowledged, and kills its own process after the given time.
func putUntilKilled(s *Store) error {
	after, err := strconv.Atoi(os.Getenv(afterVar))
	if err != nil {
		return err
	}
	time.AfterFunc(time.Duration(after)*time.Microsecond, func() {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	})
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Go(func() {
			for i := g; ; i += 3 {
				if err := s.Put(context.Background(), crashKey(i), bytes.NewReader(crashBytes(i))); err != nil {
					fmt.Println("failed", i, err)
					return
				}
				fmt.Println("acknowledged", i)
			}
		})
	}
	wg.Wait()
	return errors.New("not killed")
}

// However a process is killed, what it acknowledged is there, what is there is
// whole, and the next one goes on where it stopped.
func TestKill(t *testing.T) {
	root := t.TempDir()
	const kills = 24
	acked := map[int]bool{}
	var leftovers int
	for kill := range kills {
		// The delays sweep over the course of a few Puts.
		cmd := childCommand(t, "killed", root, fmt.Sprint(afterVar, "=", 100+kill*kill*30))
		out, err := cmd.Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the child was not killed: %v\n%s", err, out)
		}
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Scan() {
			var i int
			if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &i); err != nil {
				t.Fatalf("the child said %q", lines.Text())
			}
			acked[i] = true
		}
		left, err := filepath.Glob(filepath.Join(root, tempFolder, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		leftovers += len(left)

		checkSurvivors(t, root, acked)
	}
	if len(acked) == 0 || leftovers == 0 {
		t.Errorf("%d objects acknowledged, %d left unfinished: no kill hit a Put", len(acked), leftovers)
	}
}

// checkSurvivors opens the store that a killed process left, and checks that
// all of its objects are whole and the acknowledged ones among them.
func checkSurvivors(t *testing.T, root string, acked map[int]bool) {
	t.Helper()
	s, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		listed[info.Key] = true
		i, err := strconv.Atoi(filepath.Base(info.Key))
		if err != nil {
			t.Fatal(err)
		}
		got, err := storage.ReadAll(t.Context(), s, info.Key)
		if err != nil || !bytes.Equal(got, crashBytes(i)) {
			t.Fatalf("%q was left with %d bytes that are not those put, error %v", info.Key, len(got), err)
		}
	}
	for i := range acked {
		if !listed[crashKey(i)] {
			t.Fatalf("the acknowledged object %d is lost", i)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkNoTemp(t, root)
}

func checkNoTemp(t *testing.T, root string) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(root, tempFolder))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range left {
		t.Errorf("left in %s: %s", tempFolder, d.Name())
	}
}

// Opening a store cleans up after the dead and leaves the living alone.
func TestOpenSparesRunning(t *testing.T) {
	root := t.TempDir()
	running, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	done := make(chan error)
	go func() { done <- running.Put(t.Context(), "slow", r) }()
	if _, err := w.Write([]byte("first ")); err != nil {
		t.Fatal(err)
	}

	// A killed process: its folder and its lock file, which no one holds.
	dead := filepath.Join(root, tempFolder, "DEAD")
	if err := errors.Join(os.MkdirAll(dead+"/1", 0o700), os.WriteFile(dead+"/1/data", []byte("half"), 0o400),
		os.WriteFile(dead+lockSuffix, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	other, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(dead + "*"); err != nil || len(left) > 0 {
		t.Errorf("Open left %q, error %v", left, err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}

	if _, err := w.Write([]byte("second")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if b, err := storage.ReadAll(t.Context(), running, "slow"); string(b) != "first second" || err != nil {
		t.Errorf("the running Put stored %q, error %v", b, err)
	}
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	checkNoTemp(t, root)
}

// Many processes open and close the same directory at once.
func TestOpenTogether(t *testing.T) {
	root := filepath.Join(t.TempDir(), "store")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 10 {
				s, err := Open(root)
				if err != nil {
					t.Errorf("Open: %v", err)
					return
				}
				if err := s.Put(t.Context(), fmt.Sprintf("%d/%d", g, i), strings.NewReader("x")); err != nil {
					t.Errorf("Put: %v", err)
				}
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
		})
	}
	wg.Wait()
	checkNoTemp(t, root)
}

// roomFor is where the starved child's writes begin to fail.
const roomFor = 1 << 20

// putWithoutRoom has the system refuse its writes, as a full disk would, in
// the middle of an object.
func putWithoutRoom(s *Store) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: roomFor, Max: roomFor}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	ctx := context.Background()
	if err := s.Put(ctx, "a/large", bytes.NewReader(make([]byte, 2*roomFor))); !errors.Is(err, storage.ErrFull) {
		return fmt.Errorf("large object: error %v, want ErrFull", err)
	}
	if _, err := s.Stat(ctx, "a/large"); !errors.Is(err, storage.ErrNotExist) {
		return fmt.Errorf("large object: Stat error %v, want ErrNotExist", err)
	}
	left, err := filepath.Glob(filepath.Join(os.Getenv(rootVar), tempFolder, "*", "*"))
	if err != nil || len(left) > 0 {
		return fmt.Errorf("left unfinished: %q, error %v", left, err)
	}
	if err := s.Put(ctx, "a/small", strings.NewReader("fits")); err != nil {
		return err
	}
	return s.Close()
}

func TestFull(t *testing.T) {
	root := t.TempDir()
	if out, err := childCommand(t, "starved", root).Output(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := openAt(t, root)
	if b, err := storage.ReadAll(t.Context(), s, "a/small"); string(b) != "fits" || err != nil {
		t.Errorf("after the refusal, a small object holds %q, error %v", b, err)
	}
	// With room again, the refused object goes in.
	if err := s.Put(t.Context(), "a/large", bytes.NewReader(make([]byte, 2*roomFor))); err != nil {
		t.Error(err)
	}
}

func TestFullIsEveryLackOfRoom(t *testing.T) {
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if err := full(&os.PathError{Op: "write", Err: no}); !errors.Is(err, storage.ErrFull) || !errors.Is(err, no) {
			t.Errorf("%v became %v", no, err)
		}
	}
	if err := full(syscall.EIO); errors.Is(err, storage.ErrFull) {
		t.Errorf("EIO became %v", err)
	}
}

// A lock counts only while its file is the one that others would find.
func TestStillAt(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	f, err := root.Create("lock")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !stillAt(root, "lock", f) {
		t.Error("an untouched file counts as gone")
	}
	if err := root.Remove("lock"); err != nil {
		t.Fatal(err)
	}
	if stillAt(root, "lock", f) {
		t.Error("a removed file counts as there")
	}
	if err := root.WriteFile("lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if stillAt(root, "lock", f) {
		t.Error("another file of the name counts as the one")
	}
}
