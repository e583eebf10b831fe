package call

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Renewal is what a new year's profile has other than the one it is copied from.
type Renewal struct {
	ID       string
	Title    string
	Year     int
	Deadline Date
	// Texts are other values of Texts, by line; the rest stay.
	Texts map[int]string
}

// YearText is a text of a profile that names a year, beside id, title, year and deadline:
// it may be another in the next year's form.
type YearText struct {
	Line int // counts from 1
	Text string
}

var yearInText = regexp.MustCompile(`(?:19|20)\d\d`)

// YearTexts gives the texts of a profile that name a year, one a line, in the order of the
// lines.
func YearTexts(source []byte) ([]YearText, error) {
	root, err := nodes(source)
	if err != nil {
		return nil, err
	}
	var all []YearText
	own := ownNodes(root)
	for _, n := range scalars(root) {
		at := YearText{n.Line, n.Value}
		if yearInText.MatchString(n.Value) && onOneLine(n) && !slices.Contains(own, n) &&
			!slices.ContainsFunc(all, func(t YearText) bool { return t.Line == n.Line }) {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b YearText) int { return a.Line - b.Line })
	return all, nil
}

// Suggest is what a renewal for the year after will probably be: the id, title and
// deadline of a call with its year counted up.
func Suggest(c *Call) Renewal {
	next := c.Deadline
	next.Year++
	if _, err := ParseDate(next.String()); err != nil {
		next.Day = 28 // of February
	}
	was, is := strconv.Itoa(c.Year), strconv.Itoa(c.Year+1)
	r := Renewal{Year: c.Year + 1, Deadline: next, Title: strings.ReplaceAll(c.Title, was, is)}
	if r.ID = strings.ReplaceAll(c.ID, was, is); r.ID == c.ID {
		r.ID += "-" + is
	}
	return r
}

// errNotAsMeant is that the copy reads otherwise than it was meant to. It would be a
// mistake of this file.
var errNotAsMeant = errors.New("the copy of the profile does not read as it was meant to")

// Renew gives the source of a profile for another year: that of source with some values
// changed where they stand, so that its order, its layout and its comments stay. The
// result is a profile without mistakes; else the error is a *Problems. name is for its
// messages. Values must have no line ends.
func Renew(name string, source []byte, r Renewal) ([]byte, error) {
	if !idShape.MatchString(r.ID) {
		return nil, ErrID
	}
	root, err := nodes(source)
	if err != nil {
		return nil, err
	}
	changes := map[*yaml.Node]string{}
	values := []string{r.ID, r.Title, strconv.Itoa(r.Year), r.Deadline.String()}
	for i, n := range ownNodes(root) {
		if n == nil {
			return nil, fmt.Errorf("%w: id, title, year or deadline is missing", errNotAsMeant)
		}
		changes[n] = values[i]
	}
	texts, err := YearTexts(source)
	if err != nil {
		return nil, err
	}
	for _, n := range scalars(root) {
		text, ok := r.Texts[n.Line]
		if ok && slices.Contains(texts, YearText{n.Line, n.Value}) && text != n.Value {
			changes[n] = text
		}
	}
	out, err := splice(source, changes)
	if err != nil {
		return nil, err
	}
	if _, err := Parse(name, out); err != nil {
		return nil, err
	}
	return out, same(root, out, changes)
}

// nodes parses a profile, for where things stand in it.
func nodes(source []byte) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(source, &root); err != nil {
		return nil, &Problems{List: problems(err)}
	}
	return &root, nil
}

// ownNodes are the values of id, title, year and deadline, nil for one that is not there.
func ownNodes(root *yaml.Node) []*yaml.Node {
	own := make([]*yaml.Node, 4)
	if len(root.Content) == 0 {
		return own
	}
	top := root.Content[0]
	for i := 0; top.Kind == yaml.MappingNode && i+1 < len(top.Content); i += 2 {
		if at := slices.Index([]string{"id", "title", "year", "deadline"}, top.Content[i].Value); at >= 0 {
			own[at] = top.Content[i+1]
		}
	}
	return own
}

