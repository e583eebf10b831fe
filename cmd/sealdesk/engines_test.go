package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sealdesk/index/meili/meilitest"
)

// program runs the program, in a folder of its own for which files are relative, and
// gives its exit status and what it printed.
func program(t *testing.T, folder string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command("sealdesk", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(shared, "cache"), "SEALDESK_MODELS="+filepath.Join(shared, "no-models"))
	var out, messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &messages
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), messages.String()
}

// succeed runs the program and gives what it printed; it must end well.
func succeed(t *testing.T, folder string, args ...string) string {
	t.Helper()
	status, stdout, stderr := program(t, folder, args...)
	if status != exitOK {
		t.Fatalf("sealdesk %s: status %d\n%s%s", strings.Join(args, " "), status, stdout, stderr)
	}
	return stdout
}

func write(t *testing.T, folder, name, text string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
}

// sorted are the lines of a text in order.
func sorted(text string) []string { return slices.Sorted(strings.Lines(text)) }

// demoData gives a folder with the project's own bundles, read, in its folder data.
func demoData(t *testing.T) string {
	t.Helper()
	_, err := demo()
	must(t, err)
	folder := t.TempDir()
	must(t, os.CopyFS(filepath.Join(folder, "data"), os.DirFS(filepath.Join(shared, "data"))))
	return folder
}

// TestMeilisearch finds in Meilisearch, by the configuration alone, what bleve finds;
// and trouble with the server costs no bundle and gives away no key.
func TestMeilisearch(t *testing.T) {
	const key = "Tr0ub4dor"
	server := meilitest.Start(meilitest.Options{Master: key})
	defer server.Close()
	folder := demoData(t)
	write(t, folder, "bleve.yaml", "data: data")
	write(t, folder, "key", key+"\n")
	write(t, folder, "meili.yaml", "data: data\nindex: {kind: meili, meili: {url: '"+server.URL+"', key_file: key}}")
	write(t, folder, "wrong.yaml", "data: data\nindex: {kind: meili, meili: {url: '"+server.URL+"', key: "+key+"2}}")

	if got := succeed(t, folder, "--config", "meili.yaml", "reindex"); !strings.Contains(got, "共 4 份申报") {
		t.Errorf("reindex says %s", got)
	}
	for _, query := range [][]string{{"稀土永磁"}, {"稀土永磁", "NOT", "陶森扎拉"}, {"--verdict", "incomplete"}, {"--recommender", "科学技术局"}, {"没有这样的文字"}} {
		want := succeed(t, folder, append([]string{"--config", "bleve.yaml", "search", "--json"}, query...)...)
		got := succeed(t, folder, append([]string{"--config", "meili.yaml", "search", "--json"}, query...)...)
		if !slices.Equal(sorted(got), sorted(want)) { // each ranks in its own way
			t.Errorf("%v: Meilisearch finds\n%s\nbleve\n%s", query, got, want)
		}
	}

	bundle, err := filepath.Abs("../../testdata/bundles/no-seal.pdf")
	must(t, err)
	status, out, messages := program(t, folder, "--config", "wrong.yaml", "process", "--json", bundle)
	if status != exitOK || !strings.Contains(out, `"file":"no-seal.pdf","sha256"`) || !strings.Contains(messages, "1 份材料已保存，但未能写入检索库") {
		t.Errorf("with a wrong key, process ends with %d and says\n%s", status, messages)
	}
	for _, args := range [][]string{{"search", "稀土"}, {"reindex"}} {
		status, out, more := program(t, folder, append([]string{"--config", "wrong.yaml"}, args...)...)
		messages += out + more
		if status != exitFailed {
			t.Errorf("with a wrong key, %v ends with %d", args, status)
		}
	}
	if strings.Contains(messages, key) {
		t.Errorf("a key is given away:\n%s", messages)
	}
}
