package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"sealdesk/config"
	"sealdesk/storage/s3"
)

func newCreateBuckets(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "create-buckets",
		Short: "Make the buckets that are configured and missing",
		Long: `Make the bucket of the store (storage.s3), that of the intake and that of backups, as far
as they are configured and missing. One that is there is left as it is. Versions, locks and who may
do what are the administrator's to set.`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			return o.createBuckets(c.Context(), newPrinter(c.OutOrStdout()))
		}),
	}
}

func (o *options) createBuckets(ctx context.Context, p *printer) error {
	var wanted []config.S3
	if o.Storage.Kind == config.S3Kind {
		wanted = append(wanted, o.Storage.S3)
	}
	if o.Intake.Bucket != "" {
		wanted = append(wanted, o.Intake)
	}
	if o.Backup.Bucket != "" {
		wanted = append(wanted, o.Backup)
	}
	if len(wanted) == 0 {
		return misuse("no bucket is configured: say storage.kind: s3, intake.bucket or backup.bucket")
	}
	for _, b := range wanted {
		if err := s3.CreateBucket(ctx, s3Options(b)); err != nil {
			return fmt.Errorf("存储桶 %s 未能建立，请检查地址、密钥和权限：%w", b.Bucket, err)
		}
		p.printf("存储桶 %s 可以使用。\n", b.Bucket)
	}
	return p.err
}
