package extract

import (
	"fmt"
	"image"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sealdesk/pipeline/ocr"
)

// surelyRead is the confidence of its worst character from which the second reader's
// reading of a date's line bears out the numbers read one by one, and wholeAgrees the
// confidence then.
const (
	surelyRead  = 0.95
	wholeAgrees = 0.93
)

// slots reads a date by its three places, before 年, 月 and 日, each with
// digits alone. Without ink in any of them the date is blank. It is false when
// the places are not found or what they hold is no date. line is how the second
// reader reads the line: where it is sure of the same date there is little doubt, and a
// month in whose place nothing is read is taken from it.
func (v *visit) slots(key string, r row, box image.Rectangle, line reading) bool {
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
	if month == 0 && day > 0 {
		month = monthBefore(line.text, day)
		conf, note = min(0.5, c3), "月份辨认不清，请核对"
	}
	iso, ok := parseDate(fmt.Sprintf("%d年%d月%d日", year, month, day), fullDate)
	if !ok {
		return false
	}
	if whole, ok := parseDate(line.text, fullDate); ok && line.conf >= surelyRead && note == "" {
		switch {
		case iso == whole:
			conf = max(conf, wholeAgrees)
		case conf < 0.5:
			iso, conf, note = whole, 0.6, fmt.Sprintf("两次识别不一致：%s / %s", whole, iso)
		}
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

// monthAndDay are the numbers of a date's line of which 月 was not read.
var monthAndDay = regexp.MustCompile(`年(\d{2,4})[日曰]`)

// monthBefore is the month that stands before the day in a line of which 月 was not
// read, 0 for none.
func monthBefore(line string, day int) int {
	m := monthAndDay.FindStringSubmatch(dense(line))
	if m == nil {
		return 0
	}
	before, ok := strings.CutSuffix(m[1], strconv.Itoa(day))
	month, err := strconv.Atoi(before)
	if !ok || err != nil || month < 1 || month > 12 {
		return 0
	}
	return month
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

// certain is the confidence from which the second reader is believed against others
// where a number stands alone in its crop: it knows handwriting, which Tesseract does
// not. believed is how often that is right, as decide has it.
const (
	certain  = 0.98
	believed = 0.85
)

// lineWeight is what a number counts that was read with its line, beside one read in a
// crop of its own: where a seal crosses the line, readers part it wrongly.
const lineWeight = 0.4

// slot reads the number in one place of a date, before its mark: as it was read with
// its line, with digits alone, with all characters, and by the second reader. The
// number that has most confidence behind it stands, less what is behind the next. 0 is
// none.
func (v *visit) slot(crop ocr.Crop, strokes int, line reading, mark string, alone bool, low, high int) (n int, conf float64) {
	behind, sure, times := map[int]float64{}, map[int]float64{}, map[int]int{}
	number := func(g reading, weight float64) int {
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
		behind[k] += g.conf * weight
		sure[k] = max(sure[k], g.conf)
		times[k]++
		return k
	}
	number(line, lineWeight)
	for _, alphabet := range []ocr.Alphabet{ocr.Digits, ocr.Any} {
		crop.Alphabet = alphabet
		for _, g := range v.read([]ocr.Crop{crop}) {
			number(reading{text: g.Text, conf: g.Confidence}, 1)
		}
	}
	second := 0
	if s, ok := v.Reader.(seconder); ok && s.HasSecond() {
		crop.Alphabet, crop.Second = ocr.Any, true
		for _, g := range v.read([]ocr.Crop{crop}) {
			if k := number(reading{text: g.Text, conf: g.Confidence}, 1); alone && g.Confidence >= certain {
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
	if strokes == 2 && (n <= 1 || n == 11) && low <= 11 && 11 <= high {
		// Two upright strokes, of which readers take one for none.
		return 11, max(0.7, sure[11]*(1-behind[next(11)]/max(behind[11], 1e-6)))
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
