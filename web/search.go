package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk/personal"
	"sealdesk/index"
)

func (s *Server) searchRoutes() []route {
	return []route{
		{pattern: "GET /search", right: account.Search, tab: "tab.search", handler: s.search},
	}
}

// hitsPerPage is how many hits stand on one page of results.
const hitsPerPage = 20

// facetShown is how many values of a facet are in sight; the others are folded away.
const facetShown = 7

// searchData is what the page of search shows.
type searchData struct {
	Text    string
	Sort    index.Sort
	Asked   bool   // whether anything is looked for
	Problem string // the key of a message, or ""
	Total   int
	Took    time.Duration
	Hits    []hitView
	Facets  []facetView
	From    int // number of the first hit shown, from 1
	To      int
	Link    string // the address of this search
	Prev    string // that of the page before, "" for none
	Next    string
	Clear   string // that of the same words without any facet, "" where none is chosen
	Part    bool   // whether only a part of the page is written
}

// hitView is an application that was found.
type hitView struct {
	Link        string
	Name, Unit  []index.Segment
	Recommender string
	Types       []string
	Year        int
	Verdict     bundle.Verdict
	Snippet     []index.Segment
	Pages       []pageLink
	File        string
}

// pageLink leads to a page of an application.
type pageLink struct {
	Number int
	Link   string
}

// facetView is one way to narrow a search down.
type facetView struct {
	Name, Title string // of the parameter; the key of a message
	Values      []facetValue
	More        []facetValue
	Open        bool // whether one of More is chosen
}

type facetValue struct {
	ID, Name, Value string
	N               int
	On              bool
}

// facetTitles are the messages above facets, by their names.
var facetTitles = map[string]string{
	"year": "search.year", "verdict": "search.verdict", "type": "search.type",
	"recommender": "search.recommender", "kind": "search.kind", "country": "search.country",
}

// maxChosen is how many values of one facet count; nobody ticks more.
const maxChosen = 200

// searchQuery reads a search from an address. Whatever makes no sense is passed over:
// an old link finds what it can.
func searchQuery(v url.Values) (q index.Query, page int) {
	q.Text = strings.TrimSpace(v.Get("q"))
	switch sort := index.Sort(v.Get("sort")); sort {
	case index.ByYear, index.ByName:
		q.Sort = sort
	}
	for _, y := range chosen(v, "year") {
		if n, err := strconv.Atoi(y); err == nil && n > 0 && n < 10000 {
			q.Years = append(q.Years, n)
		}
	}
	for _, x := range chosen(v, "verdict") {
		switch verdict := bundle.Verdict(x); verdict {
		case bundle.Complete, bundle.Incomplete, bundle.NeedsReview:
			q.Verdicts = append(q.Verdicts, verdict)
		}
	}
	q.Types, q.Recommenders = chosen(v, "type"), chosen(v, "recommender")
	q.UnitKinds, q.Countries = chosen(v, "kind"), chosen(v, "country")
	page, err := strconv.Atoi(v.Get("page"))
	if err != nil || page < 1 || page > 1e6 {
		page = 1
	}
	q.Offset, q.Limit, q.Facets = (page-1)*hitsPerPage, hitsPerPage, true
	return q, page
}

func chosen(v url.Values, name string) []string {
	var out []string
	for _, x := range v[name] {
		if x != "" && !slices.Contains(out, x) && len(out) < maxChosen {
			out = append(out, x)
		}
	}
	return out
}

// searchLink is the one address of a search.
func searchLink(q index.Query, page int) string {
	v := url.Values{}
	set := func(name string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			v[name] = values
		}
	}
	set("q", q.Text)
	set("sort", string(q.Sort))
	for _, y := range q.Years {
		v.Add("year", strconv.Itoa(y))
	}
	for _, x := range q.Verdicts {
		v.Add("verdict", string(x))
	}
	set("type", q.Types...)
	set("recommender", q.Recommenders...)
	set("kind", q.UnitKinds...)
	set("country", q.Countries...)
	if page > 1 {
		set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return "/search"
	}
	return "/search?" + v.Encode()
}

// search is the page of search; for htmx only what changes with the words and facets.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	q, n := searchQuery(r.URL.Query())
	d := searchData{Text: q.Text, Sort: q.Sort, Link: searchLink(q, n), Part: isFragment(r)}
	bare := index.Query{Text: q.Text, Sort: q.Sort}
	d.Asked = searchLink(q, 1) != searchLink(index.Query{Sort: q.Sort}, 1)
	if plain := searchLink(bare, 1); plain != searchLink(q, 1) {
		d.Clear = plain
	}
	status := http.StatusOK
	err := s.find(r, q, n, &d)
	switch {
	case errors.Is(err, index.ErrQueryTooLong):
		d.Problem, status = "search.long", http.StatusUnprocessableEntity
	case errors.Is(err, errPersonal):
		d.Problem, status = "search.personal", http.StatusForbidden
	case err != nil:
		return err
	}
	if !d.Part {
		return s.render(w, r, status, "search", d)
	}
	w.Header().Set("HX-Replace-Url", d.Link)
	return s.fragment(w, r, "search", "results", d)
}

