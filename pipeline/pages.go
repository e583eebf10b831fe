package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/pipeline/layout"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/seal"
	"sealdesk/pipeline/sheet"
)

// pages reads all pages, as many at a time as there are slots. A page that
// fails costs that page; when all fail, the first failure is the file's.
func (p *Pipeline) pages(ctx context.Context, j job, src page.Source) ([]bundle.PageInfo, []*extract.Content, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := src.Pages()
	infos, contents, errs := make([]bundle.PageInfo, n), make([]*extract.Content, n), make([]error, n)
	var running sync.WaitGroup
	var mu sync.Mutex
	done := 0
	j.tell(0, n)
	for k := range n {
		select {
		case p.slots <- struct{}{}:
		case <-ctx.Done():
			running.Wait()
			return nil, nil, ctx.Err()
		}
		running.Go(func() {
			defer func() { <-p.slots }()
			infos[k], contents[k], errs[k] = p.observed(ctx, j, src, k+1)
			if errs[k] != nil {
				cancel()
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			j.tell(done, n)
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var first *bundle.Error
	for _, info := range infos {
		if info.Error == nil {
			return infos, contents, nil
		}
		if first == nil {
			first = info.Error
		}
	}
	return nil, nil, first
}

// observed is the way of one page, of which the observer is told, and the log.
func (p *Pipeline) observed(ctx context.Context, j job, src page.Source, n int) (bundle.PageInfo, *extract.Content, error) {
	began := time.Now()
	ctx, ended := p.Observe.Page(ctx, j.sha, n)
	info, content, err := p.page(ctx, src, n, j.arranged)
	switch {
	case err != nil:
		ended(err)
	case info.Error != nil:
		ended(info.Error)
		p.Log.Warn("a page cannot be read", "bundle", j.sha, "page", n, "code", info.Error.Code, "error", info.Error.Err)
	default:
		ended(nil)
		p.Log.Debug("page read", "bundle", j.sha, "page", n, "ms", time.Since(began).Milliseconds())
	}
	return info, content, err
}

// page is the way of one page: decoded, upright, its seals found, so that they can
// be lifted off the print, its layout, its lines read, its content understood. On a
// separator sheet with a code nothing else is read. A *bundle.Error of the page is noted
// in its info; any other error is a failure of the machine. arranged is what a person
// did to the bundle's pages.
func (p *Pipeline) page(ctx context.Context, src page.Source, n int, arranged *Arrangement) (bundle.PageInfo, *extract.Content, error) {
	info := bundle.PageInfo{Page: n}
	limited, cancel := context.WithTimeout(ctx, p.PageTime)
	defer cancel()
	content, err := func() (*extract.Content, error) {
		ended := p.laps(ctx)
		scan, err := src.Page(limited, n)
		if err != nil {
			return nil, err
		}
		ended("decode")
		code, coded := sheet.Code{}, false
		if arranged.mayBeSheet(n) {
			code, coded = readCode(scan)
		}
		img, up, flaws, err := p.upright(limited, scan, arranged.turn(n))
		if err != nil {
			return nil, fmt.Errorf("turn page %d upright: %w", n, err)
		}
		ended("upright")
		info.Rotation, info.Skew, info.Blank = up.Rotation, math.Round(up.Skew*100)/100, up.Blank
		info.Flaws = flaws
		if coded {
			info.Blank, info.Flaws = false, nil
			return separator(n, code, img), nil
		}
		if up.Blank {
			return nil, nil
		}
		seals, err := seal.Find(limited, img, p.readRing)
		if err != nil {
			return nil, fmt.Errorf("find seals on page %d: %w", n, err)
		}
		ended("seal")
		lay := layout.Analyse(img, rings(seals))
		ended("layout")
		readings, err := p.lines(limited, lay)
		if err != nil {
			return nil, fmt.Errorf("read page %d: %w", n, err)
		}
		ended("read")
		content, err := extract.Page(limited, &extract.Sheet{
			Call: p.Call, Number: n, Image: img, Layout: lay, Readings: readings, Seals: seals, Reader: p.Reader,
		})
		ended("extract")
		return content, err
	}()
	var known *bundle.Error
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return info, nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		info.Error = &bundle.Error{Code: bundle.CodeTimeout, Message: fmt.Sprintf("第 %d 页处理超时，请重新扫描这一页。", n), Err: err}
	case errors.As(err, &known):
		info.Error = known
	default:
		return info, nil, err
	}
	return info, content, nil
}

// rings are the places of the round seals.
func rings(seals []seal.Seal) []image.Rectangle {
	var out []image.Rectangle
	for _, s := range seals {
		if s.Shape == seal.Round {
			out = append(out, s.Box)
		}
	}
	return out
}

// lines reads each text line of a page once.
func (p *Pipeline) lines(ctx context.Context, lay *layout.Page) ([]ocr.Reading, error) {
	if len(lay.Lines) == 0 {
		return nil, nil
	}
	crops := make([]ocr.Crop, len(lay.Lines))
	for i, l := range lay.Lines {
		crops[i].Image = lay.Crop(l, extract.Margin)
	}
	return p.Reader.Read(ctx, crops)
}

// readRing reads the strips of seals: with the second reader where there is one,
// since it is the better one at bent and broken characters.
func (p *Pipeline) readRing(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	if s, ok := p.Reader.(interface{ HasSecond() bool }); ok && s.HasSecond() {
		for i := range crops {
			crops[i].Second = true
		}
	}
	return p.Reader.Read(ctx, crops)
}

// judge says which way up text is by reading it.
func (p *Pipeline) judge(ctx context.Context, upright, inverted []*image.Gray) (float64, error) {
	return ocr.UpDown(ctx, p.Reader, upright, inverted)
}

// section gives a file's bytes from the start.
func section(f page.File) io.Reader { return io.NewSectionReader(f.Data, 0, f.Size) }
