package config

import (
	"slices"
	"strings"
)

// Kind is what values a setting takes.
type Kind string

// The kinds. A path of the file is relative to the file's folder. A Secret has no
// flag: what stands in a command line can be seen by everybody on the machine.
const (
	KindText   Kind = "text"
	KindPath   Kind = "path"
	KindNumber Kind = "number"
	KindSwitch Kind = "true|false"
	KindSecret Kind = "secret"
)

// Setting is one key of the configuration.
type Setting struct {
	Key     string // as the file's sections nest: storage.s3.endpoint
	Kind    Kind
	OneOf   []string // the only values, where they are given
	Default string
	Help    string // one sentence, without its full stop

	// oldEnvironment is a variable from before there was a configuration.
	oldEnvironment string
	// field points at the setting's place: a *string, *int, *bool or *Secret.
	field func(*Config) any
}

// Environment is the variable of the setting: SEALDESK_STORAGE_S3_ENDPOINT.
func (s Setting) Environment() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Flag is the name of the setting's flag without dashes, storage-s3-endpoint, or ""
// where it has none.
func (s Setting) Flag() string {
	if s.Kind == KindSecret {
		return ""
	}
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.Key)
}

// prefix begins all variables of the program.
const prefix = "SEALDESK_"

// FileVariable names the file, as --config does.
const FileVariable = prefix + "CONFIG"

// Settings are all keys, in the order of the file.
func Settings() []Setting { return slices.Clone(settings) }

// Find gives the setting with this key.
func Find(key string) (Setting, bool) {
	i := slices.IndexFunc(settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return Setting{}, false
	}
	return settings[i], true
}

var settings = slices.Concat([]Setting{
	{
		Key: "data", Kind: KindPath, Default: "sealdesk-data",
		Help:  "folder where bundles and the search index are kept",
		field: func(c *Config) any { return &c.Data },
	},
	{
		Key: "call", Kind: KindText,
		Help:  "the call: an id or a profile file (the newest built-in where not given)",
		field: func(c *Config) any { return &c.Call },
	},
	{
		Key: "calls", Kind: KindPath,
		Help:  "folder with profiles of further calls, known by their ids (calls in the data folder where not given)",
		field: func(c *Config) any { return &c.Calls },
	},
	{
		Key: "storage.kind", Kind: KindText, OneOf: []string{Dir, S3Kind}, Default: Dir,
		Help:  "where originals and results are kept: dir, in the data folder, or s3",
		field: func(c *Config) any { return &c.Storage.Kind },
	},
	{
		Key: "storage.least_free", Kind: KindNumber, Default: "1024",
		Help:  "free space in MB, on the disks of the data folder and of temporary files, below which nothing is taken in and what waits is not begun; 0 for no limit",
		field: func(c *Config) any { return &c.Storage.LeastFree },
	},
},
	bucketSettings("storage.s3", "kept objects", "", func(c *Config) *S3 { return &c.Storage.S3 }),
	[]Setting{{
		Key: "storage.s3.md5", Kind: KindSwitch, Default: "false",
		Help:  "send MD5 sums instead of CRC32C ones, for servers that refuse these",
		field: func(c *Config) any { return &c.Storage.S3.MD5 },
	}},
	bucketSettings("intake", "scans", " (storage.s3's where not given)", func(c *Config) *S3 { return &c.Intake }),
	bucketSettings("backup", "backups", " (storage.s3's where not given)", func(c *Config) *S3 { return &c.Backup }),
	[]Setting{
		{
			Key: "index.kind", Kind: KindText, OneOf: []string{Bleve, MeiliKind}, Default: Bleve,
			Help:  "what searches: bleve, in the data folder, or meili, a Meilisearch server",
			field: func(c *Config) any { return &c.Index.Kind },
		},
		{
			Key: "index.meili.url", Kind: KindText,
			Help:  "the Meilisearch server: http://host:7700",
			field: func(c *Config) any { return &c.Index.Meili.URL },
		},
		{
			Key: "index.meili.key", Kind: KindSecret,
			Help:  "API key for documents, indexes, settings, tasks and search",
			field: func(c *Config) any { return &c.Index.Meili.Key },
		},
		{
			Key: "index.meili.key_file", Kind: KindPath,
			Help:  "file that holds the API key",
			field: func(c *Config) any { return &c.Index.Meili.KeyFile },
		},
		{
			Key: "index.meili.prefix", Kind: KindText, Default: "sealdesk",
			Help:  "what the names of the indexes begin with",
			field: func(c *Config) any { return &c.Index.Meili.Prefix },
		},
		{
			Key: "ocr.workers", Kind: KindNumber, Default: "0",
			Help:  "readers at work at the same time; 0 is one for each processor",
			field: func(c *Config) any { return &c.OCR.Workers },
		},
		{
			Key: "ocr.models", Kind: KindPath, oldEnvironment: prefix + "MODELS",
			Help:  "folder of the second reader (sealdesk/models in the user's cache folder where not given)",
			field: func(c *Config) any { return &c.OCR.Models },
		},
		{
			Key: "queue.url", Kind: KindText,
			Help:  "the NATS server of the queue, nats://host:4222, or several with commas between them (in this process where not given)",
			field: func(c *Config) any { return &c.Queue.URL },
		},
		{
			Key: "queue.token", Kind: KindSecret,
			Help:  "the token that the NATS servers ask for",
			field: func(c *Config) any { return &c.Queue.Token },
		},
		{
			Key: "queue.token_file", Kind: KindPath,
			Help:  "file that holds the token",
			field: func(c *Config) any { return &c.Queue.TokenFile },
		},
		{
			Key: "queue.replicas", Kind: KindNumber, Default: "1",
			Help:  "on how many servers of a NATS cluster the queue is kept: 3 where it has three, so that one may fail",
			field: func(c *Config) any { return &c.Queue.Replicas },
		},
		{
			Key: "web.listen", Kind: KindText, Default: "127.0.0.1:8480",
			Help:  "address and port at which the desk is opened",
			field: func(c *Config) any { return &c.Web.Listen },
		},
		{
			Key: "web.watch", Kind: KindPath,
			Help:  "folder from which the desk takes the scans that are put there",
			field: func(c *Config) any { return &c.Web.Watch },
		},
		{
			Key: "web.reads", Kind: KindSwitch, Default: "true",
			Help:  "the desk reads what was brought itself; false leaves that to sealdesk work and needs queue.url",
			field: func(c *Config) any { return &c.Web.Reads },
		},
		{
			Key: "web.certificate", Kind: KindPath,
			Help:  "file with the certificate (PEM) with which the desk is opened by https",
			field: func(c *Config) any { return &c.Web.Certificate },
		},
		{
			Key: "web.private_key", Kind: KindPath,
			Help:  "file with the private key (PEM) of the certificate",
			field: func(c *Config) any { return &c.Web.PrivateKey },
		},
		{
			Key: "web.https_proxy", Kind: KindSwitch, Default: "false",
			Help:  "browsers reach the desk by https, through a proxy that has the certificate",
			field: func(c *Config) any { return &c.Web.HTTPSProxy },
		},
		{
			Key: "web.passwords", Kind: KindSwitch, Default: "true",
			Help:  "people can sign in with a password; false needs web.oidc",
			field: func(c *Config) any { return &c.Web.Passwords },
		},
		{
			Key: "web.oidc.issuer", Kind: KindText,
			Help:  "the OpenID Connect service by which people can sign in: https://login.example.com",
			field: func(c *Config) any { return &c.Web.OIDC.Issuer },
		},
		{
			Key: "web.oidc.client_id", Kind: KindText,
			Help:  "what the desk is called there",
			field: func(c *Config) any { return &c.Web.OIDC.ClientID },
		},
		{
			Key: "web.oidc.client_secret", Kind: KindSecret,
			Help:  "the desk's secret there",
			field: func(c *Config) any { return &c.Web.OIDC.ClientSecret },
		},
		{
			Key: "web.oidc.client_secret_file", Kind: KindPath,
			Help:  "file that holds the desk's secret there",
			field: func(c *Config) any { return &c.Web.OIDC.ClientSecretFile },
		},
		{
			Key: "web.oidc.desk", Kind: KindText,
			Help:  "the desk's address in browsers, to which the service leads back: https://desk.example.com",
			field: func(c *Config) any { return &c.Web.OIDC.Desk },
		},
		{
			Key: "web.oidc.claim", Kind: KindText, Default: "email",
			Help:  "the claim that names people as the accounts do: email, which must be verified, sub or another",
			field: func(c *Config) any { return &c.Web.OIDC.Claim },
		},
		{
			Key: "log.level", Kind: KindText, OneOf: []string{"debug", "info", "warn", "error"}, Default: "info",
			Help:  "the least that is written to the log; commands that end by themselves write warn where not given",
			field: func(c *Config) any { return &c.Log.Level },
		},
		{
			Key: "log.format", Kind: KindText, OneOf: []string{LogText, LogJSON}, Default: LogText,
			Help:  "how lines of the log are written",
			field: func(c *Config) any { return &c.Log.Format },
		},
		{
			Key: "traces.endpoint", Kind: KindText,
			Help:  "the collector of traces, by OTLP over HTTP: http://host:4318 (or OTEL_EXPORTER_OTLP_ENDPOINT)",
			field: func(c *Config) any { return &c.Traces.Endpoint },
		},
	},
)

