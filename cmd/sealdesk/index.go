package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sealdesk/config"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/index/meili"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// searchIndex is the index of the kind configured. One that cannot be used as it is,
// is rebuilt from the store first; and trouble with it costs no bundle.
type searchIndex struct {
	engine index.Index
	store  storage.Store
	calls  func(id string) *call.Call
	stderr io.Writer
	log    *slog.Logger // gets a line when Put fails; nil for commands that end with report

	mu      sync.Mutex
	missed  int   // how often Put failed
	trouble error // and why
	// behind are the bundles whose results are not in the index, by sha256, with since
	// when: those that are being put, and those that it did not take.
	behind map[string]time.Time
}

var _ index.Index = (*searchIndex)(nil)

func (o *options) index(s storage.Store, stderr io.Writer) *searchIndex {
	engine := bleveIndex(filepath.Join(o.Data, "index"))
	if o.Index.Kind == config.MeiliKind {
		engine = meiliIndex(meiliOptions(o.Config))
	}
	return &searchIndex{engine: engine, store: s, calls: o.knownCall, stderr: stderr}
}

// bleveIndex is the index in a folder.
func bleveIndex(path string) *briefIndex {
	return &briefIndex{
		open:     func(context.Context) (index.Index, error) { return bleve.Open(path) },
		replace:  func(ctx context.Context, fill filling) error { return bleve.Replace(ctx, path, fill) },
		patience: 30 * time.Second,
	}
}

// meiliIndex is the index in a Meilisearch server. It, too, is opened when it is used: a
// server that is away meanwhile costs no bundle.
func meiliIndex(at meili.Options) *briefIndex {
	return &briefIndex{
		open:    func(ctx context.Context) (index.Index, error) { return meili.Open(ctx, at) },
		replace: func(ctx context.Context, fill filling) error { return meili.Replace(ctx, at, fill) },
	}
}

func meiliOptions(c *config.Config) meili.Options {
	m := c.Index.Meili
	return meili.Options{URL: m.URL, Key: m.Key.Reveal(), Prefix: m.Prefix}
}

// knownCall finds the profile by which a result was made, nil when there is none.
func (o *options) knownCall(id string) *call.Call {
	if c, err := o.profile(); err == nil && c.ID == id {
		return c
	}
	return o.library().Find(id)
}

// mended calls f. When the index turns out to be unusable it is rebuilt and f called
// again.
func (x *searchIndex) mended(ctx context.Context, f func() error) error {
	err := f()
	if !errors.Is(err, index.ErrRebuild) {
		return err
	}
	if err := x.refill(ctx); err != nil {
		return err
	}
	return f()
}

// refill says that the index is rebuilt, and does it.
func (x *searchIndex) refill(ctx context.Context) error {
	fmt.Fprintln(x.stderr, "检索库需要重建，正在从已保存的材料重建……")
	_, err := x.rebuild(ctx)
	return err
}

// rebuild fills the index anew from the store and says how many applications it
// holds.
func (x *searchIndex) rebuild(ctx context.Context) (int, error) {
	b := newBar(x.stderr, 1)
	defer b.clear()
	unknown := map[string]bool{}
	calls := func(id string) *call.Call {
		c := x.calls(id)
		if c == nil {
			unknown[id] = true
		}
		return c
	}
	n, err := pipeline.Reindex(ctx, x.store, x.engine, calls, b.steps)
	if err != nil {
		return 0, fmt.Errorf("重建检索库时出错：%w", err)
	}
	b.clear()
	for _, id := range slices.Sorted(maps.Keys(unknown)) {
		fmt.Fprintf(x.stderr, "有材料属于申报通知 %s，本程序没有它的配置，检索不到；请加 --call 配置文件 重新运行 sealdesk reindex。\n", clean(id))
	}
	return n, nil
}

// Put implements [index.Index], but for its errors: the documents can be had from
// the store at any time, so trouble with the index is noted, to be told at the
// end, and costs no bundle.
func (x *searchIndex) Put(ctx context.Context, docs []index.Document) error {
	x.begin(docs)
	err := x.mended(ctx, func() error { return x.engine.Put(ctx, docs) })
	x.mu.Lock()
	defer x.mu.Unlock()
	if err == nil {
		for _, d := range docs {
			delete(x.behind, d.Bundle)
		}
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	x.missed++
	x.trouble = err
	if x.log != nil && len(docs) > 0 {
		x.log.Error("a bundle is on file and not in the index", "bundle", docs[0].Bundle, "error", err)
	}
	return nil
}

// begin notes that documents are on file and not in the index.
func (x *searchIndex) begin(docs []index.Document) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.behind == nil {
		x.behind = map[string]time.Time{}
	}
	for _, d := range docs {
		if _, ok := x.behind[d.Bundle]; !ok {
			x.behind[d.Bundle] = time.Now()
		}
	}
}

