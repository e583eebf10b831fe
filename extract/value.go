package extract

import (
	"fmt"
	"image"
	"regexp"
	"strconv"
	"strings"

	"sealdesk/extract/call"
	"sealdesk/pipeline/ocr"
)

// fill reads a value of the form: rows are the lines that stand in its place,
// box the place.
func (v *visit) fill(key string, rows []row, box image.Rectangle) {
	f := v.field(key)
	if f.Type == call.Choice {
		v.choose(f, rows, box)
		return
	}
	raw := joinText(rows)
	if len(rows) == 0 {
		conf, note := 0.95, ""
		if v.faintInk(box) {
			conf, note = 0.4, unreadInk
		}
		v.set(key, "", conf, box, "", note)
		return
	}
	switch f.Type {
	case call.Integer:
		v.short(f, rows, box, ocr.Digits)
	case call.Phone, call.Postcode:
		v.short(f, rows, box, ocr.Digits)
	case call.Email, call.Website:
		v.short(f, rows, box, ocr.Latin)
	case call.DateType:
		v.date(key, rows, box)
	default:
		text := trimNoise(raw)
		conf, note := confidence(rows), ""
		if r, ok := v.second(rows, ocr.Any); ok {
			v.content.readings[key] = [2]string{text, r.text}
			text, conf, note = decide(reading{text: text, conf: conf}, r)
		}
		text = latinWords(trimNoise(stampHere.ReplaceAllString(text, "")))
		if text == "" {
			note = unreadInk
			conf = min(conf, 0.3)
		}
		v.set(key, text, conf, box, raw, note)
	}
}

// faintInk is true where a place that holds no line of text is not white: writing
// that is too faint to be told from paper as text is, or that is no line at all.
func (v *visit) faintInk(box image.Rectangle) bool {
	const gray = 60 // darkness that neither grain nor what shines through has
	em := int(v.Layout.DPI * 0.15)
	box = box.Inset(max(2, em/3)).Intersect(image.Rect(0, 0, v.Layout.W, v.Layout.H))
	dark := 0
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if v.Layout.Clean.Pix[y*v.Layout.W+x] < 255-gray {
				dark++
			}
		}
	}
	return dark*8 > em*em
}

// unreadInk is the note on a place where something is written but nothing was read.
const unreadInk = "此处有墨迹，但未能认出文字"

// stampHere is what forms print beside a name where it is to be stamped or signed.
var stampHere = regexp.MustCompile(`^[（(][^（()）]{0,6}[章签][^（()）]{0,4}[)）]|[（(][^（()）]{0,6}[章签][^（()）]{0,4}[)）]$`)

// Upright strokes in a Latin word that readers take for a digit or a bar: l within a
// word or behind an a, I before one. Codes, which mix letters and digits, are written in
// capitals.
var (
	strokeInWord    = regexp.MustCompile(`([A-Za-z][a-z])[1|]([a-z])`)
	strokeAfterWord = regexp.MustCompile(`([a-z]{3}a)1([A-Z]|\b)`)
	strokeBefore    = regexp.MustCompile(`\|([a-z]{3})`)
)

// latinWords gives the Latin words in a text those letters back.
func latinWords(s string) string {
	s = strokeInWord.ReplaceAllString(s, "${1}l${2}")
	s = strokeAfterWord.ReplaceAllString(s, "${1}l${2}")
	return strokeBefore.ReplaceAllString(s, "I${1}")
}

// trimNoise takes off the ends what is no part of a value: specks and pieces
// of ruled lines that were read as marks.
func trimNoise(s string) string {
	s = strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "|_'`~·—-=<>\\,:：;；^*\"“”‘’、，。 "))
	s = lonelyBracket(s)
	// A full stop ends an abbreviation; elsewhere it is a speck.
	bare := strings.Trim(s, ". ")
	if strings.HasSuffix(s, ".") && bare != "" && isLatin([]rune(bare)[len([]rune(bare))-1]) {
		return strings.TrimLeft(strings.TrimRight(s, ". "), ". ") + "."
	}
	return bare
}

// lonelyBracket takes a bracket without its other half off an end where it can only be
// a speck or a piece of a line.
func lonelyBracket(s string) string {
	for _, pair := range [][2]string{{"《", "》"}, {"（(", "）)"}, {"【[", "】]"}} {
		open, shut := pair[0], pair[1]
		if !strings.ContainsAny(s, shut) {
			s = strings.Trim(s, open)
		}
		if !strings.ContainsAny(s, open) {
			s = strings.Trim(s, shut)
		}
	}
	return strings.TrimSpace(s)
}

