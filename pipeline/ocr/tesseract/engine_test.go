//go:build cgo && !notesseract

package tesseract

import (
	"errors"
	"fmt"
	"image"
	"image/draw"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/ocr/internal/wire"
	"sealdesk/pipeline/ocr/ocrtest"
)

// TestMain starts the test again as the pool starts a child, with one thread, and
// is the child that package ocr asks for its versions.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "ocr-worker" {
		if err := Worker(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv("OMP_THREAD_LIMIT") != "1" {
		err := syscall.Exec(os.Args[0], os.Args, append(os.Environ(), "OMP_THREAD_LIMIT=1"))
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// modelDir is the folder of the models that are installed.
func modelDir(t *testing.T) string {
	t.Helper()
	in, err := ocr.Installed(t.Context(), ocr.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return in.Dir
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	e, err := newEngine(modelDir(t), "")
	if err != nil {
		t.Fatal(err)
	}
	l, ok := e.(*library)
	if !ok {
		t.Fatalf("engine is a %T", e)
	}
	return l
}

func crop(g *image.Gray) wire.Crop {
	return wire.Crop{W: g.Rect.Dx(), H: g.Rect.Dy(), Pix: g.Pix}
}

// TestPageSegmentationModeIsInForce holds gosseract's worst defect off: it forgets
// the mode that SetPageSegMode sets, and Tesseract then takes a crop for a block
// of lines.
func TestPageSegmentationModeIsInForce(t *testing.T) {
	l := newLibrary(t)
	line := ocrtest.Lines(t)[2].Image
	two := image.NewGray(image.Rect(0, 0, line.Rect.Dx(), 2*line.Rect.Dy()))
	draw.Draw(two, line.Rect, line, image.Point{}, draw.Src)
	draw.Draw(two, line.Rect.Add(image.Pt(0, line.Rect.Dy())), line, image.Point{}, draw.Src)
	for _, bare := range []bool{false, true} {
		c, err := l.client(setting{wire.Any, bare})
		if err != nil {
			t.Fatal(err)
		}
		lines := func() int {
			t.Helper()
			if err := c.SetImageFromBytes(spix(crop(two))); err != nil {
				t.Fatal(err)
			}
			text, err := c.HOCRText()
			if err != nil {
				t.Fatal(err)
			}
			return strings.Count(text, "id='line_")
		}
		for call := range 2 {
			if n := lines(); n > 1 {
				t.Errorf("bare %v, call %d: %d lines", bare, call, n)
			}
		}
		if err := c.SetVariable("tessedit_pageseg_mode", "6"); err != nil {
			t.Fatal(err)
		}
		if n := lines(); n != 2 {
			t.Errorf("as a block there are %d lines, so this test tells nothing", n)
		}
	}
}

func TestReadingDoesNotDependOnWhatCameBefore(t *testing.T) {
	l := newLibrary(t)
	lines := ocrtest.Lines(t)
	first, err := l.words(crop(lines[2].Image))
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range lines {
		if _, err := l.words(crop(other.Image)); err != nil {
			t.Fatal(err)
		}
	}
	if again, err := l.words(crop(lines[2].Image)); err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("reads %v, before %v (%v)", again, first, err)
	}
}

func TestMissingModelIsSeenBeforeTesseractIsAsked(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "eng.traineddata"), 0o700); err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []wire.Alphabet{wire.Any, wire.Digits} {
		var f failure
		if _, err := e.words(wire.Crop{Alphabet: a, W: 1, H: 1, Pix: []byte{0}}); !errors.As(err, &f) || f.Code != wire.FailedEngine {
			t.Errorf("alphabet %d: %v", a, err)
		}
	}
	for _, dir := range []string{"", strings.Repeat("d", maxDir+1)} {
		if _, err := newEngine(dir, ""); err == nil {
			t.Errorf("folder of %d bytes: no error", len(dir))
		}
	}
}
