package main

import (
	"encoding/binary"
	"testing"
	"time"

	"sealdesk/pipeline/queue"
)

// TestSessionsAreRenewed: what a session says is written at once, its end only when it
// has moved by a minute, as each request moves it.
func TestSessionsAreRenewed(t *testing.T) {
	ctx := t.Context()
	q, err := queue.Open(ctx, queue.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	kv, err := q.KV(ctx, "sessions", sessionTime)
	if err != nil {
		t.Fatal(err)
	}
	s := sessions{kv}
	end := time.Unix(time.Now().Unix(), 0).Add(time.Hour)
	for _, step := range []struct {
		what     string
		text     string
		end      time.Time
		keptText string
		keptEnd  time.Time
	}{
		{"the first", "a", end, "a", end},
		{"a request a moment later", "a", end.Add(30 * time.Second), "a", end},
		{"a request later", "a", end.Add(time.Minute), "a", end.Add(time.Minute)},
		{"something else", "b", end.Add(61 * time.Second), "b", end.Add(61 * time.Second)},
		{"an earlier end", "b", end, "b", end},
	} {
		if err := s.CommitCtx(ctx, "token", []byte(step.text), step.end); err != nil {
			t.Fatal(err)
		}
		kept, err := kv.Get(ctx, "token")
		if err != nil {
			t.Fatal(err)
		}
		if at := time.Unix(int64(binary.BigEndian.Uint64(kept)), 0); string(kept[8:]) != step.keptText || !at.Equal(step.keptEnd) {
			t.Errorf("%s: %q until %v is kept, want %q until %v", step.what, kept[8:], at, step.keptText, step.keptEnd)
		}
	}
	if err := s.DeleteCtx(ctx, "token"); err != nil {
		t.Fatal(err)
	}
	if _, there, err := s.FindCtx(ctx, "token"); there || err != nil {
		t.Errorf("a session that was ended is found: %v", err)
	}
	if err := s.CommitCtx(ctx, "token", []byte("b"), end); err != nil {
		t.Fatal(err)
	}
	if text, there, err := s.FindCtx(ctx, "token"); !there || string(text) != "b" || err != nil {
		t.Errorf("a session begun anew is %q, %t, %v", text, there, err)
	}
}
