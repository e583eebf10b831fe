package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"

	"github.com/spf13/cobra"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
)

func newProcess(o *options) *cobra.Command {
	p := &process{options: o}
	cmd := &cobra.Command{
		Use:   "process FILE|DIR|s3://BUCKET/PREFIX...",
		Short: "Read scanned bundles, check them and keep the results",
		Long: `Read scanned bundles (PDF, TIFF, JPEG, PNG), check the applications in them against
the call and keep originals and results in the data folder. A folder stands for all
files in it and in its folders, s3://BUCKET/PREFIX for all objects of the intake's
service whose keys begin so. The same bundle given again is shown again, not read again.

With --json there is one line on standard output for each file, in the order given:
the bundle's result, or {"file": ..., "error": {"code": ..., "message": ...}}.
Progress and messages go to standard error.

Exit status: 0 when every file was read, whatever the checks say; 2 for bad usage;
3 when at least one file could not be read; 130 when interrupted.`,
		Example: `  sealdesk process scan.pdf
  sealdesk process --as-one page1.jpg page2.jpg
  sealdesk process --json scans/ > results.ndjson
  sealdesk process s3://scans/2022/`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return misuse("name at least one scan or folder of scans")
			}
			return nil
		},
		RunE: o.configured(func(c *cobra.Command, args []string) error {
			return p.run(c.Context(), args, c.OutOrStdout(), c.ErrOrStderr())
		}),
	}
	cmd.Flags().BoolVar(&p.asJSON, "json", false, "print a line of JSON for each file instead of a report")
	cmd.Flags().BoolVar(&p.asOne, "as-one", false, "take all files together as one bundle, in the order given")
	cmd.Flags().IntVar(&p.workers, "workers", 0, "readers at work at the same time (as --ocr-workers; default: one for each processor)")
	return cmd
}

type process struct {
	*options
	asJSON, asOne bool
	workers       int
}

func (p *process) run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	profile, err := p.profile()
	if err != nil {
		return err
	}
	var opened closers
	defer closing(&opened, &err)
	scans, err := p.expand(ctx, &opened, args)
	if err != nil {
		return err
	}
	ins := inputs(scans, p.asOne)
	bar := newBar(stderr, len(ins))
	defer bar.clear()
	line, err := p.open(ctx, profile, p.workers, bar)
	if err != nil {
		return err
	}
	defer closing(line, &err)

	out := p.output(profile, stdout)
	unread := 0
	err = line.Run(ctx, ins, func(i int, o pipeline.Outcome) error {
		bar.finished()
		closeFiles(ins[i])
		var broken *bundle.Error
		if o.Err != nil && !errors.As(o.Err, &broken) {
			return o.Err
		}
		if broken != nil {
			unread++
		}
		return out.bundle(ins[i].Name, o.Result, broken)
	})
	bar.clear()
	if err == nil {
		err = out.end()
	}
	line.index.report()
	if err == nil && unread > 0 {
		err = exit(exitUnread)
	}
	return err
}

// reading is a pipeline with all that it works with.
type reading struct {
	*pipeline.Pipeline
	store  store
	index  *searchIndex
	log    *slog.Logger
	opened closers
}

// Close closes all of it.
func (d *reading) Close() error { return d.opened.Close() }

// closers are what is open, in the order in which it was opened.
type closers []io.Closer

func (c *closers) add(o io.Closer) { *c = append(*c, o) }

// Close closes all of it, last first.
func (c *closers) Close() error {
	var all []error
	for _, o := range slices.Backward(*c) {
		all = append(all, o.Close())
	}
	return errors.Join(all...)
}

// open opens a pipeline and what it works with. It works with so many readers, 0 for as many as are configured.
func (o *options) open(ctx context.Context, profile *call.Call, workers int, bar *bar) (_ *reading, err error) {
	d := &reading{log: o.log(bar, slog.LevelWarn)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if workers == 0 {
		workers = o.OCR.Workers
	}
	pool, err := ocr.NewPool(ctx, ocr.Options{Workers: workers, Second: o.OCR.Models, Log: d.log})
	if err != nil {
		return nil, err
	}
	d.opened.add(pool)
	if d.store, err = o.store(ctx); err != nil {
		return nil, err
	}
	d.opened.add(d.store)
	d.index = o.index(d.store, bar)
	d.opened.add(d.index)
	traces, err := o.traces(ctx, "sealdesk", d.log)
	if err != nil {
		return nil, err
	}
	d.opened.add(traces)
	var others pipeline.Others
	if o.Queue.URL != "" { // else nobody files in this store at the same time
		jobs, all, err := o.openQueue(ctx, d.log)
		if err != nil {
			return nil, err
		}
		d.opened.add(jobs)
		others = all
	}
	d.Pipeline, err = pipeline.New(ctx, pipeline.Options{
		Store: d.store, Index: d.index, Reader: pool, Call: profile, Progress: bar.tell, Observe: traces, Log: d.log, Others: others,
		Limits: page.Options{MaxBytes: maxScan},
	})
	if err != nil {
		return nil, err
	}
	d.opened.add(d.Pipeline)
	return d, nil
}

// closing closes c when a function ends and adds to the function's error.
func closing(c io.Closer, err *error) { *err = errors.Join(*err, c.Close()) }

// output is where the bundles' results go, one after the other.
type output interface {
	bundle(name string, r *bundle.Result, broken *bundle.Error) error
	end() error
}

func (p *process) output(c *call.Call, w io.Writer) output {
	if p.asJSON {
		return newLines(w)
	}
	return &report{printer: newPrinter(w), call: c, options: p.options}
}

// lines are results as NDJSON.
type lines struct{ *json.Encoder }

func newLines(w io.Writer) lines {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return lines{enc}
}

func (l lines) bundle(name string, r *bundle.Result, broken *bundle.Error) error {
	if broken != nil {
		return l.Encode(bundle.Failure{File: name, Error: broken})
	}
	return l.Encode(r)
}

func (l lines) end() error { return nil }
