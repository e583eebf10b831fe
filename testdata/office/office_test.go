package office

import (
	"bytes"
	"image/jpeg"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
)

// TestFill fills an office and works with it as the program does.
func TestFill(t *testing.T) {
	ctx := t.Context()
	data := t.TempDir()
	c := call.Builtin()[0]
	const n = 60
	var told atomic.Int64
	if err := Fill(ctx, data, c, n, func(done int) { told.Add(int64(done)) }); err != nil {
		t.Fatal(err)
	}
	if told.Load() != n {
		t.Errorf("progress tells of %d applications, want %d", told.Load(), n)
	}
	o, err := open(ctx, data, c)
	t.Cleanup(func() {
		for i := len(o.opened) - 1; i >= 0; i-- {
			if err := o.opened[i].Close(); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	entries := o.desk.Board(time.Time{}, 0)
	applications, corrections := 0, 0
	for _, e := range entries {
		if e.State != desk.Done && e.State != desk.Review || e.Receipt == "" {
			t.Errorf("bundle %s is %s with the receipt %q", e.Name, e.State, e.Receipt)
		}
		applications += len(e.Applications)
		b, err := o.desk.Bundle(ctx, e.Bundle)
		if err != nil {
			t.Fatal(err)
		}
		corrections += len(b.History)
		for _, a := range b.Result.Applications {
			if pages := len(pagesOf(a)); pages < 8 || pages > 24 {
				t.Errorf("application %s has %d pages", a.ID, pages)
			}
		}
	}
	if corrections == 0 {
		t.Error("nothing is corrected")
	}
	if applications != n {
		t.Errorf("the board has %d applications, want %d", applications, n)
	}
	picture, err := o.desk.Page(ctx, entries[0].Bundle, 2, 480)
	if err != nil {
		t.Fatal(err)
	}
	if config, err := jpeg.DecodeConfig(bytes.NewReader(picture)); err != nil || config.Width != 480 {
		t.Errorf("the picture is %+v, %v", config, err)
	}

	x, err := bleve.Open(filepath.Join(data, "index"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := pipeline.Reindex(ctx, o.line.Store, x, call.Find, nil); err != nil {
		t.Fatal(err)
	}
	found, err := x.Search(ctx, index.Query{Text: "国际科技合作基地", Facets: true})
	if err != nil || found.Total != n {
		t.Fatalf("%d applications are found, %v, want %d", found.Total, err, n)
	}
	f := found.Facets
	if len(f.Years) != years || len(f.Verdicts) != 3 || len(f.Types) < 2 || len(f.UnitKinds) < 4 || len(f.Recommenders) < 10 || len(f.Countries) < 10 {
		t.Errorf("the applications are too much alike: %+v", f)
	}
}

func pagesOf(a bundle.Application) (pages []int) {
	for _, d := range a.Documents {
		pages = append(pages, d.Pages...)
	}
	return pages
}
