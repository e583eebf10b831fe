package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestProblems gives each mistake its line and says what to do about it.
func TestProblems(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want []string // how each line begins, in order
	}{
		"unknown key":              {"data: x\nkolor: red", []string{"f.yaml:2: unknown key kolor: correct its spelling or remove it"}},
		"near miss":                {"storage:\n  knid: s3", []string{"f.yaml:2: unknown key storage.knid: did you mean storage.kind?"}},
		"dash for underscore":      {"storage:\n  s3:\n    Secret-Key-File: x", []string{"f.yaml:3: unknown key storage.s3.Secret-Key-File: did you mean storage.s3.secret_key_file?"}},
		"section misspelt":         {"storge:\n  kind: s3", []string{"f.yaml:1: unknown key storge: did you mean storage?"}},
		"in the wrong section":     {"bucket: scans", []string{"f.yaml:1: unknown key bucket: did you mean backup.bucket or intake.bucket or storage.s3.bucket?"}},
		"dots":                     {"storage.kind: s3", []string{"f.yaml:1: storage.kind: a key has no dots in the file"}},
		"merge key":                {"data: x\n<<: {}", []string{"f.yaml:2: unknown key <<"}},
		"twice":                    {"data: x\ncall: y\ndata: z", []string{"f.yaml:3: data is given twice (first in line 1): keep one"}},
		"section twice":            {"ocr:\n  workers: 1\nocr:\n  models: x", []string{"f.yaml:3: ocr is given twice (first in line 1)"}},
		"queue of another kind":    {"queue:\n  url: http://x", []string{"f.yaml:2: queue.url must be nats:// or tls:// with a host"}},
		"copies without a cluster": {"queue:\n  replicas: 3", []string{"f.yaml:2: queue.replicas 3 needs queue.url"}},
		"room below nothing":       {"storage:\n  least_free: -1", []string{"f.yaml:2: storage.least_free must be 0 or more"}},
		"too many copies":          {"queue:\n  url: nats://a\n  replicas: 6", []string{"f.yaml:3: queue.replicas must be from 1 to 5"}},
		"nobody reads":             {"web:\n  reads: false", []string{"f.yaml:2: web.reads false needs queue.url"}},
		"password in queue":        {"queue:\n  url: nats://a,nats://u:p@b", []string{"f.yaml:2: queue.url holds a user or password"}},
		"no port":                  {"web:\n  listen: localhost", []string{"f.yaml:2: web.listen must be an address and a port"}},
		"certificate alone":        {"web:\n  certificate: a.crt", []string{"f.yaml:2: web.certificate"}},
		"key alone":                {"web:\n  private_key: a.key", []string{"f.yaml:2: web.private_key"}},
		"issuer alone": {"web:\n  oidc:\n    issuer: https://h", []string{
			"f.yaml:3: web.oidc.issuer https://h needs web.oidc.client_id: give it in the file, or as SEALDESK_WEB_OIDC_CLIENT_ID or --web-oidc-client-id",
			"f.yaml:3: web.oidc.issuer https://h needs web.oidc.desk",
		}},
		"no issuer":         {"web:\n  oidc:\n    issuer: login", []string{"f.yaml:3: web.oidc.issuer must be http:// or https://", "f.yaml:3: web.oidc.issuer login needs", "f.yaml:3: web.oidc.issuer login needs"}},
		"desk's path":       {"web:\n  oidc:\n    desk: https://h/desk", []string{"f.yaml:3: web.oidc.desk has a path"}},
		"issuer by http":    {"web: {oidc: {issuer: 'http://h', client_id: c, desk: 'https://d'}}", []string{"f.yaml:1: web.oidc.issuer must be https://"}},
		"no way in":         {"web:\n  passwords: false", []string{"f.yaml:2: web.passwords false needs web.oidc.issuer"}},
		"no such port":      {"web:\n  listen: ':70000'", []string{"f.yaml:2: web.listen must be an address and a port"}},
		"list for text":     {"data: [a, b]", []string{"f.yaml:1: data is a list: a path is wanted"}},
		"text for section":  {"storage: s3", []string{"f.yaml:1: storage is a single value: a group of keys is wanted"}},
		"list for file":     {"- data", []string{"f.yaml:1: the file is a list: a group of keys is wanted"}},
		"section for value": {"storage:\n  kind:\n    s3: x", []string{"f.yaml:3: storage.kind is a group of keys: dir or s3 is wanted"}},
		"no number":         {"ocr:\n  workers: many", []string{`f.yaml:2: ocr.workers cannot be "many": a whole number is wanted`}},
		"number too great":  {"ocr:\n  workers: 5000", []string{"f.yaml:2: ocr.workers must be from 0 to 1024"}},
		"no switch":         {"storage:\n  s3:\n    md5: yes", []string{`f.yaml:3: storage.s3.md5 cannot be "yes": say true or false`}},
		"no value":          {"data:\ncall: x", []string{"f.yaml:1: data has no value"}},
		"empty folder":      {`data: ""`, []string{"f.yaml:1: data is empty: name a folder"}},
		"more than a line":  {"data: |\n  a\n  b", []string{"f.yaml:1: data has line ends"}},
		"no such kind":      {"storage:\n  kind: foo", []string{`f.yaml:2: storage.kind cannot be "foo": say dir or s3`}},
		"nearly a kind":     {"index:\n  kind: meilli", []string{`f.yaml:2: index.kind cannot be "meilli": say bleve or meili; did you mean meili?`}},
		"kind without the rest": {"storage:\n  kind: s3", []string{
			"f.yaml:2: storage.kind s3 needs storage.s3.endpoint: give it in the file, or as SEALDESK_STORAGE_S3_ENDPOINT or --storage-s3-endpoint",
			"f.yaml:2: storage.kind s3 needs storage.s3.bucket", "f.yaml:2: storage.kind s3 needs storage.s3.access_key: give it in the file, or as SEALDESK_STORAGE_S3_ACCESS_KEY or storage.s3.access_key_file",
		}},
		"half a pair":              {"storage:\n  kind: s3\n  s3: {endpoint: 'http://h', bucket: abc, access_key: a}", []string{"f.yaml:2: storage.kind s3 needs storage.s3.secret_key"}},
		"meili without an address": {"index:\n  kind: meili", []string{"f.yaml:2: index.kind meili needs index.meili.url"}},
		"secret and its file":      {"index:\n  meili:\n    key: a\n    key_file: b", []string{"f.yaml:4: index.meili.key and index.meili.key_file are both given: keep one"}},
		"no address":               {"index:\n  meili:\n    url: localhost:7700", []string{"f.yaml:3: index.meili.url must be http:// or https:// with a host"}},
		"address without host":     {"index:\n  meili:\n    url: 'http://:7700'", []string{"f.yaml:3: index.meili.url must be http:// or https:// with a host"}},
		"password in address":      {"index:\n  meili:\n    url: http://u:p@h", []string{"f.yaml:3: index.meili.url holds a user or password"}},
		"query in address":         {"index:\n  meili:\n    url: http://h/?a=b", []string{"f.yaml:3: index.meili.url must end before ? or #"}},
		"endpoint with bucket":     {"storage:\n  s3:\n    endpoint: http://h/bucket", []string{"f.yaml:3: storage.s3.endpoint has a path"}},
		"bucket's name":            {"intake:\n  endpoint: http://h\n  access_key: a\n  secret_key: b\n  bucket: Scans", []string{`f.yaml:5: intake.bucket cannot be "Scans"`}},
		"prefix":                   {"intake:\n  prefix: /2022", []string{`f.yaml:2: intake.prefix cannot be "/2022"`}},
		"name of index":            {"index:\n  meili:\n    prefix: a b", []string{"f.yaml:3: index.meili.prefix must be"}},
		"keys for another service": {
			"storage:\n  kind: s3\n  s3: {endpoint: 'http://h', bucket: abc, access_key: a, secret_key: b}\nintake:\n  bucket: scans\n  endpoint: http://other",
			[]string{"f.yaml:5: intake.bucket scans needs intake.access_key"},
		},
		"scans among what is kept": {
			"storage:\n  kind: s3\n  s3: {endpoint: 'http://h', bucket: abc, prefix: in/kept, access_key: a, secret_key: b}\nintake:\n  bucket: abc\n  prefix: in/",
			[]string{"f.yaml:5: the intake and storage.s3 have keys of the bucket abc in common"},
		},
		"backups in what they are of": {
			"storage:\n  kind: s3\n  s3: {endpoint: 'http://h', bucket: abc, access_key: a, secret_key: b}\nbackup:\n  bucket: abc\n  prefix: old",
			[]string{"f.yaml:5: the backup and storage.s3 have keys of the bucket abc in common"},
		},
		"anchor":         {"data: &a x", []string{"f.yaml:1: data: a value that begins with *, & or ! must stand in quotes"}},
		"alias":          {"data: x\ncall: *a", []string{"f.yaml:2: a value that begins with * must stand in quotes"}},
		"section alias":  {"storage: &a {}\nindex: *a", []string{"f.yaml:2: index refers to another place with *"}},
		"no YAML":        {"data: x\n  call: y", []string{"f.yaml:2: this is no YAML (mapping values are not allowed in this context)"}},
		"two documents":  {"data: x\n---\ndata: y", []string{"f.yaml:0: a second document follows (---)"}},
		"many, in order": {"ocr:\n  workers: x\nkolor: y\nstorage:\n  kind: z", []string{"f.yaml:2: ", "f.yaml:3: ", "f.yaml:5: "}},
		"a key of a key": {"? [a]\n: b", []string{"f.yaml:1: a key must be a name"}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse("f.yaml", []byte(test.file))
			if err == nil || c != nil {
				t.Fatalf("no error, %v", c)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("got %d problems, want %d:\n%s", len(lines), len(test.want), err)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("got  %s\nwant %s", lines[i], want)
				}
			}
		})
	}
}

