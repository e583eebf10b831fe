package s3

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Options say which bucket is meant, and who may use it. They print without
// their keys.
type Options struct {
	// Endpoint is the service: host, host:port, or either after http:// or
	// https://. Without a scheme, https is used.
	Endpoint string
	// Bucket is the name of the bucket, which has to exist.
	Bucket string
	// Prefix begins the names of all objects of a Store, as a folder would: a
	// slash is added where it ends in none. It is a valid key, of at most 200
	// bytes. An Intake does not use it.
	Prefix string
	// Region is needed by few services; "" asks the service.
	Region string
	// AccessKey and SecretKey are the credentials. Without both, requests are
	// anonymous.
	AccessKey string `json:"-" yaml:"-"`
	SecretKey string `json:"-" yaml:"-"`
	// PathStyle names the bucket in the path of requests (http://host/bucket), as
	// most services other than Amazon's want it, and not in the name of the host.
	PathStyle bool
	// MD5 sends MD5 sums where CRC32C ones are usual, for services that break on
	// the latter. SHA-256 sums are sent either way.
	MD5 bool
	// Spool is the folder for the temporary files that hold objects of more than
	// 8 MiB until they are sent; "" is the system's.
	Spool string

	retries int // requests for one answer; 0 is minio-go's 10
}

// String tells all but the keys.
func (o Options) String() string {
	hidden := func(s string) string {
		if s == "" {
			return `""`
		}
		return "***"
	}
	return fmt.Sprintf("{Endpoint:%q Bucket:%q Prefix:%q Region:%q AccessKey:%s SecretKey:%s PathStyle:%t MD5:%t Spool:%q}",
		shown(o.Endpoint), o.Bucket, o.Prefix, o.Region, hidden(o.AccessKey), hidden(o.SecretKey), o.PathStyle, o.MD5, o.Spool)
}

// Format implements fmt.Formatter: every verb gives what String does.
func (o Options) Format(f fmt.State, _ rune) {
	// A fmt.State keeps its errors to itself.
	_, _ = io.WriteString(f, o.String())
}

// LogValue implements slog.LogValuer.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// shown is an endpoint as it may be shown: without the user and password, which
// do not belong there, and not at all when it cannot be told where they are.
func shown(endpoint string) string {
	if _, err := parseEndpoint(endpoint); err != nil {
		return "***"
	}
	if i := strings.LastIndexByte(endpoint, '@'); i >= 0 {
		return "***" + endpoint[i:]
	}
	return endpoint
}

// maxPrefix leaves room in a name of 1024 bytes.
const maxPrefix = 200

// folder is the prefix with a slash at its end, or "".
func (o Options) folder() (string, error) {
	if o.Prefix == "" {
		return "", nil
	}
	prefix := strings.TrimSuffix(o.Prefix, "/")
	if len(prefix) > maxPrefix || !plain(prefix) {
		return "", fmt.Errorf("the prefix %q cannot be used: it needs at most %d bytes, no empty, very long or dotted segment, and no special characters", o.Prefix, maxPrefix)
	}
	return prefix + "/", nil
}

// bucket is a bucket and the way to it.
type bucket struct {
	core      minio.Core
	name      string
	transport *http.Transport
	clock     *clock
	page      int // objects in one answer of a listing; 0 is the service's 1000
}

func connect(o Options) (*bucket, error) {
	host, secure, err := endpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	if len(o.Bucket) < 3 || len(o.Bucket) > 63 || !utf8.ValidString(o.Bucket) || strings.ContainsAny(o.Bucket, "/ ") {
		return nil, fmt.Errorf("%q cannot be the name of a bucket: it needs 3 to 63 small letters, digits, dots and dashes", o.Bucket)
	}
	if (o.AccessKey == "") != (o.SecretKey == "") {
		return nil, fmt.Errorf("one of the access key and the secret key is missing")
	}
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	clock := &clock{next: transport}
	lookup := minio.BucketLookupDNS
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(host, &minio.Options{
		Creds:        credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""),
		Secure:       secure,
		Transport:    clock,
		Region:       o.Region,
		BucketLookup: lookup,
		MaxRetries:   o.retries,
	})
	if err != nil {
		return nil, err
	}
	return &bucket{core: minio.Core{Client: client}, name: o.Bucket, transport: transport, clock: clock}, nil
}

// endpoint takes an endpoint apart. Its errors do not repeat what may hold a
// password.
func endpoint(text string) (host string, secure bool, err error) {
	u, err := parseEndpoint(text)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("the endpoint is no address: give host:port, http://host:port or https://host")
	case u.User != nil:
		return "", false, fmt.Errorf("the endpoint must not hold a user or password: give the access key and the secret key instead")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", false, fmt.Errorf("the endpoint begins with %s://: only http:// and https:// are known", u.Scheme)
	case u.Host == "":
		return "", false, fmt.Errorf("the endpoint names no host")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", false, fmt.Errorf("the endpoint has more than a host: name the bucket and prefix apart")
	}
	return u.Host, u.Scheme == "https", nil
}

func parseEndpoint(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	return url.Parse(text)
}

func (b *bucket) close() { b.transport.CloseIdleConnections() }
