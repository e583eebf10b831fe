package meilitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// settings are those of an index that have a meaning here or that are checked.
type settings struct {
	Ranking      []string         `json:"rankingRules"`
	Distinct     *string          `json:"distinctAttribute"`
	Searchable   []string         `json:"searchableAttributes"`
	Displayed    []string         `json:"displayedAttributes"`
	Filterable   []any            `json:"filterableAttributes"`
	Sortable     []string         `json:"sortableAttributes"`
	Localized    []localized      `json:"localizedAttributes"`
	Typo         *typoTolerance   `json:"typoTolerance"`
	Pagination   *pagination      `json:"pagination"`
	Faceting     *faceting        `json:"faceting"`
	Proximity    string           `json:"proximityPrecision"`
	CutoffMs     *uint            `json:"searchCutoffMs"`
	Dictionary   []string         `json:"dictionary"`
	StopWords    []string         `json:"stopWords"`
	filterGroups []filterableRule // Filterable, parsed
}

type localized struct {
	Patterns []string `json:"attributePatterns"`
	Locales  []string `json:"locales"`
}

type typoTolerance struct {
	Enabled             bool     `json:"enabled"`
	MinWordSizeForTypos wordSize `json:"minWordSizeForTypos"`
	DisableOnWords      []string `json:"disableOnWords"`
	DisableOnAttributes []string `json:"disableOnAttributes"`
	DisableOnNumbers    bool     `json:"disableOnNumbers"`
}

type wordSize struct {
	OneTypo  uint8 `json:"oneTypo"`
	TwoTypos uint8 `json:"twoTypos"`
}

type pagination struct {
	MaxTotalHits uint `json:"maxTotalHits"`
}

type faceting struct {
	MaxValuesPerFacet uint              `json:"maxValuesPerFacet"`
	SortFacetValuesBy map[string]string `json:"sortFacetValuesBy"`
}

type filterableRule struct {
	AttributePatterns []string `json:"attributePatterns"`
	Features          struct {
		FacetSearch bool `json:"facetSearch"`
		Filter      struct {
			Equality   bool `json:"equality"`
			Comparison bool `json:"comparison"`
		} `json:"filter"`
	} `json:"features"`
}

func defaultSettings() settings {
	return settings{
		Ranking:    []string{"words", "typo", "proximity", "attribute", "sort", "exactness"},
		Searchable: []string{"*"}, Displayed: []string{"*"}, Filterable: []any{}, Sortable: []string{},
		Typo:       &typoTolerance{Enabled: true, MinWordSizeForTypos: wordSize{5, 9}, DisableOnWords: []string{}, DisableOnAttributes: []string{}},
		Pagination: &pagination{1000}, Faceting: &faceting{100, map[string]string{"*": "alpha"}},
		Proximity: "byWord", Dictionary: []string{}, StopWords: []string{},
	}
}

// strict decodes JSON without unknown fields or anything behind it.
func strict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return fmt.Errorf("trailing characters")
	}
	return nil
}

// locales are the languages that this stand-in knows of those in Meilisearch.
var locales = []string{"cmn", "zho", "jpn", "eng", "mon", "rus", "zh", "ja", "en"}

var rankingRules = []string{"words", "typo", "proximity", "attribute", "attributeRank", "wordPosition", "sort", "exactness"}

