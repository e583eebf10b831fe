package web

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/figures"
	"sealdesk/index"
	"sealdesk/report"
)

func (s *Server) reportRoutes() []route {
	rows := []route{
		{pattern: "GET /reports", right: account.Reports, tab: "tab.reports", handler: s.reports},
		{pattern: "GET /reports/applications", right: account.Reports, handler: s.reportList},
	}
	for _, f := range reportFormats {
		rows = append(rows, route{pattern: "GET /reports." + f.name, right: account.Reports, handler: s.exportReport(f)})
	}
	return rows
}

// reportFormat is a kind of file that a report is exported as.
type reportFormat struct {
	name, media string
	write       func(*report.Document, io.Writer) error
}

var reportFormats = []reportFormat{
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (*report.Document).XLSX},
	{"csv", "text/csv; charset=utf-8", (*report.Document).CSV},
	{"pdf", "application/pdf", (*report.Document).PDF},
}

// rowsShown is how many rows of a table stand on the page.
const rowsShown = 200

// namesOffered is how many recommenders the box for one offers.
const namesOffered = 500

// reportsData is what the page of reports shows.
type reportsData struct {
	*report.Document
	Any       bool // whether there is anything on file
	Years     []int
	Year      int
	Asked     string   // the recommender that is asked for
	Names     []string // of recommenders
	NoSuch    bool     // whether there is no such recommender
	Perhaps   []filterLink
	Filtered  bool
	Chart     *chart
	Shown     []figureTable
	Downloads []filterLink
}

// filterLink leads to a report.
type filterLink struct{ Name, Link string }

// figureTable is a table of a report with its links.
type figureTable struct {
	report.Table
	Heads []headCell
	Lines []figureRow
	More  int // how many rows are not shown
}

// headCell is the head of a column; Class is that of its cells, too.
type headCell struct{ Head, Class string }

type figureRow struct {
	Sum   bool
	Cells []figureCell
}

type figureCell struct {
	Text  string
	Link  string // a narrower report, or the applications that were counted
	Class string
	Head  bool // whether the cell names its row
}

// reportFilter reads a filter from an address. What makes no sense is passed over.
func reportFilter(v url.Values) figures.Filter {
	var f figures.Filter
	if n, err := strconv.Atoi(v.Get("year")); err == nil && n > 0 && n < 10000 {
		f.Year = n
	}
	f.Recommender = cut(strings.TrimSpace(v.Get("recommender")), 300)
	return f
}

// cut is at most the first n characters of a text.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// reportLink is the address of a report, or of its files, for a filter.
func reportLink(path string, f figures.Filter) string {
	return withQuery(path, filterValues(f))
}

func filterValues(f figures.Filter) url.Values {
	v := url.Values{}
	if f.Year != 0 {
		v.Set("year", strconv.Itoa(f.Year))
	}
	if f.Recommender != "" {
		v.Set("recommender", f.Recommender)
	}
	return v
}

