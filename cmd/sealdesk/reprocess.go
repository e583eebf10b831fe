package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
)

func newReprocess(o *options) *cobra.Command {
	r := &reprocess{options: o}
	cmd := &cobra.Command{
		Use:   "reprocess",
		Short: "Have what earlier programs read, read again",
		Long: `Put the bundles in the queue that an earlier program read, or another version of the
call's profile. sealdesk serve or sealdesk work reads them in the background, after all
that somebody waits for. Until a bundle is read, its earlier result stands; corrections
and arrangements by people stay. Only bundles of the call that is configured are read
again. Given again, it puts no bundle twice.

How new the program is, in a number that results carry, is told by sealdesk version. By
default what is older than this program is read again, and what was read with another
version of the profile; --older-than or --profile alone narrows it to that.

Where the queue is in sealdesk serve (without queue.url), end that first; it reads when it
is started again.

Exit status: 0 when they are in the queue, 1 otherwise.`,
		Example: `  sealdesk reprocess --dry-run
  sealdesk reprocess --older-than 4`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			r.any = !c.Flags().Changed("older-than") && !r.profileToo
			return r.run(c.Context(), newPrinter(c.OutOrStdout()), c.ErrOrStderr())
		}),
	}
	cmd.Flags().IntVar(&r.olderThan, "older-than", 0, "read again what an engine of a lower number read (default: this program's)")
	cmd.Flags().BoolVar(&r.profileToo, "profile", false, "read again what another version of the call's profile read")
	cmd.Flags().BoolVar(&r.dry, "dry-run", false, "only say how many there are")
	return cmd
}

// reprocess has bundles read again.
type reprocess struct {
	*options
	olderThan       int
	profileToo, dry bool
	any             bool // neither was asked for: both
}

// reprocessor stands for nobody as the sender of jobs, so that no sender's own wait for
// them.
const reprocessor = "reprocess"

func (r *reprocess) run(ctx context.Context, p *printer, stderr io.Writer) (err error) {
	if r.olderThan < 0 || r.olderThan > pipeline.Engine() {
		return misuse("--older-than must be from 1 to %d, which is this program's number", pipeline.Engine())
	}
	if r.any {
		r.olderThan, r.profileToo = pipeline.Engine(), true
	}
	profile, err := r.profile()
	if err != nil {
		return err
	}
	store, err := r.existing(ctx)
	if err != nil {
		return err
	}
	defer closing(store, &err)
	old, err := pipeline.Older(ctx, store, profile, r.olderThan, r.profileToo)
	if err != nil {
		return err
	}
	engines, profiles := 0, 0
	for _, o := range old {
		if o.Engine < r.olderThan {
			engines++
		} else {
			profiles++
		}
	}
	p.printf("需要重新识别 %d 份材料：旧版程序识别的 %d 份，旧版配置识别的 %d 份。\n", len(old), engines, profiles)
	if r.dry || len(old) == 0 {
		return p.err
	}
	jobs, _, err := r.openQueue(ctx, r.log(stderr, slog.LevelWarn))
	if err != nil {
		return err
	}
	defer closing(jobs, &err)
	for i, o := range old {
		err := jobs.Put(ctx, queue.Job{Bundle: o.Bundle, Priority: queue.Backlog, Sender: reprocessor, Arrangement: o.Arrangement})
		if err != nil {
			return fmt.Errorf("已放入队列 %d 份，其余没有放入；再次运行同一命令即可接着做：%w", i, err)
		}
	}
	p.printf("已全部放入队列，在后台重新识别；在那之前原来的结果照常可用。\n")
	return p.err
}
