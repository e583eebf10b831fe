package desk

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/index"
	"sealdesk/pipeline/sheet"
)

func TestTakeAndRead(t *testing.T) {
	s := newShop(t, t.TempDir())
	input, sha := bundleOf("青禾.png", scan(1), scan(2))
	e := s.take(t, input)
	if e.Bundle != sha || e.Name != "青禾.png" || len(e.Files) != 2 || e.By != clerk.ID || e.State != Waiting || e.Pages != 2 || !sheet.ValidReceipt(e.Receipt) {
		t.Errorf("taken: %+v", e)
	}
	again := s.take(t, input)
	if again.Receipt != e.Receipt || !again.Time.Equal(e.Time) || len(s.Board(time.Time{}, 0)) != 1 {
		t.Errorf("taken again: %+v", again)
	}
	if b := s.bundle(t, sha); b.Result != nil || b.Call == nil {
		t.Errorf("before it is read: %+v", b)
	}

	s.run(t)
	e = s.await(t, sha, finished)
	if e.Done != 2 || e.Pages != 2 || len(e.Applications) != 1 || len(e.Verdicts) != 1 || e.Attempts != 1 {
		t.Errorf("read: %+v", e)
	}
	b, at, err := s.Application(t.Context(), e.Applications[0])
	if err != nil || b.Entry.Bundle != sha || b.Result.Applications[at].ID != e.Applications[0] || len(b.Text) != 2 {
		t.Errorf("the application: %+v, %d, %v", b, at, err)
	}
	found, err := s.Search(t.Context(), index.Query{Text: "理工"})
	if err != nil || found.Total != 1 || found.Hits[0].Document.Bundle != sha {
		t.Errorf("found: %+v, %v", found, err)
	}
	picture, err := s.Page(t.Context(), sha, 2, 150)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(picture)); err != nil {
		t.Error(err)
	}
	for _, n := range []int{0, 3} {
		if _, err := s.Page(t.Context(), sha, n, 150); !errors.Is(err, ErrUnknown) {
			t.Errorf("page %d: %v", n, err)
		}
	}
	if _, err := s.Cut(t.Context(), sha, 1, bundle.Box{.1, .1, .5, .2}, 480); err != nil {
		t.Error(err)
	}

	second, _ := bundleOf("b.png", scan(3))
	later := s.take(t, second)
	if later.Receipt == e.Receipt {
		t.Error("two bundles have one receipt")
	}
	if board := s.Board(time.Time{}, 1); len(board) != 1 || board[0].Bundle != later.Bundle {
		t.Errorf("the newest: %+v", board)
	}
	if board := s.Board(later.Time, 5); len(board) != 1 || board[0].Bundle != sha {
		t.Errorf("those before: %+v", board)
	}
}

func TestDamagedFileIsNotTaken(t *testing.T) {
	s := newShop(t, t.TempDir())
	input, sha := bundleOf("a.png", scan(1)[:2000])
	var broken *bundle.Error
	if _, err := s.Take(t.Context(), input, clerk); !errors.As(err, &broken) || broken.Code == bundle.CodeInternal {
		t.Errorf("the error is %v", err)
	}
	for info, err := range s.Store.List(t.Context(), "") {
		t.Errorf("kept: %s, %v", info.Key, err)
	}
	if _, err := s.Bundle(t.Context(), sha); !errors.Is(err, ErrUnknown) {
		t.Errorf("the bundle: %v", err)
	}
}

// TestFailure: a bundle that fails says why, to those after a restart too, and can be
// tried again.
func TestFailure(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, folder)
	trouble := errors.New("the reader is broken")
	s.reader.fail.Store(&trouble)
	input, sha := bundleOf("a.png", scan(1))
	s.take(t, input)
	e := s.run(t).await(t, sha, in(Failed))
	if e.Error == nil || e.Error.Code != bundle.CodeInternal || e.Attempts != attempts {
		t.Errorf("failed: %+v", e)
	}
	s.close(t)

	s = newShop(t, folder)
	if again, _ := s.Entry(sha); again.State != Failed || again.Error == nil || again.Error.Message != e.Error.Message {
		t.Errorf("after a restart: %+v", again)
	}
	s.run(t)
	if err := s.Cancel(t.Context(), sha, "clerk-1"); !errors.Is(err, ErrBusy) {
		t.Errorf("cancelled: %v", err)
	}
	if err := s.Retry(t.Context(), sha, "clerk-1"); err != nil {
		t.Fatal(err)
	}
	if e := s.await(t, sha, finished); e.Error != nil {
		t.Errorf("read at last: %+v", e)
	}
	if err := s.Retry(t.Context(), sha, "clerk-1"); !errors.Is(err, ErrBusy) {
		t.Errorf("tried again when done: %v", err)
	}
}

