package s3_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"sealdesk/storage"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
	"sealdesk/storage/storagetest"
)

func open(t testing.TB, o s3.Options) *s3.Store {
	t.Helper()
	s, err := s3.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// client is a plain S3 client, as others use the bucket.
func client(t testing.TB, o s3.Options) *minio.Client {
	t.Helper()
	c, err := minio.New(strings.TrimPrefix(o.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Region: o.Region, BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// upload puts an object as others do.
func upload(t testing.TB, o s3.Options, name string, b []byte, headers map[string]string) {
	t.Helper()
	_, err := client(t, o).PutObject(t.Context(), o.Bucket, name, bytes.NewReader(b), int64(len(b)), minio.PutObjectOptions{UserMetadata: headers, DisableContentSha256: true})
	if err != nil {
		t.Fatal(err)
	}
}

// overwritten is a store whose objects the suite damages by overwriting them,
// with the metadata that they had.
type overwritten struct {
	*s3.Store
	o s3.Options
}

func (d overwritten) Damage(t *testing.T, key string, change func([]byte) []byte) {
	t.Helper()
	name := s3.NameOf(d.o.Prefix, key)
	r, err := client(t, d.o).GetObject(t.Context(), d.o.Bucket, name, minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	info, err := r.Stat()
	if err != nil {
		t.Fatal(err)
	}
	upload(t, d.o, name, change(b), info.UserMetadata)
}

// rotten is a store whose objects the suite damages in versitygw's files.
type rotten struct {
	overwritten
	server *s3test.Running
}

func (d rotten) Damage(t *testing.T, key string, change func([]byte) []byte) {
	t.Helper()
	path := d.server.Object(d.o, s3.NameOf(d.o.Prefix, key))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The file, with its attributes, stays.
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// servers are the servers under test, and what the package comment says of them.
var servers = []struct {
	name  string
	start func(testing.TB) *s3test.Running
	// options changes those of a bucket.
	options func(*testing.T, *s3.Options)
	// rots says that the suite damages the server's files.
	rots bool

	checks bool // checksums of what it is sent, all of them
	parts  bool // joins parts under a condition
	beside bool // keeps "a" beside "a/b"
	locks  bool
	wakes  bool // sends notifications
}{
	{name: "fake", start: s3test.Fake, beside: true},
	{name: "minio", start: s3test.MinIO, checks: true, parts: true, beside: true, locks: true, wakes: true},
	{name: "versitygw", start: s3test.Versity, options: amongOthers, rots: true, checks: true, parts: true, locks: true},
}

// amongOthers keeps the store at a prefix, beside what others keep in the bucket,
// and has MD5 sums sent.
func amongOthers(t *testing.T, o *s3.Options) {
	for _, name := range []string{"kept/a", "kept/by sealdesk.txt", "z", "_sealdesk/b64/YQ"} {
		upload(t, *o, name, []byte("of others"), nil)
	}
	o.Prefix, o.MD5 = "kept/by sealdesk/", true
}

func TestServers(t *testing.T) {
	for _, c := range servers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := c.start(t)
			storagetest.Run(t, func(t *testing.T) storage.Store {
				o := server.Bucket(t)
				if c.options != nil {
					c.options(t, &o)
				}
				s := overwritten{open(t, o), o}
				if c.rots {
					return rotten{s, server}
				}
				return s
			})

			o := server.Bucket(t)
			s := open(t, o)
			if s.Parts() != c.parts {
				t.Errorf("parts are joined under a condition: %v, want %v", s.Parts(), c.parts)
			}
			t.Run("Layout", func(t *testing.T) { testLayout(t, s, o) })
			t.Run("Garbled", func(t *testing.T) { testGarbled(t, server.Bucket(t), c.checks) })
			t.Run("Beside", func(t *testing.T) { testBeside(t, s, c.beside) })
			t.Run("Pages", func(t *testing.T) { testPages(t, s) })
			t.Run("Unfinished", func(t *testing.T) { testUnfinished(t, s, o) })
			if c.parts {
				t.Run("Aborted", func(t *testing.T) { testAborted(t, server.Bucket(t)) })
			}
			t.Run("Foreign", func(t *testing.T) { testForeign(t, s, o) })
			t.Run("Intake", func(t *testing.T) { testIntake(t, server.Bucket(t), c.wakes) })
			t.Run("Check", func(t *testing.T) { testCheck(t, server.Bucket(t), c.parts, c.locks) })
			if c.locks {
				t.Run("Locked", func(t *testing.T) { testLocked(t, server.Bucket(t)) })
			}
			if server.Folder != "" {
				t.Run("Kill", func(t *testing.T) { testKill(t, server) })
			}
			if c.name == "minio" {
				t.Run("Rot", func(t *testing.T) { testRot(t, server) })
			}
		})
	}
}

// testBeside stores a key that is the folder of another, first and last. What a
// server cannot keep, it refuses.
func testBeside(t *testing.T, s *s3.Store, keeps bool) {
	for _, keys := range [][]string{{"a/b", "a"}, {"c", "c/d"}} {
		if err := s.Put(t.Context(), keys[0], strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
		err := s.Put(t.Context(), keys[1], strings.NewReader("y"))
		if ok := err == nil; ok != keeps || errors.Is(err, storage.ErrExists) {
			t.Errorf("%q beside %q: error %v", keys[1], keys[0], err)
		}
	}
}

// testLayout looks at the bucket with a plain client, as an administrator would.
func testLayout(t *testing.T, s *s3.Store, o s3.Options) {
	for size, sum := range map[int]string{
		5:       "eaf16bc07968e013f3f94ab1342472434a39fc3475f11cf341a6c3965974f8e9",
		9 << 20: "47a10d91750e6c27cef2d266a8234c21dae0144235a636c228821572d02584b7",
	} {
		key := fmt.Sprintf("bundles/3f2a/盖章 %d.pdf", size)
		if err := s.Put(t.Context(), key, bytes.NewReader(bytes.Repeat([]byte{'x'}, size))); err != nil {
			t.Fatal(err)
		}
		info, err := client(t, o).StatObject(t.Context(), o.Bucket, key, minio.StatObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := info.UserMetadata["Sealdesk-Sha256"]; info.Size != int64(size) || got != sum {
			t.Errorf("the object has %d bytes and the SHA-256 %q, want %d and %q", info.Size, got, size, sum)
		}
	}
}

// testPages lists more than the server gives in one answer.
func testPages(t *testing.T, s *s3.Store) {
	var want []string
	for i := range 20 {
		key := fmt.Sprintf("pages/%d-%d", i%7, i)
		if i%7 == 3 {
			key = fmt.Sprintf("pages/%d/%d", i%7, i)
		}
		want = append(want, key)
		if err := s.Put(t.Context(), key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	for _, page := range []int{1, 3, 19, 20} {
		var got []string
		for info, err := range s.WithPages(page).List(t.Context(), "pages/") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, info.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d, List gave\n%q\nwant\n%q", page, got, want)
		}
	}
}

// testUnfinished leaves an upload as a killed process does. It goes when it is
// old, and not before.
func testUnfinished(t *testing.T, s *s3.Store, o s3.Options) {
	core := minio.Core{Client: client(t, o)}
	id, err := core.NewMultipartUpload(t.Context(), o.Bucket, "left/over.pdf", minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	part := func() error {
		_, err := core.PutObjectPart(t.Context(), o.Bucket, "left/over.pdf", id, 1, strings.NewReader("half"), 4, minio.PutObjectPartOptions{})
		return err
	}
	if err := errors.Join(part(), s.Sweep(t.Context(), time.Now().Add(-time.Hour)), part()); err != nil {
		t.Fatalf("an upload of now does not go on: %v", err)
	}
	if err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	found, err := core.ListMultipartUploads(t.Context(), o.Bucket, "", "", "", "", 1000)
	if err != nil || len(found.Uploads) > 0 {
		t.Errorf("%d unfinished uploads are left, error %v", len(found.Uploads), err)
	}
}

// testAborted has the second part of an object refused: the first one goes as well.
func testAborted(t *testing.T, o s3.Options) {
	const key = "aborted/scan.pdf"
	s := open(t, before(t, o, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.URL.Query().Get("partNumber") == "2" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		server.ServeHTTP(w, r)
	}))
	if err := s.Put(t.Context(), key, bytes.NewReader(make([]byte, 9<<20))); err == nil {
		t.Error("Put succeeded without its second part")
	}
	// MinIO lists the uploads of one object only.
	found, err := minio.Core{Client: client(t, o)}.ListMultipartUploads(t.Context(), o.Bucket, key, "", "", "", 1000)
	if err != nil || len(found.Uploads) > 0 {
		t.Errorf("%d unfinished uploads are left, error %v", len(found.Uploads), err)
	}
}

// testForeign puts objects of others among the store's.
func testForeign(t *testing.T, s *s3.Store, o s3.Options) {
	for _, name := range []string{"foreign/object", "_sealdesk/b64/!", "_sealdesk/sha256/zz", "_sealdesk/other"} {
		upload(t, o, name, []byte("x"), nil)
	}
	if _, err := s.Get(t.Context(), "foreign/object"); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("Get: error %v, want ErrCorrupt", err)
	}
	if err := s.Put(t.Context(), "foreign/object", strings.NewReader("x")); !errors.Is(err, storage.ErrCorrupt) {
		t.Errorf("Put: error %v, want ErrCorrupt", err)
	}
	if err := s.Put(t.Context(), "foreign/z", strings.NewReader("x")); err != nil {
		t.Error(err)
	}
	var got []string
	for info, err := range s.List(t.Context(), "") {
		if !strings.HasPrefix(info.Key, "foreign/") && !strings.HasPrefix(info.Key, "_") {
			continue // the store's own
		}
		got = append(got, fmt.Sprint(info.Key, " ", errors.Is(err, storage.ErrCorrupt)))
	}
	if want := []string{"_sealdesk/sha256/zz true", "foreign/object false", "foreign/z false"}; !slices.Equal(got, want) {
		t.Errorf("List gave %q, want %q", got, want)
	}
}

// testLocked stores in a bucket with a lock: objects are locked at once.
func testLocked(t *testing.T, o s3.Options) {
	o.Bucket += "-locked"
	c := client(t, o)
	days, unit, mode := uint(1), minio.Days, minio.Governance
	err := c.MakeBucket(t.Context(), o.Bucket, minio.MakeBucketOptions{ObjectLocking: true})
	if err == nil {
		err = c.SetObjectLockConfig(t.Context(), o.Bucket, &mode, &days, &unit)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, o)
	for _, size := range []int{1, 9 << 20} {
		key := fmt.Sprint("locked/", size)
		if err := s.Put(t.Context(), key, bytes.NewReader(make([]byte, size))); err != nil {
			t.Fatal(err)
		}
		info, err := c.StatObject(t.Context(), o.Bucket, key, minio.StatObjectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.RemoveObject(t.Context(), o.Bucket, key, minio.RemoveObjectOptions{VersionID: info.VersionID}); err == nil {
			t.Errorf("the object of %d bytes could be removed", size)
		}
	}
	open(t, o) // what the first one tried the service on is locked as well
	r, err := s3.Check(t.Context(), o)
	if err != nil || !r.Usable() {
		t.Errorf("Check found %v, error %v", r, err)
	}
	for _, f := range r {
		if f.Level != s3.Good {
			t.Errorf("Check of a bucket with versions and a lock found %+v", f)
		}
	}
}

// testRot has bits rot on MinIO's disk: it notices, and hands out nothing.
func testRot(t *testing.T, server *s3test.Running) {
	o := server.Bucket(t)
	s := open(t, s3.WithRetries(o, 2)) // MinIO asks to try again, which is in vain
	for _, size := range []int{1000, 9 << 20} {
		key := fmt.Sprint("rot/", size)
		b := bytes.Repeat([]byte("sealdesk"), size/8)
		if err := s.Put(t.Context(), key, bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
		var hit int
		err := filepath.WalkDir(filepath.Join(server.Folder, "data", o.Bucket, key), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if at := bytes.LastIndex(data, []byte("sealdesk")); at >= 0 {
				data[at] ^= 1
				hit++
				return errors.Join(err, os.WriteFile(path, data, 0o600))
			}
			return err
		})
		if err != nil || hit == 0 {
			t.Fatalf("%d files of the object damaged, error %v", hit, err)
		}
		if got, err := storage.ReadAll(t.Context(), s, key); err == nil {
			t.Errorf("%d rotten bytes were handed out", len(got))
		}
		if err := s.Put(t.Context(), key, bytes.NewReader(b)); err == nil {
			t.Error("Put of the bytes that it should hold succeeded")
		}
	}
}

// The versions of the servers are those that their modules pin.
func TestPinned(t *testing.T) {
	for _, server := range s3test.Servers {
		mod, err := os.ReadFile(filepath.Join("..", "..", "testdata", "servers", server.Name, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		module, _, _ := strings.Cut(server.Package, "/cmd/")
		if !strings.Contains(string(mod), "\t"+module+" "+server.Version+" ") || !strings.Contains(string(mod), "\ntool "+server.Package+"\n") {
			t.Errorf("testdata/servers/%s/go.mod does not pin %s at %s", server.Name, server.Package, server.Version)
		}
	}
}
