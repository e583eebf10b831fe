package main

import (
	"context"
)

// bucketScheme begins arguments that stand for objects of the intake's service.
const bucketScheme = "s3://"

// objects gives the scans that an argument s3://bucket/prefix stands for.
func (o *options) objects(_ context.Context, arg string) ([]scan, error) {
	return nil, misuse("%s: there is no S3 in this build", arg)
}
