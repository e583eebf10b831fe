package bleve

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"sealdesk/bundle"
	"sealdesk/index"
)

// office is what an index should hold, by id.
type office map[string]index.Document

// search answers as the contract says, by looking at every application.
func (o office) search(t *testing.T, q index.Query) (ids []string, f index.Facets) {
	t.Helper()
	tree, err := index.ParseQuery(q.Text)
	if err != nil {
		t.Fatal(err)
	}
	var found []index.Document
	for _, d := range o {
		if _, all := index.Texts(d); index.Matches(tree, all) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b index.Document) int {
		ka, na := orderKeys(a)
		kb, nb := orderKeys(b)
		if q.Sort == index.ByName {
			return strings.Compare(na, nb)
		}
		return strings.Compare(ka, kb)
	})
	count := func(of func(index.Document) []string) []index.Count {
		n := map[string]int{}
		for _, d := range found {
			for _, v := range of(d) {
				n[v]++
			}
		}
		var out []index.Count
		for v, k := range n {
			out = append(out, index.Count{Value: v, N: k})
		}
		slices.SortFunc(out, func(a, b index.Count) int { return (b.N-a.N)*1000 + strings.Compare(a.Value, b.Value) })
		return out
	}
	for _, d := range found {
		ids = append(ids, d.ID)
	}
	return ids, index.Facets{
		Years:        count(func(d index.Document) []string { return []string{fmt.Sprint(d.Year)} }),
		Types:        count(func(d index.Document) []string { return d.BaseType }),
		Recommenders: count(func(d index.Document) []string { return []string{d.Recommender} }),
		Verdicts:     count(func(d index.Document) []string { return []string{string(d.Verdict)} }),
		UnitKinds:    count(func(d index.Document) []string { return d.UnitKind }),
		Countries:    count(func(d index.Document) []string { return d.Countries }),
	}
}

// random is an application of a few words and values.
func random(r *rand.Rand, bundleName string, n int) index.Document {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	return index.Document{
		ID: fmt.Sprintf("%s-%d", bundleName, n), Bundle: bundleName, Year: 2015 + r.IntN(5),
		Verdict:     []bundle.Verdict{bundle.Complete, bundle.Incomplete, bundle.NeedsReview}[r.IntN(3)],
		BaseName:    pick("草原", "荒漠", "湿地", "森林") + pick("生态修复", "监测", "治理") + "基地",
		Recommender: pick("青禾市", "云岭市", "北坡旗") + "科学技术局",
		BaseType:    []string{pick("甲", "乙", "丙")}, UnitKind: []string{pick("大学", "企业")},
		Countries: slices.Compact(slices.Sorted(slices.Values([]string{pick("蒙古国", "日本", "俄罗斯"), pick("蒙古国", "日本", "俄罗斯")}))),
		Pages:     []index.Page{{Number: 1, Text: pick("联合实验室", "联合国实验", "实验室联合", "联合实验站") + pick("验收合格", "正在建设")}},
	}
}

var asked = []index.Query{
	{Sort: index.ByYear}, {Sort: index.ByName},
	{Text: "联合实验室", Sort: index.ByYear}, {Text: "草原生态修复基地", Sort: index.ByName}, {Text: "联合实验 -验收合格", Sort: index.ByYear},
}

