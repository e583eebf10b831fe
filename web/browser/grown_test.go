package browser

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sealdesk/account"
	"sealdesk/index/meili/meilitest"
	"sealdesk/pipeline/queue/queuetest"
	"sealdesk/storage"
	"sealdesk/storage/dir"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
)

// TestTwoSizes: a clerk's journey is the same where one process does everything with one
// folder, and where MinIO keeps, Meilisearch finds, a NATS cluster of three nodes queues
// and two processes read, one of which ends on the way; and so are the results, byte for
// byte.
func TestTwoSizes(t *testing.T) {
	read := map[string]map[string]string{}
	first, second := excerpt(t, "complete.pdf", "1", "3", "8"), excerpt(t, "no-seal.pdf", "1", "3", "8")
	t.Run("embedded", func(t *testing.T) {
		data := filled(t)
		journey(open(t, data), first, second, func() {})
		store, err := dir.Open(filepath.Join(data, "store"))
		if err != nil {
			t.Fatal(err)
		}
		read["embedded"] = results(t, store)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("grown", func(t *testing.T) {
		bucket := s3test.MinIO(t).Bucket(t)
		server := meilitest.Start(meilitest.Options{})
		t.Cleanup(server.Close)
		cluster := queuetest.Start(t, 3)
		env := []string{
			"SEALDESK_STORAGE_KIND=s3", "SEALDESK_STORAGE_S3_ENDPOINT=" + bucket.Endpoint, "SEALDESK_STORAGE_S3_BUCKET=" + bucket.Bucket,
			"SEALDESK_STORAGE_S3_REGION=" + bucket.Region, "SEALDESK_STORAGE_S3_ACCESS_KEY=" + bucket.AccessKey, "SEALDESK_STORAGE_S3_SECRET_KEY=" + bucket.SecretKey,
			"SEALDESK_INDEX_KIND=meili", "SEALDESK_INDEX_MEILI_URL=" + server.URL,
			"SEALDESK_QUEUE_URL=" + cluster.URL, "SEALDESK_QUEUE_REPLICAS=" + strconv.Itoa(3), "SEALDESK_WEB_READS=false",
		}
		store, err := s3.Open(t.Context(), bucket)
		if err != nil {
			t.Fatal(err)
		}
		addAccounts(t, store)
		var workers []*office
		for range 2 {
			w := &office{t: t, data: t.TempDir(), env: env, ended: make(chan error, 1)}
			t.Cleanup(w.close)
			w.start("work", "--listen", "127.0.0.1:0")
			workers = append(workers, w)
		}
		for _, w := range workers {
			w.says(regexp.MustCompile(`http://127\.0\.0\.1:\d+/readyz`))
		}
		journey(open(t, t.TempDir(), env...), first, second, workers[0].close)
		read["grown"] = results(t, store)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if len(read["embedded"]) != 2 {
		t.Errorf("read in one process: %q", slices.Sorted(maps.Keys(read["embedded"])))
	}
	if !maps.Equal(read["embedded"], read["grown"]) {
		t.Errorf("one process read\n%.2000v\nseveral read\n%.2000v", read["embedded"], read["grown"])
	}
}

// journey is a clerk's: a bundle is brought, read page by page before their eyes, and what
// is missing is said; a reviewer finds it by a word and corrects it, and it is found by
// what was corrected; then another one comes, and changes happens while it is read.
func journey(o *office, first, second []byte, change func()) {
	o.t.Helper()
	clerk := o.in(account.Clerk)
	clerk.open("/bundles")
	ask[bool](clerk, `window.kept = true`)
	const one, two = "毕力图嘎市申报材料.pdf", "二次提交.pdf"
	clerk.upload(file(o.t, one, first))
	clerk.within(reading, "page by page", `/已读 [1-3] \/ 3 页/.test(`+row(one)+`?.innerText)`)
	clerk.within(reading, "read", row(one)+`.querySelector(".verdicts .badge")`)
	clerk.sees("不齐全")

	reviewer := o.in(account.Reviewer)
	reviewer.open("/search?q=永磁")
	reviewer.sees("1 件", "稀土永磁")
	reviewer.follow(".hit-name")
	reviewer.until("at the application", `/^\/applications\//.test(location.pathname)`)
	reviewer.click("#f-base_name [data-edit]")
	reviewer.until("in the form", `document.activeElement.id === "e-base_name-is"`)
	reviewer.fill("#e-base_name-is", "草原沙棘联合基地")
	reviewer.press("Ctrl+Enter")
	reviewer.sees("已保存", "草原沙棘联合基地")
	reviewer.open("/search?q=沙棘")
	reviewer.sees("1 件")

	clerk.upload(file(o.t, two, second))
	clerk.within(reading, "page by page", `/已读 [1-2] \/ 3 页/.test(`+row(two)+`?.innerText)`)
	change()
	clerk.within(reading, "read", row(two)+`.querySelector(".verdicts .badge")`)
	clerk.until("never loaded again", `window.kept`)
	clerk.follow(`#rows .bundle-name`)
	clerk.sees("缺什么", "缺少实施方案")
}

// results are those in a store, by key.
func results(t *testing.T, s storage.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for info, err := range s.List(t.Context(), "bundles/") {
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(info.Key, "/result.json") {
			continue
		}
		b, err := storage.ReadAll(t.Context(), s, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		out[info.Key] = string(b)
	}
	return out
}