// TestPrecedence has one key in every layer, and takes the layers away.
func TestPrecedence(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "c.yaml", "# none\nindex:\n  meili:\n    prefix: from-file\n")
	environ := []string{"SEALDESK_INDEX_MEILI_PREFIX=from-env", "SEALDESK_OCR_MODELS=", "OTHER=x"}
	flags := map[string]string{"index.meili.prefix": "from-flag"}
	for _, test := range []struct {
		from   Sources
		want   string
		origin string
	}{
		{Sources{Path: file, Environ: environ, Flags: flags}, "from-flag", "--index-meili-prefix"},
		{Sources{Path: file, Environ: environ}, "from-env", "SEALDESK_INDEX_MEILI_PREFIX"},
		{Sources{Path: file}, "from-file", file + ":4"},
		{Sources{Environ: []string{"SEALDESK_CONFIG=" + file}}, "from-file", file + ":4"},
		{Sources{Path: write(t, dir, "empty.yaml", "")}, "sealdesk", "default"},
		{Sources{Path: write(t, dir, "remark.yaml", "# none\n")}, "sealdesk", "default"},
	} {
		c := load(t, test.from)
		if got, at := c.Index.Meili.Prefix, c.Origin("index.meili.prefix").String(); got != test.want || at != test.origin {
			t.Errorf("got %s from %s, want %s from %s", got, at, test.want, test.origin)
		}
	}
}

