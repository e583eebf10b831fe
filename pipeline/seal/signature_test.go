package seal

import (
	"image"
	"testing"

	"sealdesk/pipeline/page"
)

// On gray and bilevel scans a seal's ink is not told from a pen's by colour.
func TestFindSignatureWithoutColour(t *testing.T) {
	zone := image.Rect(500, 1000, 900, 1060)
	for _, c := range []struct {
		name    string
		bilevel bool
		signed  bool
	}{
		{"gray, a seal alone", false, false},
		{"gray, signed beneath a seal", false, true},
		{"bilevel, a seal alone", true, false},
		{"bilevel, signed beneath a seal", true, true},
	} {
		m := sheet(false)
		s := Seal{Box: stamp(m, 650, 1030, 130, 0, 0), Shape: Round}
		if c.signed {
			pen(m, image.Rect(560, 1005, 860, 1055))
		}
		if c.bilevel {
			threshold(m)
		}
		got := FindSignature(m, zone, nil, []Seal{s})
		if got.Present != c.signed {
			t.Errorf("%s: %+v", c.name, got)
		}
		if c.bilevel && got.Confidence > 0.9 {
			t.Errorf("%s: confidence %.2f although the seal hides much", c.name, got.Confidence)
		}
	}
}

// What sticks out of a seal that hides the rest of a signature makes it likely, but no
// more.
func TestFindSignatureMostlyHidden(t *testing.T) {
	m := sheet(false)
	zone := image.Rect(500, 1000, 900, 1060)
	s := Seal{Box: stamp(m, 650, 1030, 130, 0, 0), Shape: Round}
	pen(m, image.Rect(736, 1020, 806, 1036))
	threshold(m)
	if got := FindSignature(m, zone, nil, []Seal{s}); !got.Present || got.Confidence > 0.5 {
		t.Errorf("%+v", got)
	}
}

// A name may be stamped instead of written.
func TestFindSignatureStamped(t *testing.T) {
	m := sheet(true)
	zone := image.Rect(500, 950, 900, 1120)
	s := Seal{Box: image.Rect(600, 980, 718, 1098), Shape: Square}
	if got := FindSignature(m, zone, nil, []Seal{s}); !got.Present || got.Box != s.Box || got.Confidence > 0.7 {
		t.Errorf("%+v", got)
	}
}

func threshold(m *page.Image) {
	m.Bilevel = true
	for i, v := range m.R {
		m.R[i] = 0
		if v >= 150 {
			m.R[i] = 255
		}
	}
}

// Ink hardly darker than the seal over it is still seen between the star and the ring's
// text, where a seal leaves the paper free.
func TestFindSignatureAsDarkAsSeal(t *testing.T) {
	for _, signed := range []bool{true, false} {
		m := sheet(false)
		s := Seal{Box: stamp(m, 650, 1030, 150, 0, 0), Shape: Round}
		if signed {
			pen(m, image.Rect(560, 1005, 740, 1055))
		}
		for i, v := range m.R {
			m.R[i] = max(v, 120) // the pen's ink is faint
		}
		if got := FindSignature(m, image.Rect(500, 1000, 800, 1060), nil, []Seal{s}); got.Present != signed {
			t.Errorf("%+v, want present %v", got, signed)
		}
	}
}
