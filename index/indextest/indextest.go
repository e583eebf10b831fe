// Package indextest is the conformance suite of the search engines: the same
// documents and the same queries must find the same applications in each of
// them. An engine's own test calls [Run] with a way to open an empty index.
//
// It judges what is found, in which order where the order is promised, and what
// is shown of it. It measures no speed and does not look at relevance beyond
// what [index] promises.
package indextest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sealdesk/bundle"
	"sealdesk/index"
)

// Run holds an engine to the contract. open gives an empty index; the suite
// closes it.
func Run(t *testing.T, open func(t *testing.T) index.Index) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, index.Index)
	}{
		{"every text is found", testEveryText},
		{"letters and numbers beside Chinese", testForms},
		{"long words", testLongWords},
		{"queries", testQueries},
		{"oracle", testOracle},
		{"filters", testFilters},
		{"facets", testFacets},
		{"many values", testManyValues},
		{"values that look alike", testLikeValues},
		{"sorting", testSorting},
		{"paging", testPaging},
		{"pages and snippets", testHits},
		{"replacing and deleting", testChanges},
		{"hostile text", testHostile},
		{"rebuilding", testReplace},
		{"no gap", testNoGap},
		{"cancelled", testCancelled},
		{"too long a query", testTooLong},
		{"at the same time", testConcurrent},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := open(t)
			t.Cleanup(func() {
				if err := x.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			test.run(t, x)
		})
	}
}

func put(t *testing.T, x index.Index, docs ...index.Document) {
	t.Helper()
	if err := x.Put(context.Background(), docs); err != nil {
		t.Fatalf("put: %v", err)
	}
}

func find(t *testing.T, x index.Index, q index.Query) index.Results {
	t.Helper()
	found, err := x.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("search %+v: %v", q, err)
	}
	return found
}

func ids(r index.Results) []string {
	out := []string{}
	for _, h := range r.Hits {
		out = append(out, h.Document.ID)
	}
	return out
}

// expect asks for the applications that a query finds, in any order.
func expect(t *testing.T, x index.Index, q index.Query, want ...string) {
	t.Helper()
	q.Limit = index.MaxLimit
	found := find(t, x, q)
	got := ids(found)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q %+v finds %q, want %q", q.Text, q, got, want)
	}
	if found.Total != len(want) {
		t.Errorf("%q: total %d, want %d", q.Text, found.Total, len(want))
	}
}

// samples are three applications; the words that the tests look for stand in
// one of them each, if they do not say otherwise.
func samples() []index.Document {
	return []index.Document{
		{
			ID: "grass-1", Bundle: "b1", File: "甲.pdf", Call: "call-a", Year: 2022, Verdict: bundle.Complete,
			BaseName: "草原生态修复国际科技合作基地", HostUnit: "塔林草原生态研究院", Leader: "许宝成", Recommender: "塔林盟科学技术局",
			BaseType: []string{"国际联合研究中心"}, UnitKind: []string{"科研院所"}, Countries: []string{"蒙古国", "俄罗斯"},
			Fields: []index.Field{
				{Key: "contact_phone", Page: 1, Text: "0482-5218974"},
				{Key: "email", Page: 3, Text: "xu.bao@grass.example.cn"},
				{Key: "achievements", Page: 4, Text: "近三年发表SCI收录7篇，授权发明专利12项。"},
			},
			Pages: []index.Page{
				{Number: 1, Kind: bundle.ApplicationForm, Text: "国际科技合作基地申请书 基地名称：草原生态修复国际科技合作基地"},
				{Number: 3, Kind: bundle.ApplicationForm, Text: "依托单位名称塔林草原生态研究院，博士４２人"},
				{Number: 9, Kind: bundle.ImplementationPlan, Text: "与蒙古国科学院合作，建立退化草地监测站，引进牧草种质资源。Open  Science platform"},
			},
		},
		{
			ID: "milk-1", Bundle: "b2", File: "乙.tif", Call: "call-a", Year: 2022, Verdict: bundle.Incomplete,
			BaseName: "乳品安全国际技术转移中心", HostUnit: "青城乳业大学", Leader: "许宝", Recommender: "青城市科学技术局",
			BaseType: []string{"国际技术转移中心"}, UnitKind: []string{"高等院校"}, Countries: []string{"新西兰"},
			Fields: []index.Field{{Key: "achievements", Page: 4, Text: "SCI收录17篇"}},
			Pages: []index.Page{
				{Number: 2, Text: "乳酸菌种质库与国外机构合。作为示范"},
				{Number: 5, Text: "science open house 联系电话 0471-5218974"},
			},
		},
		{
			ID: "wind-1", Bundle: "b3", File: "丙.jpg", Call: "call-b", Year: 2024, Verdict: bundle.NeedsReview,
			BaseName: "风电装备联合实验室", HostUnit: "阴山能源有限公司", Leader: "乌云其木格", Recommender: "阴山市科学技术局",
			BaseType: []string{"国际联合研究中心"}, UnitKind: []string{"企业"}, Countries: []string{"蒙古国"},
			Pages: []index.Page{{Number: 7, Text: "风力发电机组在草原地区的低温运行研究，与境外企业共建"}},
		},
	}
}

