package web

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/desk"
	"sealdesk/desk/receive"
)

// upload is a file that somebody sends.
type upload struct {
	name, kind string
	data       []byte
}

// photo is a picture with what looks like print; no two seeds give the same.
func photo(t *testing.T, seed uint64) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	return paper(t, func(m *image.Gray) {
		for y := 80; y < 760; y += 36 {
			for x := 80; x < 520; x += 18 {
				for range 40 {
					m.SetGray(x+random.IntN(12), y+random.IntN(12), color.Gray{})
				}
			}
		}
	})
}

// paper is a picture of a page with what ink puts on it.
func paper(t *testing.T, ink func(*image.Gray)) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 620, 877))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	ink(m)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// intakeForm is what a browser sends for the intake's form.
func intakeForm(t *testing.T, together string, files ...upload) (body []byte, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if together != "" {
		if err := w.WriteField("together", together); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="files"; filename="%s"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "%0D", "\n", "%0A").Replace(f.name)))
		if f.kind != "" {
			h.Set("Content-Type", f.kind)
		}
		part, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// bring sends files as the intake's form does.
func (b *browser) bring(together string, files ...upload) answer {
	b.t.Helper()
	body, kind := intakeForm(b.t, together, files...)
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.desk.url+"/bundles", bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, string(text)}
}

// temporary gives temporary files a folder of their own, and gives it.
func temporary(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	return folder
}

// nothingLeft holds a folder for temporary files, and the process, against files of the
// intake that are left.
func nothingLeft(t *testing.T, folder string) {
	t.Helper()
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	open, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range open {
		// One that was closed meanwhile is none of ours.
		if to, err := os.Readlink(fd); err == nil && strings.Contains(to, "sealdesk-intake-") {
			t.Errorf("%s is open still", to)
		}
	}
}

func names(entries []desk.Entry) []string {
	var out []string
	for _, e := range entries {
		out = append(out, e.Name)
	}
	return out
}