// with gives the settings with those of a request in their places, checked.
func (s settings) with(data []byte) (settings, *apiError) {
	if err := strict(data, &s); err != nil {
		return s, badRequest("bad_request", "%v", err)
	}
	for _, r := range s.Ranking {
		name, dir, custom := strings.Cut(r, ":")
		if custom && (name == "" || dir != "asc" && dir != "desc") || !custom && !slices.Contains(rankingRules, r) {
			return s, badRequest("invalid_settings_ranking_rules", "%s is no ranking rule", r)
		}
	}
	for _, l := range s.Localized {
		for _, code := range l.Locales {
			if !slices.Contains(locales, code) {
				return s, badRequest("invalid_settings_localized_attributes", "%s is no known locale", code)
			}
		}
		if len(l.Patterns) == 0 {
			return s, badRequest("invalid_settings_localized_attributes", "localizedAttributes need attributePatterns")
		}
	}
	if t := s.Typo; t != nil && t.MinWordSizeForTypos.OneTypo > t.MinWordSizeForTypos.TwoTypos {
		return s, badRequest("invalid_settings_typo_tolerance", "twoTypos must not be less than oneTypo")
	}
	if s.Faceting != nil {
		for _, order := range s.Faceting.SortFacetValuesBy {
			if order != "alpha" && order != "count" {
				return s, badRequest("invalid_settings_faceting", "%s is no order of facets", order)
			}
		}
	}
	if s.Proximity != "byWord" && s.Proximity != "byAttribute" {
		return s, badRequest("invalid_settings_proximity_precision", "%s is no proximity precision", s.Proximity)
	}
	s.filterGroups = nil
	for _, rule := range s.Filterable {
		var group filterableRule
		switch rule := rule.(type) {
		case string:
			group.AttributePatterns = []string{rule}
			group.Features.FacetSearch, group.Features.Filter.Equality, group.Features.Filter.Comparison = true, true, true
		default:
			data, err := json.Marshal(rule)
			if err == nil {
				err = strict(data, &group)
			}
			if err != nil || len(group.AttributePatterns) == 0 {
				return s, badRequest("invalid_settings_filterable_attributes", "a filterable attribute is a string or an object of attributePatterns and features")
			}
		}
		s.filterGroups = append(s.filterGroups, group)
	}
	defaults := defaultSettings()
	for _, list := range []struct{ got, none *[]string }{
		{&s.Ranking, &defaults.Ranking}, {&s.Searchable, &defaults.Searchable}, {&s.Displayed, &defaults.Displayed}, {&s.Sortable, &defaults.Sortable},
	} {
		if *list.got == nil { // null is the default
			*list.got = *list.none
		}
	}
	if s.Pagination == nil {
		s.Pagination = defaults.Pagination
	}
	if s.Faceting == nil {
		s.Faceting = defaults.Faceting
	}
	return s, nil
}

// check refuses a filter with attributes that are not set up for it.
func (s settings) check(f filter) error {
	if f == nil {
		return nil
	}
	return f.attributes(func(attribute string, comparison bool) error {
		group, ok := s.group(attribute)
		if !ok {
			return fmt.Errorf("attribute %s is not filterable; these are: %v", attribute, s.Filterable)
		}
		if comparison && !group.Features.Filter.Comparison || !comparison && !group.Features.Filter.Equality {
			return fmt.Errorf("the settings do not allow this operator for attribute %s", attribute)
		}
		return nil
	})
}

// group finds the first rule whose patterns fit an attribute.
func (s settings) group(attribute string) (filterableRule, bool) {
	for _, g := range s.filterGroups {
		for _, p := range g.AttributePatterns {
			if ok, err := path.Match(p, attribute); err == nil && ok {
				return g, true
			}
		}
	}
	return filterableRule{}, false
}

// subSettings are the routes of single settings, by their names in the path.
var subSettings = map[string]string{
	"ranking-rules":         "rankingRules",
	"distinct-attribute":    "distinctAttribute",
	"searchable-attributes": "searchableAttributes",
	"displayed-attributes":  "displayedAttributes",
	"filterable-attributes": "filterableAttributes",
	"sortable-attributes":   "sortableAttributes",
	"localized-attributes":  "localizedAttributes",
	"typo-tolerance":        "typoTolerance",
	"pagination":            "pagination",
	"faceting":              "faceting",
	"proximity-precision":   "proximityPrecision",
	"dictionary":            "dictionary",
	"stop-words":            "stopWords",
}
