package seal

import (
	"slices"
	"testing"
)

// Each character must be itself in every style, and in a bolder or plainer style
// of the same size still be itself rather than nearly any other.
func TestGlyphs(t *testing.T) {
	g := loadGlyphs()
	if len(g.runes) != 6763 || len(g.styles) != 6 {
		t.Fatalf("%d characters in %d styles", len(g.runes), len(g.styles))
	}
	first := g.styles[0]
	for _, r := range "科盟淖院国" {
		i := slices.Index(g.runes, r)
		if i < 0 {
			t.Fatalf("no %c", r)
		}
		views := make([]shape, len(g.styles))
		for n, style := range g.styles {
			views[n] = style.shape(i)
			if own := dot(views[n].fine[:], views[n].fine[:]); own < 0.99 {
				t.Errorf("%c of style %d: likeness to itself %.2f", r, n, own)
			}
		}
		rank := make([]int, len(g.styles))
		for k := range g.runes {
			other := first.shape(k)
			for n, v := range views {
				if k != i && dot(v.fine[:], other.fine[:]) >= dot(v.fine[:], views[0].fine[:]) {
					rank[n]++
				}
			}
		}
		if rank[0] > 0 || rank[1] > 20 || rank[2] > 20 {
			t.Errorf("%c: so many characters are likelier, by style: %v", r, rank)
		}
	}
}

func TestUnpackGlyphsDamaged(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("no gzip"), glyphData[:len(glyphData)/2], glyphData[:20]} {
		if _, err := unpackGlyphs(data); err == nil {
			t.Errorf("%d bytes were taken for glyphs", len(data))
		}
	}
}
