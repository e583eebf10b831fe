package browser

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"

	"sealdesk/account"
	"sealdesk/storage"
)

// shownTables are the tables of a page with the texts of their cells, by title.
const shownTables = `Object.fromEntries([...document.querySelectorAll("main table")].map((t) => [
	document.getElementById(t.getAttribute("aria-labelledby")).textContent.trim(),
	[...t.rows].map((r) => [...r.cells].map((c) => c.textContent.trim()))]))`

// file is what a link of a page leads to, as the browser gets it.
func (p *person) file(selector string) []byte {
	p.t.Helper()
	got := ask[string](p, `fetch(document.querySelector(`+quoted(selector)+`).href).then((r) => r.ok ? r.arrayBuffer() : new ArrayBuffer())
		.then((b) => btoa(Array.from(new Uint8Array(b), (c) => String.fromCharCode(c)).join("")))`, chromedp.EvalAwaitPromise)
	b, err := base64.StdEncoding.DecodeString(got)
	if err != nil || len(b) == 0 {
		p.t.Fatalf("%s leads to %d bytes, error %v", selector, len(b), err)
	}
	return b
}

// TestStaff: staff read the year's figures, go down to one application, and take the
// figures with them as XLSX, CSV and PDF, which all say what the screen says, also of a
// recommender that a sheet would run as a command.
func TestStaff(t *testing.T) {
	hostile := `=cmd|' /C calc'!A0`
	o := open(t, filled(t, func(t *testing.T, s storage.Store) {
		t.Helper()
		for i, a := range []paper{
			{name: "乌海.pdf", by: account.Clerk, change: named("煤基新材料国际科技合作基地", "乌海市新材料研究院", "乌海市科学技术局")},
			{name: "通辽.pdf", by: account.Clerk, change: named("玉米育种国际科技合作基地", "通辽市农牧科学研究所", hostile, doubtful("staff_doctor", "l2"))},
			{name: "乌海二.pdf", by: account.Clerk, change: named("碳减排国际科技合作基地", "乌海市煤化工研究所", "乌海市科学技术局", doubtful("contact_phone", "1736646600"))},
		} {
			a.scan, a.copy = "complete.pdf", i+1
			a.put(t, s)
		}
	}))
	p := o.in(account.Staff)
	p.open("/reports")
	ask[bool](p, `(document.querySelector("select[name=year]").value = "2022", true)`)
	p.click("form.report-filter button")
	p.until("narrowed down to the year", `location.search.includes("year=2022")`)
	p.sees(hostile, "乌海市科学技术局")

	screen := ask[map[string][][]string](p, shownTables)
	if len(screen) < 4 {
		t.Fatalf("the page has the tables %v", screen)
	}
	book, err := excelize.OpenReader(bytes.NewReader(p.file(`a[download][href^="/reports.xlsx"]`)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheet := bytes.TrimPrefix(p.file(`a[download][href^="/reports.csv"]`), []byte("\uFEFF"))
	reader := csv.NewReader(bytes.NewReader(sheet))
	reader.FieldsPerRecord = -1
	lines, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-raw", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(p.file(`a[download][href^="/reports.pdf"]`))
	printed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	pdf := strings.Join(strings.Fields(string(printed)), "")
	for title, rows := range screen {
		got, err := book.GetRows(title)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, rows, slices.Equal) {
			t.Errorf("%s in XLSX is %q, on the screen %q", title, got, rows)
		}
		for _, row := range rows {
			// A cell that begins like a formula is a text in CSV.
			if !slices.ContainsFunc(lines, func(line []string) bool {
				return slices.EqualFunc(line, row, func(a, b string) bool { return a == b || a == "'"+b })
			}) {
				t.Errorf("%s in CSV has no %q", title, row)
			}
			if line := strings.Join(strings.Fields(strings.Join(row, "")), ""); !strings.Contains(pdf, line) {
				t.Errorf("%s in PDF has no %q", title, line)
			}
		}
	}
	for _, line := range lines {
		if slices.ContainsFunc(line, func(cell string) bool { return strings.HasPrefix(cell, "=") }) {
			t.Errorf("a sheet would run a cell of %q", line)
		}
	}

	// From a figure to the applications behind it, and to one of them.
	ask[bool](p, `(document.querySelector('a[href*="verdict=complete"]').click(), true)`)
	p.until("at the applications", `location.pathname === "/search"`)
	p.sees("共 1 件", "煤基新材料国际科技合作基地")
	p.misses("玉米育种国际科技合作基地")
	p.follow(".hit-name")
	p.until("at the application", `location.pathname.startsWith("/applications/")`)
	p.sees("乌海市新材料研究院")
	p.sound()
}
