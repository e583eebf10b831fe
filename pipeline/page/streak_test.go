package page

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// written is a page of 100 dpi with rows of strokes and a box whose sides reach
// nearly to the sheet's ends.
func written(bilevel bool) *Image {
	const w, h = 827, 1169
	m := &Image{W: w, H: h, DPI: 100, Bilevel: bilevel, R: make([]uint8, w*h)}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range m.R {
		m.R[i] = 255
		if !bilevel {
			m.R[i] = uint8(225 + rng.IntN(8))
		}
	}
	put := func(x, y int) { m.R[y*w+x] = 0 }
	for y := 150; y < 900; y += 30 {
		for x := 120; x < 700; x++ {
			if rng.IntN(3) > 0 {
				for k := range 14 {
					if rng.IntN(2) == 0 {
						put(x, y+k)
					}
				}
			}
		}
	}
	for y := 60; y < 1110; y++ {
		put(80, y)
		put(81, y)
		put(740, y)
	}
	m.G, m.B = m.R, m.R
	return m
}

func TestRemoveStreaks(t *testing.T) {
	for _, c := range []struct {
		name    string
		bilevel bool
		at      []int
		through float64 // the share of light that passes
		row     bool
	}{
		{"thin and pale", false, []int{300}, 0.9, false},
		{"dark", false, []int{300, 301}, 0.5, false},
		{"opaque", false, []int{300, 301}, 0.05, false},
		{"light", false, []int{500, 501}, 1.1, false},
		{"beside a ruled line", false, []int{90}, 0.6, false},
		{"across", false, []int{407, 408}, 0.6, true},
		{"in black and white", true, []int{300, 301}, 0, false},
		{"two", false, []int{210, 610}, 0.7, false},
		{"none", false, nil, 1, false},
		{"none in black and white", true, nil, 1, false},
	} {
		clean := written(c.bilevel)
		m := *clean
		m.R = slices.Clone(clean.R)
		for _, i := range c.at {
			n := m.H
			if c.row {
				n = m.W
			}
			for k := range n {
				at := k*m.W + i
				if c.row {
					at = i*m.W + k
				}
				m.R[at] = uint8(min(float64(m.R[at])*c.through, 255))
			}
		}
		m.G, m.B = m.R, m.R
		m.removeStreaks()
		wrong, other := 0, 0
		for i, v := range m.R {
			on := slices.Contains(c.at, i%m.W)
			if c.row {
				on = slices.Contains(c.at, i/m.W)
			}
			if (v < 128) != (clean.R[i] < 128) {
				if on {
					wrong++
				} else {
					other++
				}
			}
		}
		long := m.H * max(len(c.at), 1)
		if wrong*5 > long || other > 0 {
			t.Errorf("%s: %d of %d pixels are wrong on the streak, %d elsewhere", c.name, wrong, long, other)
		}
		if &m.G[0] != &m.R[0] || &m.B[0] != &m.R[0] {
			t.Errorf("%s: a gray page has planes of its own", c.name)
		}
	}
}

// TestStreakInOneColour: dirt that takes one colour is taken off that plane.
func TestStreakInOneColour(t *testing.T) {
	clean := written(false)
	m := &Image{W: clean.W, H: clean.H, DPI: 100, Color: true, R: slices.Clone(clean.R), G: slices.Clone(clean.R), B: slices.Clone(clean.R)}
	for y := range m.H {
		m.B[y*m.W+400] /= 2
	}
	m.removeStreaks()
	dark := 0
	for y := range m.H {
		if m.B[y*m.W+400] < 150 && clean.R[y*m.W+400] > 200 {
			dark++
		}
	}
	if dark > 0 || !slices.Equal(m.R, clean.R) || !slices.Equal(m.G, clean.R) {
		t.Errorf("%d pixels of the streak are left, or other colours changed", dark)
	}
}

// TestRuleInTexture: a ruled line that stands on one of the fine lines of a screen over
// the whole page keeps its darkness, and the page outside the table its lightness.
func TestRuleInTexture(t *testing.T) {
	m := &Image{W: 800, H: 1100, DPI: 100}
	m.R = bytes.Repeat([]uint8{230}, m.W*m.H)
	for y := range m.H {
		for x := range m.W {
			switch {
			case x == 300 && y > 60 && y < 900:
				m.R[y*m.W+x] = 60
			case x == 300:
				m.R[y*m.W+x] = 215
			}
		}
	}
	m.G, m.B = m.R, m.R
	m.removeStreaks()
	if in, out := m.R[500*m.W+300], m.R[1000*m.W+300]; in > 100 || out > 240 {
		t.Errorf("the rule has level %d, the paper beyond it %d", in, out)
	}
}
