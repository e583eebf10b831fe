package main

import (
	"context"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/extract/draft"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
)

func newDraft(o *options) *cobra.Command {
	d := &drafting{options: o}
	cmd := &cobra.Command{
		Use:   "draft BLANK",
		Short: "Write a profile from a blank form, to be finished by hand",
		Long: `Write a call's profile from its blank form (PDF, TIFF, JPEG or PNG): the cells, labels,
check boxes and limits of length that are printed on it. The profile can be loaded as it
is. It is to be finished by hand: what is guessed or was badly read is marked with a
comment (请核对), and deadline, documents and quotas stand on no form.

The profile goes to standard output, or to the file that --out names.`,
		Example: `  sealdesk call draft blank-form.pdf --out next-year.yaml
  sealdesk call check next-year.yaml`,
		Args: positional(cobra.ExactArgs(1)),
		RunE: o.configured(func(c *cobra.Command, args []string) error {
			return d.run(c.Context(), args[0], c.OutOrStdout(), c.ErrOrStderr())
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&d.out, "out", "o", "", "the file to write")
	f.StringVar(&d.id, "id", "draft", "the call's id: small letters, digits and -")
	f.IntVar(&d.year, "year", 0, "the call's year, where the form does not tell it (default: this year)")
	return cmd
}

type drafting struct {
	*options
	out, id string
	year    int
}

var idShape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (d *drafting) run(ctx context.Context, name string, stdout, stderr io.Writer) (err error) {
	if d.year == 0 {
		d.year = time.Now().Year()
	}
	switch {
	case d.year < 2000 || d.year > 2100:
		return misuse("--year must be from 2000 to 2100")
	case !idShape.MatchString(d.id):
		return misuse("--id must be of small letters, digits and -, like nmg-iscb-2022")
	}
	pages, err := d.pages(ctx, name, stderr)
	if err != nil {
		return err
	}
	profile := draft.Profile(pages, d.id, d.year)
	if _, err := call.Parse(name, profile); err != nil {
		// It is written all the same: what is wrong is mended by hand as the rest is.
		newPrinter(stderr).printf("起草的配置还有问题：\n%s\n", cleanLines(err.Error()))
	}
	if d.out == "" {
		_, err = stdout.Write(profile)
	} else {
		err = os.WriteFile(d.out, profile, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the profile: %w", err)
	}
	return nil
}

// pages reads the form's pages by the stages that read applications.
func (d *drafting) pages(ctx context.Context, name string, stderr io.Writer) (pages []draft.Page, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("不能读取空白申请书：%w", err)
	}
	defer closing(file, &err)
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("不能读取空白申请书：%w", err)
	}
	pool, err := ocr.NewPool(ctx, ocr.Options{Workers: d.OCR.Workers, Second: d.OCR.Models, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer closing(pool, &err)
	src, err := page.Open(ctx, name, file, info.Size(), page.Options{MaxBytes: maxScan, DecodeTIFF: pool.DecodeTIFF})
	if err != nil {
		return nil, err
	}
	defer closing(src, &err)
	b := newBar(stderr, 1)
	defer b.clear()
	for n := 1; n <= src.Pages(); n++ {
		p, err := readForm(ctx, src, n, pool)
		if err != nil {
			return nil, fmt.Errorf("第 %d 页：%w", n, err)
		}
		if p != nil {
			pages = append(pages, *p)
		}
		b.steps(n, src.Pages())
	}
	return pages, nil
}

// readForm reads a page, nil where it is blank.
func readForm(ctx context.Context, src page.Source, n int, pool *ocr.Pool) (*draft.Page, error) {
	scan, err := src.Page(ctx, n)
	if err != nil {
		return nil, err
	}
	img, up, err := page.Upright(ctx, scan, func(ctx context.Context, a, b []*image.Gray) (float64, error) { return ocr.UpDown(ctx, pool, a, b) })
	if err != nil || up.Blank {
		return nil, err
	}
	lay := layout.Analyse(img, nil)
	crops := make([]ocr.Crop, len(lay.Lines))
	for i, l := range lay.Lines {
		crops[i] = ocr.Crop{Image: lay.Crop(l, extract.Margin), Second: pool.HasSecond()}
	}
	readings, err := pool.Read(ctx, crops)
	if err != nil {
		return nil, err
	}
	return &draft.Page{Layout: lay, Readings: readings}, nil
}
