package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sealdesk/extract/call"
)

func newCall(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "call",
		Short: "Look at the calls that applications answer, and check profiles of new ones",
		Long: `A call's profile is a YAML file that says all the program knows of one year's call:
its form, the documents it asks for, limits, quotas, dates and rules. Another year
or another form is another file, used with --call FILE.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse("there is no subcommand %q", args[0])
			}
			return misuse("say list, show, check or new")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "list",
			Short: "List the calls that are known by their ids",
			Args:  positional(cobra.NoArgs),
			RunE: o.configured(func(c *cobra.Command, _ []string) error {
				return o.listCalls(newPrinter(c.OutOrStdout()))
			}),
		},
		&cobra.Command{
			Use:   "show [ID|FILE]",
			Short: "Say what a call asks for",
			Args:  positional(cobra.MaximumNArgs(1)),
			RunE: func(c *cobra.Command, args []string) error {
				profile, err := o.asked(c, args)
				if err != nil {
					return err
				}
				return showCall(newPrinter(c.OutOrStdout()), profile)
			},
		},
		&cobra.Command{
			Use:   "check FILE...",
			Short: "Say every mistake of a profile, with its line",
			Long: `Say every mistake of a profile, one a line: file:line: what is wrong.
Exit status: 0 when there is none, 1 when there is any.`,
			Args: positional(cobra.MinimumNArgs(1)),
			RunE: func(c *cobra.Command, args []string) error { return checkCalls(c.OutOrStdout(), args) },
		},
		newDraft(o),
		newCallNew(o),
	)
	return cmd
}

// asked is the call that an argument names, or else the one that is configured.
func (o *options) asked(c *cobra.Command, args []string) (*call.Call, error) {
	if err := o.load(c); err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return o.profile()
	}
	profile, err := o.findCall(args[0])
	if errors.Is(err, errNoCall) {
		err = usage{err}
	}
	return profile, err
}

func (o *options) listCalls(p *printer) error {
	all, err := o.library().List()
	if err != nil {
		return err
	}
	for _, one := range all {
		if c := one.Call; c != nil {
			p.printf("%s  %d  截止 %s  %s\n", painted{c.ID, bold}, c.Year, c.Deadline.String(), c.Title)
		} else {
			p.printf("%s  %s\n", one.File, painted{"有错误，请运行 sealdesk call check", red})
		}
	}
	return p.err
}

func checkCalls(w io.Writer, files []string) error {
	bad := false
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("不能读取申报通知配置：%w", err)
		}
		c, err := call.Parse(name, b)
		var problems *call.Problems
		switch {
		case errors.As(err, &problems):
			bad = true
			_, err = fmt.Fprintln(w, cleanLines(problems.Error()))
		case err == nil:
			_, err = fmt.Fprintf(w, "%s: 没有问题（%s，%d 个字段）\n", clean(name), clean(c.ID), len(c.Fields))
		}
		if err != nil {
			return err
		}
	}
	if bad {
		return exit(exitFailed)
	}
	return nil
}

// fieldTypes are the words for the types of fields.
var fieldTypes = map[call.FieldType]string{
	call.Text: "文字", call.Person: "人名", call.Unit: "单位", call.Phone: "电话", call.DateType: "日期", call.Integer: "整数",
	call.Postcode: "邮编", call.Email: "电子邮箱", call.Website: "网址", call.Choice: "选项", call.LongText: "长文", call.Rows: "表格",
}

func showCall(p *printer, c *call.Call) error {
	p.printf("%s（%s，配置版本 %s）\n", painted{c.Title, bold}, c.ID, c.Version)
	p.printf("年度 %d，截止日期 %s\n", c.Year, c.Deadline.String())
	p.printf("\n申请书的字段：\n")
	for _, f := range c.Fields {
		p.printf("  %s  %s（%s）\n", f.Key, f.Label, fieldRules(f))
	}
	p.printf("\n需要的文件：\n")
	for _, d := range c.Documents {
		need := "可选"
		if d.Required {
			need = "必须"
		}
		p.printf("  %s（%s）\n", d.Label, need)
	}
	for _, g := range c.Plans {
		p.printf("\n实施方案《%s》，%s的标题：\n", g.Title, strings.Join(g.For, "、"))
		for _, h := range g.Headings {
			p.printf("  %s\n", h)
		}
	}
	p.printf("\n公章和签字：\n")
	for _, s := range c.Seals {
		p.printf("  %s\n", s.Label)
	}
	for _, s := range c.Signatures {
		p.printf("  %s\n", s.Label)
	}
	p.printf("\n推荐名额：\n")
	for _, k := range c.Quota.Kinds {
		p.printf("  %s %d\n", k.Label, k.Limit)
	}
	if c.Quota.Self > 0 {
		p.printf("  单位自行申报 %d\n", c.Quota.Self)
	}
	if n := len(c.Quota.Exempt); n > 0 {
		p.printf("  不占名额的单位 %d 个\n", n)
	}
	return p.err
}

// fieldRules says of what type a field is and what it must keep to.
func fieldRules(f call.Field) string {
	parts := []string{fieldTypes[f.Type]}
	switch {
	case f.Required:
		parts = append(parts, "必填")
	case f.RequiredWhen != nil:
		parts = append(parts, "申请"+strings.Join(f.RequiredWhen.In, "、")+"时必填")
	}
	if f.Limit > 0 {
		parts = append(parts, fmt.Sprintf("限 %d 字", f.Limit))
	}
	if f.Single {
		parts = append(parts, "只选一项")
	}
	for _, o := range f.Options {
		if o.Offered != nil && !*o.Offered {
			parts = append(parts, "不受理"+o.Label)
		}
	}
	return strings.Join(parts, "，")
}
