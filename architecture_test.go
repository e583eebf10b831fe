package sealdesk_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestImports keeps the packages in the order of the table in ARCHITECTURE.md.
func TestImports(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	may := table(string(text))
	if len(may) < 10 {
		t.Fatalf("the table has only the rows %v", may)
	}
	used := map[string]bool{}
	for _, p := range packages(t) {
		row := rowOf(may, p.name())
		if row == "" {
			t.Errorf("package %s has no row", p.name())
			continue
		}
		used[row] = true
		for _, imported := range p.Imports {
			q, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			to := rowOf(may, q)
			if to != row && to != "bundle" && !slices.Contains(may[row], to) && !slices.Contains(may[row], "all") {
				t.Errorf("%s imports %s; its row allows only %v", p.name(), q, may[row])
			}
		}
	}
	for row := range may {
		if !used[row] {
			t.Errorf("the table has %s, but there is no such package", row)
		}
	}
}

const module = "sealdesk/"

var (
	rowPattern  = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\|([^|]*)\\|$")
	namePattern = regexp.MustCompile("[a-z/]+")
)

// table gives what each row of the table may import.
func table(text string) map[string][]string {
	may := map[string][]string{}
	for _, m := range rowPattern.FindAllStringSubmatch(text, -1) {
		may[m[1]] = namePattern.FindAllString(m[2], -1)
	}
	return may
}

// rowOf is the row that a package belongs to: its own, or that of the nearest
// package above it.
func rowOf(may map[string][]string, name string) string {
	for name != "" {
		if _, ok := may[name]; ok {
			return name
		}
		name = name[:max(strings.LastIndexByte(name, '/'), 0)]
	}
	return ""
}

type listed struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
}

func (l listed) name() string { return strings.TrimPrefix(l.ImportPath, module) }

// packages lists the module's packages that have code beside tests.
func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		err := dec.Decode(&l)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(l.GoFiles) > 0 {
			all = append(all, l)
		}
	}
}
