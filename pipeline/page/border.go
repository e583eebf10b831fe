package page

// findBorder finds what a scan shows beside the paper: dark scanner edges and
// the dark surroundings of a photographed page. gray is w*h bytes at dpi, flat
// the same flattened; the result marks such pixels with 1, or is nil when there
// are none.
//
// It grows from the picture's edges through areas that are dark, or much darker
// than the paper close by (a shadow fades, a border ends), and thicker than any
// line, so that a table's rules that run into a dark edge are kept.
func findBorder(gray, flat []uint8, w, h int, dpi float64) []uint8 {
	var hist [256]int
	for _, v := range gray {
		hist[v]++
	}
	limit := uint8(int(quantile(&hist, 0.9)) * 9 / 20)
	reach := max(int(dpi/100+0.5), 1)
	thin := make([]uint8, w*h) // 1 where not dark enough
	for i, v := range gray {
		if v > limit && flat[i] > 170 {
			thin[i] = 1
		}
	}
	thin = spread(thin, w, h, reach)
	border := make([]uint8, w*h)
	var stack []int
	push := func(i int) {
		if thin[i] == 0 && border[i] == 0 {
			border[i] = 1
			stack = append(stack, i)
		}
	}
	for x := range w {
		push(x)
		push((h-1)*w + x)
	}
	for y := range h {
		push(y * w)
		push(y*w + w - 1)
	}
	found := 0
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		found++
		x := i % w
		if x > 0 {
			push(i - 1)
		}
		if x < w-1 {
			push(i + 1)
		}
		if i >= w {
			push(i - w)
		}
		if i < (h-1)*w {
			push(i + w)
		}
	}
	// A page that is dark all over is not a page beside a border.
	if found == 0 || found > w*h*6/10 {
		return nil
	}
	// Back to full thickness, and a millimetre on, where the edge is blurred.
	return spread(border, w, h, reach+int(dpi/25.4+0.5))
}

// quantile is the level below which the share q of the pixels lie.
func quantile(hist *[256]int, q float64) uint8 {
	n := 0
	for _, c := range hist {
		n += c
	}
	want, sum := int(q*float64(n)), 0
	for v, c := range hist {
		if sum += c; sum > want {
			return uint8(v)
		}
	}
	return 255
}

// spread grows the marked pixels by reach to all sides (a square).
func spread(mask []uint8, w, h, reach int) []uint8 {
	pass := make([]uint8, w*h)
	for y := range h {
		last := -reach - 1
		row, dst := mask[y*w:y*w+w], pass[y*w:y*w+w]
		for x := range w + reach {
			if x < w && row[x] != 0 {
				last = x
			}
			if at := x - reach; at >= 0 && last >= at-reach {
				dst[at] = 1
			}
		}
	}
	out := make([]uint8, w*h)
	last := make([]int, w)
	for x := range last {
		last[x] = -reach - 1
	}
	for y := range h + reach {
		if y < h {
			for x, v := range pass[y*w : y*w+w] {
				if v != 0 {
					last[x] = y
				}
			}
		}
		if at := y - reach; at >= 0 {
			dst := out[at*w : at*w+w]
			for x, l := range last {
				if l >= at-reach {
					dst[x] = 1
				}
			}
		}
	}
	return out
}

// whiten paints the marked pixels of a reduced mask white in all planes. The
// planes are copied first.
func (m *Image) whiten(mask []uint8, mw, mh, factor int) {
	m.eachPlane(func(p []uint8) []uint8 {
		out := append([]uint8(nil), p...)
		for y := range m.H {
			row := mask[min(y/factor, mh-1)*mw:][:mw]
			dst := out[y*m.W : y*m.W+m.W]
			for x := 0; x < mw; x++ {
				if row[x] == 0 {
					continue
				}
				x0 := x
				for x < mw && row[x] != 0 {
					x++
				}
				to := x * factor
				if x == mw {
					to = m.W
				}
				for i := x0 * factor; i < min(to, m.W); i++ {
					dst[i] = 255
				}
			}
		}
		return out
	})
}
