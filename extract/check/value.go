package check

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sealdesk/bundle"
)

// A field's value is what extraction made of it (string, int, []string,
// []map[string]string) or the same after JSON, where a stored result was read
// back (float64, []any, map[string]any). These functions take both.

// textOf gives a value as one string; a list is joined with 、.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case json.Number:
		return v.String()
	}
	return strings.Join(labelsOf(v), "、")
}

// labelsOf gives the strings of a list.
func labelsOf(v any) []string {
	switch v := v.(type) {
	case []string:
		return v
	case []any:
		var list []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// rowsOf gives the number of table rows that hold anything.
func rowsOf(v any) int {
	n := 0
	switch v := v.(type) {
	case []map[string]string:
		for _, row := range v {
			for _, s := range row {
				if strings.TrimSpace(s) != "" {
					n++
					break
				}
			}
		}
	case []any:
		for _, e := range v {
			row, _ := e.(map[string]any)
			for _, cell := range row {
				if textOf(cell) != "" {
					n++
					break
				}
			}
		}
	}
	return n
}

// filled says whether the value holds anything.
func filled(f bundle.Field) bool {
	return textOf(f.Value) != "" || rowsOf(f.Value) > 0
}

// isNone says whether a value says that there is none, as the form's
// instructions allow: 若无该项内容可直接填无.
func isNone(s string) bool {
	switch strings.TrimRight(plain(s), ".,;。") {
	case "无", "暂无", "没有":
		return true
	}
	return false
}

// onlyMarks says whether a text is nothing but strokes and dots: a cell that
// was struck out, or dirt.
func onlyMarks(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// count gives the characters of a text as the form's limits count them:
// without blanks and line ends.
func count(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// plain gives a text in one form for comparing: NFKC (full width to half),
// small letters, no blanks, no marks that cannot be seen.
func plain(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// short cuts a value for a message.
func short(s string) string {
	const most = 40
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(r)
}
