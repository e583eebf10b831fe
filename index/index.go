// Package index finds applications by their text and by what is known of them.
//
// It holds what the search engines share: the [Index] interface, the grammar of
// a query ([ParseQuery]), the folding by which two spellings are the same text
// ([Fold]), the exact comparison of a query with a text ([Matches]) and the
// choice of the page and the snippet that a hit shows ([NewHit]). An engine
// differs only in how it finds candidates quickly.
//
// What counts as found: Han text matches anywhere, also in the middle of a
// longer text, for words of any length; words in letters and numbers match
// whole. Full-width and half-width forms, letter case, blanks between Han
// characters and the kind of a punctuation mark make no difference.
//
// It is no source of truth: an index can be thrown away and filled again from
// the store. It knows no users and no rights, does not fold traditional to
// simplified characters, corrects no typing errors and never returns HTML.
package index

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sealdesk/bundle"
)

// ErrRebuild says that an index cannot be used as it is on disk (it is
// damaged, or another version wrote it) and must be filled again from the
// store. No application is lost by that.
var ErrRebuild = errors.New("the search index must be rebuilt")

// ErrLocked says that another process holds the index.
var ErrLocked = errors.New("another process holds the search index")

// Index finds applications. All methods may be called at the same time.
type Index interface {
	// Put adds documents, each in the place of an earlier one of the same ID.
	// All applications of a bundle are put in one call: those that the bundle
	// had before and that are not in docs go. What was put is on disk and can
	// be found when Put returns. When it fails, some bundles may have been put
	// and others not; it can be repeated.
	Put(ctx context.Context, docs []Document) error

	// Delete removes all applications of the bundle with this sha256, if any.
	Delete(ctx context.Context, bundle string) error

	// Search gives the applications that match, one hit each. The error is
	// ErrQueryTooLong when the person who asks can mend it.
	Search(ctx context.Context, q Query) (Results, error)

	// Count is the number of applications.
	Count(ctx context.Context) (int, error)

	// Replace fills a new index through put, while this one goes on to answer
	// and to take changes, and then serves the new one, with the changes made
	// meanwhile. When fill fails, all stays as it was. fill calls put any
	// number of times, with whole bundles.
	Replace(ctx context.Context, fill func(put func([]Document) error) error) error

	// Close waits for what runs and lets go of all files. The index cannot be
	// used afterwards.
	Close() error
}

// Document is one application as the index knows it. Its text is what was read
// from paper and is not trusted.
type Document struct {
	ID          string         `json:"id"`     // 1 to 511 bytes, unique over all bundles
	Bundle      string         `json:"bundle"` // sha256 of the bundle in hex, 1 to 511 bytes
	File        string         `json:"file"`   // the bundle's file name, for people
	Call        string         `json:"call"`
	Year        int            `json:"year"` // 1 to 9999, 0 when unknown
	Verdict     bundle.Verdict `json:"verdict"`
	BaseName    string         `json:"base_name"`
	HostUnit    string         `json:"host_unit"`
	Leader      string         `json:"leader"`
	Recommender string         `json:"recommender"`
	BaseType    []string       `json:"base_type,omitempty"`
	UnitKind    []string       `json:"unit_kind,omitempty"`
	Countries   []string       `json:"countries,omitempty"`
	Fields      []Field        `json:"fields,omitempty"`
	Pages       []Page         `json:"pages,omitempty"`
}

// Field is the text of one form field: its key, the page that it stands on (0
// when unknown) and its value as people read it, corrections applied.
type Field struct {
	Key  string `json:"key"`
	Page int    `json:"page"`
	Text string `json:"text"`
}

// Page is the text of one page. Number counts from 1 in the bundle. Text is
// the page's lines joined, Han text without blanks, so that a word broken over
// two lines is found.
type Page struct {
	Number int         `json:"number"`
	Kind   bundle.Kind `json:"kind"`
	Text   string      `json:"text"`
}

