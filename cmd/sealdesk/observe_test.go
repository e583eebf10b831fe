package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	pdfcpu "github.com/pdfcpu/pdfcpu/pkg/api"

	"sealdesk/bundle"
	"sealdesk/observe/otlptest"
)

// seen is what a desk that read a bundle shows to those outside.
type seen struct {
	sha       string
	result    bundle.Result
	log       string
	metrics   string
	spans     otlptest.Spans
	passwords []string // and tokens, names of people and files
}

// seenFromOutside runs a desk in which a bundle is sent, read, found and corrected while
// the log is at its lowest level and a collector takes traces.
func seenFromOutside(t *testing.T) *seen {
	t.Helper()
	const password, display = "correct horse battery", "欧阳娜仁"
	const file, refused = "欧阳娜仁的申报材料.pdf", "敖特根其其格.pdf"
	folder := t.TempDir()
	s := &seen{passwords: []string{password, display, "uploader-login", strings.TrimSuffix(file, ".pdf"), strings.TrimSuffix(refused, ".pdf")}}
	tokens := map[string]string{}
	for name, role := range map[string]string{"uploader-login": "clerk", "watcher-login": "admin"} {
		add := exec.CommandContext(t.Context(), "sealdesk", "user", "add", name, "--role", role, "--display", display, "--data", folder)
		add.Stdin = strings.NewReader(password + "\n")
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		out := succeed(t, folder, "token", "add", name, "--for", "tests", "--data", folder)
		tokens[role] = regexp.MustCompile(`sealdesk_[A-Z2-7]{52}`).FindString(out)
		s.passwords = append(s.passwords, tokens[role])
	}

	collector := otlptest.Start(t)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100") // ms, until spans are sent
	var log bytes.Buffer
	desk, line := openDeskTo(t, &log, "--data", folder, "--log-level", "debug", "--log-format", "json", "--traces-endpoint", collector.URL)
	address := regexp.MustCompile(`http://\S+`).FindString(line)
	ask := func(role, method, path, media string, body io.Reader) []byte {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address+path, body)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+tokens[role])
		r.Header.Set("Content-Type", media)
		resp, err := http.DefaultClient.Do(r)
		must(t, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		must(t, err)
		if resp.StatusCode >= 300 {
			t.Fatalf("%s %s: %s: %s", method, path, resp.Status, b)
		}
		return b
	}

	// A cover and the page of opinions: names, units, phones and dates.
	whole, err := os.Open("../../testdata/bundles/no-seal.pdf")
	must(t, err)
	defer whole.Close()
	var pages bytes.Buffer
	must(t, pdfcpu.Trim(whole, &pages, []string{"1", "8"}, nil))
	scan := pages.Bytes()
	sum := sha256.Sum256(scan)
	s.sha = hex.EncodeToString(sum[:])
	if status := send(t, address, tokens["clerk"], file, scan); status != http.StatusAccepted {
		t.Fatalf("a bundle that is sent: %d", status)
	}
	// One that cannot be read is refused, and is called after somebody, too.
	torn, err := os.ReadFile("../../testdata/bad/truncated.pdf")
	must(t, err)
	if status := send(t, address, tokens["clerk"], refused, torn); status != http.StatusUnprocessableEntity {
		t.Fatalf("a torn file that is sent: %d", status)
	}
	for patience := time.After(time.Minute); len(s.spans.Of("bundle", s.sha)) == 0; s.spans = collector.Spans() {
		select {
		case <-collector.Came:
		case <-patience:
			t.Fatal("no trace says that the bundle was read")
		}
	}
	must(t, json.Unmarshal(ask("clerk", "GET", "/api/v1/bundles/"+s.sha+"/result", "", nil), &s.result))
	if len(s.result.Applications) == 0 {
		t.Fatal("no application was found")
	}
	ask("clerk", "GET", "/api/v1/search?q="+url.QueryEscape(fmt.Sprint(s.result.Applications[0].Fields["base_leader"].Value)), "", nil)
	const corrected = "额尔敦塔娜"
	s.passwords = append(s.passwords, corrected)
	ask("clerk", "POST", "/api/v1/applications/"+s.result.Applications[0].ID+"/corrections", "application/json",
		strings.NewReader(`{"base": 0, "target": "field:base_leader", "is": "`+corrected+`"}`))
	s.metrics = string(ask("admin", "GET", "/metrics", "", nil))
	endDesk(t, desk)
	s.log = log.String()
	s.spans = collector.Spans()
	return s
}

