package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"sealdesk/archive"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/index/meili"
	"sealdesk/index/meili/meilitest"
	"sealdesk/likeness"
	"sealdesk/storage/dir"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
)

// vandal damages a store behind its back.
type vandal interface {
	// flip changes a byte of the object under a plain key.
	flip(t *testing.T, key string)
	remove(t *testing.T, key string)
}

// size is one of the two sizes of a desk.
type size struct {
	store archive.Mendable
	index index.Index
	texts *likeness.Index
	vandal
}

// small is a folder and bleve.
func small(t *testing.T) size {
	path := t.TempDir()
	s, err := dir.Open(path)
	must(t, err)
	x, err := bleve.Open(t.TempDir())
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(x.Close(), s.Close())) })
	return size{s, x, texts(t), files(path)}
}

// grown is MinIO and Meilisearch's stand-in.
func grown(t *testing.T) size {
	o := s3test.MinIO(t).Bucket(t)
	s, err := s3.Open(t.Context(), o)
	must(t, err)
	server := meilitest.Start(meilitest.Options{})
	x, err := meili.Open(t.Context(), meili.Options{URL: server.URL, Prefix: "test"})
	must(t, err)
	client, err := minio.New(strings.TrimPrefix(o.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Region: o.Region, BucketLookup: minio.BucketLookupPath,
	})
	must(t, err)
	t.Cleanup(func() {
		must(t, errors.Join(x.Close(), s.Close()))
		server.Close()
	})
	return size{s, x, texts(t), bucket{client, o.Bucket}}
}

// texts are those that are held against one another, none yet.
func texts(t *testing.T) *likeness.Index {
	x, err := likeness.Open(filepath.Join(t.TempDir(), "likeness"))
	must(t, err)
	t.Cleanup(func() { must(t, x.Close()) })
	return x
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// files are those of a store in a folder.
type files string

func (f files) object(key string) string {
	key = regexp.MustCompile("[A-Z]").ReplaceAllStringFunc(key, func(c string) string { return fmt.Sprintf("%%%02x", c[0]) })
	return filepath.Join(string(f), "objects", filepath.FromSlash(key)+"@")
}

func (f files) flip(t *testing.T, key string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(f.object(key), "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s is in the files %v, %v", key, found, err)
	}
	b, err := os.ReadFile(found[0])
	must(t, err)
	b[len(b)/2] ^= 1
	must(t, os.Chmod(found[0], 0o600))
	must(t, os.WriteFile(found[0], b, 0o600))
}

func (f files) remove(t *testing.T, key string) {
	t.Helper()
	if _, err := os.Stat(f.object(key)); err != nil {
		t.Fatal(err)
	}
	must(t, os.RemoveAll(f.object(key)))
}

// bucket is one, as other clients use it.
type bucket struct {
	client *minio.Client
	name   string
}

func (b bucket) flip(t *testing.T, key string) {
	t.Helper()
	r, err := b.client.GetObject(t.Context(), b.name, key, minio.GetObjectOptions{})
	must(t, err)
	defer r.Close()
	data, err := io.ReadAll(r)
	must(t, err)
	info, err := r.Stat()
	must(t, err)
	data[len(data)/2] ^= 1
	kept := map[string]string{}
	for name, values := range info.Metadata {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			kept[name] = values[0]
		}
	}
	_, err = b.client.PutObject(t.Context(), b.name, key, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{UserMetadata: kept})
	must(t, err)
}

func (b bucket) remove(t *testing.T, key string) {
	t.Helper()
	_, err := b.client.StatObject(t.Context(), b.name, key, minio.StatObjectOptions{})
	must(t, err)
	must(t, b.client.RemoveObject(context.WithoutCancel(t.Context()), b.name, key, minio.RemoveObjectOptions{}))
}
