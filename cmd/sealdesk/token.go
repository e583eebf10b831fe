package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sealdesk/account"
	"sealdesk/audit"
)

func newToken(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Tokens with which programs use the API",
		Long: `Make, list and revoke the tokens with which programs use the API of sealdesk serve, each
for an account: it may do what the account's role may, or less. People make their own on
the page of their account; here they are made for anybody. What is changed holds at once,
also where sealdesk serve is running, and leaves a record in the audit trail.

A token is printed once, when it is made, and kept nowhere. It is over when it is revoked,
when its time is up, and when the account is disabled.`,
		Args: positional(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return misuse("say token add, list or revoke") },
	}
	t := &tokens{users{options: o}}
	c.AddCommand(t.addCommand(), t.listCommand(), t.revokeCommand())
	return c
}

// tokens are those of the accounts in a store that is open while a command runs.
type tokens struct{ users }

// tokenDays is how long a token lasts unless somebody says otherwise.
const tokenDays = 90

func (t *tokens) addCommand() *cobra.Command {
	var what string
	var days int
	var rights []string
	c := &cobra.Command{
		Use:     "add NAME --for WHAT",
		Short:   "Make a token for somebody's account, and print it",
		Example: "  sealdesk token add wang --for nightly-upload --days 365 --right intake,view",
		Args:    positional(cobra.ExactArgs(1)),
		RunE: t.configured(func(c *cobra.Command, args []string) error {
			if what == "" {
				return misuse("--for says what the token is for")
			}
			return t.opened(c, t.existing, func(ctx context.Context) error { return t.add(ctx, args[0], what, days, rights) })
		}),
	}
	c.Flags().StringVar(&what, "for", "", "what the token is for")
	c.Flags().IntVar(&days, "days", tokenDays, "how many days it lasts, at most 732")
	c.Flags().StringSliceVar(&rights, "right", nil, "the rights that it has (default: all that the account has)")
	return c
}

func (t *tokens) add(ctx context.Context, name, what string, days int, rights []string) error {
	who, err := t.accounts.Find(ctx, name)
	if err != nil {
		return fmt.Errorf("%s：%w", name, err)
	}
	var only []account.Right
	for _, right := range rights {
		only = append(only, account.Right(right))
	}
	days = min(max(days, 0), 100_000) // no more than a duration holds
	made, text, err := t.accounts.AddToken(ctx, operator(), who.ID, what, only, time.Duration(days)*24*time.Hour)
	if err != nil {
		return err
	}
	if err := t.record(ctx, audit.Entry{Action: audit.TokenAdd, Object: who.ID, Detail: "token=" + made.ID}); err != nil {
		return fmt.Errorf("令牌 %s 已生成，但审计记录没有写成，请撤销它：%w", made.ID, err)
	}
	t.out.printf("已为 %s（%s）生成令牌 %s，有效期至 %s。只显示这一次：\n%s\n",
		who.Name, who.Display, made.ID, made.Expires.Local().Format(time.DateOnly), text)
	return t.out.err
}

func (t *tokens) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [NAME]",
		Short: "List everybody's tokens, or somebody's",
		Args:  positional(cobra.MaximumNArgs(1)),
		RunE: t.configured(func(c *cobra.Command, args []string) error {
			return t.opened(c, t.existing, func(ctx context.Context) error { return t.list(ctx, args) })
		}),
	}
}

func (t *tokens) list(ctx context.Context, names []string) error {
	user := ""
	for _, name := range names {
		who, err := t.accounts.Find(ctx, name)
		if err != nil {
			return fmt.Errorf("%s：%w", name, err)
		}
		user = who.ID
	}
	if err := t.record(ctx, audit.Entry{Action: audit.TokenList, Object: user}); err != nil {
		return err
	}
	all, err := t.accounts.Tokens(ctx, user)
	if err != nil {
		return err
	}
	for _, k := range all {
		who, err := t.accounts.Get(ctx, k.User)
		if err != nil && !errors.Is(err, account.ErrNoUser) {
			return err
		}
		state := painted{"可用", green}
		switch {
		case !k.Revoked.IsZero():
			state = painted{"已撤销", yellow}
		case !time.Now().Before(k.Expires):
			state = painted{"已过期", yellow}
		case who.Disabled, who.DisabledVersion > k.Version:
			state = painted{"账号停用", yellow}
		}
		rights := "账号的全部权限"
		if len(k.Rights) > 0 {
			words := make([]string, len(k.Rights))
			for i, right := range k.Rights {
				words[i] = string(right)
			}
			rights = strings.Join(words, ",")
		}
		used := k.Used
		if used == "" {
			used = "没有用过"
		}
		t.out.printf("%s  %s  %s  至 %s  最近使用 %s  %s  %s\n", k.ID, who.Name, state, k.Expires.Local().Format(time.DateOnly), used, rights, k.Name)
	}
	if len(all) == 0 {
		t.out.printf("还没有令牌。用 sealdesk token add 生成。\n")
	}
	return t.out.err
}

func (t *tokens) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a token; list shows its ID",
		Args:  positional(cobra.ExactArgs(1)),
		RunE: t.configured(func(c *cobra.Command, args []string) error {
			return t.opened(c, t.existing, func(ctx context.Context) error { return t.revoke(ctx, args[0]) })
		}),
	}
}

func (t *tokens) revoke(ctx context.Context, id string) error {
	k, err := t.accounts.RevokeToken(ctx, operator(), "", id)
	if err != nil {
		return fmt.Errorf("%s：%w", id, err)
	}
	if err := t.record(ctx, audit.Entry{Action: audit.TokenRevoke, Object: k.User, Detail: "token=" + k.ID}); err != nil {
		return fmt.Errorf("令牌已撤销，但审计记录没有写成：%w", err)
	}
	t.out.printf("已撤销令牌 %s（%s）\n", k.ID, k.Name)
	return t.out.err
}
