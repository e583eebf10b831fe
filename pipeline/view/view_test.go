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
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"sealdesk/bundle"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// watched is a store that counts what is opened, and waits for a word first where
// there is a gate.
type watched struct {
	storage.Store
	mu   sync.Mutex
	gets int
	gate chan struct{}
}

func (w *watched) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	w.mu.Lock()
	w.gets++
	w.mu.Unlock()
	if w.gate != nil {
		select {
		case <-w.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return w.Store.Get(ctx, key)
}

func newStore(t testing.TB) *watched {
	t.Helper()
	s, err := dir.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	return &watched{Store: s}
}

func newViews(t testing.TB, s storage.Store, folder string, maxBytes int64) *Views {
	t.Helper()
	v, err := New(s, folder, maxBytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// stored puts files of testdata into the store as one bundle and gives its sha256.
func stored(t testing.TB, s storage.Store, names ...string) string {
	t.Helper()
	var parts [][]byte
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, data)
	}
	return put(t, s, parts...)
}

func put(t testing.TB, s storage.Store, parts ...[]byte) string {
	t.Helper()
	sum := sha256.Sum256(bytes.Join(parts, nil))
	sha := hex.EncodeToString(sum[:])
	for i, data := range parts {
		if err := s.Put(t.Context(), fmt.Sprintf("bundles/%s/original/%d", sha, i+1), bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	return sha
}

// quartered is a gray page as JPEG, its quarters 40, 100, 160 and 220 row by row.
func quartered(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Pix[y*w+x] = uint8(40 + x*2/w*60 + y*2/h*120)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decoded(t testing.TB, p Picture) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(p.JPEG))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Dx() != p.W || m.Bounds().Dy() != p.H {
		t.Fatalf("picture is %v, said to be %d x %d", m.Bounds(), p.W, p.H)
	}
	return m
}

func on(n int) bundle.PageInfo { return bundle.PageInfo{Page: n} }

// TestPages: pages of all kinds of files come at the widths asked for, gray where
// they are gray.
func TestPages(t *testing.T) {
	s := newStore(t)
	v := newViews(t, s, t.TempDir(), 1<<30)
	for _, tc := range []struct {
		name  string
		page  int
		width int
		w, h  int
		color bool
	}{
		{"bundles/complete.pdf", 8, 1000, 1000, 1415, true},
		{"bundles/complete.pdf", 3, 160, 160, 226, false},
		{"bundles/complete.pdf", 3, 2480, 1653, 2339, false}, // as wide as it is
		{"bundles/two-applications.tif", 5, 480, 480, 679, false},
	} {
		t.Run(fmt.Sprintf("%s page %d at %d", tc.name, tc.page, tc.width), func(t *testing.T) {
			p, err := v.Page(t.Context(), stored(t, s, tc.name), 1, on(tc.page), tc.width)
			if err != nil {
				t.Fatal(err)
			}
			if p.W != tc.w || p.H != tc.h {
				t.Errorf("%d x %d, want %d x %d", p.W, p.H, tc.w, tc.h)
			}
			if _, gray := decoded(t, p).(*image.Gray); gray == tc.color {
				t.Errorf("gray %v, colour %v", gray, tc.color)
			}
		})
	}
}

func levelAt(m image.Image, x, y float64) int {
	b := m.Bounds()
	r, _, _, _ := m.At(b.Min.X+int(x*float64(b.Dx())), b.Min.Y+int(y*float64(b.Dy()))).RGBA()
	return int(r >> 8)
}

// TestTurnsAndCuts: a page is turned as its info says, and a cut-out is what its
// box holds on the turned page.
func TestTurnsAndCuts(t *testing.T) {
	s := newStore(t)
	v := newViews(t, s, t.TempDir(), 1<<30)
	sha := put(t, s, quartered(t, 600, 800), quartered(t, 400, 400))
	for _, tc := range []struct {
		page, rotation int
		box            bundle.Box
		w, h           int
		want           [4]int // in the quarters of the picture
	}{
		{1, 0, bundle.Box{0, 0, 1, 1}, 480, 640, [4]int{40, 100, 160, 220}},
		{1, 90, bundle.Box{0, 0, 1, 1}, 480, 360, [4]int{160, 40, 220, 100}},
		{1, 180, bundle.Box{0, 0, 1, 1}, 480, 640, [4]int{220, 160, 100, 40}},
		{2, 270, bundle.Box{0, 0, 1, 1}, 400, 400, [4]int{100, 220, 40, 160}},
		{1, 0, bundle.Box{0.55, 0.05, 0.95, 0.45}, 240, 320, [4]int{100, 100, 100, 100}},
		{1, 90, bundle.Box{0.55, 0.05, 0.95, 0.45}, 320, 240, [4]int{40, 40, 40, 40}},
	} {
		info := bundle.PageInfo{Page: tc.page, Rotation: tc.rotation}
		p, err := v.Cut(t.Context(), sha, 2, info, tc.box, 480)
		if err != nil {
			t.Fatal(err)
		}
		m := decoded(t, p)
		if p.W != tc.w || p.H != tc.h {
			t.Errorf("%+v: %d x %d", tc, p.W, p.H)
		}
		for i, want := range tc.want {
			if got := levelAt(m, 0.25+0.5*float64(i%2), 0.25+0.5*float64(i/2)); got < want-3 || got > want+3 {
				t.Errorf("%+v: quarter %d is %d, want %d", tc, i, got, want)
			}
		}
	}
}

// TestScaleKeepsLines: the mean of the area is taken, so that a hairline is still
// seen, and light stays as it is.
func TestScaleKeepsLines(t *testing.T) {
	const n = 1000
	src := slices.Repeat([]uint8{255}, n*n)
	for y := range n {
		src[y*n+501] = 0
	}
	out := scale(src, n, image.Rect(0, 0, n, n), 160, 160)
	sum, darkest := 0, uint8(255)
	for _, v := range out[:160] {
		sum += int(v)
		darkest = min(darkest, v)
	}
	if mean := float64(sum) / 160; mean < 254.2 || mean > 255-0.25+0.5 || darkest > 220 {
		t.Errorf("mean %.2f, darkest %d, want 254.75 and a line", mean, darkest)
	}
}

// TestKept: a picture is made once, and outlives a restart, a changed rotation makes
// another.
func TestKept(t *testing.T) {
	s, folder := newStore(t), t.TempDir()
	sha := put(t, s, quartered(t, 600, 800))
	first := newViews(t, s, folder, 1<<30)
	want, err := first.Page(t.Context(), sha, 1, on(1), 480)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	v := newViews(t, s, folder, 1<<30)
	s.gets = 0
	got, err := v.Page(t.Context(), sha, 1, on(1), 480)
	if err != nil || !bytes.Equal(got.JPEG, want.JPEG) || got.W != want.W || got.H != want.H {
		t.Errorf("another picture after a restart (%v)", err)
	}
	if s.gets != 0 {
		t.Error("the original was opened for a picture that was kept")
	}
	got, err = v.Page(t.Context(), sha, 1, bundle.PageInfo{Page: 1, Rotation: 90}, 480)
	if err != nil || bytes.Equal(got.JPEG, want.JPEG) {
		t.Errorf("the same picture of a page that was turned (%v)", err)
	}
}

// TestTogether: who asks for a picture in the making waits for it, and who goes
// away does not take it from the others.
func TestTogether(t *testing.T) {
	s := newStore(t)
	v := newViews(t, s, t.TempDir(), 1<<30)
	sha := put(t, s, quartered(t, 600, 800))
	s.gate = make(chan struct{})
	const people = 10
	leaving, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	errs := make([]error, people)
	for i := range people {
		ctx := t.Context()
		if i == 0 {
			ctx = leaving
		}
		all.Go(func() { _, errs[i] = v.Page(ctx, sha, 1, on(1), 480) })
	}
	waitFor(v, people)
	leave()
	waitFor(v, people-1)
	close(s.gate)
	all.Wait()
	if !errors.Is(errs[0], context.Canceled) {
		t.Errorf("who went away got %v", errs[0])
	}
	for _, err := range errs[1:] {
		if err != nil {
			t.Error(err)
		}
	}
	if s.gets != 1 {
		t.Errorf("the original was opened %d times", s.gets)
	}
}

// waitFor waits until so many people wait for pictures.
func waitFor(v *Views, people int) {
	for {
		v.mu.Lock()
		n := 0
		for _, w := range v.making {
			n += w.waiting
		}
		v.mu.Unlock()
		if n == people {
			return
		}
		runtime.Gosched()
	}
}

// TestGivenUp: what nobody waits for any more is not made, and the next who asks
// gets it.
func TestGivenUp(t *testing.T) {
	s := newStore(t)
	v := newViews(t, s, t.TempDir(), 1<<30)
	sha := put(t, s, quartered(t, 600, 800))
	s.gate = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() {
		if _, err := v.Page(ctx, sha, 1, on(1), 480); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that it was cancelled", err)
		}
	})
	waitFor(v, 1)
	cancel()
	asking.Wait()
	v.working.Wait() // the work ends although the gate stays shut
	close(s.gate)
	if _, err := v.Page(t.Context(), sha, 1, on(1), 480); err != nil {
		t.Error(err)
	}
}

