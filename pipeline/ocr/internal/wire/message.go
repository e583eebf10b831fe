package wire

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"strings"
	"unicode/utf8"
)

// Hello is what a child says once, as soon as it runs.
type Hello struct {
	Protocol  int    `json:"protocol"`
	Tesseract string `json:"tesseract"` // "5.3.0"
	Leptonica string `json:"leptonica"` // "1.82.0"
	// ONNX is the version of the second reader's runtime, "" where the child has no
	// second reader; Trouble is why not, where one was asked for.
	ONNX    string `json:"onnx,omitempty"`
	Trouble string `json:"trouble,omitempty"`
	// Confined is what the child cannot do any more, of package sandbox; Loose is why
	// something of it is not in force that the kernel has.
	Confined []string `json:"confined,omitempty"`
	Loose    string   `json:"loose,omitempty"`
}

// Alphabet is the set of characters that a crop may hold.
type Alphabet uint8

// The alphabets on the wire.
const (
	Any    Alphabet = 0
	Digits Alphabet = 1
	Latin  Alphabet = 2
	ASCII  Alphabet = 3 // whatever the Latin model knows; the pool asks for it by itself
)

// characters of the alphabets that are sets of some.
var characters = map[Alphabet]string{
	Digits: "0123456789-/()+. ",
	Latin: "0123456789-_.@:/?=&%+~#" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
}

// Characters are those of an alphabet, each once, "" for one without bounds.
func (a Alphabet) Characters() string { return characters[a] }

// Holds reports whether a character, as an engine names it, is of the alphabet.
func (a Alphabet) Holds(char string) bool {
	set := characters[a]
	return set == "" || strings.Contains(set, char)
}

// MaxCrop is the most pixels that one crop may have.
const MaxCrop = 16 << 20

// minChar is the fewest bytes that a character takes in a frame.
const minChar = 4*4 + 4 + 1 + 1

// MaxTIFF is the most bytes that a TIFF file may have.
const MaxTIFF = 512 << 20

// Crop asks for the words on one line. Pix is W*H gray pixels, row by row. Bare
// skips the engine's search for words in the line, which now and then finds none
// where there is a short one. Second is for the second reader, which knows no such
// search.
type Crop struct {
	Alphabet Alphabet
	Bare     bool
	Second   bool
	W, H     int
	Pix      []byte
}

// Word is what stands between two gaps of the line, as the engine sees gaps.
type Word struct {
	Chars []Char
}

// Char is one character as the engine names it: usually one rune. Box is in
// pixels of the crop, Confidence 0..100.
type Char struct {
	Text       string
	Box        image.Rectangle
	Confidence float32
}

// TIFF asks for one page of a TIFF file, counted from 0, of at most MaxPixels.
type TIFF struct {
	Page      int
	MaxPixels int
	Data      []byte
}

// Picture is a decoded page: W*H*Channels bytes, row by row; Channels is 1 for
// gray and 3 for RGB.
type Picture struct {
	W, H, Channels int
	Pix            []byte
}

// Failure is a request that the child could not serve though it is sound itself.
type Failure struct {
	Code FailureCode
	Text string
}

// FailureCode tells failures apart where the asker must act differently.
type FailureCode uint8

// The codes of failures.
const (
	FailedEngine FailureCode = 1 // the engine cannot be used: a model is missing or damaged
	FailedInput  FailureCode = 2 // the picture cannot be read
	FailedPage   FailureCode = 3 // the file has no such page
)

// Bytes is the body of the frame that carries h.
func (h Hello) Bytes() ([]byte, error) { return json.Marshal(h) }

// ParseHello reads a Hello and checks its protocol.
func ParseHello(b []byte) (Hello, error) {
	var h Hello
	if err := json.Unmarshal(b, &h); err != nil {
		return Hello{}, fmt.Errorf("hello: %w: %w", err, ErrGarbage)
	}
	if h.Protocol != Protocol {
		return Hello{}, fmt.Errorf("the child speaks protocol %d, not %d: %w", h.Protocol, Protocol, ErrGarbage)
	}
	return h, nil
}

// The flags of a Crop's second byte.
const (
	flagBare   = 1
	flagSecond = 2
)

// Bytes is the body of the frame that carries c.
func (c Crop) Bytes() []byte {
	b := make([]byte, 0, 10+len(c.Pix))
	b = append(b, byte(c.Alphabet), 0)
	if c.Bare {
		b[1] |= flagBare
	}
	if c.Second {
		b[1] |= flagSecond
	}
	b = appendSize(b, c.W, c.H)
	return append(b, c.Pix...)
}

// ParseCrop reads a Crop whose pixels share b's memory.
func ParseCrop(b []byte) (Crop, error) {
	d := decoder{b: b}
	c := Crop{Alphabet: Alphabet(d.byte())}
	flags := d.byte()
	c.Bare, c.Second = flags&flagBare != 0, flags&flagSecond != 0
	c.W, c.H = d.int(), d.int()
	if d.bad || flags > flagBare|flagSecond || c.Alphabet > ASCII || !sizeFits(c.W, c.H, MaxCrop) || len(d.b) != c.W*c.H {
		return Crop{}, fmt.Errorf("crop %dx%d with %d bytes: %w", c.W, c.H, len(d.b), ErrGarbage)
	}
	c.Pix = d.b
	return c, nil
}

