package indextest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"sealdesk/bundle"
	"sealdesk/index"
)

func testSorting(t *testing.T, x index.Index) {
	put(t, x,
		index.Document{ID: "1", Bundle: "1", Year: 2022, BaseName: "风电", Pages: []index.Page{{Number: 1, Text: "草原"}}},
		index.Document{ID: "2", Bundle: "2", Year: 2024, BaseName: "牧草", Pages: []index.Page{{Number: 1, Text: "草原"}}},
		index.Document{ID: "3", Bundle: "3", Year: 2023, BaseName: "草原", Pages: []index.Page{{Number: 1, Text: "草原"}}},
		index.Document{ID: "4", Bundle: "4", Year: 2024, BaseName: "冰雪", Pages: []index.Page{{Number: 1, Text: "草原"}}},
		index.Document{ID: "5", Bundle: "5"},
	)
	for _, test := range []struct {
		q    index.Query
		want []string
	}{
		{index.Query{Sort: index.ByYear}, []string{"4", "2", "3", "1", "5"}},
		// By pinyin: bing, cao, feng, mu.
		{index.Query{Sort: index.ByName}, []string{"4", "3", "1", "2", "5"}},
		// All are equal to a query without words.
		{index.Query{}, []string{"4", "2", "3", "1", "5"}},
		{index.Query{Text: "草原", Sort: index.ByName}, []string{"4", "3", "1", "2"}},
	} {
		if got := ids(find(t, x, test.q)); !slices.Equal(got, test.want) {
			t.Errorf("sort %q of %q gives %q, want %q", test.q.Sort, test.q.Text, got, test.want)
		}
	}
	if got := ids(find(t, x, index.Query{Text: "草原"})); len(got) != 4 || got[0] != "3" {
		t.Errorf("by relevance %q, want the one that is called so first", got)
	}
}

func testPaging(t *testing.T, x index.Index) {
	var docs []index.Document
	for i := range 25 {
		d := index.Document{ID: fmt.Sprintf("d%02d", i), Bundle: fmt.Sprint(i), Year: 2000 + i%3, BaseName: "基地"}
		if i%5 == 0 { // not among the best
			d.BaseName, d.Pages = "其他", []index.Page{{Number: 1, Text: "基地"}}
		}
		docs = append(docs, d)
	}
	put(t, x, docs...)
	for _, sort := range []index.Sort{index.ByRelevance, index.ByYear, index.ByName} {
		var seen []string
		for offset := 0; offset < 30; offset += 7 {
			found := find(t, x, index.Query{Text: "基地", Sort: sort, Offset: offset, Limit: 7})
			if found.Total != 25 {
				t.Errorf("total %d at offset %d, want 25", found.Total, offset)
			}
			seen = append(seen, ids(found)...)
		}
		slices.Sort(seen)
		if len(seen) != 25 || len(slices.Compact(seen)) != 25 {
			t.Errorf("sort %q: the pages together have %d hits, want each of 25 once", sort, len(seen))
		}
	}
	for name, test := range map[string]struct {
		q    index.Query
		want int
	}{
		"default":         {index.Query{}, index.DefaultLimit},
		"negative":        {index.Query{Offset: -5, Limit: -1}, index.DefaultLimit},
		"beyond":          {index.Query{Offset: 1 << 40, Limit: 5}, 0},
		"more than there": {index.Query{Limit: 1 << 40}, 25},
	} {
		found := find(t, x, test.q)
		if len(found.Hits) != test.want || found.Total != 25 {
			t.Errorf("%s: %d hits of %d, want %d of 25", name, len(found.Hits), found.Total, test.want)
		}
	}
}

func testHits(t *testing.T, x index.Index) {
	put(t, x, samples()...)
	for _, test := range []struct {
		text  string
		pages []int
		marks []string
	}{
		// Page 9 has both words, the others one.
		{"种质 合作", []int{9, 1}, []string{"合作", "种质"}},
		{"ＯＰＥＮ science", []int{9}, []string{"Open", "Science"}},
		{"博士42人", []int{3}, []string{"博士４２人"}},
		{"sci收录", []int{4}, []string{"SCI收录"}},
		{"许宝成", nil, []string{"许宝成"}},
		{"监测站 -乳品", []int{9}, []string{"监测站"}},
	} {
		found := find(t, x, index.Query{Text: test.text, Recommenders: []string{"塔林盟科学技术局"}})
		if len(found.Hits) != 1 {
			t.Errorf("%q: %d hits, want 1", test.text, len(found.Hits))
			continue
		}
		hit := found.Hits[0]
		if !slices.Equal(hit.Pages, test.pages) {
			t.Errorf("%q: pages %v, want %v", test.text, hit.Pages, test.pages)
		}
		var marks []string
		for _, s := range hit.Snippet {
			if s.Mark {
				marks = append(marks, s.Text)
			}
		}
		slices.Sort(marks)
		if marks = slices.Compact(marks); !slices.Equal(marks, test.marks) {
			t.Errorf("%q: marks %q, want %q", test.text, marks, test.marks)
		}
	}
	hit := find(t, x, index.Query{Text: "风力"}).Hits[0]
	want := samples()[2]
	if hit.Document.BaseName != want.BaseName || hit.Document.HostUnit != want.HostUnit || hit.Document.Bundle != want.Bundle ||
		hit.Document.File != want.File || hit.Document.Year != want.Year || hit.Document.Verdict != want.Verdict ||
		!slices.Equal(hit.Document.Countries, want.Countries) {
		t.Errorf("the hit says %+v, want what was put: %+v", hit.Document, want)
	}
	if hit := find(t, x, index.Query{}).Hits[0]; hit.Snippet != nil || hit.Pages != nil {
		t.Errorf("a query without words shows pages %v and snippet %v", hit.Pages, hit.Snippet)
	}
}

