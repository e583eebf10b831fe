package main

import (
	"bytes"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/config"
	"sealdesk/extract/call"
	"sealdesk/index"
	pdf "sealdesk/report"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"草原生态 ABC-1。":            "草原生态 ABC-1。",
		"\x1b[31mred\x1b[0m":     "[31mred[0m",
		"\x1b]0;title\x07x":      "]0;titlex",
		"\u009b2Jc1":             "2Jc1",
		"a\r\nb\tc\bd\x00":       "a b cd",
		"abc\u202egnp.exe\u2066": "abcgnp.exe",
		"zero\u200bwidth\ufeff":  "zerowidth",
		"line\u2028two":          "line two",
		"\xff\xfe":               "\uFFFD",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// hostile is text that would clear the screen and forge a line.
const hostile = "\x1b[2J\u009b31m\r\n  齐全  假\u202e"

// Whatever comes from a file or from paper, a terminal only shows it.
func TestHostileText(t *testing.T) {
	o := &options{Config: &config.Config{Data: hostile}, file: hostile}
	c := newest()
	var b bytes.Buffer
	for _, colour := range []bool{false, true} {
		b.Reset()
		r := &report{printer: &printer{w: &b, colour: colour}, options: o, call: c}
		field := bundle.Field{Value: hostile}
		app := bundle.Application{
			Verdict:   bundle.Incomplete,
			Documents: []bundle.Document{{Kind: bundle.Kind(hostile), Pages: []int{1}}},
			Fields:    map[string]bundle.Field{c.Search.Unit[0]: field, c.Search.Name[0]: field},
			Checks:    []bundle.Check{{ID: hostile, Status: bundle.Fail, Message: hostile, Page: 3}},
		}
		must(t, r.bundle(hostile, &bundle.Result{Pages: 1, Applications: []bundle.Application{app}}, nil))
		must(t, r.bundle(hostile, &bundle.Result{PageInfo: []bundle.PageInfo{{Error: &bundle.Error{Message: hostile}}}}, nil))
		must(t, r.bundle(hostile, nil, &bundle.Error{Code: hostile, Message: hostile}))
		must(t, r.end())
		must(t, showHits(r.printer, index.Results{Total: 1, Hits: []index.Hit{{
			Document: index.Document{File: hostile, HostUnit: hostile, BaseName: hostile, Verdict: bundle.Verdict(hostile)},
			Snippet:  []index.Segment{{Text: hostile}, {Text: hostile, Mark: true}},
		}}}))
		must(t, showCall(r.printer, &call.Call{ID: hostile, Title: hostile, Fields: []call.Field{{Key: hostile, Label: hostile, Type: hostile}}}))
		text := b.String()
		for _, style := range []string{bold, red, green, yellow, bold + ";" + red, "0"} {
			if !colour && strings.Contains(text, "\x1b["+style+"m") {
				t.Errorf("colour %s where there should be none", style)
			}
			text = strings.ReplaceAll(text, "\x1b["+style+"m", "")
		}
		if i := strings.IndexAny(text, "\x1b\u009b\r\u202e"); i >= 0 {
			t.Errorf("colour %v: a control character in %q", colour, text[max(0, i-20):i+20])
		}
		if strings.Contains(text, "\n  齐全  假") {
			t.Errorf("colour %v: a forged line in %q", colour, text)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPageRanges(t *testing.T) {
	for _, c := range []struct {
		pages []int
		want  string
	}{
		{[]int{4}, "4"}, {[]int{1, 2, 3, 5}, "1-3、5"}, {[]int{1, 3, 4}, "1、3-4"}, {nil, ""},
	} {
		if got := pdf.PageRanges(c.pages, "、"); got != c.want {
			t.Errorf("PageRanges(%v) = %q, want %q", c.pages, got, c.want)
		}
	}
}
