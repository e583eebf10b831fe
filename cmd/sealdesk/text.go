package main

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"unicode"

	"golang.org/x/term"
)

// The colours of a terminal, as the numbers of their escape sequences.
const (
	bold   = "1"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// printer writes text for people. What comes from outside, be it read from paper
// or the name of a file, is stripped of all that could command a terminal.
type printer struct {
	w      io.Writer
	colour bool
	err    error // the first error of writing
}

// newPrinter writes to w, in colour when that is a terminal.
func newPrinter(w io.Writer) *printer {
	return &printer{w: w, colour: isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// painted is text in a colour.
type painted struct{ text, colour string }

// printf is fmt.Fprintf with all arguments that are text cleaned. The format is
// the program's own and may hold line feeds.
func (p *printer) printf(format string, args ...any) {
	if p.err != nil {
		return
	}
	safe := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case painted:
			safe[i] = clean(a.text)
			if p.colour && a.colour != "" {
				safe[i] = "\x1b[" + a.colour + "m" + clean(a.text) + "\x1b[0m"
			}
		case error:
			safe[i] = clean(a.Error())
		default:
			safe[i] = a
			if v := reflect.ValueOf(a); v.Kind() == reflect.String {
				safe[i] = clean(v.String())
			}
		}
	}
	_, p.err = fmt.Fprintf(p.w, format, safe...)
}

// clean makes text one line that a terminal only shows: control characters,
// escape sequences' beginnings among them, and marks that turn the direction of
// writing are left out, line ends and tabs are blanks.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cleanLines is clean for each line.
func cleanLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = clean(lines[i])
	}
	return strings.Join(lines, "\n")
}