// WordsBytes is the body of the frame that carries words.
func WordsBytes(words []Word) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(words)))
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, uint32(len(w.Chars)))
		for _, c := range w.Chars {
			b = appendSize(b, c.Box.Min.X, c.Box.Min.Y, c.Box.Max.X, c.Box.Max.Y)
			b = binary.BigEndian.AppendUint32(b, math.Float32bits(c.Confidence))
			text := c.Text[:min(len(c.Text), math.MaxUint8)]
			b = append(b, byte(len(text)))
			b = append(b, text...)
		}
	}
	return b
}

// ParseWords reads words. Boxes lie inside bounds, confidences in 0..100 and
// texts are valid UTF-8 and not empty, or it is an error.
func ParseWords(b []byte, bounds image.Rectangle) ([]Word, error) {
	d := decoder{b: b}
	n := d.count(4)
	words := make([]Word, 0, n)
	for range n {
		m := d.count(minChar)
		w := Word{Chars: make([]Char, 0, m)}
		for range m {
			c := Char{
				Box: image.Rectangle{
					Min: image.Pt(d.int(), d.int()),
					Max: image.Pt(d.int(), d.int()),
				},
				Confidence: math.Float32frombits(d.uint32()),
			}
			c.Text = string(d.take(int(d.byte())))
			if d.bad || c.Text == "" || !utf8.ValidString(c.Text) {
				return nil, fmt.Errorf("character without text: %w", ErrGarbage)
			}
			if c.Box.Empty() || !c.Box.In(bounds) {
				return nil, fmt.Errorf("character at %v of %v: %w", c.Box, bounds, ErrGarbage)
			}
			if !(c.Confidence >= 0 && c.Confidence <= 100) {
				return nil, fmt.Errorf("confidence %v: %w", c.Confidence, ErrGarbage)
			}
			w.Chars = append(w.Chars, c)
		}
		words = append(words, w)
	}
	if d.bad || len(d.b) != 0 {
		return nil, fmt.Errorf("words do not fill their frame: %w", ErrGarbage)
	}
	return words, nil
}

// Bytes is the body of the frame that carries t.
func (t TIFF) Bytes() []byte {
	b := make([]byte, 0, 8+len(t.Data))
	b = appendSize(b, t.Page, t.MaxPixels)
	return append(b, t.Data...)
}

// ParseTIFF reads a TIFF whose data share b's memory.
func ParseTIFF(b []byte) (TIFF, error) {
	d := decoder{b: b}
	t := TIFF{Page: d.int(), MaxPixels: d.int()}
	if d.bad || len(d.b) == 0 || len(d.b) > MaxTIFF {
		return TIFF{}, fmt.Errorf("tiff of %d bytes: %w", len(d.b), ErrGarbage)
	}
	t.Data = d.b
	return t, nil
}

// Bytes is the body of the frame that carries p.
func (p Picture) Bytes() []byte {
	b := make([]byte, 0, 9+len(p.Pix))
	b = append(b, byte(p.Channels))
	b = appendSize(b, p.W, p.H)
	return append(b, p.Pix...)
}

// ParsePicture reads a Picture of at most maxPixels; its pixels share b's memory.
func ParsePicture(b []byte, maxPixels int) (Picture, error) {
	d := decoder{b: b}
	p := Picture{Channels: int(d.byte()), W: d.int(), H: d.int()}
	if d.bad || p.Channels != 1 && p.Channels != 3 || !sizeFits(p.W, p.H, maxPixels) || len(d.b) != p.W*p.H*p.Channels {
		return Picture{}, fmt.Errorf("picture %dx%d of %d channels with %d bytes: %w", p.W, p.H, p.Channels, len(d.b), ErrGarbage)
	}
	p.Pix = d.b
	return p, nil
}

// Bytes is the body of the frame that carries f.
func (f Failure) Bytes() []byte {
	return append([]byte{byte(f.Code)}, f.Text[:min(len(f.Text), MaxFailure/2)]...)
}

// ParseFailure reads a Failure.
func ParseFailure(b []byte) (Failure, error) {
	if len(b) == 0 {
		return Failure{}, fmt.Errorf("failure without code: %w", ErrGarbage)
	}
	return Failure{Code: FailureCode(b[0]), Text: string(b[1:])}, nil
}

// sizeFits reports whether a picture has pixels and no more than most. It is
// careful about products that overflow.
func sizeFits(w, h, most int) bool {
	return w > 0 && h > 0 && w <= most/h
}

func appendSize(b []byte, values ...int) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b
}

// decoder reads numbers off the front of b; bad is set for good once b is too
// short.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) take(n int) []byte {
	if d.bad || n > len(d.b) {
		d.bad = true
		return nil
	}
	t := d.b[:n]
	d.b = d.b[n:]
	return t
}

func (d *decoder) byte() byte {
	if t := d.take(1); t != nil {
		return t[0]
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	if t := d.take(4); t != nil {
		return binary.BigEndian.Uint32(t)
	}
	return 0
}

// int is a 32-bit number that is not negative.
func (d *decoder) int() int {
	v := d.uint32()
	if v > math.MaxInt32 {
		d.bad = true
		return 0
	}
	return int(v)
}

// count is a number of things of at least size bytes each that can still be in b.
func (d *decoder) count(size int) int {
	n := d.int()
	if n > len(d.b)/size {
		d.bad = true
		return 0
	}
	return n
}
