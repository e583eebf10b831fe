package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"sealdesk/extract/call"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	pdf "sealdesk/report"
)

func newDoctor(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "See whether this machine has what is needed",
		Long: `See whether this machine has what is needed, and say what to do about what is
missing. Nothing that is kept is changed.

Exit status: 0 when bundles can be processed, 1 when something that this needs is
missing.`,
		Args: positional(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			d := &doctor{printer: newPrinter(c.OutOrStdout()), options: o}
			if !d.configuration(c) {
				return errors.Join(d.err, exit(exitFailed))
			}
			return d.run(c.Context())
		},
	}
}

// doctor looks at the machine, one thing after the other.
type doctor struct {
	*printer
	*options
	ill bool // something that processing needs is missing
}

func (d *doctor) run(ctx context.Context) error {
	looks := slices.Concat([]func(context.Context){d.reader, d.pdf, d.profiles}, d.engines(), []func(context.Context){d.fonts})
	for _, look := range looks {
		look(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	switch {
	case d.err != nil:
		return d.err
	case d.ill:
		d.printf("\n有问题需要先解决，见上。\n")
		return errors.Join(d.err, exit(exitFailed))
	}
	d.printf("\n可以处理材料。\n")
	return d.err
}

func (d *doctor) good(what, format string, args ...any) {
	d.printf("%s  %s：%s\n", painted{"正常", green}, what, fmt.Sprintf(format, args...))
}

// note tells of what could be better; bundles can be processed all the same.
func (d *doctor) note(what, format string, args ...any) {
	d.printf("%s  %s：%s\n", painted{"注意", yellow}, what, fmt.Sprintf(format, args...))
}

func (d *doctor) bad(what, format string, args ...any) {
	d.ill = true
	d.printf("%s  %s：%s\n", painted{"问题", red}, what, fmt.Sprintf(format, args...))
}

// reader looks at Tesseract by starting a child, as reading does.
func (d *doctor) reader(ctx context.Context) {
	in, err := ocr.Installed(ctx, ocr.Options{Workers: 1, Second: d.OCR.Models})
	if err != nil {
		d.bad("文字识别", "%v", err)
	} else {
		d.good("文字识别", "Tesseract %s，Leptonica %s", in.Tesseract, in.Leptonica)
		d.confined(in)
	}
	for _, m := range in.Models {
		d.good("识别模型", "%s（%.1f MB，%.12s，%s）", m.Language, float64(m.Size)/1e6, m.SHA256, m.Path)
	}
	const second = "第二识别引擎"
	switch s := in.Second; {
	case err != nil: // nothing is known of it
	case s.Version != "":
		d.good(second, "ONNX Runtime %s（%s）", s.Version, s.Dir)
	case s.Problem != "":
		d.note(second, "不能使用（%s）。请运行 sealdesk models fetch 重新下载", s.Problem)
	default:
		d.note(second, "没有安装，短栏目的识别把握会小一些。请运行 sealdesk models fetch 下载（约 100 MB）")
	}
}

// confinements says in words what a child that reads cannot do.
var confinements = map[string]string{"files": "不能打开其他文件", "network": "不能联网", "others": "不能启动程序或接触其他进程"}

// confined says how far the kernel shuts off the children that read outside bytes.
func (d *doctor) confined(in ocr.Install) {
	const what = "识别程序隔离"
	var can, not []string
	for _, c := range ocr.Confinements {
		if slices.Contains(in.Confined, c) {
			can = append(can, confinements[c])
		} else {
			not = append(not, confinements[c])
		}
	}
	switch {
	case len(not) == 0:
		d.good(what, "%s", strings.Join(can, "，"))
	case in.Loose != "":
		d.note(what, "这几项没有生效：%s（%s）", strings.Join(not, "，"), in.Loose)
	default:
		d.note(what, "这台机器的系统内核做不到：%s。仍可处理材料；Linux 5.13 以上的内核可以", strings.Join(not, "，"))
	}
}

// pdf draws a page, which needs PDFium and a picture that can be had from it.
func (d *doctor) pdf(ctx context.Context) {
	renderer := page.NewRenderer(1)
	err := func() error {
		b := samplePDF()
		src, err := page.Open(ctx, "sample.pdf", bytes.NewReader(b), int64(len(b)), page.Options{Renderer: renderer})
		if err != nil {
			return err
		}
		defer src.Close()
		img, err := src.Page(ctx, 1)
		if err != nil {
			return err
		}
		if slices.Min(img.R) > 64 {
			return errors.New("the page came out empty")
		}
		return nil
	}()
	if err = errors.Join(err, renderer.Close()); err != nil {
		d.bad("PDF 绘制", "PDFium 不能工作（%v）。请检查可用内存（至少 1 GB）后重试", err)
		return
	}
	d.good("PDF 绘制", "PDFium 可以启动")
}

// samplePDF is a PDF of one small page with a black square on it.
func samplePDF() []byte {
	const square = "20 20 40 40 re f"
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 80 80]/Resources<<>>/Contents 4 0 R>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(square), square),
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	return b.Bytes()
}

