package account

import (
	"strings"
	"testing"
	"time"

	"sealdesk/storage"
)

func TestFoldName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"wang", "wang"}, {"Wang.Fang_2-b", "wang.fang_2-b"}, {" wang\n", "wang"}, {"ＷＡＮＧ１", "wang1"},
		{"王芳", "王芳"}, {"Zoe\u0308", "zoë"}, {"7", "7"}, {strings.Repeat("王", MaxName), strings.Repeat("王", MaxName)},
		{"", ""}, {".", ""}, {"..", ""}, {"-rf", ""}, {"_", ""}, {"a b", ""}, {"a/b", ""}, {"a@b", ""}, {"<b>", ""},
		{"a\x00b", ""}, {"\xff", ""}, {"a\u200bb", ""}, {"\u202eab", ""}, {"😀", ""},
		{strings.Repeat("a", MaxName+1), ""}, {strings.Repeat("a", 1<<20), ""},
	} {
		got, err := FoldName(c.name)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%.40q: %q, error %v, want %q", c.name, got, err, c.want)
		}
	}
}

// A name that is folded stays so, and can be kept by every store.
func FuzzFoldName(f *testing.F) {
	for _, s := range []string{"wang", "ＷＡＮＧ", "王芳", "İstanbul", "ǅ", "a..b", strings.Repeat("𠮷", MaxName)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folded, err := FoldName(name)
		if err != nil {
			return
		}
		if again, err := FoldName(folded); err != nil || again != folded {
			t.Errorf("%q is folded to %q and that to %q, error %v", name, folded, again, err)
		}
		if err := storage.CheckKey(nameKey(folded)); err != nil || strings.Count(nameKey(folded), "/") != 1 {
			t.Errorf("%q has the key %q: %v", name, nameKey(folded), err)
		}
	})
}

func aRecord() record {
	at := time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC)
	return record{
		User: User{
			ID: strings.Repeat("0f", 16), Name: "wang", Display: "王芳", Role: Clerk,
			Created: at, Changed: at, By: "setup", Version: 2, PasswordVersion: 1,
		},
		Password: newHash(secret, cheap).String(),
	}
}

func TestParseRecord(t *testing.T) {
	r := aRecord()
	b, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseRecord(b); err != nil || got != r {
		t.Errorf("read %+v, error %v, want %+v", got, err, r)
	}
	for name, spoil := range map[string]func(*record){
		"id":               func(r *record) { r.ID = "../x" },
		"name":             func(r *record) { r.Name = "Wang" },
		"no name":          func(r *record) { r.Name = "" },
		"role":             func(r *record) { r.Role = "root" },
		"version":          func(r *record) { r.Version = 0 },
		"password version": func(r *record) { r.PasswordVersion = 3 },
		"no password":      func(r *record) { r.Password = "" },
		"password":         func(r *record) { r.Password = secret },
	} {
		r := aRecord()
		spoil(&r)
		b, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseRecord(b); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	b, err := aRecord().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)/2])
	f.Add([]byte(`{"id":null,"version":1e99}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRecord(b)
		if err != nil {
			return
		}
		again, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := parseRecord(again); err != nil || back.ID != r.ID || back.Name != r.Name || back.Password != r.Password || back.Version != r.Version {
			t.Errorf("%s is read as %+v, error %v", again, back, err)
		}
	})
}
