package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

// engine is a reader by its name alone.
type engine string

func (e engine) Engine() string { return string(e) }

func (e engine) Read(context.Context, []ocr.Crop) ([]ocr.Reading, error) {
	return nil, errors.New("nothing is read here")
}

func (e engine) DecodeTIFF(context.Context, []byte, int) (image.Image, error) {
	return nil, errors.New("no TIFF here")
}

// TestKeepAndPageInfo: what is kept as if it had been read is there, and how its pages
// lie follows each newer result.
func TestKeepAndPageInfo(t *testing.T) {
	ctx := t.Context()
	d := newStore(t)
	c := call.Builtin()[0]
	var sha string
	keep := func(p *pipeline.Pipeline, number, rotation int) {
		t.Helper()
		data := fmt.Appendf(nil, "scan %d", number)
		in := pipeline.Input{Name: "甲.pdf", Files: []page.File{{Name: "甲.pdf", Data: bytes.NewReader(data), Size: int64(len(data))}}}
		r := &bundle.Result{PageInfo: []bundle.PageInfo{{Page: 1, Rotation: rotation}}, Applications: []bundle.Application{}}
		if err := p.Keep(ctx, in, r, []pipeline.PageText{{Page: 1}}); err != nil {
			t.Fatal(err)
		}
		sha = r.SHA256
	}
	open := func(e engine) *pipeline.Pipeline {
		t.Helper()
		p, err := pipeline.New(ctx, d.options(c, e))
		if err != nil {
			t.Fatal(err)
		}
		closeAfter(t, p.Close)
		return p
	}
	first := open("first")
	if _, err := first.PageInfo(ctx, fmt.Sprintf("%064x", 1)); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("of a bundle that is not there: %v", err)
	}
	for n := range 200 { // more than are remembered
		keep(first, n, 90)
		for range 2 {
			if infos, err := first.PageInfo(ctx, sha); err != nil || len(infos) != 1 || infos[0].Rotation != 90 {
				t.Fatalf("bundle %d lies as %+v, %v", n, infos, err)
			}
		}
	}
	kept, err := first.Load(ctx, sha)
	if err != nil || kept.Result.File != "甲.pdf" || kept.Result.Pages != 1 || kept.Call != c {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	keep(open("second"), 199, 270)
	if infos, err := first.PageInfo(ctx, sha); err != nil || infos[0].Rotation != 270 {
		t.Errorf("read again, it lies as %+v, %v", infos, err)
	}
}
