package meilitest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) addDocuments(r *request) reply {
	var docs []map[string]any
	if err := strict(r.body, &docs); err != nil {
		return badRequest("malformed_payload", "%v", err).reply()
	}
	return s.enqueue("documentAdditionOrUpdate", r.index, map[string]any{"receivedDocuments": len(docs)}, func() *apiError {
		x := s.change(r.index)
		if x.primaryKey == "" {
			x.primaryKey = r.URL.Query().Get("primaryKey")
		}
		if x.primaryKey == "" {
			return failure("index_primary_key_no_candidate_found", "the primary key cannot be guessed")
		}
		var list []*document
		for _, fields := range docs {
			d, err := newDocument(fields, x.primaryKey)
			if err != nil {
				return err
			}
			list = append(list, d)
		}
		at := map[string]int{}
		for i, d := range x.docs {
			at[d.id] = i
		}
		changed := slices.Clone(x.docs)
		for _, d := range list {
			if i, ok := at[d.id]; ok {
				changed[i] = d
				continue
			}
			at[d.id] = len(changed)
			changed = append(changed, d)
		}
		x.docs = changed
		return nil
	})
}

func (s *Server) deleteDocuments(r *request) reply {
	var ids []string
	if err := strict(r.body, &ids); err != nil {
		return badRequest("malformed_payload", "%v", err).reply()
	}
	details := map[string]any{"providedIds": len(ids), "deletedDocuments": nil}
	return s.enqueue("documentDeletion", r.index, details, func() *apiError {
		x := s.indexes[r.index]
		if x == nil {
			return noIndex(r.index)
		}
		before := len(x.docs)
		x.docs = slices.DeleteFunc(slices.Clone(x.docs), func(d *document) bool { return slices.Contains(ids, d.id) })
		x.updated = time.Now()
		details["deletedDocuments"] = before - len(x.docs)
		return nil
	})
}

// filtered gives the documents that pass the filter parameter.
func (x *store) filtered(parameter any, code string) ([]*document, *apiError) {
	f, err := filterOf(parameter)
	if err == nil {
		err = x.settings.check(f)
	}
	if err != nil {
		return nil, badRequest(code, "%v", err)
	}
	if f == nil {
		return x.docs, nil
	}
	var out []*document
	for _, d := range x.docs {
		if f.matches(d) {
			out = append(out, d)
		}
	}
	return out, nil
}

func (s *Server) fetchDocuments(r *request) reply {
	req := struct {
		Offset          uint     `json:"offset"`
		Limit           uint     `json:"limit"`
		Fields          []string `json:"fields"`
		Filter          any      `json:"filter"`
		RetrieveVectors bool     `json:"retrieveVectors"`
		IDs             []string `json:"ids"`
		Sort            []string `json:"sort"`
	}{Limit: 20}
	if err := strict(r.body, &req); err != nil {
		return badRequest("bad_request", "%v", err).reply()
	}
	x := s.indexes[r.index]
	if x == nil {
		return noIndex(r.index).reply()
	}
	list, failed := x.filtered(req.Filter, "invalid_document_filter")
	if failed != nil {
		return failed.reply()
	}
	if len(req.IDs) > 0 {
		list = slices.DeleteFunc(slices.Clone(list), func(d *document) bool { return !slices.Contains(req.IDs, d.id) })
	}
	if len(req.Sort) > 0 || req.RetrieveVectors {
		return badRequest("bad_request", "This stand-in fetches without sort and vectors.").reply()
	}
	results := []any{}
	for _, d := range window(list, req.Offset, req.Limit) {
		results = append(results, d.pick(req.Fields))
	}
	return reply{200, map[string]any{"results": results, "offset": req.Offset, "limit": req.Limit, "total": len(list)}}
}

func window(list []*document, offset, limit uint) []*document {
	n := uint(len(list))
	offset = min(offset, n)
	return list[offset : offset+min(limit, n-offset)]
}

