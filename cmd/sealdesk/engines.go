package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sealdesk/archive"
	"sealdesk/config"
	"sealdesk/index/bleve"
	"sealdesk/index/meili"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
	"sealdesk/storage/dir"
	"sealdesk/storage/s3"
)

// tryTime bounds how long a server of the queue is waited for.
const tryTime = 10 * time.Second

// store is a store that is open.
type store interface {
	archive.Mendable
	io.Closer
}

// store opens the store of the kind configured. A data folder is made where there is
// none.
func (o *options) store(ctx context.Context) (store, error) {
	if o.Storage.Kind == config.S3Kind {
		s, err := s3.Open(ctx, s3Options(o.Storage.S3))
		if err != nil {
			return nil, fmt.Errorf("对象存储不能使用，请运行 sealdesk config check 查看原因：%w", err)
		}
		return withTimes(ctx, s)
	}
	s, err := dir.Open(filepath.Join(o.Data, "store"))
	if err != nil {
		return nil, fmt.Errorf("数据文件夹 %s 不能使用，请检查路径和权限：%w", o.Data, err)
	}
	return withTimes(ctx, s)
}

// dated is a store that says when objects were first written that were moved or restored.
type dated struct {
	store
	times *storage.Dated
}

// withTimes makes a store say when what was moved into it was first written. A list of
// times that is damaged dates nothing; sealdesk verify tells of it.
func withTimes(ctx context.Context, s store) (store, error) {
	d, _, err := storage.WithTimes(ctx, s)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return dated{s, d}, nil
}

// Stat implements [storage.Store].
func (d dated) Stat(ctx context.Context, key string) (storage.Info, error) {
	return d.times.Stat(ctx, key)
}

// List implements [storage.Store].
func (d dated) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return d.times.List(ctx, prefix)
}

// s3Options are those of a bucket that is configured.
func s3Options(b config.S3) s3.Options {
	return s3.Options{
		Endpoint: b.Endpoint, Bucket: b.Bucket, Prefix: b.Prefix, Region: b.Region,
		AccessKey: b.AccessKey.Reveal(), SecretKey: b.SecretKey.Reveal(), PathStyle: b.PathStyle, MD5: b.MD5,
	}
}

// existing opens a store that holds something already.
func (o *options) existing(ctx context.Context) (store, error) {
	if o.Storage.Kind == config.Dir {
		if _, err := os.Stat(filepath.Join(o.Data, "store")); err != nil {
			return nil, fmt.Errorf("数据文件夹 %s 里还没有材料。请先运行 sealdesk process，或用 --data 指定数据文件夹", o.Data)
		}
	}
	return o.store(ctx)
}

// engines are the looks at what keeps and searches.
func (d *doctor) engines() []func(context.Context) {
	looks := []func(context.Context){d.secrets}
	if d.Storage.Kind == config.Dir || d.Index.Kind == config.Bleve {
		looks = append(looks, d.folder, d.room)
	}
	if d.Storage.Kind == config.Dir {
		looks = append(looks, d.keptInFolder)
	}
	if d.Storage.Kind == config.S3Kind {
		looks = append(looks, d.keptInBucket)
	}
	if d.Intake.Bucket != "" {
		looks = append(looks, d.intake)
	}
	if d.Index.Kind == config.Bleve {
		looks = append(looks, d.indexInFolder)
	} else {
		looks = append(looks, d.indexInMeili)
	}
	if d.Queue.URL != "" {
		looks = append(looks, d.queueElsewhere)
	}
	return looks
}

// mounted is where container engines put secrets, with the rights of files elsewhere.
const mounted = "/run/secrets/"

// secrets looks for files with secrets that everybody on the machine can read.
func (d *doctor) secrets(context.Context) {
	var told []string
	for _, path := range []string{
		d.Storage.S3.AccessKeyFile, d.Storage.S3.SecretKeyFile, d.Intake.AccessKeyFile, d.Intake.SecretKeyFile, d.Backup.AccessKeyFile, d.Backup.SecretKeyFile, d.Index.Meili.KeyFile, d.Web.OIDC.ClientSecretFile,
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o004 == 0 || strings.HasPrefix(path, mounted) || slices.Contains(told, path) {
			continue
		}
		told = append(told, path)
		d.note("密钥文件", "%s 谁都可以读。请运行 chmod o-r %s", path, path)
	}
}

// keptInFolder opens the store in the data folder, where there is one.
func (d *doctor) keptInFolder(context.Context) {
	path := filepath.Join(d.Data, "store")
	if _, err := os.Stat(path); err != nil {
		return // doctor.folder told of it
	}
	s, err := dir.Open(path)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		d.bad("存储", "%v", err)
	} else {
		d.good("存储", "%s 可以打开", path)
	}
}

// indexInFolder opens the index in the data folder, where there is one.
func (d *doctor) indexInFolder(ctx context.Context) {
	path := filepath.Join(d.Data, "index")
	if _, err := os.Stat(path); err != nil {
		return // doctor.folder told of it
	}
	n := 0
	x, err := bleve.Open(path)
	if err == nil {
		n, err = x.Count(ctx)
		err = errors.Join(err, x.Close())
	}
	if err != nil {
		// What is kept is safe without it.
		d.note("检索库", "打不开（%v）。没有别的 sealdesk 在运行时，请运行 sealdesk reindex 重建", err)
	} else {
		d.good("检索库", "共 %d 份申报", n)
	}
}

// indexInMeili tries the Meilisearch server. What is wrong with it is a fault, though
// bundles could be processed: it was asked for.
func (d *doctor) indexInMeili(ctx context.Context) {
	const what = "检索库"
	report, err := meili.Check(ctx, meiliOptions(d.Config))
	for _, f := range report.Findings {
		tell := d.bad
		switch f.Level {
		case meili.Good:
			tell = d.good
		case meili.Warning:
			tell = d.note
		}
		text := f.What
		if f.Advice != "" {
			text += "。" + f.Advice
		}
		tell(what, "%s", text)
	}
	if err != nil {
		d.bad(what, "%v", err)
	}
}

// queueElsewhere tries the NATS servers of the queue.
func (d *doctor) queueElsewhere(ctx context.Context) {
	const what = "队列"
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	err := queue.Try(ctx, queue.Options{URL: d.Queue.URL, Token: d.Queue.Token.Reveal(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.bad(what, "%s 不能使用。请检查 queue.url、queue.token，以及服务器是否启用了 JetStream（%v）", d.Queue.URL, err)
		return
	}
	d.good(what, "%s 可以使用", d.Queue.URL)
}

// keptInBucket tries the bucket of the store.
func (d *doctor) keptInBucket(ctx context.Context) {
	report, err := s3.Check(ctx, s3Options(d.Storage.S3))
	d.bucket("对象存储", report, err)
}

// intake tries the bucket that scans come from.
func (d *doctor) intake(ctx context.Context) {
	report, err := s3.CheckIntake(ctx, s3Options(d.Intake))
	d.bucket("材料存储桶", report, err)
}

// bucket shows what the look at a bucket found.
func (d *doctor) bucket(of string, report s3.Report, err error) {
	for _, f := range report {
		tell := d.bad
		switch f.Level {
		case s3.Good:
			tell = d.good
		case s3.Note:
			tell = d.note
		}
		tell(of+"，"+f.What, "%s", f.Text)
	}
	if err != nil {
		d.bad(of, "%v", err)
	}
}
