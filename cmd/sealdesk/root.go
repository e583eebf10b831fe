package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/pipeline/ocr"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// The exit statuses.
const (
	exitOK        = 0
	exitFailed    = 1 // the program could not do its work
	exitUsage     = 2
	exitUnread    = 3 // at least one file could not be read
	exitCancelled = 130
)

// exit is an error that ends the program with a status; the message, if any,
// has been said already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usage marks an error as one of how the program was called.
type usage struct{ error }

// run is the program without its process: it gives the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var status exit
	var misuse usage
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "sealdesk: 已中断；已完成的材料已保存，重新运行会接着做。")
		return exitCancelled
	case errors.As(err, &misuse):
		fmt.Fprintln(stderr, "sealdesk:", err)
		return exitUsage
	default:
		fmt.Fprintln(stderr, "sealdesk:", err)
		return exitFailed
	}
}

// options hold what all subcommands share.
type options struct {
	data string
	call string
}

func newRoot() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:           "sealdesk",
		Short:         "Turn scanned, stamped applications into searched, checked results",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_ = c.Help()
			return exit(exitUsage)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	data := os.Getenv("SEALDESK_DATA")
	if data == "" {
		data = "sealdesk-data"
	}
	root.PersistentFlags().StringVar(&o.data, "data", data, "folder where bundles are kept (or SEALDESK_DATA)")
	root.PersistentFlags().StringVar(&o.call, "call", "", "the call: a built-in id or a profile file (default: the newest built-in)")
	root.AddCommand(newProcess(o), newWorker())
	return root
}

// profile finds the call that --call names.
func (o *options) profile() (*call.Call, error) {
	if o.call == "" {
		all := call.Builtin()
		newest := all[0]
		for _, c := range all {
			if c.Year > newest.Year {
				newest = c
			}
		}
		return newest, nil
	}
	if c := call.Find(o.call); c != nil {
		return c, nil
	}
	b, err := os.ReadFile(o.call)
	if err != nil {
		return nil, usage{fmt.Errorf("--call %s is neither a built-in call nor a readable profile: %w", o.call, err)}
	}
	return call.Parse(o.call, b)
}

// desk is what commands work with: the store, the index and, where pages are
// read, the readers.
type desk struct {
	store storage.Store
	index index.Index
	pool  *ocr.Pool
	close []func() error
}

func (d *desk) Close() error {
	var errs []error
	for i := len(d.close) - 1; i >= 0; i-- {
		errs = append(errs, d.close[i]())
	}
	return errors.Join(errs...)
}

// open opens the data folder's store and index.
func (o *options) open(ctx context.Context) (*desk, error) {
	d := &desk{}
	store, err := dir.Open(filepath.Join(o.data, "store"))
	if err != nil {
		return nil, fmt.Errorf("open the store in %s: %w", o.data, err)
	}
	d.store = store
	d.close = append(d.close, store.Close)
	x, err := bleve.Open(filepath.Join(o.data, "index"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the index in %s: %w", o.data, err), d.Close())
	}
	d.index = x
	d.close = append(d.close, x.Close)
	return d, nil
}