// wellFormed are the shapes of typed values, without blanks.
var wellFormed = map[call.FieldType]*regexp.Regexp{
	call.Integer:  regexp.MustCompile(`^(0|[1-9]\d{0,6})$`),
	call.Phone:    regexp.MustCompile(`^(1[3-9]\d{9}|0\d{2,3}[-—]?\d{7,8})([/、;；,，](1[3-9]\d{9}|0\d{2,3}[-—]?\d{7,8}))*$`),
	call.Postcode: regexp.MustCompile(`^\d{6}$`),
	call.Email:    regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$`),
	call.Website:  regexp.MustCompile(`^(https?://)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/\S*)?$`),
}

// areaDot is the dash behind an area code, read as a dot.
var areaDot = regexp.MustCompile(`\b(0\d{2,3})[.·](\d{7,8})\b`)

// none is how forms say that there is nothing to fill in.
const none = "无"

// short reads a short value of a known alphabet twice: with all characters, as
// every line is, and with its own. The form of the value decides between
// readings that differ, then confidence.
func (v *visit) short(f *call.Field, rows []row, box image.Rectangle, alphabet ocr.Alphabet) {
	raw := joinText(rows)
	first, conf := dense(foldWidth(raw)), confidence(rows)
	if first == none {
		v.set(f.Key, none, conf, box, raw, "")
		return
	}
	second, conf2 := v.again(rows, alphabet)
	form := wellFormed[f.Type]
	third, sure := v.second(rows, ocr.Any)
	other := dense(foldWidth(third.text))
	switch f.Type {
	case call.Integer, call.Phone, call.Postcode:
		first, other = bars.Replace(digitLike(first)), bars.Replace(digitLike(other))
	case call.Website:
		first, second, other = host(first), host(second), host(other)
	}
	other = trimNoise(other)
	a, b := form.MatchString(trimNoise(first)), form.MatchString(trimNoise(second))
	if f.Type == call.Email && sure {
		first, second = lessAt(first, other), lessAt(second, other)
	}
	vote := voted(trimNoise(first), trimNoise(second), other)
	value, c, note := first, conf, ""
	switch {
	case sure && !a && !b && form.MatchString(other):
		// Both readings of one reader are malformed; the other reader's is not.
		value, c = other, min(0.8, max(third.conf, 0.5))
		note = fmt.Sprintf("两次识别不一致：%s / %s", first, other)
	case trimNoise(first) == trimNoise(second) && sure && third.conf >= secondSurer && other != trimNoise(first) && form.MatchString(other):
		// Two readings of one reader are one voice.
		value, c = other, 0.8
		note = fmt.Sprintf("两次识别不一致：%s / %s", other, first)
	case trimNoise(first) == trimNoise(second):
		c = max(conf, conf2)
		c += (1 - c) / 2
		if sure && form.MatchString(other) && other != trimNoise(first) {
			c = min(c, 0.7)
			note = fmt.Sprintf("两次识别不一致：%s / %s", first, other)
		}
		if sure && !a && third.conf < 0.8 && !strings.EqualFold(other, trimNoise(first)) {
			c = min(c, 0.6) // malformed, and the other reader, in doubt, reads something else
		}
		if sure && !a && third.conf < 0.6 {
			c = min(c, 0.85) // malformed, and the other reader can hardly make it out
		}
	case sure && form.MatchString(other) && (strings.EqualFold(other, trimNoise(first)) || strings.EqualFold(other, trimNoise(second))):
		value, c = other, 0.95
		if third.conf < secondSurer {
			c = 0.8 // each reader is in doubt: of pale print both make the same mistakes
		}
	case a && b && sure && form.MatchString(other) && form.MatchString(vote):
		// No two readings are alike, but at each place two are.
		value, c = vote, 0.6
		note = fmt.Sprintf("三次识别不一致：%s / %s / %s", first, second, other)
	case a && b:
		note = fmt.Sprintf("两次识别不一致：%s / %s", first, second)
		// Readers leave out characters more often than they invent them.
		if len(second) > len(first) || conf2 > conf+0.1 || len(second) == len(first) && conf2 > conf {
			value, c = second, conf2
		}
		c *= 0.6
	case b:
		value, c = second, conf2*0.9
	case a && (unparted(first) == unparted(second) || sure && unparted(first) == unparted(other)):
		c = max(conf*0.9, 0.9) // the other readers see no mark between two numbers
	case a:
		c = conf * 0.9
	default:
		if conf2 > conf {
			value, c = second, conf2
		}
		c *= 0.8
	}
	value = trimNoise(value)
	if f.Type == call.Phone {
		value = areaDot.ReplaceAllString(value, "$1-$2")
	}
	if value == "" {
		v.set(f.Key, "", min(c, 0.3), box, raw, unreadInk)
		return
	}
	if f.Type == call.Website {
		value = strings.ToLower(value)
	}
	if f.Type == call.Integer {
		if n, err := strconv.Atoi(value); err == nil {
			v.set(f.Key, n, c, box, raw, note)
			return
		}
		note = "未能认出数字"
		c = min(c, 0.4)
	}
	v.set(f.Key, value, c, box, raw, note)
}

// again reads rows once more with an alphabet of their own.
func (v *visit) again(rows []row, alphabet ocr.Alphabet) (text string, conf float64) {
	var crops []ocr.Crop
	for _, r := range rows {
		crops = append(crops, ocr.Crop{Image: v.Layout.CropRect(r.box.Inset(-2), Margin), Alphabet: alphabet})
	}
	readings := v.read(crops)
	n, sum, least := 0, 0.0, 1.0
	for _, r := range readings {
		text += dense(r.Text)
		for _, c := range r.Chars {
			n++
			sum += c.Confidence
			least = min(least, c.Confidence)
		}
	}
	if n == 0 {
		return "", 0
	}
	return text, trust((sum/float64(n) + least) / 2)
}

// read asks the reader; after its first error there are no second looks.
func (v *visit) read(crops []ocr.Crop) []ocr.Reading {
	if v.err != nil || v.Reader == nil || len(crops) == 0 {
		return nil
	}
	readings, err := v.Reader.Read(v.ctx, crops)
	if err != nil {
		v.err = fmt.Errorf("reading values of page %d again: %w", v.Number, err)
		return nil
	}
	return readings
}

// foldWidth makes full-width digits, letters and signs half-width.
func foldWidth(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '　':
			return ' '
		}
		return r
	}, s)
}

