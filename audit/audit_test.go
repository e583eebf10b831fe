package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/storage"
	"sealdesk/storage/dir"
)

func newStore(t testing.TB) storage.Store {
	t.Helper()
	s, err := dir.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func add(t *testing.T, l *Log, details ...string) {
	t.Helper()
	for _, d := range details {
		if err := l.Append(t.Context(), Entry{User: "u", Action: View, Object: "o", Detail: d}); err != nil {
			t.Fatal(err)
		}
	}
}

// listed are the details of a listing, "!" for each entry that cannot be read.
func listed(t *testing.T, entries iter.Seq2[Entry, error]) string {
	t.Helper()
	var all []string
	for e, err := range entries {
		if err != nil && e.Seq == 0 {
			t.Fatal(err)
		}
		if err != nil {
			e.Detail = "!"
		}
		all = append(all, e.Detail)
	}
	return strings.Join(all, " ")
}

func verified(t *testing.T, l *Log) (int, []string) {
	t.Helper()
	v, err := l.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range v.Problems {
		found = append(found, fmt.Sprint(p.Kind, " ", p.Seq))
		if p.Message == "" {
			t.Errorf("%+v says nothing", p)
		}
	}
	return v.Entries, found
}

func TestAppendAndList(t *testing.T) {
	s := newStore(t)
	l := New(s)
	if got := listed(t, l.List(t.Context(), 0, 10)); got != "" {
		t.Errorf("an empty trail lists %q", got)
	}
	if n, found := verified(t, l); n != 0 || found != nil {
		t.Errorf("an empty trail has %d entries, problems %v", n, found)
	}
	before := time.Now().Add(-time.Second)
	add(t, l, "1", "2", "3", "4", "5")
	for _, l := range []*Log{l, New(s)} {
		for _, c := range []struct {
			from, limit int
			want        string
		}{
			{0, 10, "5 4 3 2 1"}, {0, 2, "5 4"}, {3, 2, "3 2"}, {1, 2, "1"}, {99, 1, "5"}, {0, 0, ""}, {-1, 1, "5"}, {5, -1, ""},
		} {
			if got := listed(t, l.List(t.Context(), c.from, c.limit)); got != c.want {
				t.Errorf("from %d, %d: %q, want %q", c.from, c.limit, got, c.want)
			}
		}
	}
	for e, err := range l.List(t.Context(), 0, 1) {
		seq, hash, headErr := New(s).Head(t.Context())
		if err != nil || headErr != nil || e.Seq != 5 || seq != 5 || e.Hash != hash || e.User != "u" || e.Action != View || e.Object != "o" || e.Time.Before(before) {
			t.Errorf("the newest is %+v, the head %d %s, errors %v, %v", e, seq, hash, err, headErr)
		}
	}
	if n, found := verified(t, l); n != 5 || found != nil {
		t.Errorf("%d entries, problems %v", n, found)
	}
}

func TestAppendRefuses(t *testing.T) {
	l := New(newStore(t))
	for _, e := range []Entry{{}, {User: "u"}, {Action: View}} {
		if err := l.Append(t.Context(), e); !errors.Is(err, ErrEntry) {
			t.Errorf("%+v: error %v, want ErrEntry", e, err)
		}
	}
}

// What somebody sends cannot keep an entry from being written, nor forge one.
func TestAppendHostile(t *testing.T) {
	l := New(newStore(t))
	hostile := []string{"a\nb\x00", "\xff\xfe", `","user":"other`, "<script>", "\u2028", strings.Repeat("长", 10_000)}
	for _, text := range hostile {
		err := l.Append(t.Context(), Entry{User: text, Action: text, Object: text, Detail: text, Seq: 99, Prev: "x", Hash: "y", ID: "z"})
		if err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if n, found := verified(t, l); n != len(hostile) || found != nil {
		t.Errorf("%d entries, problems %v", n, found)
	}
	for e, err := range l.List(t.Context(), 0, 1) {
		if err != nil || len([]rune(e.Detail)) > maxText+1 {
			t.Errorf("kept %d bytes, error %v", len(e.Detail), err)
		}
	}
}

// Many writers in several processes make one chain with each entry once.
func TestWritersAtOnce(t *testing.T) {
	s := newStore(t)
	logs := []*Log{New(s), New(s), New(s)}
	const each = 40
	at := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	for i, l := range logs {
		for j := range each {
			wg.Go(func() {
				// Every second entry is the same in all processes.
				e := Entry{User: "u", Action: View, Time: at, Detail: fmt.Sprint(i, "-", j)}
				if j%2 == 0 {
					e.Detail = "same"
				}
				if err := l.Append(t.Context(), e); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if n, found := verified(t, New(s)); n != each*len(logs) || found != nil {
		t.Errorf("%d entries, problems %v", n, found)
	}
	count := map[string]int{}
	for e, err := range logs[0].List(t.Context(), 0, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		count[e.Detail]++
	}
	if len(count) != 1+len(logs)*each/2 || count["same"] != len(logs)*each/2 {
		t.Errorf("%d different entries, the same one %d times", len(count), count["same"])
	}
}

// A writer that waits for its turn goes when its context ends.
func TestAppendCancelled(t *testing.T) {
	l := New(newStore(t))
	if err := l.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.Append(ctx, Entry{User: "u", Action: View}) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	l.leave()
	add(t, l, "1")
}

// lateFault is a store whose first Put keeps the object and then fails, as one may that
// loses the network.
type lateFault struct {
	storage.Store
	once sync.Once
}

var errLate = errors.New("the network broke")

func (s *lateFault) Put(ctx context.Context, key string, r io.Reader) error {
	err := s.Store.Put(ctx, key, r)
	s.once.Do(func() { err = errors.Join(err, errLate) })
	return err
}

func TestAppendAfterFault(t *testing.T) {
	s := newStore(t)
	l := New(&lateFault{Store: s})
	e := Entry{User: "u", Action: View, Detail: "1"}
	if err := l.Append(t.Context(), e); !errors.Is(err, errLate) {
		t.Fatalf("error %v", err)
	}
	add(t, l, "1", "2")
	if n, found := verified(t, l); n != 3 || found != nil {
		t.Errorf("%d entries, problems %v", n, found)
	}
}

// TestVerify spoils a trail of five entries in one way at a time.
func TestVerify(t *testing.T) {
	rewrite := func(at int, change func(*Entry)) func([][]byte) [][]byte {
		return func(trail [][]byte) [][]byte {
			e, err := parse(trail[at-1])
			if err != nil {
				t.Fatal(err)
			}
			change(&e)
			if trail[at-1], err = e.seal(); err != nil {
				t.Fatal(err)
			}
			return trail
		}
	}
	replace := func(at int, old, with string) func([][]byte) [][]byte {
		return func(trail [][]byte) [][]byte {
			b := strings.Replace(string(trail[at-1]), old, with, 1)
			if b == string(trail[at-1]) {
				t.Fatalf("there is no %q in %s", old, b)
			}
			trail[at-1] = []byte(b)
			return trail
		}
	}
	drop := func(from, to int) func([][]byte) [][]byte {
		return func(trail [][]byte) [][]byte {
			for i := from; i <= to; i++ {
				trail[i-1] = nil
			}
			return trail
		}
	}
	for _, c := range []struct {
		name  string
		spoil func([][]byte) [][]byte
		n     int
		found []string
		list  string
	}{
		{"nothing", func(b [][]byte) [][]byte { return b }, 5, nil, "5 4 3 2 1"},
		{"one is missing", drop(3, 3), 4, []string{"missing 3"}, "5 4 ! 2 1"},
		{"several are missing", drop(2, 4), 2, []string{"missing 2"}, "5 ! ! ! 1"},
		{"the first is missing", drop(1, 1), 4, []string{"missing 1"}, "5 4 3 2 !"},
		{"a letter is another", replace(3, `"user":"u"`, `"user":"v"`), 4, []string{"altered 3"}, "5 4 ! 2 1"},
		{"the last is another", replace(5, `"detail":"5"`, `"detail":"6"`), 4, []string{"altered 5"}, "! 4 3 2 1"},
		{"a blank more", replace(2, `,"user"`, `, "user"`), 4, []string{"altered 2"}, "5 4 3 ! 1"},
		{"a field more", replace(2, `{`, `{"note":"x",`), 4, []string{"altered 2"}, "5 4 3 ! 1"},
		{"a field twice", replace(2, `"user":"u"`, `"user":"w","user":"u"`), 4, []string{"altered 2"}, "5 4 3 ! 1"},
		{"nothing is left", func(b [][]byte) [][]byte { b[1] = []byte{}; return b }, 4, []string{"altered 2"}, "5 4 3 ! 1"},
		{"half is left", func(b [][]byte) [][]byte { b[1] = b[1][:len(b[1])/2]; return b }, 4, []string{"altered 2"}, "5 4 3 ! 1"},
		{"no line end", func(b [][]byte) [][]byte { b[1] = b[1][:len(b[1])-1]; return b }, 4, []string{"altered 2"}, "5 4 3 ! 1"},
		{"rewritten with its hash", rewrite(3, func(e *Entry) { e.User = "v" }), 4, []string{"broken 4"}, "5 4 3 2 1"},
		{"linked to nothing", rewrite(3, func(e *Entry) { e.Prev = "" }), 3, []string{"broken 3", "broken 4"}, "5 4 3 2 1"},
		{"the first has one before", rewrite(1, func(e *Entry) { e.Prev = "00" }), 3, []string{"broken 1", "broken 2"}, "5 4 3 2 1"},
		{"two change places", func(b [][]byte) [][]byte { b[1], b[2] = b[2], b[1]; return b }, 3, []string{"altered 2", "altered 3"}, "5 4 ! ! 1"},
		{"one twice", func(b [][]byte) [][]byte { b[3] = b[2]; return b }, 4, []string{"altered 4"}, "5 ! 3 2 1"},
		{"one is inserted", func(b [][]byte) [][]byte { return inserted(t, b, 3) }, 3, []string{"inserted 3", "broken 5", "broken 6"}, "6 5 4 new 2 1"},
		{"another number", rewrite(3, func(e *Entry) { e.Seq = 7 }), 4, []string{"altered 3"}, "5 4 ! 2 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t)
			for i, b := range c.spoil(slices.Clone(trail(t))) {
				if b == nil {
					continue
				}
				if err := s.Put(t.Context(), Key(i+1), strings.NewReader(string(b))); err != nil {
					t.Fatal(err)
				}
			}
			l := New(s)
			if n, found := verified(t, l); n != c.n || !slices.Equal(found, c.found) {
				t.Errorf("%d entries, problems %q, want %d and %q", n, found, c.n, c.found)
			}
			if got := listed(t, l.List(t.Context(), 0, 10)); got != c.list {
				t.Errorf("listed %q, want %q", got, c.list)
			}
			// The trail goes on, after its end and nowhere else.
			add(t, l, "new")
			if _, found := verified(t, l); !slices.Equal(found, c.found) {
				t.Errorf("afterwards the problems are %q, want %q", found, c.found)
			}
			if got := listed(t, New(s).List(t.Context(), 0, 1)); got != "new" {
				t.Errorf("afterwards the newest is %q", got)
			}
		})
	}
}

// inserted is a trail with one entry more, at a number, and the later ones with numbers and
// hashes that fit them: whoever did that left only the links.
func inserted(t *testing.T, trail [][]byte, at int) [][]byte {
	t.Helper()
	before, err := parse(trail[at-2])
	if err != nil {
		t.Fatal(err)
	}
	more := before
	more.ID, more.Detail, more.Seq, more.Prev = "x", "new", at, before.Hash
	b, err := more.seal()
	if err != nil {
		t.Fatal(err)
	}
	out := append(slices.Clone(trail[:at-1]), b)
	for _, b := range trail[at-1:] {
		e, err := parse(b)
		if err != nil {
			t.Fatal(err)
		}
		e.Seq, e.Detail = e.Seq+1, fmt.Sprint(e.Seq+1)
		if b, err = e.seal(); err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// trail are the bytes of a sound trail of five entries.
func trail(t *testing.T) [][]byte {
	t.Helper()
	s := newStore(t)
	add(t, New(s), "1", "2", "3", "4", "5")
	var all [][]byte
	for i := range 5 {
		b, err := storage.ReadAll(t.Context(), s, Key(i+1))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// What is no entry is told of, and an end cut off shows in the head alone.
func TestVerifyStrayAndCut(t *testing.T) {
	s := newStore(t)
	for i, b := range trail(t)[:4] {
		if err := s.Put(t.Context(), Key(i+1), strings.NewReader(string(b))); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []string{"audit/5.json", "audit/000000000000.json", "audit/00000000000x.json", "audit/000000000005.json.bak", "audit/-00000000005.json"} {
		if err := s.Put(t.Context(), k, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	n, found := verified(t, New(s))
	if n != 4 || !slices.Equal(found, []string{"stray 0", "stray 0", "stray 0", "stray 0", "stray 0"}) {
		t.Errorf("%d entries, problems %q", n, found)
	}
	if seq, hash, err := New(s).Head(t.Context()); err != nil || seq != 4 || len(hash) != 64 {
		t.Errorf("the head is %d %s, error %v", seq, hash, err)
	}
}

// The end is found past what is missing, wherever the gaps are.
func TestEnd(t *testing.T) {
	s := newStore(t)
	l := New(s)
	for _, upTo := range []struct{ from, to int }{
		{2, 2}, {3, 3}, {5, 6}, {9, 9}, {12, 31}, {33, 64}, {66, 70}, {135, 137}, {139, 139},
	} {
		var wg sync.WaitGroup
		for seq := upTo.from; seq <= upTo.to; seq++ {
			wg.Go(func() {
				if err := s.Put(t.Context(), Key(seq), strings.NewReader("x")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got, err := l.end(t.Context()); err != nil || got != upTo.to {
			t.Errorf("the end is %d, error %v, want %d", got, err, upTo.to)
		}
	}
	if seq, hash, err := l.Head(t.Context()); err != nil || seq != 139 || hash != "" {
		t.Errorf("the head is %d %q, error %v", seq, hash, err)
	}
}

func FuzzParse(f *testing.F) {
	e := Entry{Seq: 1, ID: "A", Time: time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC), User: "u", Action: View, Object: "<o>", Detail: "名"}
	b, err := e.seal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte(`{"seq":1,"time":"2026-11-25T08:00:00+00:00","prev":"","hash":""}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parse(b)
		if err != nil {
			if !errors.Is(err, errAltered) {
				t.Fatalf("error %v", err)
			}
			return
		}
		hash := e.Hash
		again, err := e.seal()
		if err != nil || string(again) != string(b) || e.Hash != hash {
			t.Errorf("%q is read as %+v, whose bytes are %q, error %v", b, e, again, err)
		}
	})
}

// BenchmarkAppend is what every view of an application waits for.
func BenchmarkAppend(b *testing.B) {
	l := New(newStore(b))
	for b.Loop() {
		if err := l.Append(b.Context(), Entry{User: "u", Action: View, Object: "o"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppendAtOnce is the same with many who wait.
func BenchmarkAppendAtOnce(b *testing.B) {
	l := New(newStore(b))
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Append(b.Context(), Entry{User: "u", Action: View, Object: "o"}); err != nil {
				b.Error(err)
			}
		}
	})
}
