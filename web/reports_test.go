package web

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/figures"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// reportApp is an application of the store that reportDesk makes.
type reportApp struct {
	recommender string
	verdict     bundle.Verdict
	fails       []string
	year        int
	came        time.Time
}

const hostileName = `=HYPERLINK("http://x.cn")某局`

func april(day int) time.Time { return time.Date(2022, time.April, day, 12, 0, 0, 0, time.Local) }

var reportApps = []reportApp{
	{"东山市科学技术局", bundle.Complete, nil, 2022, april(1)},
	{"东山市科学技术局", bundle.Incomplete, []string{"field.postcode.present", "seal.host_unit.present"}, 2022, april(13)},
	{"东山 市科学技术局", bundle.Incomplete, []string{"field.postcode.present"}, 2022, april(14)},
	{"西山盟科学技术局", bundle.NeedsReview, nil, 2022, april(2)},
	{"西山盟科学技术局", bundle.Complete, nil, 2021, april(3)},
	{"", bundle.Incomplete, []string{"field.recommending_dept.present"}, 2022, april(20)},
	{hostileName, bundle.Complete, nil, 2021, april(4)},
}

// reportID is the id of the n-th of them.
func reportID(n int) string { return reportSum(n)[:16] + "-1" }

func reportSum(n int) string {
	sum := sha256.Sum256([]byte("bundle " + strconv.Itoa(n)))
	return hex.EncodeToString(sum[:])
}

// putReportApps puts applications on file, as if they had been brought and read.
func putReportApps(t *testing.T, s storage.Store, apps []reportApp) {
	t.Helper()
	truth, err := os.ReadFile("../testdata/truth/complete.json")
	if err != nil {
		t.Fatal(err)
	}
	c := call.Builtin()[0]
	for n, of := range apps {
		var r bundle.Result
		if err := json.Unmarshal(truth, &r); err != nil {
			t.Fatal(err)
		}
		sha := reportSum(n)
		r.SHA256, r.File = sha, fmt.Sprintf("scan-%d.pdf", n)
		a := &r.Applications[0]
		a.ID, a.Year, a.Verdict, a.Checks = reportID(n), of.year, of.verdict, nil
		for key, value := range map[string]string{
			"recommending_dept": of.recommender, "recommender_dept": of.recommender,
			"base_name": fmt.Sprint("第", n, "基地"), "host_unit_name": fmt.Sprint("第", n, "研究院"), "host_unit": fmt.Sprint("第", n, "研究院"),
		} {
			f := a.Fields[key]
			f.Value = value
			a.Fields[key] = f
		}
		for _, id := range of.fails {
			a.Checks = append(a.Checks, bundle.Check{ID: id, Status: bundle.Fail, Message: "不符合"})
		}
		if of.verdict == bundle.NeedsReview {
			a.Checks = append(a.Checks, bundle.Check{ID: "field.email.format", Status: bundle.Review, Message: "请核对"})
		}
		put := func(key string, v any) {
			t.Helper()
			if err := storage.PutJSON(t.Context(), s, key, v); err != nil {
				t.Fatal(err)
			}
		}
		version := "bundles/" + sha + "/results/0001-00000000-" + c.ID + "-" + c.Version + "/"
		put(version+"text.json", []pipeline.PageText{})
		put(version+"result.json", r)
		put("bundles/"+sha+"/source.json", map[string]any{"files": []map[string]any{{"name": r.File, "size": 1}}})
		put("intake/"+of.came.UTC().Format("20060102T150405.000000000")+"-"+sha[:12]+".json", map[string]any{
			"bundle": sha, "name": r.File, "files": []string{r.File}, "by": "u", "by_name": "沈秋平", "time": of.came,
		})
	}
}

// reportDesk is a desk with reportApps on file, and its store.
func reportDesk(t *testing.T) (d *testDesk, store storage.Store) {
	t.Helper()
	d = newDesk(t, func(s storage.Store) {
		store = s
		putReportApps(t, s, reportApps)
	})
	return d, store
}

// figure is a cell of a table on a page.
type figure struct{ text, link string }

