package call

import (
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"sealdesk/bundle"
)

// place is a path in the profile: keys (string) and list indices (int).
type place []any

// validator gathers what is wrong with a decoded profile.
type validator struct {
	c      *Call
	root   *yaml.Node
	list   []Problem
	filled map[string]bool // fields that a place of the form fills
}

func (v *validator) bad(at place, format string, args ...any) {
	v.list = append(v.list, Problem{lineOf(v.root, at), fmt.Sprintf(format, args...)})
}

// lineOf gives the line of the deepest node on the way to at that exists, 0
// when not even its first step does.
func lineOf(n *yaml.Node, at place) int {
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	line := 0
	for _, step := range at {
		if n.Kind == yaml.AliasNode && n.Alias != nil {
			n = n.Alias
		}
		var next *yaml.Node
		switch s := step.(type) {
		case string:
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if n.Content[i].Value == s {
					line, next = n.Content[i].Line, n.Content[i+1]
				}
			}
		case int:
			if n.Kind == yaml.SequenceNode && s < len(n.Content) {
				next = n.Content[s]
				line = next.Line
			}
		}
		if next == nil {
			break
		}
		n = next
	}
	return line
}

var (
	idShape  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// validate says everything in c that the packages that use it could trip over.
func validate(c *Call, root *yaml.Node) []Problem {
	v := &validator{c: c, root: root, filled: map[string]bool{}}
	if !idShape.MatchString(c.ID) {
		v.bad(place{"id"}, "id %q: give a short name of small letters, digits and -, like nmg-iscb-2022", c.ID)
	}
	if c.Title == "" {
		v.bad(place{"title"}, "title is missing: give the call's name as people know it")
	}
	if c.Year < 2000 || c.Year > 2100 {
		v.bad(place{"year"}, "year %d: give the call's year, 2000 to 2100", c.Year)
	}
	if c.Deadline.IsZero() {
		v.bad(place{"deadline"}, "deadline is missing: give the last day as 2022-04-13")
	}
	v.fields()
	v.form()
	v.documents()
	v.stamps()
	v.rules()
	return v.list
}

var fieldTypes = []FieldType{Text, Person, Unit, Phone, DateType, Integer, Postcode, Email, Website, Choice, LongText, Rows}

func (v *validator) fields() {
	if len(v.c.Fields) == 0 {
		v.bad(place{"fields"}, "there are no fields: list the form's values")
	}
	seen := map[string]bool{}
	for i, f := range v.c.Fields {
		at := place{"fields", i}
		switch {
		case !keyShape.MatchString(f.Key):
			v.bad(append(at, "key"), "field key %q: give a name of small letters, digits and _", f.Key)
		case seen[f.Key]:
			v.bad(append(at, "key"), "field key %q is given twice: rename or remove one", f.Key)
		}
		seen[f.Key] = true
		if f.Label == "" {
			v.bad(at, "field %q has no label: give its Chinese name for messages", f.Key)
		}
		if !slices.Contains(fieldTypes, f.Type) {
			v.bad(append(at, "type"), "field %q has the unknown type %q: use one of %v", f.Key, f.Type, fieldTypes)
		}
		if f.Limit < 0 || f.Limit > 0 && f.Type != LongText {
			v.bad(append(at, "limit"), "limit %d of field %q: only a longtext has a limit, above 0", f.Limit, f.Key)
		}
		if f.Single && f.Type != Choice {
			v.bad(append(at, "single"), "field %q is single: only a choice can be", f.Key)
		}
		v.options(at, f)
		v.columns(at, f)
		if f.RequiredWhen != nil {
			if f.Required {
				v.bad(append(at, "required_when"), "field %q is required always and by required_when: keep one", f.Key)
			}
			v.condition(append(at, "required_when"), f.RequiredWhen.Field, "in", f.RequiredWhen.In)
		}
	}
}

func (v *validator) options(at place, f Field) {
	if f.Type == Choice && len(f.Options) == 0 {
		v.bad(at, "choice %q has no options: list the printed labels", f.Key)
	}
	if f.Type != Choice && len(f.Options) > 0 {
		v.bad(append(at, "options"), "field %q has options but is no choice: change its type or remove them", f.Key)
	}
	seen := map[string]bool{}
	for j, o := range f.Options {
		if o.Label == "" || seen[o.Label] {
			v.bad(append(at, "options", j), "option %d of %q is empty or given twice: give each its printed label", j+1, f.Key)
		}
		seen[o.Label] = true
	}
}

func (v *validator) columns(at place, f Field) {
	if f.Type == Rows && len(f.Columns) == 0 {
		v.bad(at, "table %q has no columns: list them as printed, left to right", f.Key)
	}
	if f.Type != Rows && len(f.Columns) > 0 {
		v.bad(append(at, "columns"), "field %q has columns but is no table: change its type or remove them", f.Key)
	}
	seen := map[string]bool{}
	for j, c := range f.Columns {
		at := append(at, "columns", j)
		if !keyShape.MatchString(c.Key) || seen[c.Key] {
			v.bad(at, "column key %q of %q: give each column its own name of small letters, digits and _", c.Key, f.Key)
		}
		seen[c.Key] = true
		if c.Label == "" {
			v.bad(at, "column %q of %q has no label: give the printed head", c.Key, f.Key)
		}
		if c.Type != "" && (!slices.Contains(fieldTypes, c.Type) || c.Type == Choice || c.Type == Rows) {
			v.bad(append(at, "type"), "column %q of %q has type %q: a column holds text, person, unit, phone, date, integer or the like", c.Key, f.Key, c.Type)
		}
	}
}

// condition checks that field is known and that values, under key, are what it
// can hold.
func (v *validator) condition(at place, field, key string, values []string) {
	f := v.known(append(at, "field"), field)
	if len(values) == 0 {
		v.bad(at, "%s is missing: list the values of field %q for which this holds", key, field)
	}
	if f == nil || f.Type != Choice {
		return
	}
	for i, w := range values {
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Label == w }) {
			v.bad(append(at, key, i), "%q is no option of field %q: use a label from its options", w, field)
		}
	}
}

