package seal

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
)

// Radii of official round seals (38 to 50 mm across) with room for a scan whose
// resolution is not quite known, in mm.
const (
	minRadius = 16.5
	maxRadius = 27
)

// Gradients that count as an edge, as sums of a Sobel kernel over ink 0..1, and
// how many circles are looked at closely on a page. Speckles are so few that
// their faint edges can be taken too.
const (
	inkEdge           = 0.35
	inkCandidates     = 16
	speckleEdge       = 0.12
	speckleCandidates = 8
	speckleSize       = 2.0 // mm
)

// Find looks for seals on an upright, deskewed page and reads the ring text of
// the round ones through read, which is called at most once and not at all for a
// page without round seals. On a colour scan only red seals count, so a
// photocopied seal is none; on gray and bilevel scans a seal is known by its
// ring, and oval and square stamps are not looked for. Seals come from top to
// bottom. When reading fails the seals are returned unread beside the error.
func Find(ctx context.Context, img *page.Image, read func(context.Context, []ocr.Crop) ([]ocr.Reading, error)) ([]Seal, error) {
	dpi := img.DPI
	if dpi <= 0 {
		dpi = float64(img.W) / 8.27
	}
	f := scaleOf(dpi)
	if img.W/f < 50 || img.H/f < 50 {
		return nil, nil
	}
	ink := pageInk(img, f)
	mm := dpi / 25.4 / float64(f)
	var seals []Seal
	var rings []circle
	found := rounds(img, ink, f, mm)
	for _, e := range found {
		c := circle{(e.x + 0.5) * float64(f), (e.y + 0.5) * float64(f), (e.r + 0.5) * float64(f)}
		rings = append(rings, c)
		seals = append(seals, Seal{Box: c.box().Intersect(img.Bounds()), Shape: Round, Presence: e.presence()})
	}
	if img.Color {
		for _, s := range otherStamps(ink, found, mm) {
			s.Box = image.Rectangle{s.Box.Min.Mul(f), s.Box.Max.Mul(f)}
			seals = append(seals, s)
		}
	}
	err := readRings(ctx, img, rings, seals, read)
	slices.SortStableFunc(seals, func(a, b Seal) int { return cmp.Compare(a.Box.Min.Y, b.Box.Min.Y) })
	if err != nil {
		return seals, fmt.Errorf("read seals: %w", err)
	}
	return seals, nil
}

// scaleOf is the factor that brings a scan to about 70 dpi, where a ring is
// three or four pixels thick.
func scaleOf(dpi float64) int { return max(int(dpi/70+0.5), 1) }

// rounds are the round seals on a plane of ink of 1/f of the page's scale with
// mm pixels to the millimetre.
func rounds(img *page.Image, ink *plane, f int, mm float64) []evidence {
	rmin, rmax := minRadius*mm, maxRadius*mm
	var found []evidence
	look := func(p *plane, edge float32, n int) {
		smooth := p.blur(2)
		for _, c := range vote(smooth, rmin, rmax, edge, n) {
			e := judge(ink, refine(smooth, c, rmin, rmax))
			if e.r > rmin-1 && e.r < rmax+1 && e.isSeal(img.Color) {
				found = append(found, e)
			}
		}
	}
	look(ink, inkEdge, inkCandidates)
	if img.Bilevel {
		look(speckles(img, f, int(speckleSize*mm*float64(f))), speckleEdge, speckleCandidates)
	}
	slices.SortStableFunc(found, func(a, b evidence) int { return cmp.Compare(b.cover-b.adverse, a.cover-a.adverse) })
	var out []evidence
	for _, e := range found {
		if !slices.ContainsFunc(out, func(o evidence) bool {
			return math.Hypot(o.x-e.x, o.y-e.y) < 0.5*o.r
		}) {
			out = append(out, e)
		}
	}
	return out
}

// isSeal judges the evidence. A ring that is nearly whole is enough; of a ring
// that is half gone, the star in an empty middle must tell.
func (e evidence) isSeal(color bool) bool {
	whole := 0.65
	if color {
		whole = 0.5
	}
	if e.visible < 0.4 || e.adverse > 0.12 {
		return false
	}
	if e.visible < 1 {
		whole = max(whole, 0.7)
	}
	if e.cover >= whole {
		// A ring with gaps may be another outline's arcs, but not about an empty zone.
		return e.cover >= 0.8 || e.hollow < 0.3
	}
	return e.visible == 1 && e.cover >= 0.35 && e.adverse < 0.06 && e.drop > 0.08 &&
		e.center > 0.15 && e.hollow < 0.15 && e.center > 2*e.hollow
}

// presence is how sure it is that there is a seal, 0..1.
func (e evidence) presence() float64 {
	return min(1, 0.5+0.6*(e.cover-e.adverse))
}

// box is the circle's bounding box.
func (c circle) box() image.Rectangle {
	return image.Rect(int(math.Floor(c.x-c.r)), int(math.Floor(c.y-c.r)), int(math.Ceil(c.x+c.r)), int(math.Ceil(c.y+c.r)))
}
