package meilitest

import (
	"maps"
	"slices"
	"time"
)

// Task is what the server was asked to do.
type Task struct {
	UID   int
	Type  string // as indexCreation, settingsUpdate, documentAdditionOrUpdate, documentDeletion, indexSwap
	Index string // "" for a swap
	Swap  []string
}

// task is one in the queue and, later, in the history.
type task struct {
	Task
	status   string
	err      *apiError
	enqueued time.Time
	started  *time.Time
	finished *time.Time
	details  map[string]any
	do       func() *apiError // runs with the lock held
}

// enqueue adds a task and gives what a request answers. The caller holds the lock.
func (s *Server) enqueue(kind, index string, details map[string]any, do func() *apiError) reply {
	t := &task{
		Task: Task{UID: len(s.tasks), Type: kind, Index: index}, status: "enqueued", enqueued: time.Now(), details: details, do: do,
	}
	if swaps, ok := details["swaps"].([]swap); ok {
		for _, pair := range swaps {
			t.Swap = append(t.Swap, pair.Indexes...)
		}
	}
	s.tasks = append(s.tasks, t)
	s.wake.Broadcast()
	return reply{202, map[string]any{
		"taskUid": t.UID, "indexUid": orNull(index), "status": t.status, "type": kind, "enqueuedAt": stamp(t.enqueued),
	}}
}

// work does the tasks one after the other until Close.
func (s *Server) work() {
	defer close(s.worked)
	next := 0
	for {
		s.mu.Lock()
		for !s.closing && (next == len(s.tasks) || s.paused) {
			s.wake.Wait()
		}
		if s.closing {
			s.mu.Unlock()
			return
		}
		t := s.tasks[next]
		next++
		now := time.Now()
		t.status, t.started = "processing", &now
		outcome := s.options.Outcome
		s.mu.Unlock()

		select {
		case <-time.After(s.options.Delay):
		case <-s.ending:
			return
		}
		result := Succeed
		if outcome != nil {
			result = outcome(t.Task)
		}

		s.mu.Lock()
		switch result {
		case Cancel:
			t.status = "canceled"
		case Fail:
			t.status, t.err = "failed", failure("internal", "the task was told to fail")
		default:
			if t.err = t.do(); t.err != nil {
				t.status = "failed"
			} else {
				t.status = "succeeded"
			}
		}
		end := time.Now()
		t.finished = &end
		s.mu.Unlock()
	}
}

func (t *task) view() map[string]any {
	out := map[string]any{
		"uid": t.UID, "batchUid": t.UID, "indexUid": orNull(t.Index), "status": t.status, "type": t.Type, "canceledBy": nil,
		"details": maps.Clone(t.details), "error": nil, "duration": nil,
		"enqueuedAt": stamp(t.enqueued), "startedAt": nil, "finishedAt": nil,
	}
	if t.err != nil {
		out["error"] = t.err.body()
	}
	if t.started != nil {
		out["startedAt"] = stamp(*t.started)
	}
	if t.finished != nil {
		out["finishedAt"] = stamp(*t.finished)
		out["duration"] = "PT0.001S"
	}
	return out
}

// list gives the tasks that a request asks for, newest first.
func (s *Server) list(r *request, statuses, types, indexes []string, limit int) reply {
	results := []any{}
	total := 0
	for _, t := range slices.Backward(s.tasks) {
		if len(statuses) > 0 && !slices.Contains(statuses, t.status) || len(types) > 0 && !slices.Contains(types, t.Type) ||
			len(indexes) > 0 && !slices.Contains(indexes, t.Index) || !r.sees(t) {
			continue
		}
		total++
		if len(results) < limit {
			results = append(results, t.view())
		}
	}
	return reply{200, map[string]any{"results": results, "total": total, "limit": limit, "from": nil, "next": nil}}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