// known gives the field with this key, or says that there is none.
func (v *validator) known(at place, key string) *Field {
	f := v.c.Field(key)
	if f == nil && key == "" {
		v.bad(at, "a field is missing here: name one of the fields")
	} else if f == nil {
		v.bad(at, "unknown field %q: use a key from fields", key)
	}
	return f
}

func (v *validator) documents() {
	kinds := []bundle.Kind{bundle.ApplicationForm, bundle.ImplementationPlan, bundle.RecommendationLetter, bundle.Attachment}
	seen := map[string]bool{}
	for i, d := range v.c.Documents {
		at := place{"documents", i}
		if !slices.Contains(kinds, bundle.Kind(d.Kind)) || seen[d.Kind] {
			v.bad(append(at, "kind"), "document kind %q is unknown or given twice: use each of %v once", d.Kind, kinds)
		}
		seen[d.Kind] = true
		if d.Label == "" {
			v.bad(at, "document %q has no label: give its Chinese name for messages", d.Kind)
		}
	}
	if seen[string(bundle.RecommendationLetter)] && len(v.c.Letter.Patterns) == 0 {
		v.bad(place{"letter"}, "a recommendation letter is asked for but letter has no patterns: give some by which one is known")
	}
	if seen[string(bundle.ImplementationPlan)] && len(v.c.Plans) == 0 {
		v.bad(place{"plans"}, "a plan is asked for but plans is empty: describe its guide")
	}
	ids := map[string]bool{}
	for i, p := range v.c.Plans {
		at := place{"plans", i}
		if p.ID == "" || ids[p.ID] {
			v.bad(append(at, "id"), "plan id %q is empty or given twice: give each plan its own", p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" {
			v.bad(at, "plan %q has no title: give the title that plans print", p.ID)
		}
		v.condition(at, p.Field, "for", p.For)
		if len(p.Headings) == 0 {
			v.bad(at, "plan %q has no headings: list what a plan must print", p.ID)
		}
		seen := map[string]bool{}
		for j, h := range p.Headings {
			if h == "" || seen[h] {
				v.bad(append(at, "headings", j), "heading %q is empty or given twice: give each once", h)
			}
			seen[h] = true
		}
	}
}
