//go:build cgo && !notesseract

package tesseract

import (
	"encoding/binary"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/otiai10/gosseract/v2"

	"sealdesk/pipeline/ocr/internal/wire"
	"sealdesk/pipeline/ocr/onnx"
)

// maxDir keeps Tesseract's own error messages, which name files of the folder,
// far below the 512 bytes that gosseract v2.4.1 sets aside for them.
const maxDir = 160

// variables are the same for all clients. The page segmentation mode is given as
// a variable too, since these are set again at every start of the engine, where
// gosseract's own SetPageSegMode is lost.
var variables = map[gosseract.SettableVariable]string{
	"hocr_char_boxes":  "1",
	"user_defined_dpi": "300",
	// Crops are dark on white already; looking for the reverse only costs time.
	"tessedit_do_invert": "0",
	// What one crop says must not depend on the crops before it.
	"tessedit_enable_doc_dict": "0",
	"classify_enable_learning": "0",
}

// languages are the models for the alphabets.
var languages = map[wire.Alphabet]string{
	wire.Any:    "chi_sim",
	wire.ASCII:  "eng",
	wire.Digits: "eng",
	wire.Latin:  "eng",
}

// Page segmentation modes: a crop is one text line, or one whose words are not
// looked for.
const (
	modeLine = "7"
	modeBare = "13"
)

// setting is what a client is set up for, for good.
type setting struct {
	alphabet wire.Alphabet
	bare     bool
}

// library is the engine behind gosseract: one client for each setting, made
// when first asked for and kept till the process ends. Clients are never closed
// (a second Close is a crash, and the process's end frees all) and never leave
// the thread that made them. Beside it is the second reader, which may be missing.
type library struct {
	dir     string
	clients map[setting]*gosseract.Client
	second  *onnx.Recogniser
	trouble error // why there is no second reader though one was asked for
}

// newEngine takes Tesseract's models from dir and the second reader's from second,
// where it is not "".
func newEngine(dir, second string) (engine, error) {
	if dir == "" || len(dir) > maxDir {
		return nil, fmt.Errorf("TESSDATA_PREFIX has %d bytes; it must name the models' folder in 1 to %d", len(dir), maxDir)
	}
	l := &library{dir: dir, clients: map[setting]*gosseract.Client{}}
	if second != "" {
		l.second, l.trouble = onnx.Open(second)
	}
	return l, nil
}

func (l *library) hello() wire.Hello {
	h := wire.Hello{Tesseract: gosseract.Version(), Leptonica: leptonicaVersion()}
	switch {
	case l.second != nil:
		h.ONNX = l.second.Version()
	case l.trouble != nil:
		h.Trouble = l.trouble.Error()
	}
	return h
}

// client is the client for a setting. The model is looked for first: Tesseract's
// complaints about missing ones overrun gosseract's buffer.
func (l *library) client(s setting) (*gosseract.Client, error) {
	if c := l.clients[s]; c != nil {
		return c, nil
	}
	language := languages[s.alphabet]
	file := filepath.Join(l.dir, language+".traineddata")
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, failure{Code: wire.FailedEngine, Text: "no model " + file}
	}
	c := gosseract.NewClient()
	if err := c.SetTessdataPrefix(l.dir); err != nil {
		return nil, failure{Code: wire.FailedEngine, Text: err.Error()}
	}
	if err := c.SetLanguage(language); err != nil {
		return nil, failure{Code: wire.FailedEngine, Text: err.Error()}
	}
	for k, v := range variables {
		c.Variables[k] = v
	}
	c.Variables["tessedit_char_whitelist"] = s.alphabet.Characters()
	c.Variables["tessedit_pageseg_mode"] = modeLine
	if s.bare {
		c.Variables["tessedit_pageseg_mode"] = modeBare
	}
	l.clients[s] = c
	return c, nil
}

func (l *library) words(crop wire.Crop) ([]wire.Word, error) {
	if crop.Second {
		if l.second == nil {
			return nil, failure{Code: wire.FailedEngine, Text: "no second reader"}
		}
		return l.second.Words(crop)
	}
	c, err := l.client(setting{crop.Alphabet, crop.Bare})
	if err != nil {
		return nil, err
	}
	if err := c.SetImageFromBytes(spix(crop)); err != nil {
		return nil, fmt.Errorf("hand over crop: %w", err)
	}
	// The only call for results: each one would recognise everything again.
	text, err := c.HOCRText()
	if err != nil {
		return nil, failure{Code: wire.FailedEngine, Text: err.Error()}
	}
	return parseHOCR(text, image.Rect(0, 0, crop.W, crop.H)), nil
}

// spix is the crop in Leptonica's own serial form, whose reading is a copy of
// memory: 0.04 ms for a line where PNM takes 0.8 and stored PNG 0.2. Layout
// (pixSerializeToMemory): "spix", then width, height, depth, 32-bit words a row,
// colours, bytes, each a native 32-bit number, then rows whose bytes stand from
// the high end of each word to the low.
func spix(c wire.Crop) []byte {
	perRow := (c.W + 3) / 4
	b := make([]byte, 0, 28+4*perRow*c.H)
	b = append(b, "spix"...)
	for _, v := range []int{c.W, c.H, 8, perRow, 0, 4 * perRow * c.H} {
		b = binary.NativeEndian.AppendUint32(b, uint32(v))
	}
	row := make([]byte, 4*perRow)
	for y := range c.H {
		copy(row, c.Pix[y*c.W:(y+1)*c.W])
		for x := 0; x < len(row); x += 4 {
			b = binary.NativeEndian.AppendUint32(b, binary.BigEndian.Uint32(row[x:]))
		}
	}
	return b
}
