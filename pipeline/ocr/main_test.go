package ocr

import (
	"fmt"
	"os"
	"testing"

	"sealdesk/pipeline/ocr/tesseract"
)

// TestMain lets the test's own executable be the child, as the program is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "ocr-worker" {
		if err := tesseract.Worker(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
