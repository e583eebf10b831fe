package desk

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/index"
	"sealdesk/pipeline"
)

// read is a shop with one bundle of so many pages that was read.
func read(t *testing.T, folder string, pages int) (*shop, string) {
	t.Helper()
	s := newShop(t, folder)
	var scans [][]byte
	for n := range pages {
		scans = append(scans, scan(uint64(100+n)))
	}
	input, sha := bundleOf("a.png", scans...)
	s.take(t, input)
	s.run(t).await(t, sha, finished)
	return s, sha
}

func field(who, application, key string, is any) correct.Correction {
	return correct.Correction{User: who, Name: who, Application: application, Target: "field:" + key, Is: is}
}

func count(t *testing.T, s *shop, text string) int {
	t.Helper()
	found, err := s.Search(t.Context(), index.Query{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return found.Total
}

func TestCorrect(t *testing.T) {
	folder := t.TempDir()
	s, sha := read(t, folder, 1)
	before := s.bundle(t, sha)
	app := before.Result.Applications[0].ID
	const key = "host_unit"
	b, err := s.Correct(t.Context(), sha, field("甲", app, key, " 青禾沙棘研究所 "), 0)
	if err != nil {
		t.Fatal(err)
	}
	got := b.Result.Applications[0].Fields[key]
	if got.Value != "青禾沙棘研究所" || got.Confidence != 1 || got.Corrected == nil || got.Corrected.By != "甲" {
		t.Errorf("the field is %+v", got)
	}
	if len(b.History) != 1 || b.History[0].Seq != 1 || b.History[0].Was != before.Result.Applications[0].Fields[key].Value {
		t.Errorf("the history is %+v", b.History)
	}
	if len(b.Result.Applications[0].Checks) <= len(before.Result.Applications[0].Checks) {
		t.Error("no check was made of the field")
	}
	if n := count(t, s, "沙棘研究所"); n != 1 {
		t.Errorf("%d are found by the corrected name", n)
	}
	if b.Machine.Applications[0].Fields[key].Corrected != nil {
		t.Error("the machine's result was changed")
	}

	// The second of two people is told, the same person goes on.
	var conflict *Conflict
	if _, err := s.Correct(t.Context(), sha, field("乙", app, key, "别的"), 0); !errors.As(err, &conflict) || conflict.Theirs.Name != "甲" {
		t.Errorf("the second person: %v", err)
	}
	if _, err := s.Correct(t.Context(), sha, field("乙", app, "base_name", "沙棘基地"), 0); err != nil {
		t.Errorf("another field: %v", err)
	}
	if _, err := s.Correct(t.Context(), sha, field("甲", app, key, "青禾沙棘所"), 0); err != nil {
		t.Errorf("the same person: %v", err)
	}
	if _, err := s.Correct(t.Context(), sha, correct.Correction{User: "乙", Undo: 3}, 3); err != nil {
		t.Errorf("taken back: %v", err)
	}
	check := func(s *shop) {
		t.Helper()
		if v := s.bundle(t, sha).Result.Applications[0].Fields[key].Value; v != "青禾沙棘研究所" {
			t.Errorf("the field is %v", v)
		}
		if n := count(t, s, "沙棘研究所"); n != 1 {
			t.Errorf("%d are found by the corrected name", n)
		}
	}
	check(s)
	s.close(t)
	s = newShop(t, folder)
	check(s)
	if _, err := pipeline.Reindex(t.Context(), s.Store, s.Index, call.Find, nil); err != nil {
		t.Fatal(err)
	}
	check(s)
}

func TestCorrectRefuses(t *testing.T) {
	s, sha := read(t, t.TempDir(), 1)
	a := s.bundle(t, sha).Result.Applications[0]
	failed := ""
	for _, k := range a.Checks {
		if k.Status == bundle.Fail {
			failed = k.ID
		}
	}
	for name, c := range map[string]correct.Correction{
		"no such application": field("甲", "x", "host_unit", "y"),
		"no such field":       field("甲", a.ID, "x", "y"),
		"a list for a text":   field("甲", a.ID, "host_unit", []any{"y"}),
		"no such target":      {User: "甲", Application: a.ID, Target: "x", Is: "y"},
		"no such seal":        {User: "甲", Application: a.ID, Target: "seal:9", Is: true},
		"no such role":        {User: "甲", Application: a.ID, Target: "signature:x", Is: true},
		"a failed check":      {User: "甲", Application: a.ID, Target: "check:" + failed, Is: "pass"},
		"nothing to undo":     {User: "甲", Undo: 5},
	} {
		if _, err := s.Correct(t.Context(), sha, c, 0); !errors.Is(err, ErrTarget) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b := s.bundle(t, sha); len(b.History) != 0 {
		t.Errorf("kept: %+v", b.History)
	}
	if _, err := s.Correct(t.Context(), "x", field("甲", a.ID, "host_unit", "y"), 0); !errors.Is(err, ErrUnknown) {
		t.Errorf("no such bundle: %v", err)
	}
}

// TestManyCorrect: of what many people correct at the same time nothing is lost.
func TestManyCorrect(t *testing.T) {
	s, sha := read(t, t.TempDir(), 1)
	app := s.bundle(t, sha).Result.Applications[0].ID
	keys := []string{"host_unit", "base_name", "base_leader", "recommending_dept", "leader_name"}
	var running sync.WaitGroup
	for i, key := range keys {
		running.Go(func() {
			if _, err := s.Correct(t.Context(), sha, field(fmt.Sprint(i), app, key, "青禾"), 0); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	b := s.bundle(t, sha)
	for i, c := range b.History {
		if c.Seq != i+1 {
			t.Errorf("number %d is %d", i+1, c.Seq)
		}
	}
	for _, key := range keys {
		if b.Result.Applications[0].Fields[key].Value != "青禾" {
			t.Errorf("%s is lost", key)
		}
	}
}

// TestArrange splits a bundle, turns a page and drops another.
func TestArrange(t *testing.T) {
	folder := t.TempDir()
	s, sha := read(t, folder, 4)
	first := s.bundle(t, sha)
	app := first.Result.Applications[0].ID
	if _, err := s.Correct(t.Context(), sha, field("甲", app, "host_unit", "青禾沙棘研究所"), 0); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]pipeline.Arrangement{
		"no group":      {},
		"a page twice":  {Groups: [][]pipeline.Place{{{Page: 1}}, {{Page: 1}}}},
		"no such page":  {Groups: [][]pipeline.Place{{{Page: 5}}}},
		"used, dropped": {Groups: [][]pipeline.Place{{{Page: 1}}}, Dropped: []int{1}},
		"half a turn":   {Groups: [][]pipeline.Place{{{Page: 1, Turn: 45}}}},
		"no such kind":  {Groups: [][]pipeline.Place{{{Page: 1, Kind: "x"}}}},
	} {
		if err := s.Arrange(t.Context(), sha, a, clerk, 0); !errors.Is(err, ErrPages) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := pipeline.Arrangement{
		Groups:  [][]pipeline.Place{{{Page: 4, Kind: bundle.RecommendationLetter}}, {{Page: 1}, {Page: 2, Turn: 180}}},
		Dropped: []int{3},
	}
	if err := s.Arrange(t.Context(), sha, a, clerk, 0); err != nil {
		t.Fatal(err)
	}
	check := func(s *shop) {
		t.Helper()
		b := s.bundle(t, sha)
		if len(b.Result.Applications) != 2 || b.Arrangement == nil || b.Arrangement.Seq != 1 || b.Arrangement.Name != clerk.Name {
			t.Fatalf("the result is %+v by %+v", b.Result, b.Arrangement)
		}
		letter, rest := b.Result.Applications[0], b.Result.Applications[1]
		if letter.ID == app || rest.ID != app {
			t.Errorf("the ids are %s and %s; most pages are of %s", letter.ID, rest.ID, app)
		}
		if letter.Documents[0].Kind != bundle.RecommendationLetter || !slices.Equal(rest.Documents[0].Pages, []int{1, 2}) {
			t.Errorf("the documents are %+v and %+v", letter.Documents, rest.Documents)
		}
		if rest.Fields["host_unit"].Value != "青禾沙棘研究所" {
			t.Errorf("the correction is lost: %+v", rest.Fields)
		}
		for i, info := range b.Result.PageInfo {
			want := first.Result.PageInfo[i].Rotation
			if info.Page == 2 {
				want = (want + 180) % 360
			}
			if info.Rotation != want {
				t.Errorf("page %d is turned by %d, want %d", info.Page, info.Rotation, want)
			}
		}
	}
	s.await(t, sha, func(e Entry) bool { return finished(e) && len(e.Applications) == 2 })
	check(s)
	var conflict *Conflict
	if err := s.Arrange(t.Context(), sha, a, Sender{ID: "x", Name: "乙"}, 0); !errors.As(err, &conflict) || conflict.Theirs.Name != clerk.Name {
		t.Errorf("the second person: %v", err)
	}
	s.close(t)
	s = newShop(t, folder)
	if e, _ := s.Entry(sha); !finished(e) || len(e.Applications) != 2 {
		t.Errorf("after a restart: %+v", e)
	}
	check(s)
}

// TestArrangeFails: where arranged pages cannot be read again, the entry says why, and
// what was found before stands, after a restart too.
func TestArrangeFails(t *testing.T) {
	folder := t.TempDir()
	s, sha := read(t, folder, 2)
	first := s.bundle(t, sha)
	own, err := s.Unarranged(t.Context(), sha)
	if err != nil || len(own.Applications) != 1 {
		t.Fatalf("the machine's own result is %+v, %v", own, err)
	}
	trouble := errors.New("the reader is broken")
	s.reader.fail.Store(&trouble)
	a := pipeline.Arrangement{Groups: [][]pipeline.Place{{{Page: 2, Turn: 180}}, {{Page: 1}}}}
	if err := s.Arrange(t.Context(), sha, a, clerk, 0); err != nil {
		t.Fatal(err)
	}
	check := func(s *shop) {
		t.Helper()
		e := s.await(t, sha, in(Failed))
		if e.Error == nil || !slices.Equal(e.Verdicts, first.Entry.Verdicts) || !slices.Equal(e.Applications, first.Entry.Applications) || e.Pages != 2 {
			t.Errorf("the entry is %+v", e)
		}
		if b := s.bundle(t, sha); b.Result == nil || len(b.Result.Applications) != 1 || b.Arrangement == nil {
			t.Errorf("the bundle is %+v", b)
		}
	}
	check(s)
	s.close(t)
	s = newShop(t, folder)
	check(s)

	// Once it can be read, it is, and the machine's own result is there still.
	s.run(t)
	if err := s.Retry(t.Context(), sha, clerk.ID); err != nil {
		t.Fatal(err)
	}
	s.await(t, sha, func(e Entry) bool { return finished(e) && len(e.Applications) == 2 })
	if again, err := s.Unarranged(t.Context(), sha); err != nil || len(again.Applications) != 1 || again.PageInfo[1].Rotation != own.PageInfo[1].Rotation {
		t.Errorf("the machine's own result is %+v, %v", again, err)
	}
	if _, err := s.Unarranged(t.Context(), "no such"); !errors.Is(err, ErrUnknown) {
		t.Errorf("of nothing: %v", err)
	}
}
