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
	"sealdesk/storage/dir"
)

// The exit statuses.
const (
	exitOK        = 0
	exitFailed    = 1 // the program could not do its work, or found what it was asked to look for
	exitUsage     = 2
	exitUnread    = 3 // at least one file could not be read
	exitCancelled = 130
)

// exit is an error that ends the program with a status and without a message.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// usage marks an error as one of how the program was called.
type usage struct{ error }

func misuse(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// run is the program without its process: it gives the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	c, err := root.ExecuteContextC(ctx)
	var status exit
	var wrong usage
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return int(status)
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "sealdesk: 已中断。已完成的材料都已保存，重新运行同一命令即可接着做。")
		return exitCancelled
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "sealdesk: %s\nTry: %s --help\n", cleanLines(err.Error()), c.CommandPath())
		return exitUsage
	default:
		fmt.Fprintln(stderr, "sealdesk:", cleanLines(err.Error()))
		return exitFailed
	}
}

// options hold what all subcommands share.
type options struct {
	data string
	call string
}

const defaultData = "sealdesk-data"

func newRoot() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use:   "sealdesk",
		Short: "Turn scanned, stamped applications into checked, searchable ones",
		Long: `Sealdesk reads scanned bundles of stamped applications (PDF, TIFF, JPEG, PNG),
checks each application against the call it answers and keeps the results, so that
they can be searched. Start with

  sealdesk doctor             see whether this machine has what is needed
  sealdesk process FILE...    read bundles and report on them
  sealdesk search WORDS...    find applications that were read`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          positional(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			c.SetOut(c.ErrOrStderr())
			if err := c.Help(); err != nil {
				return err
			}
			return exit(exitUsage)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	data := os.Getenv("SEALDESK_DATA")
	if data == "" {
		data = defaultData
	}
	root.PersistentFlags().StringVar(&o.data, "data", data, "folder where bundles are kept (or SEALDESK_DATA)")
	root.PersistentFlags().StringVar(&o.call, "call", "", "the call: a built-in id or a profile file (default: the newest built-in)")
	root.AddCommand(newProcess(o), newSearch(o), newReindex(o), newCall(o), newDoctor(o), newModels(), newVersion(), newWorker())
	return root
}

// positional makes a wrong number of arguments an error of usage.
func positional(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usage{err}
		}
		return nil
	}
}

// profile finds the call that --call names.
func (o *options) profile() (*call.Call, error) {
	if o.call == "" {
		return newest(), nil
	}
	if c := call.Find(o.call); c != nil {
		return c, nil
	}
	b, err := os.ReadFile(o.call)
	if err != nil {
		return nil, misuse("--call %s is neither a built-in call nor a profile file: %w", o.call, err)
	}
	return call.Parse(o.call, b)
}

// newest is the latest of the built-in calls.
func newest() *call.Call {
	all := call.Builtin()
	best := all[0]
	for _, c := range all {
		if c.Year > best.Year {
			best = c
		}
	}
	return best
}

// store opens the data folder's store, making the folder when there is none.
func (o *options) store() (*dir.Store, error) {
	s, err := dir.Open(filepath.Join(o.data, "store"))
	if err != nil {
		return nil, fmt.Errorf("数据文件夹 %s 不能使用，请检查路径和权限：%w", o.data, err)
	}
	return s, nil
}

// existing opens the store of a data folder that holds something already.
func (o *options) existing() (*dir.Store, error) {
	if _, err := os.Stat(filepath.Join(o.data, "store")); err != nil {
		return nil, fmt.Errorf("数据文件夹 %s 里还没有材料。请先运行 sealdesk process，或用 --data 指定数据文件夹", o.data)
	}
	return o.store()
}
