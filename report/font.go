package report

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/encoding/charmap"
)

// fontNames are Chinese fonts in TrueType outlines, the only ones that can be
// embedded: most other Chinese fonts are collections or have PostScript outlines.
var fontNames = []string{"DroidSansFallbackFull.ttf", "DroidSansFallback.ttf"}

// Font finds the Chinese font that the PDFs embed, in the folders of fonts of
// the machine and of the user. The error is a Chinese sentence for people: what
// is missing and how it is installed.
func Font() (path string, err error) {
	folders := []string{"/usr/share/fonts", "/usr/local/share/fonts"}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"))
	}
	for _, folder := range folders {
		// A folder that is not there or closed has no fonts.
		_ = filepath.WalkDir(folder, func(at string, e fs.DirEntry, err error) error {
			if err == nil && slices.Contains(fontNames, e.Name()) {
				path = at
				return fs.SkipAll
			}
			return nil
		})
		if path != "" {
			return path, nil
		}
	}
	return "", fmt.Errorf("没有找到中文字体 %s，不能生成 PDF。请安装：apt install fonts-droid-fallback", strings.Join(fontNames, " 或 "))
}

// face is the Chinese font, with what it can draw, beside Helvetica. Fonts in
// Chinese alone have no digits and letters; Helvetica is one of the fonts that
// every reader of PDF has (ISO 32000-1, 9.6.2.2), in Windows code page 1252.
type face struct {
	bytes  []byte
	font   *sfnt.Font
	buffer sfnt.Buffer
	widths map[rune]float64 // in mm, at a size of one point
}

func openFace() (*face, error) {
	path, err := Font()
	if err != nil {
		return nil, err
	}
	f := &face{widths: map[rune]float64{}}
	if f.bytes, err = os.ReadFile(path); err != nil {
		return nil, fmt.Errorf("report: font: %w", err)
	}
	if f.font, err = sfnt.Parse(f.bytes); err != nil {
		return nil, fmt.Errorf("report: font %s: %w", path, err)
	}
	return f, nil
}

// script says which font draws a character.
type script int

const (
	unknown script = iota // none
	latin
	han
)

// script is that of r. PDF text is written in two bytes a character, so there is
// nothing beyond U+FFFF. What both fonts have and is no ASCII is Chinese, quotation
// marks and dashes among it.
func (f *face) script(r rune) script {
	if r <= unicode.MaxASCII {
		return latin
	}
	if r <= 0xFFFF {
		if g, err := f.font.GlyphIndex(&f.buffer, r); err == nil && g != 0 {
			return han
		}
	}
	if _, ok := charmap.Windows1252.EncodeRune(r); ok {
		return latin
	}
	return unknown
}

// run is a piece of text in one font, encoded for it.
type run struct {
	script script
	text   string
}

// runs cuts a clean text where the font changes.
func (f *face) runs(text string) []run {
	var all []run
	for _, r := range text {
		s := f.script(r)
		piece := string(r)
		if s == latin {
			b, _ := charmap.Windows1252.EncodeRune(r)
			piece = string([]byte{b})
		}
		if n := len(all); n > 0 && all[n-1].script == s {
			all[n-1].text += piece
		} else {
			all = append(all, run{s, piece})
		}
	}
	return all
}

// chooseFont makes a script's font, in a size, the current one of a PDF.
func chooseFont(pdf *fpdf.Fpdf, s script, size float64) {
	family := hanFamily
	if s == latin {
		family = "Helvetica"
	}
	pdf.SetFont(family, "", size)
}

// hanFamily is the Chinese font's name within a PDF.
const hanFamily = "face"
