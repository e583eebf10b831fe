package office

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math/rand/v2"
)

// The size of invented pages in pixels, A4 at 150 dpi.
const (
	width, height = 1240, 1754
	dpi           = 150
)

// strips are pages of what looks like print, packed, in black and white.
func strips(n int) ([][]byte, error) {
	r := rand.New(rand.NewPCG(uint64(n), 5))
	out := make([][]byte, n)
	for i := range out {
		const row = (width + 7) / 8
		bits := make([]byte, row*height)
		for y := 140; y < height-160; y += 39 {
			for x := 18; x < row-18; x += 3 { // characters of 16 pixels
				for line := range 18 {
					if r.IntN(3) == 0 {
						bits[(y+line)*row+x], bits[(y+line)*row+x+1] = byte(r.IntN(256)), byte(r.IntN(256))
					}
				}
			}
		}
		var b bytes.Buffer
		w := zlib.NewWriter(&b)
		if _, err := w.Write(bits); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		out[i] = b.Bytes()
	}
	return out, nil
}

// scan is a TIFF with so many pages, which take turns with the strips' pictures: a
// small file for many pages. No two numbers give the same bytes.
func scan(strips [][]byte, pages int, number uint64) []byte {
	le := binary.LittleEndian
	b := append([]byte("II*\x00"), 0, 0, 0, 0)
	resolution := uint32(len(b))
	b = le.AppendUint32(le.AppendUint32(b, dpi), 1)
	b = le.AppendUint64(b, number)
	at := make([]uint32, len(strips))
	for i, s := range strips {
		at[i] = uint32(len(b))
		b = append(b, s...)
	}
	next := 4 // where the place of the next directory is written
	for n := range pages {
		if len(b)%2 == 1 {
			b = append(b, 0)
		}
		le.PutUint32(b[next:], uint32(len(b)))
		i := n % len(strips)
		const short, long, rational = 3, 4, 5
		entries := []struct {
			tag, kind uint16
			value     uint32
		}{
			{256, long, width}, {257, long, height},
			{258, short, 1}, // bits of a pixel
			{259, short, 8}, // packed by zlib
			{262, short, 0}, // 0 is white
			{273, long, at[i]}, {277, short, 1}, {278, long, height}, {279, long, uint32(len(strips[i]))},
			{282, rational, resolution}, {283, rational, resolution},
			{296, short, 2}, // dots an inch
		}
		b = le.AppendUint16(b, uint16(len(entries)))
		for _, e := range entries {
			b = le.AppendUint32(le.AppendUint16(le.AppendUint16(b, e.tag), e.kind), 1)
			b = le.AppendUint32(b, e.value)
		}
		next = len(b)
		b = le.AppendUint32(b, 0)
	}
	return b
}
