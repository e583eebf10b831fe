package meili

import (
	"strconv"
	"strings"

	"sealdesk/index"
)

// deepest is how deep brackets in a filter may nest; the server gives up at some
// four times as many. What is deeper is left to the comparison with the text.
const deepest = 20

// nodeFilter writes a filter that holds for every application that n asks for,
// "" for all. exact says that it holds for no other.
func nodeFilter(n index.Node, depth int) (filter string, exact bool) {
	if depth > deepest {
		return "", n == nil
	}
	switch n := n.(type) {
	case index.And:
		var parts []string
		exact = true
		for _, k := range n {
			part, same := nodeFilter(k, depth+1)
			exact = exact && same
			if part != "" {
				parts = append(parts, part)
			}
		}
		return all(parts), exact
	case index.Or:
		var parts []string
		exact, every := true, false
		for _, k := range n {
			part, same := nodeFilter(k, depth+1)
			exact = exact && same
			every = every || part == ""
			parts = append(parts, part)
		}
		if every {
			return "", exact
		}
		return anyOf(parts), exact
	case index.Not:
		part, same := nodeFilter(n.Node, depth+1)
		if !same || part == "" {
			// It holds for too many, so its opposite for too few.
			return "", false
		}
		return not(part), true
	case index.Leaf:
		return leafFilter(n, textAttribute)
	}
	return "", true
}

// leafFilter writes a filter for the texts of an attribute that may have the
// leaf. exact says that they do.
func leafFilter(leaf index.Leaf, attribute string) (filter string, exact bool) {
	lists, exact := prefixes(leaf)
	var parts []string
	for _, list := range lists {
		var ways []string
		for _, p := range list {
			ways = append(ways, attribute+" "+quote(p)+" TO "+quote(p+afterAll))
		}
		parts = append(parts, anyOf(ways))
	}
	return all(parts), exact
}

// namesFilters gives one filter for each word of the query, not below NOT, that
// holds where the application is called by it.
func namesFilters(n index.Node) []string {
	var out []string
	seen := map[string]bool{}
	var walk func(index.Node)
	walk = func(n index.Node) {
		switch n := n.(type) {
		case index.And:
			for _, k := range n {
				walk(k)
			}
		case index.Or:
			for _, k := range n {
				walk(k)
			}
		case index.Leaf:
			if filter, _ := leafFilter(n, namesAttribute); !seen[filter] {
				seen[filter] = true
				out = append(out, filter)
			}
		}
	}
	walk(n)
	return out
}

// queryFilters writes the filters of a query, all of which must hold.
func queryFilters(q index.Query) []string {
	var years, verdicts []string
	for _, y := range q.Years {
		years = append(years, strconv.Itoa(y))
	}
	for _, v := range q.Verdicts {
		verdicts = append(verdicts, string(v))
	}
	var out []string
	for _, f := range []struct {
		attribute string
		values    []string
	}{
		{yearAttribute, years},
		{typeAttribute, q.Types},
		{recommenderAttribute, q.Recommenders},
		{verdictAttribute, verdicts},
		{callAttribute, q.Calls},
		{unitKindAttribute, q.UnitKinds},
		{countryAttribute, q.Countries},
	} {
		if len(f.values) == 0 {
			continue
		}
		var keys []string
		for _, v := range f.values {
			keys = append(keys, valueKey(index.CleanText(v)))
		}
		out = append(out, oneOf(f.attribute, keys))
	}
	return out
}

func oneOf(attribute string, keys []string) string {
	quoted := make([]string, len(keys))
	for i, k := range keys {
		quoted[i] = quote(k)
	}
	return attribute + " IN [" + strings.Join(quoted, ", ") + "]"
}

func all(parts []string) string   { return join(distinct(parts), " AND ") }
func anyOf(parts []string) string { return join(distinct(parts), " OR ") }
func not(part string) string      { return "NOT (" + part + ")" }

func join(parts []string, op string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, op) + ")"
}

func distinct(parts []string) []string {
	seen := make(map[string]bool, len(parts))
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// quote writes a value; ours hold neither quotation marks nor backslashes.
func quote(s string) string { return `"` + s + `"` }
