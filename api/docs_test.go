package api

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sealdesk/account"
)

var examples = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestExamples: what docs/api.md tells people to type works, one after the other.
func TestExamples(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, m := range examples.FindAllSubmatch(text, -1) {
		script.Write(m[1])
	}
	a := newAPI(t, nil)
	scan, err := os.ReadFile("../testdata/bundles/complete.pdf")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "scan.pdf"), scan, 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script.String())
	c.Dir = folder
	_, monitor := a.token(t, account.Admin, account.Monitor)
	c.Env = append(os.Environ(), "DESK="+a.url, "TOKEN="+a.tokens[account.Clerk], "STAFF_TOKEN="+a.tokens[account.Staff], "MONITOR_TOKEN="+monitor)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, says := range []string{
		`"role":"clerk"`, `"bundle":"` + a.sha, `"counts":`, `"total":1`, `"version":1`, `"corrections":[{"seq":1`, `"received":1`,
		"urn:sealdesk:problem:not-found", "ok\n", `"ready":true`,
	} {
		if !strings.Contains(string(out), says) {
			t.Errorf("the examples do not say %s:\n%s", says, out)
		}
	}
	for name, begins := range map[string]string{"result.json": `{"file":"complete.pdf"`, "page-1.jpg": "\xff\xd8", "metrics.txt": "# HELP"} {
		if b, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !strings.HasPrefix(string(b), begins) {
			t.Errorf("%s is %.50q, error %v", name, b, err)
		}
	}
	if strings.Count(string(out), `{"file":`) > 0 {
		t.Error("a result was sent to who had it")
	}
}
