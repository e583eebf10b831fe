package audit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sealdesk/storage"
)

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// Each entry that is asked for is found by looking down from where Start says, and few
// others are read; also where entries are damaged.
func TestStart(t *testing.T) {
	s := newStore(t)
	l := New(s)
	const days, each = 20, 7
	for day := range days {
		for i := range each {
			at := monday.AddDate(0, 0, day).Add(time.Duration(i) * 3 * time.Hour)
			if err := l.Append(t.Context(), Entry{User: "u", Action: View, Time: at, Detail: fmt.Sprint(day)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	damaged := newStore(t)
	for seq := 1; seq <= days*each; seq++ {
		b, err := storage.ReadAll(t.Context(), s, Key(seq))
		if err != nil {
			t.Fatal(err)
		}
		if seq%5 == 0 || seq > 60 && seq < 75 {
			b = []byte("{}")
		}
		if err := damaged.Put(t.Context(), Key(seq), strings.NewReader(string(b))); err != nil {
			t.Fatal(err)
		}
	}
	for name, l := range map[string]*Log{"sound": l, "damaged": New(damaged)} {
		for day := -1; day <= days; day++ {
			f := Filter{From: monday.AddDate(0, 0, day), To: monday.AddDate(0, 0, day+1)}
			start, err := l.Start(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			found, others, gone := 0, 0, 0
			for e, err := range l.List(t.Context(), start, 1000) {
				if start == 0 {
					break
				}
				switch {
				case err != nil:
					gone++
					continue
				case f.Past(e):
				case f.Match(e):
					found++
					continue
				default:
					others++
					continue
				}
				break
			}
			want := 0
			if day >= 0 && day < days {
				want = each
			}
			if found > want || found+gone < want || name == "sound" && found != want || others > 1 {
				t.Errorf("%s, day %d: from %d there are %d entries and %d others", name, day, start, found, others)
			}
		}
	}
	if start, err := New(newStore(t)).Start(t.Context(), Filter{To: monday}); err != nil || start != 0 {
		t.Errorf("an empty trail starts at %d, error %v", start, err)
	}
	if start, err := l.Start(t.Context(), Filter{}); err != nil || start != days*each {
		t.Errorf("all of the trail starts at %d, error %v", start, err)
	}
}

func TestMatch(t *testing.T) {
	sha := strings.Repeat("0123456789abcdef", 4)
	e := Entry{User: "cli:root", Action: View, Object: "bundles/" + sha, Time: monday}
	app := Entry{User: "a", Action: Correct, Object: sha[:16] + "-2", Time: monday}
	for _, c := range []struct {
		f    Filter
		e    Entry
		want bool
	}{
		{Filter{}, e, true},
		{Filter{Who: "cli:"}, e, true},
		{Filter{Who: "cli:"}, app, false},
		{Filter{Who: "cli:root"}, e, true},
		{Filter{Who: "cli"}, e, false},
		{Filter{Who: sha[:16] + "-2"}, app, true},
		{Filter{Action: View}, e, true},
		{Filter{Action: View}, app, false},
		{Filter{Bundle: sha}, e, true},
		{Filter{Bundle: strings.ToUpper(sha)}, app, true},
		{Filter{Bundle: "bundles/" + sha}, app, true},
		{Filter{Bundle: sha[:8]}, app, true},
		{Filter{Bundle: sha[:16] + "-2"}, app, true},
		{Filter{Bundle: sha[:16] + "-2"}, e, false},
		{Filter{Bundle: "zz"}, e, false},
		{Filter{From: monday}, e, true},
		{Filter{From: monday.Add(1)}, e, false},
		{Filter{To: monday}, e, false},
		{Filter{To: monday.Add(1)}, e, true},
	} {
		if got := c.f.Match(c.e); got != c.want {
			t.Errorf("%+v and %+v: %v", c.f, c.e, got)
		}
	}
}

// TestActions: the list has every constant that is an action.
func TestActions(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "record.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if lit, ok := v.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				name, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, name)
			}
		}
		return true
	})
	got := Actions()
	slices.Sort(got)
	slices.Sort(all)
	if len(all) < 10 || !slices.Equal(got, all) {
		t.Errorf("the list has %q, the constants are %q", got, all)
	}
}

// TestNoted: what was noted earlier shows that the end was cut off, or the trail written
// anew with hashes that fit.
func TestNoted(t *testing.T) {
	sound := New(newStore(t))
	add(t, sound, "1", "2", "3", "4", "5")
	seq, hash, err := sound.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mark, err := ParseMark(Mark{seq, hash}.String())
	if err != nil || mark != (Mark{5, hash}) {
		t.Fatalf("the mark is read as %v, error %v", mark, err)
	}
	add(t, sound, "6")
	v, err := sound.Verify(t.Context(), mark)
	if err != nil || len(v.Problems) > 0 || v.Entries != 6 || v.End.Seq != 6 || v.First.IsZero() || v.Last.Before(v.First) {
		t.Errorf("%+v, error %v", v, err)
	}
	cut, anew := New(newStore(t)), New(newStore(t))
	add(t, cut, "1", "2", "3")
	add(t, anew, "1", "2", "other", "4", "5", "6")
	for kind, l := range map[Kind]*Log{Cut: cut, Broken: anew} {
		v, err := l.Verify(t.Context(), mark)
		if err != nil || len(v.Problems) != 1 || v.Problems[0].Kind != kind {
			t.Errorf("%s: %+v, error %v", kind, v, err)
		}
		if v, err := l.Verify(t.Context()); err != nil || len(v.Problems) > 0 {
			t.Errorf("%s shows without a mark: %+v, error %v", kind, v, err)
		}
	}
	for _, s := range []string{"", "5", "5:", ":" + hash, "0:" + hash, "-1:" + hash, "5:" + hash[1:], "5:" + strings.ToUpper(hash) + "x", "x:" + hash} {
		if m, err := ParseMark(s); err == nil {
			t.Errorf("%q is read as %v", s, m)
		}
	}
}
