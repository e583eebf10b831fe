package report

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
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

// face is the font, with what it can draw.
type face struct {
	bytes  []byte
	font   *sfnt.Font
	buffer sfnt.Buffer
	widths map[rune]float64 // in thousandths of the font's size
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

// has says whether the font draws r. PDF text is written in two bytes a
// character, so there is nothing beyond U+FFFF.
func (f *face) has(r rune) bool {
	if r > 0xFFFF {
		return false
	}
	g, err := f.font.GlyphIndex(&f.buffer, r)
	return err == nil && g != 0
}

// family is the font's name within a PDF.
const family = "face"

// addTo embeds the font in a PDF and chooses it.
func (f *face) addTo(pdf *fpdf.Fpdf) {
	pdf.AddUTF8FontFromBytes(family, "", f.bytes)
	pdf.SetFont(family, "", 10)
}
