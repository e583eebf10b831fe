// Command glyphgen makes glyphs.bin.gz, the shapes of the characters of GB 2312
// that package seal compares ring texts with, from OpenType fonts.
//
//	go run ./glyphgen -o glyphs.bin.gz FONT.ttc:INDEX ...
//
// The fonts of the shipped file, and their licences, are in glyphs.LICENSE.
package main

import (
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"image"
	"io"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// A glyph is side*side values of two bits, row by row, four to a byte, the first
// in the low bits. It shows the em box less a rim of 1/24 on each side.
const (
	side  = 16
	scale = 3 // pixels drawn to a value
	rim   = 2 // pixels
	em    = side*scale + 2*rim
)

func main() {
	log.SetFlags(0)
	out := flag.String("o", "glyphs.bin.gz", "the file to write")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(out string, fonts []string) (err error) {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	runes := gb2312()
	if err := binary.Write(z, binary.LittleEndian, []uint16{uint16(len(fonts)), uint16(len(runes))}); err != nil {
		return err
	}
	for _, r := range runes {
		if err := binary.Write(z, binary.LittleEndian, uint16(r)); err != nil {
			return err
		}
	}
	for _, name := range fonts {
		if err := draw(z, name, runes); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return z.Close()
}

// gb2312 is the Han characters of GB 2312 in the order of their codes, the more
// usual first level before the second.
func gb2312() []rune {
	var out []rune
	for row := 0xb0; row <= 0xf7; row++ {
		for cell := 0xa1; cell <= 0xfe; cell++ {
			b, err := simplifiedchinese.GBK.NewDecoder().Bytes([]byte{byte(row), byte(cell)})
			if err != nil {
				continue
			}
			if r := []rune(string(b)); len(r) == 1 && r[0] >= 0x4e00 && r[0] <= 0x9fff {
				out = append(out, r[0])
			}
		}
	}
	return out
}

// single takes one font out of a collection. Its tables are laid out anew, as the
// parser refuses those that do not begin at a multiple of four.
func single(data []byte, n int) ([]byte, error) {
	u32 := func(at int) int {
		if at < 0 || at+4 > len(data) {
			return -1
		}
		return int(binary.BigEndian.Uint32(data[at:]))
	}
	head := 0
	if len(data) > 4 && string(data[:4]) == "ttcf" {
		head = u32(12 + 4*n)
	}
	if head < 0 || head+12 > len(data) {
		return nil, fmt.Errorf("no font %d", n)
	}
	tables := int(binary.BigEndian.Uint16(data[head+4:]))
	out := append([]byte(nil), data[head:head+12]...)
	pos := 12 + 16*tables
	var body []byte
	for i := range tables {
		entry := head + 12 + 16*i
		from, length := u32(entry+8), u32(entry+12)
		if from < 0 || length < 0 || from+length > len(data) {
			return nil, fmt.Errorf("table %d is beyond the end", i)
		}
		out = append(out, data[entry:entry+8]...)
		out = binary.BigEndian.AppendUint32(out, uint32(pos+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(length))
		body = append(body, data[from:from+length]...)
		body = append(body, make([]byte, -len(body)&3)...)
	}
	return append(out, body...), nil
}

// draw writes the glyphs of one font.
func draw(w io.Writer, name string, runes []rune) error {
	path, index, _ := strings.Cut(name, ":")
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	n := 0
	if index != "" {
		if n, err = strconv.Atoi(index); err != nil {
			return err
		}
	}
	if data, err = single(data, n); err != nil {
		return err
	}
	parsed, err := opentype.Parse(data)
	if err != nil {
		return err
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: em, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return err
	}
	img := image.NewAlpha(image.Rect(0, 0, em, em))
	pen := font.Drawer{Dst: img, Src: image.Opaque, Face: face}
	for _, r := range runes {
		clear(img.Pix)
		pen.Dot = fixed.P(0, em*88/100) // the baseline of Han fonts
		pen.DrawString(string(r))
		var packed [side * side / 4]byte
		for i := range side * side {
			sum := 0
			for k := range scale * scale {
				x, y := rim+i%side*scale+k%scale, rim+i/side*scale+k/scale
				sum += int(img.AlphaAt(x, y).A)
			}
			v := (sum*3/(scale*scale) + 127) / 255
			packed[i/4] |= byte(v << (i % 4 * 2))
		}
		if _, err := w.Write(packed[:]); err != nil {
			return err
		}
	}
	return nil
}
