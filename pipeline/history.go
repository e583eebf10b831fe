package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sealdesk/storage"
)

// Log is one of the kinds of records that a bundle has, each in a row of numbers.
type Log string

// The logs of a bundle: what people corrected and arranged, and what became of it
// beside results.
const (
	Corrections  Log = "corrections"
	Arrangements Log = "arrangements"
	Events       Log = "events"
)

func logKey(sha string, log Log, n int) string {
	return fmt.Sprintf("%s%s/%s/%06d.json", root, sha, log, n)
}

// History reads a bundle's records of a kind, in the order of their numbers.
func History[T any](ctx context.Context, s storage.Store, sha string, log Log) ([]T, error) {
	var out []T
	for info, err := range s.List(ctx, root+sha+"/"+string(log)+"/") {
		if err != nil {
			return nil, fmt.Errorf("list %s of %s: %w", log, sha, err)
		}
		if !strings.HasSuffix(info.Key, ".json") {
			continue
		}
		b, err := storage.ReadAll(ctx, s, info.Key)
		if err != nil {
			return nil, err
		}
		var v T
		if err := json.Unmarshal(b, &v); err != nil {
			return nil, fmt.Errorf("decode %s: %w", info.Key, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// Append keeps a record as the n-th of its kind, from 1. When somebody else was first
// with this number the error is storage.ErrExists.
func Append(ctx context.Context, s storage.Store, sha string, log Log, n int, v any) error {
	key := logKey(sha, log, n)
	return storeError(storage.PutJSON(ctx, s, key, v), "store "+key)
}
