package report_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/figures"
	"sealdesk/report"
)

// hostile are names as they may stand on paper, each of which some program would take
// for something else.
var hostile = []string{
	`=HYPERLINK("http://x.cn","点")甲局`, "+1+cmd|' /C calc'!A0乙局", "-2+3丙局", "@SUM(1)丁局", "\t=1+1戊局", "\r=1己局", "＝1+1庚局",
	"<script>alert(1)</script>辛局", "a\x00b\x1b[31m壬局\u202e", "\xff\xfe癸局", strings.Repeat("长", 500) + "局", "&amp;'\"]]>子局",
}

// onFile are applications of two years, each like and unlike others in many ways, but
// the same at each call.
func onFile(t *testing.T, n int, names []string) []figures.Filed {
	t.Helper()
	now := call.Builtin()[0]
	old := *now
	old.ID, old.Year, old.Deadline = "older", now.Year-1, call.Date{}
	random := rand.New(rand.NewPCG(7, 7))
	rules := []string{
		"document.recommendation_letter", "plan.type", "plan.sections", "field.email.format", "field.overview.limit", "field.base_type.single",
		"seal.host_unit.present", "seal.letter.matches", "signature.host_unit.present", "date.deadline", "consistency.leader",
		"quota.recommending_dept", "duplicate.application", "page.3.readable", "page.4.readable", "page.2.gap", "no.such.rule.at-all",
	}
	var out []figures.Filed
	for i := range n {
		c := now
		if i%3 == 0 {
			c = &old
		}
		a := &bundle.Application{ID: fmt.Sprintf("%016d-1", i), Call: c.ID, Year: c.Year, Fields: map[string]bundle.Field{
			"base_name": {Value: fmt.Sprint("基地", i/2)}, "host_unit_name": {Value: fmt.Sprint("研究院", i/4)}, "base_leader": {Value: "某某"},
			"recommending_dept": {Value: names[random.IntN(len(names))]}, "email": {Value: "a@b.cn"},
		}}
		for _, id := range rules {
			if s := []bundle.Status{bundle.Pass, bundle.Pass, bundle.Review, bundle.Fail}[random.IntN(4)]; random.IntN(3) == 0 {
				a.Checks = append(a.Checks, bundle.Check{ID: id, Status: s})
			}
		}
		a.Verdict = []bundle.Verdict{bundle.Complete, bundle.Incomplete, bundle.NeedsReview}[random.IntN(3)]
		after := *a
		after.Fields = map[string]bundle.Field{}
		for k, f := range a.Fields {
			if random.IntN(4) == 0 {
				f.Corrected = &bundle.Mark{}
				if random.IntN(3) == 0 {
					f.Value = "other"
				}
			}
			after.Fields[k] = f
		}
		after.Fields["recommending_dept"] = a.Fields["recommending_dept"]
		f := figures.Filed{Application: figures.Of(c, fmt.Sprint("sha", i), "scan.pdf", a, &after)}
		if i%5 > 0 {
			f.Received = time.Date(c.Year, time.April, 8+i%10, 12, 0, 0, 0, time.Local)
		}
		out = append(out, f)
	}
	return out
}

var plainNames = []string{"东山市科学技术局", "西山盟科学技术局", "自治区农牧厅", "北山市科学技术局", "", "某大学"}

func made(t *testing.T, filed []figures.Filed, filter figures.Filter, language report.Language) *report.Document {
	t.Helper()
	return report.Figures(figures.Count(filed, filter), language, received)
}

// TestFiguresAreTheirApplications: whatever a figure counted can be listed.
func TestFiguresAreTheirApplications(t *testing.T) {
	filed := onFile(t, 400, append(slices.Clone(plainNames), hostile...))
	for _, filter := range []figures.Filter{{}, {Year: 2022}, {Recommender: plainNames[0]}, {Year: 2021, Recommender: figures.Unread}, {Recommender: hostile[0]}} {
		links := 0
		for _, table := range made(t, filed, filter, report.Chinese).Tables {
			for _, r := range table.Rows {
				for i, c := range r.Cells {
					if c.Of == nil {
						continue
					}
					links++
					got := len(figures.Select(filed, *c.Of))
					// What is corrected counts values; their applications may have several.
					if exact := c.Of.Corrected == ""; exact && got != int(c.Number) || !exact && (got == 0 || got > int(c.Number)) {
						t.Errorf("%+v: %s, %s is %s in %v, and there are %d", filter, table.ID, table.Columns[i].Head, c.Text, r.Cells[0].Text, got)
					}
				}
			}
		}
		if links < 30 {
			t.Errorf("%+v: only %d figures lead to applications", filter, links)
		}
	}
}

