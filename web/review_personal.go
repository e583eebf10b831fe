package web

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"sealdesk/extract/call"
	"sealdesk/index"
)

// personalText finds phone numbers and e-mail addresses in text: seven digits or more,
// each perhaps set off by a blank, hyphen or bracket, and what stands around an @.
var personalText = regexp.MustCompile(`[0-9０-９](?:[\s\-－—–()（）]?[0-9０-９]){6,}|[\w.+\-]+[@＠][\w.\-]*`)

// dateText is what looks like a phone number and is a date.
var dateText = regexp.MustCompile(`^(?:19|20)\d\d-\d\d-\d\d$`)

// personalType says whether a kind of value is for those with account.SeePersonal alone.
func personalType(t call.FieldType) bool {
	return t == call.Phone || t == call.Email || t == call.Postcode
}

// personalSpans gives where in a text personal data stands, as byte offsets.
func personalSpans(s string) [][]int {
	return slices.DeleteFunc(personalText.FindAllStringIndex(s, -1), func(at []int) bool {
		return dateText.MatchString(s[at[0]:at[1]])
	})
}

// maskText makes what is personal in a text unreadable.
func maskText(s string) string {
	spans := personalSpans(s)
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	last := 0
	for _, at := range spans {
		b.WriteString(s[last:at[0]])
		b.WriteString(maskValue(s[at[0]:at[1]]))
		last = at[1]
	}
	b.WriteString(s[last:])
	return b.String()
}

// maskValue leaves of a personal value as much as tells it from another: the beginning,
// and how long it is.
func maskValue(s string) string {
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

// maskSegments masks a text that is cut into segments; what is personal may lie across
// the cuts.
func maskSegments(list []index.Segment) []index.Segment {
	var whole strings.Builder
	for _, seg := range list {
		whole.WriteString(seg.Text)
	}
	spans := personalSpans(whole.String())
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
