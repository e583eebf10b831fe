package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sealdesk/config"
	"sealdesk/extract/call"
)

// options hold what all subcommands share: the configuration, once it is read.
type options struct {
	*config.Config
	file  string             // --config
	flags map[string]*string // the values of the other flags, by key
	calls *call.Library      // see library
}

// register gives a command and those below it the flags of all settings. Those of the
// engines are hidden from help, which would be nothing but them; `sealdesk config
// --help` has them all.
func (o *options) register(root *cobra.Command) {
	o.flags = map[string]*string{}
	f := root.PersistentFlags()
	f.StringVar(&o.file, "config", "", "configuration file (or "+config.FileVariable+"; default: sealdesk.yaml where it is there)")
	for _, s := range config.Settings() {
		name := s.Flag()
		if name == "" {
			continue
		}
		o.flags[s.Key] = f.String(name, s.Default, s.Help+" (or "+s.Environment()+")")
		if s.Kind == config.KindSwitch {
			f.Lookup(name).NoOptDefVal = "true"
		}
		f.Lookup(name).Hidden = strings.Contains(s.Key, ".")
	}
}

// load reads the configuration. Mistakes in flags alone are ones of usage.
func (o *options) load(c *cobra.Command) error {
	from := config.Sources{Path: o.file, Flags: map[string]string{}, Environ: os.Environ()}
	for key, text := range o.flags {
		if s, _ := config.Find(key); c.Flags().Changed(s.Flag()) {
			from.Flags[key] = *text
		}
	}
	loaded, err := config.Load(from)
	var problems *config.Problems
	if errors.As(err, &problems) {
		for _, p := range problems.List {
			if p.Origin.Layer != config.Flag {
				return err
			}
		}
		return usage{err}
	}
	o.Config, o.calls = loaded, nil
	return err
}

// configured runs f once the configuration is read.
func (o *options) configured(f func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		if err := o.load(c); err != nil {
			return err
		}
		return f(c, args)
	}
}

// flagError makes an error in flags one of usage. It says how to give a secret to
// somebody who tries to do so by flag.
func flagError(_ *cobra.Command, err error) error {
	for _, s := range config.Settings() {
		name := strings.NewReplacer(".", "-", "_", "-").Replace(s.Key)
		if s.Kind == config.KindSecret && err.Error() == "unknown flag: --"+name {
			return misuse("--%s is no flag, as everybody can see the command lines on a machine: use --%s-file or %s", name, name, s.Environment())
		}
	}
	return usage{err}
}

func newConfig(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show and check the configuration",
		Long:  configHelp(),
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misuse("there is no subcommand %q", args[0])
			}
			return misuse("say show, check or create-buckets")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	cmd.AddCommand(
		newCreateBuckets(o),
		&cobra.Command{
			Use:   "show",
			Short: "Say what is in effect, and where it stands",
			Long: `Say what is in effect, one key a line, and where it stands: in the file with its
line, in the environment or in a flag, or that it is the default. Secrets are ***.`,
			Args: positional(cobra.NoArgs),
			RunE: o.configured(func(c *cobra.Command, _ []string) error {
				return showConfig(newPrinter(c.OutOrStdout()), o.Config)
			}),
		},
		&cobra.Command{
			Use:   "check [FILE]",
			Short: "Say every mistake of the configuration, then try each engine",
			Long: `Say every mistake of the configuration, one a line: file:line: what is wrong. When
there is none, try the store, the index and the intake: whether they are there, let
us in and can do what is needed. FILE stands for --config FILE.

Exit status: 0 when all is well, 1 when anything is wrong.`,
			Args: positional(cobra.MaximumNArgs(1)),
			RunE: func(c *cobra.Command, args []string) error {
				if len(args) == 1 {
					o.file = args[0]
				}
				return o.check(c)
			},
		},
	)
	return cmd
}

// check is `sealdesk config check`.
func (o *options) check(c *cobra.Command) error {
	d := &doctor{printer: newPrinter(c.OutOrStdout()), options: o}
	if !d.configuration(c) {
		return errors.Join(d.err, exit(exitFailed))
	}
	for _, look := range d.engines() {
		look(c.Context())
		if err := c.Context().Err(); err != nil {
			return err
		}
	}
	if d.ill {
		return errors.Join(d.err, exit(exitFailed))
	}
	return d.err
}

// configuration says whether there is a configuration without mistakes, and else each
// of these, on a line of its own as other programs write theirs.
func (d *doctor) configuration(c *cobra.Command) bool {
	switch err := d.load(c); {
	case err != nil:
		d.ill = true
		for line := range strings.SplitSeq(err.Error(), "\n") {
			d.printf("%s\n", line)
		}
		return false
	case d.Path == "":
		d.good("配置", "没有配置文件，用默认设置、环境变量和参数")
	default:
		d.good("配置", "%s", d.Path)
	}
	return true
}

func showConfig(p *printer, c *config.Config) error {
	width := 0
	values := c.Values()
	for _, v := range values {
		width = max(width, len(v.Key))
	}
	for _, v := range values {
		text := v.Text
		if text == "" {
			text = "-"
		}
		p.printf("%s  %s  (%s)\n", fmt.Sprintf("%-*s", width, v.Key), painted{text, bold}, v.Origin.String())
	}
	return p.err
}

// configHelp tells of every setting.
func configHelp() string {
	var b strings.Builder
	b.WriteString(`Show and check the configuration.

It is read from the file that --config or SEALDESK_CONFIG names, else from
./sealdesk.yaml, else from /etc/sealdesk.yaml, where there is one. Each setting can
also be given by environment and flag: a flag goes before the environment, the
environment before the file, the file before the default. Every command takes these
flags. Secrets have none, as everybody can see the command lines on a machine; a
file that holds a secret can be named by flag. sealdesk.example.yaml has them all.
`)
	section := ""
	for _, s := range config.Settings() {
		if at, _, nested := strings.Cut(s.Key, "."); nested && at != section {
			section = at
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "\n  %s\n", s.Key)
		if name := s.Flag(); name != "" {
			fmt.Fprintf(&b, "      --%s\n", name)
		}
		fmt.Fprintf(&b, "      %s\n      %s", s.Environment(), s.Help)
		if s.Default != "" {
			fmt.Fprintf(&b, " (default: %s)", s.Default)
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
