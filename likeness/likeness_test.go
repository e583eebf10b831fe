package likeness_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"sealdesk/extract/call"
	"sealdesk/likeness"
	"sealdesk/testdata/office"
)

func open(t *testing.T, path string) *likeness.Index {
	t.Helper()
	x, err := likeness.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// put puts the texts of invented applications, a bundle each, and gives them.
func put(t *testing.T, x *likeness.Index, applications int, change func(n int, texts []likeness.Text)) [][]likeness.Text {
	t.Helper()
	var all [][]likeness.Text
	for n := range applications {
		var texts []likeness.Text
		for _, p := range office.Texts(call.Builtin()[0], n, applications) {
			texts = append(texts, likeness.Text{Application: fmt.Sprint("a", n), Field: p.Field, Text: p.Text})
		}
		all = append(all, texts)
	}
	for n, texts := range all {
		if change != nil {
			change(n, texts)
		}
		if err := x.Put(fmt.Sprint("b", n), "1", texts); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Near-copies are found in either direction, and next to nothing beside them; testdata/likeness
// measures the same with 20,000 applications.
func TestLike(t *testing.T) {
	const applications, copies = 90, 30
	x := open(t, filepath.Join(t.TempDir(), "likeness"))
	r := rand.New(rand.NewPCG(3, 4))
	var words []rune
	for n := range 20 {
		words = append(words, []rune(office.Texts(call.Builtin()[0], 900+n, 1000)[0].Text)...)
	}
	var originals [][]likeness.Text
	all := put(t, x, applications, func(n int, texts []likeness.Text) {
		if n < copies {
			originals = append(originals, texts)
		} else if n < 2*copies {
			// The first texts are the longest, the third is short.
			texts[n%3].Text = office.NearCopy(r, originals[n-copies][n%3].Text, 0.1+0.2*r.Float64(), n%2 == 0, words)
		}
	})
	right, found := 0, 0
	for n := range applications {
		for field := range 3 {
			hits, err := x.Like(all[n][field].Application, all[n][field].Text, 5)
			if err != nil {
				t.Fatal(err)
			}
			found += len(hits)
			for _, h := range hits {
				of := n + copies
				if n >= copies {
					of = n - copies
				}
				if n < 2*copies && h.Application == fmt.Sprint("a", of) && h.Bundle == fmt.Sprint("b", of) && h.Field == all[n][field].Field {
					right++
				}
				if h.Alike < likeness.Least || h.Alike > 1 {
					t.Errorf("alike %f", h.Alike)
				}
			}
		}
	}
	if right < 2*copies*95/100 || right < found*95/100 {
		t.Errorf("%d of %d found, and %d in all", right, 2*copies, found)
	}
}

// What was put is there after the next start, as it was put last.
func TestKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "likeness")
	x, err := likeness.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	all := put(t, x, 3, nil)
	text := all[0][0].Text
	if err := x.Put("b1", "2", all[0][:1]); err != nil { // under another bundle, the same text
		t.Fatal(err)
	}
	if err := x.Put("b1", "3", []likeness.Text{{Application: "other", Field: "overview", Text: "　" + text + "。"}, {Application: "other", Field: "short", Text: "同意推荐。"}}); err != nil {
		t.Fatal(err)
	}
	if err := x.Remove("b2"); err != nil {
		t.Fatal(err)
	}
	if err := x.Remove("never there"); err != nil {
		t.Fatal(err)
	}
	want := []likeness.Hit{{Bundle: "b1", Application: "other", Field: "overview", Alike: 1}}
	for range 2 {
		hits, err := x.Like("a0", text, 5)
		if err != nil || !reflect.DeepEqual(hits, want) {
			t.Errorf("%v, %v; want %v", hits, err, want)
		}
		if hits, err := x.Like("other", text, 5); err != nil || len(hits) != 1 || hits[0].Application != "a0" {
			t.Errorf("of the other's own texts: %v, %v", hits, err)
		}
		if hits, err := x.Like("a9", "同意推荐。", 5); err != nil || len(hits) != 0 {
			t.Errorf("of a phrase: %v, %v", hits, err)
		}
		if stamp, ok, err := x.Stamp("b1"); stamp != "3" || !ok || err != nil {
			t.Errorf("stamp %q, %v, %v", stamp, ok, err)
		}
		if _, ok, _ := x.Stamp("b2"); ok {
			t.Error("what was taken out is there")
		}
		if known, err := x.Bundles(); err != nil || len(known) != 2 {
			t.Errorf("bundles %v, %v", known, err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		x = open(t, path)
	}
	if _, err := likeness.Open(path); err == nil {
		t.Error("two have the file open")
	}
}

// A file that is no index is begun anew, since all that it has is derived.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "likeness")
	if err := os.WriteFile(path, []byte(strings.Repeat("no index ", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	x := open(t, path)
	if known, err := x.Bundles(); err != nil || len(known) != 0 {
		t.Errorf("bundles %v, %v", known, err)
	}
	put(t, x, 1, nil)
	if _, err := likeness.Open(filepath.Join(path, "under a file")); err == nil {
		t.Error("no error")
	}
}

// Texts come and are asked for at the same time, and many come again and again.
func TestAtOnce(t *testing.T) {
	x := open(t, filepath.Join(t.TempDir(), "likeness"))
	all := put(t, x, 12, nil)
	var running sync.WaitGroup
	for i := range 4 {
		running.Go(func() {
			for n, texts := range all {
				if i < 2 {
					if err := x.Put(fmt.Sprint("b", n), fmt.Sprint(i), texts); err != nil {
						t.Error(err)
					}
				} else if _, err := x.Like("nobody", texts[0].Text, 3); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	for n, texts := range all {
		hits, err := x.Like("nobody", texts[0].Text, 3)
		if err != nil || len(hits) == 0 || hits[0].Application != fmt.Sprint("a", n) || hits[0].Alike != 1 {
			t.Errorf("text %d finds %v, %v", n, hits, err)
		}
	}
}

func TestCompare(t *testing.T) {
	mark := func(spans []likeness.Span) string {
		var b strings.Builder
		for _, s := range spans {
			if s.Like {
				b.WriteString("[" + s.Text + "]")
			} else {
				b.WriteString(s.Text)
			}
		}
		return b.String()
	}
	for name, c := range map[string]struct{ a, b, left, right string }{
		"the same":          {"依托单位长期从事草原生态修复。", "依托单位长期从事草原生态修复！", "[依托单位长期从事草原生态修复]。", "[依托单位长期从事草原生态修复]！"},
		"nothing":           {"风电装备", "蒙药资源", "风电装备", "蒙药资源"},
		"empty":             {"", "草原", "", "草原"},
		"another order":     {"引进人才三名，建成试验站点两处。", "建成试验站点两处；其后引进人才三名", "[引进人才三名]，[建成试验站点两处]。", "[建成试验站点两处]；其后[引进人才三名]"},
		"a word changed":    {"合作双方共建联合实验室并制定标准", "合作双方新建联合实验室并制定标准", "合作双方共[建联合实验室并制定标准]", "合作双方新[建联合实验室并制定标准]"},
		"signs and widths":  {"ＡＢＣ１２３，开放", "abc 123开放", "[ＡＢＣ１２３，开放]", "[abc 123开放]"},
		"twice on one side": {"国际科技合作基地", "国际科技合作基地与国际科技合作基地", "[国际科技合作基地]", "[国际科技合作基地]与国际科技合作基地"},
		"words in common":   {"我们的科研工作", "他们的科研任务", "我们的科研工作", "他们的科研任务"},
	} {
		left, right := likeness.Compare(c.a, c.b)
		if mark(left) != c.left || mark(right) != c.right {
			t.Errorf("%s: %s | %s\nwant %s | %s", name, mark(left), mark(right), c.left, c.right)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("引进人才三名，建成试验站点两处。", "建成试验站点两处；其后引进人才三名")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 2000 {
			return
		}
		left, right := likeness.Compare(a, b)
		for _, side := range []struct {
			spans []likeness.Span
			text  string
		}{{left, a}, {right, b}} {
			var all strings.Builder
			for _, s := range side.spans {
				all.WriteString(s.Text)
			}
			if all.String() != string([]rune(side.text)) {
				t.Errorf("%q became %q", side.text, all.String())
			}
		}
	})
}
