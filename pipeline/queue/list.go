package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Cancel removes all jobs of a bundle, waiting and dead ones, and ends the
// contexts of handlers that have one in hand, in any process, with the cause
// ErrCancelled. A bundle without jobs is no error.
func (q *Queue) Cancel(ctx context.Context, bundle string) error {
	if err := checkBundle(bundle); err != nil {
		return fmt.Errorf("queue: cancel: %w", err)
	}
	if err := q.jobs.Purge(ctx, jetstream.WithPurgeSubject("sealdesk.job.*.*."+bundle+".*")); err != nil {
		return q.failed("cancel", err)
	}
	if err := q.dead.Purge(ctx, jetstream.WithPurgeSubject("sealdesk.dead."+bundle+".*")); err != nil {
		return q.failed("cancel", err)
	}
	// A worker that this does not reach misses the job at its next heartbeat.
	return q.failed("cancel", q.conn.Publish(cancelSubject, []byte(bundle)))
}

// Waiting gives the jobs that no worker has in hand, about in the order in which
// they would be taken, those included that pause after a failure.
func (q *Queue) Waiting(ctx context.Context) ([]Job, error) {
	held := map[uint64]bool{}
	err := q.each(ctx, triesStream, triesPrefix+"*", func(m *jetstream.RawStreamMsg) error {
		t, err := q.parseTry(m)
		if err != nil || !t.held {
			return err
		}
		seq, err := strconv.ParseUint(strings.TrimPrefix(m.Subject, triesPrefix), 10, 64)
		held[seq] = true
		return err
	})
	if err != nil {
		return nil, q.failed("waiting", err)
	}
	var in [Backlog + 1][lanes][]Job
	err = q.each(ctx, jobsStream, "sealdesk.job.>", func(m *jetstream.RawStreamMsg) error {
		if held[m.Sequence] {
			return nil
		}
		j, err := parse(m.Data)
		in[j.Priority][j.lane()] = append(in[j.Priority][j.lane()], j)
		return err
	})
	if err != nil {
		return nil, q.failed("waiting", err)
	}
	var jobs []Job
	for _, lanes := range in {
		for more, i := true, 0; more; i++ {
			more = false
			for _, lane := range lanes {
				if i < len(lane) {
					jobs, more = append(jobs, lane[i]), true
				}
			}
		}
	}
	return jobs, nil
}

// Dead is a job that was given up.
type Dead struct {
	Job Job `json:"job"`
	// Reason is the text of the last attempt's error, at most 4096 bytes.
	Reason string `json:"reason"`
	// Time is when the job was given up.
	Time time.Time `json:"time"`
	// Attempts is how often it was tried.
	Attempts int `json:"attempts"`
}

// Dead gives the jobs that were given up, the oldest first.
func (q *Queue) Dead(ctx context.Context) ([]Dead, error) {
	var dead []Dead
	err := q.each(ctx, deadStream, "sealdesk.dead.>", func(m *jetstream.RawStreamMsg) error {
		d, err := parseDead(m)
		dead = append(dead, d)
		return err
	})
	if err != nil {
		return nil, q.failed("dead", err)
	}
	return dead, nil
}

// Revive puts a bundle's dead jobs back as new ones. It returns ErrNotFound if
// the bundle has none.
func (q *Queue) Revive(ctx context.Context, bundle string) error {
	if err := checkBundle(bundle); err != nil {
		return fmt.Errorf("queue: revive: %w", err)
	}
	found := false
	err := q.each(ctx, deadStream, "sealdesk.dead."+bundle+".*", func(m *jetstream.RawStreamMsg) error {
		d, err := parseDead(m)
		if err != nil {
			return err
		}
		found = true
		if err := q.put(ctx, d.Job); err != nil {
			return err
		}
		if err := q.dead.DeleteMsg(ctx, m.Sequence); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
		return nil
	})
	if err == nil && !found {
		return ErrNotFound
	}
	return q.failed("revive", err)
}

func parseDead(m *jetstream.RawStreamMsg) (Dead, error) {
	var d Dead
	if err := json.Unmarshal(m.Data, &d); err != nil {
		return Dead{}, fmt.Errorf("stored dead job: %w", err)
	}
	if err := d.Job.check(); err != nil {
		return Dead{}, fmt.Errorf("stored dead job: %w", err)
	}
	return d, nil
}
