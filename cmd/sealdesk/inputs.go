package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/page"
)

// maxScan is the greatest size of a scan, in bytes.
const maxScan = 1 << 30

// scan is a file to be read, here or in a bucket.
type scan struct {
	name string // the last part of its path or key
	size int64
	// open opens the file, or a copy of it that goes when it is closed. Its errors
	// are *bundle.Error.
	open func() (*os.File, error)
}

// expand gives what arguments stand for. A folder is the files in it and in its folders,
// in order of name, and s3://bucket/prefix the objects there. What systems put into
// folders by themselves is passed over; what cannot be opened stays in the list, to
// become an error of its own. What has to stay open meanwhile is added to opened.
func (o *options) expand(ctx context.Context, opened *closers, args []string) ([]scan, error) {
	var out []scan
	for _, a := range args {
		if strings.HasPrefix(a, bucketScheme) {
			objects, err := o.objects(ctx, opened, a)
			if err != nil {
				return nil, err
			}
			out = append(out, objects...)
			continue
		}
		info, err := os.Stat(a)
		if err != nil || !info.IsDir() {
			out = append(out, localScan(a))
			continue
		}
		err = filepath.WalkDir(a, func(path string, d fs.DirEntry, err error) error {
			switch {
			case path == a && err == nil:
			case err != nil:
				out = append(out, localScan(path))
				return fs.SkipDir
			case passedOver(d.Name()):
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.Type().IsRegular() || isLinkToFile(path, d):
				out = append(out, localScan(path))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, misuse("there are no files in the folders given")
	}
	return out, nil
}

// passedOver says whether a name is one of files that systems make by themselves.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"Thumbs.db", "desktop.ini"}, name)
}

func isLinkToFile(path string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// inputs makes each scan a bundle, or all of them one.
func inputs(scans []scan, asOne bool) []pipeline.Input {
	var out []pipeline.Input
	for _, s := range scans {
		f := page.File{Name: s.name, Data: &lazyFile{open: s.open}, Size: s.size}
		if asOne && len(out) > 0 {
			out[0].Files = append(out[0].Files, f)
			continue
		}
		out = append(out, pipeline.Input{Name: s.name, Files: []page.File{f}})
	}
	return out
}

// localScan is a file of this machine. One that is no file or is not there has one
// byte, so that reading it tells what is wrong with it.
func localScan(path string) scan {
	s := scan{name: filepath.Base(path), size: 1, open: func() (*os.File, error) { return openLocal(path) }}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		s.size = info.Size()
	}
	return s
}

func openLocal(path string) (*os.File, error) {
	name := filepath.Base(path)
	// Opening a pipe or device could wait for ever.
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, unreadable(name, "不是普通文件，无法读取。请指定扫描件。", nil)
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, unreadable(name, "找不到这个文件。请检查文件名和路径。", err)
	case errors.Is(err, fs.ErrPermission):
		return nil, unreadable(name, "没有权限读取这个文件。请检查文件的权限。", err)
	case err != nil:
		return nil, unreadable(name, "无法打开这个文件。请检查磁盘后重试。", err)
	}
	return f, nil
}

// unreadable is the error of a scan whose bytes cannot be had.
func unreadable(name, message string, err error) error {
	return &bundle.Error{Code: bundle.CodeInternal, Message: "「" + name + "」：" + message, Err: err}
}

// closeFiles closes the files of an input that has been read.
func closeFiles(in pipeline.Input) {
	for _, f := range in.Files {
		f.Data.(*lazyFile).close()
	}
}

// lazyFile is a file that is opened when it is first read, so that a long list of
// scans does not hold as many open files. Its errors are *bundle.Error. One that could
// not be opened is not tried again.
type lazyFile struct {
	open func() (*os.File, error)

	mu  sync.Mutex
	f   *os.File
	err error
}

// ReadAt implements io.ReaderAt.
func (l *lazyFile) ReadAt(b []byte, off int64) (int, error) {
	l.mu.Lock()
	if l.f == nil && l.err == nil {
		l.f, l.err = l.open()
	}
	f, err := l.f, l.err
	l.mu.Unlock()
	if err != nil {
		return 0, err
	}
	return f.ReadAt(b, off)
}

func (l *lazyFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		// It was only read, so nothing can be lost.
		_ = l.f.Close()
		l.f = nil
	}
}
