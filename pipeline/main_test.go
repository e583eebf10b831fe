package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/ocr/tesseract"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// TestMain lets the test's own executable be the child that reads, as the program
// is, and owns what the tests share.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "ocr-worker" {
		if err := tesseract.Worker(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if shared, err = os.MkdirTemp("", "sealdesk-pipeline"); err != nil {
		return 1, err
	}
	code = m.Run()
	if readers != nil {
		err = readers.Close()
	}
	return code, errors.Join(err, os.RemoveAll(shared))
}

var (
	shared   string    // a folder for what tests share
	readers  *ocr.Pool // two children, nil until the first test wants them
	children started   // of readers
)

// plenty is a time in which a line or page is read on any machine, however busy: a
// limit of time must not change results where it is not what is tested.
const plenty = 10 * time.Minute

var startReaders = sync.OnceValue(func() (err error) {
	readers, err = ocr.NewPool(context.Background(), readerOptions(&children))
	return err
})

// readerOptions are those of two children of Tesseract alone, whatever else this
// machine has.
func readerOptions(s *started) ocr.Options {
	return ocr.Options{Workers: 2, Second: shared, Timeout: plenty, Log: s.log()}
}

// reader counts what the real reader is asked for.
type reader struct {
	*ocr.Pool
	calls atomic.Int64
}

func newReader(t testing.TB) *reader {
	t.Helper()
	if err := startReaders(); err != nil {
		t.Fatal(err)
	}
	return &reader{Pool: readers}
}

func (r *reader) Read(ctx context.Context, crops []ocr.Crop) ([]ocr.Reading, error) {
	r.calls.Add(1)
	return r.Pool.Read(ctx, crops)
}

// started collects the numbers of a pool's children, and how many died at work,
// from its log. At, if set, is told of each child before it gets its first line.
type started struct {
	mu   sync.Mutex
	pids []int
	died int
	at   func(n, pid int)
}

func (s *started) log() *slog.Logger { return slog.New(s) }

func (s *started) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.died++
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "pid" {
			s.mu.Lock()
			s.pids = append(s.pids, int(a.Value.Int64()))
			n := len(s.pids)
			s.mu.Unlock()
			if s.at != nil {
				s.at(n, int(a.Value.Int64()))
			}
		}
		return true
	})
	return nil
}

func (s *started) all() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pids)
}

func (s *started) deaths() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.died
}

func (s *started) Enabled(context.Context, slog.Level) bool { return true }
func (s *started) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s *started) WithGroup(string) slog.Handler            { return s }

// desk is a store and an index on disk.
type desk struct {
	store *dir.Store
	index *bleve.Index
}

func openDesk(path string) (*desk, error) {
	store, err := dir.Open(filepath.Join(path, "store"))
	if err != nil {
		return nil, err
	}
	x, err := bleve.Open(filepath.Join(path, "index"))
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &desk{store, x}, nil
}

func (d *desk) close() error { return errors.Join(d.index.Close(), d.store.Close()) }

// newDesk is an empty one.
func newDesk(t testing.TB) *desk {
	t.Helper()
	d, err := openDesk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, d.close)
	return d
}

// newStore is an empty desk without an index, which takes a slow disk long to make.
func newStore(t testing.TB) *desk {
	t.Helper()
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	closeAfter(t, store.Close)
	return &desk{store: store}
}

func closeAfter(t testing.TB, f func() error) {
	t.Cleanup(func() {
		if err := f(); err != nil {
			t.Error(err)
		}
	})
}

// options are those of a pipeline from this desk.
func (d *desk) options(c *call.Call, r pipeline.Reader) pipeline.Options {
	o := pipeline.Options{Store: d.store, Reader: r, Call: c, PageTime: plenty}
	if d.index != nil {
		o.Index = d.index
	}
	return o
}

// process runs inputs through a new pipeline and gives the outcomes.
func process(ctx context.Context, o pipeline.Options, inputs ...pipeline.Input) ([]pipeline.Outcome, error) {
	p, err := pipeline.New(ctx, o)
	if err != nil {
		return nil, err
	}
	var out []pipeline.Outcome
	err = p.Run(ctx, inputs, func(i int, o pipeline.Outcome) error {
		if i != len(out) {
			return fmt.Errorf("outcome %d comes after %d others", i, len(out))
		}
		out = append(out, o)
		return nil
	})
	if err == nil && len(out) != len(inputs) {
		err = fmt.Errorf("%d outcomes of %d inputs", len(out), len(inputs))
	}
	return out, errors.Join(err, p.Close())
}

// results runs inputs that must all be read, and gives their results.
func results(t testing.TB, o pipeline.Options, inputs ...pipeline.Input) []*bundle.Result {
	t.Helper()
	out, err := process(t.Context(), o, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	var list []*bundle.Result
	for i, o := range out {
		if o.Err != nil {
			t.Fatalf("%s: %v", inputs[i].Name, o.Err)
		}
		list = append(list, o.Result)
	}
	return list
}

// failure is the code of an outcome that must be an error with a sentence.
func failure(t testing.TB, o pipeline.Outcome) bundle.Code {
	t.Helper()
	var e *bundle.Error
	if o.Result != nil || !errors.As(o.Err, &e) || !strings.HasSuffix(e.Message, "。") {
		t.Fatalf("the outcome is %+v with error %v, want an error with a sentence", o.Result, o.Err)
	}
	return e.Code
}

// keys are those of all objects in a store.
func keys(t testing.TB, s storage.Store) []string {
	t.Helper()
	var out []string
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, info.Key)
	}
	return out
}

// object is what a store holds under the only key with this ending.
func object(t testing.TB, s storage.Store, prefix, ending string) []byte {
	t.Helper()
	var found []string
	for _, k := range keys(t, s) {
		if strings.HasPrefix(k, prefix) && strings.HasSuffix(k, ending) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the objects %s...%s are %q, want one", prefix, ending, found)
	}
	b, err := storage.ReadAll(t.Context(), s, found[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decode reads JSON into a T.
func decode[T any](t testing.TB, b []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return v
}

// search gives the hits for a text.
func search(t testing.TB, x index.Index, text string) []index.Hit {
	t.Helper()
	found, err := x.Search(t.Context(), index.Query{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return found.Hits
}

// count is how many applications an index holds.
func count(t testing.TB, x index.Index) int {
	t.Helper()
	n, err := x.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// checkOf is the check with this id, the zero Check when there is none.
func checkOf(a bundle.Application, id string) bundle.Check {
	for _, c := range a.Checks {
		if c.ID == id {
			return c
		}
	}
	return bundle.Check{}
}

// qinghe is the invented call of package call's tests, with further rules in YAML.
func qinghe(t testing.TB, more string) *call.Call {
	t.Helper()
	b, err := os.ReadFile("../extract/call/testdata/qinghe-2031.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := call.Parse("qinghe-2031.yaml", append(b, more...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
