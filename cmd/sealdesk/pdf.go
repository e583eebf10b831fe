package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"

	"sealdesk/audit"
	"sealdesk/pipeline"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

func newPDF(o *options) *cobra.Command {
	p := &searchablePDF{options: o}
	cmd := &cobra.Command{
		Use:   "pdf BUNDLE",
		Short: "Write a bundle as a PDF whose text can be searched and copied",
		Long: `Write a bundle that was read as one PDF: its pages as they were scanned, with the text
that was read on them below the pictures, to be searched and copied. The pictures are
those of the originals, byte for byte. Pages that somebody dropped at the desk are left
out, and pages stand as they were arranged there.

BUNDLE is the scan that was read, the sha256 of its bytes or the beginning of it, or the
id of one of its applications.

The PDF goes to standard output, or to the file that --out names. It leaves a record in
the audit trail under the name of the machine's user.`,
		Example: `  sealdesk pdf scan.tif --out scan.pdf
  sealdesk pdf 3f9a21c07b --out scan.pdf`,
		Args: positional(cobra.ExactArgs(1)),
		RunE: o.configured(func(c *cobra.Command, args []string) error {
			return p.run(c.Context(), args[0], c.OutOrStdout())
		}),
	}
	cmd.Flags().StringVarP(&p.out, "out", "o", "", "the file to write")
	return cmd
}

type searchablePDF struct {
	*options
	out string
}

func (p *searchablePDF) run(ctx context.Context, which string, stdout io.Writer) (err error) {
	if p.out == "" && isTerminal(stdout) {
		return misuse("a PDF is nothing for a terminal: name a file with --out")
	}
	store, err := p.existing(ctx)
	if err != nil {
		return err
	}
	defer closing(store, &err)
	sha, err := findBundle(ctx, store, which)
	if err != nil {
		return err
	}
	entry := audit.Entry{User: operator(), Action: audit.Export, Object: "bundles/" + sha, Detail: "searchable"}
	if err := audit.New(store).Append(ctx, entry); err != nil {
		return err
	}
	write := func(w io.Writer) error {
		return pipeline.WritePDF(ctx, store, sha, page.Options{MaxBytes: maxScan}, nil, w)
	}
	if p.out == "" {
		err = write(stdout)
	} else {
		err = writeFile(p.out, write)
	}
	if errors.Is(err, storage.ErrNotExist) {
		return fmt.Errorf("%s 还没有读过，先用 process 读它：%w", which, err)
	}
	return err
}

// writeFile makes a file that is there whole or not at all.
func writeFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".sealdesk-*.pdf")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriter(f)
	if err := errors.Join(write(w), w.Flush(), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// begins is the beginning of a bundle's sha256, alone or in an application's id.
var begins = regexp.MustCompile(`^([0-9a-f]{8,64})(-[0-9]+)?$`)

// findBundle gives the sha256 of the bundle that somebody means.
func findBundle(ctx context.Context, s storage.Store, which string) (string, error) {
	if m := begins.FindStringSubmatch(which); m != nil {
		found, err := pipeline.Find(ctx, s, m[1])
		switch {
		case err != nil:
			return "", err
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return "", misuse("several bundles begin with %s, say more of it", m[1])
		}
	}
	f, err := os.Open(which)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("没有叫 %s 的文件，也没有这样的材料", which)
	}
	if err != nil {
		return "", fmt.Errorf("read the scan: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read the scan: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
