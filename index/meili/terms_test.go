package meili

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sealdesk/index"
)

// has says whether the entries of a text pass the filter of a leaf.
func has(list []string, leaf index.Leaf) (found, exact bool) {
	lists, exact := prefixes(leaf)
	for _, ways := range lists {
		if !slices.ContainsFunc(list, func(entry string) bool {
			return slices.ContainsFunc(ways, func(p string) bool { return entry >= p && entry <= p+afterAll })
		}) {
			return false, exact
		}
	}
	return true, exact
}

// FuzzEntries holds filters to the comparison of texts: an exact one passes the
// same texts, another passes at least those.
func FuzzEntries(f *testing.F) {
	f.Add("草原", "大草原")
	f.Add("sci收录7篇", "发表ＳＣＩ 收录７篇。")
	f.Add("甲，乙，a，1", "甲乙 a1")
	f.Add(`"aa aa"`, "aa a aa aa")
	f.Add("天地玄黄宇宙洪荒日月", "天地玄黄宇宙洪荒，日月")
	f.Add("J\u030c", "J\u030c İ ㎡ ① \u1112\u1161\u11ab カ\u3099")
	f.Add(strings.Repeat("a", 30), strings.Repeat("a", 31))
	f.Add("𠮷野家", "𠮷野家")
	f.Fuzz(func(t *testing.T, query, text string) {
		tree, err := index.ParseQuery(query)
		leaf, ok := tree.(index.Leaf)
		if err != nil || !ok {
			return
		}
		_, all := index.Texts(index.Document{BaseName: text, HostUnit: query})
		name, rest, _ := strings.Cut(all, "\n")
		for _, text := range []string{name, rest, all} {
			list := entries(text)
			for _, entry := range list {
				if len(entry) > longestKey || strings.Trim(entry, "0123456789abcdefghijklmnopqrstuvwxyz.-") != "" {
					t.Fatalf("entry %q is longer than the server keeps or not in its letters", entry)
				}
			}
			found, exact := has(list, leaf)
			if matches := index.Matches(tree, text); matches && !found || exact && found && !matches {
				t.Fatalf("%s in %q: the filter passes %t (exact %t), the text matches %t", tree, text, found, exact, matches)
			}
		}
	})
}

func TestExact(t *testing.T) {
	for query, want := range map[string]bool{
		"草":                     true,
		"草原生态修复国际":              true,
		"草原生态修复国际科":             false,
		"sci收录7篇":               true,
		"“甲，乙，丙，丁”":             true,
		"“甲，乙，丙，丁，戊”":           false,
		"“a，b，c，d，e，f”":         true, // words of letters never touch
		"草原 -荒漠 OR (湿地 NOT 森林)": true,
		"草原 -草原生态修复国际科技":        false,
	} {
		tree, err := index.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if filter, exact := nodeFilter(tree, 0); exact != want || filter == "" {
			t.Errorf("%s: exact is %t, want %t; filter %s", query, exact, want, filter)
		}
	}
}

func TestValueKeys(t *testing.T) {
	long := strings.Repeat("长", 100)
	for _, v := range []string{"a", "A", " A", "塔林盟科学技术局", "e\u0301", "\u202e", long} {
		key := valueKey(v)
		if len(key) > longestKey || strings.Trim(key, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("the key of %q is %q", v, key)
		}
		if text, ok := strings.CutPrefix(key, "v"); ok {
			if back, err := decode(text); err != nil || back != v {
				t.Errorf("%q comes back as %q, %v", v, back, err)
			}
		} else if v != long {
			t.Errorf("%q has a hash for a key", v)
		}
	}
	if valueKey(long+strings.Repeat("长", 500)+"甲") != valueKey(long+strings.Repeat("长", 500)+"乙") {
		t.Error("values are compared beyond what a facet shows of them")
	}
}

func TestOrderOfIDs(t *testing.T) {
	ids := []string{"", "!", "A", "Z", "a", "a\x01", "aa", "b", "é", "标", strings.Repeat("标", 83)}
	if !slices.IsSorted(ids) {
		t.Fatal("the IDs are not in order")
	}
	for i := range ids[1:] {
		if encode(ids[i]) >= encode(ids[i+1]) {
			t.Errorf("%q does not come before %q", ids[i], ids[i+1])
		}
	}
	if n := len(encode(strings.Repeat("x", idOrderLength))); n > longestKey {
		t.Errorf("the order of a long ID has %d bytes", n)
	}
}

func TestCut(t *testing.T) {
	if got := cut("草原", 4); got != "草" || !utf8.ValidString(got) {
		t.Errorf("cut gives %q", got)
	}
}
