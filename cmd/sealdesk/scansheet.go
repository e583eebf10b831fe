package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	separator "sealdesk/pipeline/sheet"
	pdf "sealdesk/report"
)

// mostSheets is more than any stack needs, and keeps a slip of the finger from
// making a PDF that no printer takes.
const mostSheets = 500

func newScanSheet(o *options) *cobra.Command {
	s := &scanSheet{options: o}
	cmd := &cobra.Command{
		Use:   "scan-sheet --recommender NAME",
		Short: "Print separator sheets that split a stack of scans",
		Long: `Print separator sheets: a PDF, a page each, with a code that says which call and
recommender the application behind it belongs to. Lay one in front of each application
and feed the whole stack through the scanner; the code is read from the scan.

The PDF goes to standard output, or to the file that --out names.`,
		Example: `  sealdesk scan-sheet --recommender 某某市科学技术局 --count 20 --out sheets.pdf
  sealdesk scan-sheet --recommender 某某市科学技术局 | lp`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			return s.run(c.OutOrStdout())
		}),
	}
	f := cmd.Flags()
	f.StringVar(&s.recommender, "recommender", "", "the recommending department's name")
	f.StringVar(&s.receipt, "receipt", "", "the number of the receipt that was given out for the applications")
	f.IntVar(&s.count, "count", 1, fmt.Sprintf("how many sheets, from 1 to %d", mostSheets))
	f.StringVar(&s.out, "out", "", "the file to write")
	return cmd
}

type scanSheet struct {
	*options
	recommender, receipt, out string
	count                     int
}

func (s *scanSheet) run(stdout io.Writer) error {
	one := separator.Sheet{Recommender: strings.TrimSpace(s.recommender), Receipt: strings.ToUpper(strings.TrimSpace(s.receipt))}
	switch {
	case one.Recommender == "":
		return misuse("name the recommending department with --recommender")
	case s.count < 1 || s.count > mostSheets:
		return misuse("--count must be from 1 to %d", mostSheets)
	case s.out == "" && isTerminal(stdout):
		return misuse("a PDF is nothing for a terminal: name a file with --out, or pipe it to a printer")
	}
	profile, err := s.profile()
	if err != nil {
		return err
	}
	one.Call = profile.ID
	if _, err := one.Payload(); err != nil {
		return usage{err}
	}
	var b bytes.Buffer
	if err := pdf.SeparatorSheets(&b, profile, slices.Repeat([]separator.Sheet{one}, s.count)); err != nil {
		return err
	}
	if s.out == "" {
		_, err = b.WriteTo(stdout)
	} else {
		err = os.WriteFile(s.out, b.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the separator sheets: %w", err)
	}
	return nil
}
