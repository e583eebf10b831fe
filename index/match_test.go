package index

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sealdesk/bundle"
)

func TestFold(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"草 原\n生\t态", "草原生态"},
		{"草原。生态", "草原 生态"},
		{"草原 ，、 生态！", "草原 生态"},
		{"ＳＣＩ　收录７篇", "sci收录7篇"},
		{"SCI 7", "sci7"},
		{"open  science", "open science"},
		{"0482-5218974", "0482 5218974"},
		{"12 34", "12 34"},
		{"①㎡Ⅱ⼤", "1m2ii大"},
		{"é É e\u0301", "é é é"},
		{"草\u200b原", "草原"},
		{"草\xff原", "草 原"},
		{"カタカナー", "カタカナー"},
		{"ｶﾞ", "ガ"},
		{"()", ""},
	} {
		if got := Fold(test.text); got != test.want {
			t.Errorf("%q folds to %q, want %q", test.text, got, test.want)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		query, text string
		want        bool
	}{
		{"国际合作", "加强国际合作", true},
		{"国际合作", "加强国际。合作单位", false},
		{"国际，合作", "加强国际合作", true},
		{"国际，合作", "加强国际；合作", true},
		{"国际，合作", "国际的合作", false},
		{"art", "start art-work", true},
		{"art", "start", false},
		{"art", "arts", false},
		{"7篇", "17篇 7篇", true},
		{"7篇", "17篇", false},
		{"sci7", "SCI 7篇", true},
		{"2022", "20221", false},
		{`"open science"`, "openscience", false},
		{`"open science"`, "OPEN, science", true},
		{`"aa aa"`, "aa a aa aa", true},
		{"a -b", "a c", true},
		{"a -b", "a b", false},
		{"a OR b", "b", true},
		{"", "a", true},
	} {
		tree, err := ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := Matches(tree, Fold(test.text)); got != test.want {
			t.Errorf("%q matches %q: %t, want %t", test.query, test.text, got, test.want)
		}
	}
	tree, _ := ParseQuery("国际合作")
	if _, all := Texts(Document{BaseName: "国际", HostUnit: "合作"}); Matches(tree, all) {
		t.Error("a word is found across two texts")
	}
}

func TestHighlight(t *testing.T) {
	for _, test := range []struct{ query, text, want string }{
		{"草原", "大草原上的草 原", "大[草原]上的[草 原]"},
		{"草原 原上", "大草原上的", "大[草原上]的"},
		{"草原 -大", "大草原", "大[草原]"},
		{"草原 OR 湿地", "湿地草原湿", "[湿地草原]湿"},
		{"sci收录7篇", "发表ＳＣＩ 收录７篇。", "发表[ＳＣＩ 收录７篇]。"},
		{"m2", "共30㎡", "共30[㎡]"},
		{"a", "a<b>&a", "[a]<b>&[a]"},
		{"草原", "\xff草原\xff", "\xff[草原]\xff"},
		{"", "草原", "草原"},
		{"草原", "", ""},
	} {
		tree, err := ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(Highlight(tree, test.text)); got != test.want {
			t.Errorf("%q in %q is %q, want %q", test.query, test.text, got, test.want)
		}
	}
}

