package bleve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unsafe"

	"go.etcd.io/bbolt"

	"sealdesk/index"
)

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
	asked := &request{ctx: ctx, g: g, state: state, scored: q.Sort == index.ByRelevance && tree != nil}
	found, err := asked.found(tree, filters(q))
	if err != nil {
		return out, err
	}
	shown, err := asked.shown(q, found)
	if err != nil {
		return out, err
	}
	out.Total = found.in.count()
	if q.Facets {
		tallies := state.tallies()
		for number := range found.in.all() {
			state.numbered(number).count(&tallies)
		}
		out.Facets = state.facets(tallies)
	}
	// Applications are written before bleve is told of them, so what is read from here
	// on is at least as new as the state.
	return out, g.docs.View(func(tx *bbolt.Tx) error {
		for _, m := range shown {
			hit, err := hit(tx, tree, m.ids[m.n], float64(m.score))
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

// shown are the matches that a query asks to see, in its order.
func (r *request) shown(q index.Query, f found) ([]match, error) {
	offset, limit := q.Window()
	// An offset beyond all of them needs no room.
	offset = min(offset, r.state.size())
	if r.scored {
		first := top{wanted: offset + limit}
		for number := range f.in.all() {
			first.add(match{r.state.numbered(number), f.score(number)})
		}
		return first.from(offset), r.ctx.Err()
	}
	order := inYears
	if q.Sort == index.ByName {
		order = inNames
	}
	var out []match
	for _, n := range r.g.cached.order(r.state, order) {
		switch number := uint64(n); {
		case !f.in.has(number):
		case offset > 0:
			offset--
		default:
			if out = append(out, match{place: r.state.numbered(number)}); len(out) == limit {
				return out, nil
			}
		}
	}
	return out, r.ctx.Err()
}

// patience is how many applications are looked at before the search looks whether anybody
// still waits for it.
const patience = 1024

// hit reads an application that was found, nil when it is not there.
func hit(tx *bbolt.Tx, tree index.Node, id string, score float64) (*index.Hit, error) {
	d, err := head(tx, id)
	if d == nil || err != nil {
		return nil, err
	}
	var texts []index.Piece
	var all string
	if tree != nil { // its pages are looked through
		if texts, err = body(tx, id); err != nil {
			return nil, err
		}
		texts, all = append(index.Pieces(*d), texts...), textOf(tx.Bucket(textBucket), id)
	}
	h := index.NewHit(tree, *d, texts, all, score)
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

// textOf gives a document's folded text without a copy; it holds only within
// the bucket's transaction.
func textOf(b *bbolt.Bucket, id string) string {
	data := b.Get([]byte(id))
	return unsafe.String(unsafe.SliceData(data), len(data))
}
