package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/extract/call"
	"sealdesk/index/meili/meilitest"
	"sealdesk/pipeline"
	"sealdesk/storage"
	"sealdesk/storage/dir"
	"sealdesk/storage/s3/s3test"
	papers "sealdesk/testdata/office"
)

// migrated is how many bundles TestMigrate moves; `make migrate` moves 500.
var migrated = flag.Int("bundles", 5, "how many bundles TestMigrate moves, a multiple of five")

// do runs the program in this process, with a configuration first; it must end well.
func do(t *testing.T, args ...string) string {
	t.Helper()
	var out, messages bytes.Buffer
	began := time.Now()
	if status := run(t.Context(), args, strings.NewReader(""), &out, &messages); status != exitOK {
		t.Fatalf("sealdesk %s: status %d\n%s%s", strings.Join(args, " "), status, out.String(), messages.String())
	}
	line := fmt.Sprintf("sealdesk %s", strings.Join(args[1:], " "))
	if args[1] != "search" {
		first, _, _ := strings.Cut(out.String(), "\n")
		line += "\n" + first
	}
	t.Logf("%6.1f s  %s", time.Since(began).Seconds(), line)
	return out.String()
}

// TestMigrate moves a desk from the small size to the grown one and back: all is there each
// time, byte for byte, nothing is wrong, and search finds the same.
func TestMigrate(t *testing.T) {
	folder := t.TempDir()
	data := func(name string) string { return filepath.Join(folder, name) }
	applications := 3 * *migrated // of five bundles, one to five each
	must(t, papers.Fill(t.Context(), data("first"), call.Builtin()[0], applications, nil))
	s, err := dir.Open(filepath.Join(data("first"), "store"))
	must(t, err)
	accounts, err := account.Open(t.Context(), s)
	must(t, err)
	_, err = accounts.Add(t.Context(), "test", "wang", "", account.Clerk, "correct horse battery")
	must(t, err)
	must(t, audit.New(s).Append(t.Context(), audit.Entry{User: "test", Action: audit.AccountAdd}))
	want := held(t, s)
	must(t, s.Close())

	server := s3test.MinIO(t)
	o, backups := server.Bucket(t), server.Bucket(t)
	meili := meilitest.Start(meilitest.Options{Master: "meili-key"})
	defer meili.Close()
	write(t, folder, "first.yaml", "data: first")
	write(t, folder, "grown.yaml", fmt.Sprintf(`data: grown
storage: {kind: s3, s3: {endpoint: %q, bucket: %s, region: %s, access_key: %s, secret_key: %s}}
index: {kind: meili, meili: {url: %q, key: meili-key}}
`, o.Endpoint, o.Bucket, o.Region, o.AccessKey, o.SecretKey, meili.URL))
	write(t, folder, "last.yaml", "data: last")
	write(t, folder, "restored.yaml", fmt.Sprintf(`data: restored
backup: {endpoint: %q, bucket: %s, prefix: office, region: %s, access_key: %s, secret_key: %s}
`, o.Endpoint, backups.Bucket, o.Region, o.AccessKey, o.SecretKey))
	at := func(name string) string { return "--config=" + data(name+".yaml") }

	do(t, at("first"), "call", "new", "nmg-iscb-2022", "--deadline", "2023-04-20")
	do(t, at("first"), "reindex")
	do(t, at("first"), "verify")
	search := func(in string) []string {
		var all string
		for _, verdict := range []string{"complete", "incomplete", "review"} {
			all += do(t, at(in), "search", "--json", "--limit", "1000", "--verdict", verdict, "国际科技合作基地")
		}
		return sorted(all)
	}
	found := search("first")
	if len(found) != applications {
		t.Fatalf("search finds %d of %d applications", len(found), applications)
	}
	for i, step := range [][2]string{{"first", "grown"}, {"grown", "last"}} {
		for range 2 { // the second time, all is there already
			if out := do(t, at(step[0]), "migrate", "--to", data(step[1]+".yaml")); !strings.Contains(out, fmt.Sprintf("共 %d 份申报", applications)) {
				t.Errorf("moving to %s says %s", step[1], out)
			}
			if i > 0 {
				break
			}
		}
		if out := do(t, at(step[1]), "verify"); !strings.Contains(out, "没有发现问题") || !strings.Contains(out, fmt.Sprintf("%d 份材料，%d 份申报，检索库里 %d 份", *migrated, applications, applications)) {
			t.Errorf("in %s, verify says %s", step[1], out)
		}
		if got := search(step[1]); !slices.Equal(got, found) {
			t.Errorf("in %s, search finds other things", step[1])
		}
	}
	// From one bucket into another, at a prefix, and from there into a folder.
	place := "s3://" + backups.Bucket + "/office"
	do(t, at("grown"), "backup", place)
	if out := do(t, at("grown"), "backup", place); !strings.Contains(out, "新增 0 个对象") {
		t.Errorf("the second backup says %s", out)
	}
	do(t, at("restored"), "restore")
	do(t, at("restored"), "verify")

	for _, name := range []string{"last", "restored"} {
		s, err := dir.Open(filepath.Join(data(name), "store"))
		must(t, err)
		got := held(t, s)
		must(t, s.Close())
		for key, sum := range want {
			if got[key] != sum {
				t.Errorf("in %s, %s is not as it was", name, key)
			}
		}
	}
	profile, err := os.ReadFile(filepath.Join(data("first"), "calls", "nmg-iscb-2023.yaml"))
	must(t, err)
	for _, name := range []string{"last", "restored"} {
		if again, err := os.ReadFile(filepath.Join(data(name), "calls", "nmg-iscb-2023.yaml")); err != nil || !bytes.Equal(again, profile) {
			t.Errorf("the profile of the new call is not in %s: %v", name, err)
		}
	}
	// No secret is in the configuration that was backed up.
	kept, err := os.ReadFile(filepath.Join(data("restored"), "restored-config.yaml"))
	must(t, err)
	if !strings.Contains(string(kept), o.Bucket) || strings.Contains(string(kept), o.SecretKey) || strings.Contains(string(kept), "meili-key") {
		t.Errorf("the configuration that was backed up is\n%s", kept)
	}

	// Where something else is kept, nothing is put; nor where the desk is already.
	for to, status := range map[string]int{"first": exitUsage, "other": exitFailed} {
		write(t, folder, "other.yaml", "data: other")
		other, err := dir.Open(filepath.Join(data("other"), "store"))
		must(t, err)
		must(t, errors.Join(other.Put(t.Context(), "accounts/x", strings.NewReader("x")), other.Close()))
		var messages bytes.Buffer
		if got := run(t.Context(), []string{at("first"), "migrate", "--to", data(to + ".yaml")}, strings.NewReader(""), io.Discard, &messages); got != status {
			t.Errorf("moving to %s ends with %d: %s", to, got, messages.String())
		}
	}
}

// held are the hashes of all objects of a store, as their bytes' readers check them, and of
// bundles and results the times.
func held(t *testing.T, kept storage.Store) map[string]string {
	t.Helper()
	s, damaged, err := storage.WithTimes(t.Context(), kept)
	must(t, errors.Join(append(damaged, err)...))
	out := map[string]string{}
	for info, err := range s.List(t.Context(), "") {
		must(t, err)
		if pipeline.Dated(info.Key) {
			out[info.Key+" time"] = info.Time.UTC().String()
		}
		b, err := storage.ReadAll(t.Context(), s, info.Key)
		must(t, err)
		out[info.Key] = fmt.Sprintf("%x", sha256.Sum256(b))
	}
	return out
}