// bucketSettings are the keys that say where a bucket is, of what, and who may use it.
func bucketSettings(section, what, inherited string, at func(*Config) *S3) []Setting {
	style := "true"
	if inherited != "" {
		style = "" // that of storage.s3
	}
	return []Setting{
		{
			Key: section + ".endpoint", Kind: KindText,
			Help:  "the S3 service: https://host or http://host:9000" + inherited,
			field: func(c *Config) any { return &at(c).Endpoint },
		},
		{
			Key: section + ".bucket", Kind: KindText,
			Help:  "the bucket of " + what,
			field: func(c *Config) any { return &at(c).Bucket },
		},
		{
			Key: section + ".prefix", Kind: KindText,
			Help:  "what the keys of " + what + " begin with",
			field: func(c *Config) any { return &at(c).Prefix },
		},
		{
			Key: section + ".region", Kind: KindText,
			Help:  "the bucket's region; most services of one's own need none" + inherited,
			field: func(c *Config) any { return &at(c).Region },
		},
		{
			Key: section + ".access_key", Kind: KindSecret,
			Help:  "access key (user name)" + inherited,
			field: func(c *Config) any { return &at(c).AccessKey },
		},
		{
			Key: section + ".access_key_file", Kind: KindPath,
			Help:  "file that holds the access key",
			field: func(c *Config) any { return &at(c).AccessKeyFile },
		},
		{
			Key: section + ".secret_key", Kind: KindSecret,
			Help:  "secret key (password)" + inherited,
			field: func(c *Config) any { return &at(c).SecretKey },
		},
		{
			Key: section + ".secret_key_file", Kind: KindPath,
			Help:  "file that holds the secret key",
			field: func(c *Config) any { return &at(c).SecretKeyFile },
		},
		{
			Key: section + ".path_style", Kind: KindSwitch, Default: style,
			Help:  "name the bucket in the path, not in the host name, as MinIO and most others want it" + inherited,
			field: func(c *Config) any { return &at(c).PathStyle },
		},
	}
}
