package browser

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestDocs: the list of pictures in docs has all that are there, and no other.
func TestDocs(t *testing.T) {
	if *update {
		t.Log("pictures are being made; run the tests again without -update")
		return
	}
	list, err := os.ReadFile(filepath.Join(docs, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, m := range regexp.MustCompile(`\((\S+\.webp)\)`).FindAllSubmatch(list, -1) {
		listed = append(listed, string(m[1]))
	}
	var there []string
	total := int64(0)
	files, err := filepath.Glob(filepath.Join(docs, "*.webp"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		there = append(there, filepath.Base(f))
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	slices.Sort(listed)
	slices.Sort(there)
	if !slices.Equal(listed, there) {
		t.Errorf("the list has %q,\nand there are %q", listed, there)
	}
	if total > 4<<20 {
		t.Errorf("the pictures have %d bytes", total)
	}
}
