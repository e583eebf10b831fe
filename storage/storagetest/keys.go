package storagetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sealdesk/storage"
)

// InvalidKeys are keys that every store refuses, all of its methods alike.
var InvalidKeys = []string{
	"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "./a", "a/./b",
	"a\x00", "\x00", "a\nb", "a\tb", "\x7f", "a\u0085", "\uFFFE", "\xff", "a\xe4\xb8", "\xed\xa0\x80",
	strings.Repeat("a", storage.MaxKey+1), strings.Repeat("中", storage.MaxKey/3+1),
}

func testInvalidKeys(t *testing.T, s storage.Store) {
	for _, key := range InvalidKeys {
		if err := s.Put(t.Context(), key, strings.NewReader("x")); !errors.Is(err, storage.ErrKey) {
			t.Errorf("Put to %q: error %v, want ErrKey", key, err)
		}
		if _, err := s.Get(t.Context(), key); !errors.Is(err, storage.ErrKey) {
			t.Errorf("Get of %q: error %v, want ErrKey", key, err)
		}
		if _, err := s.Stat(t.Context(), key); !errors.Is(err, storage.ErrKey) {
			t.Errorf("Stat of %q: error %v, want ErrKey", key, err)
		}
	}
	if keys := list(t, s, ""); len(keys) > 0 {
		t.Errorf("the store holds %q", keys)
	}
}

// OddKeys are valid keys that a careless store would refuse, change or take for
// one another.
var OddKeys = []string{
	"scan", "Scan", "SCAN", "scan.pdf", "scan.PDF",
	"盖章申请表/第一批 (扫描件).pdf", "盖章申请表/第一批（扫描件）.pdf",
	"caf\u00e9", "cafe\u0301", "ﬁle", "file", "\u00a0", "😀/𠮷",
	" ", " a", "a ", "a b", "a+b", "a%20b", "a%2fb", "a@", "a+", "%", "%%", "%61",
	"...", "..a", "a..", ".hidden", "a.", "a./b", "-rf", "~", "*?", "con", "nul.txt", "a:b", `a\b`, `"<>|&';`,
	"tmp/x", "objects/x", "lost+found", "_sealdesk", "_sealdesk/probe", "_sealdesk/b64/YQ", "_sealdesk/sha256/x", ".sgwtmp/x", ".minio.sys/x", "{}", "[a]", "#", "?versionId=1", "$HOME", "`id`", "\u202egpj.exe",
	strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("X", storage.MaxKey),
	strings.Repeat("扫", 85), strings.Repeat("扫", 86), strings.Repeat("扫", storage.MaxKey/3),
	strings.Repeat("é", storage.MaxKey/2), strings.Repeat("长", 200) + ".pdf", strings.Repeat("a", 300) + "/" + strings.Repeat("b", 300),
	strings.Repeat("d/", 20) + "deep",
}

func testOddKeys(t *testing.T, s storage.Store) {
	for _, key := range OddKeys {
		if err := storage.CheckKey(key); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), key, strings.NewReader("in "+key)); err != nil {
			t.Errorf("Put: %v", err)
		}
	}
	for _, key := range OddKeys {
		holds(t, s, key, []byte("in "+key))
	}
	want := slices.Sorted(slices.Values(OddKeys))
	if got := list(t, s, ""); !slices.Equal(got, want) {
		t.Errorf("List gave\n%q\nwant\n%q", got, want)
	}
}
