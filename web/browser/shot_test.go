package browser

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"golang.org/x/image/webp"
)

// docs is where pictures are kept, with -update; they are made and held against what is
// plausible in any case.
const docs = "../../docs"

// shot takes pictures of the page in a window for docs, in both sizes.
func (p *person) shot(name string) {
	p.t.Helper()
	if *update {
		p.pictures(name, docs)
		return
	}
	p.look(name)
}

// look takes pictures of the page in a window for whoever runs the tests with -artifacts.
func (p *person) look(name string) {
	p.t.Helper()
	p.pictures(name, p.t.ArtifactDir())
}

func (p *person) pictures(name, dir string) {
	p.t.Helper()
	for _, s := range []size{desktop, laptop} { // and stays on a laptop
		p.resize(s)
		p.until("in its new size", fmt.Sprintf(`innerWidth === %d && innerHeight === %d`, s.width, s.height))
		p.until("painted", painted)
		p.faultless()
		b := p.picture()
		if err := plausible(b, s); err != nil {
			p.t.Errorf("the picture of %s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.webp", name, s.width)), b, 0o644); err != nil {
			p.t.Error(err)
		}
	}
}

// painted is that all pictures in sight are there. One without a text has no width before.
const painted = `[...document.images].every((i) => {
	const r = i.getBoundingClientRect();
	return !i.checkVisibility() || r.bottom < 0 || r.right < 0 || r.top > innerHeight || r.left > innerWidth || i.complete && i.naturalWidth > 0;
})`

// picture is a picture of what a window shows, as WebP.
func (p *person) picture() (b []byte) {
	p.t.Helper()
	p.do("take a picture", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		quality := int64(60)
		taken, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
		b = taken.Data
		return err
	}))
	return b
}

// plausible says what is wrong with a picture: another size, or one colour all over.
func plausible(b []byte, s size) error {
	m, err := webp.Decode(bytes.NewReader(b))
	if err != nil {
		return err
	}
	if got := m.Bounds().Size(); got != (image.Point{X: int(s.width), Y: int(s.height)}) {
		return fmt.Errorf("it is %v, not %v", got, s)
	}
	colours := map[[4]uint32]bool{}
	for y := 0; y < m.Bounds().Dy(); y += 3 {
		for x := 0; x < m.Bounds().Dx(); x += 3 {
			r, g, b, a := m.At(x, y).RGBA()
			colours[[4]uint32{r >> 12, g >> 12, b >> 12, a >> 12}] = true
		}
	}
	if len(colours) < 5 {
		return fmt.Errorf("it has %d colours", len(colours))
	}
	return nil
}
