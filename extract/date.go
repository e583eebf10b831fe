package extract

import (
	"fmt"
	"image"
	"regexp"
	"slices"
	"strings"
	"time"

	"sealdesk/pipeline/ocr"
)

// fullDate is a whole date as forms print it; looseDate is one of which the
// marks between the numbers were not read.
var (
	fullDate  = regexp.MustCompile(`(?:^|\D)(\d{4})\D{0,2}[年.\-/]\D{0,2}(\d{1,2})\D{0,2}[月.\-/]\D{0,2}(\d{1,2})(?:\D|$)`)
	looseDate = regexp.MustCompile(`(?:^|\D)(20\d{2})\D{1,3}(\d{1,2})\D{1,2}(\d{1,2})\D{0,2}$`)
)

// hanDate is a date in Chinese numerals.
var hanDate = regexp.MustCompile(`([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日曰]`)

// numerals are the digits of Chinese numerals, by value.
const numerals = "〇一二三四五六七八九十"

// hanNumber is a number below a hundred in Chinese numerals, 0 for none.
func hanNumber(s string) int {
	tens, units, ten := 0, 0, false
	for _, r := range s {
		k := strings.IndexRune(numerals, r) / len("〇")
		switch {
		case k == 10 && ten, k < 10 && units > 0:
			return 0
		case k == 10:
			tens, units, ten = max(units, 1), 0, true
		default:
			units = k
		}
	}
	return tens*10 + units
}

// arabic writes a date in Chinese numerals with digits.
func arabic(text string) string {
	return hanDate.ReplaceAllStringFunc(text, func(s string) string {
		m := hanDate.FindStringSubmatch(s)
		year := strings.Map(func(r rune) rune {
			if i := strings.IndexRune(numerals, r); i >= 0 {
				return '0' + rune(i/len("〇"))
			}
			return '0'
		}, m[1])
		return fmt.Sprintf("%s年%d月%d日", year, hanNumber(m[2]), hanNumber(m[3]))
	})
}

// parseDate finds a real date in text; ok is false when there is none.
func parseDate(text string, form *regexp.Regexp) (iso string, ok bool) {
	m := form.FindStringSubmatch(digitLike(arabic(trimNoise(dense(foldWidth(text))))))
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
	if iso, ok := parseDate(raw, fullDate); ok {
		conf, note := confidence(rows), ""
		if second, sure := v.second(rows, ocr.Any); sure {
			switch other, ok := parseDate(second.text, fullDate); {
			case ok && other == iso:
				conf = max(agreed, conf)
			case ok:
				conf, note = min(conf, 0.5), fmt.Sprintf("两次识别不一致：%s / %s", iso, other)
			}
		}
		v.set(key, iso, conf, box, raw, note)
		return
	}
	for _, r := range rows {
		if !hanDate.MatchString(dense(raw)) && v.slots(key, r, box, reading{}) {
			return
		}
	}
	if second, sure := v.second(rows, ocr.Any); sure {
		if iso, ok := parseDate(second.text, fullDate); ok {
			v.set(key, iso, second.conf*0.9, box, raw, "")
			return
		}
	}
	text := trimNoise(raw)
	if digits, conf := v.again(rows, ocr.Digits); conf > 0 {
		if iso, ok := parseDate(digits, fullDate); ok {
			v.set(key, iso, min(conf, 0.6), box, raw, fmt.Sprintf("两次识别不一致：%s / %s", text, digits))
			return
		}
	}
	v.set(key, text, min(confidence(rows), 0.4), box, raw, "未能认出日期")
}

// opinionDate reads the date line of an opinion.
func (v *visit) opinionDate(key string, r row) {
	if v.unfilled(r) {
		v.set(key, "", 0.9, r.box, r.text, "")
		return
	}
	if hanDate.MatchString(dense(r.text)) {
		v.date(key, []row{r}, r.box)
		return
	}
	second, sure := v.second([]row{r}, ocr.Any)
	if sure {
		iso, ok := parseDate(second.text, fullDate)
		if first, same := parseDate(r.text, fullDate); ok && same && first == iso {
			conf, note := max(agreed, confidence([]row{r})), ""
			if v.damagedDigits(r) {
				conf, note = 0.6, "印章压住了日期，请核对"
			}
			v.set(key, iso, conf, r.box, r.text, note)
			return
		}
	}
	if v.slots(key, r, r.box, second) {
		return
	}
	most, note := 1.0, ""
	if v.damagedDigits(r) {
		most, note = 0.6, "印章压住了日期，请核对"
	}
	if iso, ok := parseDate(second.text, fullDate); ok && sure {
		v.set(key, iso, min(second.conf*0.9, most), r.box, second.text, note)
		return
	}
	if iso, ok := parseDate(r.text, fullDate); ok {
		v.set(key, iso, min(confidence([]row{r}), most), r.box, r.text, note)
		return
	}
	if iso, ok := parseDate(r.text, looseDate); ok {
		v.set(key, iso, min(confidence([]row{r})*0.75, most), r.box, r.text, note)
		return
	}
	if v.wholeLine(key, r) {
		return
	}
	if dateLine.MatchString(dense(r.text)) {
		v.set(key, trimNoise(r.text), 0.3, r.box, r.text, "未能认出日期，可能为手写")
	}
}

// dateWidth is how wide a date is printed at most, in heights of its line.
const dateWidth = 11

// wholeLine reads a date of which a seal hides so much that a part of its line was not
// taken for text: all of where it should stand is read, the seal's ink with it, always
// with doubt. It is false when no date is seen.
func (v *visit) wholeLine(key string, r row) bool {
	place := r.box
	if !strings.Contains(r.text, "年") {
		place.Min.X = min(place.Min.X, max(place.Max.X-dateWidth*place.Dy(), 0))
	}
	if !strings.ContainsAny(r.text, "日曰") {
		place.Max.X = max(place.Max.X, min(place.Min.X+dateWidth*place.Dy(), v.Layout.W))
	}
	if place == r.box {
		return false
	}
	r.box = place
	rows := []row{r}
	readings := v.secondReadings(rows, ocr.Any)
	readings = append(readings, v.read([]ocr.Crop{{Image: v.Layout.CropRect(place.Inset(-2), Margin)}})...)
	for _, g := range readings {
		if iso, ok := parseDate(g.Text, fullDate); ok {
			v.set(key, iso, min(0.5, g.Confidence), place, g.Text, "印章压住了日期，请核对")
			return true
		}
	}
	for _, g := range readings {
		whole := readRow(place.Inset(-2), r.cell, r.lines, g)
		whole.box = place
		if v.slots(key, whole, place, reading{text: g.Text}) {
			v.doubt(key, 0.5)
			return true
		}
	}
	return false
}

// damagedDigits says whether a seal's ring was wiped off together with a part of the
// month or the day, which may then look like another.
func (v *visit) damagedDigits(r row) bool {
	year := slices.IndexFunc(r.chars, func(c ocr.Char) bool { return c.Text == "年" })
	return slices.ContainsFunc(r.chars[year+1:], func(c ocr.Char) bool {
		return strings.ContainsAny(digitLike(c.Text), "0123456789") && v.Layout.Damaged(c.Box)
	})
}
