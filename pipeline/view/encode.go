package view

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"

	"sealdesk/bundle"
	"sealdesk/pipeline/page"
)

// encode cuts the box out of the page, scales it down to the width and encodes it,
// gray where the page is.
func encode(m *page.Image, b bundle.Box, width int) (Picture, error) {
	r := image.Rect(
		int(b[0]*float64(m.W)), int(b[1]*float64(m.H)),
		int(math.Ceil(b[2]*float64(m.W))), int(math.Ceil(b[3]*float64(m.H))),
	).Intersect(m.Bounds())
	if r.Empty() {
		return Picture{}, fmt.Errorf("nothing of a page of %d x %d pixels in box %v", m.W, m.H, b)
	}
	w := min(width, r.Dx())
	h := max(int(math.Round(float64(r.Dy())*float64(w)/float64(r.Dx()))), 1)
	var img image.Image
	if m.Color {
		img = rgba(scale(m.R, m.W, r, w, h), scale(m.G, m.W, r, w, h), scale(m.B, m.W, r, w, h), w, h)
	} else {
		img = &image.Gray{Pix: scale(m.G, m.W, r, w, h), Stride: w, Rect: image.Rect(0, 0, w, h)}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, fmt.Errorf("encode the picture: %w", err)
	}
	return Picture{out.Bytes(), w, h}, nil
}

func rgba(r, g, b []uint8, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range r {
		p := img.Pix[4*i : 4*i+4 : 4*i+4]
		p[0], p[1], p[2], p[3] = r[i], g[i], b[i], 255
	}
	return img
}

// shares are the pixels of the source, from one on, that fall to one of the result,
// and how much of each, in 1/256.
type shares struct {
	from    int
	weights []uint32
	sum     uint32
}

// scale takes the mean of the area that falls to each pixel of the result, which is
// not larger than r: strokes get thinner and grayer, but none is lost.
func scale(src []uint8, stride int, r image.Rectangle, w, h int) []uint8 {
	out := make([]uint8, w*h)
	cols, rows := split(r.Dx(), w), split(r.Dy(), h)
	sums := make([]uint32, r.Dx())
	for y, s := range rows {
		clear(sums)
		for i, weight := range s.weights {
			line := src[(r.Min.Y+s.from+i)*stride+r.Min.X:][:r.Dx()]
			for x, v := range line {
				sums[x] += uint32(v) * weight
			}
		}
		for x, c := range cols {
			total := uint64(0)
			for i, weight := range c.weights {
				total += uint64(sums[c.from+i]) * uint64(weight)
			}
			area := uint64(c.sum) * uint64(s.sum)
			out[y*w+x] = uint8((total + area/2) / area)
		}
	}
	return out
}

// split deals n pixels to m, not more than n, in order.
func split(n, m int) []shares {
	out := make([]shares, m)
	for i := range out {
		from, to := i*n*256/m, (i+1)*n*256/m
		s := &out[i]
		s.from = from / 256
		for at := s.from; at*256 < to; at++ {
			weight := uint32(min(to, at*256+256) - max(from, at*256))
			s.weights = append(s.weights, weight)
			s.sum += weight
		}
	}
	return out
}