// scalars are all single values of a profile, in the order in which they stand. Keys are
// none of them, nor is what an alias stands for.
func scalars(n *yaml.Node) (all []*yaml.Node) {
	switch n.Kind {
	case yaml.ScalarNode:
		return []*yaml.Node{n}
	case yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			all = append(all, scalars(n.Content[i])...)
		}
	case yaml.DocumentNode, yaml.SequenceNode:
		for _, c := range n.Content {
			all = append(all, scalars(c)...)
		}
	}
	return all
}

// onOneLine says whether a value is written on one line, so that it can be replaced there.
func onOneLine(n *yaml.Node) bool {
	return n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0 && n.Anchor == "" && !strings.Contains(n.Value, "\n")
}

// splice replaces values where they stand in the source.
func splice(source []byte, changes map[*yaml.Node]string) ([]byte, error) {
	lines := bytes.SplitAfter(source, []byte("\n"))
	var order []*yaml.Node
	for n := range changes {
		order = append(order, n)
	}
	// From the end of a line to its beginning, so that columns stay right.
	slices.SortFunc(order, func(a, b *yaml.Node) int { return b.Column - a.Column })
	for _, n := range order {
		if n.Line < 1 || n.Line > len(lines) || !onOneLine(n) {
			return nil, fmt.Errorf("line %d: the value is written over several lines: write it on one line first", n.Line)
		}
		line := lines[n.Line-1]
		from := columnByte(line, n.Column)
		to, ok := tokenEnd(line, from, n)
		if !ok {
			return nil, fmt.Errorf("line %d: the value is written in a way that cannot be replaced: write it on one line first", n.Line)
		}
		lines[n.Line-1] = slices.Concat(line[:from], []byte(written(n, changes[n])), line[to:])
	}
	return bytes.Join(lines, nil), nil
}

// columnByte is where a column begins in a line; columns count characters from 1.
func columnByte(line []byte, column int) int {
	at := 0
	for ; column > 1 && at < len(line); column-- {
		_, size := utf8.DecodeRune(line[at:])
		at += size
	}
	return at
}

// tokenEnd is where the value that begins at a byte of a line ends.
func tokenEnd(line []byte, from int, n *yaml.Node) (int, bool) {
	rest := line[from:]
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return from + i + 1, rest[0] == '"'
			}
		}
		return 0, false
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			if rest[i] != '\'' {
				continue
			}
			if i+1 < len(rest) && rest[i+1] == '\'' {
				i++
				continue
			}
			return from + i + 1, rest[0] == '\''
		}
		return 0, false
	}
	return from + len(n.Value), n.Value != "" && bytes.HasPrefix(rest, []byte(n.Value))
}

// bare are texts that mean themselves without quotes, wherever they stand.
var bare = regexp.MustCompile(`^[\p{Han}\d（）〔〕《》、，。—-]*\p{Han}[\p{Han}\d（）〔〕《》、，。—-]*$|^[a-z]+(-[a-z0-9]+)+$`)

// written is a value as it stands in a profile, in place of that of a node.
func written(n *yaml.Node, value string) string {
	if n.Tag == "!!int" || n.Tag == "!!timestamp" || bare.MatchString(value) && !strings.HasPrefix(value, "-") {
		return value
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	// A text has no encoding that fails; what JSON quotes, YAML reads.
	_ = e.Encode(value)
	return strings.TrimSuffix(b.String(), "\n")
}

// same holds a copy against what it was made of: each value is what it was, or what it was
// changed to.
func same(was *yaml.Node, source []byte, changes map[*yaml.Node]string) error {
	is, err := nodes(source)
	if err != nil {
		return err
	}
	before, after := scalars(was), scalars(is)
	if len(before) != len(after) {
		return errNotAsMeant
	}
	for i, n := range before {
		want, ok := changes[n]
		if !ok {
			want = n.Value
		}
		if after[i].Value != want || after[i].Line != n.Line {
			return fmt.Errorf("%w: line %d is %q, not %q", errNotAsMeant, n.Line, after[i].Value, want)
		}
	}
	return nil
}