// TestClose: closing ends the waiting.
func TestClose(t *testing.T) {
	s, folder := newStore(t), t.TempDir()
	v, err := New(s, folder, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	sha := put(t, s, quartered(t, 600, 800))
	s.gate = make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		_, err := v.Page(t.Context(), sha, 1, on(1), 480)
		wantSentence(t, err)
	})
	waitFor(v, 1)
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	asking.Wait()
	_, err = v.Page(t.Context(), sha, 1, on(1), 480)
	wantSentence(t, err)
	if left := files(t, filepath.Join(folder, "originals")); len(left) > 0 {
		t.Errorf("copies left: %v", left)
	}
}

func files(t testing.TB, folder string) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestFewStayOpen: of many bundles looked at only some stay open.
func TestFewStayOpen(t *testing.T) {
	s, folder := newStore(t), t.TempDir()
	v := newViews(t, s, folder, 1<<30)
	for i := range keepOpen + 3 {
		sha := put(t, s, quartered(t, 200+i, 300))
		if _, err := v.Page(t.Context(), sha, 1, on(1), 160); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(files(t, filepath.Join(folder, "originals"))); n != keepOpen {
		t.Errorf("%d copies, want %d", n, keepOpen)
	}
}

// TestBounded: the folder does not grow beyond its bound; what was used last stays,
// after a restart too, and what was half written goes.
func TestBounded(t *testing.T) {
	folder := t.TempDir()
	c, err := openCache(folder, 100)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string) {
		if err := c.put(name, make([]byte, 30)); err != nil {
			t.Fatal(err)
		}
	}
	has := func(names ...string) {
		t.Helper()
		for _, name := range []string{"a", "b", "c", "d"} {
			_, err := os.Stat(c.path(name))
			if got, want := err == nil, slices.Contains(names, name); got != want {
				t.Errorf("%s kept: %v, want %v", name, got, want)
			}
		}
	}
	write("a")
	write("b")
	write("c")
	c.get("a")
	write("d")
	has("a", "c", "d")
	write("d")
	has("a", "c", "d") // the same again takes no room
	if err := os.WriteFile(filepath.Join(c.dir, "part-1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err = openCache(folder, 60); err != nil {
		t.Fatal(err)
	}
	if n := len(files(t, c.dir)); n != 2 {
		t.Errorf("%d files after a restart with room for two", n)
	}
	if _, ok := c.get("d"); !ok {
		t.Error("what was used last is gone after a restart")
	}
}

func wantSentence(t *testing.T, err error) {
	t.Helper()
	var known *bundle.Error
	if !errors.As(err, &known) || !strings.ContainsFunc(known.Message, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Errorf("error %v, want a sentence", err)
	}
}

// TestErrors: what cannot be shown is an error with a sentence.
func TestErrors(t *testing.T) {
	s := newStore(t)
	v := newViews(t, s, t.TempDir(), 1<<30)
	good := put(t, s, quartered(t, 600, 800))
	whole := bundle.Box{0, 0, 1, 1}
	for _, tc := range []struct {
		name  string
		sha   string
		files int
		page  int
		box   bundle.Box
		width int
	}{
		{"no such bundle", hex.EncodeToString(make([]byte, 32)), 1, 1, whole, 480},
		{"not a sha256", "../../etc/passwd", 1, 1, whole, 480},
		{"no such file", good, 2, 1, whole, 480},
		{"no files", good, 0, 1, whole, 480},
		{"no such page", good, 1, 2, whole, 480},
		{"page 0", good, 1, 0, whole, 480},
		{"another width", good, 1, 1, whole, 481},
		{"an empty box", good, 1, 1, bundle.Box{0.5, 0.5, 0.5, 0.6}, 480},
		{"a box beyond the page", good, 1, 1, bundle.Box{0, 0, 1.5, 1}, 480},
		{"not a scan", put(t, s, []byte("hello")), 1, 1, whole, 480},
		{"damaged", put(t, s, quartered(t, 600, 800)[:2000]), 1, 1, whole, 480},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := v.Cut(t.Context(), tc.sha, tc.files, on(tc.page), tc.box, tc.width)
			wantSentence(t, err)
		})
	}
	// Nothing of the failures stays open.
	if _, err := v.Page(t.Context(), good, 1, on(1), 480); err != nil {
		t.Error(err)
	}
}