// Behind says how many bundles are on file and not in the index, and since when the first
// of them; a zero time where there is none.
func (x *searchIndex) Behind() (bundles int, since time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range x.behind {
		if since.IsZero() || t.Before(since) {
			since = t
		}
	}
	return len(x.behind), since
}

// refused are the bundles that are not in the index for so long that Put must have failed.
func (x *searchIndex) refused(after time.Duration) (bundles []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for sha, t := range x.behind {
		if time.Since(t) > after {
			bundles = append(bundles, sha)
		}
	}
	slices.Sort(bundles)
	return bundles
}

// report tells of trouble that Put had since the last report, if any.
func (x *searchIndex) report() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.missed > 0 {
		fmt.Fprintf(x.stderr, "%d 份材料已保存，但未能写入检索库（%s）。请稍后运行 sealdesk reindex。\n", x.missed, clean(x.trouble.Error()))
	}
	x.missed, x.trouble = 0, nil
}

// Delete implements [index.Index].
func (x *searchIndex) Delete(ctx context.Context, bundle string) error {
	return x.mended(ctx, func() error { return x.engine.Delete(ctx, bundle) })
}

// Search implements [index.Index].
func (x *searchIndex) Search(ctx context.Context, q index.Query) (r index.Results, err error) {
	err = x.mended(ctx, func() error {
		r, err = x.engine.Search(ctx, q)
		return err
	})
	return r, err
}

// Count implements [index.Index].
func (x *searchIndex) Count(ctx context.Context) (n int, err error) {
	err = x.mended(ctx, func() error {
		n, err = x.engine.Count(ctx)
		return err
	})
	return n, err
}

// Replace implements [index.Index].
func (x *searchIndex) Replace(ctx context.Context, fill func(put func([]index.Document) error) error) error {
	return x.engine.Replace(ctx, fill)
}

// Close implements [index.Index].
func (x *searchIndex) Close() error { return x.engine.Close() }

// filling is what [index.Index.Replace] calls to fill a new index.
type filling = func(put func([]index.Document) error) error

// briefIndex is an index that is open only while it is used: while one command reads
// a thousand bundles, another can search.
type briefIndex struct {
	open     func(context.Context) (index.Index, error)
	replace  func(context.Context, filling) error
	patience time.Duration // how long to wait for another process that holds it

	mu sync.Mutex // held while the index is
}

// with calls f with the index open.
func (x *briefIndex) with(ctx context.Context, f func(index.Index) error) error {
	return x.wait(ctx, func() error {
		in, err := x.open(ctx)
		if err != nil {
			return err
		}
		return errors.Join(f(in), in.Close())
	})
}

// wait calls f, again and again while another process holds the index.
func (x *briefIndex) wait(ctx context.Context, f func() error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	deadline := time.Now().Add(x.patience)
	for {
		err := f() // itself waits for a moment
		switch {
		case !errors.Is(err, index.ErrLocked):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(deadline):
			return fmt.Errorf("检索库正被另一个 sealdesk 使用，请等它结束后重试：%w", err)
		}
	}
}

// Put implements [index.Index].
func (x *briefIndex) Put(ctx context.Context, docs []index.Document) error {
	return x.with(ctx, func(in index.Index) error { return in.Put(ctx, docs) })
}

// Delete implements [index.Index].
func (x *briefIndex) Delete(ctx context.Context, bundle string) error {
	return x.with(ctx, func(in index.Index) error { return in.Delete(ctx, bundle) })
}

// Search implements [index.Index].
func (x *briefIndex) Search(ctx context.Context, q index.Query) (r index.Results, err error) {
	err = x.with(ctx, func(in index.Index) error {
		r, err = in.Search(ctx, q)
		return err
	})
	return r, err
}

// Count implements [index.Index].
func (x *briefIndex) Count(ctx context.Context) (n int, err error) {
	err = x.with(ctx, func(in index.Index) error {
		n, err = in.Count(ctx)
		return err
	})
	return n, err
}

// Replace implements [index.Index].
func (x *briefIndex) Replace(ctx context.Context, fill func(put func([]index.Document) error) error) error {
	return x.wait(ctx, func() error { return x.replace(ctx, fill) })
}

// Close implements [index.Index]. There is nothing to close.
func (x *briefIndex) Close() error { return nil }