func (s *Server) search(r *request) reply {
	req := struct {
		Q        string          `json:"q"`
		Offset   uint            `json:"offset"`
		Limit    uint            `json:"limit"`
		Page     *uint           `json:"page"`
		PerPage  *uint           `json:"hitsPerPage"`
		Retrieve []string        `json:"attributesToRetrieve"`
		Filter   any             `json:"filter"`
		Facets   []string        `json:"facets"`
		Sort     []string        `json:"sort"`
		Locales  []string        `json:"locales"`
		Strategy string          `json:"matchingStrategy"`
		Hybrid   json.RawMessage `json:"hybrid"`
	}{Limit: 20, Strategy: "last"}
	if err := strict(r.body, &req); err != nil {
		return badRequest("bad_request", "%v", err).reply()
	}
	x := s.indexes[r.index]
	switch {
	case x == nil:
		return noIndex(r.index).reply()
	case strings.TrimSpace(req.Q) != "" || len(req.Hybrid) > 0 && string(req.Hybrid) != "null":
		return badRequest("invalid_search_q", "This stand-in does not search by words.").reply()
	}
	list, failed := x.filtered(req.Filter, "invalid_search_filter")
	if failed == nil {
		list, failed = x.sorted(list, req.Sort)
	}
	if failed != nil {
		return failed.reply()
	}
	most := x.settings.Pagination.MaxTotalHits
	reachable := list[:min(uint(len(list)), most)]
	out := map[string]any{"query": req.Q, "processingTimeMs": 0}
	page := reachable
	if req.Page != nil || req.PerPage != nil {
		per, number := uint(20), uint(1)
		if req.PerPage != nil {
			per = *req.PerPage
		}
		if req.Page != nil {
			number = *req.Page
		}
		page = nil
		pages := uint(0)
		if per > 0 {
			pages = (uint(len(reachable)) + per - 1) / per
			if number > 0 {
				page = window(reachable, (number-1)*per, per)
			}
		}
		out["page"], out["hitsPerPage"], out["totalPages"], out["totalHits"] = number, per, pages, len(reachable)
	} else {
		page = window(reachable, req.Offset, req.Limit)
		out["offset"], out["limit"], out["estimatedTotalHits"] = req.Offset, req.Limit, len(reachable)
	}
	retrieve := x.settings.Displayed
	if req.Retrieve != nil && !slices.Contains(req.Retrieve, "*") {
		retrieve = slices.DeleteFunc(slices.Clone(req.Retrieve), func(a string) bool {
			return !slices.Contains(x.settings.Displayed, "*") && !slices.Contains(x.settings.Displayed, a)
		})
	}
	hits := []any{}
	for _, d := range page {
		hits = append(hits, d.pick(retrieve))
	}
	out["hits"] = hits
	if req.Facets != nil {
		counts, failed := x.distribution(list, req.Facets)
		if failed != nil {
			return failed.reply()
		}
		out["facetDistribution"], out["facetStats"] = counts, map[string]any{}
	}
	return reply{200, out}
}

// sorted puts documents in the order of the sort parameter. Those without a
// value come last, numbers before texts.
func (x *store) sorted(list []*document, by []string) ([]*document, *apiError) {
	if len(by) == 0 {
		return list, nil
	}
	if !slices.Contains(x.settings.Ranking, "sort") {
		return nil, badRequest("invalid_search_sort", "the ranking rules have no sort")
	}
	type rule struct {
		attribute string
		sign      int
	}
	var rules []rule
	for _, b := range by {
		attribute, direction, ok := strings.Cut(b, ":")
		if !ok || direction != "asc" && direction != "desc" {
			return nil, badRequest("invalid_search_sort", "%s does not end in :asc or :desc", b)
		}
		if !slices.Contains(x.settings.Sortable, attribute) {
			return nil, badRequest("invalid_search_sort", "attribute %s is not sortable", attribute)
		}
		rules = append(rules, rule{attribute, map[string]int{"asc": 1, "desc": -1}[direction]})
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *document) int {
		for _, r := range rules {
			as, an := a.facets(r.attribute)
			bs, bn := b.facets(r.attribute)
			if c := cmp.Compare(rank(as, an), rank(bs, bn)); c != 0 {
				return c
			}
			c := 0
			switch {
			case len(an) > 0:
				c = cmp.Compare(an[0], bn[0])
			case len(as) > 0:
				c = cmp.Compare(as[0], bs[0])
			}
			if c != 0 {
				return r.sign * c
			}
		}
		return 0
	})
	return list, nil
}

func rank(texts []string, numbers []float64) int {
	switch {
	case len(numbers) > 0:
		return 0
	case len(texts) > 0:
		return 1
	}
	return 2
}

// distribution counts documents by their values. Values that the server folds
// to the same are one.
func (x *store) distribution(list []*document, attributes []string) (map[string]map[string]int, *apiError) {
	out := map[string]map[string]int{}
	for _, attribute := range attributes {
		if _, ok := x.settings.group(attribute); !ok {
			return nil, badRequest("invalid_search_facets", "attribute %s is not filterable", attribute)
		}
		counts, names := map[string]int{}, map[string]string{}
		for _, d := range list {
			values := d.facet[attribute]
			for _, v := range values.strings {
				counts[v]++
				if names[v] == "" {
					names[v] = values.texts[v]
				}
			}
			for _, n := range values.numbers {
				v := strconv.FormatFloat(n, 'f', -1, 64)
				counts[v]++
				names[v] = v
			}
		}
		var keys []string
		for v := range counts {
			keys = append(keys, v)
		}
		slices.Sort(keys)
		out[attribute] = map[string]int{}
		for _, v := range keys[:min(uint(len(keys)), x.settings.Faceting.MaxValuesPerFacet)] {
			out[attribute][names[v]] = counts[v]
		}
	}
	return out, nil
}
