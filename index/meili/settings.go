package meili

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/meilisearch/meilisearch-go"

	"sealdesk/index"
)

// Limits that the settings raise: pages and facets are cut at them.
const (
	maxTotalHits   = 1_000_000
	maxFacetValues = 100_000
)

// filterable says what filters do with each attribute. No attribute needs the
// search within facets, whose index would be as large again as that of the text.
func filterable() []any {
	rule := func(comparison bool, attributes ...string) any {
		return meilisearch.AttributeRule{
			AttributePatterns: attributes,
			Features: meilisearch.AttributeFeatures{
				Filter: meilisearch.FilterFeatures{Equality: true, Comparison: comparison},
			},
		}
	}
	return []any{
		rule(true, textAttribute, namesAttribute),
		rule(false, keyAttribute, bundleAttribute, yearAttribute, callAttribute, verdictAttribute, typeAttribute,
			recommenderAttribute, unitKindAttribute, countryAttribute),
	}
}

func sortable() []string { return []string{yearOrder, nameOrder, idOrder, idOrder2} }

func displayed() []string { return append([]string{keyAttribute, revisionAttribute}, shown...) }

// settings are those of a new index, without what is filterable. The search of
// Meilisearch itself, which this package does not use, is set up for people who
// look into the index with another program: Chinese, all words, no typing errors
// in names and numbers.
func settings() *meilisearch.Settings {
	return &meilisearch.Settings{
		RankingRules:        []string{"words", "typo", "proximity", "attribute", "sort", "exactness"},
		DisplayedAttributes: displayed(),
		SortableAttributes:  sortable(),
		SearchableAttributes: []string{
			"base_name", "host_unit", "leader", "recommender", "file", "base_type", "unit_kind", "countries", "fields.text", "pages.text",
		},
		LocalizedAttributes: []*meilisearch.LocalizedAttributes{{AttributePatterns: []string{"*"}, Locales: []string{"cmn"}}},
		ProximityPrecision:  meilisearch.ByAttribute, // by word is the costliest part of indexing
		TypoTolerance: &meilisearch.TypoTolerance{
			Enabled:             true,
			MinWordSizeForTypos: meilisearch.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
			DisableOnWords:      []string{},
			DisableOnAttributes: []string{"base_name", "host_unit", "leader", "recommender", "file"},
			DisableOnNumbers:    true,
		},
		// A search that is cut off gives hits in no order and does not say so.
		SearchCutoffMs: 30_000,
		Pagination:     &meilisearch.Pagination{MaxTotalHits: maxTotalHits},
		Faceting: &meilisearch.Faceting{
			MaxValuesPerFacet: maxFacetValues,
			SortFacetValuesBy: map[string]meilisearch.SortFacetType{"*": meilisearch.SortFacetTypeAlpha},
		},
	}
}

// create makes an empty index with its settings, which must be there before the
// first document.
func (s *server) create(ctx context.Context, uid string) error {
	info, err := s.api.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: uid, PrimaryKey: keyAttribute})
	err = s.done(ctx, "make index "+uid, info, err)
	if err != nil && !isCode(err, "index_already_exists") { // another process made it, or a request was sent twice
		return err
	}
	x := s.api.Index(uid)
	info, err = x.UpdateSettingsWithContext(ctx, settings())
	if err := s.done(ctx, "set up index "+uid, info, err); err != nil {
		return err
	}
	rules := filterable()
	info, err = x.UpdateFilterableAttributesWithContext(ctx, &rules)
	return s.done(ctx, "set up the filters of index "+uid, info, err)
}

// verify compares those settings on which the answers depend and gives an error
// that is [index.ErrRebuild] where they differ. What only the search of other
// programs uses may be as the office likes it.
func (s *server) verify(ctx context.Context, uid string) error {
	x := s.api.Index(uid)
	info, err := x.FetchInfoWithContext(ctx)
	if err != nil {
		return s.failed("read index "+uid, err)
	}
	rules, err := x.GetFilterableAttributesWithContext(ctx)
	if err != nil {
		return s.failed("read the settings of index "+uid, err)
	}
	sorts, err := x.GetSortableAttributesWithContext(ctx)
	if err != nil {
		return s.failed("read the settings of index "+uid, err)
	}
	shows, err := x.GetDisplayedAttributesWithContext(ctx)
	if err != nil {
		return s.failed("read the settings of index "+uid, err)
	}
	ranks, err := x.GetRankingRulesWithContext(ctx)
	if err != nil {
		return s.failed("read the settings of index "+uid, err)
	}
	one, err := x.GetDistinctAttributeWithContext(ctx)
	if err != nil {
		return s.failed("read the settings of index "+uid, err)
	}
	pages, err := x.GetPaginationWithContext(ctx)
	if err != nil {
		return s.failed("read the settings of index "+uid, err)
	}
	facets, err := x.GetFacetingWithContext(ctx)
	if err != nil {
		return s.failed("read the settings of index "+uid, err)
	}

	var wrong []string
	if info.PrimaryKey != keyAttribute {
		wrong = append(wrong, "primaryKey")
	}
	if !allows(*rules, filterable()) {
		wrong = append(wrong, "filterableAttributes")
	}
	if !hasAll(*sorts, sortable()) {
		wrong = append(wrong, "sortableAttributes")
	}
	if !hasAll(*shows, displayed()) {
		wrong = append(wrong, "displayedAttributes")
	}
	if !slices.Contains(*ranks, "sort") {
		wrong = append(wrong, "rankingRules")
	}
	if *one != "" {
		wrong = append(wrong, "distinctAttribute")
	}
	if pages.MaxTotalHits < maxTotalHits {
		wrong = append(wrong, "pagination")
	}
	if facets.MaxValuesPerFacet < maxFacetValues {
		wrong = append(wrong, "faceting")
	}
	if len(wrong) > 0 {
		return fmt.Errorf("index/meili: index %s: %w: another version made it or somebody changed its settings (%s)",
			uid, index.ErrRebuild, strings.Join(wrong, ", "))
	}
	return nil
}

// hasAll says whether a list of attributes has all that are needed.
func hasAll(list, needed []string) bool {
	return slices.Contains(list, "*") || !slices.ContainsFunc(needed, func(a string) bool { return !slices.Contains(list, a) })
}

// allows says whether rules, as the server gives them, allow what the needed
// ones do. They may allow more.
func allows(rules, needed []any) bool {
	has := features(rules)
	for attribute, want := range features(needed) {
		got := has[attribute]
		if want.Equality && !got.Equality || want.Comparison && !got.Comparison {
			return false
		}
	}
	return true
}

// features gives what filters may do with each attribute. A rule is the name of
// an attribute with which they may do all, or an object.
func features(rules []any) map[string]meilisearch.FilterFeatures {
	out := map[string]meilisearch.FilterFeatures{}
	for _, r := range rules {
		rule := meilisearch.AttributeRule{Features: meilisearch.AttributeFeatures{
			Filter: meilisearch.FilterFeatures{Equality: true, Comparison: true},
		}}
		if name, ok := r.(string); ok {
			rule.AttributePatterns = []string{name}
		} else if data, err := json.Marshal(r); err != nil || json.Unmarshal(data, &rule) != nil {
			continue // of a shape that this version does not know: it allows nothing
		}
		for _, attribute := range rule.AttributePatterns {
			if _, earlier := out[attribute]; !earlier { // the first that fits counts
				out[attribute] = rule.Features.Filter
			}
		}
	}
	return out
}