// TestCancel ends a bundle while it is read; it stays ended, until somebody wants it
// after all.
func TestCancel(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, folder)
	hold := make(chan struct{})
	s.reader.hold.Store(&hold)
	input, sha := bundleOf("a.png", scan(1))
	s.take(t, input)
	s.run(t).await(t, sha, in(Reading))
	if err := s.Cancel(t.Context(), sha, "clerk-1"); err != nil {
		t.Fatal(err)
	}
	s.await(t, sha, in(Cancelled))
	s.close(t)

	s = newShop(t, folder).run(t)
	other, otherSHA := bundleOf("b.png", scan(2))
	s.take(t, other)
	s.await(t, otherSHA, finished) // had the first waited, it would have been read before
	if e, _ := s.Entry(sha); e.State != Cancelled {
		t.Errorf("after a restart: %+v", e)
	}
	if err := s.Retry(t.Context(), sha, "clerk-1"); err != nil {
		t.Fatal(err)
	}
	s.await(t, sha, finished)
}

// TestQueueIsLost: the queue can be thrown away.
func TestQueueIsLost(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, folder)
	input, sha := bundleOf("a.png", scan(1))
	taken := s.take(t, input)
	s.close(t)
	if err := os.RemoveAll(filepath.Join(folder, "queue")); err != nil {
		t.Fatal(err)
	}
	s = newShop(t, folder)
	if e, _ := s.Entry(sha); e.State != Waiting || e.Receipt != taken.Receipt || e.ByName != taken.ByName || !e.Time.Equal(taken.Time) {
		t.Errorf("after a restart: %+v, was %+v", e, taken)
	}
	s.run(t).await(t, sha, finished)
}

// TestStop: when the desk is closed, bundles in hand go back and are read later.
func TestStop(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, folder)
	hold := make(chan struct{})
	s.reader.hold.Store(&hold)
	input, sha := bundleOf("a.png", scan(1))
	s.take(t, input)
	s.run(t).await(t, sha, in(Reading))
	s.close(t)
	newShop(t, folder).run(t).await(t, sha, finished)
}

// doomed is a desk that takes two bundles, says so, and hangs with one in hand until it
// is killed.
func doomed(folder string) error {
	s, err := open(context.Background(), folder)
	if err != nil {
		return err
	}
	hold := make(chan struct{})
	s.reader.hold.Store(&hold)
	s.Desk.reader.Workers = 1
	s.Listen(context.Background(), func(e Entry) {
		if e.State == Reading {
			fmt.Println("reading", e.Bundle)
		}
	})
	for seed := range uint64(2) {
		input, _ := bundleOf(fmt.Sprintf("%d.png", seed), scan(seed))
		e, err := s.Take(context.Background(), input, clerk)
		if err != nil {
			return err
		}
		fmt.Println("taken", e.Bundle)
	}
	return s.Run(context.Background())
}

// TestKilled kills the program with a bundle in hand and another waiting: both are read
// when it is started again.
func TestKilled(t *testing.T) {
	folder := t.TempDir()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "SEALDESK_TEST_DESK="+folder)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var taken []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		what, sha, _ := strings.Cut(lines.Text(), " ")
		if what == "reading" {
			break
		}
		taken = append(taken, sha)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // which says that it was killed
	if len(taken) != 2 {
		t.Fatalf("taken: %q", taken)
	}
	s := newShop(t, folder).run(t)
	for _, sha := range taken {
		s.await(t, sha, finished)
	}
}

// TestFromProcess: a bundle that came by the command line is on the board as well, and
// gets its receipt when somebody brings it.
func TestFromProcess(t *testing.T) {
	folder := t.TempDir()
	s := newShop(t, folder)
	input, sha := bundleOf("a.png", scan(1))
	if _, _, err := s.Pipeline.Take(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	s.run(t)
	if e := s.await(t, sha, finished); e.Name != "a.png" || e.Receipt != "" {
		t.Errorf("on the board: %+v", e)
	}
	if e := s.take(t, input); e.Receipt == "" || e.By != clerk.ID || !finished(e) {
		t.Errorf("brought: %+v", e)
	}
}

// TestCounts: the sums follow each state that a bundle has.
func TestCounts(t *testing.T) {
	s := newShop(t, t.TempDir())
	input, sha := bundleOf("a.png", scan(1))
	s.take(t, input)
	other, otherSHA := bundleOf("b.png", scan(2))
	s.take(t, other)
	s.take(t, other)
	want := func(waiting, cancelled, ended int) {
		t.Helper()
		got := s.Counts()
		if got[Waiting] != waiting || got[Cancelled] != cancelled || got[Done]+got[Review] != ended {
			t.Errorf("the sums are %v", got)
		}
	}
	want(2, 0, 0)
	if err := s.Cancel(t.Context(), sha, "clerk-1"); err != nil {
		t.Fatal(err)
	}
	want(1, 1, 0)
	found := s.Find(time.Time{}, 1, func(e *Entry) bool { return e.State == Cancelled })
	if len(found) != 1 || found[0].Bundle != sha {
		t.Errorf("found: %+v", found)
	}
	if err := s.Retry(t.Context(), sha, "clerk-1"); err != nil {
		t.Fatal(err)
	}
	s.run(t)
	s.await(t, sha, finished)
	s.await(t, otherSHA, finished)
	want(0, 0, 2)
}

// TestEndedAtOnce: who ends the desk while it still begins gets no error.
func TestEndedAtOnce(t *testing.T) {
	s := newShop(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
}
