package sealdesk_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"sealdesk/storage/s3/s3test"
)

// TestServersApart sees that nothing of the S3 servers that tests start is built into
// anything of this module, nor what is for tests into the program; and that each server
// is built in the version that its own module pins.
func TestServersApart(t *testing.T) {
	all := dependencies(t, "./...")
	if len(all) < 100 {
		t.Fatalf("there are only the packages %v", all)
	}
	for _, server := range s3test.Servers {
		file, err := os.ReadFile("testdata/servers/" + server.Name + "/go.mod")
		if err != nil {
			t.Fatal(err)
		}
		path, pinned := "", ""
		for _, m := range required.FindAllStringSubmatch(string(file), -1) {
			if below(server.Package, m[1]) && len(m[1]) > len(path) {
				path, pinned = m[1], m[2]
			}
		}
		if path == "" || pinned != server.Version || !strings.Contains(string(file), "\ntool "+server.Package+"\n") {
			t.Errorf("%s %s is not what its module builds, %q at %q", server.Package, server.Version, path, pinned)
		}
		for _, p := range all {
			if below(p, path) {
				t.Errorf("this module uses %s, of the server %s", p, server.Name)
			}
		}
	}
	for _, p := range dependencies(t, "./cmd/sealdesk") {
		if p == "testing" || strings.HasSuffix(p, "test") && below(p, strings.TrimSuffix(module, "/")) || below(p, "github.com/johannesboyne/gofakes3") || below(p, "github.com/zitadel/oidc/v3") {
			t.Errorf("the program has %s built in, which is for tests", p)
		}
	}
}

// required is a line of a go.mod that says which version of a module is used.
var required = regexp.MustCompile(`(?m)^(?:\t|require )(\S+) (v\S+)`)

// below says whether a package is in a module.
func below(pkg, module string) bool { return pkg == module || strings.HasPrefix(pkg, module+"/") }

// dependencies are the packages that the ones named are built of.
func dependencies(t *testing.T, of string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", of).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Fields(string(out))
}
