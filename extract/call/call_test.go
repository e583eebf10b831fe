package call

import "testing"

func TestBuiltin(t *testing.T) {
	c := Find("nmg-iscb-2022")
	if c == nil {
		t.Fatal("the built-in call is gone")
	}
	if len(c.Fields) != 54 {
		t.Errorf("%d fields", len(c.Fields))
	}
}
