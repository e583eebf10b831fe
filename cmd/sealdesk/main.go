// Command sealdesk turns scanned, stamped application bundles into checked,
// searchable applications.
//
// There is a file for each subcommand. They only take what was asked apart, call
// the packages that do the work and show what came out: help and usage in
// English, what clerks read in Chinese. They read no pages, decide no checks and
// keep nothing of their own.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once, as it would any other.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
