package page

import "math"

// blank says whether a page has no content of its own. What lies along the edge of
// the scan is what is left of its border, unless it is as many pieces as a strip of
// text would be; what lies where no printer prints is never more.
func (s *sketch) blank() bool {
	const strip = 20
	ink, edge := 0, 0
	for _, c := range s.pieces {
		switch {
		case !s.content(c), s.within(c, s.mm(4)):
		case s.alongEdge(c):
			if edge++; edge >= strip {
				return false
			}
		default:
			ink++
			// A large piece alone (a table, a seal, a drawing) is content.
			if side := s.mm(15); float64(c.box.Dx()) > side && float64(c.box.Dy()) > side {
				return false
			}
		}
	}
	return ink < 3
}

// alongEdge says whether a piece lies in the strip at the scan's edge in which no page
// is printed.
func (s *sketch) alongEdge(c component) bool { return s.within(c, s.mm(7)) }

// within says whether a piece lies in the strip so many pixels wide at the scan's edge.
func (s *sketch) within(c component, width float64) bool {
	strip := int(width)
	return c.box.Max.X <= strip || c.box.Min.X >= s.w-strip || c.box.Max.Y <= strip || c.box.Min.Y >= s.h-strip
}

// content says whether a piece of ink may be part of a page's content, by its
// size, darkness, shape and place.
func (s *sketch) content(c component) bool {
	w, h := float64(c.box.Dx()), float64(c.box.Dy())
	long, short := math.Max(w, h), math.Min(w, h)
	switch {
	case c.darkest >= faint, long < s.mm(1.2):
		return false // bleed-through, specks
	case long > s.mm(12) && short < s.mm(1.2):
		return false // a streak or fold, or one rule
	case float64(c.box.Min.Y) > float64(s.h)*0.94:
		return false // a scanning app's mark or a page number
	}
	return !s.hole(c)
}

// hole says whether a piece is the shadow of a punch hole: round, of a hole's
// size and in the margin.
func (s *sketch) hole(c component) bool {
	w, h := float64(c.box.Dx()), float64(c.box.Dy())
	margin := s.mm(25)
	inMargin := float64(c.box.Min.X) < margin || float64(s.w-c.box.Max.X) < margin ||
		float64(c.box.Min.Y) < margin || float64(s.h-c.box.Max.Y) < margin
	return inMargin && w > s.mm(3.5) && w < s.mm(9) && math.Abs(w-h) < 0.3*math.Max(w, h) &&
		float64(c.area) > 0.45*w*h
}
