package page

import "testing"

func TestWithoutHidden(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nothing hidden":   {"q 1 0 0 1 0 0 cm /Im0 Do Q BT (seen) Tj ET", "q 1 0 0 1 0 0 cm /Im0 Do Q BT (seen) Tj ET"},
		"a hidden layer":   {"/Im0 Do BT 3 Tr /F 9 Tf 1 0 0 1 5 5 Tm (a \\) Tj b) Tj ET", "/Im0 Do BT 3 Tr /F 9 Tf 1 0 0 1 5 5 Tm  ET"},
		"arrays":           {"BT 3 Tr [(a) -9 <00ff>] TJ 0 Tr (seen) Tj ET", "BT 3 Tr  0 Tr (seen) Tj ET"},
		"until restored":   {"q 3 Tr BT (no) Tj ET Q BT (seen) Tj ET", "q 3 Tr BT  ET Q BT (seen) Tj ET"},
		"lines":            {"BT 3 Tr 1 2 (no) \" (no) ' ET", "BT 3 Tr T* T* ET"},
		"pictures inside":  {"3 Tr BT (no) Tj ET BI /W 1 ID x EI", "3 Tr BT (no) Tj ET BI /W 1 ID x EI"},
		"malformed":        {"3 Tr BT (no) Tj ET (never closed", "3 Tr BT (no) Tj ET (never closed"},
		"nothing to show":  {"3 Tr Tj", "3 Tr Tj"},
		"nothing at all":   {"", ""},
		"too many restore": {"Q Q 3 Tr (no) Tj", "Q Q 3 Tr "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(WithoutHidden([]byte(c.in))); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