// TestIntake: each file is a bundle, and one that is bad costs no other.
func TestIntake(t *testing.T) {
	folder := temporary(t)
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	scan, err := os.ReadFile("../testdata/bundles/complete.pdf")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("长", 5000) + ".png"
	a := b.bring("no",
		upload{"青禾市.pdf", "application/pdf", scan},
		upload{"notes.txt", "text/plain", []byte("not a scan")},
		upload{"empty.pdf", "application/pdf", nil},
		upload{`<script>alert(1)<b>.png`, "image/png", photo(t, 1)},
		upload{long, "image/png", photo(t, 2)},
		upload{`..\..\etc\passwd.png`, "image/png", photo(t, 3)},
	)
	b.want(a, http.StatusOK, "青禾市.pdf", "已收下，回执号", "不认识的文件格式", "文件是空的", "alert(1)", "passwd.png", strings.Repeat("长", 200))
	b.lacks(a, "<script>alert", `\etc`, strings.Repeat("长", 300))
	if got := strings.Count(a.text, "没有接收"); got < 2 {
		t.Errorf("%d files are said to be refused, want 2", got)
	}
	board := d.desk.Board(time.Time{}, 0)
	if len(board) != 4 {
		t.Fatalf("on the board: %q", names(board))
	}
	for _, e := range board {
		if e.By != d.users[account.Clerk].ID || e.ByName != "Display clerk" || e.State != desk.Waiting || e.Receipt == "" || strings.ContainsAny(e.Name, `/\`) || len([]rune(e.Name)) > 255 {
			t.Errorf("taken: %+v", e)
		}
	}
	if got := d.entries(t, audit.Bring); len(got) != 4 || got[0].User != d.users[account.Clerk].ID || !strings.HasPrefix(got[0].Object, "bundles/") {
		t.Errorf("the trail has %+v", got)
	}
	b.want(b.get("/bundles"), http.StatusOK, "青禾市.pdf", "&lt;script&gt;alert(1)")
	nothingLeft(t, folder)

	// The same bytes again, under another name, are the bundle that is there.
	d.pass(time.Minute)
	a = b.bring("no", upload{"again.pdf", "application/pdf", scan})
	sha := board[len(board)-1].Bundle
	for _, e := range board {
		if e.Name == "青禾市.pdf" {
			sha = e.Bundle
		}
	}
	b.want(a, http.StatusOK, "这份材料以前收过", "Display clerk", `href="/bundles/`+sha+`"`)
	if got := d.desk.Board(time.Time{}, 0); len(got) != 4 {
		t.Errorf("on the board: %q", names(got))
	}
	nothingLeft(t, folder)
}

// TestIntakePictures: several pictures are one bundle in their order, unless somebody
// says otherwise; what is no picture stays by itself.
func TestIntakePictures(t *testing.T) {
	folder := temporary(t)
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	one, two, three := photo(t, 1), photo(t, 2), photo(t, 3)
	b.want(b.bring("", upload{"2.png", "image/png", one}, upload{"1.png", "", two}), http.StatusOK, "已收下", "2 个文件")
	board := d.desk.Board(time.Time{}, 0)
	if len(board) != 1 || fmt.Sprint(board[0].Files) != "[2.png 1.png]" || board[0].Pages != 2 || board[0].Name != "2.png" {
		t.Fatalf("on the board: %+v", board)
	}
	b.want(b.bring("no", upload{"2.png", "image/png", one}, upload{"1.png", "image/png", two}), http.StatusOK, "已收下")
	if got := len(d.desk.Board(time.Time{}, 0)); got != 3 {
		t.Errorf("%d bundles are on the board, want the pictures' own two beside", got)
	}
	// A bad picture would leave a hole in its bundle, which is refused whole; others are not.
	scan, err := os.ReadFile("../testdata/bundles/no-seal.pdf")
	if err != nil {
		t.Fatal(err)
	}
	a := b.bring("yes", upload{"a.png", "image/png", three}, upload{"b.png", "image/png", nil}, upload{"c.pdf", "application/pdf", scan})
	b.want(a, http.StatusOK, "这 2 个文件作为一份材料没有接收", "b.png", "c.pdf", "已收下")
	if got := names(d.desk.Board(time.Time{}, 0)); len(got) != 4 || !slices.Contains(got, "c.pdf") {
		t.Errorf("on the board: %q", got)
	}
	// A photo in a format that cannot be read is a picture all the same.
	heic := append([]byte("\x00\x00\x00\x18ftypheic"), make([]byte, 100)...)
	b.want(b.bring("yes", upload{"a.png", "image/png", three}, upload{"d.heic", "image/heic", heic}), http.StatusOK, "这 2 个文件", "d.heic", "HEIC")
	b.want(b.bring("yes"), http.StatusUnprocessableEntity, "没有选择文件")
	b.want(b.bring("yes", upload{"", "application/octet-stream", nil}), http.StatusUnprocessableEntity, "没有选择文件")
	nothingLeft(t, folder)
}

func TestIntakeLimits(t *testing.T) {
	folder := temporary(t)
	d := newDesk(t)
	small := photo(t, 1)
	d.desk.Pipeline.Limits.MaxBytes = int64(len(small))
	b := d.in(t, account.Clerk)
	large := append(bytes.Clone(small), make([]byte, 1<<20)...)
	a := b.bring("no", upload{"large.png", "image/png", large}, upload{"small.png", "image/png", small})
	b.want(a, http.StatusOK, "文件太大", "已收下")
	if board := d.desk.Board(time.Time{}, 0); len(board) != 1 || board[0].Name != "small.png" {
		t.Errorf("on the board: %q", names(board))
	}
	b.want(b.post("/bundles", url.Values{"files": {"x"}}), http.StatusBadRequest)
	many := make([]upload, receive.Files+1)
	for i := range many {
		many[i] = upload{fmt.Sprint(i), "text/plain", []byte("x")}
	}
	b.want(b.bring("yes", many...), http.StatusOK, "一次最多 500 个文件")
	nothingLeft(t, folder)

	// A request that is longer than all requests may be is refused.
	rt := route{pattern: "POST /bundles", right: account.Intake, body: 1000, handler: d.bring}
	body, kind := intakeForm(t, "no", upload{"a.png", "image/png", small})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://desk/bundles", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	at, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(at) {
		r.AddCookie(c)
	}
	w := &memory{header: http.Header{}}
	d.logged(d.serve(rt)).ServeHTTP(w, r)
	if w.status != http.StatusRequestEntityTooLarge || !strings.Contains(w.String(), "太大") {
		t.Errorf("answered with %d: %s", w.status, w.String())
	}
	nothingLeft(t, folder)
}

// memory is a response that is kept.
type memory struct {
	bytes.Buffer
	header http.Header
	status int
}

func (m *memory) Header() http.Header    { return m.header }
func (m *memory) WriteHeader(status int) { m.status = status }

func TestIntakeRights(t *testing.T) {
	d := newDesk(t)
	for _, role := range []account.Role{account.Reviewer, account.Staff, account.Admin} {
		b := d.in(t, role)
		b.want(b.bring("no", upload{"a.png", "image/png", photo(t, 1)}), http.StatusForbidden, "没有权限")
		for _, path := range []string{"/bundles", "/bundles/events"} {
			b.want(b.get(path), http.StatusForbidden)
		}
	}
	if a := d.browser(t).bring("no", upload{"a.png", "image/png", photo(t, 1)}); a.StatusCode != http.StatusSeeOther {
		t.Errorf("somebody who has not signed in: %s", a.Status)
	}
	if board := d.desk.Board(time.Time{}, 0); len(board) != 0 {
		t.Errorf("on the board: %q", names(board))
	}
}

// TestIntakeBrokenOff: a client that goes away in the middle of a file leaves nothing.
func TestIntakeBrokenOff(t *testing.T) {
	folder := temporary(t)
	d := newDesk(t)
	b := d.in(t, account.Clerk)
	at, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	body, kind := intakeForm(t, "no", upload{"first.png", "image/png", photo(t, 1)}, upload{"second.png", "image/png", photo(t, 2)})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cookie := b.Jar.Cookies(at)[0]
	fmt.Fprintf(conn, "POST /bundles HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\nSec-Fetch-Site: same-origin\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		at.Host, cookie.Name, cookie.Value, kind, len(body))
	if _, err := conn.Write(body[:len(body)-3000]); err != nil {
		t.Fatal(err)
	}
	await(t, "the second file is on its way", func() bool {
		open, _ := filepath.Glob("/proc/self/fd/*")
		n := 0
		for _, fd := range open {
			if to, err := os.Readlink(fd); err == nil && strings.Contains(to, "sealdesk-intake-") {
				n++
			}
		}
		return n == 2
	})
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "the request has ended", func() bool { return strings.Contains(d.log.String(), "method=POST path=/bundles") })
	nothingLeft(t, folder)
	if board := d.desk.Board(time.Time{}, 0); len(board) != 0 {
		t.Errorf("on the board: %q", names(board))
	}
}

// await waits until something is so, on a busy machine.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatalf("it is not so that %s", what)
		}
	}
}
