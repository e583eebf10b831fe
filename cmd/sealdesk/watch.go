package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/storage/s3"
)

func newWatch(o *options) *cobra.Command {
	w := &watch{options: o}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Take scans from the intake bucket as they come",
		Long: `Take scans from the intake bucket as they come, until interrupted: read, check and
keep what is new in it, with a line on standard output for each bundle, and look again
when the service tells of something new, where it can, and else every --every.

Nothing in the intake is changed or deleted. What became of each object is kept in the
store: one that was read is not fetched again, and one that cannot be read is tried
again only by another version of the program or with --retry. Interrupted anywhere and
started again, it goes on and doubles nothing. To read all anew, with another call for
example, use sealdesk process s3://BUCKET/PREFIX.

Exit status: 0 when interrupted, 1 when the intake, the store or the readers cannot be
used at the start.`,
		Example: `  sealdesk watch --intake-bucket scans
  sealdesk watch --json >> results.ndjson`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			err := w.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
			if ctx := c.Context(); ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) {
				return nil // to be interrupted is how it ends
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(&w.asJSON, "json", false, "print a line of JSON for each bundle, as process does")
	cmd.Flags().BoolVar(&w.retry, "retry", false, "try once more what could not be read before")
	cmd.Flags().DurationVar(&w.every, "every", 30*time.Second, "how often to look for new scans")
	return cmd
}

type watch struct {
	*options
	asJSON, retry bool
	every         time.Duration
}

func (w *watch) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if w.every < time.Second {
		return misuse("--every must be at least 1s")
	}
	if w.Intake.Bucket == "" {
		return misuse("say which bucket the scans come into: intake.bucket, SEALDESK_INTAKE_BUCKET or --intake-bucket")
	}
	profile, err := w.profile()
	if err != nil {
		return err
	}
	in, err := w.openIntake(ctx, w.Intake.Bucket)
	if err != nil {
		return err
	}
	defer closing(in, &err)
	bar := newBar(stderr, 0)
	defer bar.clear()
	line, err := w.open(ctx, profile, 0, bar)
	if err != nil {
		return err
	}
	defer closing(line, &err)
	book, err := openLedger(ctx, line.store, w.Intake.Bucket, w.retry)
	if err != nil {
		return err
	}
	listening, stop := context.WithCancel(ctx)
	woken := in.Wake(listening, w.Intake.Prefix)
	defer func() {
		stop()
		for range woken { // is closed when nothing listens any more
		}
	}()
	fmt.Fprintf(bar, "正在从 s3://%s/%s 接收材料，按 Ctrl-C 停止。\n", clean(w.Intake.Bucket), clean(w.Intake.Prefix))
	d := &intakeDesk{reading: line, in: in, prefix: w.Intake.Prefix, book: book, bar: bar, out: brief{newPrinter(stdout)}}
	if w.asJSON {
		d.out = newLines(stdout)
	}
	for {
		if err := w.room(); err != nil {
			fmt.Fprintf(bar, "磁盘空间不足，暂不接收材料，清理后自动继续（%s）。\n", clean(err.Error()))
		} else if err := d.round(ctx); err != nil {
			return err
		}
		select {
		case <-woken:
		case <-time.After(w.every):
		case <-ctx.Done():
			return nil
		}
	}
}

// enterTime is how long a record of the ledger may take.
const enterTime = 30 * time.Second

// intakeDesk takes what comes into an intake.
type intakeDesk struct {
	*reading
	in     *s3.Intake
	prefix string
	book   *ledger
	bar    *bar
	out    output
}

// round reads all that is in the intake and has no outcome yet. It returns an error
// only when there is no going on; what is not the scan's fault is tried again in a later
// round.
func (d *intakeDesk) round(ctx context.Context) error {
	var objects []s3.Object
	var ins []pipeline.Input
	for o, err := range d.in.List(ctx, d.prefix) {
		if err != nil {
			if ctx.Err() == nil {
				fmt.Fprintf(d.bar, "暂时无法列出 s3://%s 中的材料，稍后再试（%s）。\n", clean(d.book.bucket), clean(err.Error()))
			}
			break // what was listed can be read meanwhile
		}
		s := objectScan(ctx, d.in, o)
		if passedOver(s.name) || d.book.has(o) {
			continue
		}
		objects = append(objects, o)
		ins = append(ins, inputs([]scan{s}, false)...)
	}
	d.bar.expect(len(ins))
	defer d.bar.clear()
	err := d.Run(ctx, ins, func(i int, outcome pipeline.Outcome) error {
		d.bar.finished()
		closeFiles(ins[i])
		var broken *bundle.Error
		if outcome.Err != nil && !errors.As(outcome.Err, &broken) {
			return outcome.Err
		}
		if err := d.out.bundle(ins[i].Name, outcome.Result, broken); err != nil {
			return err
		}
		// What was told is written down also when the end is asked for meanwhile, or
		// it would be told again.
		writing, done := context.WithTimeout(context.WithoutCancel(ctx), enterTime)
		defer done()
		err := d.book.enter(writing, objects[i], outcome.Result, broken)
		if err != nil && ctx.Err() == nil {
			fmt.Fprintf(d.bar, "%s 的处理结果未能记录，稍后再试（%s）。\n", clean(ins[i].Name), clean(err.Error()))
			return nil
		}
		return err
	})
	d.index.report()
	return err
}

// brief is a line for people for each bundle.
type brief struct{ *printer }

// bundle implements output.
func (b brief) bundle(name string, res *bundle.Result, broken *bundle.Error) error {
	switch {
	case broken != nil:
		b.printf("%s  %s（%s）：%s\n", painted{name, bold}, painted{"未能读取", red}, broken.Code, broken.Message)
	case len(res.Applications) == 0:
		b.printf("%s  %s\n", painted{name, bold}, painted{"没有找到申报材料", yellow})
	default:
		b.printf("%s（%d 页）", painted{name, bold}, res.Pages)
		for _, a := range res.Applications {
			b.printf("  %s", verdictWords[a.Verdict])
		}
		b.printf("\n")
	}
	return b.err
}

// end implements output.
func (b brief) end() error { return b.err }
