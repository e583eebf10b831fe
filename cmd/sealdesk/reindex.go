package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newReindex(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "reindex",
		Short: "Build the search index anew from what is kept",
		Long: `Build the search index anew from the results in the data folder. The index holds
nothing of its own: whenever search seems to miss something, this puts it right.`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) (err error) {
			if _, err := o.profile(); err != nil {
				return err
			}
			store, err := o.existing(c.Context())
			if err != nil {
				return err
			}
			defer closing(store, &err)
			n, err := o.index(store, c.ErrOrStderr()).rebuild(c.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "检索库已重建，共 %d 份申报。\n", n)
			return err
		}),
	}
}
