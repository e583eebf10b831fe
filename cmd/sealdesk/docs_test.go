package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// documented are the lines of text files that show how to call the program.
var documented = regexp.MustCompile(`(?m)^(?:\s|[$#] )*(?:bin/|docker compose (?:run --rm|exec watch) )?sealdesk ([a-z-].*)$`)

// TestDocumentedCommands holds what the documents tell people to type against the
// program.
func TestDocumentedCommands(t *testing.T) {
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "docs/api.md", "docker-compose.yml"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range documented.FindAllStringSubmatch(string(text), -1) {
			line, _, _ := strings.Cut(m[1], "   ") // what follows is a remark
			line, _, _ = strings.Cut(line, " > ")
			checkCommand(t, file, strings.Fields(line))
		}
	}
	root := newRoot()
	for _, line := range documented.FindAllStringSubmatch(root.Long+"\n"+root.Example, -1) {
		command, _, _ := strings.Cut(line[1], "   ")
		checkCommand(t, "help", strings.Fields(command))
	}
}

// checkCommand says whether the program has the subcommand and flags of args.
func checkCommand(t *testing.T, where string, args []string) {
	t.Helper()
	if _, err := understood(args); err != nil {
		t.Errorf("%s: %v", where, err)
	}
}

// understood finds the subcommand that args call and lets it take its flags, without
// running it.
func understood(args []string) (*cobra.Command, error) {
	root := newRoot()
	root.InitDefaultHelpCmd()
	c, rest, err := root.Find(args)
	if err == nil && c == root {
		err = errors.New("there is no such subcommand")
	}
	if err == nil {
		c.InitDefaultHelpFlag()
		err = c.ParseFlags(rest)
	}
	if err == nil && !c.Flags().Changed("help") {
		err = c.ValidateArgs(c.Flags().Args())
	}
	if err != nil {
		return nil, fmt.Errorf("sealdesk %s: %w", strings.Join(args, " "), err)
	}
	return c, nil
}

// TestDocumentedTargets: what the documents tell people to make is in the Makefile.
func TestDocumentedTargets(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "Makefile"} {
		text, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?m)(?:^(?:\\s|#)*|`)make ([a-z]+)").FindAllStringSubmatch(string(text), -1) {
			shown++
			if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
				t.Errorf("%s: the Makefile has no %s", file, m[1])
			}
		}
	}
	if shown < 10 {
		t.Errorf("%d targets are shown", shown)
	}
}
