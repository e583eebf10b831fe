package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/index"
	"sealdesk/pipeline"
	"sealdesk/pipeline/view"
	"sealdesk/storage"
)

// Bundle is all that is known of a bundle.
type Bundle struct {
	Entry Entry
	// Result has corrections applied, Machine is as it was read; both are nil while
	// there is none.
	Result  *bundle.Result
	Machine *bundle.Result
	Text    []pipeline.PageText // page by page
	History []correct.Correction
	// Arrangement is the newest one, nil for none. While it is being applied, Result
	// is still that of the one before.
	Arrangement *pipeline.Arrangement
	// Call is the profile by which it was read, nil when the program has it no more.
	Call *call.Call
}

// Board gives up to limit entries that came before from, newest first; the zero time
// is from the newest on, and limit 0 all. Entries as old as the last one are given
// beyond the limit, so that asking for what came before it lacks none.
func (d *Desk) Board(from time.Time, limit int) []Entry { return d.board.list(from, limit, nil) }

// Find is Board for the entries that keep wants. Keep changes nothing, is quick, and
// asks nothing of the desk.
func (d *Desk) Find(from time.Time, limit int, keep func(*Entry) bool) []Entry {
	return d.board.list(from, limit, keep)
}

// Counts gives how many bundles are in each state.
func (d *Desk) Counts() map[State]int { return d.board.count() }

// Entry gives a bundle's entry.
func (d *Desk) Entry(sha string) (Entry, bool) {
	i, ok := d.board.get(sha)
	return i.Entry, ok
}

// Bundle gives all that is known of a bundle, or ErrUnknown.
func (d *Desk) Bundle(ctx context.Context, sha string) (*Bundle, error) {
	i, ok := d.board.get(sha)
	if !ok {
		return nil, ErrUnknown
	}
	b := &Bundle{Entry: i.Entry, Call: d.Pipeline.Call}
	arranged, err := pipeline.History[pipeline.Arrangement](ctx, d.Store, sha, pipeline.Arrangements)
	if err != nil {
		return nil, err
	}
	if n := len(arranged); n > 0 {
		b.Arrangement = &arranged[n-1]
	}
	k, err := d.Pipeline.Load(ctx, sha)
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return b, nil
	case err != nil:
		return nil, err
	}
	b.Result, b.Machine, b.Text, b.History, b.Call = k.Result, k.Machine, k.Text, k.History, k.Call
	if len(k.Machine.Applications) > 0 && b.Call == nil && d.Calls != nil {
		b.Call = d.Calls(k.Machine.Applications[0].Call)
	}
	return b, nil
}

// Application gives the bundle of an application and the application's place in its
// Result.Applications, or ErrUnknown.
func (d *Desk) Application(ctx context.Context, id string) (*Bundle, int, error) {
	sha, ok := d.board.of(id)
	if !ok {
		return nil, 0, ErrUnknown
	}
	b, err := d.Bundle(ctx, sha)
	if err != nil {
		return nil, 0, err
	}
	if b.Result != nil {
		for i, a := range b.Result.Applications {
			if a.ID == id {
				return b, i, nil
			}
		}
	}
	return nil, 0, ErrUnknown
}

// Same gives other applications of an application's unit, newest first; the application
// is the one at this place in the bundle's Result, as Application gives it.
func (d *Desk) Same(ctx context.Context, b *Bundle, at int) ([]index.Hit, error) {
	if d.Index == nil || b.Call == nil || b.Result == nil {
		return nil, nil
	}
	application := &b.Result.Applications[at]
	unit := application.FirstText(b.Call.Search.Unit)
	if index.Fold(unit) == "" {
		return nil, nil
	}
	phrase := []rune(strings.NewReplacer(`"`, " ", "“", " ", "”", " ", "＂", " ").Replace(unit))
	phrase = phrase[:min(len(phrase), index.MaxQueryLength-2)]
	found, err := d.Index.Search(ctx, index.Query{Text: `"` + string(phrase) + `"`, Limit: index.MaxLimit})
	if err != nil {
		return nil, err
	}
	same := slices.DeleteFunc(found.Hits, func(h index.Hit) bool {
		return h.Document.ID == application.ID || index.Fold(h.Document.HostUnit) != index.Fold(unit)
	})
	slices.SortStableFunc(same, func(a, b index.Hit) int { return b.Document.Year - a.Document.Year })
	return same, nil
}

// Page is a JPEG of page n, from 1, as wide as the next of view.Widths.
func (d *Desk) Page(ctx context.Context, sha string, n, width int) ([]byte, error) {
	files, info, err := d.page(ctx, sha, n)
	if err != nil {
		return nil, err
	}
	p, err := d.Views.Page(ctx, sha, files, info, wide(width))
	return p.JPEG, err
}

// Cut is a JPEG of what stands in a box on page n.
func (d *Desk) Cut(ctx context.Context, sha string, n int, box bundle.Box, width int) ([]byte, error) {
	files, info, err := d.page(ctx, sha, n)
	if err != nil {
		return nil, err
	}
	p, err := d.Views.Cut(ctx, sha, files, info, box, wide(width))
	return p.JPEG, err
}

// page says how a page lies: as it was scanned while nothing else is known.
func (d *Desk) page(ctx context.Context, sha string, n int) (files int, info bundle.PageInfo, err error) {
	i, ok := d.board.get(sha)
	if !ok || n < 1 || i.Pages > 0 && n > i.Pages {
		return 0, info, ErrUnknown
	}
	infos, err := d.Pipeline.PageInfo(ctx, sha)
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return len(i.Files), bundle.PageInfo{Page: n}, nil
	case err != nil:
		return 0, info, err
	case n > len(infos):
		return 0, info, ErrUnknown
	}
	return len(i.Files), infos[n-1], nil
}

// wide is the next of view.Widths.
func wide(width int) int {
	for _, w := range view.Widths {
		if w >= width {
			return w
		}
	}
	return view.Widths[len(view.Widths)-1]
}
