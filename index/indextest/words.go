package indextest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sealdesk/index"
)

// testForms looks in every place for letters and numbers beside Chinese text, in
// full-width and half-width forms on either side, with NOT and OR.
func testForms(t *testing.T, x index.Index) {
	const text = "驯鹿ＳＣＩ收录７篇，（Open－Science）第①期２０２２"
	for place, set := range places(text) {
		d := index.Document{ID: "here", Bundle: "here"}
		set(&d)
		put(t, x, d, index.Document{ID: "other", Bundle: "other", BaseName: "草甸 SCI 17 2023 science"})
		for _, test := range []struct {
			text string
			want []string
		}{
			{"SCI收录7篇", []string{"here"}},
			{"ｓｃｉ收录７", []string{"here"}},
			{"鹿sci", []string{"here"}},
			{"sci", []string{"here", "other"}},
			{"sci -驯鹿", []string{"other"}},
			{"ＳＣＩ ＮＯＴ 草甸", []string{"here"}},
			{"驯鹿 OR 草甸", []string{"here", "other"}},
			{"(驯鹿 OR 草甸) -收录", []string{"other"}},
			{"-驯鹿", []string{"other"}},
			{"-(驯鹿 OR 草甸)", nil},
			{"篇 open science", []string{"here"}},
			{"“open science”第1期2022", []string{"here"}},
			{"7篇，open", []string{"here"}},
			{"7篇open", nil},
			{"2022", []string{"here"}},
			{"1期", []string{"here"}},
			{"202", nil},
			{"scienc", nil},
			{"驯 鹿 ｓｃｉ", []string{"here"}},
		} {
			if t.Run(place+"/"+test.text, func(t *testing.T) { expect(t, x, index.Query{Text: test.text}, test.want...) }); t.Failed() {
				return
			}
		}
		hit := find(t, x, index.Query{Text: "sci收录7"}).Hits[0]
		if !slices.Contains(hit.Snippet, index.Segment{Text: "ＳＣＩ收录７", Mark: true}) {
			t.Errorf("%s: the snippet is %+v, want what was found as it was read", place, hit.Snippet)
		}
	}
}

// testLongWords looks for words longer than an engine's terms are, and for texts
// that have all parts of such a word and not the word.
func testLongWords(t *testing.T, x index.Index) {
	const text = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"
	runes := []rune(text)
	docs := []index.Document{{ID: "whole", Bundle: "1", Pages: []index.Page{{Number: 1, Text: "前" + text + "后"}}}}
	// All parts of three to twenty characters, each on a page of its own, but
	// never one more.
	for n := 2; n <= 20; n++ {
		d := index.Document{ID: fmt.Sprint("parts-", n), Bundle: fmt.Sprint("parts-", n)}
		for i := 0; i+n <= len(runes); i++ {
			d.Pages = append(d.Pages, index.Page{Number: i + 1, Text: string(runes[i : i+n])})
		}
		docs = append(docs, d)
	}
	put(t, x, docs...)
	for _, n := range []int{2, 3, 4, 7, 8, 9, 15, 16, 17, 20, 21} {
		for _, start := range []int{0, 1, len(runes) - n} {
			word := string(runes[start : start+n])
			want := []string{"whole"}
			for k := max(n, 2); k <= 20; k++ {
				want = append(want, fmt.Sprint("parts-", k))
			}
			expect(t, x, index.Query{Text: word}, want...)
			var rest []string
			for k := 2; k < n; k++ {
				rest = append(rest, fmt.Sprint("parts-", k))
			}
			expect(t, x, index.Query{Text: "-" + word}, rest...)
			expect(t, x, index.Query{Text: "不存在 OR (天 NOT " + word + ")"}, rest...)
		}
	}

	// Marks of punctuation in a phrase may be there or not, each.
	phrases := []index.Document{
		{ID: "with", Bundle: "2", BaseName: "甲乙，丙丁；戊己：庚辛、壬癸 a b-7"},
		{ID: "without", Bundle: "3", BaseName: "甲乙丙丁戊己庚辛壬癸a b7"},
		{ID: "others", Bundle: "4", Pages: []index.Page{{Number: 1, Text: "甲乙，丙丁"}, {Number: 2, Text: "戊己，庚辛"}, {Number: 3, Text: "壬癸a b7"}}},
		{ID: "swapped", Bundle: "5", BaseName: "丙丁，甲乙；戊己：庚辛、壬癸 a b-7"},
	}
	put(t, x, phrases...)
	docs = append(docs, phrases...)
	for _, test := range []struct {
		text string
		want []string
	}{
		{"甲乙，丙丁", []string{"with", "without", "others"}},
		{"“甲乙，丙丁，戊己”", []string{"with", "without"}},
		{"“甲乙，丙丁，戊己，庚辛，壬癸”", []string{"with", "without"}},
		{"“甲乙，丙丁，戊己，庚辛，壬癸，a，b，7”", []string{"with", "without"}},
		{"甲乙 -“甲乙，丙丁，戊己，庚辛，壬癸”", []string{"others", "swapped"}},
		{"“壬癸，a”", []string{"with", "without", "others", "swapped"}},
		{"“戊己，庚辛，壬癸，a，b，7” -“甲乙，丙丁，戊己，庚辛，壬癸，a，b，7”", []string{"swapped"}},
		{"b7", []string{"without", "others"}},
		{"甲乙丙丁戊己庚辛壬癸a", []string{"without"}},
	} {
		t.Run(test.text, func(t *testing.T) { expect(t, x, index.Query{Text: test.text}, test.want...) })
	}

	// Brackets within brackets, deeper than anybody writes.
	deep := "庚辛"
	for i := range 15 {
		deep = fmt.Sprintf("(%c -(%c OR %s))", runes[i%3], runes[10+i%7], deep)
	}
	tree, err := index.ParseQuery("戊己 OR " + deep)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, d := range docs {
		if _, all := index.Texts(d); index.Matches(tree, all) {
			want = append(want, d.ID)
		}
	}
	expect(t, x, index.Query{Text: "戊己 OR " + deep}, want...)
}

