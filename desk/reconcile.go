package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
)

// traces are what a listing of the store tells of a bundle.
type traces struct {
	source       time.Time // when it was taken; zero for never
	arrangements int
	events       int
}

// refresh puts on the board what the store has and the board has not: all of it at the
// start, later what other processes took.
func (d *Desk) refresh(ctx context.Context) error {
	found := map[string]traces{}
	for info, err := range d.Store.List(ctx, "bundles/") {
		if err != nil {
			return fmt.Errorf("list bundles: %w", err)
		}
		part := strings.Split(info.Key, "/")
		if len(part) < 3 || len(part[1]) != 64 {
			continue
		}
		t := found[part[1]]
		switch part[2] {
		case "source.json":
			t.source = info.Time
		case string(pipeline.Arrangements):
			t.arrangements++
		case string(pipeline.Events):
			t.events++
		}
		found[part[1]] = t
	}
	came, err := d.intakes(ctx)
	if err != nil {
		return err
	}
	var missing []string
	for sha, t := range found {
		if _, ok := d.board.get(sha); !ok && !t.source.IsZero() {
			missing = append(missing, sha)
		}
	}
	slices.Sort(missing)
	return d.each(ctx, missing, func(sha string) error {
		i, ok := came[sha]
		if !ok { // it came by sealdesk process
			name, files, err := pipeline.Source(ctx, d.Store, sha)
			if err != nil {
				return err
			}
			i = item{Entry: Entry{Bundle: sha, Name: name, Files: files, Time: found[sha].source.UTC(), State: Waiting}, priority: queue.Backlog}
		}
		i.arrangement = found[sha].arrangements
		if found[sha].events > 0 {
			if err := d.recall(ctx, &i); err != nil {
				return err
			}
		}
		if s, ok := d.Pipeline.Summary(sha); ok {
			i.stand(s)
		}
		d.board.add(i)
		return nil
	})
}

// recall makes an item say what the last event of its newest arrangement says.
func (d *Desk) recall(ctx context.Context, i *item) error {
	events, err := pipeline.History[event](ctx, d.Store, i.Bundle, pipeline.Events)
	if err != nil {
		return err
	}
	for _, e := range events {
		i.events = e.Seq
		if e.Arrangement == i.arrangement {
			i.happened(e)
		}
	}
	return nil
}

// each calls f for all names, several at the same time, and gives the first error.
func (d *Desk) each(ctx context.Context, names []string, f func(string) error) error {
	workers := 2 * runtime.GOMAXPROCS(0)
	errs := make([]error, workers)
	var running sync.WaitGroup
	for first := range workers {
		running.Go(func() {
			for k := first; k < len(names) && ctx.Err() == nil && errs[first] == nil; k += workers {
				errs[first] = f(names[k])
			}
		})
	}
	running.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

// intakes reads who brought the bundles that are not on the board; of one that came
// twice, the first time counts.
func (d *Desk) intakes(ctx context.Context) (map[string]item, error) {
	var keys []string
	d.readMu.Lock()
	defer d.readMu.Unlock()
	for info, err := range d.Store.List(ctx, intakeRoot) {
		if err != nil {
			return nil, fmt.Errorf("list what was taken in: %w", err)
		}
		if !d.read[info.Key] {
			keys = append(keys, info.Key)
		}
	}
	var mu sync.Mutex
	out := map[string]item{}
	err := d.each(ctx, keys, func(key string) error {
		b, err := storage.ReadAll(ctx, d.Store, key)
		if err != nil {
			return err
		}
		var t intake
		if err := json.Unmarshal(b, &t); err != nil {
			return fmt.Errorf("decode %s: %w", key, err)
		}
		mu.Lock()
		defer mu.Unlock()
		if old, ok := out[t.Bundle]; !ok || t.Time.Before(old.Time) {
			out[t.Bundle] = t.item()
		}
		return nil
	})
	if err == nil {
		for _, key := range keys {
			d.read[key] = true
		}
	}
	return out, err
}

// reload makes an entry say what the store and what is on file say.
func (d *Desk) reload(ctx context.Context, sha string) error {
	unlock := d.lock(sha)
	defer unlock()
	i, ok := d.board.get(sha)
	if !ok {
		return d.refresh(ctx)
	}
	arranged, err := pipeline.History[pipeline.Arrangement](ctx, d.Store, sha, pipeline.Arrangements)
	if err != nil {
		return err
	}
	if n := len(arranged); n != i.arrangement {
		i.arrangement, i.Done = n, 0
	}
	i.State, i.Error = Waiting, nil
	if err := d.recall(ctx, &i); err != nil {
		return err
	}
	s, ok := d.Pipeline.Summary(sha)
	if ok {
		i.stand(s)
	}
	d.board.change(sha, func(old *item) {
		if i.State == Waiting && old.State == Reading && i.arrangement == old.arrangement {
			i.State = Reading // which only events tell
			i.Done, i.Pages = old.Done, old.Pages
		}
		if i.State != Failed {
			i.Attempts = old.Attempts
		}
		i.Change = old.Change
		*old = i
	})
	return nil
}

// reconcile puts in the queue what waits and is not there, and says of what the queue
// gave up that it failed.
func (d *Desk) reconcile(ctx context.Context) error {
	if err := d.refresh(ctx); err != nil {
		return err
	}
	if err := d.catchUp(ctx); err != nil {
		return err
	}
	dead, err := d.Queue.Dead(ctx)
	if err != nil {
		return fmt.Errorf("ask the queue what it gave up: %w", err)
	}
	for _, j := range dead {
		if err := d.bury(ctx, j.Job.Bundle, j.Job.Arrangement, j.Attempts, j.Reason); err != nil {
			return err
		}
	}
	for _, sha := range d.board.in(Waiting) {
		i, ok := d.board.get(sha)
		if !ok || i.State != Waiting {
			continue
		}
		if err := d.enqueue(ctx, i); err != nil {
			return fmt.Errorf("put %s in the queue: %w", sha, err)
		}
	}
	return nil
}

// bury says of a bundle that the queue gave up, such as one that took the program down
// each time, that it failed.
func (d *Desk) bury(ctx context.Context, sha string, arrangement, attempts int, reason string) error {
	unlock := d.lock(sha)
	defer unlock()
	i, ok := d.board.get(sha)
	if !ok || i.arrangement != arrangement || i.State != Waiting && i.State != Reading {
		return nil
	}
	d.Log.Error("a bundle was given up", "bundle", sha, "attempts", attempts, "reason", reason)
	return d.note(ctx, sha, event{Kind: failed, Attempts: attempts, Arrangement: arrangement, Error: &bundle.Error{
		Code: bundle.CodeInternal, Message: "多次处理都没有完成，请重试；仍不行时请联系管理员。", Err: errors.New(reason),
	}})
}