// TestSums: the years of one recommender are rows of it, without sums that say the same.
func TestSums(t *testing.T) {
	filed := onFile(t, 100, plainNames)
	for filter, sums := range map[figures.Filter]int{{}: 3, {Year: 2022}: 1, {Recommender: plainNames[0]}: 1} {
		n := 0
		for _, r := range made(t, filed, filter, report.Chinese).Tables[0].Rows {
			if r.Sum {
				n++
			}
		}
		if n != sums {
			t.Errorf("%+v: %d sums, want %d", filter, n, sums)
		}
	}
}

// tablesOf are the cells of a document's tables as texts, each table with its heads.
func tablesOf(d *report.Document) [][][]string {
	var out [][][]string
	for _, t := range d.Tables {
		var heads []string
		for _, c := range t.Columns {
			heads = append(heads, c.Head)
		}
		rows := [][]string{heads}
		for _, r := range t.Rows {
			var cells []string
			for _, c := range r.Cells {
				cells = append(cells, c.Text)
			}
			rows = append(rows, cells)
		}
		out = append(out, rows)
	}
	return out
}

func TestXLSX(t *testing.T) {
	filed := onFile(t, 300, append(slices.Clone(plainNames), hostile...))
	for _, language := range []report.Language{report.Chinese, report.English} {
		d := made(t, filed, figures.Filter{}, language)
		var b bytes.Buffer
		if err := d.XLSX(&b); err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got := f.GetSheetList(); len(got) != len(d.Tables)+1 {
			t.Fatalf("sheets %v", got)
		}
		for i, want := range tablesOf(d) {
			sheet := f.GetSheetList()[i]
			rows, err := f.GetRows(sheet)
			if err != nil || !slices.EqualFunc(rows, want, slices.Equal) {
				t.Errorf("sheet %s: %v\n%q, want\n%q", sheet, err, rows, want)
			}
			for y, row := range d.Tables[i].Rows {
				for x, c := range row.Cells {
					at, _ := excelize.CoordinatesToCellName(x+1, y+2)
					formula, err := f.GetCellFormula(sheet, at)
					kind, err2 := f.GetCellType(sheet, at)
					// A number has no type of its own in the file.
					number := kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber
					if err != nil || err2 != nil || formula != "" || number != c.Is {
						t.Errorf("%s!%s %q: formula %q, type %v, %v, %v", sheet, at, c.Text, formula, kind, err, err2)
					}
				}
			}
			if panes, err := f.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 1 {
				t.Errorf("sheet %s: panes %+v, %v", sheet, panes, err)
			}
		}
	}
}

func TestCSV(t *testing.T) {
	d := made(t, onFile(t, 300, append(slices.Clone(plainNames), hostile...)), figures.Filter{}, report.Chinese)
	var b bytes.Buffer
	if err := d.CSV(&b); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(b.String(), "\uFEFF")
	if !ok {
		t.Error("Excel will not know that it is UTF-8")
	}
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	guarded := 0
	for _, r := range rows {
		for i, cell := range r {
			if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") || strings.HasPrefix(cell, "＝") {
				t.Errorf("a spreadsheet runs %q", cell)
			}
			if plain, ok := strings.CutPrefix(cell, "'"); ok && strings.ContainsRune("=+-@＝", []rune(plain)[0]) {
				r[i] = plain
				guarded++
			}
		}
	}
	if guarded < 7 {
		t.Errorf("only %d cells were hostile", guarded)
	}
	for _, table := range tablesOf(d) {
		at := slices.IndexFunc(rows, func(r []string) bool { return slices.Equal(r, table[0]) })
		if at < 0 || !slices.EqualFunc(rows[at:at+len(table)], table, slices.Equal) {
			t.Errorf("there is no table\n%q in\n%q", table, rows)
		}
		rows = rows[max(at, 0)+1:] // the next may have the same heads
	}
}