func (d *doctor) profiles(context.Context) {
	c, err := d.profile()
	var problems *call.Problems
	switch {
	case errors.As(err, &problems):
		d.bad("申报通知", "%s 有 %d 处错误，请运行 sealdesk call check %s 查看", d.Call, len(problems.List), d.Call)
	case err != nil:
		d.bad("申报通知", "%v", err)
	default:
		d.good("申报通知", "%s（%s，截止 %s）", c.Title, c.ID, c.Deadline)
	}
}

// nearest is the data folder, or the folder above it that is there already.
func (d *doctor) nearest() (path string, there bool) {
	path, err := filepath.Abs(d.Data)
	if err != nil {
		return d.Data, true
	}
	for there = true; ; there = false {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || path == filepath.Dir(path) {
			return path, there
		}
		path = filepath.Dir(path)
	}
}

func (d *doctor) folder(context.Context) {
	path, there := d.nearest()
	info, err := os.Stat(path)
	switch {
	case err != nil:
		d.bad("数据文件夹", "%s 不能访问（%v）。请检查权限，或用 --data 另选", path, err)
	case !info.IsDir():
		d.bad("数据文件夹", "%s 不是文件夹。请用 --data 另选", path)
	case unix.Access(path, unix.W_OK|unix.X_OK) != nil:
		d.bad("数据文件夹", "%s 没有写入权限。请修改权限，或用 --data 另选", path)
	case !there:
		d.good("数据文件夹", "%s 还没有，第一次处理时建立", d.Data)
	default:
		d.good("数据文件夹", "%s 可以写入", path)
	}
}

// goodRoom is the free disk space below which it should soon be seen to.
const goodRoom = 10 << 30

func (d *doctor) room(context.Context) {
	path, _ := d.nearest()
	free, err := freeSpace(path)
	if err != nil {
		d.note("磁盘空间", "%s 所在磁盘无法查看（%v）", path, err)
		return
	}
	gib := float64(free) / (1 << 30)
	switch least := d.leastFree(); {
	case free < least:
		d.bad("磁盘空间", "只剩 %.1f GB，不足 storage.least_free 所要求的 %.1f GB，不再接收和处理材料。请清理磁盘，或用 --data 另选", gib, float64(least)/(1<<30))
	case free < max(goodRoom, 2*least):
		d.note("磁盘空间", "只剩 %.1f GB，请及时清理", gib)
	default:
		d.good("磁盘空间", "剩余 %.1f GB", gib)
	}
}

func (d *doctor) fonts(context.Context) {
	path, err := pdf.Font()
	if err != nil {
		d.note("中文字体", "%v", err)
		return
	}
	d.good("中文字体", "%s", path)
}