func compare(t *testing.T, x *Index, o office) {
	t.Helper()
	for _, q := range asked {
		q.Limit, q.Facets = index.MaxLimit, true
		found, err := x.Search(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		ids, facets := o.search(t, q)
		var got []string
		for _, h := range found.Hits {
			got = append(got, h.Document.ID)
			if d := o[h.Document.ID]; h.Document.Verdict != d.Verdict || h.Document.BaseName != d.BaseName {
				t.Errorf("%+v shows %+v, want %+v", q, h.Document, d)
			}
		}
		if found.Total != len(ids) || !slices.Equal(got, ids) {
			t.Fatalf("%+v finds %d, %v, want %d, %v", q, found.Total, got, len(ids), ids)
		}
		if have, want := fmt.Sprint(*found.Facets), fmt.Sprint(facets); have != want {
			t.Fatalf("%+v counts\n%s, want\n%s", q, have, want)
		}
		// From anywhere in the order, the rest is the same.
		for _, from := range []int{1, len(ids) / 2, len(ids) - 1, len(ids) + 3} {
			q.Offset, q.Limit = from, 7
			part, err := x.Search(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			rest := ids[min(max(from, 0), len(ids)):]
			if len(part.Hits) != min(7, len(rest)) || len(part.Hits) > 0 && part.Hits[0].Document.ID != rest[0] {
				t.Fatalf("%+v gives %d hits, want those from %v on", q, len(part.Hits), rest[:min(7, len(rest))])
			}
		}
	}
}

// TestChangesAreCounted: what is remembered between searches never outlives a change, be
// it an application's own, a merge of bleve's or another index in its place.
func TestChangesAreCounted(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	x := mustOpen(t, dir)
	r := rand.New(rand.NewPCG(1, 2))
	held := office{}
	put := func(name string) (docs []index.Document) {
		maps.DeleteFunc(held, func(_ string, d index.Document) bool { return d.Bundle == name })
		for n := range 1 + r.IntN(4) {
			d := random(r, name, n)
			held[d.ID] = d
			docs = append(docs, d)
		}
		return docs
	}
	compare(t, x, held)
	for step := range 60 {
		name := fmt.Sprintf("bundle%02d", r.IntN(20))
		if r.IntN(5) == 0 {
			maps.DeleteFunc(held, func(_ string, d index.Document) bool { return d.Bundle == name })
			if err := x.Delete(ctx, name); err != nil {
				t.Fatal(err)
			}
		} else if err := x.Put(ctx, put(name)); err != nil {
			t.Fatal(err)
		}
		compare(t, x, held)
		if step == 40 {
			held = office{}
			err := x.Replace(ctx, func(fill func([]index.Document) error) error {
				return fill(append(put("bundle01"), put("bundle77")...))
			})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, x, held)
		}
	}
	state, err := x.gen.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if have, want := len(x.gen.cached.columns), len(state.Segments()); have != want {
		t.Errorf("columns of %d segments are held, there are %d", have, want)
	}
	if err := state.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	compare(t, mustOpen(t, dir), held)
}

// TestCountsWhileChanging: somebody who searches while others put sees each bundle as it
// was or as it is, whole.
func TestCountsWhileChanging(t *testing.T) {
	ctx := context.Background()
	x := mustOpen(t, t.TempDir())
	version := func(year int) (docs []index.Document) {
		for n := range 3 {
			docs = append(docs, index.Document{
				ID: fmt.Sprint("a-", n), Bundle: "a", Year: year, Pages: []index.Page{{Number: 1, Text: fmt.Sprintf("联合实验室%d", year)}},
			})
		}
		return docs
	}
	if err := x.Put(ctx, version(2001)); err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	done := make(chan struct{})
	running.Go(func() {
		defer close(done)
		for year := range 40 {
			if err := x.Put(ctx, version(2002+year)); err != nil {
				t.Error(err)
			}
		}
	})
	for last := false; !last; {
		select {
		case <-done:
			last = true
		default:
		}
		found, err := x.Search(ctx, index.Query{Text: "联合实验", Facets: true})
		if err != nil {
			t.Fatal(err)
		}
		if y := found.Facets.Years; found.Total != 3 || len(y) != 1 || y[0].N != 3 || last && y[0].Value != "2041" {
			t.Fatalf("it finds %d, of the years %v", found.Total, y)
		}
	}
}

// TestAnswersAreBounded: however much is asked, little is remembered.
func TestAnswersAreBounded(t *testing.T) {
	ctx := context.Background()
	x := mustOpen(t, t.TempDir())
	if err := x.Put(ctx, []index.Document{doc("a", "联合实验室")}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxAnswers {
		if _, err := x.Search(ctx, index.Query{Text: fmt.Sprintf("联合实验%c", 0x4e00+i)}); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, x, "联合实验", "a")
	expect(t, x, "联合实验", "a")
	if n := len(x.gen.cached.answers); n == 0 || n > maxAnswers {
		t.Errorf("%d answers are remembered", n)
	}
}