// places gives, by name, every place where text can stand, as a way to put the
// text there.
func places(text string) map[string]func(*index.Document) {
	return map[string]func(*index.Document){
		"base name":   func(d *index.Document) { d.BaseName = text },
		"host unit":   func(d *index.Document) { d.HostUnit = text },
		"leader":      func(d *index.Document) { d.Leader = text },
		"recommender": func(d *index.Document) { d.Recommender = text },
		"file":        func(d *index.Document) { d.File = text + ".pdf" },
		"base type":   func(d *index.Document) { d.BaseType = []string{"其他", text} },
		"unit kind":   func(d *index.Document) { d.UnitKind = []string{"其他", text} },
		"countries":   func(d *index.Document) { d.Countries = []string{"其他", text} },
		"field": func(d *index.Document) {
			d.Fields = []index.Field{{Key: "a", Text: "其他"}, {Key: "b", Page: 2, Text: text}}
		},
		"page": func(d *index.Document) { d.Pages = []index.Page{{Number: 1, Text: "首页"}, {Number: 12, Text: text}} },
		"mid page": func(d *index.Document) {
			d.Pages = []index.Page{{Number: 3, Text: strings.Repeat("前文说明", 200) + text + strings.Repeat("后文说明", 200)}}
		},
	}
}

// testEveryText looks for Chinese words of one to six characters, from the
// beginning, the middle and the end, in every place where text can stand.
func testEveryText(t *testing.T, x index.Index) {
	const text = "辽宽草甸驯鹿牧养新法"
	runes := []rune(text)
	n := 0
	for place, set := range places(text) {
		n++
		id := fmt.Sprint("place-", n)
		// The other document has each of the characters, and no two together.
		other := index.Document{ID: "other", Bundle: "other"}
		for i := range runes {
			other.Pages = append(other.Pages, index.Page{Number: i + 1, Text: string(runes[i])})
		}
		d := index.Document{ID: id, Bundle: "place"}
		set(&d)
		put(t, x, d, other)
		for length := 1; length <= 6; length++ {
			for _, start := range []int{0, 2, len(runes) - length} {
				word := string(runes[start : start+length])
				want := []string{id}
				if length == 1 {
					want = append(want, "other")
				}
				if t.Run(place+"/"+word, func(t *testing.T) { expect(t, x, index.Query{Text: word}, want...) }); t.Failed() {
					return
				}
			}
		}
		expect(t, x, index.Query{Text: text}, id)
		expect(t, x, index.Query{Text: `"` + text + `"`}, id)
	}
}

