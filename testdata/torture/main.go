// Command torture breaks a running desk, again and again, and looks afterwards that it kept
// what it promised. It starts sealdesk serve on this machine, brings bundles as a program
// does (the API), and meanwhile kills the desk and its readers at random moments and takes
// away what is derived. Then it lets the desk finish and prints for each kind of fault how
// often it was tried, and how many bundles that were acknowledged are lost (they have
// neither a result nor an error that people see) or doubled. The exit status is 1 when there
// is one, or when sealdesk verify finds anything wrong with what is kept.
//
//	go run ./testdata/torture [-kills N] [-seed N] [-program bin/sealdesk]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	var t torture
	flag.StringVar(&t.program, "program", "bin/sealdesk", "the program to break")
	flag.StringVar(&t.scan, "scan", "testdata/bundles/complete.pdf", "a PDF of pictures, of which the bundles are made")
	flag.IntVar(&t.kills, "kills", 50, "how often the desk is killed; its readers are as often")
	flag.IntVar(&t.takes, "takes", 10, "how often what is derived is taken away, of each kind, and a bundle comes twice at once")
	flag.Uint64Var(&t.seed, "seed", uint64(time.Now().UnixNano()), "seed of what is random")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	ok, err := t.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// torture is one run of the command.
type torture struct {
	program, scan string
	kills, takes  int
	seed          uint64

	random *rand.Rand
	data   string
	desk   desk
	brought
}

// longest is how long the desk is left alone at most before it is killed: longer than a
// bundle takes to be read, so that kills meet every step.
const longest = 6 * time.Second

// fault is a way to break the desk.
type fault struct {
	name  string
	times func(*torture) int
	// do breaks the desk, which is running, and leaves it so.
	do func(*torture, context.Context) error
}

var faults = []fault{
	{"the desk killed", func(t *torture) int { return t.kills }, (*torture).killDesk},
	{"the desk killed while it starts", func(t *torture) int { return t.takes }, (*torture).killStart},
	{"a reader killed", func(t *torture) int { return t.kills }, (*torture).killReader},
	{"index deleted", func(t *torture) int { return t.takes }, func(t *torture, ctx context.Context) error { return t.without(ctx, "index") }},
	{"queue deleted", func(t *torture) int { return t.takes }, func(t *torture, ctx context.Context) error { return t.without(ctx, "queue") }},
	{"twice at once", func(t *torture) int { return t.takes }, (*torture).twice},
}

func (t *torture) run(ctx context.Context) (ok bool, err error) {
	t.random = rand.New(rand.NewPCG(t.seed, 0))
	if t.data, err = os.MkdirTemp("", "sealdesk-torture-"); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(t.data)) }()
	if t.pictures, err = pictures(t.scan); err != nil {
		return false, err
	}
	if t.desk.token, err = t.account(ctx); err != nil {
		return false, err
	}
	if err := t.desk.start(ctx, t.program, t.data); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, t.desk.stop()) }()
	fmt.Printf("seed %d\n\n%-34s %6s %13s %6s %8s %7s\n", t.seed, "fault", "times", "acknowledged", "lost", "doubled", "failed")
	ok = true
	for _, f := range faults {
		good, err := t.try(ctx, f)
		if err != nil {
			return false, fmt.Errorf("%s: %w\n%s", f.name, err, t.desk.log.tail())
		}
		ok = ok && good
	}
	if err := t.desk.stop(); err != nil {
		return false, err
	}
	out, err := exec.CommandContext(ctx, t.program, "verify", "--data", t.data).CombinedOutput()
	if err != nil {
		ok, err = false, nil
	}
	fmt.Printf("\nsealdesk verify:\n%s", out)
	return ok, err
}

// try breaks the desk as often as the fault says, lets it finish, and prints what became of
// what it acknowledged meanwhile.
func (t *torture) try(ctx context.Context, f fault) (ok bool, err error) {
	t.acknowledged = nil
	times := f.times(t)
	for range times {
		if err := t.bring(ctx, 1); err != nil {
			return false, err
		}
		if err := f.do(t, ctx); err != nil {
			return false, err
		}
		if err := t.desk.start(ctx, t.program, t.data); err != nil {
			return false, err
		}
	}
	lost, doubled, failed, err := t.settled(ctx)
	if err != nil {
		return false, err
	}
	fmt.Printf("%-34s %6d %13d %6d %8d %7d\n", f.name, times, len(t.acknowledged), lost, doubled, failed)
	return lost == 0 && doubled == 0, nil
}

// wait lets some time go by, at random.
func (t *torture) wait(ctx context.Context, most time.Duration) error {
	select {
	case <-time.After(time.Duration(t.random.Int64N(int64(most)))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// killDesk kills the desk while bundles come and are read.
func (t *torture) killDesk(ctx context.Context) error {
	coming, stop := context.WithCancel(ctx)
	defer stop()
	came := make(chan error, 1)
	go func() {
		came <- t.bring(coming, 3) // the desk goes down under some of them
	}()
	err := t.wait(ctx, longest)
	_ = t.desk.cmd.Process.Kill()
	stop()
	<-came // what was not acknowledged is nobody's loss
	t.desk.kill()
	return err
}

// killStart kills the desk before it answers, or just after.
func (t *torture) killStart(ctx context.Context) error {
	t.desk.kill()
	if err := t.desk.begin(t.program, t.data); err != nil {
		return err
	}
	err := t.wait(ctx, time.Second)
	t.desk.kill()
	return err
}

// killReader kills one of the processes that read, which the desk replaces.
func (t *torture) killReader(ctx context.Context) error {
	if err := t.wait(ctx, longest/4); err != nil {
		return err
	}
	return t.desk.killChild(t.random)
}

// without takes a folder away that is derived, while the desk is down.
func (t *torture) without(ctx context.Context, folder string) error {
	if err := t.wait(ctx, longest/2); err != nil {
		return err
	}
	t.desk.kill()
	return os.RemoveAll(filepath.Join(t.data, folder))
}
