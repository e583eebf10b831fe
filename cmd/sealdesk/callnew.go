package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"sealdesk/audit"
	"sealdesk/config"
	"sealdesk/extract/call"
)

func newCallNew(o *options) *cobra.Command {
	var id, title, deadline string
	var year int
	c := &cobra.Command{
		Use:   "new FROM",
		Short: "Make a new year's call by copying last year's and changing its dates",
		Long: `Copy the profile of a call, given by its id or file, for another year: with another id,
title, year and deadline, and all else as it is, comments too. What is not given is
that of the year after. The copy is checked, and written into the folder of calls
(calls in the configuration), never in place of another.

It then says which other texts name a year: where the printed form has changed, change
them in the file, by hand.`,
		Example: "  sealdesk call new nmg-iscb-2022 --deadline 2023-04-20",
		Args:    positional(cobra.ExactArgs(1)),
		RunE: o.configured(func(c *cobra.Command, args []string) error {
			name, source, from, err := o.profileSource(args[0])
			if err != nil {
				return err
			}
			r := call.Suggest(from)
			flags := c.Flags()
			if flags.Changed("id") {
				r.ID = id
			}
			if flags.Changed("title") {
				r.Title = title
			}
			if flags.Changed("year") {
				r.Year = year
			}
			if flags.Changed("deadline") {
				if r.Deadline, err = call.ParseDate(deadline); err != nil {
					return usage{err}
				}
			}
			return o.newCall(c.Context(), newPrinter(c.OutOrStdout()), name, source, r)
		}),
	}
	c.Flags().StringVar(&id, "id", "", "id of the new call")
	c.Flags().StringVar(&title, "title", "", "its title")
	c.Flags().IntVar(&year, "year", 0, "its year")
	c.Flags().StringVar(&deadline, "deadline", "", "its deadline: 2023-04-13")
	return c
}

// profileSource gives the name and the bytes of a profile, by id or file.
func (o *options) profileSource(which string) (name string, source []byte, c *call.Call, err error) {
	p, ok, err := o.library().Profile(which)
	if err != nil {
		return "", nil, nil, err
	}
	if ok {
		return p.Name, p.Source, p.Call, p.Err
	}
	if c, err = o.findCall(which); err != nil {
		if errors.Is(err, errNoCall) {
			err = usage{err}
		}
		return "", nil, nil, err
	}
	source, err = os.ReadFile(which)
	return c.ID, source, c, err
}

// newCall is `sealdesk call new`.
func (o *options) newCall(ctx context.Context, p *printer, from string, source []byte, r call.Renewal) (err error) {
	made, err := call.Renew(r.ID+".yaml", source, r)
	if err != nil {
		return err
	}
	added, err := o.library().Add(made)
	if err != nil {
		return err
	}
	if err := o.recordCall(ctx, added.Name, from); err != nil {
		return err
	}
	p.printf("已新建：%s（%s，截止 %s）\n%s\n", painted{r.ID, bold}, r.Title, r.Deadline.String(), added.File)
	texts, err := call.YearTexts(made)
	if err != nil {
		return err
	}
	if len(texts) > 0 {
		p.printf("\n下面的文字里还有年份；表上印的若变了，请在文件里改：\n")
	}
	for _, t := range texts {
		p.printf("  第 %d 行  %s\n", t.Line, t.Text)
	}
	p.printf("\n要按它检查材料，请在配置里写 call: %s。\n", r.ID)
	return p.err
}

// recordCall leaves a record of a new call, where there is a store that has a trail.
func (o *options) recordCall(ctx context.Context, id, from string) (err error) {
	s, err := o.existing(ctx)
	if err != nil && o.Storage.Kind == config.Dir {
		return nil // nobody uses this desk yet
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return audit.New(s).Append(ctx, audit.Entry{User: operator(), Action: audit.CallAdd, Object: id, Detail: "from=" + from})
}
