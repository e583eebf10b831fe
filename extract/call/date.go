package call

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Date is a day of the calendar, without a time or a zone. The zero Date is no
// day. Dates can be compared with == and Compare.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads an ISO date, "2022-04-13". It fails on anything else and on
// days that do not exist.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date like 2022-04-13", s)
	}
	return Date{t.Year(), t.Month(), t.Day()}, nil
}

// String gives the ISO form, "2022-04-13".
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero says whether d is no day at all.
func (d Date) IsZero() bool { return d == Date{} }

// Compare is -1 when d is before e, 0 on the same day, 1 when after.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

// UnmarshalYAML reads an ISO date.
func (d *Date) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return typeError(n, "a date like 2022-04-13 is wanted here")
	}
	v, err := ParseDate(n.Value)
	if err != nil {
		return typeError(n, err.Error()+": write year-month-day")
	}
	*d = v
	return nil
}

// Pattern is a regular expression (RE2) that is held against text without its
// blanks, because readers set blanks between characters as they please. The
// zero Pattern matches nothing.
type Pattern struct {
	re *regexp.Regexp
}

// CompilePattern makes a Pattern of a regular expression.
func CompilePattern(expr string) (Pattern, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return Pattern{}, err
	}
	return Pattern{re}, nil
}

// Match says whether the pattern is found in text once its white space is gone.
func (p Pattern) Match(text string) bool {
	return p.re != nil && p.re.MatchString(withoutBlanks(text))
}

// String gives the expression, "" for the zero Pattern.
func (p Pattern) String() string {
	if p.re == nil {
		return ""
	}
	return p.re.String()
}

// UnmarshalYAML compiles the expression.
func (p *Pattern) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode {
		return typeError(n, "a regular expression in quotes is wanted here")
	}
	if n.Value == "" {
		return typeError(n, "an empty pattern matches everything: give an expression or remove it")
	}
	v, err := CompilePattern(n.Value)
	if err != nil {
		return typeError(n, fmt.Sprintf("%v: correct the regular expression (RE2 syntax)", err))
	}
	*p = v
	return nil
}

func withoutBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// typeError is an error that the YAML decoder gathers with its own, so that
// one bad value does not hide those after it.
func typeError(n *yaml.Node, message string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, message)}}
}
