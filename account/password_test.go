package account

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
)

func TestCheckPassword(t *testing.T) {
	for _, c := range []struct {
		password string
		want     error
	}{
		{secret, nil},
		{"春眠不觉晓处处闻啼鸟", nil},
		{"wang-guards-the-gate", nil},
		{"", ErrPasswordShort},
		{"ninechars", ErrPasswordShort},
		{"春眠不觉晓处处闻啼", ErrPasswordShort},
		{strings.Repeat("abcdefgh", MaxPassword/8), nil},
		{strings.Repeat("abcdefgh", MaxPassword/8) + "i", ErrPasswordLong},
		{"tabs\tand\x00nuls", ErrPasswordChars},
		{"not UTF-8 \xff\xfe", ErrPasswordChars},
		{"wangxiaofang", ErrPasswordName},
		{"WangXiaoFang2026", ErrPasswordName},
		{"wangxiaofangwangxiaofang", ErrPasswordName},
		{"王小芳王小芳王小芳王小芳", ErrPasswordName},
		{"1234567890", ErrPasswordCommon},
		{"PassWord123", ErrPasswordCommon},
		{"woaini1314", ErrPasswordCommon},
		{"aaaaaaaaaaaaaaaa", ErrPasswordCommon},
		{"ababababababab", ErrPasswordCommon},
	} {
		err := CheckPassword(c.password, "wangxiaofang", "王小芳")
		if !errors.Is(err, c.want) || c.want != nil && !errors.Is(err, ErrWeakPassword) {
			t.Errorf("%.30q: error %v, want %v", c.password, err, c.want)
		}
	}
	// A name of one letter says nothing.
	wantErr(t, CheckPassword("abcadaeafagaha", "a", "a"), nil)
	for _, p := range common {
		if len(p) < MinPassword || p != strings.ToLower(p) {
			t.Errorf("%q is refused anyway, or never found", p)
		}
	}
}

// The hash is the one that other programs make of the same password.
func TestHashIsArgon2id(t *testing.T) {
	c := Cost{Time: 2, Memory: 64, Threads: 2}
	h := newHash(secret, c)
	want := argon2.IDKey([]byte(secret), h.salt[:], 2, 64, 2, 32)
	if string(h.key[:]) != string(want) || !strings.HasPrefix(h.String(), "$argon2id$v=19$m=64,t=2,p=2$") {
		t.Errorf("hashed to %s", h)
	}
	back, err := parseHash(h.String())
	if err != nil || back != h || !back.fits(secret) || back.fits(secret+" ") {
		t.Errorf("read back %s, error %v", back, err)
	}
	if newHash(secret, c) == h {
		t.Error("two hashes have one salt")
	}
}

func TestParseHashRefuses(t *testing.T) {
	good := newHash(secret, cheap).String()
	for _, c := range [][2]string{
		{"argon2id", "argon2i"}, {"v=19", "v=16"}, {"m=8", "m=9999999"}, {"m=8", "m=0"}, {"t=1", "t=0"}, {"t=1", "t=65"},
		{"p=1", "p=0"}, {"p=1", "p=256"}, {"p=1", "p=1,x=1"}, {"m=8", "m=+8"}, {"m=8", "m=08"}, {"$m", " $m"}, {good[len(good)-1:], ""}, {"$", ""},
	} {
		bad := strings.Replace(good, c[0], c[1], 1)
		if h, err := parseHash(bad); err == nil {
			t.Errorf("%s is taken for %s", bad, h)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(newHash(secret, cheap).String())
	f.Add(newHash("", DefaultCost).String())
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$$")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err == nil && (h.String() != s || !h.cost.valid()) {
			t.Errorf("%q is read as %s", s, h)
		}
	})
}
