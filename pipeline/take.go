package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sealdesk/bundle"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

// Take takes a bundle in, to be read later: it looks whether the scan can be opened and
// has a page that can be decoded, keeps the originals, and gives the bundle's name, the
// sha256 of its bytes, and how many pages it has, 0 where it was taken before. A file that cannot be read is a
// *bundle.Error, and nothing of it is kept.
func (p *Pipeline) Take(ctx context.Context, in Input) (sha string, pages int, err error) {
	if sha, err = digest(ctx, in.Files); err != nil {
		return "", 0, p.failure(ctx, sha, err)
	}
	switch _, err := p.Store.Stat(ctx, root+sha+"/source.json"); {
	case err == nil:
		return sha, 0, nil
	case !errors.Is(err, storage.ErrNotExist):
		return "", 0, p.failure(ctx, sha, err)
	}
	src, err := page.OpenMany(ctx, in.Files, p.Limits)
	if err != nil {
		return "", 0, p.failure(ctx, sha, err)
	}
	pages = src.Pages()
	err = errors.Join(p.look(ctx, src), src.Close())
	if err == nil {
		err = p.take(ctx, sha, in)
	}
	if err != nil {
		return "", 0, p.failure(ctx, sha, err)
	}
	return sha, pages, nil
}

// look looks for a page that can be decoded: a file all of whose pages fail has failed.
// One that takes long is left to Read.
func (p *Pipeline) look(ctx context.Context, src page.Source) error {
	limited, cancel := context.WithTimeout(ctx, p.PageTime)
	defer cancel()
	var first error
	for n := range src.Pages() {
		_, err := src.Page(limited, n+1)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case limited.Err() != nil:
			return nil
		case first == nil:
			first = err
		}
	}
	return first
}

// Source gives the names under which a bundle first came: its own and its files'. The
// error is storage.ErrNotExist when there is no such bundle.
func Source(ctx context.Context, s storage.Store, sha string) (name string, files []string, err error) {
	src, err := readSource(ctx, s, sha)
	if err != nil {
		return "", nil, err
	}
	for _, f := range src.Files {
		files = append(files, f.Name)
	}
	return src.name(), files, nil
}

// Read reads a bundle that was taken, with its pages as a person arranged them, nil for
// as the machine says. A bundle that was read so before is not read again. Progress, if
// not nil, is told of each page that is done, from several goroutines. Errors are a
// *bundle.Error or the context's.
func (p *Pipeline) Read(ctx context.Context, sha string, a *Arrangement, progress func(done, pages int)) (*bundle.Result, error) {
	in, closeAll, err := spool(ctx, p.Store, sha)
	if err != nil {
		return nil, p.failure(ctx, sha, err)
	}
	defer closeAll()
	if progress == nil {
		progress = func(int, int) {}
	}
	return p.bundle(ctx, job{
		Input: in, hand: hand{sha: sha, first: true}, arranged: a, taken: true,
		tell: progress, await: ctx.Err,
	})
}

// spool copies a bundle's originals into files without names, that go when they are
// closed: scans are read back and forth, and a store only gives them from the start.
func spool(ctx context.Context, s storage.Store, sha string) (in Input, closeAll func(), err error) {
	var open []*os.File
	closeAll = func() {
		for _, f := range open {
			// It was only read, so nothing can be lost.
			_ = f.Close()
		}
	}
	defer func() {
		if err != nil {
			closeAll()
		}
	}()
	src, err := readSource(ctx, s, sha)
	if err != nil {
		return in, closeAll, err
	}
	in.Name = src.name()
	for i, named := range src.Files {
		f, err := os.CreateTemp("", "sealdesk-original-")
		if err != nil {
			return in, closeAll, fmt.Errorf("copy the original of bundle %s: %w", sha, err)
		}
		open = append(open, f)
		if err := os.Remove(f.Name()); err != nil {
			return in, closeAll, fmt.Errorf("copy the original of bundle %s: %w", sha, err)
		}
		size, err := copyOriginal(ctx, s, f, originalKey(sha, i+1))
		if err != nil {
			return in, closeAll, err
		}
		in.Files = append(in.Files, page.File{Name: named.Name, Data: f, Size: size})
	}
	return in, closeAll, nil
}

func copyOriginal(ctx context.Context, s storage.Store, to io.Writer, key string) (int64, error) {
	from, err := s.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(to, from)
	if err := errors.Join(err, from.Close()); err != nil {
		return 0, fmt.Errorf("copy %s: %w", key, err)
	}
	return n, nil
}

// source is what is known of where a bundle came from.
type source struct {
	Name  string       `json:"name,omitempty"` // where it is not the first file's
	Files []sourceFile `json:"files"`
}

type sourceFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

func (s source) name() string {
	if s.Name == "" && len(s.Files) > 0 {
		return s.Files[0].Name
	}
	return s.Name
}

func sourceOf(in Input) source {
	var s source
	for _, f := range in.Files {
		s.Files = append(s.Files, sourceFile{filepath.Base(f.Name), f.Size})
	}
	if name := filepath.Base(in.Name); name != s.name() {
		s.Name = name
	}
	return s
}

func readSource(ctx context.Context, s storage.Store, sha string) (source, error) {
	var src source
	key := root + sha + "/source.json"
	b, err := storage.ReadAll(ctx, s, key)
	if err != nil {
		return src, err
	}
	if err := json.Unmarshal(b, &src); err != nil {
		return src, fmt.Errorf("decode %s: %w", key, err)
	}
	return src, nil
}
