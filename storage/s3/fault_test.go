package s3_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/storage"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
)

// through puts a handler before the fake server. It is given the server itself to
// pass requests on to.
func through(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, server http.Handler)) s3.Options {
	t.Helper()
	return before(t, s3test.Fake(t).Bucket(t), handle)
}

// before puts a handler before the server of o.
func before(t *testing.T, o s3.Options, handle func(w http.ResponseWriter, r *http.Request, server http.Handler)) s3.Options {
	t.Helper()
	target, err := url.Parse(o.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, proxy) }))
	t.Cleanup(front.Close)
	o.Endpoint = front.URL
	return o
}

// drop ends a connection without a further word.
func drop() { panic(http.ErrAbortHandler) }

// A service that overwrites is refused, also when it is only a proxy before it
// that makes it so.
func TestOverwriting(t *testing.T) {
	for name, handle := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"header stripped": func(w http.ResponseWriter, r *http.Request, server http.Handler) {
			r.Header.Del("If-None-Match")
			server.ServeHTTP(w, r)
		},
		"header unknown": func(w http.ResponseWriter, r *http.Request, server http.Handler) {
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotImplemented)
				return
			}
			server.ServeHTTP(w, r)
		},
	} {
		o := through(t, handle)
		if _, err := s3.Open(t.Context(), o); !errors.Is(err, s3.ErrOverwrites) {
			t.Errorf("%s: error %v, want ErrOverwrites", name, err)
		}
		if r, err := s3.Check(t.Context(), o); err != nil || r.Usable() {
			t.Errorf("%s: Check found %+v, error %v", name, r, err)
		}
	}
}

// When the answer is lost, the request is repeated and meets its own object.
func TestLostAnswer(t *testing.T) {
	var lost atomic.Int64
	o := through(t, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/lost/") && lost.Add(1) == 1 {
			server.ServeHTTP(httptest.NewRecorder(), r)
			drop()
		}
		server.ServeHTTP(w, r)
	})
	s := open(t, o)
	if err := s.Put(t.Context(), "lost/answer", strings.NewReader("x")); err != nil {
		t.Error(err)
	}
	if lost.Load() < 2 {
		t.Error("no answer was lost")
	}
	if b, err := storage.ReadAll(t.Context(), s, "lost/answer"); string(b) != "x" || err != nil {
		t.Errorf("Get gave %q, error %v", b, err)
	}
}

// Whatever happens to the bytes on their way back, none are taken for whole that
// are not.
func TestBadAnswer(t *testing.T) {
	const size = 300_000
	for name, c := range map[string]struct {
		change  func([]byte) []byte // what is sent of the object
		corrupt bool                // the error is ErrCorrupt
	}{
		"cut off":  {func(b []byte) []byte { return b[:size/2] }, false},
		"cut late": {func(b []byte) []byte { return b[:size-1] }, false},
		"garbled":  {func(b []byte) []byte { b[size/2] ^= 1; return b }, true},
		"end":      {func(b []byte) []byte { b[size-1] ^= 1; return b }, true},
	} {
		o := through(t, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
			if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "object") {
				server.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			server.ServeHTTP(answer, r)
			for key, values := range answer.Header() {
				w.Header()[key] = values
			}
			w.WriteHeader(answer.Code)
			b := c.change(answer.Body.Bytes())
			w.Write(b)
			if len(b) < size {
				drop()
			}
		})
		s := open(t, o)
		if err := s.Put(t.Context(), "object", bytes.NewReader(make([]byte, size))); err != nil {
			t.Fatal(err)
		}
		if b, err := storage.ReadAll(t.Context(), s, "object"); err == nil || errors.Is(err, storage.ErrCorrupt) != c.corrupt {
			t.Errorf("%s: Get gave %d bytes, error %v", name, len(b), err)
		}
		// Nor is a repeat told that all is well.
		if err := s.Put(t.Context(), "object", bytes.NewReader(make([]byte, size))); err == nil {
			t.Errorf("%s: Put again succeeded", name)
		}
	}
}

// testGarbled changes a byte on its way to the server, which notices, or else we
// do when it comes back.
func testGarbled(t *testing.T, o s3.Options, checks bool) {
	o = before(t, o, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/garbled/") {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			b[len(b)/2] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(b))
		}
		server.ServeHTTP(w, r)
	})
	for _, o.MD5 = range []bool{false, true} {
		s := open(t, o)
		for _, size := range []int{1000, 9 << 20} {
			key := fmt.Sprint("garbled/", size, o.MD5)
			err := s.Put(t.Context(), key, bytes.NewReader(make([]byte, size)))
			if (checks || o.MD5) && err == nil {
				t.Errorf("%s was accepted", key)
			}
			if _, err := storage.ReadAll(t.Context(), s, key); !errors.Is(err, storage.ErrNotExist) && (checks || !errors.Is(err, storage.ErrCorrupt)) {
				t.Errorf("reading %s: error %v", key, err)
			}
		}
	}
}

// An intake's object whose transfer breaks off is asked for again.
func TestIntakeBrokenOff(t *testing.T) {
	var cuts atomic.Int64
	cuts.Store(2)
	o := through(t, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method != http.MethodGet || r.Header.Get("Range") == "" || cuts.Add(-1) < 0 {
			server.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, r)
		for key, values := range answer.Header() {
			w.Header()[key] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes()[:100])
		drop()
	})
	upload(t, o, "scan.pdf", bytes.Repeat([]byte("scan"), 1000), nil)
	in := openIntake(t, o)
	f, err := in.Open(t.Context(), intakeObjects(t, in, "")[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size())); err != nil || string(b) != strings.Repeat("scan", 1000) {
		t.Errorf("read %d bytes, error %v", len(b), err)
	}
}

