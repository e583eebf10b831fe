// Package view makes the pictures of a bundle's pages that people look at: a page
// decoded from its original, turned and straightened as the pipeline did, so that
// the boxes of results fit, and scaled to the width of a window or a thumbnail.
//
// What it made is kept in a folder of bounded size, which may be thrown away at
// any time. It cleans nothing off a page: people see the paper as it was scanned.
// It reads no text, knows no results and decides nobody's right to look.
package view

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"sync"

	"sealdesk/bundle"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

// Widths are the widths in pixels that pictures come in: a thumbnail, a cut-out, a
// page beside its fields, a page alone, a page to zoom into. A page that has fewer
// pixels comes as wide as it is.
var Widths = []int{160, 480, 1000, 1600, 2480}

const (
	// quality is that of the JPEGs: characters of 8 points show no rings.
	quality = 80
	// atOnce is how many pages are decoded at the same time. One at 300 dpi in
	// colour takes some 60 MB meanwhile.
	atOnce = 2
)

// Picture is a JPEG and its size in pixels.
type Picture struct {
	JPEG []byte
	W, H int
}

// Views makes and keeps pictures. It may be used from many goroutines. Close it.
type Views struct {
	// DecodeTIFF is lent to page.Options, for the rare kinds of TIFF. It is set
	// before the first picture is asked for, or not at all.
	DecodeTIFF func(ctx context.Context, data []byte, page int) (image.Image, error)

	originals *originals
	cache     *cache
	slots     chan struct{}

	life    context.Context
	end     context.CancelFunc
	working sync.WaitGroup

	mu     sync.Mutex
	closed bool
	making map[string]*work // by the picture's name in the cache
	recent []sheet          // last used last
}

// sheet is a straightened page that was just in use: the cut-outs and widths of
// one page are asked for one after the other.
type sheet struct {
	key string
	img *page.Image
}

// sheets is how many of them are held.
const sheets = 2

// work is a picture in the making. It is given up when nobody waits for it.
type work struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int
	pic     Picture
	err     error
}

// New makes a Views that keeps up to maxBytes of pictures in dir, which it makes,
// and which must be no other's: what is in it may be removed.
func New(store storage.Store, dir string, maxBytes int64) (*Views, error) {
	c, err := openCache(dir, maxBytes)
	if err != nil {
		return nil, err
	}
	o, err := newOriginals(store, dir)
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.Background())
	return &Views{originals: o, cache: c, slots: make(chan struct{}, atOnce), life: life, end: end, making: map[string]*work{}}, nil
}

// Close stops what is being made, waits for it, and removes the copies of
// originals. Pictures made so far stay in the folder.
func (v *Views) Close() error {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	v.end()
	v.working.Wait()
	return v.originals.close()
}

// Page is the picture of page info.Page, from 1, of the bundle with this sha256,
// which has so many original files. It is turned by info.Rotation and straightened
// by info.Skew, so that boxes of results are fractions of it; a person who turned
// the page by hand gives another Rotation. width is one of [Widths]. Errors are
// *bundle.Error with a sentence in Chinese, or the context's.
func (v *Views) Page(ctx context.Context, sha string, files int, info bundle.PageInfo, width int) (Picture, error) {
	return v.Cut(ctx, sha, files, info, bundle.Box{0, 0, 1, 1}, width)
}

// Cut is what stands in box on the page, as [Views.Page]; it is not larger than on
// the original. A box without area, or beyond the page, is an error.
func (v *Views) Cut(ctx context.Context, sha string, files int, info bundle.PageInfo, box bundle.Box, width int) (Picture, error) {
	if err := ctx.Err(); err != nil {
		return Picture{}, err
	}
	if raw, err := hex.DecodeString(sha); err != nil || len(raw) != sha256.Size || files < 1 || files > 10000 || info.Page < 1 || !slices.Contains(Widths, width) || !inside(box) {
		return Picture{}, wrong("没有这样的页面图像。请刷新页面后再试。", fmt.Errorf("picture of page %d of %q (%d files), box %v, width %d", info.Page, sha, files, box, width))
	}
	name := nameOf(sha, info, box, width)
	if data, ok := v.cache.get(name); ok {
		if conf, err := jpeg.DecodeConfig(bytes.NewReader(data)); err == nil {
			return Picture{data, conf.Width, conf.Height}, nil
		}
	}
	w, err := v.join(name, func(ctx context.Context) (Picture, error) {
		return v.draw(ctx, name, sha, files, info, box, width)
	})
	if err != nil {
		return Picture{}, err
	}
	defer v.leave(name, w)
	select {
	case <-w.done:
		if w.err != nil && v.life.Err() != nil {
			return Picture{}, closing()
		}
		return w.pic, w.err
	case <-ctx.Done():
		return Picture{}, ctx.Err()
	}
}