func TestFiguresAsPDF(t *testing.T) {
	for _, language := range []report.Language{report.Chinese, report.English} {
		d := made(t, onFile(t, 300, plainNames), figures.Filter{}, language)
		var b bytes.Buffer
		if err := d.PDF(&b); err != nil {
			t.Fatal(err)
		}
		pages := texts(t, b.Bytes())
		all := blanks.ReplaceAllString(strings.Join(pages, ""), "")
		for i, table := range tablesOf(d) {
			// Long texts go on in further lines of their cells, behind the row's numbers.
			for y, row := range table[1:] {
				want := ""
				for x, cell := range row {
					if d.Tables[i].Columns[x].Kind != report.Text || x < 2 && d.Tables[i].ID == "completeness" {
						want += blanks.ReplaceAllString(cell, "")
					} else if len([]rune(cell)) > 8 {
						want = ""
					} else {
						want += blanks.ReplaceAllString(cell, "")
					}
				}
				if !strings.Contains(all, want) {
					t.Errorf("table %s, row %d: there is no %q", d.Tables[i].ID, y+1, want)
				}
			}
		}
		for n := range pages {
			if want := fmt.Sprint(n + 1); !strings.Contains(pages[n], want) {
				t.Errorf("page %d has no number", n+1)
			}
		}
	}
}

// TestHostileFigures: whatever stands in names, a PDF is made, within its margins.
func TestHostileFigures(t *testing.T) {
	d := made(t, onFile(t, 300, hostile), figures.Filter{}, report.Chinese)
	var b bytes.Buffer
	if err := d.PDF(&b); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(texts(t, b.Bytes()), "")
	if i := strings.IndexFunc(all, func(r rune) bool {
		return r != '\r' && r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
	}); i >= 0 {
		t.Errorf("the text holds %q", all[i:i+4])
	}
	for n, m := range pictures(t, b.Bytes(), 2) {
		if ink := outside(m.Gray(m.G)); !ink.Empty() {
			t.Errorf("page %d is printed on outside its margins, at %v", n+1, ink)
		}
	}
}

// TestFiguresTheSameAgain: the same figures give the same bytes, at any time.
func TestFiguresTheSameAgain(t *testing.T) {
	filed := onFile(t, 60, plainNames)
	for name, write := range map[string]func(*report.Document, *bytes.Buffer) error{
		"XLSX": func(d *report.Document, b *bytes.Buffer) error { return d.XLSX(b) },
		"CSV":  func(d *report.Document, b *bytes.Buffer) error { return d.CSV(b) },
		"PDF":  func(d *report.Document, b *bytes.Buffer) error { return d.PDF(b) },
	} {
		var files [2]bytes.Buffer
		for i := range files {
			if err := write(made(t, filed, figures.Filter{}, report.Chinese), &files[i]); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
			t.Errorf("two %s of the same figures differ", name)
		}
	}
}

// TestNoFigures: an empty store makes a report that says so.
func TestNoFigures(t *testing.T) {
	for _, language := range []report.Language{report.Chinese, report.English} {
		d := made(t, nil, figures.Filter{Year: 2022, Recommender: "x"}, language)
		for _, table := range d.Tables {
			if len(table.Rows) > 0 || table.Empty == "" {
				t.Errorf("%s: %+v", table.ID, table)
			}
		}
		for _, write := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return d.XLSX(b) }, func(b *bytes.Buffer) error { return d.CSV(b) }, func(b *bytes.Buffer) error { return d.PDF(b) },
		} {
			var b bytes.Buffer
			if err := write(&b); err != nil || b.Len() == 0 {
				t.Errorf("%d bytes, %v", b.Len(), err)
			}
		}
	}
}

// TestRuleWords: every rule that a check of the built-in call can have has words of its
// own in both languages.
func TestRuleWords(t *testing.T) {
	c := call.Builtin()[0]
	a := &bundle.Application{ID: "a", Call: c.ID}
	for _, id := range []string{
		"document.application_form", "plan.type", "plan.sections", "field.email.present", "field.overview.limit", "field.email.format",
		"field.base_type.single", "field.base_type.offered", "seal.letter.present", "seal.letter.matches", "signature.host_unit.present",
		"date.host_unit.present", "date.deadline", "consistency.leader", "quota.recommending_dept", "duplicate.application", "page.12.readable", "page.3.gap",
		"sheet.call", "sheet.recommender",
	} {
		a.Checks = append(a.Checks, bundle.Check{ID: id, Status: bundle.Fail})
	}
	for _, language := range []report.Language{report.Chinese, report.English} {
		seen := map[string]bool{}
		for _, d := range figures.Of(c, "x", "x", a, a).Defects {
			words := report.RuleWords(language, d.Rule)
			if words == d.Rule.ID || strings.Contains(words, "%") || strings.ContainsAny(words, "_.") || seen[words] {
				t.Errorf("%s: %q", d.Rule.ID, words)
			}
			seen[words] = true
		}
		for _, f := range c.Fields {
			if words := report.KindWords(language, figures.Kind(f.Type)); language == report.Chinese && words == string(f.Type) {
				t.Errorf("%s has no words", f.Type)
			}
		}
	}
}
