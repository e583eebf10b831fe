package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osuser "os/user"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sealdesk/account"
	"sealdesk/audit"
)

func newUser(o *options) *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: "Accounts of the people who use the desk",
		Long: `Add, list and change the accounts of the people who use the desk. What is changed
here holds at once, also where sealdesk serve is running, and leaves a record in the
audit trail under the name of the machine's user.

` + rolesHelp() + `
A password is asked for twice on a terminal, and not shown; elsewhere it is the first
line of the standard input. It has at least 10 characters.`,
		Args: positional(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return misuse("say user add, invite, list, password, reset, role, identity, disable or enable")
		},
	}
	u := &users{options: o}
	c.AddCommand(u.addCommand(), u.inviteCommand(), u.listCommand(),
		u.command("password NAME", "Give somebody another password, and end their sessions", cobra.ExactArgs(1), u.password),
		u.command("reset NAME", "Take somebody's password away, end their sessions, and print a link to choose another", cobra.ExactArgs(1), u.reset),
		u.command("role NAME ROLE", "Give somebody another role", cobra.ExactArgs(2), u.setRole),
		u.command("identity NAME [IDENTITY]", "Say who somebody is to the sign-in service (web.oidc), or nobody", cobra.RangeArgs(1, 2), u.setIdentity),
		u.command("disable NAME", "Shut somebody out; the account is kept", cobra.ExactArgs(1), u.disable),
		u.command("enable NAME", "Let somebody in again", cobra.ExactArgs(1), u.enable))
	return c
}

// rolesHelp says what each role may do, as the one table has it.
func rolesHelp() string {
	var b strings.Builder
	for _, role := range account.Roles() {
		fmt.Fprintf(&b, "  %-9s", role)
		for i, right := range account.Rights[role] {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(string(right))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// users are the accounts in a store that is open while a command runs.
type users struct {
	*options
	accounts *account.Accounts
	log      *audit.Log
	out      *printer
}

func (u *users) addCommand() *cobra.Command {
	return u.newcomer(&cobra.Command{
		Use:     "add NAME --role ROLE",
		Short:   "Add somebody",
		Example: "  sealdesk user add wang --role clerk --display 王芳",
	}, u.add)
}

func (u *users) inviteCommand() *cobra.Command {
	return u.newcomer(&cobra.Command{
		Use:   "invite NAME --role ROLE",
		Short: "Add somebody who chooses a password by a link",
		Long: `Add somebody without a password, and print the end of a link to hand to them: put the
desk's address before it. By it they choose a password, once and within 72 hours.`,
		Example: "  sealdesk user invite wang --role clerk --display 王芳",
	}, u.invite)
}

// newcomer is a command that adds an account.
func (u *users) newcomer(c *cobra.Command, add func(c *cobra.Command, name, display string, role account.Role) error) *cobra.Command {
	var role, display string
	c.Args = positional(cobra.ExactArgs(1))
	c.RunE = u.configured(func(c *cobra.Command, args []string) error {
		if !account.Role(role).Valid() {
			return misuse("--role is one of clerk, reviewer, staff, admin")
		}
		return u.opened(c, u.store, func(context.Context) error {
			return add(c, args[0], display, account.Role(role))
		})
	})
	c.Flags().StringVar(&role, "role", "", "what they do: clerk, reviewer, staff or admin")
	c.Flags().StringVar(&display, "display", "", "the name that others see (default: NAME)")
	return c
}

func (u *users) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List everybody who has an account",
		Args:  positional(cobra.NoArgs),
		RunE: u.configured(func(c *cobra.Command, _ []string) error {
			return u.opened(c, u.existing, u.list)
		}),
	}
}

// command is one that changes the account named by its first argument.
func (u *users) command(use, short string, args cobra.PositionalArgs, change func(*cobra.Command, account.User, []string) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  positional(args),
		RunE: u.configured(func(c *cobra.Command, args []string) error {
			return u.opened(c, u.existing, func(ctx context.Context) error {
				found, err := u.accounts.Find(ctx, args[0])
				if err != nil {
					return fmt.Errorf("%s：%w", args[0], err)
				}
				return change(c, found, args[1:])
			})
		}),
	}
}

// opened runs f with the accounts of the store that open gives.
func (u *users) opened(c *cobra.Command, open func(context.Context) (store, error), f func(context.Context) error) (err error) {
	ctx := c.Context()
	s, err := open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if u.accounts, err = account.Open(ctx, s); err != nil {
		return err
	}
	u.log, u.out = audit.New(s), newPrinter(c.OutOrStdout())
	return f(ctx)
}

func (u *users) add(c *cobra.Command, name, display string, role account.Role) error {
	ctx := c.Context()
	if _, err := account.FoldName(name); err != nil {
		return err // before anybody thinks up a password
	}
	if _, err := u.accounts.Find(ctx, name); err == nil {
		return account.ErrTaken
	}
	password, err := askPassword(c)
	if err != nil {
		return err
	}
	added, err := u.accounts.Add(ctx, operator(), name, display, role, password)
	if err != nil {
		return err
	}
	return u.done(ctx, audit.AccountAdd, added, string(role), "已添加")
}

func (u *users) invite(c *cobra.Command, name, display string, role account.Role) error {
	ctx := c.Context()
	added, token, err := u.accounts.Invite(ctx, operator(), name, display, role)
	if err != nil {
		return err
	}
	if err := u.done(ctx, audit.AccountAdd, added, string(role), "已添加"); err != nil {
		return err
	}
	return u.link(added, token)
}