// tablesOn are the tables of a page by their names: rows of cells, the first of heads.
func tablesOn(t *testing.T, page string) map[string][][]figure {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	names, out := map[string]string{}, map[string][][]figure{}
	for n := range root.Descendants() {
		if id := attribute(n, "id"); id != "" {
			names[id] = textIn(n)
		}
	}
	for table := range root.Descendants() {
		if table.DataAtom != atom.Table {
			continue
		}
		var rows [][]figure
		for tr := range table.Descendants() {
			if tr.DataAtom != atom.Tr {
				continue
			}
			var row []figure
			for cell := range tr.ChildNodes() {
				if cell.DataAtom != atom.Td && cell.DataAtom != atom.Th {
					continue
				}
				f := figure{text: textIn(cell)}
				for a := range cell.Descendants() {
					if a.DataAtom == atom.A {
						f.link = attribute(a, "href")
					}
				}
				row = append(row, f)
			}
			rows = append(rows, row)
		}
		out[names[attribute(table, "aria-labelledby")]] = rows
	}
	return out
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textIn(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// words are the texts of rows.
func words(rows [][]figure) [][]string {
	var out [][]string
	for _, r := range rows {
		var cells []string
		for _, c := range r {
			cells = append(cells, c.text)
		}
		out = append(out, cells)
	}
	return out
}

func TestReports(t *testing.T) {
	d, _ := reportDesk(t)
	b := d.in(t, account.Staff)
	a := b.get("/reports")
	b.want(a, http.StatusOK, `aria-current="page">报表</a>`, `<svg`, `role="img"`, `<title id="chart-title">各推荐部门的齐全情况`, "口径", "齐全 ÷ 收到")
	tables := tablesOn(t, a.text)
	want := [][]string{
		{"年度", "推荐部门", "收到", "齐全", "不齐全", "待复核", "齐全率"},
		{"—", "合计", "7", "3", "3", "1", "42.9%"},
		{"2022", "全部推荐部门", "5", "1", "3", "1", "20.0%"},
		{"2022", "东山市科学技术局", "3", "1", "2", "0", "33.3%"},
		{"2022", "（未能读出）", "1", "0", "1", "0", "0.0%"},
		{"2022", "西山盟科学技术局", "1", "0", "0", "1", "0.0%"},
		{"2021", "全部推荐部门", "2", "2", "0", "0", "100.0%"},
		{"2021", hostileName, "1", "1", "0", "0", "100.0%"},
		{"2021", "西山盟科学技术局", "1", "1", "0", "0", "100.0%"},
	}
	if got := words(tables["齐全情况"]); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("completeness is\n%q, want\n%q", got, want)
	}
	if got := words(tables["最常见的问题"]); len(got) < 5 || !slices.Equal(got[1], []string{"“邮编”未填写", "field.postcode.present", "2", "28.6%", "0"}) {
		t.Errorf("the defects are %q", got)
	}
	if got := words(tables["截止日期"]); len(got) != 2 || !slices.Equal(got[1][2:], []string{"2022-04-13", "7", "5", "2", "0", "0", "0"}) {
		t.Errorf("the deadline is %q", got)
	}
	if got := words(tables["推荐名额"]); len(got) != 4 || !slices.Equal(got[1], []string{"2022", "东山市科学技术局", "盟市（含满洲里、二连浩特）", "3", "3", "3", "0"}) {
		t.Errorf("the quotas are %q", got)
	}
	b.lacks(a, "<script>", "style=")
	b.want(d.in(t, account.Clerk).get("/reports.csv"), http.StatusForbidden)
}

// TestDrillDown: behind each figure there are as many applications as it says, one click
// away, and from there the application itself.
func TestDrillDown(t *testing.T) {
	d, _ := reportDesk(t)
	b := d.in(t, account.Staff)
	followed := map[string]bool{}
	for _, page := range []string{"/reports", "/reports?year=2022&recommender=" + url.QueryEscape("东山市科学技术局")} {
		for name, rows := range tablesOn(t, b.get(page).text) {
			for _, row := range rows {
				for _, f := range row {
					n, err := strconv.Atoi(f.text)
					if err != nil || f.link == "" || followed[f.link] || strings.HasPrefix(f.link, "/reports?") {
						continue
					}
					followed[f.link] = true
					list := b.get(f.link)
					b.want(list, http.StatusOK, `href="/applications/`)
					if !strings.Contains(list.text, fmt.Sprintf("共 %d 份", n)) && !strings.Contains(list.text, fmt.Sprintf("共 %d 件", n)) {
						t.Errorf("%s: %s leads to %s, which does not have as many", name, f.text, f.link)
					}
				}
			}
		}
	}
	searches := 0
	for link := range followed {
		if strings.HasPrefix(link, "/search?") {
			searches++
		}
	}
	if searches < 5 || len(followed)-searches < 5 {
		t.Errorf("%d links lead to searches, of %d", searches, len(followed))
	}
	list := b.get("/reports/applications?rule=field.postcode.present&status=fail&year=2022")
	b.want(list, http.StatusOK, "不符合：“邮编”未填写", "年度：2022", "共 2 份", "/applications/"+reportID(1), "/applications/"+reportID(2), "第1研究院", "2022-04-14")
	b.want(b.get("/applications/"+reportID(1)), http.StatusOK, "第1基地")
	b.want(b.get("/reports/applications?rule=none&status=fail"), http.StatusOK, "没有这样的申请")
	b.want(b.get("/reports/applications?recommender=-&page=99"), http.StatusOK, "推荐部门：（未能读出）", "共 1 份")
}

func TestReportFilter(t *testing.T) {
	d, _ := reportDesk(t)
	b := d.in(t, account.Staff)
	for query, received := range map[string]string{
		"year=2021": "2", "year=2022": "5", "recommender=" + url.QueryEscape("东山市科学技术局"): "3", "recommender=-": "1",
		"year=2021&recommender=" + url.QueryEscape(hostileName): "1", "year=x": "7", "year=": "7",
	} {
		a := b.get("/reports?" + query)
		rows := tablesOn(t, a.text)["齐全情况"]
		if len(rows) < 2 || rows[1][2].text != received {
			t.Errorf("%s: %q, want %s received", query, words(rows), received)
		}
	}
	a := b.get("/reports?recommender=" + url.QueryEscape("山"))
	b.want(a, http.StatusOK, "没有叫“山”的推荐部门", "是不是要找", `">东山市科学技术局</a>`)
	a = b.get("/reports?recommender=" + url.QueryEscape(`"><script>alert(1)</script>`))
	b.lacks(a, "<script>alert")
	b.want(b.get("/reports?year=1999"), http.StatusOK, "没有符合条件的申请")
}

func TestReportsOfNothing(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Staff)
	b.want(b.get("/reports"), http.StatusOK, "还没有可以统计的申请")
	for _, f := range reportFormats {
		b.want(b.get("/reports."+f.name), http.StatusOK)
	}
}

