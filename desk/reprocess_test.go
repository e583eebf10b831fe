package desk

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// TestReprocess: what an earlier program read is read again behind what people wait for;
// until then its result stands on the board, and what was corrected is still corrected.
func TestReprocess(t *testing.T) {
	folder := t.TempDir()
	s, sha := read(t, folder, 1)
	app := s.bundle(t, sha).Result.Applications[0].ID
	if _, err := s.Correct(t.Context(), sha, field("甲", app, "host_unit", "青禾沙棘研究所"), 0); err != nil {
		t.Fatal(err)
	}
	now, _ := s.Pipeline.Summary(sha)
	if old, err := pipeline.Older(t.Context(), s.Store, s.Pipeline.Call, pipeline.Engine(), true); err != nil || len(old) != 0 {
		t.Errorf("nothing is old, but %+v, %v", old, err)
	}
	s.close(t)
	// As if the program before this one had read it.
	_, rest, _ := strings.Cut(now.Version, "-")
	folder = copied(t, folder, strings.NewReplacer("/"+now.Version+"/", "/0001-"+rest+"/"))

	s = newShop(t, folder)
	for _, which := range []struct {
		engine  int
		profile bool
		want    int
	}{{1, true, 0}, {2, false, 1}, {pipeline.Engine(), true, 1}} {
		old, err := pipeline.Older(t.Context(), s.Store, s.Pipeline.Call, which.engine, which.profile)
		if err != nil || len(old) != which.want {
			t.Errorf("older than %d, %v: %+v, %v", which.engine, which.profile, old, err)
		}
		if len(old) == 1 && old[0] != (pipeline.Old{Bundle: sha, Engine: 1}) {
			t.Errorf("the old one is %+v", old[0])
		}
	}
	another := *s.Pipeline.Call
	another.Version = "0123456789ab"
	if old, err := pipeline.Older(t.Context(), s.Store, &another, 1, true); err != nil || len(old) != 1 || !old[0].Profile {
		t.Errorf("with another profile: %+v, %v", old, err)
	}
	if err := s.Queue.Put(t.Context(), queue.Job{Bundle: sha, Priority: queue.Backlog, Sender: "reprocess"}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var seen []Entry
	s.Listen(t.Context(), func(e Entry) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
	})
	s.run(t).await(t, sha, func(Entry) bool {
		v, _ := s.Pipeline.Summary(sha)
		return v.Version == now.Version
	})
	mu.Lock()
	defer mu.Unlock()
	for _, e := range seen {
		if !finished(e) || len(e.Applications) != 1 {
			t.Errorf("meanwhile: %+v", e)
		}
	}
	b := s.bundle(t, sha)
	if got := b.Result.Applications[0].Fields["host_unit"]; got.Value != "青禾沙棘研究所" || got.Corrected == nil || len(b.History) != 1 {
		t.Errorf("the corrected field is %+v", got)
	}
	if n := count(t, s, "沙棘研究所"); n != 1 {
		t.Errorf("%d are found", n)
	}
}

// copied is a new folder with the store of another one, its keys changed.
func copied(t *testing.T, folder string, keys *strings.Replacer) string {
	t.Helper()
	to := t.TempDir()
	from, err := dir.Open(filepath.Join(folder, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	into, err := dir.Open(filepath.Join(to, "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	for info, err := range from.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		b, err := storage.ReadAll(t.Context(), from, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := into.Put(t.Context(), keys.Replace(info.Key), bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
