package web

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/pipeline"
	scans "sealdesk/pipeline/page"
)

// take brings a bundle of testdata over the desk.
func (d *testDesk) take(t *testing.T, name, as string) desk.Entry {
	t.Helper()
	scan, err := os.ReadFile("../testdata/bundles/" + name + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	files := []scans.File{{Name: as, Data: bytes.NewReader(scan), Size: int64(len(scan))}}
	e, err := d.desk.Take(t.Context(), pipeline.Input{Name: as, Files: files}, desk.Sender{ID: "clerk-1", Name: "沈秋平"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestReceipt(t *testing.T) {
	d, sha := reviewDesk(t, func(r *bundle.Result) {
		a := &r.Applications[0]
		a.Verdict = bundle.Incomplete
		a.Checks = append(a.Checks,
			bundle.Check{ID: "seal.letter", Status: bundle.Fail, Message: "推荐文件没有盖章", Page: 8},
			bundle.Check{ID: "field.email.format", Status: bundle.Review, Message: "邮箱看不清", Page: 2})
	})
	path := "/bundles/" + sha + "/receipt.pdf"
	b := d.in(t, account.Clerk)
	// Before it comes over the desk it has no number.
	b.want(b.get(path), http.StatusNotFound, "没有回执编号")
	taken := d.take(t, "complete", "青河 材料.pdf")
	if taken.Bundle != sha || taken.Receipt == "" {
		t.Fatalf("taken as %+v", taken)
	}
	read := b.get(path)
	b.want(read, http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Disposition": "inline; filename=" + taken.Receipt + ".pdf", "Cache-Control": "no-store",
	} {
		if got := read.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	b.post("/language", url.Values{"lang": {"en"}})
	english := b.get(path)
	b.want(english, http.StatusOK)
	// The review view leads to it.
	b.want(b.get(reviewed(t)), http.StatusOK, `href="`+path+`"`)
	b.lacks(d.in(t, account.Reviewer).get(reviewed(t)), "receipt.pdf")
	waiting := d.take(t, "no-seal", "未读.pdf")
	b.post("/language", url.Values{"lang": {"zh"}})
	unread := b.get("/bundles/" + waiting.Bundle + "/receipt.pdf")
	b.want(unread, http.StatusOK)

	texts := []string{pdfText(t, read.text), pdfText(t, english.text), pdfText(t, unread.text)}
	for i, wants := range [][]string{
		{"材料接收回执", taken.Receipt, "沈秋平", "青河材料.pdf", "稀土永磁与节能电机国际科技合作基地", "毕力图嘎市磁材研究所", "不齐全",
			"第8页推荐文件没有盖章", "第2页邮箱看不清", "第1-8页申请书", "SHA-256" + sha[:16]},
		{"Receiptforanapplication", taken.Receipt, "推荐文件没有盖章", "Incomplete"},
		{waiting.Receipt, "未读.pdf", "还没有读完"},
	} {
		for _, want := range wants {
			if !strings.Contains(texts[i], want) {
				t.Errorf("receipt %d does not have %q:\n%s", i, want, texts[i])
			}
		}
	}
	if strings.Contains(texts[2], "份申报") {
		t.Errorf("the receipt of what is not read says what is in it:\n%s", texts[2])
	}
	got := d.entries(t, audit.Export)
	if len(got) != 3 || got[0].Object != "bundles/"+sha || got[0].Detail != "receipt" || got[0].User != d.users[account.Clerk].ID {
		t.Errorf("the trail has %+v", got)
	}
	for _, path := range []string{"/bundles/" + strings.Repeat("0", 64) + "/receipt.pdf", "/bundles/x/receipt.pdf"} {
		b.want(b.get(path), http.StatusNotFound)
	}
	for _, role := range []account.Role{account.Reviewer, account.Staff, account.Admin} {
		b.want(d.in(t, role).get(path), http.StatusForbidden)
	}
}

// TestReceiptOfAHostileName: what a file is called is neither a header nor a path.
func TestReceiptOfAHostileName(t *testing.T) {
	d := newDesk(t)
	e := d.take(t, "no-seal", "x\"\r\nSet-Cookie: a=b; ../../../etc/passwd")
	b := d.in(t, account.Clerk)
	a := b.get("/bundles/" + e.Bundle + "/receipt.pdf")
	b.want(a, http.StatusOK, "%PDF-")
	if got := a.Header.Get("Content-Disposition"); got != "inline; filename="+e.Receipt+".pdf" {
		t.Errorf("the disposition is %q", got)
	}
	if got := fileName("2031/../\"\r\n回执-1"); got != "2031_-1" {
		t.Errorf("the name is %q", got)
	}
}
