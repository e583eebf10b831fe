package bleve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unsafe"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
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
	err = guarded(x.dir, func() (err error) {
		out, err = x.gen.search(ctx, q, tree)
		return err
	})
	if err != nil {
		return index.Results{}, fmt.Errorf("index/bleve: search: %w", err)
	}
	return out, nil
}

func (g *generation) search(ctx context.Context, q index.Query, tree index.Node) (out index.Results, err error) {
	state, err := g.snapshot()
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	options := search.SearcherOptions{}
	if q.Sort != index.ByRelevance || tree == nil {
		options.Score = "none"
	}
	asked := &request{ctx: ctx, g: g, state: state, tree: tree, filters: filters(q), options: options}
	matches, err := asked.searcher()
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, matches.Close()) }()

	offset, limit := q.Window()
	// An offset beyond all of them needs no room.
	count, err := state.DocCount()
	if err != nil {
		return out, err
	}
	first := top{wanted: min(offset, int(count)) + limit, order: orderOf(q.Sort)}
	tallies := state.tallies()
	pool := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(matches.DocumentMatchPoolSize()+1, 0), IndexReader: state}
	for {
		m, err := matches.Next(pool)
		if err != nil {
			return out, err
		}
		if m == nil {
			break
		}
		if out.Total%patience == 0 && ctx.Err() != nil {
			return out, ctx.Err()
		}
		out.Total++
		at := state.numbered(m.IndexInternalID.Value())
		first.add(match{at, m.Score})
		if q.Facets {
			at.count(&tallies)
		}
		pool.DocumentMatchPool.Put(m)
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	if q.Facets {
		out.Facets = state.facets(tallies)
	}
	// Applications are written before bleve is told of them, so what is read from here
	// on is at least as new as the state.
	return out, g.docs.View(func(tx *bbolt.Tx) error {
		for _, m := range first.from(offset) {
			hit, err := hit(tx, tree, m.ids[m.n], m.score)
			if err != nil {
				return err
			}
			if hit != nil { // else a change is just on its way
				out.Hits = append(out.Hits, *hit)
			}
		}
		return nil
	})
}

// patience is how many matches are counted before the search looks whether anybody
// still waits for it.
const patience = 1024

// hit reads an application that was found, nil when it is not there.
func hit(tx *bbolt.Tx, tree index.Node, id string, score float64) (*index.Hit, error) {
	read, all := loadHead, ""
	if tree != nil { // its pages are looked through
		read, all = load, textOf(tx.Bucket(textBucket), id)
	}
	d, err := read(tx, id)
	if d == nil || err != nil {
		return nil, err
	}
	h := index.NewHit(tree, *d, all, score)
	return &h, nil
}

// facets are the counts as people read them.
func (s *snapshot) facets(tallies [counted]tally) *index.Facets {
	counts := func(k int) []index.Count { return tallies[k].counts(s.names[k]) }
	out := &index.Facets{
		Years:        counts(countYears),
		Types:        counts(countTypes),
		Recommenders: counts(countRecommenders),
		Verdicts:     counts(countVerdicts),
		UnitKinds:    counts(countUnitKinds),
		Countries:    counts(countCountries),
	}
	for i, c := range out.Years {
		if year, err := strconv.Atoi(c.Value); err == nil {
			out.Years[i].Value = strconv.Itoa(year)
		}
	}
	return out
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

// request is one search. It builds bleve's searchers itself: bleve's own boolean query
// takes a required part that matches nothing for one that is not there.
type request struct {
	ctx     context.Context
	g       *generation
	state   *snapshot
	tree    index.Node
	filters []filter
	options search.SearcherOptions
}

// searcher gives what matches all filters and the tree.
func (r *request) searcher() (search.Searcher, error) {
	var parts []search.Searcher
	for _, f := range r.filters {
		var any []search.Searcher
		for _, v := range f.values {
			s, err := searcher.NewTermSearcher(r.ctx, r.state, cut(index.CleanText(v), longestValue), f.field, 0, r.unscored())
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
		s, err := r.node(r.tree, r.options)
		if err != nil {
			return nil, closing(err, parts)
		}
		parts = append(parts, s)
	}
	return r.and(parts, r.options)
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
	return searcher.NewMatchAllSearcher(r.ctx, r.state, 1, options)
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
		all, err := searcher.NewMatchAllSearcher(r.ctx, r.state, 1, options)
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
	return searcher.NewBooleanSearcher(r.ctx, r.state, must, nil, mustNot, options)
}

// leaf gives the documents in which a word or phrase stands. They score by how
// often its terms stand there, of a phrase only the rarest, and more where the names
// have it.
func (r *request) leaf(leaf index.Leaf, options search.SearcherOptions) (search.Searcher, error) {
	list, exact := terms(leaf)
	var found search.Searcher
	var err error
	if exact {
		found, err = r.terms(list, textField, 1, options)
	} else {
		found, err = r.phrase(leaf, list, options)
	}
	if err != nil || options.Score == "none" {
		return found, err
	}
	names, err := r.terms(list, namesField, namesBoost, options)
	if err != nil {
		return nil, closing(err, []search.Searcher{found})
	}
	return searcher.NewBooleanSearcher(r.ctx, r.state, found, names, nil, options)
}

// phrase gives the documents in which a leaf stands that its terms alone do not tell.
func (r *request) phrase(leaf index.Leaf, terms []string, options search.SearcherOptions) (search.Searcher, error) {
	stands, err := r.compared(leaf, terms)
	if err != nil {
		return nil, err
	}
	rarest, err := r.rarest(terms, options)
	if err != nil {
		return nil, err
	}
	return searcher.NewFilteringSearcher(r.ctx, rarest, func(_ *search.SearchContext, d *search.DocumentMatch) bool {
		return stands.has(d.IndexInternalID.Value())
	}), nil
}

// rarest gives the documents that have that of the terms which the fewest have.
func (r *request) rarest(terms []string, options search.SearcherOptions) (search.Searcher, error) {
	all := make([]search.Searcher, 0, len(terms))
	for _, t := range terms {
		s, err := searcher.NewTermSearcher(r.ctx, r.state, t, textField, 1, options)
		if err != nil {
			return nil, closing(err, all)
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return searcher.NewMatchNoneSearcher(r.state)
	}
	slices.SortStableFunc(all, func(a, b search.Searcher) int { return cmp.Compare(a.Count(), b.Count()) })
	if err := closing(nil, all[1:]); err != nil {
		return nil, closing(err, all[:1])
	}
	return all[0], nil
}

// terms gives the documents that have all terms in a field.
func (r *request) terms(list []string, field string, boost float64, options search.SearcherOptions) (search.Searcher, error) {
	var parts []search.Searcher
	for _, t := range list {
		s, err := searcher.NewTermSearcher(r.ctx, r.state, t, field, boost, options)
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
	return searcher.NewConjunctionSearcher(r.ctx, r.state, parts, options)
}

func (r *request) or(parts []search.Searcher, options search.SearcherOptions) (search.Searcher, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	return searcher.NewDisjunctionSearcher(r.ctx, r.state, parts, 1, options)
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
