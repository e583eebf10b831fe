package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// documented are the lines of text files that show how to call the program.
var documented = regexp.MustCompile(`(?m)^(?:\s|[$#] )*(?:bin/|docker compose run --rm )?sealdesk ([a-z-].*)$`)

// TestDocumentedCommands holds what the documents tell people to type against the
// program.
func TestDocumentedCommands(t *testing.T) {
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "docker-compose.yml"} {
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

// TestCompose holds docker-compose.yml against the program.
func TestCompose(t *testing.T) {
	text, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Build   string   `yaml:"build"`
			Command []string `yaml:"command"`
			Volumes []string `yaml:"volumes"`
		} `yaml:"services"`
		Volumes map[string]any `yaml:"volumes"`
	}
	if err := yaml.Unmarshal(text, &compose); err != nil {
		t.Fatal(err)
	}
	if len(compose.Services) == 0 {
		t.Fatal("there is no service")
	}
	for name, s := range compose.Services {
		if s.Build != "." {
			t.Errorf("service %s is not built from this folder", name)
		}
		if len(s.Command) == 0 {
			t.Errorf("service %s has no command", name)
		}
		checkCommand(t, "service "+name, s.Command)
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, ok := compose.Volumes[from]; !ok && !strings.HasPrefix(from, "./") {
				t.Errorf("service %s uses the volume %s, which is not there", name, from)
			}
		}
	}
}

// checkCommand says whether the program has the subcommand and flags of args.
func checkCommand(t *testing.T, where string, args []string) {
	t.Helper()
	root := newRoot()
	root.InitDefaultHelpCmd()
	c, rest, err := root.Find(args)
	if err == nil {
		c.InitDefaultHelpFlag()
		err = c.ParseFlags(rest)
	}
	if err != nil || c == root {
		t.Errorf("%s: sealdesk %s: there is no such command (%v)", where, strings.Join(args, " "), err)
	}
}
