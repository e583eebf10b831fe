// Package config gathers what the program is told about the machine that it runs on:
// which engines keep, search and read, and how they are reached. One YAML file holds
// it; every key is also an environment variable and, but for secrets, a flag. A flag
// goes before the environment, the environment before the file, the file before the
// default.
//
//	storage.s3.endpoint   the key, in the file's sections
//	SEALDESK_STORAGE_S3_ENDPOINT
//	--storage-s3-endpoint
//
// It says every mistake at once, each with its place, and hands over secrets in a type
// that does not print itself.
//
// It opens no engine, so it does not know whether a server is there or a key is right;
// and it knows nothing of calls, whose profiles are files of their own.
package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The kinds of stores and indexes.
const (
	Dir       = "dir"   // a folder
	S3Kind    = "s3"    // a bucket of an S3 service
	Bleve     = "bleve" // in the program
	MeiliKind = "meili" // a Meilisearch server
)

// Config is the whole configuration, validated: what an engine of the kind chosen
// needs is there.
type Config struct {
	// Path is the file that was read, "" for none.
	Path string

	Data    string // folder where bundles and the search index are kept
	Call    string // id of a call or path of a profile; "" is the newest built-in
	Calls   string // folder with profiles of further calls; "" is calls in Data
	Storage Storage
	// Intake is the bucket into which others put scans. Without a Bucket there is
	// none, but where it is reached is known from storage.s3 all the same.
	Intake S3
	// Backup is the bucket of backups where none is named. Without a Bucket there is none,
	// but where it is reached is known from storage.s3 all the same.
	Backup S3
	Index  Index
	OCR    OCR
	Queue  Queue
	Web    Web
	Log    Log
	Traces Traces

	origins map[string]Origin
}

// Storage says where originals and results are kept.
type Storage struct {
	Kind string // Dir or S3Kind
	S3   S3
	// LeastFree is the free space in MB (2^20 bytes) on this machine's disks below which
	// nothing is taken in and nothing begun to be read; 0 is no limit.
	LeastFree int
}

// S3 is a bucket of an S3 service, and who may use it.
type S3 struct {
	Endpoint      string // http:// or https:// with a host, and no path
	Bucket        string
	Prefix        string // of keys, without a slash at its start
	Region        string // "" where the service needs none
	AccessKey     Secret
	SecretKey     Secret
	AccessKeyFile string // where AccessKey came from, "" where from no file
	SecretKeyFile string
	PathStyle     bool // the bucket is named in the path, not in the host name
	MD5           bool // MD5 sums instead of CRC32C ones; not for the intake, which is only read
}

// Index says what searches.
type Index struct {
	Kind  string // Bleve or MeiliKind
	Meili Meili
}

// Meili is a Meilisearch server.
type Meili struct {
	URL     string
	Key     Secret
	KeyFile string // where Key came from, "" where from no file
	Prefix  string // of the names of indexes
}

// OCR says how text is read.
type OCR struct {
	Workers int    // readers at the same time; 0 is one for each processor
	Models  string // folder of the second reader; "" is the usual one
}

// Queue is where bundles wait to be read.
type Queue struct {
	URL       string // NATS servers, with commas between them; "" is in this process
	Token     Secret // that the servers ask for
	TokenFile string // where Token came from, "" where from no file
	Replicas  int    // on how many servers of a cluster it is kept, 1 to 5
}

// Log says what the log has, and how.
type Log struct {
	Level  string // "debug", "info", "warn" or "error": the least that is written
	Format string // LogText or LogJSON
}

// The forms of lines of the log.
const (
	LogText = "text"
	LogJSON = "json"
)

// Traces says where traces go.
type Traces struct {
	// Endpoint is a collector's address, for OTLP over HTTP; "" for none, or for the one
	// that OTEL_EXPORTER_OTLP_ENDPOINT names.
	Endpoint string
}

// Web is the desk in the browser.
type Web struct {
	Listen string // address and port; a port of 0 is any that is free
	Watch  string // folder that scans are taken from; "" is none
	Reads  bool   // the desk's process reads what was brought; else others alone do

	Certificate string // file with the certificate for https, PEM; "" is http
	PrivateKey  string // file with its private key, PEM
	HTTPSProxy  bool   // a proxy before the desk speaks https

	Passwords bool // people can sign in with a password
	OIDC      OIDC
}

// OIDC is a service by which people sign in at the desk, by OpenID Connect.
type OIDC struct {
	Issuer           string // its address; "" for none
	ClientID         string // the desk's name there
	ClientSecret     Secret
	ClientSecretFile string // where ClientSecret came from, "" where from no file
	Desk             string // the desk's address in browsers, without a slash at its end
	Claim            string // that names people as the accounts do
}

