package main

import (
	"github.com/spf13/cobra"

	"sealdesk/pipeline/ocr/tesseract"
)

// newWorker is the child process that reads; the program starts it itself.
func newWorker() *cobra.Command {
	return &cobra.Command{
		Use:    "ocr-worker",
		Hidden: true,
		Args:   positional(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return tesseract.Worker(c.InOrStdin(), c.OutOrStdout())
		},
	}
}
