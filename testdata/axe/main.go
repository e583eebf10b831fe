// Axe fetches axe-core, by which the tests in web/browser look at every page of the desk,
// from the npm registry into the user's cache folder, if it is not there yet:
//
//	go run ./testdata/axe
//
// It is of one version, held against its checksums. It is under the Mozilla Public License
// 2.0 and no part of this module.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"sealdesk/web/browser"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if _, err := browser.FetchAxe(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "axe:", err)
		os.Exit(1)
	}
}
