package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"sealdesk/archive"
	"sealdesk/config"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

func newMigrate(o *options) *cobra.Command {
	var to string
	c := &cobra.Command{
		Use:   "migrate --to CONFIG",
		Short: "Move a desk to where another configuration keeps it",
		Long: `Copy everything that is kept to where another configuration file keeps it, from a data
folder to a bucket, say, or back, each object with its hash checked on both sides; then
the profiles of calls, and build the search index there. Of the other configuration, only
the file counts, not the environment or flags. Its store must be empty and, when it is a
bucket, be there (sealdesk config create-buckets).

Nothing is changed where the desk was. Interrupted, it goes on when it is run again. So a
desk can move with hardly a pause: migrate while it works, stop it, migrate again, which
copies what came meanwhile, and start it with the other configuration.

Exit status: 0 when all was copied, 1 when something could not be.`,
		Example: "  sealdesk migrate --to office.yaml",
		Args:    positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			if to == "" {
				return misuse("say where: --to and the file of the other configuration")
			}
			return o.migrate(c.Context(), to, newPrinter(c.OutOrStdout()), c.ErrOrStderr())
		}),
	}
	c.Flags().StringVar(&to, "to", "", "configuration file of where the desk moves to")
	return c
}

// migrate is `sealdesk migrate`.
func (o *options) migrate(ctx context.Context, path string, p *printer, stderr io.Writer) (err error) {
	loaded, err := config.Load(config.Sources{Path: path})
	if err != nil {
		return err
	}
	there := &options{Config: loaded}
	if same, err := sameStore(o.Config, loaded); err != nil || same {
		return errors.Join(misuse("%s keeps everything in the same place; after changing index:, run sealdesk reindex", path), err)
	}
	from, err := o.existing(ctx)
	if err != nil {
		return err
	}
	defer closing(from, &err)
	to, err := there.store(ctx)
	if err != nil {
		return err
	}
	defer closing(to, &err)
	bar := newBar(stderr, 1)
	defer bar.clear()
	r, err := archive.Move(ctx, from, to, pipeline.Dated, bar.steps)
	bar.clear()
	var occupied *archive.OccupiedError
	switch {
	case errors.As(err, &occupied):
		return fmt.Errorf("%s 所指的地方有别的东西，没有改动它；请换一个空的文件夹或存储桶：%w", path, err)
	case err != nil:
		return fmt.Errorf("迁移没有做完，重新运行同一命令即可接着做：%w", err)
	}
	files, err := o.keptFiles()
	if err != nil {
		return err
	}
	for name, b := range files {
		if to := there.movedFile(name); to != "" {
			if err := putFile(p, to, b); err != nil {
				return err
			}
		}
	}
	now, _, err := storage.WithTimes(ctx, to)
	if err != nil {
		return err
	}
	n, err := there.index(now, stderr).rebuild(ctx)
	if err != nil {
		return fmt.Errorf("材料都已迁移，但新的检索库没有建好；请修好后再运行一次同一命令：%w", err)
	}
	p.printf("%s：%d 个对象（%s），每个都核对过校验和；新的检索库已建立，共 %d 份申报。原处没有改动。\n", painted{"迁移完成", green}, r.Copied, megabytes(r.Bytes), n)
	p.printf(`接下来：
  1. 旧的工作台若还开着，请停下它，再运行一次同一命令，补上其间新来的。
  2. 运行 sealdesk verify --config %s 核对。
  3. 用新的配置启动 sealdesk serve（以及 sealdesk work）。账号、令牌和审计记录已一起迁移，密码和密钥文件没有；大家需要重新登录。
  4. 队列没有迁移：还没处理的材料，启动后会自动重新排队。
  5. sealdesk watch 和定时备份也请改用新的配置。确认无误后，原来的数据由您处理。
`, path)
	return tellFailures(p, "未能迁移", r.Failed)
}

// movedFile is where a file goes that no store keeps, "" for nowhere.
func (o *options) movedFile(name string) string {
	if file, ok := profileName(name); ok {
		return filepath.Join(o.callsFolder(), file)
	}
	if name == markName {
		return filepath.Join(o.Data, markName)
	}
	return "" // the other configuration has its own
}

// sameStore says whether two configurations keep in the same place.
func sameStore(a, b *config.Config) (bool, error) {
	if a.Storage.Kind != b.Storage.Kind {
		return false, nil
	}
	if a.Storage.Kind == config.S3Kind {
		return a.KeptAt(b.Storage.S3), nil
	}
	within, err := inside(a.Data, b.Data)
	if err != nil || within {
		return within, err
	}
	return inside(b.Data, a.Data)
}
