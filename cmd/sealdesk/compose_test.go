package main

import (
	"bufio"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"sealdesk/config"
	"sealdesk/index/meili/meilitest"
	"sealdesk/storage/s3/s3test"
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
	if programs < 3 || len(c.Services)-programs < 2 {
		t.Errorf("%d of %d services are sealdesk", programs, len(c.Services))
	}
}

// TestComposeMistakes sees that mistakes in the file are found.
func TestComposeMistakes(t *testing.T) {
	text := composeFile(t)
	for _, test := range []struct{ old, new, want string }{
		{"--every", "--each", "unknown flag: --each"},
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
		{"restart: unless-stopped\n    # What", "ports: [\"127.0.0.1:8080:8080\"]\n    restart: unless-stopped\n    # What", "listens on no port"},
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
			for _, m := range programMistakes(t, c, s) {
				say("%s: %s", name, m)
			}
		}
	}
	return wrong
}

// programMistakes says what of a service the program does not accept.
func programMistakes(t *testing.T, c composed, s service) (wrong []string) {
	t.Helper()
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if len(s.Ports)+len(s.Expose) > 0 {
		say("the program listens on no port")
	}
	if test := s.Healthcheck.Test; len(test) > 0 {
		if len(test) < 3 || test[0] != "CMD" || test[1] != "sealdesk" {
			say("the health check %q does not ask the program", test)
		} else if _, err := understood(test[2:]); err != nil {
			say("health check: %v", err)
		}
	}
	flags := map[string]string{}
	if command, err := understood(s.Command); err != nil {
		say("%v", err)
	} else {
		for _, setting := range config.Settings() {
			command.Flags().Visit(func(f *pflag.Flag) {
				if f.Name == setting.Flag() {
					flags[setting.Key] = f.Value.String()
				}
			})
		}
	}
	known := []string{config.FileVariable}
	for _, setting := range config.Settings() {
		known = append(known, setting.Environment())
	}
	for name, value := range s.Environment {
		if !slices.Contains(known, name) {
			say("the program knows no variable %s", name)
		}
		if secret, ok := strings.CutPrefix(value, "/run/secrets/"); ok && !slices.Contains(s.Secrets, secret) {
			say("%s names no secret of its own: %s", name, secret)
		}
	}
	loaded, err := config.Load(config.Sources{Flags: flags, Environ: environ(s, secretFiles(t, c))})
	if err != nil {
		return append(wrong, err.Error())
	}
	for _, address := range []string{loaded.Storage.S3.Endpoint, loaded.Intake.Endpoint, loaded.Index.Meili.URL} {
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
	return wrong
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

// TestComposeServices runs the services of docker-compose.yml as the file says, one after
// the other, with stand-ins for both servers: a scan that is put into the bucket is read
// and found.
func TestComposeServices(t *testing.T) {
	c, err := parseCompose(composeFile(t))
	must(t, err)
	secrets := secretFiles(t, c)
	key, err := os.ReadFile(filepath.Join(secrets, "meili_key"))
	must(t, err)
	search := meilitest.Start(meilitest.Options{Master: strings.TrimSpace(string(key))})
	t.Cleanup(search.Close)
	server := s3test.Fake(t)
	hosts := strings.NewReplacer("http://s3:9000", "http://"+server.Address, "http://meilisearch:7700", search.URL)

	folder := t.TempDir()
	start := func(s service, args []string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "sealdesk", args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(shared, "cache"), "SEALDESK_MODELS="+filepath.Join(shared, "no-models"))
		for _, e := range environ(s, secrets) {
			cmd.Env = append(cmd.Env, hosts.Replace(e))
		}
		return cmd
	}
	buckets, watch := c.Services["buckets"], c.Services["watch"]
	for range 2 { // as when the machine starts again
		if out, err := start(buckets, buckets.Command).CombinedOutput(); err != nil {
			t.Fatalf("buckets: %v\n%s", err, out)
		}
	}

	at := server.Bucket(t)
	at.Bucket = watch.Environment["SEALDESK_INTAKE_BUCKET"]
	in := newScanner(t, at)
	in.putSheet(t, "2022/a.png", 1)

	watching := start(watch, watch.Command)
	out, err := watching.StdoutPipe()
	must(t, err)
	must(t, watching.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, "a.png") {
		t.Errorf("watch says %q, %v", line, err)
	}
	if out, err := start(watch, watch.Healthcheck.Test[2:]).CombinedOutput(); err != nil {
		t.Errorf("health check: %v\n%s", err, out)
	}
	must(t, watching.Process.Signal(os.Interrupt))
	must(t, watching.Wait())
	if out, err := start(watch, []string{"search"}).CombinedOutput(); err != nil || !strings.Contains(string(out), "共 1 份") {
		t.Errorf("search: %v\n%s", err, out)
	}
}
