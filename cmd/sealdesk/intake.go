package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"sealdesk/bundle"
	"sealdesk/config"
	"sealdesk/storage/s3"
)

// bucketScheme begins arguments that stand for objects of the intake's service.
const bucketScheme = "s3://"

// objects gives the scans that an argument s3://bucket/prefix stands for, in the order
// of the listing.
func (o *options) objects(ctx context.Context, opened *closers, arg string) ([]scan, error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(arg, bucketScheme), "/")
	switch wrong := config.CheckBucket(bucket); {
	case wrong != "":
		return nil, misuse("%s: %s", arg, wrong)
	case o.Intake.Endpoint == "":
		return nil, misuse("%s: say where the bucket is: intake.endpoint in the configuration, SEALDESK_INTAKE_ENDPOINT or --intake-endpoint", arg)
	case o.Kept(bucket, prefix):
		return nil, misuse("%s: there is what sealdesk itself keeps; name the bucket or prefix of scans", arg)
	}
	in, err := o.openIntake(ctx, bucket)
	if err != nil {
		return nil, err
	}
	opened.add(in)
	var out []scan
	for object, err := range in.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("无法列出 %s 中的材料，请检查网络和权限：%w", arg, err)
		}
		if !passedOver(path.Base(object.Key)) {
			out = append(out, objectScan(ctx, in, object))
		}
	}
	if len(out) == 0 {
		return nil, misuse("%s: there are no scans", arg)
	}
	return out, nil
}

// openIntake opens a bucket of the intake's service.
func (o *options) openIntake(ctx context.Context, bucket string) (*s3.Intake, error) {
	at := o.Intake
	at.Bucket = bucket
	in, err := s3.OpenIntake(ctx, s3Options(at))
	if err != nil {
		return nil, fmt.Errorf("材料存储桶 %s 不能使用，请检查配置、网络和权限：%w", bucket, err)
	}
	return in, nil
}

// objectScan is an object of an intake, fetched when it is first read.
func objectScan(ctx context.Context, in *s3.Intake, o s3.Object) scan {
	name := path.Base(o.Key)
	return scan{name: name, size: o.Size, open: func() (*os.File, error) {
		f, err := fetchObject(ctx, in, o)
		var known *bundle.Error
		if err != nil && !errors.As(err, &known) {
			err = unreadable(name, "未能从存储桶取得。请检查网络和权限后重试。", err)
		}
		return f, err
	}}
}

// fetchObject copies an object into a file without a name, which is gone when it is
// closed or the program ends, however it ends. A network that fails later cannot be
// taken for a scan that is damaged.
func fetchObject(ctx context.Context, in *s3.Intake, o s3.Object) (*os.File, error) {
	if o.Size > maxScan {
		return nil, &bundle.Error{
			Code:    bundle.CodeTooLarge,
			Message: fmt.Sprintf("文件太大（超过 %d MB）。请降低扫描分辨率（300 dpi 即可），或分成几个文件上传。", maxScan>>20),
		}
	}
	r, err := in.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := os.CreateTemp("", "sealdesk-scan-")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		_, err = io.Copy(f, io.NewSectionReader(r, 0, r.Size()))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
