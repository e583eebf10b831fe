package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// fontSource says where a typeface lies and which Debian package brings it.
type fontSource struct {
	path, pkg string
	member    int // its number in a collection
}

// The typefaces, all from Debian. Nothing else of the machine reaches the
// pictures, so the same packages give the same bytes everywhere.
var fontSources = map[string]fontSource{
	"song":      {"/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc", "fonts-noto-cjk", 2},
	"song-bold": {"/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc", "fonts-noto-cjk", 2},
	"hei":       {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk", 2},
	"hei-bold":  {"/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", "fonts-noto-cjk", 2},
	"mono":      {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "fonts-noto-cjk", 7},
	"ming":      {"/usr/share/fonts/truetype/arphic/uming.ttc", "fonts-arphic-uming", 0},
	"kai":       {"/usr/share/fonts/truetype/arphic/ukai.ttc", "fonts-arphic-ukai", 0},
	"zenhei":    {"/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", "fonts-wqy-zenhei", 0},
	"droid":     {"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", "fonts-droid-fallback", 0},
	"serif":     {"/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf", "fonts-dejavu-core", 0},
}

// glyph is the outline of one character: coordinates in ems, y downwards from
// the baseline.
type glyph struct {
	segments []segment
	advance  float64
}

// segment is one step of an outline: op is 'M', 'L', 'Q' or 'C', with its
// points in p.
type segment struct {
	op byte
	p  [3]point
}

type point struct{ x, y float64 }

// typeface hands out outlines. A character that it lacks comes from fallback.
type typeface struct {
	font     *sfnt.Font
	buf      sfnt.Buffer
	units    int
	glyphs   map[rune]*glyph
	fallback *typeface
}

// faces are the typefaces loaded so far.
type faces map[string]*typeface

// load reads a typeface once and gives it from then on.
func (fs faces) load(name string) (*typeface, error) {
	if t := fs[name]; t != nil {
		return t, nil
	}
	src, ok := fontSources[name]
	if !ok {
		return nil, fmt.Errorf("no typeface is called %q", name)
	}
	data, err := os.ReadFile(src.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("typeface %s is missing: install the Debian package %s", src.path, src.pkg)
	}
	if err != nil {
		return nil, fmt.Errorf("read typeface: %w", err)
	}
	single, err := collectionMember(data, src.member)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.path, err)
	}
	f, err := sfnt.Parse(single)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.path, err)
	}
	t := &typeface{font: f, units: int(f.UnitsPerEm()), glyphs: map[rune]*glyph{}}
	fs[name] = t
	if name != "song" {
		if t.fallback, err = fs.load("song"); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// loadAll loads every typeface, so that a missing package shows before
// anything is drawn.
func (fs faces) loadAll() error {
	for name := range fontSources {
		if _, err := fs.load(name); err != nil {
			return err
		}
	}
	return nil
}

// collectionMember copies one font out of a TrueType collection into a file of
// its own. Package sfnt insists on tables at multiples of four and in order,
// which older collections (Arphic's, WenQuanYi's) do not keep.
func collectionMember(data []byte, member int) ([]byte, error) {
	u32 := func(at int) int {
		if at < 0 || at+4 > len(data) {
			return -1
		}
		return int(binary.BigEndian.Uint32(data[at:]))
	}
	start := 0
	if len(data) >= 12 && string(data[:4]) == "ttcf" {
		if member >= u32(8) {
			return nil, fmt.Errorf("the collection has no font %d", member)
		}
		start = u32(12 + 4*member)
	}
	if start < 0 || start+12 > len(data) {
		return nil, errors.New("the font's directory is out of bounds")
	}
	n := int(binary.BigEndian.Uint16(data[start+4:]))
	type table struct {
		tag  string
		body []byte
		sum  int
	}
	var tables []table
	for i := range n {
		at := start + 12 + 16*i
		off, size := u32(at+8), u32(at+12)
		if off < 0 || size < 0 || off+size > len(data) {
			return nil, errors.New("a table is out of bounds")
		}
		tables = append(tables, table{string(data[at : at+4]), data[off : off+size], u32(at + 4)})
	}
	slices.SortFunc(tables, func(a, b table) int {
		if a.tag < b.tag {
			return -1
		}
		return 1
	})
	out := append([]byte{}, data[start:start+12]...)
	off := 12 + 16*n
	for _, t := range tables {
		out = append(out, t.tag...)
		out = binary.BigEndian.AppendUint32(out, uint32(t.sum))
		out = binary.BigEndian.AppendUint32(out, uint32(off))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.body)))
		off += (len(t.body) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.body...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out, nil
}

// glyph gives the outline of a character, from the fallback where this
// typeface has none.
func (t *typeface) glyph(r rune) *glyph {
	if g := t.glyphs[r]; g != nil {
		return g
	}
	g := t.outline(r)
	if g == nil && t.fallback != nil {
		g = t.fallback.glyph(r)
	}
	if g == nil {
		g = &glyph{advance: 1}
	}
	t.glyphs[r] = g
	return g
}

func (t *typeface) outline(r rune) *glyph {
	i, err := t.font.GlyphIndex(&t.buf, r)
	if err != nil || i == 0 {
		return nil
	}
	em := fixed.I(t.units)
	segs, err := t.font.LoadGlyph(&t.buf, i, em, nil)
	if err != nil {
		return nil
	}
	scale := 1 / float64(em)
	g := &glyph{}
	for _, s := range segs {
		op := [...]byte{'M', 'L', 'Q', 'C'}[s.Op]
		seg := segment{op: op}
		for k, a := range s.Args {
			seg.p[k] = point{float64(a.X) * scale, float64(a.Y) * scale}
		}
		g.segments = append(g.segments, seg)
	}
	adv, err := t.font.GlyphAdvance(&t.buf, i, em, 0)
	if err != nil {
		return nil
	}
	g.advance = float64(adv) * scale
	return g
}

// width is how wide a line of text is, in pixels, at a size in pixels per em.
func (t *typeface) width(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		w += t.glyph(r).advance
	}
	return w * size
}