func inside(b bundle.Box) bool {
	return b[0] >= 0 && b[1] >= 0 && b[2] <= 1 && b[3] <= 1 && b[0] < b[2] && b[1] < b[3]
}

// nameOf is the picture's file name: all that it hangs on, hashed.
func nameOf(sha string, info bundle.PageInfo, box bundle.Box, width int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %v %d", sheetKey(sha, info), box, width))
	return hex.EncodeToString(sum[:])
}

func sheetKey(sha string, info bundle.PageInfo) string {
	return fmt.Sprintf("%s %d %d %.2f", sha, info.Page, info.Rotation, info.Skew)
}

// join waits for the picture with the others who do, or has it made.
func (v *Views) join(name string, picture func(ctx context.Context) (Picture, error)) (*work, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, closing()
	}
	if w := v.making[name]; w != nil {
		w.waiting++
		return w, nil
	}
	ctx, cancel := context.WithCancel(v.life)
	w := &work{done: make(chan struct{}), cancel: cancel, waiting: 1}
	v.making[name] = w
	v.working.Go(func() {
		w.pic, w.err = picture(ctx)
		v.mu.Lock()
		if v.making[name] == w {
			delete(v.making, name)
		}
		v.mu.Unlock()
		cancel()
		close(w.done)
	})
	return w, nil
}

// leave ends one's waiting; what nobody waits for any more is given up.
func (v *Views) leave(name string, w *work) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if w.waiting--; w.waiting == 0 {
		w.cancel()
		if v.making[name] == w {
			delete(v.making, name)
		}
	}
}

// draw makes a picture and keeps it.
func (v *Views) draw(ctx context.Context, name, sha string, files int, info bundle.PageInfo, box bundle.Box, width int) (Picture, error) {
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-ctx.Done():
		return Picture{}, ctx.Err()
	}
	img, err := v.sheet(ctx, sha, files, info)
	if err != nil {
		return Picture{}, explain(ctx, err)
	}
	pic, err := encode(img, box, width)
	if err != nil {
		return Picture{}, explain(ctx, err)
	}
	_ = v.cache.put(name, pic.JPEG) // one that could not be kept is still a picture
	return pic, nil
}

// sheet is the straightened page, decoded or still at hand.
func (v *Views) sheet(ctx context.Context, sha string, files int, info bundle.PageInfo) (*page.Image, error) {
	key := sheetKey(sha, info)
	v.mu.Lock()
	if i := slices.IndexFunc(v.recent, func(s sheet) bool { return s.key == key }); i >= 0 {
		s := v.recent[i]
		v.recent = append(slices.Delete(v.recent, i, i+1), s)
		v.mu.Unlock()
		return s.img, nil
	}
	v.mu.Unlock()
	o, err := v.originals.open(ctx, sha, files, v.DecodeTIFF)
	if err != nil {
		return nil, err
	}
	defer v.originals.release(o)
	img, err := o.src.Page(ctx, info.Page)
	if err != nil {
		return nil, err
	}
	img = page.Straighten(img, info.Rotation, info.Skew)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.recent = append(v.recent, sheet{key, img})
	if len(v.recent) > sheets {
		v.recent = slices.Delete(v.recent, 0, len(v.recent)-sheets)
	}
	return img, nil
}

// explain gives an error its sentence.
func explain(ctx context.Context, err error) error {
	var known *bundle.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &known):
		return known
	case errors.Is(err, storage.ErrNotExist):
		return wrong("找不到这份材料的原件。请联系管理员检查存储。", err)
	case errors.Is(err, storage.ErrCorrupt):
		return wrong("这份材料的原件已损坏。请联系管理员从备份恢复。", err)
	}
	return wrong("页面图像暂时无法显示，请稍后再试；仍不行时请联系管理员。", err)
}

func closing() error {
	return wrong("系统正在关闭，请稍后再试。", errors.New("views are closed"))
}

func wrong(message string, err error) error {
	return &bundle.Error{Code: bundle.CodeInternal, Message: message, Err: err}
}
