package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"sealdesk/index"
)

const (
	// readAtOnce is how many applications are read at once for their text.
	readAtOnce = 50
	// searchAttempts is how often a search is asked when applications change
	// while it runs.
	searchAttempts = 3
)

// Search implements [index.Index]. Applications that are called by all words of
// the query come first, then those called by some of them; among equals the
// newest.
func (x *Index) Search(ctx context.Context, q index.Query) (index.Results, error) {
	tree, err := index.ParseQuery(q.Text)
	if err != nil {
		return index.Results{}, err
	}
	if err := x.begin(); err != nil {
		return index.Results{}, err
	}
	defer x.end()
	for attempt := 1; ; attempt++ {
		out, wrong, err := x.search(ctx, q, tree)
		if err != nil {
			return index.Results{}, err
		}
		if wrong == 0 || attempt == searchAttempts {
			return out, nil
		}
	}
}

// search asks once. wrong is the number of hits that no longer matched when
// they were read; they are left out.
func (x *Index) search(ctx context.Context, q index.Query, tree index.Node) (out index.Results, wrong int, err error) {
	filters := queryFilters(q)
	words, exact := nodeFilter(tree, 0)
	if words != "" {
		filters = append(filters, words)
	}
	if q.Facets {
		out.Facets = &index.Facets{}
	}
	if !exact {
		keys, err := x.compare(ctx, filters, tree)
		if err != nil || len(keys) == 0 {
			return out, 0, err
		}
		filters = []string{oneOf(keyAttribute, keys)}
	}

	answer, err := x.ask(ctx, filters, meilisearch.SearchRequest{Page: 1, HitsPerPage: new(int64), Facets: facetAttributes(q)})
	if err != nil {
		return out, 0, err
	}
	out.Total = answer.TotalHits
	if q.Facets {
		if out.Facets, err = x.facets(ctx, answer.Facets); err != nil {
			return out, 0, err
		}
	}
	if out.Total == 0 {
		return out, 0, nil
	}
	// Total does not bound what is asked for: what others put since it was counted may
	// sort before what it counted.
	offset, limit := q.Window()
	tiers := [][]string{nil}
	sort := []string{yearOrder, nameOrder, idOrder, idOrder2}
	switch q.Sort {
	case index.ByYear:
	case index.ByName:
		sort = []string{nameOrder, yearOrder, idOrder, idOrder2}
	default:
		tiers = relevance(tree)
	}
	for i := range sort {
		sort[i] += ":asc"
	}
	for i, tier := range tiers {
		if limit <= 0 {
			break
		}
		within := append(slices.Clone(filters), tier...)
		if i+1 < len(tiers) && offset > 0 {
			// How many of this tier come before what is asked for?
			answer, err := x.ask(ctx, within, meilisearch.SearchRequest{Page: 1, HitsPerPage: new(int64)})
			if err != nil {
				return out, 0, err
			}
			if answer.TotalHits <= offset {
				offset -= answer.TotalHits
				continue
			}
		}
		answer, err := x.ask(ctx, within, meilisearch.SearchRequest{
			Offset: int64(offset), Limit: int64(limit), Sort: sort, AttributesToRetrieve: shown,
		})
		if err != nil {
			return out, 0, err
		}
		offset, limit = 0, limit-len(answer.Hits)
		for _, h := range answer.Hits {
			_, text := index.Texts(h.Document)
			if !index.Matches(tree, text) {
				wrong++
				out.Total--
				continue
			}
			out.Hits = append(out.Hits, index.NewHit(tree, h.Document, index.Pieces(h.Document), text, float64(len(tiers)-i)))
		}
	}
	if n := len(out.Hits); n > 0 {
		first, _ := q.Window()
		out.Total = max(out.Total, first+n)
	}
	return out, wrong, nil
}

// relevance gives filters for groups of hits, best first, which together are all.
func relevance(tree index.Node) [][]string {
	words := namesFilters(tree)
	if len(words) == 0 {
		return [][]string{nil}
	}
	every, some := all(words), anyOf(words)
	if every == some {
		return [][]string{{every}, {not(every)}}
	}
	return [][]string{{every}, {some, not(every)}, {not(some)}}
}

