package extract

import (
	"fmt"

	"sealdesk/pipeline/ocr"
)

// seconder is a reader beside which a second one may stand, of another make, so
// that their mistakes differ.
type seconder interface{ HasSecond() bool }

// second reads rows with the second reader; ok is false where there is none or
// it reads nothing.
func (v *visit) second(rows []row, alphabet ocr.Alphabet) (r reading, ok bool) {
	s, is := v.Reader.(seconder)
	if !is || !s.HasSecond() || len(rows) == 0 {
		return reading{}, false
	}
	var crops []ocr.Crop
	for _, r := range rows {
		crops = append(crops, ocr.Crop{Image: v.Layout.CropRect(r.box.Inset(-2), Margin), Alphabet: alphabet, Second: true})
	}
	var parts []row
	for _, g := range v.read(crops) {
		parts = append(parts, row{text: brackets.Replace(g.Text), chars: g.Chars, conf: g.Confidence, failed: g.Failed})
	}
	least, n := 1.0, 0
	for _, p := range parts {
		for _, c := range p.chars {
			least, n = min(least, c.Confidence), n+1
		}
	}
	text := trimNoise(joinText(parts))
	return reading{text, least}, n > 0 && text != ""
}

// Where the two readers agree, a value is right far more often than either is
// alone. Where they differ on Chinese the second is right more often, unless it
// is unsure of a character itself.
const (
	agreed     = 0.985
	secondSure = 0.6
)

// decide chooses between a value as read first and by the second reader.
func decide(first, second reading) (value string, conf float64, note string) {
	a, b := fold(first.text), fold(second.text)
	if string(a) == string(b) {
		// The first keeps the form's own punctuation better.
		return first.text, max(first.conf, agreed), ""
	}
	note = fmt.Sprintf("两次识别不一致：%s / %s", first.text, second.text)
	if len(a) == 0 {
		return second.text, second.conf * 0.7, note
	}
	if second.conf >= secondSure && first.conf < agreed {
		return second.text, 0.75, note
	}
	return first.text, min(first.conf, 0.6), note
}
