package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
)

// The project's own bundles, and between them files that cannot be read, each with
// its code. The order is that of the one run that tests share.
var files = []struct {
	path string
	code bundle.Code // "" for a bundle
}{
	{"bad/empty.pdf", bundle.CodeEmpty},
	{"bundles/complete.pdf", ""},
	{"bad/onepixel.png", bundle.CodeUnsupported},
	{"bad/password.pdf", bundle.CodeEncrypted},
	{"bundles/two-applications.tif", ""},
	{"bad/text.pdf", bundle.CodeUnsupported},
	{"bad/truncated.pdf", bundle.CodeDamaged},
	{"bundles/no-seal.pdf", ""},
}

// reading is the shared run.
type reading struct {
	*desk
	call     *call.Call
	inputs   []pipeline.Input // one for each of files
	outcomes []pipeline.Outcome
}

var readOnce = sync.OnceValues(func() (*reading, error) {
	r := &reading{call: call.Find("nmg-iscb-2022")}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join("../testdata", f.path))
		if err != nil {
			return nil, err
		}
		r.inputs = append(r.inputs, input(filepath.Base(f.path), b))
	}
	var err error
	if r.desk, err = openDesk(filepath.Join(shared, "desk")); err != nil {
		return nil, err
	}
	r.outcomes, err = process(context.Background(), r.options(r.call, &reader{Pool: readers}), r.inputs...)
	return r, err
})

