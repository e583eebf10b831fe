package web

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
)

// A bundle goes out as a PDF whose text can be copied, to those who may see all of it, and
// the trail has it.
func TestSearchable(t *testing.T) {
	d, sha := reviewDesk(t, nil)
	scan, err := os.ReadFile("../testdata/bundles/complete.pdf")
	if err != nil {
		t.Fatal(err)
	}
	path := "/bundles/" + sha + "/searchable.pdf"
	d.take(t, "complete", "材料.pdf")
	for _, role := range []account.Role{account.Clerk, account.Reviewer} {
		b := d.in(t, role)
		b.want(b.get(reviewed(t)), http.StatusOK, `href="`+path+`"`)
		b.want(b.get("/bundles/"+sha), http.StatusOK, `href="`+path+`"`)
		a := b.get(path)
		b.want(a, http.StatusOK, "%PDF-")
		if got := a.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename=") || a.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("it comes as %q, %q", got, a.Header.Get("Content-Type"))
		}
		// A page's picture is in both, as it is packed.
		at := bytes.Index(scan, []byte{0xff, 0xd8, 0xff})
		if at < 0 || !strings.Contains(a.text, string(scan[at:at+10000])) {
			t.Error("the picture of the first page is not the original's")
		}
	}
	got := d.entries(t, audit.Export)
	if len(got) != 2 || got[0].Object != "bundles/"+sha || got[0].Detail != "searchable" || got[0].User != d.users[account.Clerk].ID {
		t.Errorf("the trail has %+v", got)
	}
	staff := d.in(t, account.Staff)
	staff.want(staff.get(path), http.StatusForbidden)
	staff.lacks(staff.get("/bundles/"+sha), "searchable.pdf")
	b := d.in(t, account.Clerk)
	b.want(b.get("/bundles/"+strings.Repeat("0", 64)+"/searchable.pdf"), http.StatusNotFound)
	waiting := d.take(t, "no-seal", "未读.pdf")
	b.want(b.get("/bundles/"+waiting.Bundle+"/searchable.pdf"), http.StatusNotFound)
}
