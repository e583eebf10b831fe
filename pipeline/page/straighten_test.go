package page

import (
	"context"
	"math"
	"testing"
)

// TestStraightenAsUpright: a page straightened by what a result says of it lies as
// the page that the result was read from, for bundles as they come and fed on
// their side.
func TestStraightenAsUpright(t *testing.T) {
	ctx := context.Background()
	for _, name := range []string{"complete.pdf", "two-applications.tif"} {
		for i, scan := range scanned(t, name, 1, 3, 8) {
			for _, fed := range []int{0, 270} {
				m := turned(scan, fed)
				want, up, err := Upright(ctx, m, nil)
				if err != nil {
					t.Fatal(err)
				}
				got := Straighten(m, up.Rotation, math.Round(up.Skew*100)/100)
				if got.W != want.W || got.H != want.H {
					t.Fatalf("%s page %d: %d x %d, want %d x %d", name, i, got.W, got.H, want.W, want.H)
				}
				// Streaks and borders are taken off one and not the other; a shift by
				// a pixel would change every stroke's edges.
				off, ink := 0, 0
				for k, v := range want.G {
					if v < 128 {
						ink++
						if d := int(v) - int(got.G[k]); d > 60 || d < -60 {
							off++
						}
					}
				}
				if ink == 0 || off*100 > ink {
					t.Errorf("%s page %d, turned by %d, skew %.3f: %d of %d pixels of ink differ", name, i, up.Rotation, up.Skew, off, ink)
				}
			}
		}
	}
}
