package main

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"sealdesk/config"
)

// composed is what docker-compose.yml says, as far as it is looked at here.
type composed struct {
	Services map[string]service               `yaml:"services"`
	Secrets  map[string]struct{ File string } `yaml:"secrets"`
	Volumes  map[string]any                   `yaml:"volumes"`
}

type service struct {
	Image string `yaml:"image"`
	Build struct {
		Context string `yaml:"context"`
		Target  string `yaml:"target"`
	} `yaml:"build"`
	Command     []string          `yaml:"command"`
	Entrypoint  []string          `yaml:"entrypoint"`
	Environment map[string]string `yaml:"environment"`
	Secrets     []string          `yaml:"secrets"`
	Volumes     []string          `yaml:"volumes"`
	Expose      []string          `yaml:"expose"`
	Ports       []string          `yaml:"ports"`
	Restart     string            `yaml:"restart"`
	CPUs        float64           `yaml:"cpus"`
	Memory      string            `yaml:"mem_limit"`
	PIDs        int               `yaml:"pids_limit"`
	ReadOnly    bool              `yaml:"read_only"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
	DependsOn map[string]struct {
		Condition string `yaml:"condition"`
	} `yaml:"depends_on"`
}

// program says whether a service is sealdesk itself.
func (s service) program() bool { return s.Build.Target == "sealdesk" }

// once says whether a service does its work and ends.
func (s service) once() bool { return s.Restart == "no" }

func composeFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docker-compose.yml")
	must(t, err)
	return string(text)
}

// variable is a variable in docker-compose.yml with its default.
var variable = regexp.MustCompile(`\$\{\w+:-(\w+)\}`)

func parseCompose(text string) (composed, error) {
	var c composed
	err := yaml.Unmarshal([]byte(variable.ReplaceAllString(text, "$1")), &c)
	return c, err
}

// TestCompose holds docker-compose.yml against the program and the Dockerfile.
func TestCompose(t *testing.T) {
	text := composeFile(t)
	for _, m := range composeMistakes(t, text) {
		t.Error(m)
	}
	c, err := parseCompose(text)
	must(t, err)
	programs := 0
	for _, s := range c.Services {
		if s.program() {
			programs++
		}
	}
	if programs < 5 || len(c.Services)-programs < 5 {
		t.Errorf("%d of %d services are sealdesk", programs, len(c.Services))
	}
}

// TestComposeMistakes sees that mistakes in the file are found.
func TestComposeMistakes(t *testing.T) {
	text := composeFile(t)
	for _, test := range []struct{ old, new, want string }{
		{"--every", "--each", "unknown flag: --each"},
		{`["serve"]`, `["serves"]`, "there is no such subcommand"},
		{`"--listen", ":8481"`, `"--at", ":8481"`, "unknown flag: --at"},
		{`SEALDESK_WEB_LISTEN: ":8480"`, `SEALDESK_WEB_LISTEN: ":8470"`, "web: nothing of it listens on 8480"},
		{`SEALDESK_WEB_LISTEN: ":8480"`, `SEALDESK_WEB_LISTEN: "127.0.0.1:8480"`, "web: 127.0.0.1:8480 cannot be reached"},
		{`      SEALDESK_WEB_LISTEN: ":8480"` + "\n", "", "web: 127.0.0.1:8480 cannot be reached"},
		{`expose: ["8481"]`, `expose: ["8482"]`, "work: nothing of it listens on 8482"},
		{`"ready", "http://127.0.0.1:8481"`, `"ready", "http://127.0.0.1:8480"`, "work: the health check asks at 8480"},
		{"nats-3:4222\n", "nats-4:4222\n", "there is no service nats-4"},
		{"nats://nats-1:4222", "nats://nats-1:4223", "nothing of nats-1 listens on 4223"},
		{`QUEUE_REPLICAS: "3"`, `QUEUE_REPLICAS: "5"`, "kept on 5 of 3 servers"},
		{"nats:2.15.2-alpine", "nats:2.11.0-alpine", "nats:2.11.0-alpine is not the version that the tests run"},
		{"  SEALDESK_QUEUE_TOKEN_FILE: /run/secrets/nats_token\n", "", "does nothing with the secret nats_token"},
		{"    environment: *queue\n", "    environment: *engines\n", "work: has another queue than web"},
		{`["watch", `, `["wait", `, "there is no such subcommand"},
		{"create-buckets", "make-buckets", "config make-buckets"},
		{"_S3_BUCKET:", "_S3_BUKET:", "SEALDESK_STORAGE_S3_BUKET"},
		{"SEALDESK_INTAKE_BUCKET", "SEALDESK_INBOX", "SEALDESK_INBOX"},
		{"_KIND: s3", "_KIND: s4", "storage.kind cannot be"},
		{"SEALDESK_STORAGE_S3_ENDPOINT: http://s3:9000", "SEALDESK_STORAGE_S3_ENDPOINT: http://s3:9001", "nothing of s3 listens on 9001"},
		{"URL: http://meilisearch", "URL: http://meili", "there is no service meili"},
		{"_FILE: /run/secrets/meili_key", "_FILE: /run/secrets/search_key", "no secret of its own: search_key"},
		{"file: ./secrets/meili_key.txt", "environment: KEY", "the secret meili_key has no file"},
		{"meilisearch:v1.50.0", "meilisearch:latest", "is not pinned"},
		{"meilisearch:v1.50.0", "meilisearch", "is not pinned"},
		{"target: sealdesk", "target: program", "no stage program"},
		{"127.0.0.1:9000:9000", "9000:9000", "beyond this machine"},
		{"  mem_limit: 4G\n", "", "has no limits"},
		{`test: ["CMD", "sealdesk", "config", "check"]`, `test: ["CMD", "sealdesk", "health"]`, "there is no such subcommand"},
		{`test: ["CMD", "sealdesk", "config", "check"]`, "disable: true", "has no health check"},
		{"condition: service_completed_successfully", "condition: service_healthy", "waits for buckets to be healthy"},
		{"restart: unless-stopped\n    # What", "ports: [\"127.0.0.1:8080:8080\"]\n    restart: unless-stopped\n    # What", "nothing of it listens on 8080"},
		{`"cache:/var/cache/sealdesk", "scratch:/tmp"]` + "\n    restart: unless", `"cash:/var/cache/sealdesk"]` + "\n    restart: unless", "the volume cash"},
	} {
		changed := strings.Replace(text, test.old, test.new, 1)
		if changed == text {
			t.Errorf("the file has no %q", test.old)
			continue
		}
		if got := strings.Join(composeMistakes(t, changed), "\n"); !strings.Contains(got, test.want) {
			t.Errorf("with %q instead of %q the mistakes are\n%s\nand %q is not among them", test.new, test.old, got, test.want)
		}
	}
}

// stage is the name of a stage in a Dockerfile.
var stage = regexp.MustCompile(`(?m)^FROM \S+ AS (\S+)$`)

// tagged is an image that is pinned.
var tagged = regexp.MustCompile(`^[a-z0-9./-]+:[\w.-]+$`)

// composeMistakes says what is wrong with a docker-compose.yml.
func composeMistakes(t *testing.T, text string) (wrong []string) {
	t.Helper()
	dockerfile, err := os.ReadFile("../../Dockerfile")
	must(t, err)
	modules, err := os.ReadFile("../../go.mod")
	must(t, err)
	var stages []string
	for _, m := range stage.FindAllStringSubmatch(string(dockerfile), -1) {
		stages = append(stages, m[1])
	}
	c, err := parseCompose(text)
	if err != nil {
		return []string{err.Error()}
	}
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for name, s := range c.Secrets {
		if !strings.HasPrefix(s.File, "./secrets/") {
			say("the secret %s has no file in the folder secrets", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		if !tagged.MatchString(s.Image) || strings.HasSuffix(s.Image, ":latest") {
			say("%s: the image %s is not pinned", name, s.Image)
		}
		if s.Build.Target != "" && (s.Build.Context != "." || !slices.Contains(stages, s.Build.Target)) {
			say("%s: the Dockerfile has no stage %s", name, s.Build.Target)
		}
		if s.CPUs == 0 || s.Memory == "" || s.PIDs == 0 {
			say("%s has no limits", name)
		}
		if !s.ReadOnly {
			say("%s can write into its image", name)
		}
		if len(s.Healthcheck.Test) == 0 && !s.once() {
			say("%s has no health check", name)
		}
		if s.Restart == "" {
			say("%s does not say when to start again", name)
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				say("%s: the port %s is open beyond this machine", name, p)
			}
		}
		for _, v := range s.Volumes {
			from, _, _ := strings.Cut(v, ":")
			if _, ok := c.Volumes[from]; !ok && !strings.HasPrefix(from, "./") {
				say("%s uses the volume %s, which is not there", name, from)
			}
		}
		for _, secret := range s.Secrets {
			if _, ok := c.Secrets[secret]; !ok {
				say("%s uses the secret %s, which is not there", name, secret)
			}
		}
		for on, how := range s.DependsOn {
			other, ok := c.Services[on]
			switch {
			case !ok:
				say("%s waits for %s, which is not there", name, on)
			case other.once() != (how.Condition == "service_completed_successfully"):
				say("%s waits for %s to be healthy or to end, which it never is or does", name, on)
			}
		}
		if s.program() {
			for _, m := range programMistakes(t, c, name) {
				say("%s: %s", name, m)
			}
		}
		if strings.HasPrefix(s.Image, "nats:") && !strings.Contains(string(modules), "nats-server/v2 v"+strings.TrimSuffix(s.Image[len("nats:"):], "-alpine")+"\n") {
			say("%s: %s is not the version that the tests run", name, s.Image)
		}
	}
	return wrong
}

// programMistakes says what of a service the program does not accept.
func programMistakes(t *testing.T, c composed, name string) (wrong []string) {
	t.Helper()
	s := c.Services[name]
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	command, err := understood(s.Command)
	if err != nil {
		return []string{err.Error()}
	}
	loaded, more := configured(t, c, s)
	wrong = append(wrong, more...)
	if loaded == nil {
		return wrong
	}
	at := "" // where it listens
	switch command.Name() {
	case "serve":
		at = loaded.Web.Listen
	case "work":
		at = command.Flags().Lookup("listen").Value.String()
	}
	host, port, _ := net.SplitHostPort(at)
	if host != "" {
		say("%s cannot be reached from outside of the container", at)
	}
	for _, p := range append(slices.Clone(s.Expose), s.Ports...) {
		if inside := p[strings.LastIndexByte(p, ':')+1:]; inside != port {
			say("nothing of it listens on %s", inside)
		}
	}
	if test := s.Healthcheck.Test; len(test) > 0 {
		if len(test) < 3 || test[0] != "CMD" || test[1] != "sealdesk" {
			say("the health check %q does not ask the program", test)
		} else if asks, err := understood(test[2:]); err != nil {
			say("health check: %v", err)
		} else if u, err := url.Parse(asks.Flags().Arg(0)); asks.Name() == "ready" && (err != nil || u.Port() != port) {
			say("the health check asks at %s", u.Port())
		}
	}
	servers := []string{loaded.Storage.S3.Endpoint, loaded.Intake.Endpoint, loaded.Index.Meili.URL}
	nodes := strings.Split(loaded.Queue.URL, ",")
	for _, address := range append(servers, nodes...) {
		u, err := url.Parse(address)
		must(t, err)
		if address == "" {
			continue
		}
		if other, ok := c.Services[u.Hostname()]; !ok {
			say("there is no service %s", u.Hostname())
		} else if !slices.Contains(other.Expose, u.Port()) {
			say("nothing of %s listens on %s", u.Hostname(), u.Port())
		}
	}
	if n := loaded.Queue.Replicas; n > len(nodes) {
		say("the queue is kept on %d of %d servers", n, len(nodes))
	}
	if command.Name() == "work" {
		web, _ := configured(t, c, c.Services["web"])
		if web == nil || web.Queue.URL != loaded.Queue.URL || web.Queue.Replicas != loaded.Queue.Replicas {
			say("has another queue than web")
		}
		if web != nil && web.Web.Reads {
			say("web reads itself, too")
		}
	}
	return wrong
}

// configured is what a service's environment and flags configure, nil where they cannot,
// and what is wrong with them.
func configured(t *testing.T, c composed, s service) (loaded *config.Config, wrong []string) {
	t.Helper()
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	flags := map[string]string{}
	command, err := understood(s.Command)
	if err != nil {
		return nil, []string{err.Error()}
	}
	known := []string{config.FileVariable}
	for _, setting := range config.Settings() {
		known = append(known, setting.Environment())
		command.Flags().Visit(func(f *pflag.Flag) {
			if f.Name == setting.Flag() {
				flags[setting.Key] = f.Value.String()
			}
		})
	}
	used := map[string]bool{}
	for name, value := range s.Environment {
		if !slices.Contains(known, name) {
			say("the program knows no variable %s", name)
		}
		secret, ok := strings.CutPrefix(value, "/run/secrets/")
		if ok && !slices.Contains(s.Secrets, secret) {
			say("%s names no secret of its own: %s", name, secret)
		}
		used[secret] = ok
	}
	for _, secret := range s.Secrets {
		if !used[secret] {
			say("it does nothing with the secret %s", secret)
		}
	}
	loaded, err = config.Load(config.Sources{Flags: flags, Environ: environ(s, secretFiles(t, c))})
	if err != nil {
		return nil, append(wrong, err.Error())
	}
	return loaded, wrong
}

// secretFiles is a folder with a file for each secret.
func secretFiles(t *testing.T, c composed) string {
	t.Helper()
	folder := t.TempDir()
	for name := range c.Secrets {
		write(t, folder, name, name+"-0123456789abcdef\n")
	}
	return folder
}

// environ is a service's environment on this machine, where its secrets are in a folder.
func environ(s service, secrets string) (out []string) {
	for name, value := range s.Environment {
		out = append(out, name+"="+strings.Replace(value, "/run/secrets", secrets, 1))
	}
	return out
}