// TestReportAfterCorrection: a correction changes the figures at once, and how right the
// machine was; the command line sees the same.
func TestReportAfterCorrection(t *testing.T) {
	d, store := reportDesk(t)
	b := d.in(t, account.Staff)
	before := tablesOn(t, b.get("/reports?recommender="+url.QueryEscape("东山市科学技术局")).text)["齐全情况"][1]
	for _, c := range []correct.Correction{
		{Target: "field:recommending_dept", Is: "北山市科学技术局"}, // corrected
		{Target: "field:address", Is: nil},                  // taken below as it is: confirmed
	} {
		c.Application, c.User, c.Name = reportID(0), "u", "审核员"
		if c.Is == nil {
			got, at, err := d.Server.desk.Application(t.Context(), reportID(0))
			if err != nil {
				t.Fatal(err)
			}
			c.Is = got.Result.Applications[at].Fields["address"].Value
		}
		if _, err := d.Server.desk.Correct(t.Context(), reportSum(0), c, 0); err != nil {
			t.Fatal(err)
		}
	}
	after := tablesOn(t, b.get("/reports?recommender="+url.QueryEscape("东山市科学技术局")).text)["齐全情况"][1]
	if before[2].text != "3" || after[2].text != "2" {
		t.Errorf("received: %v, then %v", before, after)
	}
	a := b.get("/reports?recommender=" + url.QueryEscape("北山市科学技术局"))
	fields := tablesOn(t, a.text)["识读正确率（按项目）"]
	want := [][]string{
		{"封面的组织推荐部门", "单位名称", "1", "1", "1", "0.0%", "0.0%", "79.3%"},
		{"通讯地址", "文字", "1", "1", "0", "100.0%", "20.7%", "100.0%"},
	}
	if got := words(fields); len(got) != 3 || !slices.EqualFunc(got[1:], want, slices.Equal) {
		t.Fatalf("the fields are %q, want %q", got, want)
	}
	b.want(b.get(fields[1][4].link), http.StatusOK, "共 1 份", "更正过：封面的组织推荐部门", reportID(0))

	there := figures.Count(d.Server.desk.Applications(), figures.Filter{})
	here, err := desk.Applications(t.Context(), store, call.Find, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%+v", figures.Count(here, figures.Filter{})), fmt.Sprintf("%+v", there); got != want {
		t.Errorf("from the store alone the figures are\n%s\nat the desk\n%s", got, want)
	}
}

// TestReportMasked: nothing personal is in reports, though it stands where a name should.
func TestReportMasked(t *testing.T) {
	apps := slices.Clone(reportApps)
	apps[0].recommender = "东山市科学技术局 电话13812345678 wang@x.cn"
	d := newDesk(t, func(s storage.Store) { putReportApps(t, s, apps) })
	b := d.in(t, account.Staff)
	for _, path := range []string{"/reports", "/reports.csv", "/reports/applications?year=2022", "/reports/applications?verdict=complete"} {
		a := b.get(path)
		b.want(a, http.StatusOK, "东山市科学技术局")
		b.lacks(a, "13812345678", "wang@x.cn")
	}
}