// Secure says whether browsers reach the desk by https.
func (w Web) Secure() bool { return w.Certificate != "" || w.HTTPSProxy }

// Sources are where Load looks.
type Sources struct {
	// Path is the file. "" is the one that SEALDESK_CONFIG names, or else the first
	// of Usual that is there, or else none.
	Path string
	// Flags are the values of flags that were given, by key.
	Flags map[string]string
	// Environ is the environment as os.Environ gives it.
	Environ []string
}

// Usual are the files that are read when none is named.
var Usual = []string{"sealdesk.yaml", "/etc/sealdesk.yaml"}

// Load reads file and environment, puts the flags on top and reads the files with
// secrets. The error is a *Problems with every mistake found; a Config is returned
// only when there is none.
func Load(from Sources) (*Config, error) {
	c, problems := newConfig(), &collector{}
	environment := variables(from.Environ)
	data, path, err := find(from.Path, environment)
	if err != nil {
		return nil, err
	}
	c.Path = path
	g := given{}
	if path != "" {
		g.file(path, data, problems)
	}
	g.environment(environment, problems)
	for key, text := range from.Flags {
		s, ok := Find(key)
		if !ok || s.Flag() == "" {
			return nil, fmt.Errorf("config: there is no flag for %q", key)
		}
		g[key] = value{text, Origin{Layer: Flag, Name: "--" + s.Flag()}}
	}
	c.set(g, problems)
	c.readSecrets(problems)
	c.complete(problems)
	if err := problems.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// Parse reads a file's bytes alone: no environment, and no file with a secret is
// opened. name is the file's path, for messages and what is relative to it.
func Parse(name string, data []byte) (*Config, error) {
	c, problems, g := newConfig(), &collector{}, given{}
	c.Path = name
	g.file(name, data, problems)
	c.set(g, problems)
	c.complete(problems)
	if err := problems.err(); err != nil {
		return nil, err
	}
	return c, nil
}

func newConfig() *Config { return &Config{origins: map[string]Origin{}} }

// maxFile is the greatest size of a configuration or a file with a secret, in bytes.
const maxFile = 1 << 20

// find reads the file that is asked for or else one of the usual ones. path is ""
// where there is none.
func find(asked string, environment map[string]string) (data []byte, path string, err error) {
	at := Origin{Layer: Flag, Name: "--config"}
	if asked == "" {
		asked, at = environment[FileVariable], Origin{Layer: Environment, Name: FileVariable}
	}
	if asked != "" {
		data, err = read(asked)
		if err != nil {
			return nil, "", &Problems{[]Problem{{at, fmt.Sprintf("the file cannot be read: %v", err)}}}
		}
		return data, asked, nil
	}
	for _, path := range Usual {
		data, err := read(path)
		switch {
		case err == nil:
			return data, path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, "", &Problems{[]Problem{{Origin{Layer: File, Name: path}, fmt.Sprintf("the file cannot be read: %v; correct its rights, or name another with --config", err)}}}
		}
	}
	return nil, "", nil
}

// read gives the bytes of a small file.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return data, nil
}

// value is a setting as it is written somewhere.
type value struct {
	text   string
	origin Origin
}

// given are the settings that stand somewhere, by key, each from the layer that goes
// first.
type given map[string]value

// variables are those of the program in an environment, without the empty ones.
func variables(environ []string) map[string]string {
	out := map[string]string{}
	for _, e := range environ {
		if name, text, ok := strings.Cut(e, "="); ok && strings.HasPrefix(name, prefix) && text != "" {
			out[name] = text
		}
	}
	return out
}

