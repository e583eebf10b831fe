package page

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"sealdesk/bundle"
)

// quadrants is a page whose four quarters differ, to tell turns and flips:
// top left 40, top right 100, bottom left 160, bottom right 220.
func quadrants(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(40)
			if x >= w/2 {
				v += 60
			}
			if y >= h/2 {
				v += 120
			}
			m.Pix[y*w+x] = v
		}
	}
	return m
}

// corners are the levels in the middle of the four quarters, row by row.
func corners(m *Image) [4]int {
	at := func(x, y int) int { return int(m.G[y*m.H/4*m.W+x*m.W/4]) }
	var c [4]int
	for i, v := range []int{at(1, 1), at(3, 1), at(1, 3), at(3, 3)} {
		c[i] = (v + 10) / 20 * 20 // JPEG is off by a little
	}
	return c
}

var asScanned = [4]int{40, 100, 160, 220}

func encodeJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodePNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func openBytes(data []byte, opts Options) (Source, error) {
	return Open(context.Background(), "scan", bytes.NewReader(data), int64(len(data)), opts)
}

// onePage opens the bytes and decodes page n.
func onePage(t testing.TB, data []byte, n int, opts Options) *Image {
	t.Helper()
	src, err := openBytes(data, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer src.Close()
	m, err := src.Page(context.Background(), n)
	if err != nil {
		t.Fatalf("page %d: %v", n, err)
	}
	if len(m.R) != m.W*m.H || len(m.G) != m.W*m.H || len(m.B) != m.W*m.H {
		t.Fatalf("planes of %d, %d, %d bytes for %d x %d", len(m.R), len(m.G), len(m.B), m.W, m.H)
	}
	return m
}

func wantCode(t *testing.T, err error, code bundle.Code) {
	t.Helper()
	var be *bundle.Error
	if !errors.As(err, &be) {
		t.Fatalf("error is %v, want a *bundle.Error %s", err, code)
	}
	if be.Code != code {
		t.Fatalf("code is %s (%v), want %s", be.Code, err, code)
	}
	if be.Message == "" {
		t.Error("no message for people")
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct {
		name string
		data []byte
		opts Options
		code bundle.Code
	}{
		{"nothing", nil, Options{}, bundle.CodeEmpty},
		{"text", []byte("申报书\n"), Options{}, bundle.CodeUnsupported},
		{"office document", []byte("PK\x03\x04 and so on"), Options{}, bundle.CodeUnsupported},
		{"phone picture", []byte("\x00\x00\x00\x18ftypheic and so on"), Options{}, bundle.CodeUnsupported},
		{"too many bytes", make([]byte, 2000), Options{MaxBytes: 1999}, bundle.CodeTooLarge},
		{"one pixel", encodePNG(t, quadrants(1, 1)), Options{}, bundle.CodeUnsupported},
		{"too many pixels", encodePNG(t, quadrants(300, 300)), Options{MaxPixels: 89_999}, bundle.CodeTooLarge},
		{"cut JPEG", encodeJPEG(t, quadrants(300, 300))[:200], Options{}, bundle.CodeDamaged},
		{"cut PNG", encodePNG(t, quadrants(300, 300))[:20], Options{}, bundle.CodeDamaged},
		{"TIFF header only", []byte("II*\x00\xff\x00\x00\x00"), Options{}, bundle.CodeDamaged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := openBytes(tc.data, tc.opts)
			wantCode(t, err, tc.code)
		})
	}
}

func TestDamagedPictureData(t *testing.T) {
	for _, data := range [][]byte{
		encodeJPEG(t, quadrants(300, 300))[:1200],
		encodePNG(t, quadrants(300, 300))[:120],
	} {
		src, err := openBytes(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = src.Page(context.Background(), 1)
		wantCode(t, err, bundle.CodeDamaged)
	}
}

func TestCancelled(t *testing.T) {
	data := encodeJPEG(t, quadrants(300, 300))
	src, err := openBytes(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := src.Page(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("page after cancel: %v", err)
	}
	if _, err := Open(ctx, "scan", bytes.NewReader(data), int64(len(data)), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open after cancel: %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 0)
	defer cancel()
	_, err = src.Page(ctx, 1)
	wantCode(t, err, bundle.CodeTimeout)
}

// withEXIF puts an orientation and a resolution into a JPEG.
func withEXIF(data []byte, orientation uint16, order binary.AppendByteOrder, mark string) []byte {
	b := []byte(mark)
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 3)
	for _, e := range [][3]uint32{{tagOrientation, 3, 0}, {tagXResolution, 5, 50}, {tagYResolution, 5, 50}} {
		b = order.AppendUint16(b, uint16(e[0]))
		b = order.AppendUint16(b, uint16(e[1]))
		b = order.AppendUint32(b, 1)
		if e[1] == 3 {
			b = order.AppendUint16(b, orientation)
			b = order.AppendUint16(b, 0)
		} else {
			b = order.AppendUint32(b, e[2])
		}
	}
	b = order.AppendUint32(b, 0)
	b = order.AppendUint32(b, 60)
	b = order.AppendUint32(b, 1)
	seg := append([]byte("Exif\x00\x00"), b...)
	out := append([]byte{}, data[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(seg)+2))
	out = append(out, seg...)
	return append(out, data[2:]...)
}

// oriented is what the quadrants look like with each EXIF orientation.
var oriented = map[int][4]int{
	1: {40, 100, 160, 220}, 2: {100, 40, 220, 160}, 3: {220, 160, 100, 40}, 4: {160, 220, 40, 100},
	5: {40, 160, 100, 220}, 6: {160, 40, 220, 100}, 7: {220, 100, 160, 40}, 8: {100, 220, 40, 160},
}

func TestEXIFOrientation(t *testing.T) {
	data := encodeJPEG(t, quadrants(320, 480))
	for o, want := range oriented {
		order, mark := binary.AppendByteOrder(binary.LittleEndian), "II"
		if o%2 == 0 {
			order, mark = binary.BigEndian, "MM"
		}
		m := onePage(t, withEXIF(data, uint16(o), order, mark), 1, Options{})
		if got := corners(m); got != want {
			t.Errorf("orientation %d: quarters %v, want %v", o, got, want)
		}
		if wide := m.W > m.H; wide != (o >= 5) {
			t.Errorf("orientation %d: %d x %d", o, m.W, m.H)
		}
		if m.DPI != 60 {
			t.Errorf("orientation %d: %g dpi, want 60", o, m.DPI)
		}
	}
}

func TestColourKinds(t *testing.T) {
	const n = 100
	at := image.Rect(0, 0, n, n)
	colour := image.NewRGBA(at)
	grayAsColour := image.NewRGBA(at)
	clear := image.NewNRGBA(at)
	deep := image.NewGray16(at)
	cmyk := image.NewCMYK(at)
	palette := image.NewPaletted(at, color.Palette{color.White, color.RGBA{200, 0, 0, 255}})
	twoLevels := image.NewPaletted(at, color.Palette{color.Black, color.White})
	for y := range n {
		for x := range n {
			colour.Set(x, y, color.RGBA{200, 50, 40, 255})
			grayAsColour.Set(x, y, color.RGBA{uint8(x), uint8(x), uint8(x), 255})
			clear.Set(x, y, color.NRGBA{0, 0, 0, 0})
			deep.Set(x, y, color.Gray16{0x8034})
			cmyk.Set(x, y, color.CMYK{0, 255, 255, 0})
			palette.SetColorIndex(x, y, uint8(x%2))
			twoLevels.SetColorIndex(x, y, uint8(x%2))
		}
	}
	for _, tc := range []struct {
		name           string
		m              *Image
		color, bilevel bool
		r, g, b        uint8 // at 1, 1
	}{
		{"colour PNG", onePage(t, encodePNG(t, colour), 1, Options{}), true, false, 200, 50, 40},
		{"gray stored as colour", onePage(t, encodePNG(t, grayAsColour), 1, Options{}), false, false, 1, 1, 1},
		{"gray JPEG stored as colour", onePage(t, encodeJPEG(t, grayAsColour), 1, Options{}), false, false, 1, 1, 1},
		{"transparent over white", onePage(t, encodePNG(t, clear), 1, Options{}), false, true, 255, 255, 255},
		{"16 bit", onePage(t, encodePNG(t, deep), 1, Options{}), false, false, 0x80, 0x80, 0x80},
		{"palette", onePage(t, encodePNG(t, palette), 1, Options{}), true, false, 200, 0, 0},
		{"two levels", onePage(t, encodePNG(t, twoLevels), 1, Options{}), false, true, 255, 255, 255},
		{"CMYK picture", fromPicture(cmyk), true, false, 255, 0, 0},
	} {
		m := tc.m
		if m.Color != tc.color || m.Bilevel != tc.bilevel {
			t.Errorf("%s: colour %v, bilevel %v", tc.name, m.Color, m.Bilevel)
		}
		i := m.W + 1
		for _, v := range [][2]uint8{{m.R[i], tc.r}, {m.G[i], tc.g}, {m.B[i], tc.b}} {
			if d := int(v[0]) - int(v[1]); d < -2 || d > 2 {
				t.Errorf("%s: pixel is %d %d %d, want %d %d %d", tc.name, m.R[i], m.G[i], m.B[i], tc.r, tc.g, tc.b)
				break
			}
		}
		if !m.Color && &m.R[0] != &m.B[0] {
			t.Errorf("%s: gray planes are not shared", tc.name)
		}
	}
}

func TestResolution(t *testing.T) {
	for _, tc := range []struct {
		name       string
		w, h       int
		x, y, want float64
		wantH      int
	}{
		{"declared", 1654, 2339, 200, 200, 200, 2339},
		{"one dot a point", 1654, 2339, 72, 72, 200, 2339},
		{"none", 2480, 3508, 0, 0, 300, 3508},
		{"on its side", 3508, 2480, 0, 0, 300, 2480},
		{"fax, half the rows", 1728, 1145, 204, 98, 204, 2383},
	} {
		m := &Image{W: tc.w, H: tc.h}
		m.setGray(make([]uint8, tc.w*tc.h))
		m.setResolution(tc.x, tc.y)
		if d := m.DPI - tc.want; d < -1 || d > 1 || m.H != tc.wantH || len(m.G) != m.W*m.H {
			t.Errorf("%s: %g dpi, %d x %d; want %g dpi and height %d", tc.name, m.DPI, m.W, m.H, tc.want, tc.wantH)
		}
	}
	data := encodePNG(t, quadrants(800, 1131))
	chunk := []byte("\x00\x00\x00\x09pHYs\x00\x00\x0f\x61\x00\x00\x0f\x61\x01CRC.")
	data = append(append(append([]byte{}, data[:33]...), chunk...), data[33:]...)
	if x, y := pngResolution(bytes.NewReader(data)); x < 99.9 || x > 100.1 || x != y {
		t.Errorf("pHYs of 3937 dots per metre read as %g x %g dpi", x, y)
	}
}

func TestOpenMany(t *testing.T) {
	a, b := encodePNG(t, quadrants(300, 300)), encodePNG(t, quadrants(400, 300))
	file := func(name string, data []byte) File {
		return File{name, bytes.NewReader(data), int64(len(data))}
	}
	ctx := context.Background()
	src, err := OpenMany(ctx, []File{file("a", a), file("b", b)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if src.Pages() != 2 {
		t.Fatalf("%d pages", src.Pages())
	}
	for n, w := range map[int]int{1: 300, 2: 400} {
		if m, err := src.Page(ctx, n); err != nil || m.W != w {
			t.Errorf("page %d: %v, %v", n, m, err)
		}
	}
	_, err = src.Page(ctx, 3)
	wantCode(t, err, bundle.CodeInternal)

	_, err = OpenMany(ctx, []File{file("好的", a), file("坏的", b[:20])}, Options{})
	wantCode(t, err, bundle.CodeDamaged)
	if !bytes.Contains([]byte(err.Error()), []byte("坏的")) {
		t.Errorf("the message does not name the file: %v", err)
	}
	_, err = OpenMany(ctx, []File{file("a", a), file("b", b)}, Options{MaxPages: 1})
	wantCode(t, err, bundle.CodeTooLarge)
	_, err = OpenMany(ctx, nil, Options{})
	wantCode(t, err, bundle.CodeEmpty)
}

func FuzzJPEGTags(f *testing.F) {
	data := encodeJPEG(f, quadrants(16, 16))
	f.Add(data)
	f.Add(withEXIF(data, 6, binary.LittleEndian, "II"))
	f.Add(withEXIF(data, 3, binary.BigEndian, "MM")[:60])
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := jpegTags(bytes.NewReader(data)).orientation; o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}

func ExampleOpen() {
	_, err := Open(context.Background(), "空.pdf", bytes.NewReader(nil), 0, Options{})
	var be *bundle.Error
	if errors.As(err, &be) {
		fmt.Println(be.Code)
	}
	// Output: empty
}
