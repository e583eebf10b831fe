package pipeline_test

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"slices"
	"testing"

	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/likeness"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/storage/dir"
	"sealdesk/testdata/office"
)

// unused is a reader where nothing is read.
type unused struct{}

func (unused) Engine() string { return "invented" }

func (unused) Read(context.Context, []ocr.Crop) ([]ocr.Reading, error) {
	return nil, errors.New("nothing is to be read")
}

func (unused) DecodeTIFF(context.Context, []byte, int) (image.Image, error) {
	return nil, errors.New("nothing is to be read")
}

// TestFillTexts: texts that are not among those that are compared are put there, and those
// that somebody corrected elsewhere put anew.
func TestFillTexts(t *testing.T) {
	data := t.TempDir()
	c := call.Builtin()[0]
	if err := office.Fill(t.Context(), data, c, 6, nil); err != nil {
		t.Fatal(err)
	}
	store, err := dir.Open(filepath.Join(data, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	texts, err := likeness.Open(filepath.Join(t.TempDir(), "likeness")) // not that of the office
	if err != nil {
		t.Fatal(err)
	}
	defer texts.Close()
	if err := texts.Put("of no bundle", "1", nil); err != nil {
		t.Fatal(err)
	}
	line, err := pipeline.New(t.Context(), pipeline.Options{Store: store, Reader: unused{}, Call: c, Texts: texts})
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	fill := func() []string {
		t.Helper()
		if err := line.FillTexts(t.Context()); err != nil {
			t.Fatal(err)
		}
		known, err := texts.Bundles()
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(known)
		return known
	}
	bundles := fill()
	if len(bundles) < 2 || slices.Contains(bundles, "of no bundle") {
		t.Fatalf("bundles %v", bundles)
	}
	k, err := line.Load(t.Context(), bundles[0])
	if err != nil {
		t.Fatal(err)
	}
	app := k.Result.Applications[0]
	text, _ := app.Fields["overview"].Value.(string)
	like := func(text string) []likeness.Hit {
		t.Helper()
		hits, err := texts.Like("another", text, 3)
		if err != nil {
			t.Fatal(err)
		}
		return hits
	}
	if hits := like(text); len(hits) == 0 || hits[0] != (likeness.Hit{Bundle: bundles[0], Application: app.ID, Field: "overview", Alike: 1}) {
		t.Fatalf("like its own text: %v", hits)
	}
	// Corrected by another process, which tells nobody.
	other := office.Texts(c, 77, 100)[0].Text
	n := len(k.History) + 1
	correction := correct.Correction{Seq: n, Application: app.ID, Target: correct.Field + ":overview", Was: text, Is: other}
	if err := pipeline.Append(t.Context(), store, bundles[0], pipeline.Corrections, n, correction); err != nil {
		t.Fatal(err)
	}
	fill()
	if hits := like(other); len(hits) != 1 || hits[0].Application != app.ID || hits[0].Alike != 1 {
		t.Errorf("like what it was corrected to: %v", hits)
	}
	if hits := like(text); len(hits) != 0 {
		t.Errorf("like what it was before: %v", hits)
	}
	if _, err := line.Refile(t.Context(), bundles[0]); err != nil {
		t.Fatal(err)
	}
	if hits := like(other); len(hits) != 1 {
		t.Errorf("after it was filed again: %v", hits)
	}
}