func withQuery(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// counted makes the figures of a request, and the report of them.
func (s *Server) counted(r *http.Request) (*figures.Report, *report.Document) {
	f := s.desk.Report(reportFilter(r.URL.Query()))
	return f, s.documents.of(f, reportLanguage(r), s.now().Local())
}

// documents are the reports of figures in words, as long as the figures are the same ones:
// with many recommenders the tables take longer than the page.
type documents struct {
	mu   sync.Mutex
	kept map[documentKey]keptDocument
}

type documentKey struct {
	figures.Filter
	report.Language
}

type keptDocument struct {
	of  *figures.Report
	doc *report.Document
}

// keptDocuments is how many are kept: those of a few people who look around.
const keptDocuments = 64

func (d *documents) of(f *figures.Report, language report.Language, now time.Time) *report.Document {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := documentKey{f.Filter, language}
	if k := d.kept[key]; k.of == f {
		return k.doc.At(now)
	}
	if d.kept == nil || len(d.kept) >= keptDocuments {
		d.kept = map[documentKey]keptDocument{}
	}
	doc := report.Figures(f, language, now)
	d.kept[key] = keptDocument{f, doc}
	return doc
}

func reportLanguage(r *http.Request) report.Language { return report.Language(visitOf(r).Lang) }

// reports is the page of figures.
func (s *Server) reports(w http.ResponseWriter, r *http.Request) error {
	f, doc := s.counted(r)
	d := reportsData{
		Document: doc, Any: len(f.Years) > 0, Years: f.Years, Year: f.Filter.Year, Asked: f.Filter.Recommender,
		Filtered: f.Filter != figures.Filter{},
	}
	for _, k := range f.Recommenders {
		if k.Name != "" && len(d.Names) < namesOffered {
			d.Names = append(d.Names, k.Name)
		}
	}
	if _, ok := f.Named(); !ok && d.Asked != "" && d.Any {
		d.NoSuch, d.Perhaps = true, perhaps(f)
	}
	for _, format := range reportFormats {
		d.Downloads = append(d.Downloads, filterLink{strings.ToUpper(format.name), reportLink("/reports."+format.name, f.Filter)})
	}
	d.Chart = chartOf(f)
	links := linker(f)
	for _, t := range doc.Tables {
		d.Shown = append(d.Shown, links.table(t))
	}
	return s.render(w, r, http.StatusOK, "reports", d)
}

// perhaps leads to the recommenders whose names hold what was asked for.
func perhaps(f *figures.Report) []filterLink {
	asked := index.Fold(f.Filter.Recommender)
	var out []filterLink
	for _, k := range f.Recommenders {
		if k.Name != "" && asked != "" && strings.Contains(index.Fold(k.Name), asked) && len(out) < 20 {
			of := f.Filter
			of.Recommender = k.Name
			out = append(out, filterLink{k.Name, reportLink("/reports", of)})
		}
	}
	return out
}

// exportReport answers with a report as a file.
func (s *Server) exportReport(format reportFormat) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, doc := s.counted(r)
		var b bytes.Buffer
		if err := format.write(doc, &b); err != nil {
			return err
		}
		// The recommender's name is a field's value, and none of the trail's.
		detail := "format=" + format.name
		name := "report"
		if f.Filter.Year != 0 {
			detail += fmt.Sprintf(" year=%d", f.Filter.Year)
			name += fmt.Sprintf("-%d", f.Filter.Year)
		}
		if f.Filter.Recommender != "" {
			detail += " recommender=one"
		}
		if err := s.record(r, audit.Entry{Action: audit.Export, Object: "report", Detail: detail}); err != nil {
			return err
		}
		w.Header().Set("Content-Type", format.media)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "." + format.name}))
		_, err := b.WriteTo(w)
		return err
	}
}

// links leads from figures to what they counted.
type links map[string]figures.Recommender // by group

func linker(f *figures.Report) links {
	out := links{}
	for _, k := range f.Recommenders {
		out[k.Group] = k
	}
	return out
}

// columnClasses are the classes of cells by the kind of their column.
var columnClasses = map[report.CellKind]string{report.Count: "num", report.Share: "num", report.Year: "nowrap"}

func (l links) table(t report.Table) figureTable {
	v := figureTable{Table: t, More: max(0, len(t.Rows)-rowsShown)}
	names := slices.IndexFunc(t.Columns, func(c report.Column) bool { return c.Kind == report.Text })
	for _, c := range t.Columns {
		v.Heads = append(v.Heads, headCell{c.Head, columnClasses[c.Kind]})
	}
	for _, r := range t.Rows[:len(t.Rows)-v.More] {
		row := figureRow{Sum: r.Sum}
		for i, c := range r.Cells {
			cell := figureCell{Text: c.Text, Class: v.Heads[i].Class, Head: i == names}
			switch {
			case c.Narrow != nil:
				cell.Link = reportLink("/reports", *c.Narrow)
			case c.Of != nil && c.Number > 0:
				cell.Link = l.behind(*c.Of)
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Lines = append(v.Lines, row)
	}
	return v
}

// spellingsSearched is how many spellings of one recommender a search is asked for.
const spellingsSearched = 20

// behind is the address that lists the applications behind a figure: a search where one
// finds just these, else a list of its own.
func (l links) behind(s figures.Selection) string {
	if q, ok := l.search(s); ok {
		return searchLink(q, 1)
	}
	return withQuery("/reports/applications", selectionValues(s))
}

func (l links) search(s figures.Selection) (q index.Query, ok bool) {
	if (s != figures.Selection{Filter: s.Filter, Verdict: s.Verdict}) {
		return q, false
	}
	if s.Year != 0 {
		q.Years = []int{s.Year}
	}
	if s.Verdict != "" {
		q.Verdicts = append(q.Verdicts, s.Verdict)
	}
	if s.Recommender != "" {
		k := l[figures.GroupOf(s.Recommender)]
		if len(k.Spellings) == 0 || len(k.Spellings) > spellingsSearched {
			return q, false
		}
		for _, name := range k.Spellings {
			q.Recommenders = append(q.Recommenders, index.CleanText(name))
		}
	}
	return q, len(q.Years)+len(q.Verdicts)+len(q.Recommenders) > 0
}
