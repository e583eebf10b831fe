package meili

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"sealdesk/index"
)

// The attributes of an application in Meilisearch beside those of
// [index.Document]. People search the latter; this package the former only.
const (
	keyAttribute      = "key"      // primary key: the hash of the ID, which may hold any character
	revisionAttribute = "revision" // of the Put that wrote it, to see what changed

	// The number in these is the version of what is indexed: of the folding,
	// the tokens, the keys of filters and orders. Whatever changes one of them
	// counts it up, and an older index no longer has the settings it needs.
	textAttribute  = "find_text_1"
	namesAttribute = "find_names_1"

	bundleAttribute      = "find_bundle"
	yearAttribute        = "find_year"
	callAttribute        = "find_call"
	verdictAttribute     = "find_verdict"
	typeAttribute        = "find_type"
	recommenderAttribute = "find_recommender"
	unitKindAttribute    = "find_unit_kind"
	countryAttribute     = "find_country"

	yearOrder = "order_year" // newest first, unknown last
	nameOrder = "order_name" // no name last
	idOrder   = "order_id"   // in two parts, as values are short
	idOrder2  = "order_id_2"
)

// shown are the attributes that hold an application as it was put.
var shown = []string{
	"id", "bundle", "file", "call", "year", "verdict", "base_name", "host_unit", "leader", "recommender",
	"base_type", "unit_kind", "countries", "fields", "pages",
}

// record is one application as it is sent.
type record struct {
	Key      string `json:"key"`
	Revision string `json:"revision"`
	index.Document

	Text         []string `json:"find_text_1"`
	Names        []string `json:"find_names_1"`
	InBundle     string   `json:"find_bundle"`
	Years        []string `json:"find_year"`
	Calls        []string `json:"find_call"`
	Verdicts     []string `json:"find_verdict"`
	Types        []string `json:"find_type"`
	Recommenders []string `json:"find_recommender"`
	UnitKinds    []string `json:"find_unit_kind"`
	CountryKeys  []string `json:"find_country"`
	YearOrder    string   `json:"order_year"`
	NameOrder    string   `json:"order_name"`
	IDOrder      string   `json:"order_id"`
	IDOrder2     string   `json:"order_id_2"`
}

// stored is what is read back of an application; which parts of it depends on
// the request.
type stored struct {
	Key      string `json:"key"`
	Revision string `json:"revision"`
	index.Document
}

// The lengths of what filters and orders hold, in bytes. Meilisearch keeps 468
// bytes of a value.
const (
	longestValue  = 800 // of a value of a filter, as in a facet
	longestKey    = 460 // of its key; longer values have a hash for a key
	longestName   = 200
	idOrderLength = 250
)

// newRecord gives what the server is told of a clean document.
func newRecord(d index.Document, revision string) ([]byte, error) {
	names, all := index.Texts(d)
	r := record{
		Key: documentKey(d.ID), Revision: revision, Document: d,
		Text: entries(all), Names: entries(names),
		InBundle: documentKey(d.Bundle),
		Calls:    valueKeys(d.Call), Verdicts: valueKeys(string(d.Verdict)), Recommenders: valueKeys(d.Recommender),
		Types: valueKeys(d.BaseType...), UnitKinds: valueKeys(d.UnitKind...), CountryKeys: valueKeys(d.Countries...),
		YearOrder: fmt.Sprintf("%04d", 9999-d.Year),
		NameOrder: cut(index.NameKey(d.BaseName), longestName),
		IDOrder:   encode(d.ID[:min(len(d.ID), idOrderLength)]),
		IDOrder2:  encode(d.ID[min(len(d.ID), idOrderLength):]),
	}
	if d.Year > 0 {
		r.Years = valueKeys(strconv.Itoa(d.Year))
	}
	if r.NameOrder == "" {
		r.NameOrder = afterAll
	}
	if r.IDOrder2 == "" {
		r.IDOrder2 = gapMark // comes before all others; an empty value would come last
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("index/meili: document %q: %w", d.ID, err)
	}
	return data, nil
}

// documentKey names an application, or a bundle, in the letters that
// Meilisearch allows.
func documentKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// valueKey is what stands for a value in filters and facets: the value itself in
// letters that the server does not fold, or for a long one its hash.
func valueKey(value string) string {
	value = cut(value, longestValue)
	if key := "v" + encode(value); len(key) <= longestKey {
		return key
	}
	return "h" + documentKey(value)
}

// valueKeys gives the keys of values that are not empty, each once.
func valueKeys(values ...string) []string {
	out := []string{}
	for _, v := range values {
		if key := valueKey(v); v != "" && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

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