func testQueries(t *testing.T, x index.Index) {
	put(t, x, samples()...)
	all := []string{"grass-1", "milk-1", "wind-1"}
	for _, test := range []struct {
		text string
		want []string
	}{
		{"", all},
		{"  　", all},
		{"，。", all},
		{"草原", []string{"grass-1", "wind-1"}},
		{"草 原", []string{"grass-1", "wind-1"}},
		{"原草", nil},
		{"许宝", []string{"grass-1", "milk-1"}},
		{"许宝成", []string{"grass-1"}},
		// Homophones are other words.
		{"许保成", nil},
		{"草园", nil},
		// Words on different pages, and in fields and pages.
		{"申请书 种质", []string{"grass-1"}},
		{"0482-5218974 种质", []string{"grass-1"}},
		{"种质", []string{"grass-1", "milk-1"}},
		// NOT is over the whole application.
		{"种质 -草原", []string{"milk-1"}},
		{"种质 NOT 草原", []string{"milk-1"}},
		{"-草原", []string{"milk-1"}},
		{"NOT (草原 OR 乳品)", nil},
		{"-不存在", all},
		{"不存在 -草原", nil},
		{"草原 -不存在", []string{"grass-1", "wind-1"}},
		{"(草原 NOT 蒙古国科学院) OR 乳品", []string{"milk-1", "wind-1"}},
		{"(草原 NOT 不存在) OR 也不存在", []string{"grass-1", "wind-1"}},
		{"(不存在 NOT 草原) OR 乳品", []string{"milk-1"}},
		{"(种质 NOT 草原) OR 风力", []string{"milk-1", "wind-1"}},
		{"乳品 OR NOT 草原", []string{"milk-1"}},
		{"风力 OR NOT 种质 OR 乳品", []string{"milk-1", "wind-1"}},
		{"草原 (风力 OR 乳品)", []string{"wind-1"}},
		{"乳品 OR 草原 风力", []string{"milk-1", "wind-1"}},
		{"（草原　ＮＯＴ　风力）", []string{"grass-1"}},
		// A line break or a blank within Chinese text is none; punctuation is.
		{"合作", []string{"grass-1"}},
		{"合作为示范", nil},
		{"与蒙古国科学院合作，建立退化草地监测站", []string{"grass-1"}},
		{"与蒙古国科学院合作建立退化草地监测站", nil},
		{"“退化草地监测站，引进”", []string{"grass-1"}},
		// Letters, numbers, and all of it together.
		{"SCI收录7篇", []string{"grass-1"}},
		{"sci 收录", []string{"grass-1", "milk-1"}},
		{"ＳＣＩ收录１７篇", []string{"milk-1"}},
		{"7篇", []string{"grass-1"}},
		{"博士42人", []string{"grass-1"}},
		{"0482-5218974", []string{"grass-1"}},
		{"5218974", []string{"grass-1", "milk-1"}},
		{"521897", nil},
		{"xu.bao@grass.example.cn", []string{"grass-1"}},
		{"grass.example", []string{"grass-1"}},
		{"GRASS", []string{"grass-1"}},
		{"open science", []string{"grass-1", "milk-1"}},
		{`"open science"`, []string{"grass-1"}},
		{`open -"open science"`, []string{"milk-1"}},
		{"甲.pdf", []string{"grass-1"}},
		// What does not parse is passed over.
		{`"草原`, []string{"grass-1", "wind-1"}},
		{"((乳品", []string{"milk-1"}},
		{"乳品)) OR", []string{"milk-1"}},
	} {
		t.Run(test.text, func(t *testing.T) { expect(t, x, index.Query{Text: test.text}, test.want...) })
	}
}

// testOracle compares many queries over small texts with [index.Matches].
func testOracle(t *testing.T, x index.Index) {
	var docs []index.Document
	const alphabet = "甲乙丙a 1，"
	for i := range 60 {
		d := index.Document{ID: fmt.Sprint("d", i), Bundle: fmt.Sprint("b", i)}
		seed := i + 1
		for page := range 2 {
			var b strings.Builder
			for range 6 {
				seed = seed * 1103515245 % 2147483647
				b.WriteRune([]rune(alphabet)[seed%len([]rune(alphabet))])
			}
			d.Pages = append(d.Pages, index.Page{Number: page + 1, Text: b.String()})
		}
		docs = append(docs, d)
	}
	put(t, x, docs...)
	for _, text := range []string{
		"甲", "甲乙", "甲乙丙", "甲甲", "甲，乙", "乙a", "a1", `"a 1"`, `"a a"`, "甲乙 丙", "甲 -乙", "甲 -甲乙",
		"甲乙 OR 丙甲", "(甲 NOT 乙) OR 丙丙", "NOT (甲乙 OR 乙甲)", "甲 NOT (乙 NOT 丙)", "NOT 甲 NOT 乙", "(NOT 甲) OR 乙乙", "1甲", "a甲1",
		"甲乙 OR NOT 丙", "(甲乙 OR 乙丙) (a OR 1) -11",
	} {
		tree, err := index.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, d := range docs {
			if _, all := index.Texts(d); index.Matches(tree, all) {
				want = append(want, d.ID)
			}
		}
		expect(t, x, index.Query{Text: text}, want...)
	}
}

func testFilters(t *testing.T, x index.Index) {
	put(t, x, samples()...)
	for name, test := range map[string]struct {
		q    index.Query
		want []string
	}{
		"year":            {index.Query{Years: []int{2022}}, []string{"grass-1", "milk-1"}},
		"years":           {index.Query{Years: []int{2022, 2024}}, []string{"grass-1", "milk-1", "wind-1"}},
		"no such year":    {index.Query{Years: []int{1999}}, nil},
		"type":            {index.Query{Types: []string{"国际联合研究中心"}}, []string{"grass-1", "wind-1"}},
		"part of a type":  {index.Query{Types: []string{"国际联合"}}, nil},
		"recommender":     {index.Query{Recommenders: []string{"青城市科学技术局"}}, []string{"milk-1"}},
		"verdicts":        {index.Query{Verdicts: []bundle.Verdict{bundle.Incomplete, bundle.NeedsReview}}, []string{"milk-1", "wind-1"}},
		"call":            {index.Query{Calls: []string{"call-b"}}, []string{"wind-1"}},
		"unit kind":       {index.Query{UnitKinds: []string{"企业", "高等院校"}}, []string{"milk-1", "wind-1"}},
		"second country":  {index.Query{Countries: []string{"俄罗斯"}}, []string{"grass-1"}},
		"two filters":     {index.Query{Countries: []string{"蒙古国"}, Years: []int{2024}}, []string{"wind-1"}},
		"contradiction":   {index.Query{Countries: []string{"新西兰"}, Years: []int{2024}}, nil},
		"text and filter": {index.Query{Text: "草原", Years: []int{2022}}, []string{"grass-1"}},
		"NOT and filter":  {index.Query{Text: "-乳品", Years: []int{2022}}, []string{"grass-1"}},
		"OR and filter":   {index.Query{Text: "乳品 OR 风力", Calls: []string{"call-b"}}, []string{"wind-1"}},
	} {
		t.Run(name, func(t *testing.T) { expect(t, x, test.q, test.want...) })
	}
}