// TestBoxesFit: the page that people see lies as the page that was read.
func TestBoxesFit(t *testing.T) {
	s := newStore(t)
	v := newViews(t, s, t.TempDir(), 1<<30)
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "bundles", "complete.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	sha := put(t, s, data)
	src, err := page.Open(t.Context(), "complete.pdf", bytes.NewReader(data), int64(len(data)), page.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for _, n := range []int{1, 3, 8} {
		scan, err := src.Page(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		read, up, err := page.Upright(t.Context(), scan, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := v.Page(t.Context(), sha, 1, bundle.PageInfo{Page: n, Rotation: up.Rotation, Skew: up.Skew}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		seen := decoded(t, p)
		want := scale(read.R, read.W, read.Bounds(), p.W, p.H)
		off, ink := 0, 0
		for i, w := range want {
			if w >= 128 {
				continue
			}
			ink++
			r, _, _, _ := seen.At(i%p.W, i/p.W).RGBA()
			if d := int(r>>8) - int(w); d > 60 || d < -60 {
				off++
			}
		}
		if ink == 0 || off*50 > ink {
			t.Errorf("page %d (turned %d, skew %.2f): %d of %d dark pixels are elsewhere", n, up.Rotation, up.Skew, off, ink)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	for _, kept := range []bool{false, true} {
		b.Run(map[bool]string{false: "first", true: "kept"}[kept], func(b *testing.B) {
			s := newStore(b)
			sha := stored(b, s, "bundles/complete.pdf")
			room := int64(1 << 30)
			if !kept {
				room = 0
			}
			v := newViews(b, s, b.TempDir(), room)
			n := 0
			for b.Loop() {
				n++
				if _, err := v.Page(b.Context(), sha, 1, on(n%3+1), 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
