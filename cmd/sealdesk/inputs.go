package main

import (
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

// expand replaces folders by the files in them and in their folders, in order of
// name. What systems put into folders by themselves is passed over; what cannot
// be opened stays in the list, to become an error of its own.
func expand(args []string) ([]string, error) {
	var out []string
	for _, a := range args {
		info, err := os.Stat(a)
		if err != nil || !info.IsDir() {
			out = append(out, a)
			continue
		}
		err = filepath.WalkDir(a, func(path string, d fs.DirEntry, err error) error {
			switch {
			case path == a && err == nil:
			case err != nil:
				out = append(out, path)
				return fs.SkipDir
			case strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case slices.Contains([]string{"Thumbs.db", "desktop.ini"}, d.Name()):
			case d.Type().IsRegular() || isLinkToFile(path, d):
				out = append(out, path)
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

func isLinkToFile(path string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(path)
	return err != nil || info.Mode().IsRegular()
}

// inputs makes each file a bundle, or all of them one.
func inputs(names []string, asOne bool) []pipeline.Input {
	var out []pipeline.Input
	for _, n := range names {
		f := page.File{Name: filepath.Base(n), Data: &lazyFile{path: n}, Size: fileSize(n)}
		if asOne && len(out) > 0 {
			out[0].Files = append(out[0].Files, f)
			continue
		}
		out = append(out, pipeline.Input{Name: filepath.Base(n), Files: []page.File{f}})
	}
	return out
}

// fileSize is the size of a file. One that is no file or is not there has one
// byte, so that reading it tells what is wrong with it.
func fileSize(path string) int64 {
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		return info.Size()
	}
	return 1
}

// closeFiles closes the files of an input that has been read.
func closeFiles(in pipeline.Input) {
	for _, f := range in.Files {
		f.Data.(*lazyFile).close()
	}
}

// lazyFile is a file that is opened when it is first read, so that a long list
// of scans does not hold as many open files. Its errors are *bundle.Error.
type lazyFile struct {
	path string
	mu   sync.Mutex
	f    *os.File
}

// ReadAt implements io.ReaderAt.
func (l *lazyFile) ReadAt(b []byte, off int64) (int, error) {
	f, err := l.open()
	if err != nil {
		return 0, err
	}
	return f.ReadAt(b, off)
}

func (l *lazyFile) open() (*os.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		return l.f, nil
	}
	// Opening a pipe or device could wait for ever.
	info, err := os.Stat(l.path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, l.fail("不是普通文件，无法读取。请指定扫描件。", nil)
	}
	if err == nil {
		l.f, err = os.Open(l.path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, l.fail("找不到这个文件。请检查文件名和路径。", err)
	case errors.Is(err, fs.ErrPermission):
		return nil, l.fail("没有权限读取这个文件。请检查文件的权限。", err)
	case err != nil:
		return nil, l.fail("无法打开这个文件。请检查磁盘后重试。", err)
	}
	return l.f, nil
}

func (l *lazyFile) fail(message string, err error) error {
	return &bundle.Error{Code: bundle.CodeInternal, Message: "「" + filepath.Base(l.path) + "」：" + message, Err: err}
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