// TestUsualPlaces reads ./sealdesk.yaml where it is there, and nothing where it is not.
func TestUsualPlaces(t *testing.T) {
	t.Chdir(t.TempDir())
	old := Usual
	t.Cleanup(func() { Usual = old })
	Usual = []string{"sealdesk.yaml", "etc.yaml"}
	if c := load(t, Sources{}); c.Path != "" || c.Data != "sealdesk-data" || c.Storage.Kind != Dir || c.Index.Kind != Bleve || !c.Storage.S3.PathStyle {
		t.Errorf("the defaults are %+v", c)
	}
	write(t, ".", "etc.yaml", "data: far")
	if c := load(t, Sources{}); c.Data != "far" {
		t.Errorf("etc.yaml is not read: %+v", c)
	}
	write(t, ".", "sealdesk.yaml", "data: near")
	if c := load(t, Sources{}); c.Data != "near" || c.Path != "sealdesk.yaml" {
		t.Errorf("sealdesk.yaml does not go first: %+v", c)
	}
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"missing.yaml", "folder"} {
		if _, err := Load(Sources{Path: path}); err == nil || !strings.HasPrefix(err.Error(), "--config: the file cannot be read") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestPaths are relative to the file where they stand in it, else to where the program
// runs.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "c.yaml", "data: kept\ncall: call.yaml\nocr: {models: /abs}")
	c := load(t, Sources{Path: file})
	if c.Data != filepath.Join(dir, "kept") || c.Call != filepath.Join(dir, "call.yaml") || c.OCR.Models != "/abs" {
		t.Errorf("from the file: %q %q %q", c.Data, c.Call, c.OCR.Models)
	}
	c = load(t, Sources{Path: file, Environ: []string{"SEALDESK_DATA=kept", "SEALDESK_MODELS=m"}, Flags: map[string]string{"call": "call.yaml"}})
	if c.Data != "kept" || c.Call != "call.yaml" || c.OCR.Models != "m" {
		t.Errorf("from elsewhere: %q %q %q", c.Data, c.Call, c.OCR.Models)
	}
	if c := load(t, Sources{Path: write(t, dir, "id.yaml", "call: nmg-iscb-2022")}); c.Call != "nmg-iscb-2022" {
		t.Errorf("an id became %q", c.Call)
	}
}