// The ways in which services say that they are full, or that one should come
// back later.
func TestRefusals(t *testing.T) {
	var status atomic.Int64
	var code atomic.Value
	o := through(t, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/refused/") && status.Load() != 0 {
			w.WriteHeader(int(status.Load()))
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", code.Load())
			return
		}
		server.ServeHTTP(w, r)
	})
	s := open(t, o)
	for _, c := range []struct {
		status int
		code   string
		want   error
	}{
		{507, "XMinioStorageFull", storage.ErrFull},
		{507, "Other", storage.ErrFull},
		{400, "XMinioAdminBucketQuotaExceeded", storage.ErrFull},
		{403, "QuotaExceeded", storage.ErrFull},
		{404, "NoSuchBucket", s3.ErrBucket},
	} {
		code.Store(c.code)
		status.Store(int64(c.status))
		if err := s.Put(t.Context(), "refused/object", strings.NewReader("x")); !errors.Is(err, c.want) {
			t.Errorf("%d %s: error %v, want %v", c.status, c.code, err, c.want)
		}
		status.Store(0)
		if _, err := s.Stat(t.Context(), "refused/object"); !errors.Is(err, storage.ErrNotExist) {
			t.Errorf("%d %s: Stat: error %v, want ErrNotExist", c.status, c.code, err)
		}
	}
	// Another writer's attempt, which fails in the end.
	code.Store("ConditionalRequestConflict")
	status.Store(409)
	time.AfterFunc(20*time.Millisecond, func() { status.Store(0) })
	if err := s.Put(t.Context(), "refused/object", strings.NewReader("x")); err != nil {
		t.Errorf("after a conflict: %v", err)
	}
}

// Nothing is left in the folder for spooling, and one that is missing is no loss
// of an object.
func TestSpool(t *testing.T) {
	o := s3test.Fake(t).Bucket(t)
	o.Spool = t.TempDir()
	s := open(t, o)
	large := func() io.Reader { return bytes.NewReader(make([]byte, 9<<20)) }
	seen := io.MultiReader(large(), readerFunc(func([]byte) (int, error) {
		if left, err := os.ReadDir(o.Spool); err != nil || len(left) > 0 {
			t.Errorf("a killed process would leave %v, error %v", left, err)
		}
		return 0, io.EOF
	}))
	if err := s.Put(t.Context(), "large", seen); err != nil {
		t.Error(err)
	}
	if err := os.Remove(o.Spool); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "lost", large()); !errors.Is(err, os.ErrNotExist) || errors.Is(err, storage.ErrNotExist) {
		t.Errorf("without a folder: error %v", err)
	}
	if err := s.Put(t.Context(), "small", strings.NewReader("x")); err != nil {
		t.Error(err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Whatever is printed, and however, the keys are not in it.
func TestSecrets(t *testing.T) {
	const access, secret = "AKIATHEACCESSKEY", "theverysecretkey"
	o := s3.Options{Endpoint: "http://user:" + secret + "@127.0.0.1:1", Bucket: "bucket", AccessKey: access, SecretKey: secret}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
		fmt.Fprintf(&printed, verb+"\n", o)
		fmt.Fprintf(&printed, verb+"\n", &o)
		fmt.Fprintf(&printed, verb+"\n", struct{ O s3.Options }{o})
	}
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("options", "o", o)
	o.Endpoint = "http://127.0.0.1:1"
	if b, err := json.Marshal(o); err != nil {
		t.Error(err)
	} else {
		printed.Write(b)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for _, endpoint := range []string{"", "ftp://host", "http://", "http://user:" + secret + "@host", "user:" + secret + "@host", "http://%zz" + secret, "http://host/path", "127.0.0.1:1", "http://127.0.0.1:1"} {
		o.Endpoint = endpoint
		_, err := s3.Open(ctx, o)
		if err == nil {
			t.Errorf("the endpoint %q was opened", endpoint)
		}
		fmt.Fprintln(&printed, err)
		_, err = s3.OpenIntake(ctx, o)
		fmt.Fprintln(&printed, err)
		fmt.Fprintln(&printed, s3.CreateBucket(ctx, o))
		r, err := s3.Check(ctx, o)
		fmt.Fprintln(&printed, r, err)
	}
	fmt.Fprintln(&printed, open(t, s3test.Fake(t).Bucket(t)))
	if text := printed.String(); strings.Contains(text, access) || strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
		t.Errorf("a key is in\n%s", text)
	}
	for _, wrong := range []s3.Options{{Endpoint: "h", Bucket: "ab"}, {Endpoint: "h", Bucket: "a/b"}, {Endpoint: "h", Bucket: "abc", SecretKey: "x"}, {Endpoint: "h", Bucket: "abc", Prefix: "/a"}, {Endpoint: "h", Bucket: "abc", Prefix: "a//"}, {Endpoint: "h", Bucket: "abc", Prefix: "a/../b"}} {
		if _, err := s3.Open(ctx, wrong); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Open of %v: error %v", wrong, err)
		}
	}
}
