package personal

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"

	"sealdesk/bundle"
	"sealdesk/desk"
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
	gray := image.NewUniform(color.Gray{Y: 0x80})
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
