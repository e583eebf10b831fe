package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sealdesk/config"
	"sealdesk/storage/dir"
	"sealdesk/storage/s3"
)

// where gives the place that an argument names, or the configured one without any.
func (o *options) where(args []string) (string, error) {
	switch {
	case len(args) == 1:
		return args[0], nil
	case o.Backup.Bucket == "":
		return "", misuse("say where: a folder, s3://bucket/prefix, or backup.bucket in the configuration")
	}
	return bucketScheme + o.Backup.Bucket + "/" + o.Backup.Prefix, nil
}

// openPlace opens the folder or the bucket that a text names, DIR or s3://bucket/prefix. A
// folder is made where there is none, if create says so.
func (o *options) openPlace(ctx context.Context, at string, create bool) (store, error) {
	if rest, ok := strings.CutPrefix(at, bucketScheme); ok {
		b := o.Backup
		b.Bucket, b.Prefix, _ = strings.Cut(rest, "/")
		switch wrong := config.CheckBucket(b.Bucket); {
		case wrong != "":
			return nil, misuse("%s: %s", at, wrong)
		case b.Endpoint == "":
			return nil, misuse("%s: say where the bucket is: backup.endpoint in the configuration, SEALDESK_BACKUP_ENDPOINT or --backup-endpoint", at)
		case o.KeptAt(b):
			return nil, misuse("%s: there is what sealdesk itself keeps; name another bucket or prefix", at)
		}
		s, err := s3.Open(ctx, s3Options(b))
		if err != nil {
			return nil, fmt.Errorf("备份的存储桶 %s 不能使用，请检查地址、密钥和权限：%w", b.Bucket, err)
		}
		return s, nil
	}
	if _, err := os.Stat(at); err != nil && !create {
		return nil, fmt.Errorf("没有文件夹 %s，请检查路径：%w", at, err)
	}
	if within, err := inside(at, o.Data); err != nil || within {
		return nil, errors.Join(misuse("%s is in the data folder: name another, best on another disk", at), err)
	}
	s, err := dir.Open(at)
	if err != nil {
		return nil, fmt.Errorf("文件夹 %s 不能使用，请检查路径和权限：%w", at, err)
	}
	return s, nil
}

// inside says whether a path is a folder or stands in it.
func inside(path, folder string) (bool, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return false, err
	}
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}
