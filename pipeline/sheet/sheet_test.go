package sheet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sealdesk/pipeline/sheet"
)

var day = time.Date(2031, 3, 7, 23, 0, 0, 0, time.UTC)

func TestPayload(t *testing.T) {
	number := sheet.NewReceipt("qinghe-2031", day, 42)
	for _, s := range []sheet.Sheet{
		{Call: "qinghe-2031"},
		{Call: "qinghe-2031", Recommender: "青河县科学技术局", Receipt: number},
		{Call: "a|b%", Recommender: "||%7C|%25%", Receipt: number},
		{Call: strings.Repeat("c", sheet.MaxCall), Recommender: strings.Repeat("长", sheet.MaxRecommender), Receipt: number},
	} {
		text, err := s.Payload()
		if err != nil {
			t.Errorf("%+v: %v", s, err)
			continue
		}
		if got, err := sheet.Parse(text); err != nil || got != s {
			t.Errorf("%q gives %+v, %v, want %+v", text, got, err, s)
		}
	}
}

func TestNoPayload(t *testing.T) {
	for name, s := range map[string]sheet.Sheet{
		"no call":         {Recommender: "某某局"},
		"long call":       {Call: strings.Repeat("c", sheet.MaxCall+1)},
		"long name":       {Call: "c", Recommender: strings.Repeat("长", sheet.MaxRecommender+1)},
		"too many bytes":  {Call: strings.Repeat("%", sheet.MaxCall), Recommender: strings.Repeat("长", sheet.MaxRecommender)},
		"line end":        {Call: "c", Recommender: "某某\n局"},
		"turned writing":  {Call: "c", Recommender: "某\u202e局"},
		"not UTF-8":       {Call: "c", Recommender: "\xff"},
		"no receipt's":    {Call: "c", Receipt: "42"},
		"wrong check":     {Call: "c", Receipt: "2031-0307-0042-A"},
		"receipt and bar": {Call: "c", Receipt: "2031-0307-0042|K"},
	} {
		if text, err := s.Payload(); err == nil {
			t.Errorf("%s: %q", name, text)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good, err := sheet.Sheet{Call: "qinghe-2031", Recommender: "青河县科学技术局"}.Payload()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]error{
		"":                                       sheet.ErrForeign,
		"https://example.org/?SEALDESK1|":        sheet.ErrForeign,
		"SEALDESK1":                              sheet.ErrForeign,
		" " + good:                               sheet.ErrForeign,
		"SEALDESK2" + good[9:]:                   sheet.ErrForeign,
		"sealdesk1" + good[9:]:                   sheet.ErrForeign,
		good + " ":                               sheet.ErrDamaged,
		good[:len(good)-1]:                       sheet.ErrDamaged,
		strings.Replace(good, "青", "清", 1):       sheet.ErrDamaged,
		strings.Replace(good, "青", "%E9", 1):     sheet.ErrDamaged,
		strings.ToLower(good):                    sheet.ErrForeign,
		"SEALDESK1|||":                           sheet.ErrDamaged,
		"SEALDESK1|" + strings.Repeat("a", 9999): sheet.ErrDamaged,
	} {
		if s, err := sheet.Parse(text); !errors.Is(err, want) {
			t.Errorf("%.60q gives %+v, %v, want %v", text, s, err, want)
		}
	}
}

// FuzzParse: what is parsed is written again as the same text, and what is
// written is parsed as the same sheet.
func FuzzParse(f *testing.F) {
	good, err := sheet.Sheet{Call: "a|b", Recommender: "青河县", Receipt: sheet.NewReceipt("", day, 1)}.Payload()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "c", "某某局")
	f.Add("SEALDESK1|c|%|", "%7C", "|")
	f.Add("https://example.org", "", "\x00")
	f.Fuzz(func(t *testing.T, text, call, recommender string) {
		if s, err := sheet.Parse(text); err == nil {
			if again, err := s.Payload(); err != nil || again != text {
				t.Errorf("%q is written again as %q, %v", text, again, err)
			}
		} else if !errors.Is(err, sheet.ErrForeign) && !errors.Is(err, sheet.ErrDamaged) {
			t.Errorf("%q: %v", text, err)
		}
		s := sheet.Sheet{Call: call, Recommender: recommender}
		if made, err := s.Payload(); err == nil {
			if got, err := sheet.Parse(made); err != nil || got != s {
				t.Errorf("%+v comes back as %+v, %v", s, got, err)
			}
		}
	})
}

func TestNewReceipt(t *testing.T) {
	for _, tc := range []struct {
		call string
		n    int
		want string // but for the check letter
	}{
		{"nmg-iscb-2029", 1, "2029-0307-0001-"},
		{"", 42, "2031-0307-0042-"},
		{"call-12345", 9999, "2031-0307-9999-"},
		{"", 123456, "2031-0307-123456-"},
	} {
		got := sheet.NewReceipt(tc.call, day, tc.n)
		if !strings.HasPrefix(got, tc.want) || len(got) != len(tc.want)+1 || !sheet.ValidReceipt(got) {
			t.Errorf("%q, %d: %q, want %q and a letter", tc.call, tc.n, got, tc.want)
		}
	}
}

// TestReceiptTypos: a slip of one key, or of two changed over, is noticed.
func TestReceiptTypos(t *testing.T) {
	for _, n := range []int{7, 42, 1234, 98765} {
		good := sheet.NewReceipt("", day, n)
		for i := range good {
			for c := byte('0'); c <= 'Z'; c++ {
				if bad := good[:i] + string(c) + good[i+1:]; bad != good && sheet.ValidReceipt(bad) {
					t.Errorf("%s is taken for %s", bad, good)
				}
			}
			if i > 0 && good[i] != good[i-1] {
				bad := []byte(good)
				bad[i], bad[i-1] = bad[i-1], bad[i]
				if sheet.ValidReceipt(string(bad)) {
					t.Errorf("%s is taken for %s", bad, good)
				}
			}
		}
	}
	for _, bad := range []string{"", "2031-1332-0042-K", "2031-0307-42-K", "2031-0307-0042", " 2031-0307-0042-K", "2031-0307-99999999999999999999-K"} {
		if sheet.ValidReceipt(bad) {
			t.Errorf("%q is taken for a number", bad)
		}
	}
}
