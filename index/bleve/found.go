package bleve

import (
	"context"
	"errors"
	"math"
	"math/bits"

	api "github.com/blevesearch/bleve_index_api"

	"sealdesk/index"
)

// set is a set of applications, by the numbers that they have in a state.
type set []uint64

func (s set) has(number uint64) bool { return s[number/64]&(1<<(number%64)) != 0 }
func (s set) add(number uint64)      { s[number/64] |= 1 << (number % 64) }

// all gives the numbers in their order.
func (s set) all() func(yield func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for k, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(uint64(k*64 + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// count is how many there are.
func (s set) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// found is where a part of a query stands, and how well the applications there fit it.
// What is found may be remembered, and is never changed.
type found struct {
	in set
	// scores are those of all applications, by number, 0 where it does not stand; nil
	// where they are all the same.
	scores []float32
}

func (f found) score(number uint64) float32 {
	if f.scores == nil {
		return 0
	}
	return f.scores[number]
}

// and gives what both find.
func (f found) and(other found) found {
	out := found{in: make(set, len(f.in)), scores: sum(f.scores, other.scores)}
	for k := range f.in {
		out.in[k] = f.in[k] & other.in[k]
	}
	return out
}

// or gives what one of them finds, or both.
func (f found) or(other found) found {
	out := found{in: make(set, len(f.in)), scores: sum(f.scores, other.scores)}
	for k := range f.in {
		out.in[k] = f.in[k] | other.in[k]
	}
	return out
}

// not gives what the first finds and the other does not.
func (f found) not(other found) found {
	out := found{in: make(set, len(f.in)), scores: f.scores}
	for k := range f.in {
		out.in[k] = f.in[k] &^ other.in[k]
	}
	return out
}

func sum(a, b []float32) []float32 {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	out := make([]float32, len(a))
	for i := range out {
		out[i] = a[i] + b[i]
	}
	return out
}

// request is one search. It goes through the lists of its terms itself, once each:
// bleve's own searchers skip back and forth between them, which takes several times as
// long where many applications match, and bleve's boolean query takes a required part
// that matches nothing for one that is not there.
type request struct {
	ctx    context.Context
	g      *generation
	state  *snapshot
	scored bool // whether it matters how well an application fits
}

// found gives what matches the tree and all filters.
func (r *request) found(tree index.Node, filters []filter) (found, error) {
	out, err := r.node(tree)
	if err != nil {
		return out, err
	}
	for _, f := range filters {
		either := found{in: r.none()}
		for _, v := range f.values {
			one, err := r.term(cut(index.CleanText(v), longestValue), f.field, 0)
			if err != nil {
				return out, err
			}
			either = either.or(one)
		}
		out = out.and(either)
	}
	return out, nil
}

func (r *request) none() set { return make(set, (r.state.size()+63)/64) }

// live are all applications.
func (r *request) live() set {
	out := r.none()
	for k, segment := range r.state.Segments() {
		for numbers := segment.DocNumbersLive().Iterator(); numbers.HasNext(); {
			out.add(r.state.starts[k] + uint64(numbers.Next()))
		}
	}
	return out
}

// node gives what a part of the tree finds; nil finds all.
func (r *request) node(n index.Node) (found, error) {
	switch n := n.(type) {
	case index.And:
		return r.conjunction(n)
	case index.Not:
		return r.conjunction(index.And{n})
	case index.Or:
		out := found{in: r.none()}
		for _, k := range n {
			one, err := r.node(k)
			if err != nil {
				return out, err
			}
			out = out.or(one)
		}
		return out, nil
	case index.Leaf:
		return r.leaf(n)
	}
	return found{in: r.live()}, nil
}

// conjunction gives what all parts find: the wanted ones without those that stand under
// NOT.
func (r *request) conjunction(nodes index.And) (out found, err error) {
	var unwanted []index.Node
	for _, k := range nodes {
		if not, ok := k.(index.Not); ok {
			unwanted = append(unwanted, not.Node)
			continue
		}
		one, err := r.node(k)
		switch {
		case err != nil:
			return out, err
		case out.in == nil:
			out = one
		default:
			out = out.and(one)
		}
	}
	if out.in == nil {
		out.in = r.live()
	}
	for _, k := range unwanted {
		without := *r
		without.scored = false
		one, err := without.node(k)
		if err != nil {
			return out, err
		}
		out = out.not(one)
	}
	return out, nil
}

// namesBoost is how much more a word counts in what an application is called
// by than elsewhere.
const namesBoost = 10

// leaf gives the applications in which a word or phrase stands. They score by how often
// its terms stand there, of a phrase only the rarest, and more where the names have it.
func (r *request) leaf(leaf index.Leaf) (found, error) {
	known, is := r.g.cached.answer(r.state, leaf)
	if is && (!r.scored || known.scores != nil) {
		return known.found, nil
	}
	list, exact := terms(leaf)
	answer := answer{leaf: leaf}
	var err error
	switch {
	case exact && len(list) == 1:
		answer.found, err = r.term(list[0], textField, 1)
	case is:
		answer = known
	default:
		answer, err = r.compared(leaf, known, list)
	}
	if err != nil {
		return found{}, err
	}
	if r.scored {
		if answer.scores, err = r.scores(list, answer.found); err != nil {
			return found{}, err
		}
	}
	r.g.cached.remember(r.state, answer)
	return answer.found, nil
}

// scores says how well the applications fit in which a leaf stands, that has these terms.
func (r *request) scores(list []string, stands found) ([]float32, error) {
	if stands.scores == nil {
		rarest, err := r.rarest(list)
		if err != nil {
			return nil, err
		}
		stands = stands.and(rarest)
	}
	var names found
	for _, t := range list {
		one, err := r.term(t, namesField, namesBoost)
		switch {
		case err != nil:
			return nil, err
		case names.in == nil:
			names = one
		default:
			names = names.and(one)
		}
	}
	out := make([]float32, len(stands.scores))
	for number := range stands.in.all() {
		out[number] = stands.scores[number]
		if names.in != nil && names.in.has(number) {
			out[number] += names.scores[number]
		}
	}
	return out, nil
}

// rarest gives the applications that have that of the terms which the fewest have.
func (r *request) rarest(list []string) (found, error) {
	least, term := uint64(math.MaxUint64), ""
	for _, t := range list {
		reader, err := r.state.TermFieldReader(r.ctx, []byte(t), textField, false, false, false)
		if err != nil {
			return found{}, err
		}
		if n := reader.Count(); n < least {
			least, term = n, t
		}
		if err := reader.Close(); err != nil {
			return found{}, err
		}
	}
	return r.term(term, textField, 1)
}

// term gives the applications that have a term in a field. Where it matters they score by
// how often it stands there, less in a long text, and more if it is a rare term and by
// the boost (Lucene's TF-IDF similarity).
func (r *request) term(term, field string, boost float64) (out found, err error) {
	scored := r.scored && boost > 0
	reader, err := r.state.TermFieldReader(r.ctx, []byte(term), field, scored, scored, false)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	out.in = r.none()
	var weight float64
	if scored {
		out.scores = make([]float32, r.state.size())
		idf := 1 + math.Log(float64(r.state.size())/float64(reader.Count()+1))
		weight = boost * idf * idf
	}
	var at api.TermFieldDoc
	for n := 0; ; n++ {
		if n%patience == 0 && r.ctx.Err() != nil {
			return out, r.ctx.Err()
		}
		has, err := reader.Next(&at)
		if has == nil || err != nil {
			return out, err
		}
		number := has.ID.Value()
		out.in.add(number)
		if scored {
			out.scores[number] = float32(weight * math.Sqrt(float64(has.Freq)) * has.Norm)
		}
	}
}
