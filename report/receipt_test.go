package report_test

import (
	"bytes"
	"image"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/sheet"
	"sealdesk/report"
)

var received = time.Date(2031, 3, 7, 14, 5, 0, 0, time.FixedZone("CST", 8*3600))

// data is a receipt for a bundle with two applications, one incomplete.
func data(t *testing.T) report.ReceiptData {
	t.Helper()
	c := call.Builtin()[0]
	fields := func(name, unit, recommender string) map[string]bundle.Field {
		return map[string]bundle.Field{
			c.Search.Name[0]:        {Value: name},
			c.Search.Unit[0]:        {Value: unit},
			c.Search.Recommender[0]: {Value: recommender},
		}
	}
	return report.ReceiptData{
		Number: sheet.NewReceipt("", received, 42), Received: received, By: "王小明", Call: c,
		File: "扫描件 03.pdf", Files: []string{"扫描件 03.pdf"}, SHA256: strings.Repeat("0123456789abcdef", 4), Pages: 21,
		Result: &bundle.Result{
			PageInfo: []bundle.PageInfo{
				{Page: 4, Flaws: []bundle.Flaw{{Kind: bundle.Blurred, Message: "本页模糊，请重新扫描"}}},
				{Page: 20, Error: &bundle.Error{Code: bundle.CodeDamaged, Message: "本页已损坏"}},
			},
			Applications: []bundle.Application{
				{
					Fields:  fields("青河水生态国际合作基地", "青河大学", "青河县科学技术局"),
					Verdict: bundle.Incomplete,
					Documents: []bundle.Document{
						{Kind: bundle.ApplicationForm, Pages: []int{1, 2, 3, 4, 6}},
						{Kind: bundle.Attachment, Pages: []int{7}},
					},
					Gaps: []bundle.Gap{{After: 4, Message: "申请书似乎缺少一页"}},
					Checks: []bundle.Check{
						{ID: "a", Status: bundle.Pass, Message: "不应出现的通过项"},
						{ID: "c", Status: bundle.Fail, Message: "未盖依托单位公章", Page: 6},
						{ID: "b", Status: bundle.Fail, Message: "缺少实施方案"},
						{ID: "d", Status: bundle.Review, Message: "第3页的日期看不清", Page: 3},
					},
				},
				{Fields: fields("", "", ""), Verdict: bundle.Complete},
			},
		},
	}
}

// receipt is the text of each page of a receipt.
func receipt(t *testing.T, d report.ReceiptData) []string {
	t.Helper()
	var pdf bytes.Buffer
	if err := report.Receipt(&pdf, d); err != nil {
		t.Fatal(err)
	}
	return texts(t, pdf.Bytes())
}

var blanks = regexp.MustCompile(`\s+`)

// lines are a page's text without the blanks that readers put between pieces.
func lines(page string) []string {
	var all []string
	for line := range strings.Lines(page) {
		if line = blanks.ReplaceAllString(line, ""); line != "" {
			all = append(all, line)
		}
	}
	return all
}

func TestReceiptSaysAll(t *testing.T) {
	d := data(t)
	pages := receipt(t, d)
	got := strings.Join(lines(strings.Join(pages, "\n")), "\n") + "\n"
	const golden = "testdata/receipt.txt"
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the receipt reads\n%s\nwant (%s)\n%s", got, golden, want)
	}
}

