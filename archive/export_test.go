package archive

import "testing"

// Parts makes long runs write a manifest after so many objects, until the test ends.
func Parts(t *testing.T, n int) {
	was := part
	part = n
	t.Cleanup(func() { part = was })
}
