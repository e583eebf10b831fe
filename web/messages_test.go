package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
)

var (
	keyInTemplate = regexp.MustCompile(`\bt "([^"]+)"`)
	verb          = regexp.MustCompile(`%[^%\s]`)
	// builtKeys are the beginnings of keys whose end is only known when a page is shown.
	builtKeys = regexp.MustCompile(`^(role|right|verdict|error|problem|key|tab|board\.state|account\.state|audit\.action|calls\.type|token\.state|intake\.code|bundle\.flaw|bundle\.do)\.`)
)

func TestMessages(t *testing.T) {
	used := map[string]bool{}
	err := fs.WalkDir(templateFiles, "templates", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(templateFiles, path)
		for _, m := range keyInTemplate.FindAllStringSubmatch(string(b), -1) {
			used[m[1]] = true
			if !known(m[1]) {
				t.Errorf("%s uses the message %q, which is none", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	code := sources(t)
	for key, m := range messages {
		if m.zh == "" || m.en == "" {
			t.Errorf("%s lacks a language", key)
		}
		if z, e := verb.FindAllString(m.zh, -1), verb.FindAllString(m.en, -1); strings.Join(z, "") != strings.Join(e, "") {
			t.Errorf("%s takes %v in Chinese and %v in English", key, z, e)
		}
		if strings.ContainsAny(m.zh, ",;!?") && !strings.ContainsAny(m.zh, "abcdefghijklmnopqrstuvwxyz") {
			t.Errorf("%s has Latin marks in Chinese: %s", key, m.zh)
		}
		if !used[key] && !builtKeys.MatchString(key) && strings.Count(code, `"`+key+`"`) < 2 {
			t.Errorf("nobody uses %s", key)
		}
	}
}

// TestTablesOfMessages: no two tables have the same key.
func TestTablesOfMessages(t *testing.T) {
	code := sources(t)
	for key := range messages {
		if n := len(regexp.MustCompile(`(?m)^\s*"`+regexp.QuoteMeta(key)+`":\s*\{`).FindAllString(code, -1)); n != 1 {
			t.Errorf("%s stands in the tables %d times", key, n)
		}
	}
}

// sources are the package's Go files, without the tests.
func sources(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

func TestBuiltKeys(t *testing.T) {
	var keys []string
	for _, r := range account.Roles() {
		keys = append(keys, "role."+string(r))
		// The command line and the browser call a role the same.
		if m := messages["role."+string(r)]; m.zh != r.Title() {
			t.Errorf("%s is %s here and %s at the command line", r, m.zh, r.Title())
		}
	}
	for _, row := range account.Table() {
		keys = append(keys, "right."+string(row.Right))
	}
	for _, v := range []bundle.Verdict{bundle.Complete, bundle.Incomplete, bundle.NeedsReview} {
		keys = append(keys, "verdict."+string(v), "verdict."+string(v)+".means")
	}
	for _, s := range shortcuts {
		keys = append(keys, s.Message)
	}
	for _, status := range []string{"400", "401", "403", "404", "405", "413", "500", "503", "507", "origin", "number"} {
		keys = append(keys, "error."+status+".title", "error."+status+".do")
	}
	for _, action := range audit.Actions() {
		keys = append(keys, "audit.action."+action)
	}
	for _, state := range []accountState{active, disabled, invited, expired} {
		keys = append(keys, "account.state."+string(state))
	}
	for _, key := range keys {
		if !known(key) {
			t.Errorf("there is no message %q", key)
		}
	}
}
