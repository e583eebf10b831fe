package meilitest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The limits of Meilisearch's filters.
const (
	maxFilterDepth = 200
	maxFacetValue  = 468
)

// filter is a parsed filter expression.
type filter interface {
	// attributes gives the attributes used, and whether by comparison.
	attributes(use func(attribute string, comparison bool) error) error
	matches(d *document) bool
}

type (
	andFilter []filter
	orFilter  []filter
	notFilter struct{ of filter }
	condition struct {
		attribute string
		op        string // = IN TO EXISTS
		values    []string
	}
)

func (f andFilter) attributes(use func(string, bool) error) error { return each(f, use) }
func (f orFilter) attributes(use func(string, bool) error) error  { return each(f, use) }
func (f notFilter) attributes(use func(string, bool) error) error { return f.of.attributes(use) }
func (f condition) attributes(use func(string, bool) error) error {
	return use(f.attribute, f.op == "TO")
}

func each(list []filter, use func(string, bool) error) error {
	for _, f := range list {
		if err := f.attributes(use); err != nil {
			return err
		}
	}
	return nil
}

func (f andFilter) matches(d *document) bool {
	for _, part := range f {
		if !part.matches(d) {
			return false
		}
	}
	return true
}

func (f orFilter) matches(d *document) bool {
	return slices.ContainsFunc(f, func(part filter) bool { return part.matches(d) })
}

func (f notFilter) matches(d *document) bool { return !f.of.matches(d) }

func (f condition) matches(d *document) bool {
	strs, nums := d.facets(f.attribute)
	switch f.op {
	case "EXISTS":
		_, ok := d.fields[f.attribute]
		return ok
	case "TO":
		// As in the server, the bounds are not folded, unlike the values.
		i, _ := slices.BinarySearch(strs, f.values[0])
		if i < len(strs) && strs[i] <= f.values[1] {
			return true
		}
		from, err := strconv.ParseFloat(f.values[0], 64)
		to, errTo := strconv.ParseFloat(f.values[1], 64)
		return err == nil && errTo == nil && slices.ContainsFunc(nums, func(n float64) bool { return n >= from && n <= to })
	}
	return slices.ContainsFunc(f.values, func(v string) bool {
		if _, ok := slices.BinarySearch(strs, foldFacet(v)); ok {
			return true
		}
		n, err := strconv.ParseFloat(v, 64)
		return err == nil && slices.Contains(nums, n)
	})
}

// foldFacet folds a value as the server does: no blanks around it, compatibility
// forms taken apart, lower case.
func foldFacet(s string) string {
	return strings.ToLower(norm.NFKD.String(strings.TrimSpace(s)))
}

// filterOf reads the filter parameter: a string, or an array of strings and
// arrays of strings, the outer joined by AND, the inner by OR. It is nil for
// none.
func filterOf(v any) (filter, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return parseFilter(v)
	case []any:
		var all andFilter
		for _, part := range v {
			switch part := part.(type) {
			case string:
				f, err := parseFilter(part)
				if err != nil {
					return nil, err
				}
				if f != nil {
					all = append(all, f)
				}
			case []any:
				var any orFilter
				for _, s := range part {
					text, ok := s.(string)
					if !ok {
						return nil, fmt.Errorf("the filter has %v where a string is expected", s)
					}
					f, err := parseFilter(text)
					if err != nil {
						return nil, err
					}
					if f != nil {
						any = append(any, f)
					}
				}
				if len(any) > 0 {
					all = append(all, any)
				}
			default:
				return nil, fmt.Errorf("the filter has %v where a string or an array of strings is expected", part)
			}
		}
		if len(all) == 0 {
			return nil, nil
		}
		return all, nil
	}
	return nil, fmt.Errorf("the filter is %v; a string or an array is expected", v)
}

// parseFilter reads one filter expression; nil for an empty one.
func parseFilter(text string) (filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	p := filterParser{rest: text, size: len(text)}
	f, err := p.or(0)
	if err == nil && p.skip() != "" {
		err = p.errorf("unexpected %.40q after the end of the filter", p.rest)
	}
	return f, err
}

type filterParser struct {
	rest string
	size int
}

func (p *filterParser) errorf(format string, args ...any) error {
	return fmt.Errorf("%s (at byte %d of %d)", fmt.Sprintf(format, args...), p.size-len(p.rest), p.size)
}

