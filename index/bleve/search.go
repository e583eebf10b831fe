package bleve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unsafe"

	engine "github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	api "github.com/blevesearch/bleve_index_api"
	"go.etcd.io/bbolt"

	"sealdesk/index"
)

// namesBoost is how much more a word counts in what an application is called
// by than elsewhere.
const namesBoost = 10

// Search implements [index.Index].
func (x *Index) Search(ctx context.Context, q index.Query) (index.Results, error) {
	tree, err := index.ParseQuery(q.Text)
	if err != nil {
		return index.Results{}, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.gen == nil {
		return index.Results{}, errClosed
	}
	var out index.Results
	err = x.guarded(func() error {
		return x.gen.docs.View(func(tx *bbolt.Tx) (err error) {
			out, err = x.gen.search(ctx, tx, q, tree)
			return err
		})
	})
	if err != nil {
		return index.Results{}, fmt.Errorf("index/bleve: search: %w", err)
	}
	return out, nil
}

func (g *generation) search(ctx context.Context, tx *bbolt.Tx, q index.Query, tree index.Node) (index.Results, error) {
	count, err := g.terms.DocCount()
	if err != nil {
		return index.Results{}, err
	}
	offset, limit := q.Window()
	asked := &request{tree: tree, filters: filters(q), text: tx.Bucket(textBucket)}
	req := engine.NewSearchRequestOptions(asked, limit, min(offset, int(count)), false)
	switch q.Sort {
	case index.ByYear:
		req.SortBy([]string{byYearField})
	case index.ByName:
		req.SortBy([]string{byNameField})
	default:
		req.SortBy([]string{"-_score", byYearField})
	}
	if q.Sort != index.ByRelevance || tree == nil {
		req.Score = "none"
	}
	if q.Facets {
		for _, f := range []string{yearField, typeField, recommenderField, verdictField, unitKindField, countryField} {
			// All values, as the most frequent ones are chosen with ties in order.
			req.AddFacet(f, engine.NewFacetRequest(f, int(count)+1))
		}
	}
	found, err := g.terms.SearchInContext(ctx, req)
	if err != nil {
		return index.Results{}, err
	}
	if asked.err != nil {
		return index.Results{}, asked.err
	}
	out := index.Results{Total: int(found.Total)}
	for _, hit := range found.Hits {
		d, err := load(tx, hit.ID)
		if err != nil {
			return index.Results{}, err
		}
		if d != nil { // else a change is just on its way
			out.Hits = append(out.Hits, index.NewHit(tree, *d, textOf(asked.text, hit.ID), hit.Score))
		}
	}
	if q.Facets {
		facet := func(field string) []index.Count { return counts(found.Facets[field]) }
		out.Facets = &index.Facets{
			Years:        facet(yearField),
			Types:        facet(typeField),
			Recommenders: facet(recommenderField),
			Verdicts:     facet(verdictField),
			UnitKinds:    facet(unitKindField),
			Countries:    facet(countryField),
		}
		for i, c := range out.Facets.Years {
			if year, err := strconv.Atoi(c.Value); err == nil {
				out.Facets.Years[i].Value = strconv.Itoa(year)
			}
		}
	}
	return out, nil
}

func counts(f *search.FacetResult) []index.Count {
	if f == nil || f.Terms == nil {
		return nil
	}
	var out []index.Count
	for _, t := range f.Terms.Terms() {
		out = append(out, index.Count{Value: t.Term, N: t.Count})
	}
	slices.SortFunc(out, func(a, b index.Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Value, b.Value)) })
	return out[:min(len(out), index.MaxFacetValues)]
}

// filter asks that a field has one of some values.
type filter struct {
	field  string
	values []string
}

func filters(q index.Query) []filter {
	all := []filter{
		{yearField, yearKeys(q.Years)},
		{typeField, q.Types},
		{recommenderField, q.Recommenders},
		{verdictField, verdictKeys(q.Verdicts)},
		{callField, q.Calls},
		{unitKindField, q.UnitKinds},
		{countryField, q.Countries},
	}
	return slices.DeleteFunc(all, func(f filter) bool { return len(f.values) == 0 })
}

// request is a bleve query for one search. It builds the searchers itself:
// bleve's own boolean query takes a required part that matches nothing for one
// that is not there.
type request struct {
	tree    index.Node
	filters []filter
	text    *bbolt.Bucket
	err     error // what went wrong while candidates were compared

	ctx     context.Context
	reader  api.IndexReader
	options search.SearcherOptions
}

// Searcher implements bleve's query.Query.
func (r *request) Searcher(ctx context.Context, reader api.IndexReader, _ mapping.IndexMapping, options search.SearcherOptions) (search.Searcher, error) {
	r.ctx, r.reader, r.options = ctx, reader, options
	var parts []search.Searcher
	for _, f := range r.filters {
		var any []search.Searcher
		for _, v := range f.values {
			s, err := searcher.NewTermSearcher(ctx, reader, cut(index.CleanText(v), longestValue), f.field, 0, r.unscored())
			if err != nil {
				return nil, closing(err, append(any, parts...))
			}
			any = append(any, s)
		}
		s, err := r.or(any, r.unscored())
		if err != nil {
			return nil, closing(err, parts)
		}
		parts = append(parts, s)
	}
	if r.tree != nil || len(parts) == 0 {
		s, err := r.node(r.tree, options)
		if err != nil {
			return nil, closing(err, parts)
		}
		parts = append(parts, s)
	}
	return r.and(parts, options)
}

