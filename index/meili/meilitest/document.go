package meilitest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,511}$`)

// document is one document of an index. It is never changed, only replaced.
type document struct {
	id     string
	fields map[string]any // numbers as json.Number
	facet  map[string]facetValues
}

// facetValues are the values of one attribute as filters see them, in order,
// and the texts as they were given.
type facetValues struct {
	strings []string
	texts   map[string]string
	numbers []float64
}

// newDocument checks a document as a task does that adds it.
func newDocument(fields map[string]any, primaryKey string) (*document, *apiError) {
	v, ok := fields[primaryKey]
	if !ok {
		return nil, failure("missing_document_id", "a document has no %s", primaryKey)
	}
	id := ""
	switch v := v.(type) {
	case string:
		id = v
	case json.Number:
		id = v.String()
	}
	if !idPattern.MatchString(id) {
		return nil, failure("invalid_document_id", "%v cannot be a document's identifier", v)
	}
	d := &document{id: id, fields: fields, facet: map[string]facetValues{}}
	for attribute, v := range fields {
		values := facetValues{texts: map[string]string{}}
		if err := collect(&values, v); err != nil {
			return nil, failure("internal", "%v", err)
		}
		slices.Sort(values.strings)
		values.strings = slices.Compact(values.strings)
		d.facet[attribute] = values
	}
	return d, nil
}

// collect gathers the values of an attribute; those within objects count for
// attributes of their own, which no filter here uses.
func collect(to *facetValues, v any) error {
	switch v := v.(type) {
	case string:
		s := foldFacet(v)
		if len(s) > maxFacetValue {
			s = s[:maxFacetValue] // the server cuts it; a filter for the whole finds nothing
		}
		if s == "" {
			return nil
		}
		to.strings = append(to.strings, s)
		if _, ok := to.texts[s]; !ok {
			to.texts[s] = v
		}
	case json.Number:
		n, err := v.Float64()
		if err != nil {
			return fmt.Errorf("number %s: %w", v, err)
		}
		to.numbers = append(to.numbers, n)
	case []any:
		for _, part := range v {
			if err := collect(to, part); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *document) facets(attribute string) (strings []string, numbers []float64) {
	v := d.facet[attribute]
	return v.strings, v.numbers
}

// pick gives the fields that are asked for; nil asks for all.
func (d *document) pick(fields []string) map[string]any {
	if fields == nil || slices.Contains(fields, "*") {
		return d.fields
	}
	out := map[string]any{}
	for _, f := range fields {
		if v, ok := d.fields[f]; ok {
			out[f] = v
		}
	}
	return out
}
