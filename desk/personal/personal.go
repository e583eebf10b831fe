// Package personal hides what is personal from those who may not see it: phones, e-mail
// addresses and postal data of persons, in values, texts, pictures of pages and whole
// results.
//
// It knows nobody's rights: who calls it has asked whether somebody may see personal
// data.
package personal

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"sealdesk/extract/call"
	"sealdesk/index"
)

// pattern finds phone numbers and e-mail addresses in text: seven digits or more, each
// perhaps set off by a blank, hyphen or bracket, and what stands around an @.
var pattern = regexp.MustCompile(`[0-9０-９](?:[\s\-－—–()（）]?[0-9０-９]){6,}|[\w.+\-]+[@＠][\w.\-]*`)

// dateText is what looks like a phone number and is a date.
var dateText = regexp.MustCompile(`^(?:19|20)\d\d-\d\d-\d\d$`)

// Type says whether a kind of value is personal altogether.
func Type(t call.FieldType) bool {
	return t == call.Phone || t == call.Email || t == call.Postcode
}

// Asked says whether somebody who looks for these words looks for personal data. A date
// counts as such, since it may be the beginning of a number.
func Asked(words string) bool { return pattern.MatchString(words) }

// Spans gives where in a text personal data stands, as byte offsets.
func Spans(s string) [][]int {
	return slices.DeleteFunc(pattern.FindAllStringIndex(s, -1), func(at []int) bool {
		return dateText.MatchString(s[at[0]:at[1]])
	})
}

// Mask makes what is personal in a text unreadable.
func Mask(s string) string {
	spans := Spans(s)
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	last := 0
	for _, at := range spans {
		b.WriteString(s[last:at[0]])
		b.WriteString(MaskValue(s[at[0]:at[1]]))
		last = at[1]
	}
	b.WriteString(s[last:])
	return b.String()
}

// MaskValue leaves of a personal value as much as tells it from another: the beginning,
// and how long it is.
func MaskValue(s string) string {
	keep := min(3, utf8.RuneCountInString(s)/3)
	var b strings.Builder
	for i, r := range []rune(s) {
		if i < keep || r == '@' {
			b.WriteRune(r)
		} else {
			b.WriteByte('*')
		}
	}
	return b.String()
}

// MaskSegments masks a text that is cut into segments; what is personal may lie across
// the cuts. The list that it is given stays as it is.
func MaskSegments(list []index.Segment) []index.Segment {
	var whole strings.Builder
	for _, seg := range list {
		whole.WriteString(seg.Text)
	}
	spans := Spans(whole.String())
	if len(spans) == 0 {
		return list
	}
	out := make([]index.Segment, 0, len(list))
	at := 0
	for _, seg := range list {
		var b strings.Builder
		for i, r := range seg.Text {
			if within(spans, at+i) {
				r = '*'
			}
			b.WriteRune(r)
		}
		at += len(seg.Text)
		out = append(out, index.Segment{Text: b.String(), Mark: seg.Mark})
	}
	return out
}

func within(spans [][]int, at int) bool {
	return slices.ContainsFunc(spans, func(s []int) bool { return s[0] <= at && at < s[1] })
}
