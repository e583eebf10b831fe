package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sealdesk/archive"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

func newRestore(o *options) *cobra.Command {
	var only []string
	c := &cobra.Command{
		Use:   "restore [DIR | s3://BUCKET/PREFIX]",
		Short: "Restore a backup into an empty data folder or bucket",
		Long: `Put all that a backup holds into the store that is configured, which must be empty, each
object held against its SHA-256 in the backup's list of contents, with the profiles of
calls; then build the search index. Without an argument, the backup is in the bucket that
backup.bucket names. Interrupted, it goes on when it is run again. What a backup holds
that was interrupted is not restored, but the one before.

The configuration that was backed up is put into the data folder as restored-config.yaml,
to be looked at: it has no secrets.

With --only, single objects that are missing or damaged are fetched back, as sealdesk
verify names them, and nothing else is changed. What was damaged is kept aside.

Exit status: 0 when all is restored, 1 when something could not be.`,
		Example: `  sealdesk restore /mnt/backup/sealdesk
  sealdesk restore /mnt/backup/sealdesk --only bundles/3f9a…/original/1`,
		Args: positional(cobra.MaximumNArgs(1)),
		RunE: o.configured(func(c *cobra.Command, args []string) error {
			at, err := o.where(args)
			if err != nil {
				return err
			}
			r := restoring{options: o, printer: newPrinter(c.OutOrStdout()), stderr: c.ErrOrStderr(), at: at}
			return r.run(c.Context(), only)
		}),
	}
	c.Flags().StringArrayVar(&only, "only", nil, "key of an object to fetch back alone; several may be given")
	return c
}

// restoring is one run of `sealdesk restore`.
type restoring struct {
	*options
	*printer
	stderr io.Writer
	at     string
	backup *archive.Backup
}

func (r *restoring) run(ctx context.Context, only []string) (err error) {
	if _, err := r.profile(); err != nil && len(only) == 0 && !errors.Is(err, errNoCall) {
		return err
	}
	from, err := r.openPlace(ctx, r.at, false)
	if err != nil {
		return err
	}
	defer closing(from, &err)
	if r.backup, err = archive.Open(ctx, from); err != nil {
		return fmt.Errorf("备份 %s 的目录读不出来：%w", r.at, err)
	}
	to, err := r.store(ctx)
	if err != nil {
		return err
	}
	defer closing(to, &err)
	if len(only) > 0 {
		return r.single(ctx, to, only)
	}
	return r.all(ctx, to)
}

// all restores the whole backup.
func (r *restoring) all(ctx context.Context, to store) error {
	bar := newBar(r.stderr, 1)
	defer bar.clear()
	done, err := archive.Restore(ctx, r.backup, to, pipeline.Dated, bar.steps)
	bar.clear()
	var occupied *archive.OccupiedError
	switch {
	case errors.Is(err, archive.ErrNoBackup):
		return fmt.Errorf("%s 里没有备份，请检查位置：%w", r.at, err)
	case errors.Is(err, archive.ErrIncomplete):
		return fmt.Errorf("%s 里的备份从未做完，不能恢复；原来的数据还在时，请再运行一次 sealdesk backup：%w", r.at, err)
	case errors.As(err, &occupied):
		return fmt.Errorf("要恢复到的地方不是空的，没有改动它；请用 --data 另选一个空文件夹，或换一个空的存储桶：%w", err)
	case err != nil:
		return fmt.Errorf("恢复没有做完，重新运行同一命令即可接着做：%w", err)
	}
	if err := r.files(ctx); err != nil {
		return err
	}
	now, _, err := storage.WithTimes(ctx, to)
	if err != nil {
		return err
	}
	n, err := r.index(now, r.stderr).rebuild(ctx)
	if err != nil {
		return fmt.Errorf("材料都已恢复，但检索库没有建好；请稍后运行 sealdesk reindex：%w", err)
	}
	if r.backup.Interrupted {
		r.printf("后来还有一次备份没有做完，没有用它。\n")
	}
	r.printf("%s：%s 的备份，%d 个对象（%s），每个都与备份目录里的校验和一致；检索库已重建，共 %d 份申报。\n",
		painted{"恢复完成", green}, r.backup.Time.Local().Format("2006-01-02 15:04"), done.Copied, megabytes(done.Bytes), n)
	r.printf("原来的配置（没有密码和密钥）在 %s，请对照。大家需要重新登录。\n", r.restoredConfig())
	return tellFailures(r.printer, "未能恢复", done.Failed)
}

func (r *restoring) restoredConfig() string { return filepath.Join(r.Data, "restored-config.yaml") }

// files restores what is kept in files. None is put in the place of another.
func (r *restoring) files(ctx context.Context) error {
	for _, f := range r.backup.Files {
		to := r.movedFile(f.Key)
		switch {
		case to != "":
		case f.Key == callName:
			to = filepath.Join(r.Data, "restored-call.yaml")
		case f.Key == configName:
			to = r.restoredConfig()
		default:
			r.printf("备份里的文件 %s 不认识，没有恢复。\n", f.Key)
			continue
		}
		b, err := r.backup.File(ctx, f)
		if err != nil {
			return err
		}
		if err := putFile(r.printer, to, b); err != nil {
			return err
		}
	}
	return nil
}

// putFile writes a file, and not in the place of another one, which is told.
func putFile(p *printer, path string, b []byte) error {
	had, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(had, b):
		return nil
	case err == nil:
		p.printf("已有文件 %s，与要放的不同，没有改动。\n", path)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		err = writeWhole(path, b)
	}
	if err != nil {
		return fmt.Errorf("文件 %s 放不进去：%w", path, err)
	}
	return nil
}

// writeWhole writes a file that appears whole.
func writeWhole(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// single fetches single objects back.
func (r *restoring) single(ctx context.Context, to store, keys []string) error {
	failed := false
	for _, key := range keys {
		where, err := archive.RestoreOnly(ctx, r.backup, to, key)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, archive.ErrSound):
			r.printf("%s 没有损坏，没有改动。\n", key)
		case errors.Is(err, archive.ErrUnknown):
			r.printf("%s：备份里没有，请检查写法或换一个备份。\n", painted{key, red})
			failed = true
		case errors.Is(err, storage.ErrCorrupt):
			r.printf("%s：备份里的这一个也已损坏，请换一个备份（%v）。\n", painted{key, red}, err)
			failed = true
		case err != nil:
			return err
		case where != "":
			r.printf("%s 已从备份取回，损坏的那个移到了 %s。\n", key, where)
		default:
			r.printf("%s 已从备份取回。\n", key)
		}
	}
	r.printf("取回以后，请运行 sealdesk verify 再核对一次。\n")
	if failed {
		return errors.Join(r.err, exit(exitFailed))
	}
	return r.err
}