// TestEnvironment takes no variable that does nothing for a setting.
func TestEnvironment(t *testing.T) {
	load(t, Sources{Path: write(t, t.TempDir(), "c.yaml", ""), Environ: []string{"SEALDESK_TEST_MEILI=x", "SEALDESK_VERSION=1"}})
	_, err := Load(Sources{Environ: []string{"SEALDESK_STORAGE_S3_BUKCET=x", "SEALDESK_OCR_WORKERS=x"}})
	want := `SEALDESK_OCR_WORKERS: ocr.workers cannot be "x": a whole number is wanted`
	if err == nil || !strings.Contains(err.Error(), "SEALDESK_STORAGE_S3_BUKCET: there is no such setting: did you mean SEALDESK_STORAGE_S3_BUCKET?") || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
}

// complete is a file with everything in it.
const complete = `
storage:
  kind: s3
  s3: {endpoint: "http://h:9000/", bucket: kept, region: r, access_key: storage-access, secret_key_file: secret, path_style: false}
intake: {bucket: scans}
index:
  kind: meili
  meili: {url: "http://m:7700", key: meili-key}
queue: {url: "nats://n", token: queue-token}
web:
  oidc: {issuer: "https://o/", client_id: desk, client_secret: oidc-secret, desk: "https://d/"}
`

// TestIntake has of the storage's bucket what it does not say itself, and its keys for
// no other service.
func TestIntake(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "secret", "storage-secret\n")
	file := write(t, dir, "c.yaml", complete)
	c := load(t, Sources{Path: file})
	in := c.Intake
	if in.Endpoint != "http://h:9000" || in.Region != "r" || in.PathStyle || in.AccessKey.Reveal() != "storage-access" || in.SecretKey.Reveal() != "storage-secret" {
		t.Errorf("nothing was taken over: %+v", in)
	}
	if at := c.Origin("intake.endpoint").String(); at != file+":4" {
		t.Errorf("the endpoint is said to come from %s", at)
	}
	c = load(t, Sources{Path: file, Environ: []string{"SEALDESK_INTAKE_ACCESS_KEY=a", "SEALDESK_INTAKE_SECRET_KEY=b"}})
	if c.Intake.AccessKey.Reveal() != "a" || c.Intake.SecretKey.Reveal() != "b" {
		t.Errorf("its own keys are not used: %+v", c.Intake)
	}
	if _, err := Load(Sources{Path: file, Flags: map[string]string{"intake.endpoint": "http://other"}}); err == nil {
		t.Error("the storage's keys would go to another service")
	}
	if b := c.Backup; b.Endpoint != "http://h:9000" || b.SecretKey.Reveal() != "storage-secret" || b.Bucket != "" {
		t.Errorf("the backup takes nothing over: %+v", b)
	}
	if !c.Kept("kept", "") || c.Kept("scans", "") {
		t.Error("Kept does not know the bucket of the store")
	}
}

