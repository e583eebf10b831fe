package desk

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sealdesk/extract/call"
	"sealdesk/figures"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// counts are the applications on file and the reports of them, as long as nothing changes.
type counts struct {
	mu      sync.Mutex
	changes [2]int // of the pipeline's applications and the board's length
	list    []figures.Filed
	reports map[figures.Filter]*figures.Report
}

// keptReports is how many reports are kept: those of a few people who look around.
const keptReports = 64

// current makes the counts those of now; the lock is held.
func (d *Desk) current() *counts {
	c := &d.counts
	now := [2]int{d.Pipeline.Changes(), d.board.len()}
	if c.reports != nil && c.changes == now {
		return c
	}
	// What changes from here on is counted again the next time.
	list := d.Pipeline.Applications()
	c.changes, c.list, c.reports = now, make([]figures.Filed, len(list)), map[figures.Filter]*figures.Report{}
	for n, a := range list {
		i, _ := d.board.get(a.Bundle)
		c.list[n] = figures.Filed{Application: a, Received: i.Time}
	}
	return c
}

// Applications are all applications on file, as reports need them, each with the time
// when its bundle came, which is its Entry's. The caller changes nothing of the list.
func (d *Desk) Applications() []figures.Filed {
	d.counts.mu.Lock()
	defer d.counts.mu.Unlock()
	return d.current().list
}

// Report counts the applications on file. Others have the same report, so nobody changes
// it.
func (d *Desk) Report(filter figures.Filter) *figures.Report {
	d.counts.mu.Lock()
	defer d.counts.mu.Unlock()
	c := d.current()
	r := c.reports[filter]
	if r == nil {
		if len(c.reports) >= keptReports {
			clear(c.reports)
		}
		r = figures.Count(c.list, filter)
		c.reports[filter] = r
	}
	return r
}

// Applications are the same as those of a Desk over this store, without one. calls finds
// the profile by which a result was made; progress may be nil.
func Applications(ctx context.Context, s storage.Store, calls func(id string) *call.Call, progress func(done, all int)) ([]figures.Filed, error) {
	brought, err := arrivals(ctx, s)
	if err != nil {
		return nil, err
	}
	out, err := pipeline.Counted(ctx, s, calls, progress)
	for i, a := range out {
		if t, ok := brought[fmt.Sprintf("%.*s", digits, a.Bundle)]; ok {
			out[i].Received = t
		}
	}
	return out, err
}

// digits is how many of a bundle's name stand in the key of its intake.
const digits = 12

// arrivals says when bundles were brought, by the first digits of their names, as the
// keys of their intakes have it. Of one that came twice the first time counts. What came
// by sealdesk process was not brought by anybody.
func arrivals(ctx context.Context, s storage.Store) (map[string]time.Time, error) {
	brought := map[string]time.Time{}
	for info, err := range s.List(ctx, intakeRoot) {
		if err != nil {
			return nil, fmt.Errorf("list what was taken in: %w", err)
		}
		at, name, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(info.Key, intakeRoot), ".json"), "-")
		t, err := time.Parse(intakeTime, at)
		if err != nil || len(name) != digits {
			continue // no intake
		}
		if old, ok := brought[name]; !ok || t.Before(old) {
			brought[name] = t
		}
	}
	return brought, nil
}
