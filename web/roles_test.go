package web

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sealdesk/account"
)

var update = flag.Bool("update", false, "write docs/roles.md anew")

// rolesDoc is the table of rights and what each of them opens, for docs.
func rolesDoc(routes []route) string {
	var b strings.Builder
	b.WriteString(`# Who may do what

This is the program's own table: ` + "`account/role.go`" + ` says what each role may do, and each row of the
table of routes in ` + "`web`" + ` which right it needs. Made by ` + "`go test ./web -run TestRolesDoc -update`" + `, and
held against the program by the same test.

| right | `)
	for _, role := range account.Roles() {
		m := messages["role."+string(role)]
		fmt.Fprintf(&b, "%s %s | ", m.en, m.zh)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" :-: |", len(account.Roles())) + "\n")
	for _, row := range account.Table() {
		m := messages["right."+string(row.Right)]
		fmt.Fprintf(&b, "| %s<br>%s |", m.en, m.zh)
		for _, role := range account.Roles() {
			mark := ""
			if role.May(row.Right) {
				mark = "✓"
			}
			fmt.Fprintf(&b, " %s |", mark)
		}
		b.WriteByte('\n')
	}
	b.WriteString("\n## What each right opens\n\n| right | addresses |\n| --- | --- |\n")
	line := func(name string, right account.Right) {
		var opens []string
		for _, rt := range routes {
			if rt.right == right {
				opens = append(opens, "`"+rt.pattern+"`")
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(opens, "<br>"))
	}
	for _, row := range account.Table() {
		line(messages["right."+string(row.Right)].en, row.Right)
	}
	line("whoever has signed in", signedIn)
	line("anybody", public)
	line("anybody, and it is the same for all", plain)
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// TestRolesDoc holds docs/roles.md against the program.
func TestRolesDoc(t *testing.T) {
	const file = "../docs/roles.md"
	want := rolesDoc((&Server{}).routes())
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is not what the program does; make it anew with: go test ./web -run TestRolesDoc -update\nwant:\n%s", file, want)
	}
}
