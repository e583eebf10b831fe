package seal

// Matches says whether the ring text agrees with the unit that should have
// stamped, and how sure that is, 0..1: true on strong evidence alone, false when
// the ring is read well and says something else, nil when it cannot be told.
func Matches(read Seal, expected string, others []string) (match *bool, confidence float64) {
	verdict := func(v bool) (*bool, float64) { return &v, read.Confidence }
	same := 0
	want := []rune(expected)
	for i, p := range read.Chars {
		if i < len(want) && len(p) > 0 && p[0].Char == want[i] {
			same++
		}
	}
	switch {
	case read.Text != "" && read.Text == expected && read.Confidence > 0.5:
		return verdict(true)
	case read.Confidence > 0.6 && same == 0 && len(read.Chars) >= minChars:
		return verdict(false)
	}
	return nil, 0
}