// environment puts variables over what is given. One that looks like a setting and is
// none is a mistake; others of the prefix, such as those of scripts, are left alone.
func (g given) environment(all map[string]string, problems *collector) {
	known := map[string]string{}
	var names []string
	for _, s := range settings {
		known[s.Environment()] = s.Key
		names = append(names, s.Environment())
		if text, ok := all[s.oldEnvironment]; ok {
			g[s.Key] = value{text, Origin{Layer: Environment, Name: s.oldEnvironment}}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := all[name]
		at := Origin{Layer: Environment, Name: name}
		if key, ok := known[name]; ok {
			g[key] = value{text, at}
			continue
		}
		for _, section := range []string{"STORAGE_", "INTAKE_", "BACKUP_", "INDEX_", "OCR_"} {
			if strings.HasPrefix(name, prefix+section) {
				problems.add(at, "there is no such setting: %s", orRemove(suggest(name, names)))
			}
		}
	}
}

// orRemove says what to do about an unknown name.
func orRemove(meant string) string {
	if meant == "" {
		return "correct its spelling or remove it"
	}
	return "did you mean " + meant + "?"
}

// callID is the shape of built-in calls' ids; any other call is a file.
var callID = regexp.MustCompile(`^[a-z0-9-]*$`)

// set fills in what is given, and the defaults of what is not.
func (c *Config) set(g given, problems *collector) {
	for _, pair := range secretPairs {
		g.one(pair, problems)
	}
	for _, s := range settings {
		v, ok := g[s.Key]
		if !ok {
			v = value{text: s.Default}
		}
		c.origins[s.Key] = v.origin
		if strings.ContainsFunc(v.text, isControl) {
			problems.add(v.origin, "%s has line ends or control characters: write it on one line", s.Key)
		}
		if len(s.OneOf) > 0 && !slices.Contains(s.OneOf, v.text) {
			meant := suggest(v.text, s.OneOf)
			if meant != "" {
				meant = "; did you mean " + meant + "?"
			}
			problems.add(v.origin, "%s cannot be %q: say %s%s", s.Key, v.text, strings.Join(s.OneOf, " or "), meant)
			v.text = s.Default
		}
		switch p := s.field(c).(type) {
		case *Secret:
			*p = NewSecret(v.text)
		case *string:
			*p = v.text
			isPath := s.Kind == KindPath || s.Key == "call" && !callID.MatchString(v.text)
			if isPath && v.origin.Layer == File && v.text != "" && !filepath.IsAbs(v.text) {
				*p = filepath.Join(filepath.Dir(v.origin.Name), v.text)
			}
		case *int:
			n, err := strconv.Atoi(v.text)
			if err != nil {
				problems.add(v.origin, "%s cannot be %q: a whole number is wanted", s.Key, v.text)
			}
			*p = n
		case *bool:
			switch v.text {
			case "true", "false", "":
				*p = v.text == "true"
			default:
				problems.add(v.origin, "%s cannot be %q: say true or false", s.Key, v.text)
			}
		}
	}
}

// secretPairs are the keys of secrets; each has a second one of the same name with
// _file.
var secretPairs = func() (out []string) {
	for _, s := range settings {
		if s.Kind == KindSecret {
			out = append(out, s.Key)
		}
	}
	return out
}()

// one leaves of a secret and its file what goes first. Both in one layer is a mistake.
func (g given) one(key string, problems *collector) {
	direct, file := g[key], g[key+"_file"]
	switch {
	case direct.text == "" || file.text == "":
	case direct.origin.Layer > file.origin.Layer:
		delete(g, key+"_file")
	case direct.origin.Layer < file.origin.Layer:
		delete(g, key)
	default:
		problems.add(file.origin, "%s and %s_file are both given: keep one", key, key)
	}
}

// readSecrets reads the files that hold secrets.
func (c *Config) readSecrets(problems *collector) {
	for _, key := range secretPairs {
		s, _ := Find(key)
		f, _ := Find(key + "_file")
		path := *f.field(c).(*string)
		if path == "" {
			continue
		}
		at := c.origins[f.Key]
		data, err := read(path)
		text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
		switch {
		case err != nil:
			problems.add(at, "%s: the file cannot be read: %v", f.Key, err)
		case text == "":
			problems.add(at, "%s: %s is empty: put the secret into it", f.Key, path)
		case strings.ContainsFunc(text, isControl):
			problems.add(at, "%s: %s has more than one line or control characters: put the secret alone into it", f.Key, path)
		default:
			*s.field(c).(*Secret) = NewSecret(text)
			c.origins[key] = at
		}
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Value is a setting in effect, as it may be shown: a secret is "***".
type Value struct {
	Setting
	Text   string
	Origin Origin
}

// Values are all settings in effect, in the order of Settings.
func (c *Config) Values() []Value {
	out := make([]Value, len(settings))
	for i, s := range settings {
		out[i] = Value{Setting: s, Text: show(s.field(c)), Origin: c.origins[s.Key]}
	}
	return out
}

// show is a field as text; a secret is hidden.
func show(field any) string {
	switch p := field.(type) {
	case *string:
		return *p
	case *int:
		return strconv.Itoa(*p)
	case *bool:
		return strconv.FormatBool(*p)
	case *Secret:
		return p.String()
	}
	return ""
}

// Origin says where a setting stands.
func (c *Config) Origin(key string) Origin { return c.origins[key] }
