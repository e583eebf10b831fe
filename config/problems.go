package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Layer is a kind of place where a setting can stand. A later one goes before an
// earlier one.
type Layer int

// The layers.
const (
	Default Layer = iota
	File
	Environment
	Flag
)

// Origin is where a setting stands: in which layer, and there under which name: the
// path of the file, the variable, or the flag with its dashes. Line counts from 1 in
// the file; 0 is the file as a whole.
type Origin struct {
	Layer Layer
	Name  string
	Line  int
}

// String gives default, file:line, SEALDESK_VARIABLE or --flag.
func (o Origin) String() string {
	switch o.Layer {
	case Default:
		return "default"
	case File:
		return fmt.Sprintf("%s:%d", o.Name, o.Line)
	default:
		return o.Name
	}
}

// Problem is one mistake. Message says what is wrong and what to do; it never holds
// a secret.
type Problem struct {
	Origin  Origin
	Message string
}

// Problems is all that is wrong with a configuration: first the file's by line, then
// the environment's, then the flags'. It is a Go error.
type Problems struct{ List []Problem }

// Error gives a line for each problem, "file:line: message" or "name: message".
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, q := range p.List {
		lines[i] = q.Origin.String() + ": " + q.Message
	}
	return strings.Join(lines, "\n")
}

// collector takes problems as they are found.
type collector struct{ list []Problem }

func (c *collector) add(at Origin, format string, args ...any) {
	c.list = append(c.list, Problem{at, fmt.Sprintf(format, args...)})
}

// err is all that was found, in order, or nil.
func (c *collector) err() error {
	if len(c.list) == 0 {
		return nil
	}
	slices.SortStableFunc(c.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Origin.Layer, b.Origin.Layer), cmp.Compare(a.Origin.Line, b.Origin.Line))
	})
	return &Problems{c.list}
}
