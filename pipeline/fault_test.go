package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
)

// faulty is a reader that fails when it is told to.
type faulty struct {
	*reader
	fail atomic.Pointer[error]
	// at is called with the number of each call, from 1, before it is served.
	at func(n int64)
}

func (f *faulty) Read(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	if err := f.fail.Load(); err != nil {
		return nil, *err
	}
	if f.at != nil {
		f.at(f.calls.Load() + 1)
	}
	return f.reader.Read(ctx, crops)
}

// torn is a picture whose end is missing: what it is can be told, but not shown.
func torn(s *sheet) []byte {
	b := s.png()
	return b[:len(b)/2]
}

// TestUnreadablePage has one page of three that cannot be read.
func TestUnreadablePage(t *testing.T) {
	g := wholeGrant()
	tests := map[string]struct {
		second []byte // the second page
		fail   error  // what the reader says of it
		code   bundle.Code
	}{
		"damaged":     {second: torn(g.form(colourSheet(t))), code: bundle.CodeDamaged},
		"out of time": {second: g.form(colourSheet(t)).png(), fail: fmt.Errorf("read: %w", context.DeadlineExceeded), code: bundle.CodeTimeout},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newStore(t)
			r := &faulty{reader: newReader(t)}
			o := d.options(qinghe(t, ""), r)
			o.Workers = 1
			o.Progress = func(p pipeline.Progress) {
				r.fail.Store(nil)
				if p.Done == 1 && tt.fail != nil {
					r.fail.Store(&tt.fail)
				}
			}
			res := results(t, o, input("bundle", g.cover(graySheet(t)).png(), tt.second, g.proof(graySheet(t)).png()))[0]
			for i, info := range res.PageInfo {
				switch {
				case i != 1 && info.Error != nil:
					t.Errorf("page %d: %v", i+1, info.Error)
				case i == 1 && (info.Error == nil || info.Error.Code != tt.code || !strings.HasSuffix(info.Error.Message, "。")):
					t.Errorf("page 2: error %v, want %s", info.Error, tt.code)
				}
			}
			a := res.Applications[0]
			k := checkOf(a, "page.2.readable")
			if k.Status != bundle.Review || k.Page != 2 || !strings.Contains(k.Message, res.PageInfo[1].Error.Message) {
				t.Errorf("the check of the page is %+v", k)
			}
			if a.Fields["instrument"].Value != g.instrument || checkOf(a, "document.attachment").Status != bundle.Pass {
				t.Errorf("the other pages hold %v and %+v", a.Fields, a.Documents)
			}
			for _, k := range a.Checks {
				if k.Status == bundle.Fail {
					t.Errorf("%s fails, though it may stand on the page: %s", k.ID, k.Message)
				}
			}
			if a.Verdict != bundle.NeedsReview {
				t.Errorf("the verdict is %s", a.Verdict)
			}
		})
	}
}

// TestUnreadableBundle has a bundle of two pages of which nothing can be had, and one
// of a single page after it.
func TestUnreadableBundle(t *testing.T) {
	g := wholeGrant()
	cover, proof := g.cover(graySheet(t)), g.proof(graySheet(t))
	tests := map[string]struct {
		set    func(o *pipeline.Options)
		first  [][]byte
		code   bundle.Code
		second bundle.Code // "" where it is read
		kept   int         // objects of the first
	}{
		"damaged pages":   {first: [][]byte{torn(cover), torn(proof)}, code: bundle.CodeDamaged, kept: 3},
		"no time":         {set: func(o *pipeline.Options) { o.PageTime = 1 }, code: bundle.CodeTimeout, second: bundle.CodeTimeout, kept: 3},
		"too many pages":  {set: func(o *pipeline.Options) { o.Limits.MaxPages = 1 }, code: bundle.CodeTooLarge},
		"too many bytes":  {set: func(o *pipeline.Options) { o.Limits.MaxBytes = int64(len(cover.png())) }, code: bundle.CodeTooLarge},
		"too many pixels": {set: func(o *pipeline.Options) { o.Limits.MaxPixels = sheetWidth * sheetHeight / 4 }, code: bundle.CodeTooLarge, second: bundle.CodeTooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newStore(t)
			o := d.options(qinghe(t, ""), newReader(t))
			if tt.set != nil {
				tt.set(&o)
			}
			if tt.first == nil {
				tt.first = [][]byte{cover.png(), proof.png()}
			}
			first := input("first", tt.first...)
			out, err := process(t.Context(), o, first, input("second", cover.png()))
			if err != nil {
				t.Fatal(err)
			}
			if got := failure(t, out[0]); got != tt.code {
				t.Errorf("code %s, want %s (%v)", got, tt.code, out[0].Err)
			}
			if (tt.second == "") != (out[1].Err == nil) || tt.second != "" && failure(t, out[1]) != tt.second {
				t.Errorf("the second: %v, want %q", out[1].Err, tt.second)
			}
			_, sha := contents(t, first)
			kept := slices.DeleteFunc(keys(t, d.store), func(k string) bool { return !strings.Contains(k, sha) })
			if len(kept) != tt.kept || slices.ContainsFunc(kept, func(k string) bool { return strings.Contains(k, "/results/") }) {
				t.Errorf("kept of it is %q, want %d objects", kept, tt.kept)
			}
		})
	}
}

// TestBrokenReader fails on one bundle for a reason that is not the bundle's.
func TestBrokenReader(t *testing.T) {
	c := qinghe(t, "")
	broken := errors.New("the reader is broken")
	d := newDesk(t)
	r := &faulty{reader: newReader(t)}
	r.fail.Store(&broken)
	o := d.options(c, r)
	g := wholeGrant()
	inputs := []pipeline.Input{pictures("first.png", g.cover(graySheet(t))), pictures("second.png", g.proof(graySheet(t)))}
	over := make(chan struct{})
	o.Progress = func(p pipeline.Progress) {
		switch {
		case p.Input == 0 && p.Done == 1:
			r.fail.Store(nil)
			close(over)
		case p.Input == 1 && p.Done == 0:
			<-over
		}
	}
	out, err := process(t.Context(), o, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	if got := failure(t, out[0]); got != bundle.CodeInternal || !errors.Is(out[0].Err, broken) {
		t.Errorf("code %s, cause %v", got, out[0].Err)
	}
	if out[1].Err != nil {
		t.Errorf("the other one: %v", out[1].Err)
	}
	results(t, d.options(c, r), inputs...)
	if n := count(t, d.index); n != 2 {
		t.Errorf("%d applications are indexed, want 2", n)
	}
}