func show(segments []Segment) string {
	var b strings.Builder
	for _, s := range segments {
		if s.Mark {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestNewHit(t *testing.T) {
	d := Document{
		ID: "a", BaseName: "荒漠治理基地",
		Fields: []Field{{Key: "x", Page: 4, Text: "湿地湿地湿地"}, {Key: "y", Page: 8, Text: "沙地"}},
	}
	for i, text := range []string{"草原", "草原草原", "草原与湿地", "湿地", "草原草原", "草原", "草原"} {
		d.Pages = append(d.Pages, Page{Number: i + 1, Kind: bundle.ApplicationForm, Text: text})
	}
	_, all := Texts(d)
	for _, test := range []struct {
		query   string
		pages   []int
		snippet string
	}{
		{"草原", []int{2, 5, 1, 3, 6}, "[草原草原]"},
		{"草原 湿地", []int{3, 4, 2, 5, 1}, "[草原]与[湿地]"},
		{"草原 -湿地", []int{2, 5, 1, 3, 6}, "[草原草原]"},
		{"荒漠", nil, "[荒漠]治理基地"},
		{"荒漠 湿地", []int{4, 3}, "[湿地湿地湿地]"},
		{"沙地", []int{8}, "[沙地]"},
		{"-沙", nil, ""},
	} {
		tree, err := ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		hit := NewHit(tree, d, Pieces(d), all, 2)
		if !slices.Equal(hit.Pages, test.pages) || show(hit.Snippet) != test.snippet {
			t.Errorf("%q shows pages %v and %q, want %v and %q", test.query, hit.Pages, show(hit.Snippet), test.pages, test.snippet)
		}
		if hit.Document.Pages != nil || hit.Document.Fields != nil || hit.Score != 2 {
			t.Errorf("%q: hit %+v", test.query, hit)
		}
	}
}

func TestSnippetIsShort(t *testing.T) {
	d := Document{Pages: []Page{{Number: 1, Text: strings.Repeat("前", 500) + "草原" + strings.Repeat("后", 500)}}}
	_, all := Texts(d)
	tree, _ := ParseQuery("草原")
	got := show(NewHit(tree, d, Pieces(d), all, 0).Snippet)
	if !strings.HasPrefix(got, "…前") || !strings.HasSuffix(got, "后…") || !strings.Contains(got, "前[草原]后") {
		t.Errorf("snippet %q, want the word with what stands around it", got)
	}
	if n := utf8.RuneCountInString(got); n > snippetLength+5 {
		t.Errorf("the snippet has %d characters", n)
	}

	// A phrase longer than a snippet is cut too.
	d.Pages[0].Text = strings.Repeat("草", 300)
	_, all = Texts(d)
	tree, _ = ParseQuery(strings.Repeat("草", 200))
	got = show(NewHit(tree, d, Pieces(d), all, 0).Snippet)
	if want := "[" + strings.Repeat("草", snippetLength) + "]…"; got != want {
		t.Errorf("snippet %q, want %q", got, want)
	}
}

func TestNameKey(t *testing.T) {
	names := []string{"冰雪", "草原", "草原生态", "风电", "牧草"} // bing, cao, cao, feng, mu
	for i := range names[1:] {
		if NameKey(names[i]) >= NameKey(names[i+1]) {
			t.Errorf("%s does not come before %s", names[i], names[i+1])
		}
	}
	if NameKey("") != "" {
		t.Error("an empty name has a key")
	}
	if n := len(NameKey(strings.Repeat("草\xff", 5000))); n > 4000 {
		t.Errorf("the key of a long name has %d bytes", n)
	}
}

func FuzzHighlight(f *testing.F) {
	f.Add("草原", "大草 原，\xff㎡")
	f.Add("J\u030c a OR m2", "J\u030c㎡ a\u0301")
	f.Add(`"가 각"`, "가\u11a8 각")
	f.Fuzz(func(t *testing.T, query, text string) {
		folded := Fold(text)
		if !utf8.ValidString(folded) || strings.Contains(folded, "  ") || strings.TrimSpace(folded) != folded {
			t.Fatalf("%q folds to %q", text, folded)
		}
		tree, err := ParseQuery(query)
		if err != nil {
			return
		}
		var all strings.Builder
		marked := false
		for _, s := range Highlight(tree, text) {
			if s.Text == "" {
				t.Fatal("an empty segment")
			}
			all.WriteString(s.Text)
			marked = marked || s.Mark
		}
		if all.String() != text {
			t.Fatalf("the segments are %q, the text is %q", all.String(), text)
		}
		if leaf, ok := tree.(Leaf); ok && marked != Matches(leaf, folded) {
			t.Fatalf("%q in %q: marked %t", query, text, marked)
		}
	})
}

// TestFinder holds what finds quickly in many texts to what finds in one.
func TestFinder(t *testing.T) {
	texts := []string{
		"", "草", "草原生态\n草原 生态修复", "原生态草原", "abc abcd 草原abc\nopen science", "草原草原生态", "开放 open science 平台", "12 123 草原12", "生态, 修复\n",
	}
	for _, query := range []string{"草原生态", "abc", "草原", "open science", "12", "草原abc", "态草", "不存在的", "科学 平台", "abcd", "生态修复"} {
		node, err := ParseQuery(`"` + query + `"`)
		if err != nil {
			t.Fatal(err)
		}
		leaf, ok := node.(Leaf)
		if !ok {
			t.Fatalf("%q is %v", query, node)
		}
		for _, sample := range append(texts, query) {
			finder := leaf.Finder(sample)
			for _, text := range texts {
				for from := range len(text) + 2 {
					want, _ := leaf.Find(text, min(from, len(text)))
					if got := finder.Find(text, from); got != want {
						t.Errorf("%q, by the sample %q, in %q from %d: %d, want %d", query, sample, text, from, got, want)
					}
				}
			}
		}
	}
}

// TestExtends: where a leaf extends another, it stands nowhere but where the other does.
func TestExtends(t *testing.T) {
	for _, test := range []struct {
		long, short string
		want        bool
	}{
		{"草原生态", "草原生", true}, {"草原生态", "草原", true}, {"草原", "草原", true}, {"草原", "草原生", false}, {"草原生态", "原生", false},
		{"abc", "ab", false}, {"草原abc", "草原", true}, {"草原abc", "草原ab", false}, {"abc草", "abc", true}, {"a12", "a", true}, {"12", "1", false},
		{"open science", "open", true}, {"草原，生态", "草原", true}, {"草原，生态", "草原，生", false},
	} {
		leaf := func(text string) Leaf {
			node, err := ParseQuery(`"` + text + `"`)
			if err != nil {
				t.Fatal(err)
			}
			return node.(Leaf)
		}
		long, short := leaf(test.long), leaf(test.short)
		if got := long.Extends(short); got != test.want {
			t.Errorf("%q extends %q: %t", test.long, test.short, got)
		}
		if !test.want {
			continue
		}
		for _, text := range []string{Fold("甲" + test.long + "乙" + test.short), Fold(test.long + "x9" + test.long)} {
			for at, end := long.Find(text, 0); at >= 0; at, end = long.Find(text, end) {
				if start, _ := short.Find(text, at); start != at {
					t.Errorf("in %q %q stands at %d, but not %q", text, test.long, at, test.short)
				}
			}
		}
	}
}