// TestExportsAgree holds the screen, XLSX, CSV and PDF against each other, figure for
// figure.
func TestExportsAgree(t *testing.T) {
	d, _ := reportDesk(t)
	b := d.in(t, account.Staff)
	for _, lang := range langs {
		b.post("/language", url.Values{"lang": {lang}})
		for _, query := range []string{"", "?year=2022", "?year=2022&recommender=" + url.QueryEscape("东山市科学技术局")} {
			screen := tablesOn(t, b.get("/reports"+query).text)
			if len(screen) < 5 {
				t.Fatalf("%s: the page has the tables %v", query, screen)
			}
			book := sheetsOf(t, b.file("/reports.xlsx"+query, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
			sections := sectionsOf(t, b.file("/reports.csv"+query, "text/csv; charset=utf-8"))
			pdf := pdfText(t, b.file("/reports.pdf"+query, "application/pdf"))
			for name, rows := range screen {
				want := words(rows)
				if got := book[name]; !slices.EqualFunc(got, want, slices.Equal) {
					t.Errorf("%s: %s in XLSX is\n%q, on the screen\n%q", query, name, got, want)
				}
				if got := sections[name]; !slices.EqualFunc(got, want, slices.Equal) {
					t.Errorf("%s: %s in CSV is\n%q, on the screen\n%q", query, name, got, want)
				}
				// Each row's figures stand together in the PDF, behind the name, of which
				// a further line may come between.
				for _, row := range want[1:] {
					for _, run := range numbers(row) {
						if !strings.Contains(pdf, run) {
							t.Errorf("%s: %s in PDF has no %q of %q", query, name, run, row)
						}
					}
				}
			}
			for name := range sections {
				if screen[name] == nil {
					t.Errorf("%s: %s is in CSV and not on the screen", query, name)
				}
			}
		}
	}
	exports := d.entries(t, audit.Export)
	if len(exports) != 2*3*3 || exports[3].Object != "report" || exports[3].Detail != "format=xlsx year=2022" || exports[3].User != d.users[account.Staff].ID {
		t.Errorf("the trail has %+v", exports)
	}
	for _, e := range exports {
		if strings.Contains(e.Detail, "东山") {
			t.Errorf("the trail names a recommender: %+v", e)
		}
	}
}

// file is a file that is offered for download.
func (b *browser) file(path, media string) string {
	b.t.Helper()
	a := b.get(path)
	b.want(a, http.StatusOK)
	if got := a.Header.Get("Content-Type"); got != media || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment; filename=report") {
		b.t.Errorf("%s: %v", path, a.Header)
	}
	return a.text
}

// numbers are the runs of figures in a row, without blanks.
func numbers(row []string) []string {
	var out []string
	run := ""
	for _, cell := range append(slices.Clone(row), "end") {
		if cell != "" && strings.Trim(cell, "0123456789.%—-") == "" {
			run += cell
			continue
		}
		if len(run) > 2 {
			out = append(out, run)
		}
		run = ""
	}
	return out
}

func sheetsOf(t *testing.T, file string) map[string][][]string {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string][][]string{}
	for _, name := range f.GetSheetList() {
		if out[name], err = f.GetRows(name); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// sectionsOf are the tables of a report as CSV, by their titles.
func sectionsOf(t *testing.T, file string) map[string][][]string {
	t.Helper()
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\uFEFF")))
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][][]string{}
	title := ""
	for _, r := range rows {
		switch {
		case len(r) == 1:
			title = r[0]
			continue
		case len(r) == 2: // a definition
			continue
		case title == "":
			t.Fatalf("a row without a table: %q", r)
		}
		for i := range r {
			r[i] = strings.TrimPrefix(r[i], "'")
		}
		// A note stands between a table's title and its heads.
		if _, note := out[title]; !note && strings.HasSuffix(title, "。") || strings.HasSuffix(title, ".") {
			title = before(rows, title)
		}
		out[title] = append(out[title], r)
	}
	return out
}

// before is the line before a line that has one cell.
func before(rows [][]string, line string) string {
	at := slices.IndexFunc(rows, func(r []string) bool { return len(r) == 1 && r[0] == line })
	return rows[at-1][0]
}

// pdfText is the text of a PDF without blanks, as poppler reads it in the order in
// which it was written.
func pdfText(t *testing.T, pdf string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-raw", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = strings.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext (scripts/install test brings it): %v: %.200s", err, pdf)
	}
	return strings.Join(strings.Fields(string(out)), "")
}
