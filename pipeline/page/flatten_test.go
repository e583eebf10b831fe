package page

import (
	"testing"
	"time"
)

// shadedPage is paper whose light falls from bright to dim across the page,
// with dark bars as text.
func shadedPage(w, h int, bright, dim, ink int) (plane []uint8, isInk func(x, y int) bool) {
	isInk = func(x, y int) bool {
		return x > w/10 && x < w*9/10 && y%40 >= 10 && y%40 < 30 && x%12 < 4
	}
	plane = make([]uint8, w*h)
	for y := range h {
		for x := range w {
			light := bright + (dim-bright)*x/w
			if isInk(x, y) {
				light = light * ink / 255
			}
			plane[y*w+x] = uint8(light)
		}
	}
	return plane, isInk
}

func TestFlattenEvensLight(t *testing.T) {
	const w, h = 800, 600
	for _, tc := range []struct {
		name             string
		bright, dim, ink int
	}{
		{"white paper", 250, 250, 60},
		{"strong shadow", 240, 90, 60},
		{"yellowed, faint ink", 190, 150, 150},
	} {
		plane, isInk := shadedPage(w, h, tc.bright, tc.dim, tc.ink)
		flat := Flatten(plane, w, h, 200)
		for y := 5; y < h-5; y++ {
			for x := 5; x < w-5; x++ {
				v := int(flat[y*w+x])
				if isInk(x, y) {
					if v < tc.ink-12 || v > tc.ink+25 {
						t.Fatalf("%s: ink at %d,%d is %d, want about %d", tc.name, x, y, v, tc.ink)
					}
				} else if v < 230 {
					t.Fatalf("%s: paper at %d,%d is %d, want near 255", tc.name, x, y, v)
				}
			}
		}
	}
}

func TestFlattenKeepsDarkSurroundingsDark(t *testing.T) {
	const w, h = 800, 600
	plane := make([]uint8, w*h)
	for i := range plane {
		plane[i] = 20
		if i%w > 200 {
			plane[i] = 230
		}
	}
	flat := Flatten(plane, w, h, 200)
	if v := flat[300*w+80]; v > 90 {
		t.Errorf("dark border came out as %d", v)
	}
	if v := flat[300*w+500]; v < 245 {
		t.Errorf("paper came out as %d", v)
	}
}

func TestFlattenOddShapes(t *testing.T) {
	for _, tc := range []struct {
		w, h int
		dpi  float64
	}{{1, 1, 0}, {3, 500, 72}, {500, 3, 1e9}, {17, 16, -4}} {
		if got := Flatten(make([]uint8, tc.w*tc.h), tc.w, tc.h, tc.dpi); len(got) != tc.w*tc.h {
			t.Errorf("%dx%d: %d bytes", tc.w, tc.h, len(got))
		}
		if got := Sauvola(make([]uint8, tc.w*tc.h), tc.w, tc.h, 35, 0.2); len(got) != tc.w*tc.h {
			t.Errorf("%dx%d: %d bytes", tc.w, tc.h, len(got))
		}
	}
	if Flatten(make([]uint8, 5), 3, 3, 200) != nil || Sauvola(nil, 3, 3, 9, 0.2) != nil {
		t.Error("a plane that is too short was taken")
	}
}

func TestSauvolaFindsInk(t *testing.T) {
	const w, h = 800, 600
	plane, isInk := shadedPage(w, h, 240, 110, 110)
	ink := Sauvola(plane, w, h, 35, 0.2)
	for y := range h {
		for x := range w {
			if got := ink[y*w+x] == 1; got != isInk(x, y) {
				t.Fatalf("at %d,%d (level %d): ink %v, want %v", x, y, plane[y*w+x], got, isInk(x, y))
			}
		}
	}
}

func TestSauvolaOnSolidAndEmpty(t *testing.T) {
	const w, h = 300, 300
	plane := make([]uint8, w*h)
	for i := range plane {
		plane[i] = 250
		if x, y := i%w, i/w; x > 50 && x < 250 && y > 50 && y < 250 {
			plane[i] = 10
		}
	}
	ink := Sauvola(plane, w, h, 35, 0.2)
	if ink[150*w+150] != 1 {
		t.Error("a solid area is hollow")
	}
	if ink[20*w+20] != 0 {
		t.Error("plain paper is ink")
	}
}

func BenchmarkFlatten(b *testing.B) {
	plane, _ := shadedPage(2480, 3508, 240, 120, 60)
	for b.Loop() {
		Flatten(plane, 2480, 3508, 300)
	}
}

func BenchmarkSauvola(b *testing.B) {
	plane, _ := shadedPage(2480, 3508, 250, 250, 60)
	for b.Loop() {
		Sauvola(plane, 2480, 3508, 51, 0.2)
	}
}

// TestFlattenIsFast guards against a slip into per-pixel floating point: the
// bound is many times what it takes.
func TestFlattenIsFast(t *testing.T) {
	plane, _ := shadedPage(2480, 3508, 240, 120, 60)
	start := time.Now()
	Flatten(plane, 2480, 3508, 300)
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("300 dpi page took %v", d)
	}
}
