package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sealdesk/pipeline"
	"sealdesk/storage"
)

// Settled says that nobody waits for a bundle's result, though there is none: with its pages
// as the arrangement with a number has them, reading it failed or was cancelled, and
// somebody is to decide.
func Settled(ctx context.Context, s storage.Store, sha string, arrangement int) (bool, error) {
	events, err := pipeline.History[event](ctx, s, sha, pipeline.Events)
	if err != nil {
		return false, err
	}
	settled := false
	for _, e := range events {
		if e.Arrangement == arrangement {
			settled = e.Kind == failed || e.Kind == cancelled
		}
	}
	return settled, nil
}

// VerifyRecord looks at a record of what was taken in, or of a receipt, by its key and its
// bytes, and gives the bundle that it tells of. ours is false where the key is none of
// these; wrong says to people, in Chinese, what is wrong with it, "" for nothing.
func VerifyRecord(key string, b []byte) (bundle string, ours bool, wrong string) {
	switch {
	case strings.HasPrefix(key, receiptRoot):
		var r struct {
			Bundle string `json:"bundle"`
		}
		if err := json.Unmarshal(b, &r); err != nil {
			return "", true, fmt.Sprintf("内容不是应有的格式（%v）", err)
		}
		return r.Bundle, true, ""
	case strings.HasPrefix(key, intakeRoot) && strings.Count(key, "/") == 1:
		var t intake
		if err := json.Unmarshal(b, &t); err != nil {
			return "", true, fmt.Sprintf("内容不是应有的格式（%v）", err)
		}
		if t.key() != key {
			return t.Bundle, true, "内容与名字不符"
		}
		return t.Bundle, true, ""
	}
	return "", false, ""
}