// readFiles gives the shared run. Nothing may be added to its store.
func readFiles(t testing.TB) *reading {
	t.Helper()
	newReader(t)
	r, err := readOnce()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bundles are those of the shared run that were read.
func (r *reading) bundles(t testing.TB) (inputs []pipeline.Input, list []*bundle.Result) {
	t.Helper()
	for i, f := range files {
		if f.code == "" {
			if r.outcomes[i].Err != nil {
				t.Fatalf("%s: %v", f.path, r.outcomes[i].Err)
			}
			inputs, list = append(inputs, r.inputs[i]), append(list, r.outcomes[i].Result)
		}
	}
	return inputs, list
}

func TestUnreadableFiles(t *testing.T) {
	r := readFiles(t)
	for i, f := range files {
		switch o := r.outcomes[i]; {
		case f.code != "":
			if got := failure(t, o); got != f.code {
				t.Errorf("%s: code %s, want %s (%v)", f.path, got, f.code, o.Err)
			}
		case o.Err != nil:
			t.Errorf("%s: %v", f.path, o.Err)
		case o.Result.File != filepath.Base(f.path):
			t.Errorf("outcome %d is that of %s, want %s", i, o.Result.File, f.path)
		}
	}
}

// TestKeptObjects holds what the store has of each bundle against what came in and
// what came out.
func TestKeptObjects(t *testing.T) {
	r := readFiles(t)
	inputs, list := r.bundles(t)
	if got := len(keys(t, r.store)); got != 5*len(list) { // original, source, result, text and brief
		t.Errorf("there are %d objects of %d bundles: %q", got, len(list), keys(t, r.store))
	}
	for i, res := range list {
		t.Run(res.File, func(t *testing.T) {
			whole, sha := contents(t, inputs[i])
			folder := "bundles/" + sha + "/"
			if res.SHA256 != sha {
				t.Errorf("sha256 %s, want %s", res.SHA256, sha)
			}
			if !bytes.Equal(object(t, r.store, folder, "/original/1"), whole) {
				t.Error("the original is not what came in")
			}
			type source struct {
				Files []struct {
					Name string
					Size int
				}
			}
			s := decode[source](t, object(t, r.store, folder, "/source.json"))
			if len(s.Files) != 1 || s.Files[0].Name != res.File || s.Files[0].Size != len(whole) {
				t.Errorf("source.json says %+v of %s, %d bytes", s, res.File, len(whole))
			}
			kept, given := bytes.Buffer{}, jsonOf(t, res)
			if err := json.Compact(&kept, object(t, r.store, folder, "/result.json")); err != nil {
				t.Fatal(err)
			}
			if kept.String() != given {
				t.Errorf("kept  %s\ngiven %s", kept.String(), given)
			}
			text := decode[[]pipeline.PageText](t, object(t, r.store, folder, "/text.json"))
			if len(text) != res.Pages {
				t.Fatalf("text of %d pages, want %d", len(text), res.Pages)
			}
			for n, p := range text {
				info := res.PageInfo[n]
				if p.Page != n+1 || p.Kind != info.Kind || len(p.Lines) == 0 && !info.Blank {
					t.Errorf("text of page %d, a %s with %d lines; the result has a %s", p.Page, p.Kind, len(p.Lines), info.Kind)
				}
			}
			for _, a := range res.Applications {
				if !strings.HasPrefix(a.ID, sha[:16]) {
					t.Errorf("application %s of bundle %s", a.ID, sha)
				}
			}
		})
	}
}

func jsonOf(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSearch looks for what was read, by words of two characters.
func TestSearch(t *testing.T) {
	r := readFiles(t)
	_, list := r.bundles(t)
	if n := count(t, r.index); n != 4 {
		t.Errorf("%d applications are indexed, want 4", n)
	}
	for _, res := range list {
		for _, a := range res.Applications {
			name, ok := a.Fields["base_name_form"].Value.(string)
			if !ok {
				t.Errorf("%s: base_name_form is %v", a.ID, a.Fields["base_name_form"].Value)
				continue
			}
			hit := find(search(t, r.index, string([]rune(name)[:2])), a.ID)
			if hit == nil || hit.Document.File != res.File || hit.Document.Verdict != a.Verdict || len(hit.Pages) == 0 {
				t.Errorf("%s is not found as it is by the beginning of %s: %+v", a.ID, name, hit)
			}
		}
		// A word that is broken over two lines.
		text := decode[[]pipeline.PageText](t, object(t, r.store, "bundles/"+res.SHA256+"/", "/text.json"))
		word, n := broken(text)
		hits := search(t, r.index, word)
		if word == "" || !foundOn(hits, res.SHA256, n) {
			t.Errorf("%q, broken over two lines on page %d of %s, is not found: %+v", word, n, res.File, hits)
		}
	}
}

// broken is a word of four characters that begins at the end of a long line and
// goes on in the next, and the page that it stands on.
func broken(text []pipeline.PageText) (word string, n int) {
	for _, p := range text {
		if p.Kind != bundle.ApplicationForm {
			continue
		}
		for i := range len(p.Lines) - 1 {
			a, b := []rune(p.Lines[i].Text), []rune(p.Lines[i+1].Text)
			if len(a) < 20 || len(b) < 2 {
				continue
			}
			if w := string(a[len(a)-2:]) + string(b[:2]); strings.IndexFunc(w, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) < 0 {
				return w, p.Page
			}
		}
	}
	return "", 0
}

func find(hits []index.Hit, id string) *index.Hit {
	for i := range hits {
		if hits[i].Document.ID == id {
			return &hits[i]
		}
	}
	return nil
}

func foundOn(hits []index.Hit, sha string, n int) bool {
	for _, h := range hits {
		for _, p := range h.Pages {
			if h.Document.Bundle == sha && p == n {
				return true
			}
		}
	}
	return false
}

// TestSameBundleAgain gives the bundles to another pipeline under other names:
// nothing is read, stored or counted again.
func TestSameBundleAgain(t *testing.T) {
	r := readFiles(t)
	inputs, want := r.bundles(t)
	for i := range inputs {
		inputs[i].Name = fmt.Sprintf("again-%d.pdf", i)
	}
	before := keys(t, r.store)
	again := newReader(t)
	for i, got := range results(t, r.options(r.call, again), inputs...) {
		expected := *want[i]
		expected.File = inputs[i].Name
		if jsonOf(t, got) != jsonOf(t, expected) {
			t.Errorf("%s: got %s, want %s", want[i].File, jsonOf(t, got), jsonOf(t, expected))
		}
		// A table of text is not a list of anything: values keep their types.
		for k, a := range got.Applications {
			for key, f := range a.Fields {
				if !reflect.DeepEqual(f.Value, want[i].Applications[k].Fields[key].Value) {
					t.Errorf("%s is %#v, was %#v", key, f.Value, want[i].Applications[k].Fields[key].Value)
				}
			}
		}
	}
	if n := again.calls.Load(); n != 0 {
		t.Errorf("the reader was asked %d times", n)
	}
	if n := count(t, r.index); n != 4 {
		t.Errorf("%d applications are indexed, want 4", n)
	}
	if after := keys(t, r.store); !reflect.DeepEqual(after, before) {
		t.Errorf("the objects are %q, were %q", after, before)
	}
}

// TestReindex builds a second index from the store and asks both the same.
func TestReindex(t *testing.T) {
	r := readFiles(t)
	_, list := r.bundles(t)
	x, err := bleve.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}()
	told := 0
	n, err := pipeline.Reindex(t.Context(), r.store, x, call.Find, func(done, all int) {
		if told++; done != told || all != len(list) {
			t.Errorf("told of %d of %d bundles after %d", done, all, told-1)
		}
	})
	if err != nil || n != 4 || told != len(list) {
		t.Fatalf("%d applications in %d bundles, %v", n, told, err)
	}
	for _, q := range []index.Query{
		{}, {Text: "合作"}, {Text: "驼"}, {Text: "永磁 国际"}, {Text: "草原 NOT 永磁"}, {Text: "研究所", Sort: index.ByName},
		{Years: []int{2022}, Facets: true}, {Verdicts: []bundle.Verdict{bundle.Incomplete}, Sort: index.ByYear},
		{Types: []string{"示范型国际科技合作基地"}, Text: "基地", Limit: 2, Offset: 1},
	} {
		want, err := r.index.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if jsonOf(t, got) != jsonOf(t, want) {
			t.Errorf("%+v: the new index gives %s\nthe old one gave %s", q, jsonOf(t, got), jsonOf(t, want))
		}
	}
	all, err := r.index.Search(t.Context(), index.Query{})
	if err != nil || all.Total != 4 {
		t.Errorf("%d applications are found, want 4; %v", all.Total, err)
	}
}
