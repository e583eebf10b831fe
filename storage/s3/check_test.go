package s3_test

import (
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"sealdesk/storage/s3"
)

// findings are the levels of a report by what was looked at.
func findings(r s3.Report) map[string]s3.Level {
	levels := map[string]s3.Level{}
	for _, f := range r {
		levels[f.What] = f.Level
	}
	return levels
}

func testCheck(t *testing.T, o s3.Options, parts, locks bool) {
	o.Prefix = "check"
	for range 2 {
		r, err := s3.Check(t.Context(), o)
		if err != nil || !r.Usable() {
			t.Fatalf("Check found %+v, error %v", r, err)
		}
		levels := findings(r)
		if levels["存储桶"] != s3.Good || levels["时钟"] != s3.Good || levels["版本控制"] != s3.Note || levels["对象锁定"] != s3.Note || (levels["写入保护"] == s3.Good) != parts {
			t.Errorf("Check found %+v", r)
		}
	}
	if locks {
		if err := client(t, o).EnableVersioning(t.Context(), o.Bucket); err != nil {
			t.Fatal(err)
		}
		if r, err := s3.Check(t.Context(), o); err != nil || findings(r)["版本控制"] != s3.Good {
			t.Errorf("with versioning, Check found %+v, error %v", r, err)
		}
	}
	// It leaves its one object.
	var left []string
	for found := range client(t, o).ListObjects(t.Context(), o.Bucket, minio.ListObjectsOptions{Recursive: true}) {
		left = append(left, found.Key)
	}
	if got := strings.Join(left, " "); got != "check/_sealdesk/probe" {
		t.Errorf("Check left %q", got)
	}
	if r, err := s3.CheckIntake(t.Context(), o); err != nil || !r.Usable() || len(r) != 2 {
		t.Errorf("CheckIntake found %+v, error %v", r, err)
	}

	absent := o
	absent.Bucket += "-none"
	if r, err := s3.Check(t.Context(), absent); err != nil || r.Usable() || !strings.Contains(r[0].Text, "没有存储桶") {
		t.Errorf("without a bucket, Check found %+v, error %v", r, err)
	}
	if _, err := s3.Open(t.Context(), absent); err == nil || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("without a bucket, Open gave the error %v", err)
	}
	if _, err := s3.OpenIntake(t.Context(), absent); err == nil || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("without a bucket, OpenIntake gave the error %v", err)
	}
	if !locks {
		return // the fake takes any credentials
	}
	stranger, forged := o, o
	stranger.AccessKey = "nobody-known"
	forged.SecretKey = "not-the-secret-key"
	for text, o := range map[string]s3.Options{"access key": stranger, "secret key": forged} {
		r, err := s3.Check(t.Context(), o)
		if err != nil || r.Usable() || !strings.Contains(r[0].Text, text) {
			t.Errorf("with the wrong %s, Check found %+v, error %v", text, r, err)
		}
		if _, err := s3.Open(t.Context(), o); err == nil || strings.Contains(err.Error(), o.SecretKey) {
			t.Errorf("with the wrong %s, Open gave the error %v", text, err)
		}
	}
}
