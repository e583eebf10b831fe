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
		if r, ok := v.second(rows, ocr.Any); ok {
			text, conf, note = decide(reading{text, conf}, r)
		}
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
	s = strings.TrimSpace(strings.Trim(strings.TrimSpace(s), "|_'`~·—-,:;^*\"“”‘’、，。 "))
	// A full stop ends an abbreviation; elsewhere it is a speck.
	bare := strings.Trim(s, ". ")
	if strings.HasSuffix(s, ".") && bare != "" && isLatin([]rune(bare)[len([]rune(bare))-1]) {
		return strings.TrimLeft(strings.TrimRight(s, ". "), ". ") + "."
	}
	return bare
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
	third, sure := v.second(rows, ocr.Any)
	other := dense(foldWidth(third.text))
	if f.Type == call.Integer || f.Type == call.Phone || f.Type == call.Postcode {
		other = digitLike(other)
	}
	other = trimNoise(other)
	switch {
	case trimNoise(first) == trimNoise(second):
		c = max(conf, conf2)
		c += (1 - c) / 2
		if sure && form.MatchString(other) && other != trimNoise(first) {
			c = min(c, 0.8)
			note = fmt.Sprintf("两次识别不一致：%s / %s", first, other)
		}
	case sure && form.MatchString(other) && (strings.EqualFold(other, trimNoise(first)) || strings.EqualFold(other, trimNoise(second))):
		value, c = other, 0.95
	case a && b:
		note = fmt.Sprintf("两次识别不一致：%s / %s", first, second)
		// Readers leave out characters more often than they invent them.
		if len(second) > len(first) || len(second) == len(first) && conf2 > conf {
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

// fullDate is a whole date as forms print it; looseDate is one of which the
// marks between the numbers were not read.
var (
	fullDate  = regexp.MustCompile(`(?:^|\D)(\d{4})\D{0,2}[年.\-/]\D{0,2}(\d{1,2})\D{0,2}[月.\-/]\D{0,2}(\d{1,2})(?:\D|$)`)
	looseDate = regexp.MustCompile(`(?:^|\D)(20\d{2})\D{1,3}(\d{1,2})\D{1,2}(\d{1,2})\D{0,2}$`)
)

// parseDate finds a real date in text; ok is false when there is none.
func parseDate(text string, form *regexp.Regexp) (iso string, ok bool) {
	m := form.FindStringSubmatch(digitLike(dense(foldWidth(text))))
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
	second, sure := v.second([]row{r}, ocr.Any)
	if sure {
		iso, ok := parseDate(second.text, fullDate)
		if first, same := parseDate(r.text, fullDate); ok && same && first == iso {
			v.set(key, iso, max(agreed, confidence([]row{r})), r.box, r.text, "")
			return
		}
	}
	if v.slots(key, r, r.box) {
		return
	}
	if iso, ok := parseDate(second.text, fullDate); ok && sure {
		v.set(key, iso, second.conf*0.9, r.box, second.text, "")
		return
	}
	if iso, ok := parseDate(r.text, fullDate); ok {
		v.set(key, iso, confidence([]row{r}), r.box, r.text, "")
		return
	}
	if iso, ok := parseDate(r.text, looseDate); ok {
		v.set(key, iso, confidence([]row{r})*0.75, r.box, r.text, "")
		return
	}
	if dateLine.MatchString(dense(r.text)) {
		v.set(key, trimNoise(r.text), 0.3, r.box, r.text, "未能认出日期，可能为手写")
	}
}

// slots reads a date by its three places, before 年, 月 and 日, each with
// digits alone. Without ink in any of them the date is blank. It is false when
// the places are not found or what they hold is no date.
func (v *visit) slots(key string, r row, box image.Rectangle) bool {
	text := dense(foldWidth(r.text))
	var at [3]image.Rectangle
	for _, c := range r.chars {
		switch {
		case at[0].Empty() && at[1].Empty() && c.Text == "年":
			at[0] = c.Box
		case at[1].Empty() && c.Text == "月":
			at[1] = c.Box
		case !at[1].Empty() && at[2].Empty() && (c.Text == "日" || c.Text == "曰" || c.Text == "目"):
			at[2] = c.Box
		}
	}
	if at[1].Empty() {
		return false
	}
	if at[2].Empty() {
		at[2] = image.Rect(r.box.Max.X, r.box.Min.Y, r.box.Max.X+1, r.box.Max.Y)
	}
	if at[0].Empty() {
		// 年 is hidden: it stands two characters and a number before 月.
		x := at[1].Min.X - r.box.Dy()*2
		at[0] = image.Rect(x-r.box.Dy(), r.box.Min.Y, x, r.box.Max.Y)
	}
	em := max(r.box.Dy()*3/4, int(v.Layout.DPI*0.12))
	slots := [3]image.Rectangle{
		image.Rect(max(min(r.box.Min.X, at[0].Min.X-em*3), 0), r.box.Min.Y-em/4, at[0].Min.X, r.box.Max.Y+em/4),
		image.Rect(at[0].Max.X, r.box.Min.Y-em/4, at[1].Min.X, r.box.Max.Y+em/4),
		image.Rect(at[1].Max.X, r.box.Min.Y-em/4, at[2].Min.X, r.box.Max.Y+em/4),
	}
	ink := 0
	var inked [3]bool
	var crops []ocr.Crop
	for i, s := range slots {
		if v.Layout.InkShare(s)*float64(s.Dx()*s.Dy()) > float64(em*em)*0.08 {
			ink++
			inked[i] = true
		}
		crops = append(crops, ocr.Crop{Image: v.Layout.CropRect(s, Margin), Alphabet: ocr.Digits})
	}
	if ink == 0 || !strings.ContainsAny(digitLike(text), "0123456789") && ink <= 1 {
		v.set(key, "", 0.9, box, r.text, "")
		return true
	}
	printed := between(r, at)
	year, c1 := v.slot(crops[0], v.strokes(r, slots[0]), printed[0], v.Call.Year-1, v.Call.Year+1)
	month, c2 := v.slot(crops[1], v.strokes(r, slots[1]), printed[1], 1, 12)
	day, c3 := v.slot(crops[2], v.strokes(r, slots[2]), printed[2], 1, 31)
	conf, note := min(c1, c2, c3), ""
	if year == 0 && inked[0] && month > 0 && day > 0 {
		year, conf = v.Call.Year, min(0.3, c2, c3)
		note = "年份被遮挡，按本次通知的年份推定，请核对"
		if partOfYear(printed[0].text, v.Call.Year) {
			conf = min(0.5, c2, c3)
		}
	}
	iso, ok := parseDate(fmt.Sprintf("%d年%d月%d日", year, month, day), fullDate)
	if !ok {
		return false
	}
	if conf < 0.6 && note == "" {
		note = "日期辨认不清，请核对"
	}
	v.set(key, iso, conf, box, r.text, note)
	return true
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

// between are the characters of a date line before each of its three marks, as
// they were read with the line.
func between(r row, marks [3]image.Rectangle) [3]reading {
	var out [3]reading
	for _, c := range r.chars {
		x := (c.Box.Min.X + c.Box.Max.X) / 2
		for k, m := range marks {
			if x < m.Min.X && (k == 0 || x > marks[k-1].Max.X) {
				out[k].text += c.Text
				out[k].conf = max(out[k].conf, c.Confidence)
				break
			}
		}
	}
	return out
}

// reading is one reading of a short value.
type reading struct {
	text string
	conf float64
}

// slot reads the number in one place of a date: as it was read with its line,
// with digits alone, and with all characters. The number that most readings give
// stands; the confidence is low when they differ. 0 is none.
func (v *visit) slot(crop ocr.Crop, strokes int, line reading, low, high int) (n int, conf float64) {
	readings := []reading{line}
	for _, alphabet := range []ocr.Alphabet{ocr.Digits, ocr.Any} {
		crop.Alphabet = alphabet
		for _, g := range v.read([]ocr.Crop{crop}) {
			readings = append(readings, reading{g.Text, g.Confidence})
		}
	}
	if s, ok := v.Reader.(seconder); ok && s.HasSecond() {
		crop.Alphabet, crop.Second = ocr.Any, true
		for _, g := range v.read([]ocr.Crop{crop}) {
			readings = append(readings, reading{g.Text, g.Confidence})
		}
	}
	votes, sure := map[int]int{}, map[int]float64{}
	valid := 0
	for _, g := range readings {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, digitLike(dense(foldWidth(g.text))))
		if k, err := strconv.Atoi(digits); err == nil && low <= k && k <= high {
			valid++
			votes[k]++
			sure[k] = max(sure[k], g.conf)
		}
	}
	for k := range votes {
		if n == 0 || votes[k] > votes[n] || votes[k] == votes[n] && (sure[k] > sure[n] || sure[k] == sure[n] && k < n) {
			n = k
		}
	}
	if strokes == 2 && n <= 1 && low <= 11 && 11 <= high {
		return 11, 0.7 // two upright strokes, of which readers take one for none
	}
	switch {
	case n == 0:
		return 0, 0
	case votes[n] == 1 && valid > 1:
		return n, 0.4
	case votes[n] == valid:
		return n, sure[n]
	default:
		return n, sure[n] * 0.8
	}
}

// strokes counts the upright strokes that stand alone in a place of a row, 0
// when there is other ink in it: 11 written by hand. Ink is taken in pieces of
// the whole row, so that a neighbour's edge is not taken for a stroke.
func (v *visit) strokes(r row, place image.Rectangle) int {
	n, from := 0, -1
	for x := r.box.Min.X; x <= r.box.Max.X; x++ {
		dark := x < r.box.Max.X && !v.Layout.InkBox(image.Rect(x, r.box.Min.Y, x+1, r.box.Max.Y)).Empty()
		if dark && from < 0 {
			from = x
		}
		if dark || from < 0 {
			continue
		}
		b := v.Layout.InkBox(image.Rect(from, r.box.Min.Y, x, r.box.Max.Y))
		from = -1
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