// send sends a file to a desk and gives the status of the answer.
func send(t *testing.T, address, token, name string, data []byte) (status int) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("files", name)
	must(t, err)
	_, err = part.Write(data)
	must(t, err)
	must(t, w.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/api/v1/bundles", &form)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	resp.Body.Close()
	return resp.StatusCode
}

// TestSeenFromOutside: log, metrics and traces say what became of a bundle and of its
// pages, and nothing of what stands in it, who is named in it, who sent it, and what its
// file was called.
func TestSeenFromOutside(t *testing.T) {
	s := seenFromOutside(t)
	t.Run("log", func(t *testing.T) {
		for _, want := range []string{
			`"level":"INFO","msg":"bundle read","bundle":"` + s.sha + `"`,
			`"level":"DEBUG","msg":"page read","bundle":"` + s.sha + `","page":1`,
			`"path":"/api/v1/bundles/` + s.sha + `/result"`, `"path":"/api/v1/search"`,
		} {
			if !strings.Contains(s.log, want) {
				t.Errorf("the log has no %s", want)
			}
		}
		for line := range strings.Lines(s.log) {
			if !json.Valid([]byte(line)) {
				t.Errorf("a line of the log is no JSON: %s", line)
			}
		}
	})
	t.Run("secrets", func(t *testing.T) {
		secret := append([]string{}, s.passwords...)
		for _, a := range s.result.Applications {
			for _, f := range a.Fields {
				secret = append(secret, values(f.Value)...)
			}
		}
		if len(secret) < 16 {
			t.Fatalf("only %d values are looked for", len(secret))
		}
		spans := fmt.Sprintf("%+v", s.spans)
		for _, value := range secret {
			for what, text := range map[string]string{"log": s.log, "metrics": s.metrics, "traces": spans} {
				if strings.Contains(text, value) {
					t.Errorf("the %s has %q", what, value)
				}
			}
		}
	})
	t.Run("traces", func(t *testing.T) {
		whole := s.spans.Of("bundle", s.sha)[0]
		queued := s.spans.Of("queue", s.sha)
		if len(queued) != 1 || whole.Trace != queued[0].Trace || whole.Parent != queued[0].ID {
			t.Errorf("the bundle's trace does not come from the queue: %+v, %+v", queued, whole)
		}
		pages := s.spans.Of("page", s.sha)
		if len(pages) != s.result.Pages {
			t.Errorf("there are %d spans of %d pages", len(pages), s.result.Pages)
		}
		below := map[string]map[string]int{}
		for _, one := range s.spans {
			if one.Trace != whole.Trace {
				continue
			}
			if below[one.Parent] == nil {
				below[one.Parent] = map[string]int{}
			}
			below[one.Parent][one.Name]++
		}
		if got := below[whole.ID]; got["page"] != s.result.Pages || got["assemble"] != 1 || got["check"] != 1 || got["keep"] != 1 {
			t.Errorf("below the bundle are %v", got)
		}
		if got := below[pages[0].ID]; got["decode"] != 1 || got["layout"] != 1 || got["read"] != 1 {
			t.Errorf("below its first page are %v", got)
		}
	})
	t.Run("metrics", func(t *testing.T) {
		for _, want := range []string{
			fmt.Sprintf(`sealdesk_pages_read_total{outcome="ok"} %d`, s.result.Pages),
			`sealdesk_stage_seconds_count{stage="keep"} 1`, `sealdesk_queue_jobs{priority="counter"} 0`, `sealdesk_index_lag_seconds 0`,
			`sealdesk_results{verdict="complete"} `, `sealdesk_ocr_restarts_total 0`, `sealdesk_data_free_bytes `,
			`sealdesk_http_requests_total{code="202",route="POST /api/v1/bundles"} 1`,
		} {
			if !strings.Contains(s.metrics, "\n"+want) {
				t.Errorf("the metrics have no %s", want)
			}
		}
	})
	t.Run("deploy", func(t *testing.T) { deployed(t, s.metrics) })
}

// values are the texts of a field's value that tell something: those of two Han characters
// or of six bytes.
func values(value any) (out []string) {
	switch v := value.(type) {
	case string:
		if utf8.RuneCountInString(v) < len(v) && utf8.RuneCountInString(v) >= 2 || len(v) >= 6 {
			out = append(out, v)
		}
	case []any:
		for _, one := range v {
			out = append(out, values(one)...)
		}
	case map[string]any:
		for _, one := range v {
			out = append(out, values(one)...)
		}
	}
	return out
}