// TestSecretFiles reads secrets from files, and says what is wrong with these.
func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"key": "", "key\n": "", "key\r\n": "",
		"": "is empty", "\n": "is empty", "key\n\n": "more than one line", "a\nb": "more than one line", "a\x00": "more than one line",
	} {
		write(t, dir, "key", text)
		c, err := Load(Sources{Path: write(t, dir, "c.yaml", "\nindex: {meili: {key_file: key}}")})
		switch {
		case want == "" && (err != nil || c.Index.Meili.Key.Reveal() != "key"):
			t.Errorf("%q: %v, %v", text, c, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), "c.yaml:2: index.meili.key_file: ") || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Load(Sources{Flags: map[string]string{"index.meili.key_file": filepath.Join(dir, "none")}}); err == nil || !strings.HasPrefix(err.Error(), "--index-meili-key-file: ") {
		t.Error(err)
	}
	if _, err := Load(Sources{Flags: map[string]string{"index.meili.key": "x"}}); err == nil {
		t.Error("a secret can be given by flag")
	}
	// What goes first is the layer, not whether it is a file.
	write(t, dir, "key", "of-file")
	file := write(t, dir, "c.yaml", "index: {meili: {key: direct}}")
	if c := load(t, Sources{Path: file, Environ: []string{"SEALDESK_INDEX_MEILI_KEY_FILE=" + filepath.Join(dir, "key")}}); c.Index.Meili.Key.Reveal() != "of-file" {
		t.Error("the file's key goes before the environment's file")
	}
	file = write(t, dir, "c.yaml", "index: {meili: {key_file: key}}")
	if c := load(t, Sources{Path: file, Environ: []string{"SEALDESK_INDEX_MEILI_KEY=direct"}}); c.Index.Meili.Key.Reveal() != "direct" {
		t.Error("the file's key file goes before the environment's key")
	}
}

// TestSecretsStayHidden prints a configuration in every way there is.
func TestSecretsStayHidden(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "secret", "storage-secret\n")
	c := load(t, Sources{Path: write(t, dir, "c.yaml", complete)})
	secrets := []string{"storage-access", "storage-secret", "meili-key", "oidc-secret", "queue-token", "6d65696c692d6b6579"} // and one in hex
	look := func(how, text string) {
		t.Helper()
		for _, s := range secrets {
			if strings.Contains(strings.ToLower(text), s) {
				t.Errorf("%s gives away %s: %s", how, s, text)
			}
		}
	}
	inside := struct{ secret Secret }{c.Index.Meili.Key} // fmt asks no method of this
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x"} {
		look(verb, fmt.Sprintf(verb, c))
		look(verb, fmt.Sprintf(verb, c.Index.Meili.Key))
		look(verb, fmt.Sprintf(verb, inside))
	}
	j, err := json.Marshal(c)
	check(t, err)
	look("JSON", string(j))
	y, err := yaml.Marshal(c)
	check(t, err)
	look("YAML", string(y))
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("config", "all", c, "one", c.Index.Meili.Key, "in", inside)
	}
	look("slog", log.String())
	for _, v := range c.Values() {
		look("Values", v.Text)
		if v.Kind == KindSecret && v.Text != hidden {
			t.Errorf("%s is shown as %q", v.Key, v.Text)
		}
	}
	if !strings.Contains(string(j), hidden) {
		t.Error("the secrets are not even shown to be there")
	}
}

