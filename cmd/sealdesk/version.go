package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"sealdesk/pipeline"
)

// version is set when the program is built (-ldflags "-X main.version=...").
var version = "development"

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and the engine's number that results carry",
		Args:  positional(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "sealdesk %s (%s, %s/%s), engine %d\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, pipeline.Engine())
			return err
		},
	}
}
