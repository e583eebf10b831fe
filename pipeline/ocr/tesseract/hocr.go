package tesseract

import (
	"html"
	"image"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sealdesk/pipeline/ocr/internal/wire"
)

// maxCharBytes is more than any character of a Tesseract model is long.
const maxCharBytes = 64

// parseHOCR takes words and characters out of Tesseract's hOCR as written with
// hocr_char_boxes=1: spans of class ocrx_word that hold spans of class
// ocrx_cinfo, whose titles carry x_bboxes and x_conf. Everything else is passed
// over. Characters without text or without a box inside bounds are dropped:
// Tesseract gives such for pictures with nothing in them.
//
// The format: http://kba.github.io/hocr-spec/1.2/ and TessBaseAPI::GetHOCRText.
func parseHOCR(s string, bounds image.Rectangle) []wire.Word {
	var words []wire.Word
	var word wire.Word
	end := func() {
		if len(word.Chars) > 0 {
			words = append(words, word)
		}
		word = wire.Word{}
	}
	for {
		_, after, found := strings.Cut(s, "<span ")
		if !found {
			break
		}
		tag, rest, found := strings.Cut(after, ">")
		if !found {
			break
		}
		s = rest
		switch attribute(tag, "class") {
		case "ocrx_word":
			end()
		case "ocrx_cinfo":
			text, _, _ := strings.Cut(rest, "<")
			if c, ok := parseChar(html.UnescapeString(text), attribute(tag, "title"), bounds); ok {
				word.Chars = append(word.Chars, c)
			}
		}
	}
	end()
	return words
}

func parseChar(text, title string, bounds image.Rectangle) (wire.Char, bool) {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
	if text == "" || len(text) > maxCharBytes || !utf8.ValidString(text) {
		return wire.Char{}, false
	}
	c := wire.Char{Text: text}
	for property := range strings.SplitSeq(title, ";") {
		f := strings.Fields(property)
		switch {
		case len(f) == 5 && f[0] == "x_bboxes":
			var v [4]int
			for i := range v {
				n, err := strconv.Atoi(f[i+1])
				if err != nil {
					return wire.Char{}, false
				}
				v[i] = n
			}
			// Not image.Rect, which would make a box of one that is inside out.
			c.Box = image.Rectangle{Min: image.Pt(v[0], v[1]), Max: image.Pt(v[2], v[3])}
		case len(f) == 2 && f[0] == "x_conf":
			n, err := strconv.ParseFloat(f[1], 32)
			if err != nil || math.IsNaN(n) {
				return wire.Char{}, false
			}
			c.Confidence = float32(min(max(n, 0), 100))
		}
	}
	c.Box = c.Box.Intersect(bounds)
	return c, !c.Box.Empty()
}

// attribute is the value of a tag's attribute, "" where it has none.
func attribute(tag, name string) string {
	for _, quote := range []string{"'", `"`} {
		if _, after, found := strings.Cut(tag, name+"="+quote); found {
			if value, _, found := strings.Cut(after, quote); found {
				return value
			}
		}
	}
	return ""
}
