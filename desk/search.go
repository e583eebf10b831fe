package desk

import (
	"context"

	"sealdesk/index"
)

// Search finds applications.
func (d *Desk) Search(ctx context.Context, q index.Query) (index.Results, error) {
	if d.Index == nil {
		return index.Results{}, nil
	}
	return d.Index.Search(ctx, q)
}

// Facet counts the applications that a search finds by their values of one kind.
type Facet struct {
	Name   string // as addresses and programs call it
	Counts []index.Count
}

// facets says of each kind what a query asks of it, and where results count it.
var facets = []struct {
	name   string
	chosen func(*index.Query) bool
	drop   func(*index.Query) // takes out what is asked
	counts func(*index.Facets) []index.Count
}{
	{"year", func(q *index.Query) bool { return len(q.Years) > 0 }, func(q *index.Query) { q.Years = nil },
		func(f *index.Facets) []index.Count { return f.Years }},
	{"verdict", func(q *index.Query) bool { return len(q.Verdicts) > 0 }, func(q *index.Query) { q.Verdicts = nil },
		func(f *index.Facets) []index.Count { return f.Verdicts }},
	{"type", func(q *index.Query) bool { return len(q.Types) > 0 }, func(q *index.Query) { q.Types = nil },
		func(f *index.Facets) []index.Count { return f.Types }},
	{"recommender", func(q *index.Query) bool { return len(q.Recommenders) > 0 }, func(q *index.Query) { q.Recommenders = nil },
		func(f *index.Facets) []index.Count { return f.Recommenders }},
	{"kind", func(q *index.Query) bool { return len(q.UnitKinds) > 0 }, func(q *index.Query) { q.UnitKinds = nil },
		func(f *index.Facets) []index.Count { return f.UnitKinds }},
	{"country", func(q *index.Query) bool { return len(q.Countries) > 0 }, func(q *index.Query) { q.Countries = nil },
		func(f *index.Facets) []index.Count { return f.Countries }},
}

// Facets are the ways to narrow q down, always in the same order; found are the facets
// that q itself found. The values of one kind are counted as if none of them were asked
// for, so that a second can be added.
func (d *Desk) Facets(ctx context.Context, q index.Query, found *index.Facets) ([]Facet, error) {
	var out []Facet
	for _, kind := range facets {
		counted := found
		if kind.chosen(&q) {
			without := q
			kind.drop(&without)
			without.Offset, without.Limit, without.Facets = 0, 1, true
			results, err := d.Search(ctx, without)
			if err != nil {
				return nil, err
			}
			counted = results.Facets
		}
		if counted != nil {
			out = append(out, Facet{kind.name, kind.counts(counted)})
		}
	}
	return out, nil
}
