package bleve_test

import (
	"testing"

	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/index/indextest"
)

func TestConformance(t *testing.T) {
	indextest.Run(t, func(t *testing.T) index.Index {
		x, err := bleve.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return x
	})
}
