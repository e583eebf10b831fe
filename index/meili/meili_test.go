package meili_test

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"sealdesk/index"
	"sealdesk/index/indextest"
	"sealdesk/index/meili"
	"sealdesk/index/meili/meilitest"
)

// TestConformance runs against the stand-in.
func TestConformance(t *testing.T) {
	server := meilitest.Start(meilitest.Options{})
	t.Cleanup(server.Close)
	conform(t, meili.Options{URL: server.URL})
}

// TestConformanceReal runs against a real server.
func TestConformanceReal(t *testing.T) {
	url := os.Getenv("SEALDESK_TEST_MEILI")
	if url == "" {
		t.Skip("SEALDESK_TEST_MEILI names no Meilisearch server (SEALDESK_TEST_MEILI_KEY is its key)")
	}
	conform(t, meili.Options{URL: url, Key: os.Getenv("SEALDESK_TEST_MEILI_KEY")})
}

// conform runs the suite with an index of its own for each test.
func conform(t *testing.T, o meili.Options) {
	indextest.Run(t, func(t *testing.T) index.Index {
		o := o
		o.Prefix = "sealdesk-test-" + strings.ToLower(rand.Text()[:12])
		x, err := meili.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := meili.Remove(context.Background(), o); err != nil {
				t.Error(err)
			}
		})
		return x
	})
}
