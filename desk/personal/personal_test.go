package personal

import "testing"

func TestMask(t *testing.T) {
	for s, want := range map[string]string{
		"电话13812345678。":       "电话138********。",
		"0471-1234567":         "047*********",
		"（0471）1234567、a@b.cn": "（047*********、a@****",
		"2022-04-13":           "2022-04-13",
		"2022年4月，经费245/10":     "2022年4月，经费245/10",
		"１３８１２３４５６７８":          "１３８********",
		"":                     "",
	} {
		if got := Mask(s); got != want {
			t.Errorf("%q is masked as %q, want %q", s, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"13812345678", "a@b", "0471 1234567", "2022-04-13", "\xff@"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := Mask(s); pattern.MatchString(s) && got == s && !dateText.MatchString(pattern.FindString(s)) && len([]rune(s)) > 3 {
			t.Errorf("%q is not masked", s)
		}
	})
}
