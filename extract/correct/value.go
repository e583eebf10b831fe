package correct

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// The kinds of targets.
const (
	Field     = "field"
	Seal      = "seal"
	Signature = "signature"
	Check     = "check"
)

// Split gives a target's kind and what of that kind it names.
func Split(target string) (kind, name string) {
	kind, name, _ = strings.Cut(target, ":")
	return kind, name
}

// maxValue is the greatest length of a text that somebody types, in bytes.
const maxValue = 1 << 16

// maxInteger is the greatest number that a field holds as such, as package check has it.
const maxInteger = 999_999_999

// Value gives what somebody typed, as JSON or a form holds it, as a value of the
// field: a string, a []string for a choice, a []map[string]string for a table. Blanks
// around it are cut off. ok is false for what the field cannot hold.
func Value(f *call.Field, v any) (value any, ok bool) {
	switch f.Type {
	case call.Choice:
		return labels(v)
	case call.Rows:
		return rows(f, v)
	}
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && f.Type == call.Integer && n >= 0 && n <= maxInteger {
			return n, true
		}
		return text(v)
	case int:
		return v, true
	case float64: // a number that was JSON
		return int(v), v == float64(int(v))
	}
	return nil, false
}

func text(s string) (any, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	return s, utf8.ValidString(s) && len(s) <= maxValue
}

func labels(v any) (any, bool) {
	out := []string{}
	switch v := v.(type) {
	case nil:
	case []string:
		out = append(out, v...)
	case []any:
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				return nil, false
			}
			out = append(out, s)
		}
	default:
		return nil, false
	}
	for _, s := range out {
		if len(s) > maxValue || !utf8.ValidString(s) {
			return nil, false
		}
	}
	return out, true
}

func rows(f *call.Field, v any) (any, bool) {
	out := []map[string]string{}
	switch v := v.(type) {
	case nil:
	case []map[string]string:
		for _, row := range v {
			out = append(out, maps.Clone(row))
		}
	case []any:
		for _, x := range v {
			cells, ok := x.(map[string]any)
			if !ok {
				return nil, false
			}
			row := map[string]string{}
			for key, cell := range cells {
				if row[key], ok = cell.(string); !ok {
					return nil, false
				}
			}
			out = append(out, row)
		}
	default:
		return nil, false
	}
	for _, row := range out {
		for key, cell := range row {
			known := slices.ContainsFunc(f.Columns, func(c call.Column) bool { return c.Key == key })
			if !known || len(cell) > maxValue || !utf8.ValidString(cell) {
				return nil, false
			}
		}
	}
	return out, true
}

// Decision gives the status that somebody decided on.
func Decision(v any) (bundle.Status, bool) {
	switch v := v.(type) {
	case string:
		s := bundle.Status(v)
		return s, s == bundle.Pass || s == bundle.Fail
	case bundle.Status:
		return v, v == bundle.Pass || v == bundle.Fail
	}
	return "", false
}

// number is an index, from 0.
func number(s string) (int, bool) {
	i, err := strconv.Atoi(s)
	return i, err == nil && i >= 0
}

// clone copies what Apply changes, and what leads to it.
func clone(r *bundle.Result) *bundle.Result {
	out := *r
	out.Applications = slices.Clone(r.Applications)
	for i := range out.Applications {
		a := &out.Applications[i]
		a.Fields = maps.Clone(a.Fields)
		a.Seals = slices.Clone(a.Seals)
		a.Signatures = slices.Clone(a.Signatures)
		a.Checks = slices.Clone(a.Checks)
	}
	return &out
}
