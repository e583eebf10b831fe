package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Stats are figures of the queue.
type Stats struct {
	// Jobs are those of each priority, by its number: those that wait, that pause after a
	// failure and that are in hand.
	Jobs [Backlog + 1]JobStats
	// Dead is how many jobs were given up.
	Dead int
}

// JobStats are figures of the jobs of one priority.
type JobStats struct {
	Count int
	// Oldest is when the oldest job was put; zero where there is none.
	Oldest time.Time
}

// Stats asks the server for figures. It costs a request for each priority and one more,
// however many jobs there are. In a cluster they may lag a moment behind.
func (q *Queue) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	var err error
	for p := range s.Jobs {
		if s.Jobs[p], err = q.count(ctx, jobsStream, fmt.Sprintf("sealdesk.job.%d.>", p)); err != nil {
			return Stats{}, q.failed("stats", err)
		}
	}
	dead, err := q.count(ctx, deadStream, "sealdesk.dead.>")
	if err != nil {
		return Stats{}, q.failed("stats", err)
	}
	s.Dead = dead.Count
	return s, nil
}

// count counts the messages of a subject: the first of a batch comes with how many follow
// it.
func (q *Queue) count(ctx context.Context, stream, subject string) (JobStats, error) {
	ctx, cancel := context.WithTimeout(ctx, finishWait)
	defer cancel()
	request := fmt.Sprintf(`{"seq":1,"batch":1,"next_by_subj":%q}`, subject)
	m, err := q.conn.RequestWithContext(ctx, "$JS.API.DIRECT.GET."+stream, []byte(request))
	if err != nil {
		return JobStats{}, err
	}
	switch status := m.Header.Get("Status"); status {
	case "":
	case "404":
		return JobStats{}, nil
	default:
		return JobStats{}, fmt.Errorf("count %s: %s %s", stream, status, m.Header.Get("Description"))
	}
	first, err := direct(m)
	if err != nil {
		return JobStats{}, err
	}
	more, err := strconv.Atoi(m.Header.Get("Nats-Num-Pending"))
	if err != nil {
		return JobStats{}, errors.Join(fmt.Errorf("count %s", stream), err)
	}
	return JobStats{Count: more + 1, Oldest: first.Time}, nil
}
