package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"sealdesk/bundle"
	"sealdesk/index/meili/meilitest"
	"sealdesk/storage"
	"sealdesk/storage/dir"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
)

// scanner is who puts scans into a bucket: a plain S3 client.
type scanner struct {
	*minio.Client
	bucket string
}

func newScanner(t *testing.T, at s3.Options) scanner {
	t.Helper()
	c, err := minio.New(strings.TrimPrefix(at.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(at.AccessKey, at.SecretKey, ""), Region: at.Region, BucketLookup: minio.BucketLookupPath,
	})
	must(t, err)
	return scanner{c, at.Bucket}
}

func (s scanner) put(t *testing.T, key string, b []byte) {
	t.Helper()
	_, err := s.PutObject(t.Context(), s.bucket, key, bytes.NewReader(b), int64(len(b)), minio.PutObjectOptions{})
	must(t, err)
}

// all gives the objects of the bucket, each with its ETag and time.
func (s scanner) all(t *testing.T) []string {
	t.Helper()
	var out []string
	for o := range s.ListObjects(t.Context(), s.bucket, minio.ListObjectsOptions{Recursive: true}) {
		must(t, o.Err)
		out = append(out, fmt.Sprint(o.Key, o.ETag, o.LastModified))
	}
	return out
}

// putSheet puts a page with nothing to read on it, the n-th of its kind.
func (s scanner) putSheet(t *testing.T, key string, n int) {
	t.Helper()
	b, err := sheet(n)
	must(t, err)
	s.put(t, key, b)
}

// office is a folder with the configuration of an office that keeps all in S3 and searches
// with Meilisearch, and the scanner that puts scans into its intake.
func office(t *testing.T, server *s3test.Running) (folder string, in scanner) {
	t.Helper()
	const key = "Tr0ub4dor"
	search := meilitest.Start(meilitest.Options{Master: key})
	t.Cleanup(search.Close)
	kept, scans := server.Bucket(t), server.Bucket(t)
	folder = t.TempDir()
	write(t, folder, "secret", scans.SecretKey+"\n")
	write(t, folder, "sealdesk.yaml", fmt.Sprintf(`
data: data
storage:
  kind: s3
  s3: {endpoint: %q, bucket: %s, prefix: kept, region: %s, access_key: %s, secret_key_file: secret}
intake: {bucket: %s, prefix: in/}
index:
  kind: meili
  meili: {url: %q, key: %s}
`, kept.Endpoint, kept.Bucket, kept.Region, kept.AccessKey, scans.Bucket, search.URL, key))
	return folder, newScanner(t, scans)
}

