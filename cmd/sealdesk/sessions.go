package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"time"

	"sealdesk/pipeline/queue"
)

// sessions keeps the sessions of browsers beside the queue, where all processes of a
// desk see them. A value is the second at which it ends, in eight bytes, and the
// session.
type sessions struct{ *queue.KV }

// FindCtx implements scs.CtxStore.
func (s sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	b, err := s.Get(ctx, token)
	switch {
	case errors.Is(err, queue.ErrNotFound):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case len(b) < 8 || time.Now().Unix() >= int64(binary.BigEndian.Uint64(b)):
		return nil, false, nil
	}
	return b[8:], true, nil
}

// renewal is how much later a session must end to be written for that alone. Each request
// puts its end off, and each write waits for the disk.
const renewal = time.Minute

// CommitCtx implements scs.CtxStore.
func (s sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	switch kept, err := s.Get(ctx, token); {
	case err != nil && !errors.Is(err, queue.ErrNotFound):
		return err
	case err == nil && len(kept) >= 8 && bytes.Equal(kept[8:], b):
		ends := time.Unix(int64(binary.BigEndian.Uint64(kept)), 0)
		if later := expiry.Sub(ends); later >= 0 && later < renewal {
			return nil
		}
	}
	value := binary.BigEndian.AppendUint64(nil, uint64(expiry.Unix()))
	return s.Put(ctx, token, append(value, b...))
}

// DeleteCtx implements scs.CtxStore.
func (s sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.KV.Delete(ctx, token)
}

// Find implements scs.Store.
func (s sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store.
func (s sessions) Commit(token string, b []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, b, expiry)
}

// Delete implements scs.Store.
func (s sessions) Delete(token string) error {
	return s.DeleteCtx(context.Background(), token)
}
