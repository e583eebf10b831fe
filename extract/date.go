package extract

import (
	"fmt"
	"image"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

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
		if !hanDate.MatchString(dense(raw)) && v.slots(key, r, box) {
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
	if v.slots(key, r, r.box) {
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
	if dateLine.MatchString(dense(r.text)) {
		v.set(key, trimNoise(r.text), 0.3, r.box, r.text, "未能认出日期，可能为手写")
	}
}

// damagedDigits says whether a seal's ring was wiped off together with a part of the
// month or the day, which may then look like another.
func (v *visit) damagedDigits(r row) bool {
	year := slices.IndexFunc(r.chars, func(c ocr.Char) bool { return c.Text == "年" })
	return slices.ContainsFunc(r.chars[year+1:], func(c ocr.Char) bool {
		return strings.ContainsAny(digitLike(c.Text), "0123456789") && v.Layout.Damaged(c.Box)
	})
}

// slots reads a date by its three places, before 年, 月 and 日, each with
// digits alone. Without ink in any of them the date is blank. It is false when
// the places are not found or what they hold is no date.
func (v *visit) slots(key string, r row, box image.Rectangle) bool {
	m, ok := v.marks(r)
	if !ok {
		return false
	}
	text := dense(foldWidth(r.text))
	em := max(r.box.Dy()*3/4, int(v.Layout.DPI*0.12))
	slots := [3]image.Rectangle{
		image.Rect(v.yearFrom(r, m, em), r.box.Min.Y-em/4, m.box[0].Min.X, r.box.Max.Y+em/4),
		image.Rect(m.box[0].Max.X, r.box.Min.Y-em/4, m.box[1].Min.X, r.box.Max.Y+em/4),
		image.Rect(m.box[1].Max.X, r.box.Min.Y-em/4, m.box[2].Min.X, r.box.Max.Y+em/4),
	}
	g, alone := v.apart(r)
	if alone {
		for i, b := range g {
			slots[i] = image.Rect(b.Min.X-em/8, slots[i].Min.Y, b.Max.X+em/8, slots[i].Max.Y)
		}
	}
	ink, specks := 0, true
	var inked [3]bool
	var crops []ocr.Crop
	for i, s := range slots {
		if v.Layout.InkShare(s)*float64(s.Dx()*s.Dy()) > float64(em*em)*0.08 {
			ink++
			inked[i] = true
			specks = specks && !v.written(r, s)
		}
		crops = append(crops, ocr.Crop{Image: v.Layout.CropRect(s, Margin), Alphabet: ocr.Digits})
	}
	switch digits := strings.ContainsAny(digitLike(text), "0123456789"); {
	case ink == 0:
		v.set(key, "", 0.9, box, r.text, "")
		return true
	case ink == 1 && !digits && specks:
		v.set(key, "", 0.75, box, r.text, "")
		return true
	case ink == 1 && !digits:
		v.set(key, "", 0.3, box, r.text, "日期处有墨迹，但未能认出数字")
		return true
	}
	printed := betweenMarks(r, m)
	year, c1 := v.slot(crops[0], v.strokes(r, slots[0]), printed[0], "年", alone, v.Call.Year-1, v.Call.Year+1)
	month, c2 := v.slot(crops[1], v.strokes(r, slots[1]), printed[1], "月", alone, 1, 12)
	day, c3 := v.slot(crops[2], v.strokes(r, slots[2]), printed[2], "日", alone, 1, 31)
	conf, note := min(c1, c2, c3), ""
	if year == 0 && inked[0] && month > 0 && day > 0 {
		year, conf = v.Call.Year, min(0.5, c2, c3)
		note = "年份被遮挡，按本次通知的年份推定，请核对"
		if partOfYear(printed[0].text, v.Call.Year) {
			conf = min(0.75, c2, c3)
		}
	}
	iso, ok := parseDate(fmt.Sprintf("%d年%d月%d日", year, month, day), fullDate)
	if !ok {
		return false
	}
	if m.at[1] < 0 {
		conf, note = min(conf, 0.5), "日期辨认不清，请核对"
	}
	for i, c := range []float64{c1, c2, c3} {
		if v.Layout.Damaged(slots[i]) && c > 0 {
			conf, note = min(conf, 0.6), "印章压住了日期，请核对"
		}
	}
	if conf < 0.6 && note == "" {
		note = "日期辨认不清，请核对"
	}
	v.set(key, iso, conf, box, r.text, note)
	return true
}

// apart gives the numbers of a date whose numbers and marks all stand apart from
// each other, so that it falls into six groups of ink; false for any other.
func (v *visit) apart(r row) (numbers [3]image.Rectangle, ok bool) {
	var groups []image.Rectangle
	for _, b := range v.pieces(r) {
		if b.Dy()*10 < r.box.Dy()*3 {
			continue // a speck
		}
		if n := len(groups); n > 0 && (b.Min.X-groups[n-1].Max.X)*5 < r.box.Dy() {
			groups[n-1] = groups[n-1].Union(b)
			continue
		}
		groups = append(groups, b)
	}
	if len(groups) != 6 {
		return numbers, false
	}
	for i := range numbers {
		mark := groups[2*i+1]
		if mark.Dx()*20 < r.box.Dy()*7 || mark.Dx()*10 > r.box.Dy()*14 {
			return numbers, false
		}
		numbers[i] = groups[2*i]
	}
	return numbers, true
}

// yearFrom is where the place of the year begins: behind what is printed before
// it in its line.
func (v *visit) yearFrom(r row, m dateMarks, em int) int {
	from := max(min(r.box.Min.X, m.box[0].Min.X-em*3), 0)
	for _, c := range r.chars[:max(m.at[0], 0)] {
		x := []rune(digitLike(foldWidth(c.Text)))
		if c.Confidence >= 0.9 && len(x) == 1 && (unicode.Is(unicode.Han, x[0]) && !strings.ContainsRune(numerals, x[0]) || strings.ContainsRune(":)）", x[0])) {
			from = max(from, min(c.Box.Max.X, m.box[0].Min.X))
		}
	}
	return from
}

// written is true when ink in a place of a row is large enough to be writing.
func (v *visit) written(r row, place image.Rectangle) bool {
	return slices.ContainsFunc(v.pieces(r), func(b image.Rectangle) bool {
		mid := (b.Min.X + b.Max.X) / 2
		return mid >= place.Min.X && mid < place.Max.X && max(b.Dx(), b.Dy())*10 >= r.box.Dy()*3
	})
}

// partOfYear is true when at least two digits of the year are read, in order, and
// no other digit: a seal or a blot hides the rest.
func partOfYear(text string, year int) bool {
	want := strconv.Itoa(year)
	n := 0
	for _, r := range digitLike(dense(foldWidth(text))) {
		if r < '0' || r > '9' {
			continue
		}
		i := strings.IndexRune(want, r)
		if i < 0 {
			return false
		}
		want = want[i+1:]
		n++
	}
	return n >= 2
}

// betweenMarks are the characters of a date line before each of its three marks, as
// they were read with the line. Their order tells which are whose: readers place
// characters only roughly.
func betweenMarks(r row, m dateMarks) [3]reading {
	out := [3]reading{{conf: 1}, {conf: 1}, {conf: 1}}
	for i, c := range r.chars {
		k := 0
		switch {
		case i == m.at[0] || i == m.at[1] || m.at[2] >= 0 && i >= m.at[2]:
			continue
		case m.at[1] >= 0 && i > m.at[1], m.at[1] < 0 && c.Box.Min.X+c.Box.Max.X > m.box[1].Min.X+m.box[1].Max.X:
			k = 2
		case m.at[0] >= 0 && i > m.at[0]:
			k = 1
		case m.at[0] < 0 && c.Box.Min.X+c.Box.Max.X > m.box[0].Max.X*2:
			k = 1
		case m.at[0] < 0 && c.Box.Min.X+c.Box.Max.X > m.box[0].Min.X*2:
			continue
		}
		out[k].text += c.Text
		out[k].conf = min(out[k].conf, c.Confidence)
	}
	return out
}

// reading is one reading of a short value. The second reader's has what it makes
// together with the first's, too.
type reading struct {
	text   string
	conf   float64
	joined string
}

// certain is the confidence from which the second reader is believed against others
// where a number stands alone in its crop: it knows handwriting, which Tesseract does
// not. believed is how often that is right, as decide has it.
const (
	certain  = 0.98
	believed = 0.85
)

// slot reads the number in one place of a date, before its mark: as it was read with
// its line, with digits alone, with all characters, and by the second reader. The
// number that has most confidence behind it stands, less what is behind the next. 0 is
// none.
func (v *visit) slot(crop ocr.Crop, strokes int, line reading, mark string, alone bool, low, high int) (n int, conf float64) {
	behind, sure, times := map[int]float64{}, map[int]float64{}, map[int]int{}
	number := func(g reading) int {
		text := digitLike(strings.TrimSuffix(dense(foldWidth(g.text)), mark))
		if strings.ContainsFunc(text, unicode.IsLetter) {
			return 0 // a neighbour's place, or something that is no number
		}
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text)
		k, err := strconv.Atoi(digits)
		if err != nil || k < low || k > high {
			return 0
		}
		behind[k] += g.conf
		sure[k] = max(sure[k], g.conf)
		times[k]++
		return k
	}
	number(line)
	for _, alphabet := range []ocr.Alphabet{ocr.Digits, ocr.Any} {
		crop.Alphabet = alphabet
		for _, g := range v.read([]ocr.Crop{crop}) {
			number(reading{text: g.Text, conf: g.Confidence})
		}
	}
	second := 0
	if s, ok := v.Reader.(seconder); ok && s.HasSecond() {
		crop.Alphabet, crop.Second = ocr.Any, true
		for _, g := range v.read([]ocr.Crop{crop}) {
			if k := number(reading{text: g.Text, conf: g.Confidence}); alone && g.Confidence >= certain {
				second = k
			}
		}
	}
	next := func(n int) (best int) { // the one with most behind it but n
		for _, k := range slices.Sorted(maps.Keys(behind)) {
			if k != n && (best == 0 || behind[k] > behind[best]) {
				best = k
			}
		}
		return best
	}
	if second > 0 && times[next(second)] < 2 {
		return second, max(believed, sure[second]*(1-behind[next(second)]/behind[second]))
	}
	n = next(0)
	if strokes == 2 && n <= 1 && low <= 11 && 11 <= high {
		return 11, 0.7 // two upright strokes, of which readers take one for none
	}
	if n == 0 {
		return 0, 0
	}
	return n, sure[n] * (1 - behind[next(n)]/behind[n])
}

// strokes counts the upright strokes that stand alone in a place of a row, 0
// when there is other ink in it: 11 written by hand. Ink is taken in pieces of
// the whole row, so that a neighbour's edge is not taken for a stroke.
func (v *visit) strokes(r row, place image.Rectangle) int {
	n := 0
	for _, b := range v.pieces(r) {
		if mid := (b.Min.X + b.Max.X) / 2; mid < place.Min.X || mid >= place.Max.X || b.Dy()*10 < r.box.Dy()*3 {
			continue
		}
		if b.Dx()*5 > b.Dy()*2 {
			return 0
		}
		n++
	}
	return n
}

// pieces are the boxes of a row's ink between columns of white.
func (v *visit) pieces(r row) []image.Rectangle {
	var out []image.Rectangle
	from := -1
	for x := r.box.Min.X; x <= r.box.Max.X; x++ {
		dark := x < r.box.Max.X && !v.Layout.InkBox(image.Rect(x, r.box.Min.Y, x+1, r.box.Max.Y)).Empty()
		if dark && from < 0 {
			from = x
		}
		if !dark && from >= 0 {
			out = append(out, v.Layout.InkBox(image.Rect(from, r.box.Min.Y, x, r.box.Max.Y)))
			from = -1
		}
	}
	return out
}
