package page

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
)

// pose is how a page lies.
type pose struct {
	rotation   int // clockwise, to make it upright
	skew       float64
	confidence float64
}

// apply turns and straightens the page.
func (p pose) apply(m *Image) {
	m.turn(p.rotation)
	// Below this no pixel of an A4 page at 300 dpi moves by a whole pixel.
	if math.Abs(p.skew) >= 0.02 {
		m.rotate(p.skew)
	}
}

// clearly is how many times sharper the lines of one direction must be than
// those of the other to be believed without reading.
const clearly = 2.0

// peaked is how much sharper lines must be at their skew than at any angle, on
// the mean, for the skew to be believed.
const peaked = 1.25

// pose finds the direction of lines and the skew by projection, and up or down
// by reading. m is the page at full resolution, borders whitened.
func (s *sketch) pose(ctx context.Context, m *Image, judge Judge) (pose, error) {
	xs, ys := s.points(false)
	if len(xs) < 200 {
		xs, ys = s.points(true)
	}
	if len(xs) == 0 {
		return pose{}, nil
	}
	textAcross, textDown := newProfile(xs, ys, s.w, s.h, false), newProfile(xs, ys, s.w, s.h, true)
	coarseAcross, sharpAcross, dullAcross := search(-maxSkew, maxSkew, 0.5, textAcross.sharpness)
	coarseDown, sharpDown, dullDown := search(-maxSkew, maxSkew, 0.5, func(a float64) float64 { return textDown.sharpness(-a) })

	xs, ys = s.points(true)
	across, down := newProfile(xs, ys, s.w, s.h, false), newProfile(xs, ys, s.w, s.h, true)
	// A picture without lines has no peak; it is left as it lies.
	upright, sideways := pose{rotation: 0}, pose{rotation: 90}
	if sharpAcross >= peaked*dullAcross {
		upright.skew = skewNear(coarseAcross, across, down)
	}
	if sharpDown >= peaked*dullDown {
		sideways.skew = skewNear(coarseDown, across, down)
	}
	need := clearly
	if s.few {
		need *= clearly
		upright.skew, sideways.skew = s.skewOfFew(false, upright.skew), s.skewOfFew(true, sideways.skew)
	}
	switch {
	case sharpAcross >= need*sharpDown:
		return s.judged(ctx, m, upright, judge)
	case sharpDown >= need*sharpAcross:
		return s.judged(ctx, m, sideways, judge)
	case judge == nil && sharpDown > sharpAcross && !s.few:
		return sideways, nil
	case judge == nil:
		return upright, nil
	}
	first, second := upright, sideways
	if sharpDown > sharpAcross {
		first, second = sideways, upright
	}
	a, err := s.judged(ctx, m, first, judge)
	if err != nil || a.confidence >= 1 { // the other cannot be surer
		return a, err
	}
	b, err := s.judged(ctx, m, second, judge)
	if err != nil {
		return pose{}, err
	}
	if b.confidence > a.confidence || b.confidence == a.confidence && second == upright {
		return b, nil
	}
	return a, nil
}

// skewOfFew is the skew of a line or two of large characters, whose strokes
// make no sharp profile: the median slope between the upper edges, and between
// the lower edges, of characters that stand apart (T. Theil, 1950; P. Sen, J.
// Am. Stat. Assoc. 63, 1968). It gives back other when there are too few, or
// rules to go by.
func (s *sketch) skewOfFew(sideways bool, other float64) float64 {
	var chars []image.Rectangle
	for i, c := range s.pieces {
		if float64(max(c.box.Dx(), c.box.Dy())) > s.mm(30) && c.darkest < faint {
			return other
		}
		if !s.text[i] {
			continue
		}
		b := c.box
		if sideways { // as it will look after a quarter turn clockwise
			b = image.Rect(s.h-b.Max.Y, b.Min.X, s.h-b.Min.Y, b.Max.X)
		}
		chars = append(chars, b)
	}
	chars = mergeColumns(chars, int(s.em))
	var slopes []float64
	for i, a := range chars {
		for _, b := range chars[i+1:] {
			dx := float64(b.Min.X+b.Max.X-a.Min.X-a.Max.X) / 2
			if math.Abs(dx) < 2*s.em || math.Abs(float64(b.Min.Y-a.Min.Y)) > math.Abs(dx)*0.2 {
				continue
			}
			slopes = append(slopes, float64(b.Min.Y-a.Min.Y)/dx, float64(b.Max.Y-a.Max.Y)/dx)
		}
	}
	if len(slopes) < 6 {
		return other
	}
	slices.Sort(slopes)
	return math.Atan((slopes[len(slopes)/2]+slopes[(len(slopes)-1)/2])/2) * 180 / math.Pi
}

