package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"sealdesk/audit"
	"sealdesk/inspect"
	"sealdesk/likeness"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
)

func newVerify(o *options) *cobra.Command {
	v := &verification{options: o}
	c := &cobra.Command{
		Use:   "verify",
		Short: "Say whether all that is kept is as it was stored, and put right what can be",
		Long: `Read everything that is kept and say what is wrong with it: bytes that are not those
that were stored, originals that are not what their name says, results and records that
are missing or belong to nothing, a break in the audit trail, and whatever the search
index lacks, has too much or says otherwise. Nothing is changed.

With --repair, what is derived is made anew: the index, short forms of results, and
results, by reading their bundles again (where queue.url is configured, by putting them
into the queue). What belongs to nothing and is damaged is moved aside, never deleted.
What is truth cannot be made anew: it is named, to be fetched from a backup by sealdesk
restore --only KEY.

The desk may go on working; where the index is a folder's, stop it first, or the index is
not compared.

Exit status: 0 when nothing is wrong, or all of it was put right; else 1.`,
		Example: `  sealdesk verify
  sealdesk verify --repair
  sealdesk verify --json`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			return v.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		}),
	}
	c.Flags().BoolVar(&v.repair, "repair", false, "make anew what is derived, move aside what belongs to nothing")
	c.Flags().BoolVar(&v.asJSON, "json", false, "say it as JSON")
	return c
}

// verification is one run of `sealdesk verify`.
type verification struct {
	*options
	repair, asJSON bool
}

func (v *verification) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if _, err := v.profile(); err != nil {
		return err
	}
	s, err := v.existing(ctx)
	if err != nil {
		return err
	}
	defer closing(s, &err)
	bar := newBar(stderr, 1)
	defer bar.clear()
	o := inspect.Options{Store: s, Index: v.index(s, stderr), Calls: v.knownCall, Known: ledgerKey, Progress: bar.steps}
	if o.Marks, err = v.keptMarks(); err != nil {
		return err
	}
	if v.repair { // sealdesk serve fills in what is missing, too: that is nothing wrong
		if o.Texts, err = v.openTexts(); err != nil {
			return err
		}
		if o.Texts != nil {
			defer closing(o.Texts, &err)
		}
	}
	r, err := inspect.Run(ctx, o)
	if err != nil {
		return err
	}
	bar.clear()
	if v.repair && len(r.Findings) > 0 {
		again := &rereading{options: v.options, bar: bar}
		err := inspect.Mend(ctx, inspect.Mender{Options: o, SetAside: s.SetAside, Read: again.read}, r)
		if err := errors.Join(err, again.opened.Close()); err != nil {
			return err
		}
		bar.clear()
	}
	if v.asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		err = enc.Encode(r)
	} else {
		err = tellReport(newPrinter(stdout), r)
	}
	for _, f := range r.Findings {
		if f.Mended == "" {
			return errors.Join(err, exit(exitFailed))
		}
	}
	return err
}

// openTexts opens the texts that are held against one another, nil where there are none yet,
// or a desk that works has them, and fills in what is missing by itself.
func (o *options) openTexts() (*likeness.Index, error) {
	path := filepath.Join(o.Data, "likeness")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	texts, err := likeness.Open(path)
	if errors.Is(err, likeness.ErrLocked) {
		return nil, nil
	}
	return texts, err
}

// keptMarks is what the last sealdesk audit verify noted.
func (o *options) keptMarks() ([]audit.Mark, error) {
	file := filepath.Join(o.Data, markName)
	kept, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var m audit.Mark
	if err == nil {
		m, err = audit.ParseMark(string(kept))
	}
	if err != nil {
		return nil, fmt.Errorf("不能使用记着审计标记的文件 %s：%w", file, err)
	}
	return []audit.Mark{m}, nil
}

