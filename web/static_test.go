package web

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"sealdesk/account"
)

func TestStatic(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	page := b.get("/me")
	addresses := regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"`).FindAllStringSubmatch(page.text, -1)
	if len(addresses) < 5 {
		t.Fatalf("the page has the static files %v", addresses)
	}
	for _, m := range addresses {
		a := b.get(m[1])
		b.want(a, http.StatusOK)
		if got := a.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", m[1], got)
		}
		if a.Header.Get("Set-Cookie") != "" || strings.Contains(a.Header.Get("Vary"), "Cookie") {
			t.Errorf("%s has to do with sessions: %v", m[1], a.Header)
		}
	}
	for path, kind := range map[string]string{"desk.css": "text/css", "desk.js": "text/javascript", "icon.svg": "image/svg+xml"} {
		if got := b.get(d.file(t, path)).Header.Get("Content-Type"); !strings.HasPrefix(got, kind) {
			t.Errorf("%s is %q", path, got)
		}
	}
	// An address of another version, and what is not a file, is nothing.
	for _, path := range []string{"/static/000000000000/desk.css", "/static/x/README.md", "/static/x/..%2fweb.go"} {
		b.want(b.get(path), http.StatusNotFound)
	}
}

func TestCompression(t *testing.T) {
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	for _, path := range []string{"/help", d.file(t, "htmx.min.js")} {
		// Named here, so that the client leaves it as it is.
		a := b.get(path, "Accept-Encoding", "gzip")
		if a.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(a.text, "\x1f\x8b") {
			t.Errorf("%s is not compressed: %v", path, a.Header)
		}
	}
}

// TestVendored holds the files of others against the table in static/README.md.
func TestVendored(t *testing.T) {
	readme, err := fs.ReadFile(staticFiles, "static/README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| `([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(readme), -1)
	if len(rows) != 2 {
		t.Fatalf("the table has the rows %v", rows)
	}
	for _, row := range rows {
		b, err := fs.ReadFile(staticFiles, "static/"+row[1])
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != row[2] {
			t.Errorf("%s is another file than the table says", row[1])
		}
	}
}
