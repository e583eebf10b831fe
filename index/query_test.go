package index

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseQuery(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{" 　", ""},
		{"，。!? ", ""},
		{"草原", `"草原"`},
		{"草原 生态", `("草原" AND "生态")`},
		{"草原　AND 生态", `("草原" AND "生态")`},
		{"草原 OR 生态 修复", `("草原" OR ("生态" AND "修复"))`},
		{"(草原 OR 生态) 修复", `(("草原" OR "生态") AND "修复")`},
		{"草原 -生态", `("草原" AND NOT "生态")`},
		{"草原 －生态", `("草原" AND NOT "生态")`},
		{"草原 NOT 生态", `("草原" AND NOT "生态")`},
		{"草原 AND NOT 生态", `("草原" AND NOT "生态")`},
		{"(草原 NOT 生态) OR 修复", `(("草原" AND NOT "生态") OR "修复")`},
		{"NOT (草原 OR 生态)", `NOT ("草原" OR "生态")`},
		{"-(草原 生态)", `NOT ("草原" AND "生态")`},
		{"NOT NOT 草原", `"草原"`},
		{"NOT -草原", `"草原"`},
		{"NOT (NOT 草原)", `"草原"`},
		{"---草原", `NOT "草原"`},
		{"a OR b OR c", `("a" OR "b" OR "c")`},
		{"a (b c) d", `("a" AND "b" AND "c" AND "d")`},
		// Full-width and Chinese marks.
		{"（草原　ＮＯＴ　生态）ＯＲ　修复", `(("草原" AND NOT "生态") OR "修复")`},
		{"“Open  Science”", `"open,science"`},
		{"「草原 OR 生态」", `"草原or生态"`},
		{"ＳＣＩ收录７篇", `"sci收录7篇"`},
		// Operators are in capitals and stand alone.
		{"not or and", `("not" AND "or" AND "and")`},
		{"NOTE ORAL", `("note" AND "oral")`},
		{"0482-5218974", `"0482,5218974"`},
		{"a - b", `("a" AND "b")`},
		{"x@y.cn", `"x,y,cn"`},
		{"合作，建立", `"合作,建立"`},
		// Whatever does not fit is passed over.
		{`"草原`, `"草原"`},
		{`草原"`, `"草原"`},
		{`"" ()`, ""},
		{"((草原", `"草原"`},
		{"草原)) 生态", `("草原" AND "生态")`},
		{"草原) OR 生态", `("草原" OR "生态")`},
		{"OR 草原", `"草原"`},
		{"草原 OR", `"草原"`},
		{"草原 OR OR 生态", `("草原" OR "生态")`},
		{"AND 草原 AND", `"草原"`},
		{"NOT", ""},
		{"草原 NOT", `"草原"`},
		{"NOT OR 草原", `"草原"`},
		{"草原 -", `"草原"`},
		{"草原 -，", `"草原"`},
		{strings.Repeat("(", 100) + "草原" + strings.Repeat(")", 100) + " 生态", `("草原" AND "生态")`},
	} {
		tree, err := ParseQuery(test.text)
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		got := ""
		if tree != nil {
			got = tree.String()
		}
		if got != test.want {
			t.Errorf("%q is %s, want %s", test.text, got, test.want)
		}
	}
	if _, err := ParseQuery(strings.Repeat("长", MaxQueryLength+1)); !errors.Is(err, ErrQueryTooLong) {
		t.Errorf("a query longer than allowed gives %v", err)
	}
}

// check walks a tree and fails where it is not what its types promise.
func check(t *testing.T, n Node, depth int) {
	if depth > 3*maxDepth {
		t.Fatal("the tree is too deep")
	}
	kids := func(list []Node) {
		if len(list) < 2 {
			t.Fatalf("%T of %d parts", n, len(list))
		}
		for _, k := range list {
			check(t, k, depth+1)
		}
	}
	switch n := n.(type) {
	case And:
		kids(n)
	case Or:
		kids(n)
	case Not:
		if _, twice := n.Node.(Not); twice {
			t.Fatal("NOT of NOT")
		}
		check(t, n.Node, depth+1)
	case Leaf:
		if len(n.Pieces) == 0 {
			t.Fatal("a leaf without text")
		}
		for _, p := range n.Pieces {
			if p == "" || strings.ContainsAny(p, " \n\"") || !utf8.ValidString(p) {
				t.Fatalf("piece %q", p)
			}
		}
	default:
		t.Fatalf("a %T in the tree", n)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{
		"", "草原 生态", "(草原 NOT 生态) OR 修复", `"open science" -x`, "（（ＮＯＴ　“草原", "-(a OR -b) c)", "0482-5218974 SCI收录7篇",
		"NOT NOT -( )", "\xff\x00 \u202e", "J\u030c İ ㎡ ①",
	} {
		f.Add(seed, "草原生态修复，open science 0482-5218974 SCI收录7篇")
	}
	f.Fuzz(func(t *testing.T, query, text string) {
		tree, err := ParseQuery(query)
		if err != nil {
			if tree != nil || !errors.Is(err, ErrQueryTooLong) {
				t.Fatalf("%v, %v", tree, err)
			}
			return
		}
		Matches(tree, Fold(text))
		Highlight(tree, text)
		if tree == nil {
			return
		}
		check(t, tree, 0)
		again, err := ParseQuery(tree.String())
		if err != nil {
			return // written in full it may be longer than allowed
		}
		if again.String() != tree.String() {
			t.Fatalf("%q is %s, which reads as %s", query, tree, again)
		}
	})
}
