package inspect

import (
	"testing"
	"time"
)

// NoWait makes the second look at an index follow the first at once, until the test ends.
func NoWait(t *testing.T) {
	was := again
	again = time.Millisecond
	t.Cleanup(func() { again = was })
}
