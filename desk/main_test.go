package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/extract/call"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/view"
	"sealdesk/storage/dir"
)

// TestMain lets the test's own executable be a desk that is killed.
func TestMain(m *testing.M) {
	if folder := os.Getenv("SEALDESK_TEST_DESK"); folder != "" {
		if err := doomed(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// reader reads the same words everywhere: how well is not what is tested here. Fail and
// hold, if set, are asked first.
type reader struct {
	fail atomic.Pointer[error]
	hold atomic.Pointer[chan struct{}] // reads wait until it is closed
}

func (r *reader) Read(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	if err := r.fail.Load(); err != nil {
		return nil, *err
	}
	if hold := r.hold.Load(); hold != nil {
		select {
		case <-*hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	out := make([]ocr.Reading, len(crops))
	for i := range out {
		for _, c := range "青禾市理工大学证明" {
			out[i].Text += string(c)
			out[i].Chars = append(out[i].Chars, ocr.Char{Text: string(c), Box: image.Rect(10*i, 0, 10*i+8, 10), Confidence: 0.9})
		}
		out[i].Raw, out[i].Confidence = out[i].Text, 0.9
	}
	return out, nil
}

func (r *reader) Engine() string { return "test" }

func (r *reader) DecodeTIFF(context.Context, []byte, int) (image.Image, error) {
	return nil, errors.New("no TIFF here")
}

// shop is a desk with all that it works with, in a folder.
type shop struct {
	*Desk
	reader *reader
	closed []io.Closer
	stop   func() // ends Run and waits for it
}

func open(ctx context.Context, folder string) (s *shop, err error) {
	s = &shop{reader: &reader{}, stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.end())
		}
	}()
	store, err := dir.Open(filepath.Join(folder, "store"))
	if err != nil {
		return s, err
	}
	s.closed = append(s.closed, store)
	x, err := bleve.Open(filepath.Join(folder, "index"))
	if err != nil {
		return s, err
	}
	s.closed = append(s.closed, x)
	c := call.Find("nmg-iscb-2022")
	line, err := pipeline.New(ctx, pipeline.Options{Store: store, Index: x, Reader: s.reader, Call: c, Calls: call.Find})
	if err != nil {
		return s, err
	}
	s.closed = append(s.closed, line)
	jobs, err := queue.Open(ctx, queue.Options{Dir: filepath.Join(folder, "queue"), AckWait: 4 * time.Second, Backoff: 10 * time.Millisecond})
	if err != nil {
		return s, err
	}
	s.closed = append(s.closed, jobs)
	views, err := view.New(store, filepath.Join(folder, "views"), 1<<24)
	if err != nil {
		return s, err
	}
	s.closed = append(s.closed, views)
	d, err := New(ctx, Options{Pipeline: line, Queue: jobs, Store: store, Index: x, Views: views})
	if err != nil {
		return s, err
	}
	s.Desk = d
	s.closed = append(s.closed, d)
	return s, nil
}

// end closes all of it, last first; once.
func (s *shop) end() error {
	s.stop()
	s.stop = func() {}
	var errs []error
	for i := len(s.closed) - 1; i >= 0; i-- {
		errs = append(errs, s.closed[i].Close())
	}
	s.closed = nil
	return errors.Join(errs...)
}

func newShop(t *testing.T, folder string) *shop {
	t.Helper()
	s, err := open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close(t) })
	return s
}

func (s *shop) close(t *testing.T) {
	t.Helper()
	if err := s.end(); err != nil {
		t.Error(err)
	}
}

// run has bundles read until the shop is closed.
func (s *shop) run(t *testing.T) *shop {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	s.stop = func() {
		cancel()
		running.Wait()
	}
	return s
}

// patience is how long anything may take, on a busy machine.
const patience = time.Minute

// await gives a bundle's entry as soon as it is as wanted.
func (s *shop) await(t *testing.T, sha string, wanted func(Entry) bool) Entry {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	news := make(chan Entry, 1)
	s.Listen(ctx, func(e Entry) {
		select {
		case news <- e:
		case <-ctx.Done():
		}
	})
	e, _ := s.Entry(sha)
	for e.Bundle != sha || !wanted(e) {
		select {
		case e = <-news:
		case <-ctx.Done():
			e, _ = s.Entry(sha)
			t.Fatalf("it stays %+v", e)
		}
	}
	return e
}

func in(states ...State) func(Entry) bool {
	return func(e Entry) bool {
		for _, s := range states {
			if e.State == s {
				return true
			}
		}
		return false
	}
}

var finished = in(Done, Review)

// scan is a page of what looks like print, of which no two seeds give the same.
func scan(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	m := image.NewGray(image.Rect(0, 0, 827, 1169)) // A4 at 100 dpi
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	for y := 100; y < 1000; y += 40 {
		for x := 100; x < 700; x += 18 {
			for range 5 { // strokes of a character
				x0, y0 := x+random.IntN(10), y+random.IntN(10)
				for k := range 6 {
					if random.IntN(2) == 0 {
						m.SetGray(x0+k, y0, color.Gray{})
						m.SetGray(x0+k, y0+1, color.Gray{})
					} else {
						m.SetGray(x0, y0+k, color.Gray{})
						m.SetGray(x0+1, y0+k, color.Gray{})
					}
				}
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// bundleOf makes scans one input, and gives its name.
func bundleOf(name string, scans ...[]byte) (pipeline.Input, string) {
	h := sha256.New()
	out := pipeline.Input{Name: name}
	for i, b := range scans {
		h.Write(b)
		out.Files = append(out.Files, page.File{Name: fmt.Sprintf("%d-%s", i+1, name), Data: bytes.NewReader(b), Size: int64(len(b))})
	}
	return out, hex.EncodeToString(h.Sum(nil))
}

var clerk = Sender{ID: "clerk-1", Name: "沈秋平"}

func (s *shop) take(t *testing.T, input pipeline.Input) Entry {
	t.Helper()
	e, err := s.Take(t.Context(), input, clerk)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (s *shop) bundle(t *testing.T, sha string) *Bundle {
	t.Helper()
	b, err := s.Bundle(t.Context(), sha)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
