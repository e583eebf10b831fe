package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"sealdesk/pipeline/queue"
)

// TestStats: jobs are counted by priority, in hand or not, with the time of the oldest, and
// dead ones; and the name of a trace goes with its job.
func TestStats(t *testing.T) {
	each(t, func(t *testing.T, opts queue.Options) {
		q := open(t, opts)
		before := time.Now().Add(-time.Second)
		stats := func() queue.Stats {
			t.Helper()
			s, err := q.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := stats(); s != (queue.Stats{}) {
			t.Errorf("an empty queue has %+v", s)
		}
		for n := range 3 {
			put(t, q, queue.Job{Bundle: sum(n), Priority: queue.Backlog})
		}
		urgent := queue.Job{Bundle: sum(3), Priority: queue.Counter, Trace: "00-1-2-01"}
		put(t, q, urgent)
		s := stats()
		if s.Jobs[queue.Backlog].Count != 3 || s.Jobs[queue.Counter].Count != 1 || s.Dead != 0 {
			t.Errorf("%+v", s)
		}
		if o := s.Jobs[queue.Backlog].Oldest; o.Before(before) || o.After(time.Now()) || o.After(s.Jobs[queue.Counter].Oldest) {
			t.Errorf("the oldest is of %v, the urgent one of %v", o, s.Jobs[queue.Counter].Oldest)
		}
		working, stop := context.WithCancel(t.Context())
		var once sync.Once
		err := q.Work(working, 1, func(_ context.Context, d queue.Delivery) error {
			if d.Job.Bundle == urgent.Bundle {
				if d.Job.Trace != urgent.Trace {
					t.Errorf("the trace is %q", d.Job.Trace)
				}
				return queue.Permanent(errors.New("never"))
			}
			once.Do(stop)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if s := stats(); s.Dead != 1 || s.Jobs[queue.Counter].Count != 0 || s.Jobs[queue.Backlog].Count < 2 {
			t.Errorf("afterwards %+v", s)
		}
	})
}