// link prints the end of a link, which is nowhere else.
func (u *users) link(who account.User, token string) error {
	u.out.printf("请把链接交给本人设置密码，只能用一次，有效至 %s。前面加上工作台的地址：\n/invitation?token=%s\n", who.LinkEnds.Local().Format("2006-01-02 15:04"), token)
	return u.out.err
}

func (u *users) list(ctx context.Context) error {
	if err := u.record(ctx, audit.Entry{Action: audit.AccountList}); err != nil {
		return err
	}
	list := u.accounts.List()
	for _, who := range list {
		state := painted{"可用", green}
		switch {
		case who.Disabled:
			state = painted{"停用", yellow}
		case who.NoPassword:
			state = painted{"未设密码", yellow}
		}
		u.out.printf("%s  %s  %s  %s  %s\n", who.Name, who.Role, state, who.Created.Local().Format("2006-01-02"), who.Display)
	}
	damaged := u.accounts.Damaged()
	if len(list)+len(damaged) == 0 {
		u.out.printf("还没有账号。用 sealdesk user add 添加。\n")
	}
	return errors.Join(append(damaged, u.out.err)...)
}

func (u *users) password(c *cobra.Command, who account.User, _ []string) error {
	password, err := askPassword(c)
	if err != nil {
		return err
	}
	if who, err = u.accounts.SetPassword(c.Context(), operator(), who.ID, password); err != nil {
		return err
	}
	return u.done(c.Context(), audit.AccountPassword, who, "", "已更改密码")
}

func (u *users) reset(c *cobra.Command, who account.User, _ []string) error {
	who, token, err := u.accounts.Reset(c.Context(), operator(), who.ID)
	if err != nil {
		return err
	}
	if err := u.done(c.Context(), audit.AccountReset, who, "", "已重设密码"); err != nil {
		return err
	}
	return u.link(who, token)
}

func (u *users) setRole(c *cobra.Command, who account.User, args []string) error {
	who, err := u.accounts.SetRole(c.Context(), operator(), who.ID, account.Role(args[0]))
	if err != nil {
		return err
	}
	return u.done(c.Context(), audit.AccountRole, who, string(who.Role), "已更改角色")
}

func (u *users) setIdentity(c *cobra.Command, who account.User, args []string) error {
	identity := ""
	if len(args) > 0 {
		identity = args[0]
	}
	who, err := u.accounts.SetIdentity(c.Context(), operator(), who.ID, identity)
	if err != nil {
		return err
	}
	return u.done(c.Context(), audit.AccountIdentity, who, "", "已更改统一登录的身份")
}

func (u *users) disable(c *cobra.Command, who account.User, _ []string) error {
	who, err := u.accounts.Disable(c.Context(), operator(), who.ID)
	if err != nil {
		return err
	}
	return u.done(c.Context(), audit.AccountDisable, who, "", "已停用")
}

func (u *users) enable(c *cobra.Command, who account.User, _ []string) error {
	who, err := u.accounts.Enable(c.Context(), operator(), who.ID)
	if err != nil {
		return err
	}
	return u.done(c.Context(), audit.AccountEnable, who, "", "已恢复")
}

// done records a change that was made, and says so.
func (u *users) done(ctx context.Context, action string, who account.User, detail, say string) error {
	if err := u.record(ctx, audit.Entry{Action: action, Object: who.ID, Detail: detail}); err != nil {
		return fmt.Errorf("账号%s，但审计记录没有写成：%w", say, err)
	}
	u.out.printf("%s：%s（%s，%s）\n", say, who.Name, who.Display, who.Role.Title())
	return u.out.err
}

func (u *users) record(ctx context.Context, e audit.Entry) error {
	e.User = operator()
	return u.log.Append(ctx, e)
}

// operator is who runs the command, for the audit trail. In a container the user may
// have a number only.
func operator() string {
	who, err := osuser.Current()
	if err != nil || who.Username == "" {
		return "cli:" + strconv.Itoa(os.Getuid())
	}
	return "cli:" + who.Username
}

var (
	errNoPassword = errors.New("没有输入密码")
	errPasswords  = errors.New("两次输入的密码不一样")
)

// askPassword asks for a password twice where there is a terminal, and reads a line
// elsewhere.
func askPassword(c *cobra.Command) (string, error) {
	if f, ok := c.InOrStdin().(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return typedPassword(f, c.ErrOrStderr())
	}
	line, err := bufio.NewReader(io.LimitReader(c.InOrStdin(), account.MaxPassword+2)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// typedPassword asks on a terminal. It is raw meanwhile, so Ctrl-C is a key and not a
// signal: the terminal is never left without echo.
func typedPassword(f *os.File, prompts io.Writer) (password string, err error) {
	before, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	defer func() { err = errors.Join(err, term.Restore(int(f.Fd()), before)) }()
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{f, prompts}, "")
	var typed [2]string
	for i, prompt := range []string{"密码：", "再输一次："} {
		typed[i], err = t.ReadPassword(prompt)
		if err == io.EOF { // Ctrl-C or Ctrl-D
			return "", errNoPassword
		}
		if err != nil {
			return "", fmt.Errorf("ask for the password: %w", err)
		}
	}
	if typed[0] != typed[1] {
		return "", errPasswords
	}
	return typed[0], nil
}
