package seal

import (
	"context"
	"testing"
)

// found is the seal that Find sees on a page on which draw has drawn one.
func found(t *testing.T, tilt, holes float64, name string, blots ...float64) Seal {
	t.Helper()
	m := sheet200(true)
	seal200(m, 1000, 1200, tilt, holes, name, 200, 40, 50)
	for _, angle := range blots {
		blot(m, 1000, 1200, tilt+angle)
	}
	got, err := Find(context.Background(), m, illegible)
	if err != nil || len(got) != 1 {
		t.Fatalf("%s: %d seals, %v", name, len(got), err)
	}
	return got[0]
}

func TestMatches(t *testing.T) {
	yes, no := true, false
	whole := found(t, 0, 0, "青川市科学技术局")
	oval := whole
	oval.Shape = Oval
	for _, c := range []struct {
		name     string
		seal     Seal
		expected string
		others   []string
		want     *bool
	}{
		{"the same name", whole, "青川市科学技术局", nil, &yes},
		{"with a note that no ring shows", whole, "青川市科学技术局（盖章）", nil, nil},
		{"another unit", whole, "白沙湖农业机械研究所", nil, &no},
		{"another level of the same place", whole, "青川盟科学技术局", nil, nil},
		{"another office of the same place", whole, "青川市农牧技术局", nil, nil},
		{"another place", whole, "青山市科学技术局", nil, nil},
		{"one character less", whole, "青川市科学技术", nil, nil},
		{"one character more", whole, "青川市科学技术局处", nil, nil},
		{"the unit is one of the others", whole, "青山市科学技术局", []string{"青川市科学技术局"}, &no},
		{"no name to hold it against", whole, "", nil, nil},
		{"a character that has no shape", whole, "青川市科学技术扃", nil, nil},
		{"an oval seal is for a person", oval, "青川市科学技术局", nil, nil},
		{"turned and worn", found(t, 0.3, 0.2, "青川市科学技术局"), "青川市科学技术局", nil, &yes},
		{"turned upside down", found(t, 3.1, 0.1, "青川市科学技术局"), "青川市科学技术局", nil, &yes},
		{"one character under a blot", found(t, 0, 0, "青川市科学技术局", 0.5*pitch200), "青川市科学技术局", nil, &yes},
		{"a blot where another unit differs", found(t, 0, 0, "青川市科学技术局", 0.5*pitch200), "青川市科学技术局", []string{"青川市科料技术局"}, nil},
		{"the level under a blot", found(t, 0, 0, "青川市科学技术局", -1.5*pitch200), "青川市科学技术局", nil, nil},
		{"the last character of a company half under a blot", found(t, 0, 0, "青川白沙湖农机有限公司", 5.375*pitch200), "青川白沙湖农机有限公司", nil, &yes},
		{"the last character of an office under a blot", found(t, 0, 0, "青川市科学技术局", 3.5*pitch200), "青川市科学技术局", nil, nil},
		{"two characters under blots", found(t, 0, 0, "青川市科学技术局", 0.5*pitch200, -2.5*pitch200), "青川市科学技术局", nil, nil},
		{"never seen", Seal{Shape: Round}, "青川市科学技术局", nil, nil},
	} {
		got, conf := Matches(c.seal, c.expected, c.others)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: got %s, want %s", c.name, verdict(got), verdict(c.want))
		}
		if (got == nil) != (conf == 0) || conf < 0 || conf > 1 {
			t.Errorf("%s: confidence %v with %s", c.name, conf, verdict(got))
		}
	}
}

func verdict(b *bool) string {
	switch {
	case b == nil:
		return "no answer"
	case *b:
		return "true"
	}
	return "false"
}
