package page

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"

	"sealdesk/bundle"
)

// Options are the limits of intake and the skills it is lent. The zero value is
// good for use.
type Options struct {
	// MaxBytes is the largest file taken; 0 means 1 GiB.
	MaxBytes int64
	// MaxPages is the largest number of pages taken; 0 means 2,000.
	MaxPages int
	// MaxPixels is the largest page picture that is decoded or drawn, in
	// pixels; 0 means 60 million.
	MaxPixels int
	// Renderer draws the PDF pages that are more than one picture. When nil the
	// source makes one of its own when it needs it, and closes it.
	Renderer *Renderer
	// DecodeTIFF decodes what this package cannot: Group 3 two-dimensional,
	// old-style JPEG and other rare TIFF kinds. data is the whole file, page
	// counts its directories from 0. When nil such pages are an error.
	DecodeTIFF func(ctx context.Context, data []byte, page int) (image.Image, error)
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 1 << 30
	}
	if o.MaxPages <= 0 {
		o.MaxPages = 2000
	}
	if o.MaxPixels <= 0 {
		o.MaxPixels = 60_000_000
	}
	return o
}

// Source is an open scan. Page may be called from several goroutines at once;
// none may be running when Close is called.
type Source interface {
	// Pages is the number of pages, at least 1.
	Pages() int
	// Page decodes page n, counted from 1, as scanned: EXIF orientation and PDF
	// rotation are applied, but it is not yet upright. A page that cannot be
	// had is a *bundle.Error (or the context's error when it was cancelled);
	// other pages may well be had. A file all of whose pages fail has failed.
	Page(ctx context.Context, n int) (*Image, error)
	// Close frees what the source holds. The source is not used after it.
	Close() error
}

// File is one file of a bundle for [OpenMany].
type File struct {
	Name string
	Data io.ReaderAt
	Size int64
}

// Open opens the scan in the first size bytes of data, which must stay readable
// until the source is closed. name is only for messages. Its errors are
// *bundle.Error, with a sentence in Chinese that says what is wrong and what to
// do, or the context's error when it was cancelled.
func Open(ctx context.Context, name string, data io.ReaderAt, size int64, opts Options) (src Source, err error) {
	opts = opts.withDefaults()
	defer rescue(ctx, name, &err)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if size <= 0 {
		return nil, fail(bundle.CodeEmpty, "文件是空的（0 字节），可能传送中断了。请重新扫描或重新上传。", nil)
	}
	if size > opts.MaxBytes {
		return nil, fail(bundle.CodeTooLarge, fmt.Sprintf("文件太大（超过 %d MB）。请降低扫描分辨率（300 dpi 即可），或分成几个文件上传。", opts.MaxBytes>>20), nil)
	}
	head := make([]byte, 1024)
	n, err := data.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fail(bundle.CodeInternal, "读取文件时出错。请稍后再试，仍不行时请联系管理员。", err)
	}
	head = head[:min(int64(n), size)]
	file := io.NewSectionReader(data, 0, size)
	switch kindOf(head) {
	case kindPDF:
		return openPDF(ctx, file, opts)
	case kindTIFF:
		return openTIFF(file, opts)
	case kindJPEG, kindPNG:
		return openPicture(file, kindOf(head), opts)
	case kindHEIC:
		return nil, fail(bundle.CodeUnsupported, "这是手机的 HEIC/WebP 照片，无法读取。请在手机上另存为 JPEG，或用扫描软件导出 PDF 后重新上传。", nil)
	case kindOffice:
		return nil, fail(bundle.CodeUnsupported, "这是压缩包或 Office 文档，不是扫描件。请打印盖章后扫描成 PDF，再重新上传。", nil)
	}
	return nil, fail(bundle.CodeUnsupported, "不认识的文件格式，只能读取 PDF、TIFF、JPEG 和 PNG。请重新扫描并存为 PDF。", nil)
}