func (p *filterParser) skip() string {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	return p.rest
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' || r == '.'
}

// word takes a bare word if it is this one.
func (p *filterParser) word(want string) bool {
	s := p.skip()
	end := strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) })
	if end < 0 {
		end = len(s)
	}
	if s[:end] != want {
		return false
	}
	p.rest = s[end:]
	return true
}

func (p *filterParser) sign(want string) bool {
	if !strings.HasPrefix(p.skip(), want) {
		return false
	}
	p.rest = p.rest[len(want):]
	return true
}

func (p *filterParser) or(depth int) (filter, error) {
	return p.chain(depth, "OR", p.and, func(list []filter) filter { return orFilter(list) })
}

func (p *filterParser) and(depth int) (filter, error) {
	return p.chain(depth, "AND", p.not, func(list []filter) filter { return andFilter(list) })
}

func (p *filterParser) chain(depth int, op string, part func(int) (filter, error), joined func([]filter) filter) (filter, error) {
	if depth > maxFilterDepth {
		return nil, p.errorf("the filter nests too deep")
	}
	var list []filter
	for {
		f, err := part(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
		if !p.word(op) {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return joined(list), nil
}

func (p *filterParser) not(depth int) (filter, error) {
	if depth > maxFilterDepth {
		return nil, p.errorf("the filter nests too deep")
	}
	if p.word("NOT") {
		f, err := p.not(depth + 1)
		return notFilter{f}, err
	}
	return p.primary(depth + 1)
}

func (p *filterParser) primary(depth int) (filter, error) {
	if p.sign("(") {
		f, err := p.or(depth + 1)
		if err == nil && !p.sign(")") {
			err = p.errorf("a bracket is not closed before %.40q", p.rest)
		}
		return f, err
	}
	attribute, err := p.value()
	if err != nil {
		return nil, err
	}
	negated := p.word("NOT")
	wrap := func(f filter) filter {
		if negated {
			return notFilter{f}
		}
		return f
	}
	switch {
	case p.word("EXISTS"):
		return wrap(condition{attribute: attribute, op: "EXISTS"}), nil
	case p.word("IN"):
		values, err := p.list()
		return wrap(condition{attribute: attribute, op: "IN", values: values}), err
	case negated:
		return nil, p.errorf("EXISTS or IN is expected after NOT")
	case p.sign("!="):
		v, err := p.value()
		return notFilter{condition{attribute: attribute, op: "=", values: []string{v}}}, err
	case p.sign("="):
		v, err := p.value()
		return condition{attribute: attribute, op: "=", values: []string{v}}, err
	}
	from, err := p.value()
	if err == nil && !p.word("TO") {
		err = p.errorf("an operator is expected before %.40q", p.rest)
	}
	if err != nil {
		return nil, err
	}
	to, err := p.value()
	return condition{attribute: attribute, op: "TO", values: []string{from, to}}, err
}

func (p *filterParser) list() ([]string, error) {
	if !p.sign("[") {
		return nil, p.errorf("[ is expected after IN")
	}
	var out []string
	for !p.sign("]") {
		if len(out) > 0 && !p.sign(",") {
			return nil, p.errorf("a comma is expected before %.40q", p.rest)
		}
		if len(out) > 0 && p.sign("]") {
			break
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

var keywords = []string{"AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH", "_geoRadius", "_geoBoundingBox", "_geoPolygon"}

// value reads a bare word or a quoted text. What a backslash means but for the
// quotation mark differs from version to version: it is refused here.
func (p *filterParser) value() (string, error) {
	s := p.skip()
	first, size := utf8.DecodeRuneInString(s)
	if first == '"' || first == '\'' {
		end := strings.IndexRune(s[size:], first)
		if end < 0 {
			return "", p.errorf("%.40q has no closing %c", s, first)
		}
		v := s[size : size+end]
		if strings.ContainsRune(v, '\\') {
			return "", p.errorf("the value %.40q has a backslash", v)
		}
		p.rest = s[size+end+size:]
		return v, nil
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) })
	if end < 0 {
		end = len(s)
	}
	if end == 0 {
		return "", p.errorf("a value is expected before %.40q", s)
	}
	if slices.Contains(keywords, s[:end]) {
		return "", p.errorf("%s is a keyword; as a value it needs quotes", s[:end])
	}
	p.rest = s[end:]
	return s[:end], nil
}
