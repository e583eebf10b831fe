// Command bench measures how fast the desk answers with many applications on file. It
// makes them once (package testdata/office), starts sealdesk serve on this machine, asks
// for its pages as a browser does, and prints what it measured. The exit status is 1
// when a page or a search takes longer than it may, for one who asks at a time or for four.
//
//	go run ./testdata/bench [-applications N] [-data DIR] [-program bin/sealdesk]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"sealdesk/account"
	"sealdesk/extract/call"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
	"sealdesk/storage/dir"
	"sealdesk/testdata/office"
)

func main() {
	var b bench
	flag.IntVar(&b.applications, "applications", 20000, "how many applications are on file")
	flag.StringVar(&b.data, "data", "", "data folder; by default one in .cache/bench for this number of applications")
	flag.StringVar(&b.program, "program", "bin/sealdesk", "the program to measure")
	flag.IntVar(&b.requests, "requests", 60, "how many requests are counted of each page")
	flag.IntVar(&b.rounds, "rounds", 3, "how often all is measured; the best round of each row counts")
	only := flag.String("only", "", "regular expression: measure only the rows whose names it fits")
	flag.Parse()
	var err error
	if b.only, err = regexp.Compile(*only); err != nil {
		fmt.Fprintln(os.Stderr, "bench: -only:", err)
		os.Exit(2)
	}
	if b.data == "" {
		b.data = filepath.Join(".cache", "bench", fmt.Sprint(b.applications))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := b.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !ok {
		stop()
		os.Exit(1)
	}
}

// bench is one run of the command.
type bench struct {
	applications, requests, rounds int
	data, program                  string
	only                           *regexp.Regexp
}

// password is that of the accounts that sign in, one for each role that has rows.
const password = "Kuai-4-qing-he"

var roles = []account.Role{account.Clerk, account.Staff, account.Admin}

// nameOf is the account of a role.
func nameOf(r account.Role) string { return "bench-" + string(r) }

func (b *bench) run(ctx context.Context) (ok bool, err error) {
	if err := b.prepare(ctx); err != nil {
		return false, fmt.Errorf("make the applications: %w", err)
	}
	if err := b.accounts(ctx); err != nil {
		return false, fmt.Errorf("make the accounts: %w", err)
	}
	fmt.Printf("%d applications; %d processors; load %s\n", b.applications, runtime.NumCPU(), load())
	s, err := start(ctx, b.program, b.data)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	all, own := s.memory()
	fmt.Printf("serve answers %.1f s after its start, with %.1f s of processor time and %d MB of memory, %d of them its own\n",
		s.took.Seconds(), s.cpu().Seconds(), all, own)
	if ok, err = b.measure(ctx, s); err != nil {
		return false, err
	}
	all, own = s.memory()
	fmt.Printf("memory after all requests: %d MB, %d of them its own, the others mapped files; load %s\n", all, own, load())
	return ok, nil
}

// prepare makes what is not there yet. A folder counts as made when its mark is there.
func (b *bench) prepare(ctx context.Context) error {
	mark := filepath.Join(b.data, "made")
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if err := os.RemoveAll(b.data); err != nil {
		return err
	}
	c := call.Builtin()[0]
	fmt.Fprintf(os.Stderr, "making %d applications in %s ...\n", b.applications, b.data)
	began := time.Now()
	var done atomic.Int64
	err := office.Fill(ctx, b.data, c, b.applications, func(n int) {
		if now := done.Add(int64(n)); now/1000 > (now-int64(n))/1000 {
			fmt.Fprintf(os.Stderr, "%d on file after %.0f s\n", now, time.Since(began).Seconds())
		}
	})
	if err != nil {
		return err
	}
	store, err := dir.Open(filepath.Join(b.data, "store"))
	if err != nil {
		return err
	}
	if err := errors.Join(b.index(ctx, store), store.Close()); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "made in %.0f s\n", time.Since(began).Seconds())
	return os.WriteFile(mark, nil, 0o600)
}

// accounts makes the accounts that are not there.
func (b *bench) accounts(ctx context.Context) error {
	store, err := dir.Open(filepath.Join(b.data, "store"))
	if err != nil {
		return err
	}
	accounts, err := account.Open(ctx, store)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	for _, role := range roles {
		if _, err := accounts.Add(ctx, "bench", nameOf(role), "测速", role, password); err != nil && !errors.Is(err, account.ErrTaken) {
			return errors.Join(err, store.Close())
		}
	}
	return store.Close()
}

// index builds the search index from the store.
func (b *bench) index(ctx context.Context, store *dir.Store) error {
	x, err := bleve.Open(filepath.Join(b.data, "index"))
	if err != nil {
		return err
	}
	began := time.Now()
	n, err := pipeline.Reindex(ctx, store, x, call.Find, func(done, all int) {
		if done%1000 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d bundles in the index after %.0f s\n", done, all, time.Since(began).Seconds())
		}
	})
	if err == nil && n != b.applications {
		err = fmt.Errorf("%d applications are in the index, not %d", n, b.applications)
	}
	return errors.Join(err, x.Close())
}

// load is the machine's, "unknown" where it does not say.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
