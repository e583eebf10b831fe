package archive_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sealdesk/archive"
	"sealdesk/storage"
)

// TestTimes keeps when objects were first written, over any number of copies.
func TestTimes(t *testing.T) {
	home, path := folder(t)
	fill(t, home, office())
	long := time.Date(2019, 3, 1, 8, 30, 0, 123456000, time.UTC)
	files, err := filepath.Glob(filepath.Join(path, "objects", "bundles", "x", "source.json@", "*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.Chtimes(files[0], long, long); err != nil {
		t.Fatal(err)
	}
	when := func(s storage.Store, prefix string) map[string]time.Time {
		d, damaged, err := storage.WithTimes(t.Context(), s)
		if err != nil || len(damaged) > 0 {
			t.Fatal(damaged, err)
		}
		out := map[string]time.Time{}
		for info, err := range d.List(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			out[info.Key] = info.Time.UTC()
			if at, err := d.Stat(t.Context(), info.Key); err != nil || !at.Time.Equal(info.Time) {
				t.Errorf("Stat says %v, %v, List %v", at.Time, err, info.Time)
			}
		}
		return out
	}
	want := when(home, "bundles/")
	if want["bundles/x/source.json"] != long {
		t.Fatalf("the source is of %v", want["bundles/x/source.json"])
	}
	all := kinds(t)
	moved, again, place, restored := all["s3"](t), all["dir"](t), all["s3"](t), all["dir"](t)
	move := func(from, to storage.Store) {
		d, _, err := storage.WithTimes(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time changes nothing
			if _, err := archive.Move(t.Context(), d, to, dated, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	move(home, moved)
	move(moved, again)
	d, _, err := storage.WithTimes(t.Context(), again)
	if err != nil {
		t.Fatal(err)
	}
	backUp(t, d, place, nil)
	if _, err := archive.Restore(t.Context(), opened(t, place), restored, dated, nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range []storage.Store{moved, again, restored} {
		if got := when(s, "bundles/"); !maps.Equal(got, want) {
			t.Errorf("the objects are of %v, want %v", got, want)
		}
	}
	// A list that somebody changed dates nothing.
	fill(t, home, map[string]string{"times/x.json": `{"bundles/x/source.json":"2000-01-01T00:00:00Z"}`})
	d, damaged, err := storage.WithTimes(t.Context(), home)
	if info, _ := d.Stat(t.Context(), "bundles/x/source.json"); err != nil || len(damaged) != 1 || !info.Time.Equal(long) {
		t.Errorf("with a list that is none, the source is of %v, %v, %v", info.Time, damaged, err)
	}
}
