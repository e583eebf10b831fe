package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
)

func newProcess(o *options) *cobra.Command {
	var asJSON, asOne bool
	var workers int
	cmd := &cobra.Command{
		Use:   "process FILE|DIR...",
		Short: "Read scanned bundles, check them and keep the results",
		Long: `Read scanned bundles (PDF, TIFF, JPEG, PNG), check them against the call and keep
the results. A folder stands for the scans in it.

Exit status: 0 when every file was read, whatever the checks say; 2 for bad usage;
3 when at least one file could not be read.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage{errors.New("name at least one scan: sealdesk process FILE...")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return process(c, o, args, asJSON, asOne, workers)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each file instead of a report")
	cmd.Flags().BoolVar(&asOne, "as-one", false, "take all files as the pages of one bundle")
	cmd.Flags().IntVar(&workers, "workers", 0, "readers at work at the same time (default: one for each processor)")
	return cmd
}

// scan is one input: open files, or why there are none.
type scan struct {
	name  string
	files []page.File
	close []*os.File
	err   *bundle.Error
}

func process(c *cobra.Command, o *options, args []string, asJSON, asOne bool, workers int) error {
	ctx := c.Context()
	profile, err := o.profile()
	if err != nil {
		return err
	}
	names, err := expand(args)
	if err != nil {
		return err
	}
	desk, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer desk.Close()
	pool, err := ocr.NewPool(ctx, ocr.Options{Workers: workers})
	if err != nil {
		return err
	}
	desk.close = append(desk.close, pool.Close)

	bar := newBar(c.ErrOrStderr())
	p, err := pipeline.New(ctx, pipeline.Options{
		Store: desk.store, Index: desk.index, Reader: pool, Call: profile, Progress: bar.tell,
	})
	if err != nil {
		return err
	}
	defer p.Close()

	groups := [][]string{names}
	if !asOne {
		groups = groups[:0]
		for _, n := range names {
			groups = append(groups, []string{n})
		}
	}
	bar.inputs = len(groups)
	unread := 0
	var inputs []pipeline.Input
	for _, g := range groups {
		inputs = append(inputs, pipeline.Input{Name: g[0], Files: files(g)})
	}
	err = p.Run(ctx, inputs, func(i int, out pipeline.Outcome) error {
		for _, f := range inputs[i].Files {
			if f, ok := f.Data.(*lazyFile); ok {
				f.Close()
			}
		}
		var broken *bundle.Error
		if errors.As(out.Err, &broken) {
			unread++
		} else if out.Err != nil {
			return out.Err
		}
		bar.clear()
		if asJSON {
			return printJSON(c.OutOrStdout(), inputs[i].Name, out.Result, broken)
		}
		return printReport(c.OutOrStdout(), inputs[i].Name, out.Result, broken)
	})
	bar.clear()
	if err != nil {
		return err
	}
	if unread > 0 {
		return exit(exitUnread)
	}
	return nil
}

// expand replaces folders by the files in them, in order of name. Hidden files
// are passed over.
func expand(args []string) ([]string, error) {
	var out []string
	for _, a := range args {
		info, err := os.Stat(a)
		if err != nil || !info.IsDir() {
			out = append(out, a) // what cannot be opened is that file's error
			continue
		}
		err = filepath.WalkDir(a, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case strings.HasPrefix(d.Name(), ".") && path != a:
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.Type().IsRegular():
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", a, err)
		}
	}
	if len(out) == 0 {
		return nil, usage{errors.New("there are no files in the folders given")}
	}
	return slices.Clip(out), nil
}

// lazyFile is a file that is opened when first read, so that a long list of
// scans does not hold as many open files.
type lazyFile struct {
	path string
	mu   sync.Mutex
	f    *os.File
}

func (l *lazyFile) ReadAt(b []byte, off int64) (int, error) {
	l.mu.Lock()
	if l.f == nil {
		f, err := os.Open(l.path)
		if err != nil {
			l.mu.Unlock()
			return 0, err
		}
		l.f = f
	}
	f := l.f
	l.mu.Unlock()
	return f.ReadAt(b, off)
}

// Close closes the file; it is opened again when read again.
func (l *lazyFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	f := l.f
	l.f = nil
	return f.Close()
}

func files(names []string) []page.File {
	var out []page.File
	for _, n := range names {
		size := int64(0)
		if info, err := os.Stat(n); err == nil {
			size = info.Size()
		}
		out = append(out, page.File{Name: n, Data: &lazyFile{path: n}, Size: size})
	}
	return out
}

func printJSON(w io.Writer, name string, r *bundle.Result, broken *bundle.Error) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if broken != nil {
		return enc.Encode(bundle.Failure{File: filepath.Base(name), Error: broken})
	}
	return enc.Encode(r)
}

// bar shows how far the run is, on a terminal only.
type bar struct {
	mu     sync.Mutex
	bar    *progressbar.ProgressBar
	inputs int
}

func newBar(w io.Writer) *bar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &bar{}
	}
	return &bar{bar: progressbar.NewOptions(1, progressbar.OptionSetWriter(f), progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))}
}

func (b *bar) tell(g pipeline.Progress) {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar.Describe(fmt.Sprintf("%d/%d %s", g.Input+1, b.inputs, filepath.Base(g.File)))
	b.bar.ChangeMax(g.Pages)
	_ = b.bar.Set(g.Done)
}

func (b *bar) clear() {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.bar.Clear()
}

