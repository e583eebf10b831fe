package page

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sealdesk/bundle"
)

// scanned gives pages of a bundle for tests, as they were scanned.
func scanned(t testing.TB, name string, pages ...int) []*Image {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "bundles", name))
	if err != nil {
		t.Fatal(err)
	}
	src, err := openBytes(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if len(pages) == 0 {
		for n := range src.Pages() {
			pages = append(pages, n+1)
		}
	}
	var out []*Image
	for _, n := range pages {
		m, err := src.Page(context.Background(), n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func flawsOf(t testing.TB, m *Image) []bundle.Flaw {
	t.Helper()
	_, up, err := Upright(context.Background(), m, nil)
	if err != nil {
		t.Fatal(err)
	}
	return Quality(m, up)
}

func kinds(flaws []bundle.Flaw) []bundle.FlawKind {
	var out []bundle.FlawKind
	for _, f := range flaws {
		out = append(out, f.Kind)
	}
	return out
}

// TestGoodScans: nothing is wrong with bundles that read well.
func TestGoodScans(t *testing.T) {
	for _, name := range []string{"complete.pdf", "no-seal.pdf", "two-applications.tif"} {
		for i, m := range scanned(t, name) {
			if flaws := flawsOf(t, m); len(flaws) > 0 {
				t.Errorf("%s page %d: %v, want no flaws", name, i+1, kinds(flaws))
			}
		}
	}
}

// blurred is the page out of focus: a Gaussian of so many millimetres.
func blurred(m *Image, mm float64) *Image {
	sigma := mm / 25.4 * m.DPI
	reach := int(3*sigma + 1)
	weights, sum := make([]int, 2*reach+1), 0
	for i := range weights {
		d := float64(i - reach)
		weights[i] = int(4096 * math.Exp(-d*d/(2*sigma*sigma)))
		sum += weights[i]
	}
	pass := func(p []uint8, n, step, lines, stride int) []uint8 {
		out := make([]uint8, len(p))
		for l := range lines {
			for i := range n {
				v := 0
				for k, w := range weights {
					v += w * int(p[l*stride+min(max(i+k-reach, 0), n-1)*step])
				}
				out[l*stride+i*step] = uint8(v / sum)
			}
		}
		return out
	}
	out := *m
	out.Bilevel = false
	out.eachPlane(func(p []uint8) []uint8 {
		return pass(pass(p, m.W, 1, m.H, m.W), m.H, m.W, m.W, 1)
	})
	return &out
}

// cropped is what is left of the page from (x0, y0) to (x1, y1), as shares of it.
func cropped(m *Image, x0, y0, x1, y1 float64) *Image {
	l, r := int(x0*float64(m.W)), int(x1*float64(m.W))
	top, bottom := int(y0*float64(m.H)), int(y1*float64(m.H))
	out := *m
	out.W, out.H = r-l, bottom-top
	out.eachPlane(func(p []uint8) []uint8 {
		var kept []uint8
		for y := top; y < bottom; y++ {
			kept = append(kept, p[y*m.W+l:y*m.W+r]...)
		}
		return kept
	})
	return &out
}

// relit is the page with each level replaced.
func relit(m *Image, level func(v float64) float64) *Image {
	var table [256]uint8
	for i := range table {
		table[i] = uint8(255*min(max(level(float64(i)/255), 0), 1) + 0.5)
	}
	out := *m
	out.eachPlane(func(p []uint8) []uint8 {
		q := make([]uint8, len(p))
		for i, v := range p {
			q[i] = table[v]
		}
		return q
	})
	return &out
}

// coarser is the page at a lower resolution.
func coarser(m *Image, factor int) *Image {
	out := *m
	out.eachPlane(func(p []uint8) []uint8 {
		q, w, h := reduce(p, m.W, m.H, factor)
		out.W, out.H = w, h
		return q
	})
	out.DPI /= float64(factor)
	return &out
}

// turned is the page as it lies when fed turned clockwise.
func turned(m *Image, degrees int) *Image {
	out := *m
	out.turn(degrees)
	return &out
}

// TestFlaws: each flaw is found on a page that has it, and no other.
func TestFlaws(t *testing.T) {
	dim := func(v float64) float64 { return 0.4 * v }
	pale := func(v float64) float64 { return 0.75 + 0.25*v }
	for _, tc := range []struct {
		name string
		make func(m *Image) *Image
		want bundle.FlawKind
	}{
		{"a quarter of a millimetre out of focus", func(m *Image) *Image { return blurred(m, 0.254) }, bundle.Blurred},
		{"moved a little", func(m *Image) *Image { return blurred(m, 0.03) }, ""},
		{"left side of the table cut off", func(m *Image) *Image { return cropped(m, 0.15, 0, 1, 1) }, bundle.Cut},
		{"right side cut off", func(m *Image) *Image { return cropped(m, 0, 0, 0.85, 1) }, bundle.Cut},
		{"foot cut off", func(m *Image) *Image { return cropped(m, 0, 0, 1, 0.5) }, bundle.Cut},
		{"margins cut off", func(m *Image) *Image { return cropped(m, 0.03, 0.02, 0.97, 0.98) }, ""},
		{"too dark", func(m *Image) *Image { return relit(m, dim) }, bundle.Dark},
		{"a little dark", func(m *Image) *Image { return relit(m, func(v float64) float64 { return math.Pow(v, 1.5) }) }, ""},
		{"too light", func(m *Image) *Image { return relit(m, pale) }, bundle.Light},
		{"a little light", func(m *Image) *Image { return relit(m, func(v float64) float64 { return 0.2 + 0.8*v }) }, ""},
		{"100 dpi", func(m *Image) *Image { return coarser(m, 2) }, bundle.Coarse},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, name := range []string{"complete.pdf", "no-seal.pdf"} { // colour, black and white
				got := kinds(flawsOf(t, tc.make(scanned(t, name, 3)[0])))
				if tc.want == "" && len(got) > 0 || tc.want != "" && !slices.Equal(got, []bundle.FlawKind{tc.want}) {
					t.Errorf("%s: flaws %v, want %q", name, got, tc.want)
				}
			}
		})
	}
}

// TestCutSide: the strip lies on the side that is cut, however the page was fed.
func TestCutSide(t *testing.T) {
	m := cropped(scanned(t, "complete.pdf", 3)[0], 0.15, 0, 1, 1)
	for _, degrees := range []int{0, 90} {
		// Without a judge the page is never taken to stand on its head.
		fed := turned(m, (360-degrees)%360)
		flaws := flawsOf(t, fed)
		if len(flaws) != 1 || flaws[0].Box == nil || flaws[0].Box[0] != 0 || flaws[0].Box[2] > 0.1 || flaws[0].Box[3] != 1 {
			t.Errorf("fed turned by %d: %+v, want one at the left edge", -degrees, flaws)
		}
	}
}

// TestQualityOfAnything: no picture makes it panic.
func TestQualityOfAnything(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 500}, {500, 1}, {90, 90}} {
		for _, v := range []uint8{0, 128, 255} {
			t.Run(fmt.Sprintf("%dx%d of %d", size[0], size[1], v), func(t *testing.T) {
				m := &Image{W: size[0], H: size[1], DPI: 300}
				m.setGray(slices.Repeat([]uint8{v}, m.W*m.H))
				flawsOf(t, m)
				if got := Quality(m, Info{}); got != nil {
					t.Errorf("flaws %v of a page of which nothing is known", got)
				}
			})
		}
	}
}

func BenchmarkQuality(b *testing.B) {
	s := newSheet(240)
	s.text(40)
	s.noise(6)
	m := s.image()
	// The same at 300 dpi.
	big := &Image{W: 2 * m.W, H: 2 * m.H, DPI: 300}
	pix := make([]uint8, big.W*big.H)
	for y := range big.H {
		for x := range big.W {
			pix[y*big.W+x] = m.G[y/2*m.W+x/2]
		}
	}
	big.setGray(pix)
	_, up, err := Upright(context.Background(), big, nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Quality(big, up)
	}
}