// watching runs sealdesk watch until it has told of the file last, and ends it with a
// signal. It gives the lines and the exit status, -1 where the signal ended it.
func watching(t *testing.T, folder, last string, with os.Signal, args ...string) (printed []string, status int) {
	t.Helper()
	cmd := exec.Command("sealdesk", append([]string{"watch", "--json", "--every", "1s"}, args...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(shared, "cache"), "SEALDESK_MODELS="+filepath.Join(shared, "no-models"))
	var messages bytes.Buffer
	cmd.Stderr = &messages
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	read := bufio.NewScanner(stdout)
	read.Buffer(nil, 16<<20)
	told := false
	for read.Scan() {
		printed = append(printed, read.Text())
		if !told && files(t, printed[len(printed)-1:])[0] == last {
			told = true
			must(t, cmd.Process.Signal(with))
		}
	}
	err = cmd.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if !told {
		t.Fatalf("watch ended after %d lines and did not tell of %s: %s", len(printed), last, messages.String())
	}
	return printed, cmd.ProcessState.ExitCode()
}

// files are the names in lines of JSON, in order.
func files(t *testing.T, lines []string) []string {
	t.Helper()
	var out []string
	for _, l := range lines {
		var r struct{ File string }
		must(t, json.Unmarshal([]byte(l), &r))
		out = append(out, r.File)
	}
	return out
}

// TestWatch takes scans from a bucket, once each, whatever interrupts it; and changes
// nothing there.
func TestWatch(t *testing.T) {
	folder, in := office(t, s3test.Fake(t))
	in.putSheet(t, "in/2022/a.png", 1)
	in.putSheet(t, "in/2022/b.png", 2)
	in.put(t, "in/broken.pdf", []byte("no scan"))
	in.put(t, "in/.hidden", []byte("no scan"))
	in.put(t, "in/folder/", []byte("x"))
	in.putSheet(t, "out/c.png", 3)
	before := in.all(t)

	// Killed after the first line, it goes on after that: the scan whose line was
	// printed may be told once more, when its record was not yet written.
	first, status := watching(t, folder, "a.png", syscall.SIGKILL)
	if status != -1 {
		t.Errorf("killed, it ends with %d", status)
	}
	rest, status := watching(t, folder, "broken.pdf", os.Interrupt)
	if status != exitOK {
		t.Errorf("interrupted, it ends with %d", status)
	}
	told := slices.Compact(slices.Sorted(slices.Values(slices.Concat(files(t, first), files(t, rest)))))
	if want := []string{"a.png", "b.png", "broken.pdf"}; !slices.Equal(told, want) {
		t.Errorf("told of %v, want %v", told, want)
	}

	// Each is done; only what is new is taken.
	in.putSheet(t, "in/z.png", 4)
	if got, _ := watching(t, folder, "z.png", os.Interrupt); !slices.Equal(files(t, got), []string{"z.png"}) {
		t.Errorf("again told of %v", files(t, got))
	}
	// A failure is tried again when it is asked for. An object that is replaced is new.
	in.putSheet(t, "in/z.png", 5)
	if got, _ := watching(t, folder, "z.png", syscall.SIGTERM, "--retry"); !slices.Equal(files(t, got), []string{"broken.pdf", "z.png"}) {
		t.Errorf("with --retry told of %v", files(t, got))
	}

	// What was read is in the store and found, each once; the same from the command line.
	if out := succeed(t, folder, "search"); !strings.Contains(out, "共 4 份") {
		t.Errorf("search finds %s", out)
	}
	status, out, messages := program(t, folder, "process", "--json", "s3://"+in.bucket+"/in/2022/", "s3://"+in.bucket+"/in/broken.pdf")
	if got := files(t, strings.Split(strings.TrimSpace(out), "\n")); status != exitUnread || !slices.Equal(got, []string{"a.png", "b.png", "broken.pdf"}) {
		t.Errorf("process ends with %d, tells of %v\n%s", status, got, messages)
	}
	page, err := sheet(1)
	must(t, err)
	write(t, folder, "a.png", string(page))
	if here := succeed(t, folder, "process", "--json", "a.png"); !strings.HasPrefix(out, here) {
		t.Errorf("from the bucket came\n%s\nfrom the folder\n%s", out, here)
	}
	if after := in.all(t); len(after) != len(before)+1 || !slices.Equal(after[:len(before)-1], before[:len(before)-1]) {
		t.Errorf("the intake was\n%s\nand is\n%s", before, after)
	}
}

// TestCheckEngines tries each engine and tells of the one that is wrong.
func TestCheckEngines(t *testing.T) {
	folder, _ := office(t, s3test.Fake(t))
	for _, command := range [][]string{{"config", "check"}, {"doctor"}} {
		out := succeed(t, folder, command...)
		for _, want := range []string{"正常  对象存储，存储桶", "正常  对象存储，写入保护", "正常  材料存储桶，存储桶", "正常  检索库：Meilisearch 1."} {
			if !strings.Contains(out, want) && !strings.Contains(out, strings.Replace(want, "正常", "注意", 1)) {
				t.Errorf("%v does not say %s:\n%s", command, want, out)
			}
		}
		if strings.Contains(out, "数据文件夹") {
			t.Errorf("%v looks at a folder that nothing is kept in:\n%s", command, out)
		}
	}
	const everybody = "密钥文件：secret 谁都可以读"
	path := filepath.Join(folder, "secret")
	for mode, open := range map[os.FileMode]bool{0o640: false, 0o644: true} {
		must(t, os.Chmod(path, mode))
		if out := succeed(t, folder, "config", "check"); strings.Count(out, everybody) != map[bool]int{true: 1}[open] {
			t.Errorf("with the rights %o of a file with a secret\n%s", mode, out)
		}
	}
	for flag, want := range map[string]string{
		"--storage-s3-bucket=nosuchbucket":           "问题  对象存储，存储桶",
		"--intake-bucket=nosuchbucket":               "问题  材料存储桶，存储桶",
		"--index-meili-url=http://localhost:1/":      "问题  检索库",
		"--storage-s3-secret-key-file=sealdesk.yaml": "--storage-s3-secret-key-file: storage.s3.secret_key_file: sealdesk.yaml has more than one line",
	} {
		status, out, _ := program(t, folder, "config", "check", flag)
		if status != exitFailed || !strings.Contains(out, want) {
			t.Errorf("%s: status %d\n%s", flag, status, out)
		}
		if strings.Contains(out, "Tr0ub4dor") {
			t.Errorf("%s gives away a key:\n%s", flag, out)
		}
	}
}

// TestBucketToSearch takes the project's own bundles from a bucket of a real server: they
// come out as results and are found, byte for byte as those from a folder.
func TestBucketToSearch(t *testing.T) {
	want, err := demo()
	must(t, err)
	folder, in := office(t, s3test.MinIO(t))
	bundles, err := filepath.Glob("../../testdata/bundles/*")
	must(t, err)
	for _, path := range bundles {
		b, err := os.ReadFile(path)
		must(t, err)
		in.put(t, "in/"+filepath.Base(path), b)
	}
	lines, status := watching(t, folder, filepath.Base(bundles[len(bundles)-1]), os.Interrupt)
	if got := strings.Join(lines, "\n") + "\n"; status != exitOK || got != string(want) {
		t.Errorf("status %d; from the bucket came\n%s\nfrom the folder\n%s", status, got, want)
	}
	write(t, folder, "here.yaml", "data: "+filepath.Join(shared, "data"))
	for _, query := range []string{"稀土永磁", "陶森扎拉 NOT 稀土永磁", "--verdict=incomplete"} {
		there := succeed(t, folder, "search", "--json", query)
		here := succeed(t, folder, "--config", "here.yaml", "search", "--json", query)
		if !slices.Equal(sorted(there), sorted(here)) {
			t.Errorf("%s: found there\n%s\nhere\n%s", query, there, here)
		}
	}
}

// TestBucketArguments says what is wrong with arguments that name buckets.
func TestBucketArguments(t *testing.T) {
	folder, in := office(t, s3test.Fake(t))
	kept := strings.Split(succeed(t, folder, "config", "show"), "storage.s3.bucket")[1]
	kept = strings.Fields(kept)[0]
	for arg, want := range map[string]string{
		"s3://":                           "a bucket's name has",
		"s3://" + in.bucket + "/none/":    "there are no scans",
		"s3://" + kept + "/kept/bundles/": "what sealdesk itself keeps",
		"s3://" + kept:                    "what sealdesk itself keeps",
	} {
		status, _, messages := program(t, folder, "process", arg)
		if status != exitUsage || !strings.Contains(messages, want) {
			t.Errorf("%s: status %d, %s", arg, status, messages)
		}
	}
	if status, _, messages := program(t, folder, "process", "s3://nosuchbucket/"); status != exitFailed || !strings.Contains(messages, "nosuchbucket") {
		t.Errorf("no such bucket: status %d, %s", status, messages)
	}
	if status, _, messages := program(t, t.TempDir(), "process", "s3://scans/"); status != exitUsage || !strings.Contains(messages, "intake.endpoint") {
		t.Errorf("without an endpoint: status %d, %s", status, messages)
	}
	if status, _, messages := program(t, t.TempDir(), "watch"); status != exitUsage || !strings.Contains(messages, "intake.bucket") {
		t.Errorf("without an intake: status %d, %s", status, messages)
	}
}

// TestLedger keeps what became of an object, apart for each version of the program.
func TestLedger(t *testing.T) {
	store, err := dir.Open(t.TempDir())
	must(t, err)
	defer store.Close()
	old := version
	t.Cleanup(func() { version = old })
	open := func(retry bool) *ledger {
		l, err := openLedger(t.Context(), store, "scans", retry)
		must(t, err)
		return l
	}
	read, broken, away := s3.Object{Key: "../a\x01.pdf", ETag: "1"}, s3.Object{Key: "b", ETag: "1"}, s3.Object{Key: "c", ETag: "1"}
	l := open(false)
	must(t, l.enter(t.Context(), read, &bundle.Result{SHA256: "00"}, nil))
	must(t, l.enter(t.Context(), broken, nil, &bundle.Error{Code: bundle.CodeDamaged, Message: "坏"}))
	must(t, l.enter(t.Context(), away, nil, &bundle.Error{Code: bundle.CodeInternal, Message: "网络"}))
	if !l.has(read) || !l.has(broken) || !l.has(away) {
		t.Error("what was just done is to be done at once")
	}
	for _, test := range []struct {
		version             string
		retry               bool
		read, broken, again bool
	}{
		{old, false, true, true, false}, {old, true, true, false, false}, {"another", false, true, false, false},
	} {
		version = test.version
		l := open(test.retry)
		if l.has(read) != test.read || l.has(broken) != test.broken || l.has(away) != test.again {
			t.Errorf("%+v: has %v %v %v", test, l.has(read), l.has(broken), l.has(away))
		}
		// The other words of another program are no reason to stop.
		must(t, l.enter(t.Context(), broken, nil, &bundle.Error{Code: bundle.CodeDamaged, Message: "还是坏"}))
		if !l.has(broken) {
			t.Error("what failed again is tried at once")
		}
	}
	replaced := read
	replaced.ETag = "2"
	if open(false).has(replaced) {
		t.Error("an object that was replaced is taken for the old one")
	}
	b, err := storage.ReadAll(t.Context(), store, l.done(read))
	must(t, err)
	var e entry
	must(t, json.Unmarshal(b, &e))
	if e.Bucket != "scans" || e.Key != read.Key || e.ETag != "1" || e.SHA256 != "00" {
		t.Errorf("kept is %+v", e)
	}
}
