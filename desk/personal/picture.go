package personal

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"

	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/pipeline"
)

// Places gives the places on page n of a bundle that are personal: the cells of such
// fields, and lines in which phone numbers or e-mail addresses stand. ok is false where
// the page was not read, so that it cannot be judged and must not be shown at all.
func Places(b *desk.Bundle, n int) (places []bundle.Box, ok bool) {
	if b.Result == nil || n < 1 || n > len(b.Result.PageInfo) || b.Result.PageInfo[n-1].Error != nil {
		return nil, false
	}
	for _, app := range b.Result.Applications {
		for key, f := range app.Fields {
			if def := definition(b.Call, key); f.Page == n && (def == nil || Type(def.Type)) {
				places = append(places, f.Box)
			}
		}
	}
	for _, p := range b.Text {
		if p.Page != n {
			continue
		}
		for _, line := range p.Lines {
			if len(Spans(line.Text)) > 0 {
				places = append(places, line.Box)
			}
		}
	}
	return places, true
}

// coverWidth is how wide pictures of covered pages are, in pixels: some 200 dpi.
const coverWidth = 1600

// all is a whole page.
var all = bundle.Box{0, 0, 1, 1}

// Cover gives the pages of a bundle for a PDF, with what is personal covered. A page that
// was not read is covered altogether.
func Cover(d *desk.Desk, b *desk.Bundle) pipeline.Cover {
	return func(ctx context.Context, n int) ([]byte, []bundle.Box, error) {
		places, ok := Places(b, n)
		if !ok {
			data, err := blank()
			return data, []bundle.Box{all}, err
		}
		data, err := d.Page(ctx, b.Entry.Bundle, n, coverWidth)
		if err == nil {
			data, err = Paint(data, all, places)
		}
		return data, places, err
	}
}

// covering is the colour of what is painted over.
var covering = color.Gray{Y: 0x80}

// blank is an A4 page of nothing but that.
func blank() ([]byte, error) {
	m := image.NewGray(image.Rect(0, 0, 1240, 1754))
	draw.Draw(m, m.Bounds(), image.NewUniform(covering), image.Point{}, draw.Src)
	var out bytes.Buffer
	err := jpeg.Encode(&out, m, nil)
	return out.Bytes(), err
}

// Paint paints over places of a page in a JPEG of what stands in box on it. Without
// places the JPEG is given back as it is.
func Paint(data []byte, box bundle.Box, places []bundle.Box) ([]byte, error) {
	if len(places) == 0 {
		return data, nil
	}
	src, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	bounds := src.Bounds()
	dst := image.NewRGBA(bounds)
	draw.Draw(dst, bounds, src, bounds.Min, draw.Src)
	gray := image.NewUniform(covering)
	for _, p := range places {
		x := func(v float64) int { return int((v - box[0]) / (box[2] - box[0]) * float64(bounds.Dx())) }
		y := func(v float64) int { return int((v - box[1]) / (box[3] - box[1]) * float64(bounds.Dy())) }
		// A hair more than the box, since strokes touch its edge.
		draw.Draw(dst, image.Rect(x(p[0])-2, y(p[1])-2, x(p[2])+3, y(p[3])+3).Add(bounds.Min), gray, image.Point{}, draw.Src)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, dst, &jpeg.Options{Quality: 85}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
