package group4_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/ccitt"

	"sealdesk/pipeline/page/group4"
)

// TestEncode decodes with another program's decoder what ours encodes.
func TestEncode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, density := range []int{1, 2, 7, 40, 900, 1 << 30} {
		const w, h = 2700, 40
		pix := make([]uint8, w*h)
		colour := uint8(0)
		for i := range pix {
			if i%w == 0 {
				colour = uint8(rng.IntN(2))
			}
			if rng.IntN(density) == 0 {
				colour = 1 - colour
			}
			pix[i] = colour
			if y := i / w; y%3 == 1 { // a row like the one above
				pix[i] = pix[i-w]
			}
		}
		r := ccitt.NewReader(bytes.NewReader(group4.Encode(h, func(y int) []uint8 { return pix[y*w:][:w] })), ccitt.MSB, ccitt.Group4, w, h, &ccitt.Options{Invert: true})
		got, err := io.ReadAll(r)
		if err != nil {
			t.Fatalf("one change in %d: %v", density, err)
		}
		stride := (w + 7) / 8
		for i, want := range pix {
			x, y := i%w, i/w
			if bit := got[y*stride+x/8] >> (7 - x%8) & 1; bit != want {
				t.Fatalf("one change in %d: pixel (%d, %d) is %d, want %d", density, x, y, bit, want)
			}
		}
	}
}
