package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/storage"
)

func newAudit(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "Look after the audit trail",
		Args:  positional(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return misuse("say audit verify") },
	}
	c.AddCommand(newAuditVerify(o))
	return c
}

func newAuditVerify(o *options) *cobra.Command {
	var marks []string
	c := &cobra.Command{
		Use:   "verify",
		Short: "Say whether the audit trail is as it was written",
		Long: `Hold every record of the audit trail against its hash and the one before, and say that
all are as they were written, or which is changed, missing or inserted.

The chain itself cannot show that its end was cut off, or that all of it was written
anew by somebody who knows the program. What shows it is what was noted of it: a mark,
the number and hash of a record. When all is well, verify prints the mark of the last
record, keeps it in the data folder and holds the trail against it the next time.
Noted elsewhere, on paper say, it is given back with --mark. It also looks whether an
account was changed after the last record.

Exit status: 0 when the trail is whole, 1 when it is not or could not be read.`,
		Example: "  sealdesk audit verify",
		Args:    positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) (err error) {
			var noted []audit.Mark
			for _, text := range marks {
				m, err := audit.ParseMark(text)
				if err != nil {
					return usage{err}
				}
				noted = append(noted, m)
			}
			s, err := o.existing(c.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			return o.verifyTrail(c.Context(), s, newPrinter(c.OutOrStdout()), noted)
		}),
	}
	c.Flags().StringArrayVar(&marks, "mark", nil, "a mark that was noted earlier; several may be given")
	return c
}

// verifyTrail is `sealdesk audit verify`.
func (o *options) verifyTrail(ctx context.Context, s storage.Store, p *printer, noted []audit.Mark) error {
	kept, err := o.keptMarks()
	if err != nil {
		return err
	}
	noted = append(noted, kept...)
	found, err := audit.New(s).Verify(ctx, noted...)
	if err != nil {
		return err
	}
	if late, err := changedAfter(ctx, s, found.Last); err != nil {
		return err
	} else if late != nil {
		found.Problems = append(found.Problems, *late)
	}
	const minute = "2006-01-02 15:04"
	first, last := found.First.Local().Format(minute), found.Last.Local().Format(minute)
	switch {
	case len(found.Problems) > 0:
		p.printf("%s：有 %d 处问题，另有 %d 条与写入时一致。\n", painted{"审计记录不完整", red}, len(found.Problems), found.Entries)
		for _, problem := range found.Problems {
			p.printf("  %s\n", problem.Message)
		}
		return errors.Join(p.err, exit(exitFailed))
	case found.Entries == 0:
		p.printf("还没有审计记录。\n")
		return p.err
	}
	p.printf("%s：共 %d 条，从 %s 到 %s，每条都与写入时一致，前后相接。\n", painted{"审计记录完整", green}, found.Entries, first, last)
	p.printf("末条标记 %s\n", found.End.String())
	if err := writeWhole(filepath.Join(o.Data, markName), []byte(found.End.String()+"\n")); err != nil {
		return fmt.Errorf("记不下末条标记：%w", err)
	}
	return p.err
}

// clockSlack is how long a change may come before its record without looking like one
// whose record is gone.
const clockSlack = time.Minute

// changedAfter says that an account was changed after the last record, if one was: each
// change leaves one.
func changedAfter(ctx context.Context, s storage.Store, last time.Time) (*audit.Problem, error) {
	accounts, err := account.Open(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, u := range accounts.List() {
		if u.Changed.After(last.Add(clockSlack)) {
			return &audit.Problem{Kind: audit.Cut, Message: fmt.Sprintf("末尾可能被截去：账号 %s 在 %s 变更过，之后却没有记录", u.Name, u.Changed.Local().Format("2006-01-02 15:04"))}, nil
		}
	}
	return nil, nil
}