func testChanges(t *testing.T, x index.Index) {
	ctx := context.Background()
	doc := func(id, bundle, text string) index.Document {
		return index.Document{ID: id, Bundle: bundle, Pages: []index.Page{{Number: 1, Text: text}}}
	}
	count := func(want int) {
		t.Helper()
		if n, err := x.Count(ctx); err != nil || n != want {
			t.Errorf("count %d, %v, want %d", n, err, want)
		}
	}
	count(0)
	expect(t, x, index.Query{Text: "草原"})
	put(t, x)
	put(t, x, doc("a1", "a", "草原甲"), doc("a2", "a", "草原乙"), doc("b1", "b", "草原丙"))
	count(3)
	expect(t, x, index.Query{Text: "草原"}, "a1", "a2", "b1")

	// The same document again, changed.
	put(t, x, doc("b1", "b", "荒漠丙"))
	count(3)
	expect(t, x, index.Query{Text: "草原"}, "a1", "a2")
	expect(t, x, index.Query{Text: "荒漠"}, "b1")

	// A bundle put again without one of its applications, and with a new one.
	put(t, x, doc("a2", "a", "湿地乙"), doc("a3", "a", "湿地丁"))
	count(3)
	expect(t, x, index.Query{Text: "草原"})
	expect(t, x, index.Query{Text: "湿地"}, "a2", "a3")

	// An application that moves to another bundle.
	put(t, x, doc("a3", "c", "湿地戊"))
	if err := x.Delete(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	count(2)
	expect(t, x, index.Query{Text: "湿地"}, "a3")

	if err := x.Delete(ctx, "a"); err != nil {
		t.Errorf("deleting a bundle that is gone: %v", err)
	}
	if err := errors.Join(x.Delete(ctx, "b"), x.Delete(ctx, "c")); err != nil {
		t.Fatal(err)
	}
	count(0)
	expect(t, x, index.Query{})

	for _, bad := range []index.Document{doc("", "a", ""), doc("a", "", ""), doc("a\xff", "a", ""), doc(strings.Repeat("a", 512), "a", "")} {
		if err := x.Put(ctx, []index.Document{doc("good", "g", "草原"), bad}); err == nil {
			t.Errorf("put a document with ID %.20q and bundle %q", bad.ID, bad.Bundle)
		}
	}
	expect(t, x, index.Query{})
}

func testHostile(t *testing.T, x index.Index) {
	long := strings.Repeat("草", 5000)
	word := strings.Repeat("a", 5000)
	docs := []index.Document{
		{ID: "script", Bundle: "1", BaseName: `<script>alert("草原")</script>`, Pages: []index.Page{{Number: 1, Text: `<b>荒漠</b> & <img src=x onerror=alert(1)>`}}},
		{ID: "long", Bundle: "2", HostUnit: long, Recommender: long, Countries: []string{long}, Pages: []index.Page{{Number: 1, Text: word + " " + long}}},
		{ID: "longer", Bundle: "3", Pages: []index.Page{{Number: 1, Text: word + "b"}}},
		{ID: "broken", Bundle: "4", BaseName: "坏\xff\xfe字", Leader: "\x00空\x00", BaseType: []string{"\xed\xa0\x80类"}, Call: "\xffcall",
			Verdict: "\xff", Year: -7, Pages: []index.Page{{Number: -3, Text: "\xf0\x28\x8c\x28湿地"}}},
		{ID: "empty", Bundle: "5", Countries: []string{""}, Fields: []index.Field{{}}, Pages: []index.Page{{}}},
		{ID: "../../绝对 路径", Bundle: "../6", File: "../../etc/passwd", Pages: []index.Page{{Number: 1, Text: "\u202e反\u202c\u200b转"}}},
	}
	put(t, x, docs...)
	for _, test := range []struct {
		text string
		want []string
	}{
		{"草原", []string{"script"}},
		{"<script>", []string{"script"}},
		{"onerror=alert(1)", []string{"script"}},
		{strings.Repeat("草", 200), []string{"long"}},
		{word[:900], nil},
		{"坏字", nil},
		{"湿地", []string{"broken"}},
		{"空", []string{"broken"}},
		{"反转", []string{"../../绝对 路径"}},
		{"passwd", []string{"../../绝对 路径"}},
		{"* ? ~ ^ \\ / :", []string{"script", "long", "longer", "broken", "empty", "../../绝对 路径"}},
		{"id:script", nil},
		{"\xff湿地\xff", []string{"broken"}},
	} {
		expect(t, x, index.Query{Text: test.text}, test.want...)
	}
	hit := find(t, x, index.Query{Text: "荒漠"}).Hits[0]
	want := []index.Segment{{Text: "<b>"}, {Text: "荒漠", Mark: true}, {Text: "</b> & <img src=x onerror=alert(1)>"}}
	if !slices.Equal(hit.Snippet, want) {
		t.Errorf("snippet %+v, want the text as it is: %+v", hit.Snippet, want)
	}
	found := find(t, x, index.Query{Facets: true})
	for _, h := range found.Hits {
		for _, s := range append([]string{h.Document.BaseName, h.Document.Leader, h.Document.Call}, h.Document.BaseType...) {
			if !utf8.ValidString(s) {
				t.Errorf("%s: %q is not UTF-8", h.Document.ID, s)
			}
		}
	}
	for _, c := range found.Facets.Recommenders {
		expect(t, x, index.Query{Recommenders: []string{c.Value}}, "long")
	}
	expect(t, x, index.Query{Recommenders: []string{long}}, "long")
	expect(t, x, index.Query{Types: []string{"\xed\xa0\x80类"}}, "broken")
	if err := x.Delete(context.Background(), "../6"); err != nil {
		t.Error(err)
	}
	expect(t, x, index.Query{Text: "passwd"})
}

// testReplace changes the index while a new one is filled.
func testReplace(t *testing.T, x index.Index) {
	ctx := context.Background()
	put(t, x, samples()...)
	broken := errors.New("the store is gone")
	err := x.Replace(ctx, func(put func([]index.Document) error) error {
		return errors.Join(put([]index.Document{{ID: "half", Bundle: "half"}}), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("a fill that fails gives %v", err)
	}
	expect(t, x, index.Query{}, "grass-1", "milk-1", "wind-1")

	err = x.Replace(ctx, func(add func([]index.Document) error) error {
		if err := add(samples()[:2]); err != nil {
			return err
		}
		expect(t, x, index.Query{}, "grass-1", "milk-1", "wind-1")
		put(t, x, index.Document{ID: "new", Bundle: "b4", BaseName: "新来"})
		put(t, x, index.Document{ID: "grass-2", Bundle: "b1", BaseName: "草甸"})
		if err := x.Delete(ctx, "b2"); err != nil {
			return err
		}
		expect(t, x, index.Query{}, "grass-2", "wind-1", "new")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// wind-1 was not filled in and not changed; the changes made meanwhile hold.
	expect(t, x, index.Query{}, "grass-2", "new")
	expect(t, x, index.Query{Text: "草甸"}, "grass-2")
	put(t, x, samples()[2])
	expect(t, x, index.Query{Text: "风力"}, "wind-1")
}

// testConcurrent puts and searches in several goroutines while a new index is
// filled, and searches while it takes over.
func testConcurrent(t *testing.T, x index.Index) {
	ctx := context.Background()
	work := func(w int) {
		for i := range 4 {
			id := fmt.Sprintf("%d-%d", w, i)
			d := index.Document{ID: id, Bundle: id, Verdict: bundle.Complete, BaseName: "草原基地"}
			if err := x.Put(ctx, []index.Document{d}); err != nil {
				t.Errorf("put: %v", err)
			}
			found, err := x.Search(ctx, index.Query{Text: "草原基地", Limit: 100, Facets: true})
			if err != nil {
				t.Errorf("search: %v", err)
			}
			if !slices.Contains(ids(found), id) {
				t.Errorf("%s was put and is not found", id)
			}
		}
	}
	over := make(chan struct{})
	var searching sync.WaitGroup
	searching.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
			}
			_, err := x.Search(ctx, index.Query{Text: "基地"})
			if _, countErr := x.Count(ctx); err != nil || countErr != nil {
				t.Errorf("search: %v, count: %v", err, countErr)
				return
			}
		}
	})
	err := x.Replace(ctx, func(func([]index.Document) error) error {
		var wg sync.WaitGroup
		for w := range 3 {
			wg.Go(func() { work(w) })
		}
		wg.Wait()
		return nil
	})
	close(over)
	searching.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if found := find(t, x, index.Query{Text: "草原基地"}); found.Total != 12 {
		t.Errorf("%d applications after the take-over, want the 12 that were put meanwhile", found.Total)
	}
}
