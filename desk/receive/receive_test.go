package receive

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"材料.pdf": "材料.pdf", `C:\scans\a.pdf`: "a.pdf", "/etc/passwd": "passwd", "": "scan", "..": "scan", "a/": "scan",
		"a\x00b\r\nc.pdf": "abc.pdf", "gpj\u202efdp.exe": "gpjfdp.exe", "\xff\xfe.png": ".png", "  a  ": "a",
		strings.Repeat("长", 300) + ".jpeg": strings.Repeat("长", 249) + "….jpeg",
		"a." + strings.Repeat("b", 300):    "a." + strings.Repeat("b", 252) + "…",
	} {
		if got := cleanName(name); got != want {
			t.Errorf("%q is called %q, want %q", name, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.pdf", `..\x`, "\u202e", "\xff/", ". "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanName(s)
		if got == "" || got != filepath.Base(got) || strings.ContainsAny(got, "/\\\r\n\x00") || len([]rune(got)) > nameLength {
			t.Errorf("%q is called %q", s, got)
		}
	})
}