// mergeColumns joins the parts of a character that stand over one another.
func mergeColumns(boxes []image.Rectangle, em int) []image.Rectangle {
	slices.SortFunc(boxes, func(a, b image.Rectangle) int { return a.Min.X - b.Min.X })
	var merged []image.Rectangle
	for _, b := range boxes {
		at := slices.IndexFunc(merged, func(m image.Rectangle) bool {
			u := m.Union(b)
			return b.Min.X < m.Max.X && u.Dy() <= em*5/4 && u.Dx() <= em*5/4
		})
		if at < 0 {
			merged = append(merged, b)
		} else {
			merged[at] = merged[at].Union(b)
		}
	}
	// What is much lower than a character has no telling edges.
	return slices.DeleteFunc(merged, func(m image.Rectangle) bool { return m.Dy() < em*6/10 })
}

// sure is how sure the reader must be to be asked no more. It is asked about two lines
// at a time, and rounds times at most.
const (
	sure   = 0.6
	rounds = 4
)

// judged asks the reader whether the page in this pose is the right way up,
// with a few lines at a time.
func (s *sketch) judged(ctx context.Context, m *Image, p pose, judge Judge) (pose, error) {
	if judge == nil {
		return p, nil
	}
	lines := s.lines(p)
	score := 0.0
	for asked := 0; len(lines) > 0 && asked < rounds && math.Abs(score) < sure; asked++ {
		n := min(2, len(lines))
		var up, down []*image.Gray
		for _, l := range lines[:n] {
			crop := l.cut(m, p)
			up = append(up, crop)
			down = append(down, &image.Gray{Pix: orientPlane(crop.Pix, crop.Stride, crop.Rect.Dy(), 3), Stride: crop.Stride, Rect: crop.Rect})
		}
		lines = lines[n:]
		v, err := judge(ctx, up, down)
		if err != nil {
			return pose{}, fmt.Errorf("judge which way is up: %w", err)
		}
		score = min(max(score+v, -1), 1)
	}
	p.confidence = math.Abs(score)
	if score < 0 {
		p.rotation = (p.rotation + 180) % 360
	}
	return p, nil
}

// textLine is a line of text on the page as turned and straightened, in
// fractions of its width and height.
type textLine struct {
	x0, y0, x1, y1 float64
	score          float64
}