// TestMistakesHideSecrets writes a secret in ways that are wrong; no message holds it.
func TestMistakesHideSecrets(t *testing.T) {
	const secret = "Tr0ub4dor"
	for _, text := range []string{
		"*" + secret, "&" + secret, "!" + secret + " x", "[" + secret + "]", "{" + secret + ": x}", "|\n      " + secret + "\n      " + secret,
		"\"" + secret, "'" + secret, "@" + secret, "`" + secret, "%" + secret, secret + ": x", "\"" + secret + `\q"`, "- " + secret, "\"" + secret + `\n"`,
		"&a " + secret, "*" + secret + "\n    md5: *" + secret, "!!int " + secret,
	} {
		file := "storage:\n  kind: s3\n  s3:\n    secret_key: " + text + "\n    endpoint: http://u:" + secret + "@h\n"
		_, err := Parse("f.yaml", []byte(file))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestNames keeps the rule by which keys become variables and flags.
func TestNames(t *testing.T) {
	s, ok := Find("storage.s3.secret_key_file")
	if !ok || s.Environment() != "SEALDESK_STORAGE_S3_SECRET_KEY_FILE" || s.Flag() != "storage-s3-secret-key-file" {
		t.Errorf("%v %s %s", ok, s.Environment(), s.Flag())
	}
	for _, s := range Settings() {
		if s.Help == "" || strings.HasSuffix(s.Help, ".") {
			t.Errorf("%s has the help %q", s.Key, s.Help)
		}
		if s.Kind == KindSecret && s.Flag() != "" {
			t.Errorf("%s, a secret, has a flag", s.Key)
		}
		if _, ok := Find(s.Key + "_file"); s.Kind == KindSecret && !ok {
			t.Errorf("%s has no file", s.Key)
		}
	}
}

// TestExample takes the example as it is, with every key, and has every key in it.
func TestExample(t *testing.T) {
	text, err := os.ReadFile("../sealdesk.example.yaml")
	check(t, err)
	c, err := Parse("sealdesk.example.yaml", text)
	check(t, err)
	for _, v := range c.Values() {
		if v.Origin.Layer != Default {
			t.Errorf("the example sets %s; it must be in effect as if it were not there", v.Key)
		}
	}
	commented := regexp.MustCompile(`(?m)^( *)#([a-z_0-9]+: )`)
	var found []string
	for _, filed := range []bool{false, true} {
		kept := commented.ReplaceAllStringFunc(string(text), func(line string) string {
			m := commented.FindStringSubmatch(line)
			name := strings.TrimSuffix(m[2], ": ")
			isSecret := slices.Contains([]string{"access_key", "secret_key", "key", "client_secret", "token"}, strings.TrimSuffix(name, "_file"))
			if isSecret && strings.HasSuffix(name, "_file") != filed {
				return line
			}
			return m[1] + m[2]
		})
		c, err := Parse("sealdesk.example.yaml", []byte(kept))
		if err != nil {
			t.Fatalf("with every key: %v\n%s", err, kept)
		}
		for _, v := range c.Values() {
			if v.Origin.Layer == File {
				found = append(found, v.Key)
			}
			if v.Default != "" && v.Origin.Layer == File && v.Text != v.Default {
				t.Errorf("the example says %s: %s, the default is %s", v.Key, v.Text, v.Default)
			}
		}
	}
	for _, s := range Settings() {
		if !slices.Contains(found, s.Key) {
			t.Errorf("the example does not have %s", s.Key)
		}
	}
}

// FuzzParse looks for panics, and for mistakes without a place.
func FuzzParse(f *testing.F) {
	f.Add([]byte(complete))
	f.Add([]byte("storage: {kind: foo, s3: [1]}\n---\nx"))
	f.Add([]byte("a: &a [*a]\nstorage: *a\n? {x: y}\n: z\n<<: *a"))
	f.Add([]byte("data: !!binary aGk=\ncall: \"\\u0000\"\nocr: {workers: 0x10}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f.yaml", data)
		var problems *Problems
		switch {
		case err == nil && c == nil:
			t.Error("neither a configuration nor an error")
		case err != nil && (!errors.As(err, &problems) || len(problems.List) == 0):
			t.Errorf("an error without a list: %v", err)
		case err == nil:
			return
		}
		for _, p := range problems.List {
			if p.Message == "" || p.Origin.Line < 0 || p.Origin.Line > strings.Count(string(data), "\n")+strings.Count(string(data), "\r")+2 {
				t.Errorf("%+v is no place in\n%s", p, data)
			}
		}
	})
}

func load(t *testing.T, from Sources) *Config {
	t.Helper()
	c, err := Load(from)
	check(t, err)
	return c
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	check(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
