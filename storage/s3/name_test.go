package s3

import (
	"strings"
	"testing"

	"sealdesk/storage"
	"sealdesk/storage/storagetest"
)

// Names that people see in the bucket, and that never change.
func TestNameOf(t *testing.T) {
	for _, c := range []struct{ key, name string }{
		{"bundles/3f2a/result.json", "in/bundles/3f2a/result.json"},
		{"盖章申请表/第一批 (扫描件).pdf", "in/盖章申请表/第一批 (扫描件).pdf"},
		{"a[1].pdf", "in/_sealdesk/b64/YVsxXS5wZGY"},
		{"a/.hidden", "in/_sealdesk/b64/YS8uaGlkZGVu"},
		{"_sealdesk/probe", "in/_sealdesk/b64/X3NlYWxkZXNrL3Byb2Jl"},
		{strings.Repeat("x", 201), "in/_sealdesk/b64/" + strings.Repeat("eHh4", 50) + "=/" + strings.Repeat("eHh4", 17)},
		{strings.Repeat("扫/", 254) + "件", "in/" + strings.Repeat("扫/", 254) + "件"},
		{strings.Repeat("扫", 341), "in/_sealdesk/sha256/bfeb771b64e73f1395b409222eab646aeb3e22ec01584a135110080b823e21d3"},
	} {
		if name, _ := nameOf("in/", c.key); name != c.name {
			t.Errorf("%q has the name %q, want %q", c.key, name, c.name)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, key := range storagetest.OddKeys {
		f.Add("", key)
		f.Add("some/prefix/", key)
	}
	f.Fuzz(func(t *testing.T, prefix, key string) {
		folder, err := Options{Prefix: prefix}.folder()
		if err != nil || storage.CheckKey(key) != nil {
			return
		}
		name, hashed := nameOf(folder, key)
		if len(name) > maxName || storage.CheckKey(name) != nil || !strings.HasPrefix(name, folder) {
			t.Fatalf("%q has the name %q", key, name)
		}
		for seg := range strings.SplitSeq(strings.TrimPrefix(name, folder), "/") {
			if len(seg) > maxSegment+len(pieceMark) || strings.Trim(seg, ". ") != seg {
				t.Fatalf("%q has the name %q with the segment %q", key, name, seg)
			}
		}
		back, ok := keyOf(folder, name)
		if ok == hashed || ok && back != key {
			t.Fatalf("%q came back from %q as %q, ok %v", key, name, back, ok)
		}
		// However a prefix is cut, what is asked of the service has the key in it.
		for i := range len(key) + 1 {
			asked, ok := listable(key[:i])
			if plain := name == folder+key; plain && (!ok || !strings.HasPrefix(key, asked)) {
				t.Fatalf("for %q, %q is asked, ok %v: %q is missed", key[:i], asked, ok, key)
			}
		}
	})
}

// FuzzKeyOf gives the way back names that anyone may have made.
func FuzzKeyOf(f *testing.F) {
	for _, key := range storagetest.OddKeys {
		name, _ := nameOf("", key)
		f.Add(name)
	}
	f.Add("_sealdesk/b64/YQ=/")
	f.Add("_sealdesk/b64/YR")
	f.Fuzz(func(t *testing.T, name string) {
		key, ok := keyOf("", name)
		if again, _ := nameOf("", key); ok && again != name {
			t.Fatalf("%q is taken for %q, whose name is %q", name, key, again)
		}
	})
}
