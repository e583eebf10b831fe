package call

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Problem is one mistake in a profile. Line counts from 1; 0 is the file as a
// whole. Message says what is wrong and what to do.
type Problem struct {
	Line    int
	Message string
}

// Problems is all that is wrong with one profile, by line. It is a Go error.
type Problems struct {
	Name string
	List []Problem
}

// Error gives a line for each problem: "name:line: message".
func (p *Problems) Error() string {
	var b strings.Builder
	for i, q := range p.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s:%d: %s", p.Name, q.Line, q.Message)
	}
	return b.String()
}

// Parse reads a profile. name is only for messages. The error is a *Problems
// with every mistake found, not only the first; a Call is returned only when
// there is none.
func Parse(name string, data []byte) (*Call, error) {
	c, list := decode(data)
	if len(list) == 0 {
		return c, nil
	}
	slices.SortStableFunc(list, func(a, b Problem) int { return a.Line - b.Line })
	return nil, &Problems{Name: name, List: list}
}

func decode(data []byte) (*Call, []Problem) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, problems(err)
	}
	if len(root.Content) == 0 {
		return nil, []Problem{{0, "the profile is empty: give at least id, title, year, deadline, fields and form"}}
	}
	c := new(Call)
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var list []Problem
	if err := dec.Decode(c); err != nil {
		list = problems(err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		list = append(list, Problem{0, "a second document follows (---): keep one call in a file"})
	}
	sum := sha256.Sum256(data)
	c.Version = hex.EncodeToString(sum[:6])
	// What could not be decoded looks missing; one problem for a line is enough.
	known := map[int]bool{}
	for _, p := range list {
		known[p.Line] = true
	}
	for _, p := range validate(c, &root) {
		if !known[p.Line] {
			list = append(list, p)
		}
	}
	return c, list
}

// The decoder's messages, which name Go types, and what they mean to a writer
// of profiles.
var (
	lineMessage = regexp.MustCompile(`(?s)^(?:yaml: )?line (\d+): (.*)$`)
	unknownKey  = regexp.MustCompile(`^field (\S+) not found in type call\.(\w+)$`)
	repeatedKey = regexp.MustCompile(`^mapping key "(.*)" already defined at line (\d+)$`)
	wrongType   = regexp.MustCompile("(?s)^cannot unmarshal (!!\\w+)(?: `(.*)`)? into (.*)$")
)

// inWords says what a Go type of the profile is to its writer.
func inWords(goType string) string {
	switch t := strings.TrimLeft(goType, "*"); {
	case strings.HasPrefix(t, "[]"):
		return "a list"
	case t == "int":
		return "a whole number"
	case t == "bool":
		return "true or false"
	case t == "string", t == "call.FieldType", t == "call.SectionKind":
		return "text"
	default:
		return "a group of keys"
	}
}

// problems turns a decoder's error into problems with lines.
func problems(err error) []Problem {
	var te *yaml.TypeError
	texts, broken := []string{err.Error()}, true
	if errors.As(err, &te) {
		texts, broken = te.Errors, false
	}
	var list []Problem
	for _, t := range texts {
		p := Problem{Message: strings.TrimPrefix(t, "yaml: ")}
		if m := lineMessage.FindStringSubmatch(t); m != nil {
			p.Line, _ = strconv.Atoi(m[1])
			p.Message = m[2]
		}
		if broken {
			p.Message = "this is no YAML (" + p.Message + "): correct the indentation, quotes or brackets here or just above"
		} else if m := unknownKey.FindStringSubmatch(p.Message); m != nil {
			p.Message = fmt.Sprintf("unknown key %q in %s: correct its spelling or remove it", m[1], strings.ToLower(m[2]))
		} else if m := repeatedKey.FindStringSubmatch(p.Message); m != nil {
			p.Message = fmt.Sprintf("key %q is given twice (first in line %s): keep one", m[1], m[2])
		} else if m := wrongType.FindStringSubmatch(p.Message); m != nil {
			got := map[string]string{"!!seq": "a list", "!!map": "a group of keys"}[m[1]]
			if got == "" {
				got = strconv.Quote(m[2])
			}
			p.Message = fmt.Sprintf("%s does not fit here: %s is wanted", got, inWords(m[3]))
		}
		list = append(list, p)
	}
	return list
}

//go:embed *.yaml
var files embed.FS

var builtinProfiles = sync.OnceValue(func() []Profile {
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		panic("call: " + err.Error()) // the pattern is a constant and good
	}
	var all []Profile
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			panic("call: " + err.Error()) // it was compiled in
		}
		c, err := Parse(name, data)
		if err != nil {
			panic("call: " + err.Error()) // the package's tests parse each one
		}
		all = append(all, Profile{Name: c.ID, Source: data, Call: c})
	}
	return all
})

// Builtin gives the profiles that are compiled in, by file name. They are
// shared: do not change them.
func Builtin() []*Call {
	var calls []*Call
	for _, p := range builtinProfiles() {
		calls = append(calls, p.Call)
	}
	return calls
}

// Find gives the built-in profile with this id, nil when there is none.
func Find(id string) *Call {
	for _, p := range builtinProfiles() {
		if p.Name == id {
			return p.Call
		}
	}
	return nil
}

// Field gives the field with this key, nil when there is none.
func (c *Call) Field(key string) *Field {
	for i := range c.Fields {
		if c.Fields[i].Key == key {
			return &c.Fields[i]
		}
	}
	return nil
}