// voted is what two of three readings of one length say at each place, "" where at one
// all differ or the lengths do.
func voted(a, b, c string) string {
	x, y, z := []rune(a), []rune(b), []rune(c)
	if len(x) != len(y) || len(y) != len(z) {
		return ""
	}
	out := make([]rune, len(x))
	for i := range x {
		switch {
		case x[i] == y[i] || x[i] == z[i]:
			out[i] = x[i]
		case y[i] == z[i]:
			out[i] = y[i]
		default:
			return ""
		}
	}
	return string(out)
}

// worldWide is the www before a host's name, of which readers break and join strokes.
var worldWide = regexp.MustCompile(`^(https?://)?[wWvVuUiI]{3}\.([^.]+\.[^.]+)`)

// host gives a web address its www back.
func host(s string) string { return worldWide.ReplaceAllString(s, "${1}www.${2}") }

// secondSurer is the confidence from which the second reader's reading of a typed value
// is taken against two of the first's.
const secondSurer = 0.85

// lessAt takes a letter off an address that stands beside its @ where another reader,
// which takes @ itself for a letter, sees one character there and not two: @ is wide, and
// readers see a letter and @ in it.
func lessAt(address, other string) string {
	name, host, ok := strings.Cut(address, "@")
	if !ok || strings.Contains(other, "@") || len(other) != len(address)-1 {
		return address
	}
	for _, cut := range [][2]string{{name[:max(len(name)-1, 0)], host}, {name, host[min(1, len(host)):]}} {
		if strings.HasPrefix(other, cut[0]) && strings.HasSuffix(other, cut[1]) && len(cut[0])+len(cut[1])+1 == len(other) {
			return cut[0] + "@" + cut[1]
		}
	}
	return address
}

// unparted is a list of numbers without the marks between them.
func unparted(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("/、;；,，", r) {
			return -1
		}
		return r
	}, s)
}

// bars are upright strokes among digits that readers take for brackets.
var bars = strings.NewReplacer("[", "1", "]", "1", "!", "1")

// digitLike replaces what readers take digits for, where only digits can be.
func digitLike(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'O', 'o', '〇', '○', '口', '回':
			return '0'
		case 'l', 'I', '|', '丨':
			return '1'
		case 'Z', 'z':
			return '2'
		case 'B':
			return '8'
		case 'S', 's':
			return '5'
		case '一', '—', '–', '－', '_':
			return '-'
		}
		return r
	}, s)
}
