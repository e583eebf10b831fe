package searchable

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode"
	"unicode/utf16"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// font is a font without glyphs, for text that is never drawn: a code of two bytes is
// the character's number in UTF-16, and those that need two such numbers get a code each
// of their own, from where UTF-16 has no characters.
type font struct {
	rare map[rune]uint16
	all  []rune // the rare ones in the order of their codes
}

func newFont() *font { return &font{rare: map[rune]uint16{}} }

const (
	firstRare = 0xD800
	mostRare  = 0x800
	narrow    = 0.5 // how wide ASCII is, in sizes of the font; all else is as wide as high
)

// encode gives a text's codes and how wide they are, in sizes of the font. Characters
// that take no place are left out.
func (f *font) encode(text string) (codes []byte, width float64) {
	for _, r := range text {
		code := uint16(r)
		switch {
		case r < ' ', r == 0x7f, unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			continue
		case r > 0xffff:
			c, ok := f.rare[r]
			if !ok {
				if len(f.all) == mostRare {
					continue
				}
				c = uint16(firstRare + len(f.all))
				f.rare[r], f.all = c, append(f.all, r)
			}
			code = c
		}
		codes = binary.BigEndian.AppendUint16(codes, code)
		if r < 0x7f {
			width += narrow
		} else {
			width++
		}
	}
	return codes, width
}

// reserve takes a number for the font in a document, where it is written at the end.
func (f *font) reserve(doc *model.Context) (types.IndirectRef, error) {
	ref, err := doc.IndRefForNewObject(nil)
	if err != nil {
		return types.IndirectRef{}, err
	}
	return *ref, nil
}

// write writes the font in its place.
func (f *font) write(doc *model.Context, at types.IndirectRef) error {
	program := glyphless()
	file, err := doc.NewStreamDictForBuf(program)
	if err != nil {
		return err
	}
	file.Insert("Length1", types.Integer(len(program)))
	if err := file.Encode(); err != nil {
		return err
	}
	fileRef, err := doc.IndRefForNewObject(*file)
	if err != nil {
		return err
	}
	glyphs := bytes.Repeat([]byte{0, 1}, 1<<16) // each character is the glyph 1, which is empty
	glyphsRef, err := streamOf(doc, glyphs)
	if err != nil {
		return err
	}
	unicodeRef, err := streamOf(doc, f.toUnicode())
	if err != nil {
		return err
	}
	const name = types.Name("Glyphless")
	descriptor, err := doc.IndRefForNewObject(types.Dict{
		"Type": types.Name("FontDescriptor"), "FontName": name, "Flags": types.Integer(4), "ItalicAngle": types.Integer(0),
		"FontBBox": types.NewIntegerArray(0, -140, 1000, 860),
		"Ascent":   types.Integer(1000 * ascent), "Descent": types.Integer(1000*ascent - 1000), "CapHeight": types.Integer(1000 * ascent),
		"StemV": types.Integer(80), "FontFile2": *fileRef,
	})
	if err != nil {
		return err
	}
	descendant, err := doc.IndRefForNewObject(types.Dict{
		"Type": types.Name("Font"), "Subtype": types.Name("CIDFontType2"), "BaseFont": name,
		"CIDSystemInfo": types.Dict{"Registry": types.StringLiteral("Adobe"), "Ordering": types.StringLiteral("Identity"), "Supplement": types.Integer(0)},
		"DW":            types.Integer(1000),
		"W":             types.NewIntegerArray(' ', '~', 1000*narrow),
		"CIDToGIDMap":   *glyphsRef, "FontDescriptor": *descriptor,
	})
	if err != nil {
		return err
	}
	entry, _ := doc.FindTableEntryForIndRef(&at)
	entry.Object = types.Dict{
		"Type": types.Name("Font"), "Subtype": types.Name("Type0"), "BaseFont": name, "Encoding": types.Name("Identity-H"),
		"DescendantFonts": types.Array{*descendant}, "ToUnicode": *unicodeRef,
	}
	return nil
}

// toUnicode is the CMap that says which characters the codes are (ISO 32000-1, 9.10.3).
func (f *font) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString(`/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
`)
	// A range may not go beyond its first byte, and a section holds a hundred.
	const most = 100
	for from := 0; from < 256; from += most {
		n := min(most, 256-from)
		fmt.Fprintf(&b, "%d beginbfrange\n", n)
		for first := from; first < from+n; first++ {
			fmt.Fprintf(&b, "<%02X00> <%02XFF> <%02X00>\n", first, first, first)
		}
		b.WriteString("endbfrange\n")
	}
	for from := 0; from < len(f.all); from += most {
		n := min(most, len(f.all)-from)
		fmt.Fprintf(&b, "%d beginbfchar\n", n)
		for i, r := range f.all[from : from+n] {
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, "<%04X> <%04X%04X>\n", firstRare+from+i, high, low)
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// glyphless is a TrueType font of two empty glyphs, with the tables that programs ask for
// (OpenType 1.9).
func glyphless() []byte {
	u16 := func(v ...int) []byte {
		var b []byte
		for _, n := range v {
			b = binary.BigEndian.AppendUint16(b, uint16(n))
		}
		return b
	}
	const em, up, down, glyphs = 1000, 860, -140, 2
	tables := []struct {
		tag  string
		data []byte
	}{
		{"OS/2", append(append(u16(0, em, 400, 5, 0, 500, 500, 0, 0, 500, 500, 0, 0, 50, 300, 0), make([]byte, 30)...), u16(64, 0, 0xffff, up, down, 0, up, -down)...)},
		{"cmap", u16(0, 1, 3, 1, 0, 12, 4, 24, 0, 2, 2, 0, 0, 0xffff, 0, 0xffff, 1, 0)},
		{"glyf", nil},
		{"head", append(append(u16(1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, em), make([]byte, 16)...), u16(0, down, em, up, 0, 8, 2, 0, 0)...)},
		{"hhea", u16(1, 0, up, down, 0, em, 0, 0, em, 1, 0, 0, 0, 0, 0, 0, 0, glyphs)},
		{"hmtx", u16(em, 0, em, 0)},
		{"loca", u16(0, 0, 0)},
		{"maxp", u16(1, 0, glyphs, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"name", u16(0, 0, 6)},
		{"post", append(u16(3, 0), make([]byte, 28)...)},
	}
	sum := func(data []byte) (s uint32) {
		for i := 0; i < len(data); i += 4 {
			var word [4]byte
			copy(word[:], data[i:])
			s += binary.BigEndian.Uint32(word[:])
		}
		return s
	}
	head := append(u16(1, 0), u16(len(tables), 128, 3, len(tables)*16-128)...)
	at := len(head) + 16*len(tables)
	var body []byte
	checksum := 0 // where that of the whole font stands
	for _, t := range tables {
		if t.tag == "head" {
			checksum = at + len(body) + 8
		}
		head = append(head, t.tag...)
		head = binary.BigEndian.AppendUint32(head, sum(t.data))
		head = binary.BigEndian.AppendUint32(head, uint32(at+len(body)))
		head = binary.BigEndian.AppendUint32(head, uint32(len(t.data)))
		body = append(body, t.data...)
		body = append(body, make([]byte, -len(t.data)&3)...)
	}
	all := append(head, body...)
	binary.BigEndian.PutUint32(all[checksum:], 0xB1B0AFBA-sum(all))
	return all
}
