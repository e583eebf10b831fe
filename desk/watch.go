package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/queue"
)

// WatchSender stands in Entry.By for the watched folder.
const WatchSender = "watch"

// The folders in a watched folder: of files that were taken, and of those that were
// not, each with the reason in a file beside it.
const (
	doneFolder   = "done"
	failedFolder = "failed"
)

// Watch takes the files that people and scanners put into a folder, each as a bundle,
// until ctx ends. A file is taken when it was the same, in size and time, at two looks
// with a pause of every between them; then it is moved to done/ or failed/ in the
// folder. Folders, links, hidden files and what systems put there are left alone. The
// error is that of a folder that cannot be used at all.
func (d *Desk) Watch(ctx context.Context, folder string, every time.Duration) error {
	for _, sub := range []string{doneFolder, failedFolder} {
		if err := os.MkdirAll(filepath.Join(folder, sub), 0o755); err != nil {
			return fmt.Errorf("监视的文件夹不能使用：%w", err)
		}
	}
	seen := map[string]look{}
	for {
		seen = d.look(ctx, folder, seen)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// look is what a file was like.
type look struct {
	size int64
	time time.Time
}

// look takes what is settled, and gives what it saw of the rest.
func (d *Desk) look(ctx context.Context, folder string, before map[string]look) map[string]look {
	now := map[string]look{}
	found, err := os.ReadDir(folder)
	if err != nil {
		d.Log.Error("the watched folder cannot be read", "error", unnamed(err))
		return before
	}
	for _, f := range found {
		name := f.Name()
		info, err := f.Info()
		if err != nil || !info.Mode().IsRegular() || passedOver(name) {
			continue
		}
		is := look{info.Size(), info.ModTime()}
		was, known := before[name]
		if !known || was.size != is.size || !was.time.Equal(is.time) {
			now[name] = is
			continue
		}
		if err := d.takeFile(ctx, folder, name); err != nil {
			if ctx.Err() != nil {
				return now
			}
			now[name] = is // again at the next look
			d.Log.Error("a file of the watched folder stays where it is", "changed", is.time, "error", unnamed(err))
		}
	}
	return now
}

// unnamed is an error without the path that it is about: people name files after
// applicants, and the log names nobody.
func unnamed(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	case errors.As(err, &link):
		return fmt.Errorf("%s: %w", link.Op, link.Err)
	}
	return err
}

// passedOver says whether a name is one of files that systems make by themselves, or
// of those that programs have not finished.
func passedOver(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".part", ".partial", ".tmp", ".crdownload":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || name == "Thumbs.db" || name == "desktop.ini"
}

// takeFile takes one file and moves it. An error says that nothing became of it.
func (d *Desk) takeFile(ctx context.Context, folder, name string) error {
	path := filepath.Join(folder, name)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in := pipeline.Input{Name: name, Files: []page.File{{Name: name, Data: f, Size: info.Size()}}}
	_, err = d.Take(ctx, in, Sender{ID: WatchSender, Name: "监视文件夹", Priority: queue.Backlog})
	var broken *bundle.Error
	switch {
	case err == nil:
		_, err := moved(path, filepath.Join(folder, doneFolder), name)
		return err
	case !errors.As(err, &broken) || broken.Code == bundle.CodeInternal:
		return err // not the file's fault
	}
	to, err := moved(path, filepath.Join(folder, failedFolder), name)
	if err != nil {
		return err
	}
	return os.WriteFile(to+".txt", []byte(broken.Message+"\n"), 0o644)
}

// moved moves a file into a folder under its name, or, where that is taken, with a
// number behind it, and gives its path.
func moved(path, folder, name string) (string, error) {
	ext := filepath.Ext(name)
	for n := 1; ; n++ {
		to := filepath.Join(folder, name)
		if n > 1 {
			to = filepath.Join(folder, fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext))
		}
		if _, err := os.Lstat(to); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return to, os.Rename(path, to)
	}
}
