package api

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"sealdesk/extract/call"
	"sealdesk/extract/correct"
)

// FuzzCorrection: whatever a program sends is refused, or a value that the field can hold.
func FuzzCorrection(f *testing.F) {
	for _, s := range []string{
		`{"base":0,"target":"field:direction","is":"x"}`, `{"base":0,"target":"field:projects","is":[{"name":"x"}]}`,
		`{"base":0,"target":"field:staff_doctor","is":1e99}`, `{"base":-1,"undo":1}`, `[]`, `{"is":`, `{"target":"field:base_type","is":[1]}`,
	} {
		f.Add(s)
	}
	c := call.Builtin()[0]
	f.Fuzz(func(t *testing.T, s string) {
		asked, err := readCorrection(httptest.NewRequest("POST", "/", strings.NewReader(s)))
		if err != nil {
			return
		}
		value, err := valueAsked(c, asked)
		kind, key := correct.Split(asked.Target)
		if err != nil || kind != correct.Field {
			return
		}
		if _, ok := correct.Value(c.Field(key), value); !ok {
			t.Errorf("%s is taken as %v, which the field cannot hold", s, value)
		}
	})
}

// FuzzQuery: whatever parameters are sent, a value is within its bounds, or refused.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"n=5&text=x&all=1&all=2", "n=-1", "n=99999999999999999999", "text=%ff", "n=1&n=2", ";", "all=" + strings.Repeat("x&all=y", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		values, err := url.ParseQuery(s)
		if err != nil {
			return
		}
		q := query{values: values}
		n, text, all, choice := q.number("n", 7, 1, 100), q.text("text", 20), q.all("all"), q.choice("choice", "a", "b")
		if q.end() == nil && (n < 1 || n > 100 || len([]rune(text)) > 20 || len(all) > most || choice != "" && choice != "a" && choice != "b") {
			t.Errorf("%q gives %d, %q, %q, %q", s, n, text, all, choice)
		}
	})
}