// OpenMany opens several files as one bundle, their pages in order. Limits hold
// for all of them together. An error's sentence names the file.
func OpenMany(ctx context.Context, files []File, opts Options) (Source, error) {
	opts = opts.withDefaults()
	if len(files) == 0 {
		return nil, fail(bundle.CodeEmpty, "没有文件。请选择扫描件后重新上传。", nil)
	}
	all := &joined{}
	for _, f := range files {
		src, err := Open(ctx, f.Name, f.Data, f.Size, opts)
		if err == nil && src.Pages() > opts.MaxPages {
			err = tooManyPages(opts)
			src.Close()
		}
		if err != nil {
			all.Close()
			var be *bundle.Error
			if errors.As(err, &be) {
				return nil, &bundle.Error{Code: be.Code, Message: "「" + f.Name + "」：" + be.Message, Err: be.Err}
			}
			return nil, err
		}
		all.sources = append(all.sources, src)
		opts.MaxBytes = max(opts.MaxBytes-f.Size, 1)
		opts.MaxPages = opts.MaxPages - src.Pages()
	}
	return all, nil
}

// joined is several sources as one.
type joined struct{ sources []Source }

func (j *joined) Pages() int {
	n := 0
	for _, s := range j.sources {
		n += s.Pages()
	}
	return n
}

func (j *joined) Page(ctx context.Context, n int) (*Image, error) {
	at := n
	for _, s := range j.sources {
		if at >= 1 && at <= s.Pages() {
			return s.Page(ctx, at)
		}
		at -= s.Pages()
	}
	return nil, noSuchPage(n)
}

func (j *joined) Close() error {
	var errs []error
	for _, s := range j.sources {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

type kind int

const (
	kindUnknown kind = iota
	kindPDF
	kindTIFF
	kindJPEG
	kindPNG
	kindHEIC
	kindOffice
)

// kindOf tells a file's kind by its first bytes. A PDF's header may stand
// anywhere in the first kilobyte, as readers allow.
func kindOf(head []byte) kind {
	has := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	switch {
	case has("\xff\xd8\xff"):
		return kindJPEG
	case has("\x89PNG\r\n\x1a\n"):
		return kindPNG
	case has("II*\x00"), has("MM\x00*"), has("II+\x00"), has("MM\x00+"):
		return kindTIFF
	case has("PK\x03\x04"), has("\xd0\xcf\x11\xe0"):
		return kindOffice
	case len(head) > 12 && string(head[4:8]) == "ftyp", has("RIFF") && len(head) > 12 && string(head[8:12]) == "WEBP":
		return kindHEIC
	case bytes.Contains(head, []byte("%PDF-")):
		return kindPDF
	}
	return kindUnknown
}

func fail(code bundle.Code, message string, err error) error {
	return &bundle.Error{Code: code, Message: message, Err: err}
}

func damaged(err error) error {
	return fail(bundle.CodeDamaged, "文件已损坏或不完整。请重新扫描，或从原来的地方重新复制后上传。", err)
}

func damagedPage(n int, err error) error {
	return fail(bundle.CodeDamaged, fmt.Sprintf("第 %d 页的图像已损坏，无法显示。请重新扫描这一页。", n), err)
}

func tooManyPages(opts Options) error {
	return fail(bundle.CodeTooLarge, fmt.Sprintf("页数太多（超过 %d 页）。请分成几个文件上传。", opts.MaxPages), nil)
}

func noSuchPage(n int) error {
	return fail(bundle.CodeInternal, fmt.Sprintf("没有第 %d 页。请联系管理员。", n), nil)
}

// checkPixels refuses a picture by its declared size, before it is decoded.
func checkPixels(w, h int, opts Options) error {
	if w <= 0 || h <= 0 {
		return damaged(fmt.Errorf("picture of %d x %d pixels", w, h))
	}
	if w > opts.MaxPixels || h > opts.MaxPixels/w {
		return fail(bundle.CodeTooLarge, fmt.Sprintf("页面图像太大（%d × %d 像素）。请用 300 dpi 重新扫描。", w, h), nil)
	}
	return nil
}

// rescue turns a panic of a decoder, and any error that is not the package's
// own, into a *bundle.Error. It is deferred.
func rescue(ctx context.Context, what string, err *error) {
	if p := recover(); p != nil {
		*err = damaged(fmt.Errorf("%s: decoder failed: %v", what, p))
	}
	if *err == nil {
		return
	}
	var be *bundle.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		*err = fail(bundle.CodeTimeout, "处理时间太长，已停止。请用 300 dpi 重新扫描，或联系管理员。", *err)
	case ctx.Err() != nil:
		*err = ctx.Err()
	case !errors.As(*err, &be):
		*err = damaged(fmt.Errorf("%s: %w", what, *err))
	}
}

// contextReader stops a decoder when its context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