// errPersonal is that somebody looks for what they may not see.
var errPersonal = errors.New("the visitor may not search by personal data")

// find fills d with what q finds.
func (s *Server) find(r *http.Request, q index.Query, page int, d *searchData) error {
	node, err := s.words(r, q.Text)
	if err != nil {
		return err
	}
	began := time.Now()
	found, err := s.desk.Search(r.Context(), q)
	if err != nil {
		return err
	}
	if d.Facets, err = s.facets(r, q, found.Facets); err != nil {
		return err
	}
	d.Took, d.Total = time.Since(began), found.Total
	if d.Asked {
		if err := s.record(r, audit.Entry{Action: audit.Search, Detail: fmt.Sprintf("results=%d", found.Total)}); err != nil {
			return err
		}
	}
	open := visitOf(r).may(account.SeePersonal)
	for _, h := range found.Hits {
		d.Hits = append(d.Hits, hitOf(h, node, q.Text, open))
	}
	if len(d.Hits) > 0 {
		d.From, d.To = q.Offset+1, q.Offset+len(d.Hits)
	}
	if page > 1 {
		last := max(1, (found.Total+hitsPerPage-1)/hitsPerPage)
		d.Prev = searchLink(q, min(page-1, last))
	}
	if d.To > 0 && d.To < found.Total {
		d.Next = searchLink(q, page+1)
	}
	return nil
}

// words reads what somebody looks for, and refuses what they may not look for.
func (s *Server) words(r *http.Request, text string) (index.Node, error) {
	node, err := index.ParseQuery(text)
	if err == nil && !visitOf(r).may(account.SeePersonal) && personal.Asked(text) {
		return nil, errPersonal
	}
	return node, err
}

// hitOf shows a hit; open says whether personal data may be seen.
func hitOf(h index.Hit, node index.Node, text string, open bool) hitView {
	doc := h.Document
	v := hitView{
		Name: index.Highlight(node, doc.BaseName), Unit: index.Highlight(node, doc.HostUnit),
		Recommender: doc.Recommender, Types: doc.BaseType, Year: doc.Year, Verdict: doc.Verdict,
		File: doc.File, Snippet: h.Snippet,
	}
	if !open {
		v.Snippet = personal.MaskSegments(v.Snippet)
	}
	link := func(page int) string { return applicationLink(doc.ID, page, text) }
	v.Link = link(0)
	for i, n := range h.Pages {
		if i == 0 {
			v.Link = link(n) // the best
		}
		v.Pages = append(v.Pages, pageLink{n, link(n)})
	}
	slices.SortFunc(v.Pages, func(a, b pageLink) int { return a.Number - b.Number })
	return v
}

// applicationLink is the address of an application, at a page if it is not 0, with words
// to mark there.
func applicationLink(id string, page int, words string) string {
	v := url.Values{}
	if page > 0 {
		v.Set("page", strconv.Itoa(page))
	}
	if words != "" {
		v.Set("q", words)
	}
	link := "/applications/" + url.PathEscape(id)
	if len(v) > 0 {
		link += "?" + v.Encode()
	}
	return link
}

// facets are the ways to narrow q down; what is chosen is always there.
func (s *Server) facets(r *http.Request, q index.Query, found *index.Facets) ([]facetView, error) {
	all, err := s.desk.Facets(r.Context(), q, found)
	if err != nil {
		return nil, err
	}
	var out []facetView
	for _, f := range all {
		out = append(out, facetOf(f.Name, facetTitles[f.Name], f.Counts, chosen(r.URL.Query(), f.Name)))
	}
	return out, nil
}

func facetOf(name, title string, counts []index.Count, on []string) facetView {
	f := facetView{Name: name, Title: title}
	add := func(v facetValue) {
		v.Name = name
		v.ID = fmt.Sprintf("%s-%d", name, len(f.Values)+len(f.More))
		if len(f.Values) < facetShown || v.On && len(f.More) == 0 {
			f.Values = append(f.Values, v)
		} else {
			f.More = append(f.More, v)
			f.Open = f.Open || v.On
		}
	}
	if name == "year" {
		counts = slices.Clone(counts)
		slices.SortFunc(counts, func(a, b index.Count) int { return strings.Compare(b.Value, a.Value) })
	}
	for _, c := range counts {
		add(facetValue{Value: c.Value, N: c.N, On: slices.Contains(on, c.Value)})
	}
	for _, value := range on {
		if !slices.ContainsFunc(counts, func(c index.Count) bool { return c.Value == value }) {
			add(facetValue{Value: value, On: true})
		}
	}
	return f
}