// testManyValues has more applications, and more values in a facet, than engines
// give if they are not told to.
func testManyValues(t *testing.T, x index.Index) {
	var docs []index.Document
	for i := range 1100 {
		docs = append(docs, index.Document{
			ID: fmt.Sprintf("%04d", i), Bundle: fmt.Sprint(i), BaseName: "牧草", Recommender: fmt.Sprintf("第%03d局", i%250), Year: 2000 + i%2,
		})
	}
	put(t, x, docs...)
	found := find(t, x, index.Query{Text: "牧草", Offset: 1090, Limit: 1000, Facets: true})
	if found.Total != 1100 || len(found.Hits) != 10 {
		t.Errorf("%d hits of %d at the end, want 10 of 1100", len(found.Hits), found.Total)
	}
	if n := len(find(t, x, index.Query{Limit: index.MaxLimit}).Hits); n != index.MaxLimit {
		t.Errorf("%d hits at once, want %d", n, index.MaxLimit)
	}
	var want []index.Count
	for i := range index.MaxFacetValues {
		n := 4
		if i < 100 {
			n = 5
		}
		want = append(want, index.Count{Value: fmt.Sprintf("第%03d局", i), N: n})
	}
	if got := found.Facets.Recommenders; !slices.Equal(got, want) {
		t.Errorf("the facet has %d values, first %v, want the %d most frequent, first %v", len(got), got[:min(3, len(got))], len(want), want[:3])
	}
	if n := found.Facets.Years; !slices.Equal(n, []index.Count{{Value: "2000", N: 550}, {Value: "2001", N: 550}}) {
		t.Errorf("years %v, want 550 each", n)
	}
	expect(t, x, index.Query{Recommenders: []string{"第249局"}, Years: []int{2001}}, "0249", "0499", "0749", "0999")
}

// testLikeValues has values and IDs that a careless comparison takes for the
// same.
func testLikeValues(t *testing.T, x index.Index) {
	long := strings.Repeat("长", 200)
	values := []string{"A局", "a局", "Ａ局", " A局", "A局 ", "A 局", "é", "e\u0301", "㎡", "m2", "\"A局\"", `\`, `a\"b`, "'", long + "甲", long + "乙"}
	var docs []index.Document
	for i, v := range values {
		docs = append(docs, index.Document{ID: fmt.Sprint(i), Bundle: fmt.Sprint(i), Recommender: v, Countries: []string{v, v}, Call: v})
	}
	put(t, x, docs...)
	for i, v := range values {
		expect(t, x, index.Query{Recommenders: []string{v}}, fmt.Sprint(i))
		expect(t, x, index.Query{Countries: []string{v}, Calls: []string{v}}, fmt.Sprint(i))
	}
	var want []index.Count
	for _, v := range slices.Sorted(slices.Values(values)) {
		want = append(want, index.Count{Value: v, N: 1})
	}
	if got := find(t, x, index.Query{Facets: true}).Facets.Recommenders; !slices.Equal(got, want) {
		t.Errorf("the facet has %+v, want %+v", got, want)
	}

	// Equal in year and name they come in the order of their IDs.
	id := strings.Repeat("i", 500)
	names := []string{"!", "A", "Z", "a", "b", id, id + "-a", id + "-b", "é", "标"}
	docs = nil
	for _, n := range slices.Backward(names) {
		docs = append(docs, index.Document{ID: n, Bundle: n, BaseName: "同名基地", Year: 2022})
	}
	put(t, x, docs...)
	for _, sort := range []index.Sort{index.ByRelevance, index.ByYear, index.ByName} {
		if got := ids(find(t, x, index.Query{Text: "同名", Sort: sort})); !slices.Equal(got, names) {
			t.Errorf("sort %q: IDs in the order %.60q, want %.60q", sort, got, names)
		}
	}
}

// testNoGap searches all the time while the index is filled anew, several times,
// with what is in it.
func testNoGap(t *testing.T, x index.Index) {
	var docs []index.Document
	for i := range 20 {
		docs = append(docs, index.Document{
			ID: fmt.Sprint(i), Bundle: fmt.Sprint(i), BaseName: "草原基地", Year: 2022, Pages: []index.Page{{Number: 1, Text: "天地玄黄宇宙洪荒日月盈昃"}},
		})
	}
	put(t, x, docs...)
	ctx := context.Background()
	over := make(chan struct{})
	var searching sync.WaitGroup
	for _, q := range []index.Query{
		{Text: "草原", Limit: 20, Facets: true},
		{Text: "天地玄黄宇宙洪荒日月盈昃 -荒漠", Limit: 20, Sort: index.ByName},
	} {
		searching.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				found, err := x.Search(ctx, q)
				if err != nil || found.Total != len(docs) || len(found.Hits) != len(docs) {
					t.Errorf("while a new index takes over %q finds %d of %d (%v), want %d", q.Text, len(found.Hits), found.Total, err, len(docs))
					return
				}
				if n, err := x.Count(ctx); err != nil || n != len(docs) {
					t.Errorf("while a new index takes over the count is %d (%v), want %d", n, err, len(docs))
					return
				}
			}
		})
	}
	var errs []error
	for range 3 {
		errs = append(errs, x.Replace(ctx, func(put func([]index.Document) error) error {
			return errors.Join(put(docs[:7]), put(docs[7:]))
		}))
	}
	close(over)
	searching.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
