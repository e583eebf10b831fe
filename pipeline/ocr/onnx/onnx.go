// Package onnx is the second line reader on the child's side of the pool: PP-OCRv4's
// recognition model, run by ONNX Runtime on one thread. Its mistakes are other ones
// than Tesseract's, which is what it is for: where both say the same, a short value
// is right far more often than either alone is sure of.
//
// Library and model are loaded at run time from a folder and never linked, so that
// the program works without them. The package does not fetch them, does not prepare
// crops, which is the pool's work, and finds no text on a page. Only package
// tesseract may import it, for the same reasons that hold for Tesseract itself. Built
// without cgo, Open says that there is no second reader.
//
// The model: Du et al., "SVTR: Scene Text Recognition with a Single Visual Model",
// 2022 (arXiv:2205.00159), as distilled in PP-OCRv4. It sees a line 48 pixels high
// and gives, for each 8 pixels of its width, a probability for each character it
// knows, for the blank and for nothing; the text comes out of these by CTC (Graves et
// al., "Connectionist Temporal Classification", 2006).
package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"unicode/utf8"

	"sealdesk/pipeline/ocr/internal/wire"
)

// Height is the height in pixels of the crops that can be read.
const Height = 48

// step is the width in pixels of what the model says one thing about.
const step = 8

// blank is the class that stands for the gap between words.
const blank = " "

// parseClasses reads the characters' file: class 0 means nothing, then comes a
// character on each line, and the last class is the blank.
func parseClasses(file []byte) ([]string, error) {
	classes := []string{""}
	for line := range bytes.Lines(file) {
		s := string(bytes.TrimRight(line, "\r\n"))
		if s == "" || !utf8.ValidString(s) || len(s) > 16 {
			return nil, fmt.Errorf("line %d is no character", len(classes))
		}
		classes = append(classes, s)
	}
	if len(classes) == 1 {
		return nil, errors.New("no characters")
	}
	return append(classes, blank), nil
}

// tensor is the crop as the model takes it: three equal colours, one after the other,
// each -1 for black to 1 for white. Its width is the crop's rounded up to whole steps,
// with white behind the crop's end.
func tensor(c wire.Crop) (values []float32, width int) {
	width = (c.W + step - 1) / step * step
	values = make([]float32, 3*Height*width)
	plane := values[:Height*width]
	for y := range Height {
		row := plane[y*width : (y+1)*width]
		for x, v := range c.Pix[y*c.W : (y+1)*c.W] {
			row[x] = float32(v)/127.5 - 1
		}
		for x := c.W; x < width; x++ {
			row[x] = 1
		}
	}
	copy(values[len(plane):], plane)
	copy(values[2*len(plane):], plane)
	return values, width
}

// seen is a character and the steps that say it.
type seen struct {
	text        string
	first, last int
	confidence  float32 // 0..1
}

// decode takes the best class of each step and joins equal ones that stand together.
// Classes outside the alphabet are passed over. values holds for each step a
// probability for each class.
func decode(values []float32, classes []string, alphabet wire.Alphabet) []seen {
	allowed := make([]int, 0, len(classes))
	for i, c := range classes {
		if i == 0 || c == blank || alphabet.Holds(c) {
			allowed = append(allowed, i)
		}
	}
	var line []seen
	before := 0
	for t := 0; (t+1)*len(classes) <= len(values); t++ {
		now := values[t*len(classes):]
		best := 0
		for _, i := range allowed {
			if now[i] > now[best] {
				best = i
			}
		}
		switch {
		case best == 0:
		case best == before:
			s := &line[len(line)-1]
			s.last, s.confidence = t, max(s.confidence, now[best])
		default:
			line = append(line, seen{classes[best], t, t, now[best]})
		}
		before = best
	}
	return line
}

// words gives characters their boxes and parts them at blanks.
func words(c wire.Crop, line []seen) []wire.Word {
	var all []wire.Word
	var word wire.Word
	for i, s := range line {
		if s.text == blank {
			if len(word.Chars) > 0 {
				all, word = append(all, word), wire.Word{}
			}
			continue
		}
		// Half the way to the neighbours is a character's, but no more than a
		// line is high.
		centre := s.centre()
		left, right := centre-Height/2, centre+Height/2
		if i > 0 {
			left = max(left, (line[i-1].centre()+centre)/2)
		}
		if i+1 < len(line) {
			right = min(right, (line[i+1].centre()+centre)/2)
		}
		word.Chars = append(word.Chars, wire.Char{
			Text:       s.text,
			Box:        trim(c, left, right),
			Confidence: min(max(s.confidence, 0), 1) * 100,
		})
	}
	if len(word.Chars) > 0 {
		all = append(all, word)
	}
	return all
}

// centre is the middle of a character in pixels.
func (s seen) centre() int { return (s.first + s.last + 1) * step / 2 }

// dark is the gray below which a pixel is ink.
const dark = 160

// trim is the box of the ink between two columns of a crop, or all of the crop between
// them where there is none.
func trim(c wire.Crop, left, right int) image.Rectangle {
	left = min(max(left, 0), c.W-1)
	right = min(max(right, left+1), c.W)
	box := image.Rectangle{Min: image.Pt(right, c.H), Max: image.Pt(left, 0)}
	for y := range c.H {
		for x := left; x < right; x++ {
			if c.Pix[y*c.W+x] < dark {
				box.Min.X, box.Max.X = min(box.Min.X, x), max(box.Max.X, x+1)
				box.Min.Y, box.Max.Y = min(box.Min.Y, y), max(box.Max.Y, y+1)
			}
		}
	}
	if box.Empty() {
		return image.Rect(left, 0, right, c.H)
	}
	return box
}
