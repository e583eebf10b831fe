package bleve

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	api "github.com/blevesearch/bleve_index_api"

	"sealdesk/index"
)

// The fields that are counted.
const (
	countYears = iota
	countTypes
	countRecommenders
	countVerdicts
	countUnitKinds
	countCountries
	counted
)

var countedFields = [counted]string{yearField, typeField, recommenderField, verdictField, unitKindField, countryField}

// columns are what every search needs of the applications in one segment of bleve's:
// where they stand in the orders, and their values, as numbers. bleve unpacks them from
// its files for each application that matches, which takes most of the time of a search
// that matches many; and a segment never changes, so what was unpacked once holds as
// long as the segment is there.
type columns struct {
	ids            []string
	byYear, byName []string
	inOrder        [orders][]uint32 // the numbers of the applications, in each order
	values         [counted]column
}

// The orders in which applications are gone through: that of their ids, and those of
// index.ByYear and index.ByName. No two are equal in one, as the keys end in the ids.
const (
	inIDs = iota
	inYears
	inNames
	orders
)

// keys are what an order compares.
func (c *columns) keys(order int) []string {
	switch order {
	case inYears:
		return c.byYear
	case inNames:
		return c.byName
	}
	return c.ids
}

// column has the values of the application n in values[starts[n]:starts[n+1]].
type column struct {
	starts, values []uint32
}

func (c *column) of(n int) []uint32 { return c.values[c.starts[n]:c.starts[n+1]] }

// cached are the columns of a generation's segments, and what the numbers in them mean.
type cached struct {
	mu      sync.Mutex
	columns map[uint64]*columns // by the segment's id, which bleve gives to no other
	names   [counted][]string   // only ever grow
	numbers [counted]map[string]uint32

	// What was learnt of the newest state: what was compared, by leaf (see
	// request.compared), and its orders, nil while nobody asked for one.
	state   *scorch.IndexSnapshot
	answers map[string]answer
	inOrder [orders][]uint32
}

// snapshot is a state of the index that a search works on.
type snapshot struct {
	*scorch.IndexSnapshot
	starts  []uint64 // the number of each segment's first application
	columns []*columns
	names   [counted][]string
}

// size is one more than the greatest number.
func (s *snapshot) size() int {
	if len(s.starts) == 0 {
		return 0
	}
	last := len(s.starts) - 1
	return int(s.starts[last]) + len(s.columns[last].ids)
}

// snapshot gives the newest state; it is closed after use.
func (g *generation) snapshot() (*snapshot, error) {
	advanced, err := g.terms.Advanced()
	if err != nil {
		return nil, err
	}
	reader, err := advanced.Reader()
	if err != nil {
		return nil, err
	}
	state, ok := reader.(*scorch.IndexSnapshot)
	if !ok {
		return nil, errors.Join(fmt.Errorf("bleve keeps its index as a %T", reader), reader.Close())
	}
	s := &snapshot{IndexSnapshot: state}
	if err := g.cached.fill(s); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// fill gives a snapshot its columns, and forgets those of segments that are gone.
func (c *cached) fill(s *snapshot) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	current := map[uint64]*columns{}
	first := uint64(0)
	for _, segment := range s.Segments() {
		id, n := segment.Id(), int(segment.FullSize())
		known := c.columns[id]
		if known == nil {
			var err error
			if known, err = c.read(s, segment, first, n); err != nil {
				return err
			}
		}
		current[id] = known
		s.starts, s.columns = append(s.starts, first), append(s.columns, known)
		first += uint64(n)
	}
	c.columns, s.names = current, c.names
	if c.state != s.IndexSnapshot {
		c.state, c.answers, c.inOrder = s.IndexSnapshot, map[string]answer{}, [orders][]uint32{}
	}
	return nil
}

// read unpacks a segment of n applications, of which the first has this number.
func (c *cached) read(s *snapshot, segment *scorch.SegmentSnapshot, first uint64, n int) (*columns, error) {
	reader, err := s.DocValueReader(append([]string{byYearField, byNameField}, countedFields[:]...))
	if err != nil {
		return nil, err
	}
	out := &columns{ids: make([]string, n), byYear: make([]string, n), byName: make([]string, n)}
	for k := range out.values {
		out.values[k].starts = make([]uint32, 1, n+1)
	}
	for i := range n {
		id, err := segment.DocID(uint64(i))
		if err != nil {
			return nil, err
		}
		out.ids[i] = string(id)
		err = reader.VisitDocValues(api.NewIndexInternalID(nil, first+uint64(i)), func(field string, term []byte) {
			switch field {
			case byYearField:
				out.byYear[i] = string(term)
			case byNameField:
				out.byName[i] = string(term)
			default:
				k := slices.Index(countedFields[:], field)
				out.values[k].values = append(out.values[k].values, c.number(k, term))
			}
		})
		if err != nil {
			return nil, err
		}
		for k := range out.values {
			out.values[k].starts = append(out.values[k].starts, uint32(len(out.values[k].values)))
		}
	}
	for order := range out.inOrder {
		all, keys := make([]uint32, n), out.keys(order)
		for i := range all {
			all[i] = uint32(i)
		}
		slices.SortFunc(all, func(a, b uint32) int { return strings.Compare(keys[a], keys[b]) })
		out.inOrder[order] = all
	}
	return out, nil
}

// number is that of a value in a field; the lock is held.
func (c *cached) number(field int, value []byte) uint32 {
	if c.numbers[field] == nil {
		c.numbers[field] = map[string]uint32{}
	}
	n, ok := c.numbers[field][string(value)]
	if !ok {
		n = uint32(len(c.names[field]))
		c.names[field] = append(c.names[field], string(value))
		c.numbers[field][string(value)] = n
	}
	return n
}

// place is where an application is kept: its columns, and its number in them.
type place struct {
	*columns
	n int
}

// numbered finds the application to which bleve gives a number.
func (s *snapshot) numbered(number uint64) place {
	k, exact := slices.BinarySearch(s.starts, number)
	if !exact {
		k--
	}
	// Of segments without applications, which begin where the next one does, the last.
	for k+1 < len(s.starts) && s.starts[k+1] == number {
		k++
	}
	return place{s.columns[k], int(number - s.starts[k])}
}

// tally counts the values of one field, by their numbers.
type tally []int

func (s *snapshot) tallies() [counted]tally {
	var out [counted]tally
	for k := range out {
		out[k] = make(tally, len(s.names[k]))
	}
	return out
}

// count counts one application.
func (p place) count(all *[counted]tally) {
	for k := range all {
		for _, v := range p.values[k].of(p.n) {
			all[k][v]++
		}
	}
}

// counts gives the values that are there at all, the most frequent first.
func (t tally) counts(names []string) []index.Count {
	var out []index.Count
	for v, n := range t {
		if n > 0 {
			out = append(out, index.Count{Value: names[v], N: n})
		}
	}
	slices.SortFunc(out, func(a, b index.Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.Value, b.Value)) })
	return out[:min(len(out), index.MaxFacetValues)]
}