// lines finds text lines fit for reading in a pose, the best first and from
// different places on the page. Characters are joined sideways over gaps of
// less than a character (run-length smoothing: K. Wong, R. Casey, F. Wahl,
// Document analysis system, IBM J. Res. Dev. 26, 1982).
func (s *sketch) lines(p pose) []textLine {
	w, h := s.w, s.h
	if p.rotation%180 != 0 {
		w, h = h, w
	}
	sin, cos := math.Sincos(p.skew * math.Pi / 180)
	cx, cy := float64(w)/2, float64(h)/2
	mask, dark := make([]uint8, w*h), make([]uint8, w*h)
	for i, c := range s.pieces {
		if !s.text[i] {
			continue
		}
		x, y := float64(c.box.Min.X+c.box.Max.X)/2, float64(c.box.Min.Y+c.box.Max.Y)/2
		bw, bh := float64(c.box.Dx()), float64(c.box.Dy())
		if p.rotation%180 != 0 { // a quarter turn clockwise
			x, y = float64(w)-y, x
			bw, bh = bh, bw
		}
		x, y = (x-cx)*cos+(y-cy)*sin+cx, -(x-cx)*sin+(y-cy)*cos+cy
		gap := s.em * 0.4
		fill(mask, w, h, x-bw/2-gap, y-bh/2, x+bw/2+gap, y+bh/2)
		fill(dark, w, h, x-bw/2, y-bh/2, x+bw/2, y+bh/2)
	}
	joined, _ := components(mask, dark, w, h)
	var lines []textLine
	for _, c := range joined {
		lw, lh := float64(c.box.Dx())-0.8*s.em, float64(c.box.Dy())
		if lh < 0.6*s.em || lh > 2.2*s.em || lw < 2*s.em || lw < 1.5*lh {
			continue
		}
		chars := lw / s.em
		l := textLine{
			x0: (float64(c.box.Min.X) + 0.3*s.em) / float64(w), x1: (float64(c.box.Max.X) - 0.3*s.em) / float64(w),
			y0: (float64(c.box.Min.Y) - 0.15*s.em) / float64(h), y1: (float64(c.box.Max.Y) + 0.15*s.em) / float64(h),
		}
		// A dozen characters tell enough; longer lines only cost more.
		const enough = 14
		if chars > enough {
			l.x1 = l.x0 + enough*s.em/float64(w)
			chars = enough
		}
		l.score = chars * math.Exp(-4*math.Abs(math.Log(lh/s.em)))
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b textLine) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return apart(lines, 2*rounds)
}

// apart keeps the best lines that are not close neighbours, then fills up.
func apart(lines []textLine, n int) []textLine {
	var kept []textLine
	for _, distance := range []float64{0.08, 0} {
		for _, l := range lines {
			near := slices.ContainsFunc(kept, func(k textLine) bool {
				return k == l || math.Abs(k.y0-l.y0) < distance
			})
			if !near && len(kept) < n {
				kept = append(kept, l)
			}
		}
	}
	return kept
}

func fill(mask []uint8, w, h int, x0, y0, x1, y1 float64) {
	l, r := max(int(x0), 0), min(int(math.Ceil(x1)), w)
	for y := max(int(y0), 0); y < min(int(math.Ceil(y1)), h); y++ {
		for x := l; x < r; x++ {
			mask[y*w+x] = 1
		}
	}
}

// cut takes the line out of the page at full resolution, as it looks in the
// pose, with even light and without red seals.
func (l textLine) cut(m *Image, p pose) *image.Gray {
	w, h := m.W, m.H
	quarter := p.rotation%180 != 0
	if quarter {
		w, h = h, w
	}
	x0, y0 := int(l.x0*float64(w)), int(l.y0*float64(h))
	cw, ch := max(int(l.x1*float64(w))-x0, 1), max(int(l.y1*float64(h))-y0, 1)
	out := image.NewGray(image.Rect(0, 0, cw, ch))
	sin, cos := math.Sincos(p.skew * math.Pi / 180)
	cx, cy := float64(w-1)/2, float64(h-1)/2
	for y := range ch {
		for x := range cw {
			dx, dy := float64(x0+x)-cx, float64(y0+y)-cy
			sx, sy := dx*cos-dy*sin+cx, dx*sin+dy*cos+cy
			if quarter { // back by a quarter turn
				sx, sy = sy, float64(w-1)-sx
			}
			out.Pix[y*cw+x] = sample(m.R, m.W, m.H, sx, sy)
		}
	}
	out.Pix = Flatten(out.Pix, cw, ch, m.DPI)
	return out
}

// sample is the plane at a place between pixels, white outside.
func sample(p []uint8, w, h int, x, y float64) uint8 {
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	if ix < 0 || iy < 0 || ix >= w-1 || iy >= h-1 {
		return 255
	}
	fx, fy := int((x-float64(ix))*256), int((y-float64(iy))*256)
	i := iy*w + ix
	top := int(p[i])*(256-fx) + int(p[i+1])*fx
	bottom := int(p[i+w])*(256-fx) + int(p[i+w+1])*fx
	return uint8((top*(256-fy) + bottom*fy) >> 16)
}
