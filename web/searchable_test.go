package web

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
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
	admin := d.in(t, account.Admin)
	admin.want(admin.get(path), http.StatusForbidden)
	b := d.in(t, account.Clerk)
	b.want(b.get("/bundles/"+strings.Repeat("0", 64)+"/searchable.pdf"), http.StatusNotFound)
	waiting := d.take(t, "no-seal", "未读.pdf")
	b.want(b.get("/bundles/"+waiting.Bundle+"/searchable.pdf"), http.StatusNotFound)
}

// Who may not see contacts has them neither in the text of the PDF nor in its pictures.
func TestSearchableCovered(t *testing.T) {
	var phone, name bundle.Field
	d, sha := reviewDesk(t, func(r *bundle.Result) {
		phone, name = r.Applications[0].Fields["contact_phone"], r.Applications[0].Fields["base_name"]
		r.PageInfo[1].Error = &bundle.Error{Code: bundle.CodeInternal, Message: "没有读出来"}
	})
	scan, err := os.ReadFile("../testdata/bundles/complete.pdf")
	if err != nil {
		t.Fatal(err)
	}
	d.take(t, "complete", "材料.pdf")
	path := "/bundles/" + sha + "/searchable.pdf"
	whole, staff := d.in(t, account.Reviewer), d.in(t, account.Staff)
	staff.want(staff.get("/bundles/"+sha), http.StatusOK, `href="`+path+`"`)
	all, covered := whole.get(path), staff.get(path)
	whole.want(all, http.StatusOK, "%PDF-")
	staff.want(covered, http.StatusOK, "%PDF-")
	number, title := phone.Value.(string), strings.Join(strings.Fields(name.Value.(string)), "")
	if text := pdfText(t, all.text); !strings.Contains(text, number) || !strings.Contains(text, title) {
		t.Errorf("a reviewer's PDF has not %q and %q", number, title)
	}
	if text := pdfText(t, covered.text); strings.Contains(text, number) || !strings.Contains(text, title) {
		t.Errorf("a PDF of the staff has %q, or has not %q", number, title)
	}
	for at := 0; ; at++ {
		next := bytes.Index(scan[at:], []byte{0xff, 0xd8, 0xff})
		if next < 0 {
			break
		}
		if at += next; strings.Contains(covered.text, string(scan[at:min(len(scan), at+2000)])) {
			t.Fatal("a PDF of the staff has a picture of the original")
		}
	}
	pages := pictures(t, covered.text)
	if shades(pages[phone.Page-1], phone.Box) > 20 {
		t.Error("the phone can be seen")
	}
	if shades(pages[name.Page-1], name.Box) < 100 {
		t.Error("the name cannot be seen")
	}
	if shades(pages[1], bundle.Box{0, 0, 1, 1}) > 20 {
		t.Error("a page that was not read can be seen")
	}
}

// pictures are the pictures of a PDF's pages, as poppler takes them out.
func pictures(t *testing.T, pdf string) []image.Image {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "pdfimages", "-j", "-", filepath.Join(dir, "p"))
	cmd.Stdin = strings.NewReader(pdf)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pdfimages (scripts/install test brings it): %v: %.200s", err, out)
	}
	names, err := filepath.Glob(filepath.Join(dir, "p-*.jpg"))
	if err != nil || len(names) == 0 {
		t.Fatalf("the PDF has no pictures: %v", err)
	}
	var out []image.Image
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// shades is how far apart the darkest and the lightest pixel in the middle of a box are.
func shades(m image.Image, box bundle.Box) int {
	w, h := float64(m.Bounds().Dx()), float64(m.Bounds().Dy())
	low, high := 255, 0
	for y := int(box[1]*h) + 3; y < int(box[3]*h)-3; y++ {
		for x := int(box[0]*w) + 3; x < int(box[2]*w)-3; x++ {
			v := int(color.GrayModel.Convert(m.At(x, y)).(color.Gray).Y)
			low, high = min(low, v), max(high, v)
		}
	}
	return high - low
}