func (r *request) unscored() search.SearcherOptions {
	options := r.options
	options.Score = "none"
	return options
}

// node gives the searcher for a part of the tree; nil matches all.
func (r *request) node(n index.Node, options search.SearcherOptions) (search.Searcher, error) {
	switch n := n.(type) {
	case index.And:
		return r.conjunction(n, options)
	case index.Not:
		return r.conjunction(index.And{n}, options)
	case index.Or:
		var parts []search.Searcher
		for _, k := range n {
			s, err := r.node(k, options)
			if err != nil {
				return nil, closing(err, parts)
			}
			parts = append(parts, s)
		}
		return r.or(parts, options)
	case index.Leaf:
		return r.leaf(n, options)
	}
	return searcher.NewMatchAllSearcher(r.ctx, r.reader, 1, options)
}

// conjunction gives what matches all parts: the wanted ones without those that
// stand under NOT.
func (r *request) conjunction(nodes index.And, options search.SearcherOptions) (search.Searcher, error) {
	var wanted, unwanted []search.Searcher
	for _, k := range nodes {
		list, opts := &wanted, options
		if not, ok := k.(index.Not); ok {
			k, list, opts = not.Node, &unwanted, r.unscored()
		}
		s, err := r.node(k, opts)
		if err != nil {
			return nil, closing(err, append(wanted, unwanted...))
		}
		*list = append(*list, s)
	}
	if len(wanted) == 0 {
		all, err := searcher.NewMatchAllSearcher(r.ctx, r.reader, 1, options)
		if err != nil {
			return nil, closing(err, unwanted)
		}
		wanted = append(wanted, all)
	}
	must, err := r.and(wanted, options)
	if err != nil {
		return nil, closing(err, unwanted)
	}
	if len(unwanted) == 0 {
		return must, nil
	}
	mustNot, err := r.or(unwanted, r.unscored())
	if err != nil {
		return nil, closing(err, []search.Searcher{must})
	}
	return searcher.NewBooleanSearcher(r.ctx, r.reader, must, nil, mustNot, options)
}

// leaf gives the documents in which a word or phrase stands. They score by how
// often its terms stand there, and more where the names have it.
func (r *request) leaf(leaf index.Leaf, options search.SearcherOptions) (search.Searcher, error) {
	list, exact := terms(leaf)
	found, err := r.terms(list, textField, 1, options)
	if err != nil {
		return nil, err
	}
	if !exact {
		found = searcher.NewFilteringSearcher(r.ctx, found, func(_ *search.SearchContext, d *search.DocumentMatch) bool {
			return r.stands(leaf, d.IndexInternalID)
		})
	}
	if options.Score == "none" {
		return found, nil
	}
	names, err := r.terms(list, namesField, namesBoost, options)
	if err != nil {
		return nil, closing(err, []search.Searcher{found})
	}
	return searcher.NewBooleanSearcher(r.ctx, r.reader, found, names, nil, options)
}

// stands compares a candidate with its text.
func (r *request) stands(leaf index.Leaf, number api.IndexInternalID) bool {
	id, err := r.reader.ExternalID(number)
	if err != nil {
		r.err = errors.Join(r.err, err)
		return false
	}
	return index.Matches(leaf, textOf(r.text, id))
}

// terms gives the documents that have all terms in a field.
func (r *request) terms(list []string, field string, boost float64, options search.SearcherOptions) (search.Searcher, error) {
	var parts []search.Searcher
	for _, t := range list {
		s, err := searcher.NewTermSearcher(r.ctx, r.reader, t, field, boost, options)
		if err != nil {
			return nil, closing(err, parts)
		}
		parts = append(parts, s)
	}
	return r.and(parts, options)
}

func (r *request) and(parts []search.Searcher, options search.SearcherOptions) (search.Searcher, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	return searcher.NewConjunctionSearcher(r.ctx, r.reader, parts, options)
}

func (r *request) or(parts []search.Searcher, options search.SearcherOptions) (search.Searcher, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	return searcher.NewDisjunctionSearcher(r.ctx, r.reader, parts, 1, options)
}

// closing closes searchers that are not needed after an error.
func closing(err error, list []search.Searcher) error {
	for _, s := range list {
		err = errors.Join(err, s.Close())
	}
	return err
}

// textOf gives a document's folded text without a copy; it holds only within
// the bucket's transaction.
func textOf(b *bbolt.Bucket, id string) string {
	data := b.Get([]byte(id))
	return unsafe.String(unsafe.SliceData(data), len(data))
}
