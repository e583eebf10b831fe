package bleve

import (
	"fmt"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	api "github.com/blevesearch/bleve_index_api"

	"sealdesk/bundle"
	"sealdesk/index"
)

// The fields of an application in bleve.
const (
	textField        = "text"    // all of its text
	namesField       = "names"   // what it is called by, for relevance
	byYearField      = "by year" // where it stands in the order by year, and by name
	byNameField      = "by name"
	yearField        = "year"
	callField        = "call"
	verdictField     = "verdict"
	typeField        = "type"
	recommenderField = "recommender"
	unitKindField    = "unit"
	countryField     = "country"
)

// longestTerm bounds the terms in the index, in bytes. Longer words are cut,
// and the comparison with the text tells apart those that begin alike.
const longestTerm = 60

// longestValue bounds the values of filters and facets and the keys of orders,
// longestName the name in such a key, in bytes.
const (
	longestValue = 800
	longestName  = 200
)

// cut shortens s to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// grams is the analyzer of folded text: for Han text each character and each
// pair of neighbours, else each word.
type grams struct{}

// Analyze implements [analysis.Analyzer].
func (grams) Analyze(folded []byte) analysis.TokenStream {
	out := make(analysis.TokenStream, 0, len(folded)/2)
	add := func(term string) {
		out = append(out, &analysis.Token{Term: []byte(term), Position: len(out) + 1})
	}
	for run, han := range index.Runs(string(folded)) {
		if !han {
			add(cut(run, longestTerm))
			continue
		}
		pairs(run, add)
		for _, r := range run {
			add(string(r))
		}
	}
	return out
}

// pairs gives each two neighbouring characters of a run.
func pairs(run string, add func(string)) {
	before := 0
	for i := range run {
		if i > 0 {
			_, size := utf8.DecodeRuneInString(run[i:])
			add(run[before : i+size])
		}
		before = i
	}
}

// terms gives the terms that every text has in which the leaf stands. exact
// says that every text with these terms has the leaf.
func terms(leaf index.Leaf) (list []string, exact bool) {
	seen := map[string]bool{}
	exact = true
	add := func(term string) {
		if !seen[term] {
			seen[term] = true
			list = append(list, term)
		}
	}
	runs := 0
	for _, piece := range leaf.Pieces {
		for run, han := range index.Runs(piece) {
			runs++
			switch {
			case !han:
				add(cut(run, longestTerm))
				exact = exact && len(run) <= longestTerm
			case utf8.RuneCountInString(run) == 1:
				add(run)
			default:
				pairs(run, add)
				exact = exact && utf8.RuneCountInString(run) == 2
			}
		}
	}
	return list, exact && runs == 1
}

// newDocument gives what bleve is told of an application.
func newDocument(d index.Document) *document.Document {
	doc := document.NewDocument(d.ID)
	names, all := index.Texts(d)
	doc.AddField(document.NewTextFieldCustom(textField, nil, []byte(all), api.IndexField, grams{}))
	doc.AddField(document.NewTextFieldCustom(namesField, nil, []byte(names), api.IndexField, grams{}))
	keyword := func(field string, values ...string) {
		for i, v := range values {
			if v != "" {
				doc.AddField(document.NewTextFieldCustom(field, []uint64{uint64(i)}, []byte(cut(v, longestValue)),
					api.IndexField|api.DocValues|api.SkipFreqNorm, nil))
			}
		}
	}
	if d.Year > 0 {
		keyword(yearField, yearKey(d.Year))
	}
	byYear, byName := orderKeys(d)
	keyword(byYearField, byYear)
	keyword(byNameField, byName)
	keyword(callField, d.Call)
	keyword(verdictField, string(d.Verdict))
	keyword(typeField, d.BaseType...)
	keyword(recommenderField, d.Recommender)
	keyword(unitKindField, d.UnitKind...)
	keyword(countryField, d.Countries...)
	return doc
}

// orderKeys gives two keys that put an application in its place: by year, name
// and ID, and by name, year and ID. One key for each order, as bleve reads the
// keys of all that match.
func orderKeys(d index.Document) (byYear, byName string) {
	year := yearKey(9999 - d.Year) // newest first, unknown last
	name := cut(index.NameKey(d.BaseName), longestName)
	if name == "" {
		name = "~" // behind all names, as keys are in hex
	}
	return year + " " + name + " " + d.ID, name + " " + year + " " + d.ID
}

// yearKey writes a year so that years sort as text.
func yearKey(year int) string { return fmt.Sprintf("%04d", year) }

func yearKeys(years []int) []string {
	out := make([]string, len(years))
	for i, y := range years {
		out[i] = yearKey(y)
	}
	return out
}

func verdictKeys(verdicts []bundle.Verdict) []string {
	out := make([]string, len(verdicts))
	for i, v := range verdicts {
		out[i] = string(v)
	}
	return out
}