// CleanText gives s as valid UTF-8 without NUL characters. Documents are stored
// so, and filters are compared so.
func CleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// Clean gives the document with all text as [CleanText] has it and a year out of
// range unknown, or an error when its ID or bundle cannot name it. Every engine
// stores the clean document.
func (d Document) Clean() (Document, error) {
	for _, name := range []string{d.ID, d.Bundle} {
		if len(name) == 0 || len(name) > 511 || strings.ToValidUTF8(name, "") != name {
			return d, fmt.Errorf("index: document %q of bundle %q: ID and bundle must be 1 to 511 bytes of UTF-8", d.ID, d.Bundle)
		}
	}
	list := func(in []string) []string {
		out := make([]string, len(in))
		for i, s := range in {
			out[i] = CleanText(s)
		}
		return out
	}
	d.File, d.Call, d.Verdict = CleanText(d.File), CleanText(d.Call), bundle.Verdict(CleanText(string(d.Verdict)))
	d.BaseName, d.HostUnit = CleanText(d.BaseName), CleanText(d.HostUnit)
	d.Leader, d.Recommender = CleanText(d.Leader), CleanText(d.Recommender)
	d.BaseType, d.UnitKind, d.Countries = list(d.BaseType), list(d.UnitKind), list(d.Countries)
	if d.Year < 0 || d.Year > 9999 {
		d.Year = 0
	}
	fields := make([]Field, len(d.Fields))
	for i, f := range d.Fields {
		fields[i] = Field{Key: CleanText(f.Key), Page: f.Page, Text: CleanText(f.Text)}
	}
	pages := make([]Page, len(d.Pages))
	for i, p := range d.Pages {
		pages[i] = Page{Number: p.Number, Kind: bundle.Kind(CleanText(string(p.Kind))), Text: CleanText(p.Text)}
	}
	d.Fields, d.Pages = fields, pages
	return d, nil
}

// Sort is the order of hits.
type Sort string

// The orders. Hits that are equal in it follow by year, newest first, then by
// name, then by ID.
const (
	ByRelevance Sort = ""     // best first
	ByYear      Sort = "year" // newest first
	ByName      Sort = "name" // the base name, as [NameKey] orders it; those without last
)

// MaxLimit is the greatest number of hits that one search gives.
const MaxLimit = 1000

// DefaultLimit is the number of hits that a search gives when Limit is 0.
const DefaultLimit = 20

// Query asks for applications. The zero Query asks for all. Within one filter
// a document needs one of the values; all filters that are not empty hold.
type Query struct {
	Text string // see [ParseQuery]; empty matches all

	Years        []int
	Types        []string // base types
	Recommenders []string
	Verdicts     []bundle.Verdict
	Calls        []string
	UnitKinds    []string
	Countries    []string

	Sort   Sort
	Offset int // hits to leave out at the start; below 0 is 0
	Limit  int // hits to give; 0 is DefaultLimit, more than MaxLimit is MaxLimit
	Facets bool
}

// Window is the offset and limit of q within what is allowed.
func (q Query) Window() (offset, limit int) {
	offset, limit = max(q.Offset, 0), q.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	return offset, min(limit, MaxLimit)
}

// Results are the hits of one query. Total counts all that match, not only
// those in Hits. Facets is nil unless the query asked for it.
type Results struct {
	Total  int
	Hits   []Hit
	Facets *Facets
}

// Facets counts the matching applications by value: the 200 most frequent
// values of each kind, most frequent first, then by value. An application
// counts once for each of its values; one without a value counts nowhere.
type Facets struct {
	Years        []Count
	Types        []Count
	Recommenders []Count
	Verdicts     []Count
	UnitKinds    []Count
	Countries    []Count
}

// MaxFacetValues is the greatest number of values counted in one facet.
const MaxFacetValues = 200

// Count is one value and how many of the matching applications have it. A year
// is in decimal.
type Count struct {
	Value string
	N     int
}

// Hit is one application that matches.
type Hit struct {
	// Document is the application without its Fields and Pages.
	Document Document
	// Score orders hits by relevance within one search; it means nothing else.
	Score float64
	// Pages are the numbers of the pages that match, best first, at most
	// MaxHitPages. It is empty when no page holds any of the words.
	Pages []int
	// Snippet is text around the first match in the best place: on the page
	// Pages[0], or in what the application is called by when no page matches.
	// It is nil for a query without words.
	Snippet []Segment
}

// MaxHitPages is the greatest number of pages that a hit names.
const MaxHitPages = 5

// Segment is a piece of plain text (never HTML: escape it as any other text
// from outside). Mark says that it is what the query asked for.
type Segment struct {
	Text string
	Mark bool
}
