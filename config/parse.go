package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// file adds what stands in a file. The tree of YAML is walked by hand: a decoder
// would quote values in its messages, secrets among them, and give no line for what
// is given twice.
func (g given) file(name string, data []byte, problems *collector) {
	p := &parser{given: g, name: name, problems: problems, first: map[string]int{}}
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&root); err != nil {
		if !errors.Is(err, io.EOF) { // an empty file is all defaults
			p.broken(err, data)
		}
		return
	}
	p.section("", root.Content[0])
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		p.add(0, "a second document follows (---): keep all in one")
	}
}

// parser takes settings out of one file.
type parser struct {
	given    given
	name     string
	problems *collector
	first    map[string]int // the line at which each key stands
}

func (p *parser) add(line int, format string, args ...any) {
	p.problems.add(Origin{File, p.name, line}, format, args...)
}

// The reader's message for what is no YAML. Only the one about anchors quotes the
// text, which may be a secret that begins with a star.
var (
	lineMessage   = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)
	anchorMessage = regexp.MustCompile(`^yaml: unknown anchor '(.*)' referenced$`)
)

// broken tells of what is no YAML at all.
func (p *parser) broken(err error, data []byte) {
	if m := anchorMessage.FindStringSubmatch(err.Error()); m != nil {
		before, _, _ := bytes.Cut(data, []byte("*"+m[1]))
		p.add(bytes.Count(before, []byte("\n"))+1, "a value that begins with * must stand in quotes")
		return
	}
	line, message := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := lineMessage.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = m[2]
	}
	p.add(line, "this is no YAML (%s): correct the indentation, quotes or brackets here or just above", message)
}

// section takes the keys of a section, which is "" for the whole file.
func (p *parser) section(section string, n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		p.add(n.Line, "%s refers to another place with *: write its keys out", sectionName(section))
		return
	}
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		p.add(n.Line, "%s is %s: a group of keys is wanted", sectionName(section), shape(n))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		p.key(section, n.Content[i], n.Content[i+1])
	}
}

func sectionName(section string) string {
	if section == "" {
		return "the file"
	}
	return section
}

// key takes one key with what it holds.
func (p *parser) key(section string, k, v *yaml.Node) {
	if k.Kind != yaml.ScalarNode {
		p.add(k.Line, "a key must be a name")
		return
	}
	key := k.Value
	if section != "" {
		key = section + "." + k.Value
	}
	if line, twice := p.first[key]; twice {
		p.add(k.Line, "%s is given twice (first in line %d): keep one", key, line)
		return
	}
	p.first[key] = k.Line
	s, isSetting := Find(key)
	switch {
	case isSetting && !strings.Contains(k.Value, "."):
		p.setting(s, k, v)
	case isSection(key) && !strings.Contains(k.Value, "."):
		p.section(key, v)
	default:
		p.unknown(section, key, k)
	}
}

// isSection says whether some key stands below this one.
func isSection(key string) bool {
	return slices.ContainsFunc(settings, func(s Setting) bool { return strings.HasPrefix(s.Key, key+".") })
}

// unknown tells of a key that is none.
func (p *parser) unknown(section, key string, k *yaml.Node) {
	if isSection(key) || isKnown(key) {
		p.add(k.Line, "%s: a key has no dots in the file: indent each part below the one before", key)
		return
	}
	meant := suggest(k.Value, inSection(section))
	if meant != "" && section != "" {
		meant = section + "." + meant
	}
	if meant == "" {
		meant = strings.Join(elsewhere(k.Value), " or ")
	}
	p.add(k.Line, "unknown key %s: %s", key, orRemove(meant))
}

func isKnown(key string) bool {
	_, ok := Find(key)
	return ok
}

// inSection are the names that may stand in a section.
func inSection(section string) []string {
	var out []string
	if section != "" {
		section += "."
	}
	for _, s := range settings {
		if rest, ok := strings.CutPrefix(s.Key, section); ok {
			name, _, _ := strings.Cut(rest, ".")
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// setting takes a value. Its text stands in no message, as it may be a secret.
func (p *parser) setting(s Setting, k, v *yaml.Node) {
	switch {
	case v.Kind == yaml.AliasNode || v.Anchor != "" || v.Tag != "" && !strings.HasPrefix(v.Tag, "!!"):
		p.add(v.Line, "%s: a value that begins with *, & or ! must stand in quotes", s.Key)
	case v.Kind != yaml.ScalarNode:
		p.add(v.Line, "%s is %s: %s is wanted", s.Key, shape(v), wanted(s))
	case isNull(v):
		p.add(k.Line, "%s has no value: give one (in quotes, if it begins with #) or remove the line", s.Key)
	default:
		p.given[s.Key] = value{v.Value, Origin{File, p.name, k.Line}}
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// shape says what a node is to the writer of the file.
func shape(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a group of keys"
	default:
		return "a single value"
	}
}

// wanted says what a setting takes.
func wanted(s Setting) string {
	switch s.Kind {
	case KindNumber:
		return "a whole number"
	case KindSwitch:
		return "true or false"
	case KindPath:
		return "a path"
	case KindSecret:
		return "text"
	}
	if len(s.OneOf) > 0 {
		return strings.Join(s.OneOf, " or ")
	}
	return "text"
}
