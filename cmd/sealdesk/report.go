package main

import (
	"fmt"
	"io"
	"path/filepath"

	"sealdesk/bundle"
)

// printReport is one bundle's result for people.
func printReport(w io.Writer, name string, r *bundle.Result, broken *bundle.Error) error {
	if broken != nil {
		_, err := fmt.Fprintf(w, "%s：未能读取（%s）%s\n", filepath.Base(name), broken.Code, broken.Message)
		return err
	}
	for _, a := range r.Applications {
		fmt.Fprintf(w, "%s %s %s\n", filepath.Base(name), a.ID, a.Verdict)
		for _, c := range a.Checks {
			if c.Status != bundle.Pass {
				fmt.Fprintf(w, "  %s %s 第%d页 %s\n", c.Status, c.ID, c.Page, c.Message)
			}
		}
	}
	return nil
}
