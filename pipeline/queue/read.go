package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// which says which message of a stream is wanted.
type which struct {
	Seq  uint64 `json:"seq,omitempty"`
	Last string `json:"last_by_subj,omitempty"` // the last one of a subject
	Next string `json:"next_by_subj,omitempty"` // the first one of a subject from Seq on
}

// get gives a message, or jetstream.ErrMsgNotFound. It asks the stream's leader.
// The client would ask any server of a cluster, of which one that lags behind
// might not have a job that was just put, or still have one that is done.
func (q *Queue) get(ctx context.Context, stream string, w which) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, finishWait)
	defer cancel()
	request, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	m, err := q.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, request)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, err)
	}
	switch {
	case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, jetstream.ErrMsgNotFound
	case answer.Error != nil:
		return nil, answer.Error
	case answer.Message == nil:
		return nil, fmt.Errorf("read %s: an empty answer", stream)
	}
	got := answer.Message
	return &jetstream.RawStreamMsg{Subject: got.Subject, Sequence: got.Seq, Time: got.Time, Data: got.Data}, nil
}

// batch is how many messages are asked for at a time.
const batch = 1000

// each calls f with a stream's messages of a subject in order. A stream that is
// a work queue allows no second consumer, so they are read as a batched direct
// get does (NATS ADR-31), which the client has no call for. In a cluster they may
// come from a server that lags a moment behind.
func (q *Queue) each(ctx context.Context, stream, subject string, f func(*jetstream.RawStreamMsg) error) error {
	for seq, more := uint64(1), true; more; {
		var err error
		if seq, more, err = q.readBatch(ctx, stream, subject, seq, f); err != nil {
			return err
		}
	}
	return nil
}

// readBatch reads from seq on, and says where the next batch begins if there is
// more.
func (q *Queue) readBatch(ctx context.Context, stream, subject string, seq uint64, f func(*jetstream.RawStreamMsg) error) (next uint64, more bool, _ error) {
	ctx, cancel := context.WithTimeout(ctx, finishWait)
	defer cancel()
	inbox := q.conn.NewInbox()
	sub, err := q.conn.SubscribeSync(inbox)
	if err != nil {
		return 0, false, err
	}
	defer sub.Unsubscribe()
	request := fmt.Sprintf(`{"seq":%d,"batch":%d,"next_by_subj":%q}`, seq, batch, subject)
	if err := q.conn.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, []byte(request)); err != nil {
		return 0, false, err
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return 0, false, err
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			raw, err := direct(m)
			if err != nil {
				return 0, false, err
			}
			if err := f(raw); err != nil {
				return 0, false, err
			}
			seq = raw.Sequence + 1
		case "204":
			return seq, m.Header.Get("Nats-Num-Pending") != "0", nil
		case "404":
			return seq, false, nil
		default:
			return 0, false, fmt.Errorf("read %s: %s %s", stream, status, m.Header.Get("Description"))
		}
	}
}

// direct is a message as a direct get brings it.
func direct(m *nats.Msg) (*jetstream.RawStreamMsg, error) {
	seq, err := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("sequence: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, m.Header.Get(jetstream.TimeStampHeaer))
	if err != nil {
		return nil, fmt.Errorf("time: %w", err)
	}
	return &jetstream.RawStreamMsg{Subject: m.Header.Get(jetstream.SubjectHeader), Sequence: seq, Time: at, Data: m.Data}, nil
}
