package page

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"sync"
	"testing"

	"sealdesk/bundle"
)

// tiffTag is a tag to write: shorts unless kind says otherwise.
type tiffTag struct {
	tag, kind uint16
	values    []uint32
}

// tiffPage is a directory to write. Its strips go before it in the file.
type tiffPage struct {
	tags   []tiffTag // ascending, without strips
	strips [][]byte
	tables []byte
}

// writeTIFF makes a little-endian TIFF. next, if not 0, is where the last
// directory says that the next one is.
func writeTIFF(pages []tiffPage, next uint32) []byte {
	le := binary.LittleEndian
	out := []byte("II*\x00\x00\x00\x00\x00")
	link := 4
	for _, p := range pages {
		var offsets, counts []uint32
		for _, s := range p.strips {
			offsets, counts = append(offsets, uint32(len(out))), append(counts, uint32(len(s)))
			out = append(out, s...)
		}
		tables := uint32(len(out))
		out = append(out, p.tables...)
		tags := append([]tiffTag{}, p.tags...)
		add := func(t tiffTag) {
			at := 0
			for at < len(tags) && tags[at].tag < t.tag {
				at++
			}
			tags = append(tags[:at], append([]tiffTag{t}, tags[at:]...)...)
		}
		add(tiffTag{tagStripOffsets, 4, offsets})
		add(tiffTag{tagStripCounts, 4, counts})
		if len(p.tables) > 0 {
			add(tiffTag{tagJPEGTables, 7, []uint32{tables}})
		}
		var blob []byte
		base := uint32(len(out) + 2 + 12*len(tags) + 4)
		le.PutUint32(out[link:], uint32(len(out)))
		out = le.AppendUint16(out, uint16(len(tags)))
		for _, t := range tags {
			out = le.AppendUint16(out, t.tag)
			out = le.AppendUint16(out, t.kind)
			switch {
			case t.kind == 7:
				out = le.AppendUint32(out, uint32(len(p.tables)))
				out = le.AppendUint32(out, t.values[0])
			case t.kind == 5:
				out = le.AppendUint32(out, 1)
				out = le.AppendUint32(out, base+uint32(len(blob)))
				blob = le.AppendUint32(blob, t.values[0])
				blob = le.AppendUint32(blob, 1)
			case t.kind == 3 && len(t.values) == 1:
				out = le.AppendUint32(out, 1)
				out = le.AppendUint32(out, t.values[0])
			case t.kind == 3:
				out = le.AppendUint32(out, uint32(len(t.values)))
				out = le.AppendUint32(out, base+uint32(len(blob)))
				for _, v := range t.values {
					blob = le.AppendUint16(blob, uint16(v))
				}
			default:
				out = le.AppendUint32(out, uint32(len(t.values)))
				if len(t.values) == 1 {
					out = le.AppendUint32(out, t.values[0])
					continue
				}
				out = le.AppendUint32(out, base+uint32(len(blob)))
				for _, v := range t.values {
					blob = le.AppendUint32(blob, v)
				}
			}
		}
		link = len(out)
		out = le.AppendUint32(out, next)
		out = append(out, blob...)
	}
	return out
}

func short(tag uint16, v ...uint32) tiffTag { return tiffTag{tag, 3, v} }

// plainTIFF is an uncompressed gray page.
func plainTIFF(m *image.Gray, more ...tiffTag) tiffPage {
	w, h := uint32(m.Rect.Dx()), uint32(m.Rect.Dy())
	tags := []tiffTag{short(tagWidth, w), short(tagHeight, h), short(tagBitsPerSample, 8), short(tagCompression, 1), short(tagPhotometric, 1)}
	return tiffPage{tags: append(tags, more...), strips: [][]byte{m.Pix}}
}