// kindNames are the kinds of findings as people read them.
var kindNames = map[inspect.Kind]string{
	inspect.Damaged: "损坏", inspect.Wrong: "不符", inspect.Lost: "缺失", inspect.NoResult: "无结果", inspect.Orphan: "无主",
	inspect.Outdated: "过时", inspect.Audit: "审计", inspect.Index: "检索库", inspect.Unlooked: "未核对",
}

// tellReport says what was looked at and found.
func tellReport(p *printer, r *inspect.Report) error {
	p.printf("核对了 %d 个对象（%s）：%d 份材料，%d 份申报，检索库里 %d 份，审计记录 %d 条。\n",
		r.Objects, megabytes(r.Bytes), r.Bundles, r.Applications, r.Indexed, r.Entries)
	if len(r.Findings) == 0 {
		p.printf("%s\n", painted{"没有发现问题。", green})
		return p.err
	}
	mended, mendable, fetch := 0, false, ""
	for _, f := range r.Findings {
		at := f.Key
		if at == "" {
			at = f.Bundle
		}
		colour := red
		if f.Mended != "" {
			colour = green
			mended++
		}
		p.printf("  %s  %s  %s", painted{kindNames[f.Kind], colour}, at, f.Message)
		switch {
		case f.Mended != "":
			p.printf("；%s", f.Mended)
		case f.Trouble != "":
			p.printf("；没有更正：%s", f.Trouble)
		case f.Mendable:
			mendable = true
		case f.Key != "" && f.Kind != inspect.NoResult && fetch == "":
			fetch = f.Key
		}
		p.printf("\n")
	}
	p.printf("共 %d 处问题，已更正 %d 处。\n", len(r.Findings), mended)
	if mendable {
		p.printf("没有更正的有一些可用 sealdesk verify --repair 更正；刚放进去的无主对象，一小时后再看。\n")
	}
	if fetch != "" {
		p.printf("损坏或缺失的原件和记录只能从备份取回，每个一次：sealdesk restore 备份位置 --only %s\n", fetch)
	}
	return p.err
}

// ledgerKeys are the keys of what `sealdesk watch` writes down.
var ledgerKeys = regexp.MustCompile(`^intake/[a-z0-9][a-z0-9.-]+/[0-9a-f]{32}(` + regexp.QuoteMeta(failedMark) + `[0-9a-f]{8})?\.json$`)

func ledgerKey(key string) bool { return ledgerKeys.MatchString(key) }

// rereading has bundles read again. What it needs is opened when it is needed.
type rereading struct {
	*options
	bar    *bar
	opened closers
	line   *reading
	queue  *queue.Queue
}

// read has a bundle read: by those who read for the desk, or else here and at once.
func (r *rereading) read(ctx context.Context, sha string, arrangement int) (string, error) {
	if r.Queue.URL != "" {
		if r.queue == nil {
			jobs, _, err := r.openQueue(ctx, r.log(r.bar, slog.LevelWarn))
			if err != nil {
				return "", err
			}
			r.opened.add(jobs)
			r.queue = jobs
		}
		err := r.queue.Put(ctx, queue.Job{Bundle: sha, Priority: queue.Backlog, Arrangement: arrangement})
		return "已放进队列等待读取", err
	}
	if r.line == nil {
		profile, err := r.profile()
		if err != nil {
			return "", err
		}
		line, err := r.open(ctx, profile, 0, r.bar)
		if err != nil {
			return "", err
		}
		r.opened.add(line)
		r.line = line
	}
	arranged, err := pipeline.History[pipeline.Arrangement](ctx, r.line.store, sha, pipeline.Arrangements)
	if err != nil {
		return "", err
	}
	var as *pipeline.Arrangement
	for i := range arranged {
		if arranged[i].Seq == arrangement {
			as = &arranged[i]
		}
	}
	if _, err := r.line.Read(ctx, sha, as, nil); err != nil {
		return "", err
	}
	r.line.index.report()
	return "已重新读取", nil
}
