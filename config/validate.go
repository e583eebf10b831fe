package config

import (
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// complete gives the intake and the backup what they have of the storage's bucket and looks
// for what cannot be.
func (c *Config) complete(problems *collector) {
	v := &validator{c, problems}
	if c.Data == "" {
		v.bad("data", "data is empty: name a folder")
	}
	if c.OCR.Workers < 0 || c.OCR.Workers > 1024 {
		v.bad("ocr.workers", "ocr.workers must be from 0 to 1024")
	}
	if c.Storage.LeastFree < 0 {
		v.bad("storage.least_free", "storage.least_free must be 0 or more, in MB")
	}
	v.bucket("storage.s3", &c.Storage.S3)
	v.bucket("intake", &c.Intake)
	v.bucket("backup", &c.Backup)
	v.inherit("intake", &c.Intake)
	v.inherit("backup", &c.Backup)
	v.apart("intake", &c.Intake)
	v.apart("backup", &c.Backup)
	if c.Storage.Kind == S3Kind {
		v.need("storage.kind", "storage.s3.endpoint", c.Storage.S3.Endpoint == "")
		v.need("storage.kind", "storage.s3.bucket", c.Storage.S3.Bucket == "")
		v.pair("storage.kind", "storage.s3", &c.Storage.S3)
	}
	v.reached("intake", &c.Intake)
	v.reached("backup", &c.Backup)
	v.address("index.meili.url", c.Index.Meili.URL)
	if !indexPrefix.MatchString(c.Index.Meili.Prefix) {
		v.bad("index.meili.prefix", "index.meili.prefix must be 1 to 100 letters, digits, - or _")
	}
	if c.Index.Kind == MeiliKind {
		v.need("index.kind", "index.meili.url", c.Index.Meili.URL == "")
	}
	v.queue()
	v.listen()
	v.oidc()
	v.address("traces.endpoint", c.Traces.Endpoint)
}

// oidc looks at the service by which people sign in.
func (v *validator) oidc() {
	o := &v.Web.OIDC
	v.address("web.oidc.issuer", o.Issuer)
	v.address("web.oidc.desk", o.Desk)
	if u, err := url.Parse(o.Issuer); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		v.bad("web.oidc.issuer", "web.oidc.issuer must be https://, but on this machine: whoever is on the way could say who somebody is")
	}
	o.Desk = strings.TrimSuffix(o.Desk, "/")
	if u, err := url.Parse(o.Desk); err == nil && u.Path != "" {
		v.bad("web.oidc.desk", "web.oidc.desk has a path: the desk is at the root of a host")
	}
	if o.Issuer != "" {
		v.need("web.oidc.issuer", "web.oidc.client_id", o.ClientID == "")
		v.need("web.oidc.issuer", "web.oidc.desk", o.Desk == "")
		v.need("web.oidc.issuer", "web.oidc.claim", o.Claim == "")
	}
	if !v.Web.Passwords {
		v.need("web.passwords", "web.oidc.issuer", o.Issuer == "")
	}
}

// queue looks at the addresses of NATS servers, and what needs one.
func (v *validator) queue() {
	if v.Queue.Replicas < 1 || v.Queue.Replicas > 5 {
		v.bad("queue.replicas", "queue.replicas must be from 1 to 5")
	}
	if v.Queue.Replicas > 1 {
		v.need("queue.replicas", "queue.url", v.Queue.URL == "")
	}
	if !v.Web.Reads {
		v.need("web.reads", "queue.url", v.Queue.URL == "")
	}
	if v.Queue.URL == "" {
		return
	}
	for one := range strings.SplitSeq(v.Queue.URL, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		switch {
		case err == nil && u.User != nil:
			v.bad("queue.url", "queue.url holds a user or password, which show and logs would show: give a token by queue.token_file")
			return
		case err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Hostname() == "":
			v.bad("queue.url", "queue.url must be nats:// or tls:// with a host, such as nats://localhost:4222, or several with commas between them")
			return
		}
	}
}

// listen looks at the address of the desk.
func (v *validator) listen() {
	_, port, err := net.SplitHostPort(v.Web.Listen)
	if n, wrong := strconv.Atoi(port); err != nil || wrong != nil || n < 0 || n > 65535 {
		v.bad("web.listen", "web.listen must be an address and a port, such as 127.0.0.1:8480, or :8480 for all of the machine's addresses")
	}
	if v.Web.Certificate != "" {
		v.need("web.certificate", "web.private_key", v.Web.PrivateKey == "")
	} else if v.Web.PrivateKey != "" {
		v.need("web.private_key", "web.certificate", true)
	}
}

// loopback says whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// validator tells of mistakes at the place of the setting.
type validator struct {
	*Config
	problems *collector
}

func (v *validator) bad(key, format string, args ...any) {
	v.problems.add(v.origins[key], format, args...)
}

// need says that what stands at one key asks for another that is missing.
func (v *validator) need(because, key string, missing bool) {
	if !missing {
		return
	}
	s, _ := Find(because)
	wanted, _ := Find(key)
	other := "--" + wanted.Flag()
	if wanted.Kind == KindSecret {
		other = key + "_file"
	}
	v.bad(because, "%s %s needs %s: give it in the file, or as %s or %s", because, show(s.field(v.Config)), key, wanted.Environment(), other)
}