func TestReceiptInEnglish(t *testing.T) {
	d := data(t)
	d.Language = report.English
	got := strings.Join(receipt(t, d), "\n")
	for _, want := range []string{
		"Receipt for an application", d.Number, "7 March 2031, 14:05", "21 pages, 2 applications",
		"Missing or not as required (2)", "page 6", "Incomplete", "pages 1-4, 6",
		"2 points missing or not as required", "Staff will look at 1 more", "(could not be read)", "Page 1 of",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}

// TestReceiptIsTheSameAgain: the same data give the same bytes, at any time.
func TestReceiptIsTheSameAgain(t *testing.T) {
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := report.Receipt(w, data(t)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two receipts of the same data differ")
	}
}

// TestReceiptWithoutApplications: a wrong file is said to be one.
func TestReceiptWithoutApplications(t *testing.T) {
	d := data(t)
	d.Result.Applications = nil
	if got := strings.Join(receipt(t, d), ""); !strings.Contains(got, "没有找到申报材料") {
		t.Errorf("the receipt reads\n%s", got)
	}
}

// TestReceiptOfWhatIsNotRead: without a result a receipt says what was received, and
// nothing of what is missing.
func TestReceiptOfWhatIsNotRead(t *testing.T) {
	d := data(t)
	d.Result, d.Files = nil, []string{"第一页.jpg", "第二页.jpg"}
	got := strings.Join(lines(strings.Join(receipt(t, d), "\n")), "\n")
	for _, want := range []string{d.Number, "共21页", "第一页.jpg", "第二页.jpg", "还没有读完", "接收人（签字）"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	for _, not := range []string{"缺少", "份申报", "结论："} {
		if strings.Contains(got, not) {
			t.Errorf("there is %q in\n%s", not, got)
		}
	}
	d.Pages, d.Error = 0, &bundle.Error{Code: bundle.CodeEncrypted, Message: "文件有密码，请去掉密码后重新送交"}
	got = strings.Join(lines(strings.Join(receipt(t, d), "\n")), "\n")
	if !strings.Contains(got, "没有读出来：文件有密码，请去掉密码后重新送交") || !strings.Contains(got, "材料2个文件") {
		t.Errorf("the receipt of what cannot be read:\n%s", got)
	}
}

// TestReceiptMeanwhile: while arranged pages are checked again, the receipt says that it
// tells the earlier result.
func TestReceiptMeanwhile(t *testing.T) {
	d := data(t)
	d.Stale = true
	got := strings.Join(lines(strings.Join(receipt(t, d), "\n")), "\n")
	for _, want := range []string{"以下是整理以前的检查结果", "缺少实施方案"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}

// TestReceiptWithoutItsCall: a result outlives the profile by which it was read.
func TestReceiptWithoutItsCall(t *testing.T) {
	d := data(t)
	d.Call = nil
	got := strings.Join(lines(strings.Join(receipt(t, d), "\n")), "\n")
	for _, want := range []string{"第1份申报", "申请书第1-4、6页", "缺少实施方案"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
}

// TestHostileText: whatever is on paper stays on the page, within its margins, and
// every fault is on the receipt, on many pages if it must be.
func TestHostileText(t *testing.T) {
	for name, text := range map[string]string{
		"long Han":   strings.Repeat("国", 5000),
		"long word":  strings.Repeat("W", 5000),
		"controls":   "某\x00\x1b[31m某\u202e局\u2066(Tj) ET \\( endstream\r\n<script>",
		"no glyphs":  "𠮷😀\U000E0001\u0301" + strings.Repeat("ก", 300),
		"not UTF-8":  "\xff\xfe\xe5\xb1",
		"wide lines": strings.Repeat("a b，", 2000),
		"empty":      "",
	} {
		t.Run(name, func(t *testing.T) {
			d := data(t)
			d.By, d.File = text, text+".pdf"
			a := &d.Result.Applications[0]
			for k := range a.Fields {
				a.Fields[k] = bundle.Field{Value: text}
			}
			a.Checks, a.Documents = nil, nil
			for i := range 60 {
				a.Checks = append(a.Checks, bundle.Check{Status: bundle.Fail, Message: text, Page: 1000 + i})
			}
			for i := range 40 {
				a.Documents = append(a.Documents, bundle.Document{Kind: bundle.Kind(text), Pages: []int{1, 2*i + 3, 5000}})
				a.Documents[0].Pages = append(a.Documents[0].Pages, 9*i, 9*i+2)
			}
			var pdf bytes.Buffer
			if err := report.Receipt(&pdf, d); err != nil {
				t.Fatal(err)
			}
			all := strings.Join(texts(t, pdf.Bytes()), "\n")
			for _, want := range []string{"1000", "1059", "接收人（签字）"} {
				if !strings.Contains(blanks.ReplaceAllString(all, ""), want) {
					t.Errorf("there is no %s", want)
				}
			}
			if i := strings.IndexFunc(all, func(r rune) bool {
				return r != '\r' && r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
			}); i >= 0 {
				t.Errorf("the text holds %q", all[i:i+4])
			}
			for n, m := range pictures(t, pdf.Bytes(), 2) {
				if ink := outside(m.Gray(m.G)); !ink.Empty() {
					t.Errorf("page %d is printed on outside its margins, at %v", n+1, ink)
				}
			}
		})
	}
}

// outside is where a page drawn at 300 dpi has ink within 15 mm of its left and
// right edges, or within 8 mm of the others.
func outside(m *image.Gray) (ink image.Rectangle) {
	const side, end = 15 * 300 * 10 / 254, 8 * 300 * 10 / 254
	inner := image.Rect(side, end, m.Rect.Dx()-side, m.Rect.Dy()-end)
	for y := range m.Rect.Dy() {
		for x, v := range m.Pix[y*m.Stride:][:m.Rect.Dx()] {
			if p := image.Pt(x, y); v < 200 && !p.In(inner) {
				ink = ink.Union(image.Rectangle{Min: p, Max: p.Add(image.Pt(1, 1))})
			}
		}
	}
	return ink
}

// TestPagesAreNumbered: a receipt of several pages says so on each.
func TestPagesAreNumbered(t *testing.T) {
	d := data(t)
	d.Result.Applications = slices.Repeat(d.Result.Applications, 12)
	pages := receipt(t, d)
	if len(pages) < 3 {
		t.Fatalf("%d pages", len(pages))
	}
	for i, p := range pages {
		p = blanks.ReplaceAllString(p, "")
		if !strings.Contains(p, strings.ReplaceAll("第N页，共", "N", string(rune('1'+i)))) || !strings.Contains(p, d.Number) {
			t.Errorf("page %d has no number, or not the receipt's:\n%s", i+1, p)
		}
	}
}

func TestReceiptThatSaysNothing(t *testing.T) {
	for name, change := range map[string]func(*report.ReceiptData){
		"number":   func(d *report.ReceiptData) { d.Number = "" },
		"time":     func(d *report.ReceiptData) { d.Received = time.Time{} },
		"checksum": func(d *report.ReceiptData) { d.SHA256 = "" },
		"language": func(d *report.ReceiptData) { d.Language = "tlh" },
	} {
		d := data(t)
		change(&d)
		var pdf bytes.Buffer
		if err := report.Receipt(&pdf, d); err == nil || pdf.Len() > 0 {
			t.Errorf("%s: %d bytes, error %v", name, pdf.Len(), err)
		}
	}
}
