package api

import (
	"fmt"
	"net/http"
	"strings"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk/personal"
	"sealdesk/index"
)

// hit is an application that was found.
type hit struct {
	Application string         `json:"application"`
	Bundle      string         `json:"bundle"`
	File        string         `json:"file"`
	Call        string         `json:"call"`
	Year        int            `json:"year"`
	Verdict     bundle.Verdict `json:"verdict"`
	BaseName    string         `json:"base_name"`
	HostUnit    string         `json:"host_unit"`
	Recommender string         `json:"recommender"`
	BaseType    []string       `json:"base_type"`
	Pages       []int          `json:"pages"`   // those that match best
	Snippet     []segment      `json:"snippet"` // what stands around the first match
}

type segment struct {
	Text string `json:"text"`
	Mark bool   `json:"mark,omitempty"`
}

// count is one value of a facet, and how many have it.
type count struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// maxPage is the last page of results that can be asked for.
const maxPage = 10_000

// search finds applications, as the desk's page does.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	asked := index.Query{
		Text:  strings.TrimSpace(q.text("q", index.MaxQueryLength)),
		Sort:  index.Sort(q.choice("sort", string(index.ByYear), string(index.ByName))),
		Types: q.all("type"), Recommenders: q.all("recommender"), UnitKinds: q.all("kind"), Countries: q.all("country"),
		Limit: q.number("limit", index.DefaultLimit, 1, 100), Facets: true,
	}
	for _, year := range q.all("year") {
		one := query{values: map[string][]string{"year": {year}}}
		asked.Years = append(asked.Years, one.number("year", 0, 1, 9999))
		q.wrong = append(q.wrong, one.wrong...)
	}
	for _, verdict := range q.all("verdict") {
		one := query{values: map[string][]string{"verdict": {verdict}}}
		v := one.choice("verdict", string(bundle.Complete), string(bundle.Incomplete), string(bundle.NeedsReview))
		asked.Verdicts = append(asked.Verdicts, bundle.Verdict(v))
		q.wrong = append(q.wrong, one.wrong...)
	}
	page := q.number("page", 1, 1, maxPage)
	asked.Offset = (page - 1) * asked.Limit
	if err := q.end(); err != nil {
		return err
	}
	open := visitOf(r).may(account.SeePersonal)
	if !open && personal.Asked(asked.Text) {
		return wrong("personal")
	}
	results, err := s.desk.Search(r.Context(), asked)
	if err != nil {
		return err
	}
	facets, err := s.desk.Facets(r.Context(), asked, results.Facets)
	if err != nil {
		return err
	}
	if err := s.record(r, audit.Entry{Action: audit.Search, Detail: fmt.Sprintf("results=%d", results.Total)}); err != nil {
		return err
	}
	hits := []hit{}
	for _, h := range results.Hits {
		hits = append(hits, hitOf(h, open))
	}
	counts := map[string][]count{}
	for _, f := range facets {
		counts[f.Name] = []count{}
		for _, c := range f.Counts {
			counts[f.Name] = append(counts[f.Name], count{c.Value, c.N})
		}
	}
	return answer(w, http.StatusOK, map[string]any{
		"total": results.Total, "page": page, "limit": asked.Limit, "hits": hits, "facets": counts,
	})
}

// hitOf shows a hit; open says whether personal data may be seen.
func hitOf(h index.Hit, open bool) hit {
	d := h.Document
	out := hit{
		Application: d.ID, Bundle: d.Bundle, File: d.File, Call: d.Call, Year: d.Year, Verdict: d.Verdict,
		BaseName: d.BaseName, HostUnit: d.HostUnit, Recommender: d.Recommender,
		BaseType: append([]string{}, d.BaseType...), Pages: append([]int{}, h.Pages...), Snippet: []segment{},
	}
	snippet := h.Snippet
	if !open {
		snippet = personal.MaskSegments(snippet)
		out.BaseName, out.HostUnit, out.Recommender = personal.Mask(d.BaseName), personal.Mask(d.HostUnit), personal.Mask(d.Recommender)
	}
	for _, p := range snippet {
		out.Snippet = append(out.Snippet, segment{p.Text, p.Mark})
	}
	return out
}
