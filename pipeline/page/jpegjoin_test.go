package page

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"
)

// bands cuts a picture into JPEGs of so many rows each.
func bands(t *testing.T, m draw.Image, rows, quality int) [][]byte {
	t.Helper()
	var out [][]byte
	b := m.Bounds()
	for y := 0; y < b.Dy(); y += rows {
		part := image.NewRGBA(image.Rect(0, 0, b.Dx(), min(rows, b.Dy()-y)))
		draw.Draw(part, part.Rect, m, image.Pt(0, y), draw.Src)
		var src image.Image = part
		if _, ok := m.(*image.Gray); ok {
			gray := image.NewGray(part.Rect)
			draw.Draw(gray, gray.Rect, part, image.Point{}, draw.Src)
			src = gray
		}
		var w bytes.Buffer
		if err := jpeg.Encode(&w, src, &jpeg.Options{Quality: quality}); err != nil {
			t.Fatal(err)
		}
		out = append(out, w.Bytes())
	}
	return out
}

// Strips that are joined show what each showed alone, to the last bit.
func TestJoinJPEG(t *testing.T) {
	colour := image.NewRGBA(image.Rect(0, 0, 107, 333))
	for i := range 107 * 333 {
		colour.Set(i%107, i/107, color.RGBA{uint8(i * 7), uint8(i / 107), uint8(i % 107 * 2), 255})
	}
	gray := quadrants(107, 333)
	for name, tc := range map[string]struct {
		m    draw.Image
		rows int
		join bool
	}{
		"gray": {gray, 8, true}, "colour": {colour, 16, true}, "many": {colour, 32, true},
		"rows that are no whole unit": {colour, 24, false}, "gray, odd": {gray, 9, false},
	} {
		t.Run(name, func(t *testing.T) {
			strips := bands(t, tc.m, tc.rows, 80)
			joined := joinJPEG(strips, tc.rows, 333)
			if (joined != nil) != tc.join {
				t.Fatalf("joined: %v, want %v", joined != nil, tc.join)
			}
			if !tc.join {
				return
			}
			all, err := jpeg.Decode(bytes.NewReader(joined))
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range strips {
				part, err := jpeg.Decode(bytes.NewReader(s))
				if err != nil {
					t.Fatal(err)
				}
				for y := range part.Bounds().Dy() {
					for x := range 107 {
						if got, want := all.At(x, i*tc.rows+y), part.At(x, y); got != want {
							t.Fatalf("strip %d: (%d, %d) is %v, want %v", i, x, y, got, want)
						}
					}
				}
			}
		})
	}
	other := append(bands(t, gray, 168, 80)[:1:1], bands(t, gray, 168, 40)[1])
	if joinJPEG(other, 168, 333) != nil {
		t.Error("strips of two qualities were joined")
	}
}

func FuzzJoinJPEG(f *testing.F) {
	var w bytes.Buffer
	if err := jpeg.Encode(&w, quadrants(40, 16), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(w.Bytes(), 16)
	f.Add([]byte{0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0xff, 0, 0xff, 0xda, 0, 2}, 8)
	f.Fuzz(func(t *testing.T, data []byte, rows int) {
		if rows > 0 && rows < 1<<15 {
			joinJPEG([][]byte{data, data}, rows, 2*rows)
		}
	})
}
