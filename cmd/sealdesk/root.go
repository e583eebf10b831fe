package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sealdesk/config"
	"sealdesk/extract/call"
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
  sealdesk search WORDS...    find applications that were read
  sealdesk serve              open the desk for clerks and reviewers in a browser`,
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
	root.SetFlagErrorFunc(flagError)
	o.register(root)
	root.AddCommand(
		newProcess(o), newReprocess(o), newWatch(o), newServe(o), newWork(o), newReady(), newSearch(o), newReport(o), newPDF(o), newScanSheet(o),
		newCall(o), newUser(o), newToken(o), newAudit(o),
		newBackup(o), newRestore(o), newVerify(o), newMigrate(o), newReindex(o),
		newConfig(o), newDoctor(o), newModels(o), newVersion(), newWorker(),
	)
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

// profile finds the call that is configured.
func (o *options) profile() (*call.Call, error) {
	c, err := o.findCall(o.Call)
	if at := o.Origin("call"); errors.Is(err, errNoCall) {
		err = fmt.Errorf("%s: %w", at, err)
		if at.Layer == config.Flag {
			err = usage{err}
		}
	}
	return c, err
}

var errNoCall = errors.New("is neither the id of a call nor a profile file")

// library is the calls that are known by their ids.
func (o *options) library() *call.Library {
	if o.calls == nil {
		o.calls = call.NewLibrary(o.callsFolder())
	}
	return o.calls
}

// callsFolder is where profiles of further calls are.
func (o *options) callsFolder() string {
	if o.Calls != "" {
		return o.Calls
	}
	return filepath.Join(o.Data, "calls")
}

// findCall gives the call with an id, that of a profile file, or the newest built-in one
// for "".
func (o *options) findCall(which string) (*call.Call, error) {
	if which == "" {
		return newest(), nil
	}
	if c := o.library().Find(which); c != nil {
		return c, nil
	}
	b, err := os.ReadFile(which)
	if err != nil {
		return nil, fmt.Errorf("%s %w: %w", which, errNoCall, err)
	}
	return call.Parse(which, b)
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
