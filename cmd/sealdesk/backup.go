package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"sealdesk/archive"
	"sealdesk/config"
)

func newBackup(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "backup [DIR | s3://BUCKET/PREFIX]",
		Short: "Back up what is kept, as far as the backup lacks it",
		Long: `Back up all originals, results, corrections, accounts, tokens and the audit trail, the
profiles of calls and the configuration without its secrets, into a folder or a bucket;
without an argument, into the bucket that backup.bucket names. Each time, only what the
backup lacks is copied.

The desk may go on working: what was acknowledged when the backup began is in it. A
backup that is interrupted goes on when it is run again; until then the one before
counts. Search index, queue, pictures of pages and sessions are not backed up: they are
made anew, and people sign in again.

Keep the secrets elsewhere, and the backup as safe as the papers: all of them are in it.

Exit status: 0 when all is backed up, 1 when something could not be.`,
		Example: `  sealdesk backup /mnt/backup/sealdesk
  sealdesk backup s3://sealdesk-backup/office`,
		Args: positional(cobra.MaximumNArgs(1)),
		RunE: o.configured(func(c *cobra.Command, args []string) error {
			at, err := o.where(args)
			if err != nil {
				return err
			}
			return o.backup(c.Context(), at, newPrinter(c.OutOrStdout()), c.ErrOrStderr())
		}),
	}
}

// backup is `sealdesk backup`.
func (o *options) backup(ctx context.Context, at string, p *printer, stderr io.Writer) (err error) {
	from, err := o.existing(ctx)
	if err != nil {
		return err
	}
	defer closing(from, &err)
	to, err := o.openPlace(ctx, at, true)
	if err != nil {
		return err
	}
	defer closing(to, &err)
	files, err := o.keptFiles()
	if err != nil {
		return err
	}
	bar := newBar(stderr, 1)
	defer bar.clear()
	r, err := archive.Run(ctx, from, to, files, bar.steps)
	bar.clear()
	switch {
	case errors.Is(err, archive.ErrNoBackup):
		return fmt.Errorf("%s 里有别的东西，或是另一个工作台的备份，没有写入；请另选一个空的位置：%w", at, err)
	case errors.Is(err, archive.ErrBusy):
		return fmt.Errorf("%s 正有另一个备份在写入，请等它结束后重试：%w", at, err)
	case err != nil:
		return fmt.Errorf("备份没有做完，重新运行同一命令即可接着做：%w", err)
	}
	if r.Resumed {
		p.printf("上一次备份没有做完，这次接着做了。\n")
	}
	p.printf("%s：新增 %d 个对象（%s），原有 %d 个，另有 %d 个配置文件。\n", painted{"备份完成", green}, r.Copied, megabytes(r.Bytes), r.Known, len(files))
	if len(r.Failed) > 0 {
		p.printf("损坏的请用 sealdesk verify 核对；与备份里不同的，可用 sealdesk restore --only 取回备份里的那一个。\n")
	}
	return tellFailures(p, "未能备份", r.Failed)
}

// tellFailures names what could not be copied, and ends the program with a status where
// there is any.
func tellFailures(p *printer, what string, failed []archive.Failure) error {
	if len(failed) == 0 {
		return p.err
	}
	p.printf("%s：\n", painted{fmt.Sprintf("%d 个对象%s", len(failed), what), red})
	for _, f := range failed {
		p.printf("  %s：%s\n", f.Key, f.Error)
	}
	return errors.Join(p.err, exit(exitFailed))
}

// megabytes is a number of bytes for people.
func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// The names in a backup of what is kept in files.
const (
	callsName  = "calls/"      // profiles in the folder of calls
	callName   = "call.yaml"   // the profile that the configuration names by its path
	configName = "config.yaml" // the configuration without secrets
	markName   = "audit-mark"  // the last record of the audit trail that was verified
)

// keptFiles are the files that are no object of the store and derived from nothing, by
// their names in a backup.
func (o *options) keptFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	profiles, err := o.library().List()
	if err != nil {
		return nil, err
	}
	for _, f := range profiles {
		if f.File != "" && f.Source != nil {
			files[callsName+filepath.Base(f.File)] = f.Source
		}
	}
	paths := map[string]string{markName: filepath.Join(o.Data, markName)}
	if o.Call != "" && o.library().Find(o.Call) == nil {
		paths[callName] = o.Call
	}
	for name, path := range paths {
		b, err := os.ReadFile(path)
		switch {
		case err == nil:
			files[name] = b
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s 读不出来，没有备份：%w", path, err)
		}
	}
	files[configName], err = plainConfig(o.Config)
	return files, err
}

// plainConfig is the configuration in effect as a file, without secrets and defaults.
func plainConfig(c *config.Config) ([]byte, error) {
	tree := map[string]any{}
	for _, v := range c.Values() {
		if v.Kind == config.KindSecret || v.Text == "" || v.Origin.Layer == config.Default {
			continue
		}
		at, sections := tree, strings.Split(v.Key, ".")
		for _, s := range sections[:len(sections)-1] {
			next, ok := at[s].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[s] = next
			}
			at = next
		}
		at[sections[len(sections)-1]] = v.Text
	}
	b, err := yaml.Marshal(tree)
	return append([]byte("# The configuration when the backup was made; its secrets are not in it.\n"), b...), err
}

// profileName says whether a name in a backup is that of a profile in the folder of calls,
// and gives the file's.
func profileName(name string) (string, bool) {
	file, ok := strings.CutPrefix(name, callsName)
	ext := path.Ext(file)
	return file, ok && filepath.IsLocal(file) && filepath.Base(file) == file && !strings.HasPrefix(file, ".") && (ext == ".yaml" || ext == ".yml")
}
