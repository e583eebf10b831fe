// Command glyphgen makes glyphs.bin.gz, the shapes of the characters of GB 2312
// that package seal compares ring texts with, from OpenType fonts.
//
//	go run ./glyphgen -o glyphs.bin.gz FONT.ttc:INDEX ...
//
// The shipped file was made from Noto Serif CJK SC Bold and Noto Sans CJK SC Bold
// (SIL Open Font License 1.1).
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

// draw writes the glyphs of one font.
func draw(w io.Writer, name string, runes []rune) error {
	path, index, _ := strings.Cut(name, ":")
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	collection, err := opentype.ParseCollection(data)
	if err != nil {
		return err
	}
	n := 0
	if index != "" {
		if n, err = strconv.Atoi(index); err != nil {
			return err
		}
	}
	parsed, err := collection.Font(n)
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
