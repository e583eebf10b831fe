package s3_test

import (
	"testing"

	"sealdesk/storage"
	"sealdesk/storage/s3"
	"sealdesk/storage/s3/s3test"
	"sealdesk/storage/storagetest"
)

func open(t testing.TB, o s3.Options) *s3.Store {
	t.Helper()
	s, err := s3.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func conform(t *testing.T, server *s3test.Running) {
	storagetest.Run(t, func(t *testing.T) storage.Store { return open(t, server.Bucket(t)) })
}

func TestFake(t *testing.T)    { conform(t, s3test.Fake(t)) }
func TestMinIO(t *testing.T)   { conform(t, s3test.MinIO(t)) }
func TestVersity(t *testing.T) { conform(t, s3test.Versity(t)) }