// compare reads the applications that pass the filters and gives the keys of
// those that match.
func (x *Index) compare(ctx context.Context, filters []string, tree index.Node) ([]string, error) {
	q := meilisearch.DocumentsQuery{Fields: []string{keyAttribute}, Limit: everything}
	if len(filters) > 0 {
		q.Filter = filters
	}
	candidates, err := x.server.fetch(ctx, x.uid, q)
	if err != nil {
		return nil, err
	}
	var out []string
	for part := range slices.Chunk(candidates, readAtOnce) {
		var keys []string
		for _, c := range part {
			keys = append(keys, c.Key)
		}
		docs, err := x.server.fetch(ctx, x.uid, meilisearch.DocumentsQuery{
			Ids: keys, Fields: append([]string{keyAttribute}, shown...), Limit: readAtOnce,
		})
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			if _, text := index.Texts(d.Document); index.Matches(tree, text) {
				out = append(out, d.Key)
			}
		}
	}
	return out, nil
}

// answer is what the server gives to a search.
type answer struct {
	Hits      []stored                  `json:"hits"`
	TotalHits int                       `json:"totalHits"`
	Facets    map[string]map[string]int `json:"facetDistribution"`
}

// ask sends a search without words, for all that pass the filters.
func (x *Index) ask(ctx context.Context, filters []string, req meilisearch.SearchRequest) (answer, error) {
	if len(filters) > 0 {
		req.Filter = filters
	}
	var out answer
	data, err := x.server.api.Index(x.uid).SearchRawWithContext(ctx, "", &req)
	if err != nil {
		return out, x.server.failed("search", err)
	}
	if err := json.Unmarshal(*data, &out); err != nil {
		return out, fmt.Errorf("index/meili: search: the server's answer: %w", err)
	}
	return out, nil
}

func facetAttributes(q index.Query) []string {
	if !q.Facets {
		return nil
	}
	return []string{yearAttribute, typeAttribute, recommenderAttribute, verdictAttribute, unitKindAttribute, countryAttribute}
}

// facets turns the server's counts into those of values.
func (x *Index) facets(ctx context.Context, found map[string]map[string]int) (*index.Facets, error) {
	var out index.Facets
	for _, f := range []struct {
		attribute string
		to        *[]index.Count
	}{
		{yearAttribute, &out.Years},
		{typeAttribute, &out.Types},
		{recommenderAttribute, &out.Recommenders},
		{verdictAttribute, &out.Verdicts},
		{unitKindAttribute, &out.UnitKinds},
		{countryAttribute, &out.Countries},
	} {
		for key, n := range found[f.attribute] {
			value, err := x.value(ctx, f.attribute, key)
			if err != nil {
				return nil, err
			}
			if value != "" {
				*f.to = append(*f.to, index.Count{Value: value, N: n})
			}
		}
		slices.SortFunc(*f.to, func(a, b index.Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Value, b.Value)) })
		*f.to = (*f.to)[:min(len(*f.to), index.MaxFacetValues)]
	}
	return &out, nil
}

// value gives the value that a key stands for. That of a long one is read from
// an application that has it.
func (x *Index) value(ctx context.Context, attribute, key string) (string, error) {
	if text, ok := strings.CutPrefix(key, "v"); ok {
		value, err := decode(text)
		if err != nil {
			return "", fmt.Errorf("index/meili: %w: the key %q of a value is none: %w", index.ErrRebuild, key, err)
		}
		return value, nil
	}
	answer, err := x.ask(ctx, []string{oneOf(attribute, []string{key})}, meilisearch.SearchRequest{Limit: 1, AttributesToRetrieve: shown})
	if err != nil {
		return "", err
	}
	for _, h := range answer.Hits {
		values := append([]string{h.Document.Recommender, string(h.Document.Verdict)}, h.Document.BaseType...)
		values = append(append(values, h.Document.UnitKind...), h.Document.Countries...)
		for _, v := range values {
			if valueKey(v) == key {
				return cut(v, longestValue), nil
			}
		}
	}
	return "", nil // it is just gone
}