var (
	// indexPrefix leaves room in a name of at most 400 bytes.
	indexPrefix = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)
	// bucketName is the rule of S3 without its rarer exceptions.
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// CheckBucket says what is wrong with the name of a bucket, "" for nothing.
func CheckBucket(name string) string {
	if !bucketName.MatchString(name) || strings.Contains(name, "..") {
		return "a bucket's name has 3 to 63 small letters, digits, - and ., and begins and ends with a letter or digit"
	}
	return ""
}

func (v *validator) bucket(section string, s *S3) {
	v.address(section+".endpoint", s.Endpoint)
	if u, err := url.Parse(s.Endpoint); err == nil && u.Path != "" && u.Path != "/" {
		v.bad(section+".endpoint", "%s.endpoint has a path: leave it out, and name the bucket in %s.bucket", section, section)
	}
	s.Endpoint = strings.TrimSuffix(s.Endpoint, "/")
	if s.Bucket != "" {
		if wrong := CheckBucket(s.Bucket); wrong != "" {
			v.bad(section+".bucket", "%s.bucket cannot be %q: %s", section, s.Bucket, wrong)
		}
	}
	if strings.HasPrefix(s.Prefix, "/") || strings.Contains(s.Prefix, "//") {
		v.bad(section+".prefix", "%s.prefix cannot be %q: no slash at its start, and none twice", section, s.Prefix)
	}
}

// address looks at the address of a server.
func (v *validator) address(key, address string) {
	if address == "" {
		return
	}
	// Messages do not quote it: somebody may have put a password into it.
	u, err := url.Parse(address)
	switch {
	case err == nil && u.User != nil:
		v.bad(key, "%s holds a user or password: give keys by their own settings", key)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Hostname() == "":
		v.bad(key, "%s must be http:// or https:// with a host, such as http://localhost:9000", key)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		v.bad(key, "%s must end before ? or #", key)
	}
}

// pair looks for one key without the other.
func (v *validator) pair(because, section string, s *S3) {
	access := s.AccessKey.Set() || s.AccessKeyFile != ""
	secret := s.SecretKey.Set() || s.SecretKeyFile != ""
	switch {
	case !access:
		v.need(because, section+".access_key", true)
	case !secret:
		v.need(because, section+".secret_key", true)
	}
}

// reached looks whether all is there that a bucket needs which is named.
func (v *validator) reached(section string, b *S3) {
	if b.Bucket != "" {
		v.need(section+".bucket", section+".endpoint", b.Endpoint == "")
		v.pair(section+".bucket", section, b)
	}
}

// inherit gives a section what it does not say itself. Keys go to the service that they
// are for, and to no other.
func (v *validator) inherit(section string, to *S3) {
	from := &v.Storage.S3
	take := func(name string) { v.origins[section+"."+name] = v.origins["storage.s3."+name] }
	own := to.Endpoint != "" && to.Endpoint != from.Endpoint
	if v.origins[section+".path_style"].Layer == Default {
		to.PathStyle = from.PathStyle
		take("path_style")
	}
	if own {
		return
	}
	to.MD5 = from.MD5
	if to.Endpoint == "" {
		to.Endpoint = from.Endpoint
		take("endpoint")
	}
	if to.Region == "" {
		to.Region = from.Region
		take("region")
	}
	// Both keys or none: half of one pair and half of another open nothing.
	if !to.AccessKey.Set() && !to.SecretKey.Set() && to.AccessKeyFile == "" && to.SecretKeyFile == "" {
		to.AccessKey, to.AccessKeyFile = from.AccessKey, from.AccessKeyFile
		to.SecretKey, to.SecretKeyFile = from.SecretKey, from.SecretKeyFile
		for _, name := range []string{"access_key", "access_key_file", "secret_key", "secret_key_file"} {
			take(name)
		}
	}
}

// apart keeps the intake and the store out of each other, since what the program keeps must
// not come back to it as scans; and so a backup and what it is of.
func (v *validator) apart(section string, b *S3) {
	if b.Bucket != "" && v.kept(b.Endpoint, b.Bucket, b.Prefix) {
		v.bad(section+".bucket", "the %s and storage.s3 have keys of the bucket %s in common: give one of them another bucket or prefix", section, b.Bucket)
	}
}

// Kept says whether the program itself keeps objects under some key of the intake's
// service that begins with prefix.
func (c *Config) Kept(bucket, prefix string) bool {
	return c.kept(c.Intake.Endpoint, bucket, prefix)
}

// KeptAt says whether a bucket, from its prefix on, and the store have keys in common.
func (c *Config) KeptAt(b S3) bool { return c.kept(b.Endpoint, b.Bucket, b.Prefix) }

func (c *Config) kept(endpoint, bucket, prefix string) bool {
	s := &c.Storage.S3
	kept := s.Prefix
	if kept != "" && !strings.HasSuffix(kept, "/") {
		kept += "/" // as the store has it
	}
	return c.Storage.Kind == S3Kind && s.Endpoint == endpoint && s.Bucket == bucket &&
		(strings.HasPrefix(kept, prefix) || strings.HasPrefix(prefix, kept))
}
