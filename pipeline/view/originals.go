package view

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

// keepOpen is how many bundles stay open when nobody looks at them.
const keepOpen = 4

// originals opens bundles from the store. Decoders jump about in a file and a
// store gives streams, so each original is copied to a file first.
type originals struct {
	store    storage.Store
	dir      string
	renderer *page.Renderer

	mu  sync.Mutex
	all []*original // the one used last is last
}

// original is a bundle that is open or will be. Who holds turn may open it.
type original struct {
	sha   string
	using int
	turn  chan struct{}
	src   page.Source
	files []*os.File
}

func newOriginals(store storage.Store, dir string) (*originals, error) {
	dir = filepath.Join(dir, "originals")
	// Copies that a crash left behind.
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("clear the folder of copies: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of copies: %w", err)
	}
	return &originals{store: store, dir: dir, renderer: page.NewRenderer(1)}, nil
}

// open gives the bundle for use until release.
func (o *originals) open(ctx context.Context, sha string, files int, decodeTIFF func(context.Context, []byte, int) (image.Image, error)) (*original, error) {
	o.mu.Lock()
	i := slices.IndexFunc(o.all, func(b *original) bool { return b.sha == sha })
	var b *original
	if i >= 0 {
		b = o.all[i]
		o.all = slices.Delete(o.all, i, i+1)
	} else {
		b = &original{sha: sha, turn: make(chan struct{}, 1)}
	}
	o.all = append(o.all, b)
	b.using++
	o.mu.Unlock()

	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		o.release(b)
		return nil, ctx.Err()
	}
	defer func() { <-b.turn }()
	if b.src != nil {
		return b, nil
	}
	if err := o.load(ctx, b, files, decodeTIFF); err != nil {
		err = errors.Join(err, b.close())
		o.release(b)
		return nil, err
	}
	return b, nil
}

// load copies the originals and opens them as one bundle.
func (o *originals) load(ctx context.Context, b *original, files int, decodeTIFF func(context.Context, []byte, int) (image.Image, error)) error {
	var parts []page.File
	for n := range files {
		f, size, err := o.copy(ctx, fmt.Sprintf("bundles/%s/original/%d", b.sha, n+1))
		if f != nil {
			b.files = append(b.files, f)
		}
		if err != nil {
			return err
		}
		parts = append(parts, page.File{Name: fmt.Sprintf("第 %d 个文件", n+1), Data: f, Size: size})
	}
	src, err := page.OpenMany(ctx, parts, page.Options{Renderer: o.renderer, DecodeTIFF: decodeTIFF})
	if err != nil {
		return err
	}
	b.src = src
	return nil
}

// copy writes an object to a file of its own.
func (o *originals) copy(ctx context.Context, key string) (*os.File, int64, error) {
	r, err := o.store.Get(ctx, key)
	if err != nil {
		return nil, 0, fmt.Errorf("open the original: %w", err)
	}
	defer r.Close()
	f, err := os.CreateTemp(o.dir, "copy-")
	if err != nil {
		return nil, 0, fmt.Errorf("copy the original: %w", err)
	}
	size, err := io.Copy(f, r)
	if err != nil {
		return f, 0, fmt.Errorf("copy the original: %w", err)
	}
	return f, size, nil
}

// release ends a use of the bundle, and closes those that are too many.
func (o *originals) release(b *original) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b.using--
	for i := 0; i < len(o.all) && len(o.all) > keepOpen; {
		if old := o.all[i]; old.using == 0 {
			old.close() // a copy that stays behind is removed at the next start
			o.all = slices.Delete(o.all, i, i+1)
			continue
		}
		i++
	}
}

// close frees everything. Nothing may be in use.
func (o *originals) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, b := range o.all {
		errs = append(errs, b.close())
	}
	o.all = nil
	return errors.Join(append(errs, o.renderer.Close())...)
}

func (b *original) close() error {
	var errs []error
	if b.src != nil {
		errs = append(errs, b.src.Close())
	}
	for _, f := range b.files {
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	b.src, b.files = nil, nil
	return errors.Join(errs...)
}