func TestTIFFPages(t *testing.T) {
	thumbnail := plainTIFF(quadrants(16, 16))
	thumbnail.tags = append([]tiffTag{short(tagSubfileType, 1)}, thumbnail.tags...)
	data := writeTIFF([]tiffPage{
		plainTIFF(quadrants(80, 120), short(tagOrientation, 6)),
		thumbnail,
		plainTIFF(quadrants(800, 1200), tiffTag{tagXResolution, 5, []uint32{40}}, tiffTag{tagYResolution, 5, []uint32{40}}, short(tagResolutionUnit, 3)),
	}, 0)
	src, err := openBytes(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if src.Pages() != 2 {
		t.Fatalf("%d pages, want 2 without the thumbnail", src.Pages())
	}
	if got := corners(onePage(t, data, 1, Options{})); got != oriented[6] {
		t.Errorf("page 1: quarters %v", got)
	}
	m := onePage(t, data, 2, Options{})
	if corners(m) != asScanned || m.DPI < 101.5 || m.DPI > 101.7 {
		t.Errorf("page 2: quarters %v, %g dpi (40 per cm)", corners(m), m.DPI)
	}
	_, err = openBytes(data, Options{MaxPages: 1})
	wantCode(t, err, bundle.CodeTooLarge)

	small, err := openBytes(data, Options{MaxPixels: 80*120 + 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := small.Page(context.Background(), 1); err != nil {
		t.Errorf("page 1 within the limit: %v", err)
	}
	_, err = small.Page(context.Background(), 2)
	wantCode(t, err, bundle.CodeTooLarge)
}

func TestTIFFLoop(t *testing.T) {
	data := writeTIFF([]tiffPage{plainTIFF(quadrants(20, 20))}, 8+400)
	_, err := openBytes(data, Options{})
	wantCode(t, err, bundle.CodeDamaged)
}

// fourGroup is a 16 x 16 page in CCITT Group 4, left half white and right half
// black runs: one row in horizontal mode, then rows like the one above.
func fourGroup() []byte {
	bits := "001" + "10011" + "000101"
	for range 15 {
		bits += "1" + "1"
	}
	bits += "000000000001" + "000000000001"
	var out []byte
	for i := 0; i < len(bits); i += 8 {
		b := byte(0)
		for j := range 8 {
			b <<= 1
			if i+j < len(bits) && bits[i+j] == '1' {
				b |= 1
			}
		}
		out = append(out, b)
	}
	return out
}

func TestTIFFGroup4(t *testing.T) {
	reversed := fourGroup()
	for i, b := range reversed {
		var r byte
		for j := range 8 {
			r |= b >> j & 1 << (7 - j)
		}
		reversed[i] = r
	}
	for _, tc := range []struct {
		name        string
		photometric uint32
		fill        uint32
		data        []byte
		left, right uint8
	}{
		{"white is zero", 0, 1, fourGroup(), 255, 0},
		{"black is zero", 1, 1, fourGroup(), 0, 255},
		{"reversed bits", 0, 2, reversed, 255, 0},
	} {
		data := writeTIFF([]tiffPage{{
			tags: []tiffTag{short(tagWidth, 16), short(tagHeight, 16), short(tagBitsPerSample, 1), short(tagCompression, 4),
				short(tagPhotometric, tc.photometric), short(tagFillOrder, tc.fill)},
			strips: [][]byte{tc.data},
		}}, 0)
		m := onePage(t, data, 1, Options{})
		if l, r := m.G[8*16+3], m.G[8*16+12]; l != tc.left || r != tc.right || !m.Bilevel {
			t.Errorf("%s: left %d, right %d, bilevel %v; want %d, %d", tc.name, l, r, m.Bilevel, tc.left, tc.right)
		}
	}
}

// splitJPEG takes the tables out of a JPEG, as TIFF stores them.
func splitJPEG(data []byte) (tables, strip []byte) {
	tables, strip = []byte{0xff, 0xd8}, []byte{0xff, 0xd8}
	for at := 2; ; {
		n := 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		switch data[at+1] {
		case 0xdb, 0xc4:
			tables = append(tables, data[at:at+n]...)
		case 0xda:
			return append(tables, 0xff, 0xd9), append(strip, data[at:]...)
		case 0xe0:
		default:
			strip = append(strip, data[at:at+n]...)
		}
		at += n
	}
}

func TestTIFFJPEG(t *testing.T) {
	page := image.NewRGBA(image.Rect(0, 0, 64, 96))
	for y := range 96 {
		for x := range 64 {
			page.Set(x, y, color.RGBA{200, uint8(40 + y/48*100), 60, 255})
		}
	}
	tables, top := splitJPEG(encodeJPEG(t, page.SubImage(image.Rect(0, 0, 64, 48))))
	_, bottom := splitJPEG(encodeJPEG(t, page.SubImage(image.Rect(0, 48, 64, 96))))
	tags := func(photometric uint32) []tiffTag {
		return []tiffTag{short(tagWidth, 64), short(tagHeight, 96), short(tagBitsPerSample, 8, 8, 8), short(tagCompression, 7),
			short(tagPhotometric, photometric), short(tagSamplesPerPixel, 3), short(tagRowsPerStrip, 48)}
	}
	data := writeTIFF([]tiffPage{{tags: tags(6), strips: [][]byte{top, bottom}, tables: tables}}, 0)
	m := onePage(t, data, 1, Options{})
	near := func(a uint8, b int) bool { return int(a) > b-8 && int(a) < b+8 }
	if i, j := 20*64+30, 70*64+30; !m.Color || !near(m.R[i], 200) || !near(m.G[i], 40) || !near(m.B[j], 60) || !near(m.G[j], 140) {
		t.Errorf("colours at top %d %d %d, at bottom %d %d %d", m.R[i], m.G[i], m.B[i], m.R[j], m.G[j], m.B[j])
	}

	// As RGB the components stand for themselves: the red one is then the luma.
	m = onePage(t, writeTIFF([]tiffPage{{tags: tags(2), strips: [][]byte{top, bottom}, tables: tables}}, 0), 1, Options{})
	if i := 20*64 + 30; !near(m.R[i], 90) {
		t.Errorf("RGB JPEG: red is %d, want the first component, about 90", m.R[i])
	}

	src, err := openBytes(writeTIFF([]tiffPage{{tags: tags(6), strips: [][]byte{top, bottom[:30]}, tables: tables}}, 0), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = src.Page(context.Background(), 1)
	wantCode(t, err, bundle.CodeDamaged)
}

func TestTIFFElsewhere(t *testing.T) {
	old := tiffPage{
		tags:   []tiffTag{short(tagWidth, 30), short(tagHeight, 40), short(tagBitsPerSample, 8), short(tagCompression, compressionOldJPEG), short(tagPhotometric, 1)},
		strips: [][]byte{{1, 2, 3, 4}},
	}
	data := writeTIFF([]tiffPage{plainTIFF(quadrants(20, 20)), old}, 0)
	src, err := openBytes(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = src.Page(context.Background(), 2)
	wantCode(t, err, bundle.CodeUnsupported)

	asked := -1
	m := onePage(t, data, 2, Options{DecodeTIFF: func(_ context.Context, got []byte, page int) (image.Image, error) {
		if !bytes.Equal(got, data) {
			return nil, errors.New("other bytes")
		}
		asked = page
		return quadrants(30, 40), nil
	}})
	if asked != 1 || corners(m) != asScanned {
		t.Errorf("asked for directory %d, got quarters %v", asked, corners(m))
	}
}

func TestPagesAtOnce(t *testing.T) {
	var pages []tiffPage
	for i := range 8 {
		pages = append(pages, plainTIFF(quadrants(40+i, 60)))
	}
	src, err := openBytes(writeTIFF(pages, 0), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if m, err := src.Page(context.Background(), i+1); err != nil || m.W != 40+i {
				t.Errorf("page %d: %v", i+1, err)
			}
		})
	}
	wg.Wait()
}

func FuzzTIFF(f *testing.F) {
	f.Add(writeTIFF([]tiffPage{plainTIFF(quadrants(8, 8))}, 0))
	f.Add(writeTIFF([]tiffPage{plainTIFF(quadrants(8, 8), short(tagOrientation, 5)), plainTIFF(quadrants(4, 4))}, 8))
	f.Add(writeTIFF([]tiffPage{{
		tags:   []tiffTag{short(tagWidth, 16), short(tagHeight, 16), short(tagBitsPerSample, 1), short(tagCompression, 4), short(tagPhotometric, 0)},
		strips: [][]byte{fourGroup()},
	}}, 0))
	tables, strip := splitJPEG(encodeJPEG(f, quadrants(16, 16)))
	f.Add(writeTIFF([]tiffPage{{
		tags:   []tiffTag{short(tagWidth, 16), short(tagHeight, 16), short(tagBitsPerSample, 8), short(tagCompression, 7), short(tagPhotometric, 1)},
		strips: [][]byte{strip}, tables: tables,
	}}, 0))
	f.Add([]byte("MM\x00+\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"))
	fuzzSource(f)
}

// fuzzSource asks for every page of what opens: pages or *bundle.Errors, and
// never a panic.
func fuzzSource(f *testing.F) {
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, data []byte) {
		src, err := openBytes(data, Options{MaxPixels: 1 << 20, MaxPages: 20})
		var be *bundle.Error
		if err != nil {
			if !errors.As(err, &be) {
				t.Fatalf("not a *bundle.Error: %v", err)
			}
			return
		}
		defer src.Close()
		for n := 1; n <= src.Pages(); n++ {
			m, err := src.Page(ctx, n)
			if err != nil {
				if !errors.As(err, &be) {
					t.Fatalf("not a *bundle.Error: %v", err)
				}
				continue
			}
			if m.W < 1 || m.H < 1 || len(m.G) != m.W*m.H || !(m.DPI > 0) {
				t.Fatalf("page of %d x %d, %d bytes, %g dpi", m.W, m.H, len(m.G), m.DPI)
			}
		}
	})
}
