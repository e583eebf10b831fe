package seal

import "testing"

// ringOf is a seal whose places were read as the characters of text, each with
// the given weight; a blank is a place without a guess.
func ringOf(text string, weight float64, readings ...string) Seal {
	s := Seal{Shape: Round, Text: text, Confidence: weight}
	for _, r := range text {
		var guesses []Guess
		if r != ' ' {
			guesses = []Guess{{Char: r, Weight: weight}}
		}
		s.Chars = append(s.Chars, guesses)
	}
	for _, r := range readings {
		s.Readings = append(s.Readings, Reading{Text: r, Confidence: 0.95})
	}
	return s
}

func TestMatches(t *testing.T) {
	yes, no := true, false
	oval := ringOf("青川市科学技术局", 0.9)
	oval.Shape = Oval
	for _, c := range []struct {
		name     string
		seal     Seal
		expected string
		others   []string
		want     *bool
	}{
		{"the same name", ringOf("青川市科学技术局", 0.9), "青川市科学技术局", nil, &yes},
		{"another unit", ringOf("白沙湖农业机械研究所", 0.9), "青川市科学技术局", nil, &no},
		{"another level of the same place", ringOf("青川盟科学技术局", 0.9), "青川市科学技术局", nil, nil},
		{"another office of the same place", ringOf("青川市农牧技术局", 0.9), "青川市科学技术局", nil, nil},
		{"faint: no place is clear", ringOf("青川市科学技术局", 0.2), "青川市科学技术局", nil, nil},
		{"nothing read", ringOf("        ", 0), "青川市科学技术局", nil, nil},
		{"no name to hold it against", ringOf("青川市科学技术局", 0.9), "", nil, nil},
		{"an oval seal is for a person", oval, "青川市科学技术局", nil, nil},
		{"one worn character inside a common word", ringOf("青川市科 技术局", 0.9), "青川市科学技术局", nil, &yes},
		{"the place's own character worn away", ringOf("  市科学技术局", 0.9), "青川市科学技术局", nil, nil},
		{"shapes in doubt, spelt twice by the reader", ringOf("青川市科学技木后", 0.5, "青川市科学技术局", "青川市科学技术局"), "青川市科学技术局", nil, &yes},
		{"spelt twice, but with the star read as a character", ringOf("青川市科学技术局", 0.5, "青川市科学技术局六", "青川市科学技术局六"), "青川市科学技术局", nil, &yes},
		{"spelt twice with a wrong character inside a common word", ringOf("青川市科学技  ", 0.5, "青川市科学技票局", "青川市科学技票局"), "青川市科学技术局", nil, &yes},
		{"spelt twice as another place", ringOf("青山市科学技  ", 0.5, "青山市科学技术局", "青山市科学技术局"), "青川市科学技术局", nil, nil},
		{"spelt twice as another level", ringOf("青川盟科学技术局", 0.5, "青川盟科学技术局", "青川盟科学技术局"), "青川市科学技术局", nil, nil},
		{"spelt, but the ring clearly shows another level", ringOf("青川盟科学技术局", 0.9, "青川市科学技术局", "青川市科学技术局"), "青川市科学技术局", nil, nil},
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