func testFacets(t *testing.T, x index.Index) {
	put(t, x, samples()...)
	put(t, x, index.Document{ID: "bare", Bundle: "b4"})
	if f := find(t, x, index.Query{}).Facets; f != nil {
		t.Errorf("facets %+v though none were asked for", f)
	}
	for _, test := range []struct {
		q    index.Query
		want index.Facets
	}{
		{index.Query{}, index.Facets{
			Years:        []index.Count{{Value: "2022", N: 2}, {Value: "2024", N: 1}},
			Types:        []index.Count{{Value: "国际联合研究中心", N: 2}, {Value: "国际技术转移中心", N: 1}},
			Recommenders: []index.Count{{Value: "塔林盟科学技术局", N: 1}, {Value: "阴山市科学技术局", N: 1}, {Value: "青城市科学技术局", N: 1}},
			Verdicts:     []index.Count{{Value: "complete", N: 1}, {Value: "incomplete", N: 1}, {Value: "review", N: 1}},
			UnitKinds:    []index.Count{{Value: "企业", N: 1}, {Value: "科研院所", N: 1}, {Value: "高等院校", N: 1}},
			Countries:    []index.Count{{Value: "蒙古国", N: 2}, {Value: "俄罗斯", N: 1}, {Value: "新西兰", N: 1}},
		}},
		{index.Query{Text: "草原", Years: []int{2024}, Limit: 1, Offset: 1}, index.Facets{
			Years:        []index.Count{{Value: "2024", N: 1}},
			Types:        []index.Count{{Value: "国际联合研究中心", N: 1}},
			Recommenders: []index.Count{{Value: "阴山市科学技术局", N: 1}},
			Verdicts:     []index.Count{{Value: "review", N: 1}},
			UnitKinds:    []index.Count{{Value: "企业", N: 1}},
			Countries:    []index.Count{{Value: "蒙古国", N: 1}},
		}},
		{index.Query{Text: "不存在"}, index.Facets{}},
	} {
		test.q.Facets = true
		found := find(t, x, test.q)
		if found.Facets == nil {
			t.Fatalf("%+v: no facets", test.q)
		}
		for name, pair := range map[string][2][]index.Count{
			"years":        {found.Facets.Years, test.want.Years},
			"types":        {found.Facets.Types, test.want.Types},
			"recommenders": {found.Facets.Recommenders, test.want.Recommenders},
			"verdicts":     {found.Facets.Verdicts, test.want.Verdicts},
			"unit kinds":   {found.Facets.UnitKinds, test.want.UnitKinds},
			"countries":    {found.Facets.Countries, test.want.Countries},
		} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Errorf("%q: %s are %v, want %v", test.q.Text, name, pair[0], pair[1])
			}
		}
	}
}

func testCancelled(t *testing.T, x index.Index) {
	put(t, x, samples()...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := x.Search(ctx, index.Query{Text: "草原"}); !errors.Is(err, context.Canceled) {
		t.Errorf("search in a cancelled context: %v", err)
	}
	if err := x.Put(ctx, []index.Document{{ID: "late", Bundle: "late"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("put in a cancelled context: %v", err)
	}
	expect(t, x, index.Query{}, "grass-1", "milk-1", "wind-1")
}

func testTooLong(t *testing.T, x index.Index) {
	put(t, x, samples()...)
	if _, err := x.Search(context.Background(), index.Query{Text: strings.Repeat("草", index.MaxQueryLength+1)}); !errors.Is(err, index.ErrQueryTooLong) {
		t.Errorf("a query longer than allowed: %v", err)
	}
	expect(t, x, index.Query{Text: strings.Repeat("草", index.MaxQueryLength)})
	expect(t, x, index.Query{Text: strings.Repeat("草 ", index.MaxQueryLength/2)}, "grass-1", "wind-1")
}
