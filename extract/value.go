package extract

import (
	"fmt"
	"image"
	"regexp"
	"strconv"
	"strings"
	"time"

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
		v.set(key, "", 0.95, box, "", "")
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
		if text == "" {
			note = "此处有墨迹，但未能认出文字"
			conf = min(conf, 0.3)
		}
		v.set(key, text, conf, box, raw, note)
	}
}

// trimNoise takes off the ends what is no part of a value: specks and pieces
// of ruled lines that were read as marks.
func trimNoise(s string) string {
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "|_'`~·—-.,:;^*\"“”‘’、，。 "))
}

// wellFormed are the shapes of typed values, without blanks.
var wellFormed = map[call.FieldType]*regexp.Regexp{
	call.Integer:  regexp.MustCompile(`^\d{1,7}$`),
	call.Phone:    regexp.MustCompile(`^(1[3-9]\d{9}|0\d{2,3}[-—]?\d{7,8})([/、;；,，](1[3-9]\d{9}|0\d{2,3}[-—]?\d{7,8}))*$`),
	call.Postcode: regexp.MustCompile(`^\d{6}$`),
	call.Email:    regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$`),
	call.Website:  regexp.MustCompile(`^(https?://)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/\S*)?$`),
}

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
	if f.Type == call.Integer || f.Type == call.Phone || f.Type == call.Postcode {
		first = digitLike(first)
	}
	a, b := form.MatchString(trimNoise(first)), form.MatchString(trimNoise(second))
	value, c, note := first, conf, ""
	switch {
	case trimNoise(first) == trimNoise(second):
		c = max(conf, conf2)
		c += (1 - c) / 2
	case a && b:
		note = fmt.Sprintf("两次识别不一致：%s / %s", first, second)
		if conf2 > conf {
			value, c = second, conf2
		}
		c *= 0.6
	case b:
		value, c = second, conf2*0.9
	case a:
		c = conf * 0.9
	default:
		if conf2 > conf {
			value, c = second, conf2
		}
		c *= 0.8
	}
	value = trimNoise(value)
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
	return text, (sum/float64(n) + least) / 2
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

// fullDate is a whole date as forms print it.
var fullDate = regexp.MustCompile(`(\d{4})[年.\-/](\d{1,2})[月.\-/](\d{1,2})[日曰目]?`)

// parseDate finds a real date in text; ok is false when there is none.
func parseDate(text string) (iso string, ok bool) {
	m := fullDate.FindStringSubmatch(digitLike(dense(foldWidth(text))))
	if m == nil {
		return "", false
	}
	t, err := time.Parse("2006-1-2", m[1]+"-"+m[2]+"-"+m[3])
	if err != nil {
		return "", false
	}
	return t.Format("2006-01-02"), true
}

// date reads a date that stands in a place of its own.
func (v *visit) date(key string, rows []row, box image.Rectangle) {
	raw := joinText(rows)
	if iso, ok := parseDate(raw); ok {
		v.set(key, iso, confidence(rows), box, raw, "")
		return
	}
	for _, r := range rows {
		if v.slots(key, r, box) {
			return
		}
	}
	text := trimNoise(raw)
	v.set(key, text, min(confidence(rows), 0.4), box, raw, "未能认出日期")
}

// opinionDate reads the date line of an opinion.
func (v *visit) opinionDate(key string, r row) {
	if iso, ok := parseDate(r.text); ok && confidence([]row{r}) >= 0.6 {
		v.set(key, iso, confidence([]row{r}), r.box, r.text, "")
		return
	}
	if v.slots(key, r, r.box) {
		return
	}
	if iso, ok := parseDate(r.text); ok {
		v.set(key, iso, confidence([]row{r}), r.box, r.text, "")
		return
	}
	v.set(key, trimNoise(r.text), 0.3, r.box, r.text, "未能认出日期，可能为手写")
}

// slots reads a date by its three places, before 年, 月 and 日, each with
// digits alone. Without ink in any of them the date is blank. It is false when
// the places are not found or what they hold is no date.
func (v *visit) slots(key string, r row, box image.Rectangle) bool {
	text := dense(foldWidth(r.text))
	marks := [3]string{"年", "月", "日曰目"}
	var at [3]image.Rectangle
	k := 0
	for _, c := range r.chars {
		if k < 3 && strings.ContainsAny(marks[k], c.Text) && c.Text != "" {
			at[k] = c.Box
			k++
		}
	}
	if k < 2 {
		return false
	}
	if k == 2 {
		at[2] = image.Rect(r.box.Max.X, r.box.Min.Y, r.box.Max.X+1, r.box.Max.Y)
	}
	em := max(r.box.Dy()*3/4, int(v.Layout.DPI*0.12))
	slots := [3]image.Rectangle{
		image.Rect(min(r.box.Min.X, at[0].Min.X-em*3), r.box.Min.Y-em/4, at[0].Min.X, r.box.Max.Y+em/4),
		image.Rect(at[0].Max.X, r.box.Min.Y-em/4, at[1].Min.X, r.box.Max.Y+em/4),
		image.Rect(at[1].Max.X, r.box.Min.Y-em/4, at[2].Min.X, r.box.Max.Y+em/4),
	}
	ink := 0
	var crops []ocr.Crop
	for _, s := range slots {
		if v.Layout.InkShare(s)*float64(s.Dx()*s.Dy()) > float64(em*em)*0.08 {
			ink++
		}
		crops = append(crops, ocr.Crop{Image: v.Layout.CropRect(s, Margin), Alphabet: ocr.Digits})
	}
	if ink == 0 || !strings.ContainsAny(digitLike(text), "0123456789") && ink <= 1 {
		v.set(key, "", 0.9, box, r.text, "")
		return true
	}
	readings := v.read(crops)
	if len(readings) != 3 {
		return false
	}
	conf := 1.0
	var digits [3]string
	for i, g := range readings {
		digits[i] = strings.Trim(dense(g.Text), "-/()+.")
		conf = min(conf, g.Confidence)
	}
	iso, ok := parseDate(digits[0] + "年" + digits[1] + "月" + digits[2] + "日")
	if !ok {
		return false
	}
	v.set(key, iso, conf, box, r.text, "")
	return true
}
