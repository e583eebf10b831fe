package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"sealdesk/audit"
	"sealdesk/desk"
	"sealdesk/figures"
	document "sealdesk/report"
)

func newReport(o *options) *cobra.Command {
	t := &tables{options: o}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Count what is on file: completeness, defects, quotas, deadlines",
		Long: `Count the applications on file by year and recommender: how many are complete, what is
wrong with the others, how quotas are used, what came in time, and how often people
corrected what the machine read. The figures are those of the desk's page of reports,
and what they count is written below them.

Text goes to standard output; xlsx, csv and pdf are files for others. The format is that
of --out's name where --format is not given. Each report leaves a record in the audit
trail under the name of the machine's user.`,
		Example: `  sealdesk report --year 2022
  sealdesk report --recommender 某某市科学技术局 --out report.xlsx`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			return t.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		}),
	}
	f := cmd.Flags()
	f.IntVar(&t.year, "year", 0, "only calls of this year")
	f.StringVar(&t.recommender, "recommender", "", "only this recommender; "+figures.Unread+" for those that could not be read")
	f.StringVar(&t.format, "format", "", "xlsx, csv, pdf or text")
	f.StringVar(&t.out, "out", "", "the file to write")
	return cmd
}

// tables are the figures of a report, on their way to a file.
type tables struct {
	*options
	year                     int
	recommender, format, out string
}

// reportWriters write a report in a format.
var reportWriters = map[string]func(*document.Document, io.Writer) error{
	"xlsx": (*document.Document).XLSX,
	"csv":  (*document.Document).CSV,
	"pdf":  (*document.Document).PDF,
	"text": writeTables,
}

// writer finds the format that is asked for.
func (t *tables) writer(stdout io.Writer) (func(*document.Document, io.Writer) error, error) {
	if t.format == "" {
		t.format = "text"
		if end := strings.ToLower(strings.TrimPrefix(filepath.Ext(t.out), ".")); reportWriters[end] != nil {
			t.format = end
		}
	}
	write, ok := reportWriters[t.format]
	switch {
	case !ok:
		return nil, misuse("--format must be xlsx, csv, pdf or text, not %q", t.format)
	case t.year < 0 || t.year > 9999:
		return nil, misuse("--year must be a year")
	case (t.format == "xlsx" || t.format == "pdf") && t.out == "" && isTerminal(stdout):
		return nil, misuse("this format is nothing for a terminal: name a file with --out")
	}
	return write, nil
}

func (t *tables) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	write, err := t.writer(stdout)
	if err != nil {
		return err
	}
	if _, err := t.profile(); err != nil {
		return err // told before all is read
	}
	store, err := t.existing(ctx)
	if err != nil {
		return err
	}
	defer closing(store, &err)
	b := newBar(stderr, 1)
	defer b.clear()
	filed, err := desk.Applications(ctx, store, t.knownCall, b.steps)
	if err != nil {
		return err
	}
	b.clear()
	counted := figures.Count(filed, figures.Filter{Year: t.year, Recommender: strings.TrimSpace(t.recommender)})
	if _, ok := counted.Named(); !ok && counted.Filter.Recommender != "" {
		return fmt.Errorf("没有叫“%s”的推荐部门。%s", counted.Filter.Recommender, perhaps(counted))
	}
	var made bytes.Buffer
	if err := write(document.Figures(counted, document.Chinese, time.Now()), &made); err != nil {
		return err
	}
	if err := t.record(ctx, audit.New(store)); err != nil {
		return err
	}
	if t.out == "" {
		_, err = made.WriteTo(stdout)
	} else {
		err = os.WriteFile(t.out, made.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// record leaves a record of a report that is about to be given out.
func (t *tables) record(ctx context.Context, trail *audit.Log) error {
	detail := "format=" + t.format
	if t.year != 0 {
		detail += fmt.Sprintf(" year=%d", t.year)
	}
	if t.recommender != "" {
		detail += " recommender=one"
	}
	return trail.Append(ctx, audit.Entry{User: operator(), Action: audit.Export, Object: "report", Detail: detail})
}

// perhaps names the recommenders that somebody may have meant.
func perhaps(f *figures.Report) string {
	var names []string
	for _, k := range f.Recommenders {
		if strings.Contains(k.Name, f.Filter.Recommender) {
			names = append(names, k.Name)
		}
	}
	if len(names) == 0 {
		return "名称要写全，与材料上的一致。"
	}
	return "是不是：" + strings.Join(names[:min(len(names), 10)], "、")
}

// writeTables writes a report as text, its columns one below the other.
func writeTables(d *document.Document, w io.Writer) error {
	p := newPrinter(w)
	p.printf("%s\n%s\n%s\n", painted{d.Title, bold}, d.Scope, d.Made)
	for _, t := range d.Tables {
		p.printf("\n%s\n", painted{t.Title, bold})
		if t.Note != "" {
			p.printf("%s\n", t.Note)
		}
		if len(t.Rows) == 0 {
			p.printf("%s\n", t.Empty)
			continue
		}
		heads := make([]document.Cell, len(t.Columns))
		for i, c := range t.Columns {
			heads[i].Text = c.Head
		}
		rows := append([]document.Row{{Cells: heads}}, t.Rows...)
		widths := make([]int, len(t.Columns))
		for _, r := range rows {
			for i, c := range r.Cells {
				widths[i] = max(widths[i], runewidth.StringWidth(c.Text))
			}
		}
		for _, r := range rows {
			p.printf("%s\n", padded(t, widths, r))
		}
	}
	p.printf("\n")
	for _, def := range d.Definitions {
		p.printf("%s：%s\n", def.Term, def.Text)
	}
	return p.err
}

// padded is one row: text at the left of its column, numbers at the right.
func padded(t document.Table, widths []int, r document.Row) string {
	var cells []string
	for i, c := range r.Cells {
		blanks := strings.Repeat(" ", widths[i]-runewidth.StringWidth(c.Text))
		if slices.Contains([]document.CellKind{document.Count, document.Share}, t.Columns[i].Kind) {
			cells = append(cells, blanks+c.Text)
		} else {
			cells = append(cells, c.Text+blanks)
		}
	}
	return strings.TrimRight(strings.Join(cells, "  "), " ")
}
