package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
)

// attempts is how often a bundle is tried when the machine fails, before a person is
// told. It is less than the queue's own patience, so that the desk has the last word.
const attempts = 3

// reconcileEvery is how often the store is compared with what is known and queued.
const reconcileEvery = 3 * time.Minute

// event is something that became of a bundle, beside a result.
type event struct {
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"`
	Kind eventKind `json:"kind"`
	By   string    `json:"by,omitempty"` // an account's id
	// Arrangement is the number of the arrangement that was to be applied.
	Arrangement int           `json:"arrangement,omitempty"`
	Error       *bundle.Error `json:"error,omitempty"`
	Attempts    int           `json:"attempts,omitempty"`
}

type eventKind string

const (
	failed    eventKind = "failed"
	cancelled eventKind = "cancelled"
	retried   eventKind = "retried"
)

// note keeps an event of a bundle and makes its entry say so. The bundle is locked.
func (d *Desk) note(ctx context.Context, sha string, e event) error {
	i, ok := d.board.get(sha)
	if !ok {
		return ErrUnknown
	}
	e.Time, e.Seq = d.Now().UTC(), i.events+1
	for {
		err := pipeline.Append(ctx, d.Store, sha, pipeline.Events, e.Seq, e)
		if err == nil {
			break
		}
		if !errors.Is(err, storage.ErrExists) {
			return internal(err)
		}
		e.Seq++ // another process was first with this number
	}
	d.board.change(sha, func(i *item) { i.happened(e) })
	return nil
}

// happened makes the entry say what an event says.
func (i *item) happened(e event) {
	i.events, i.Error = e.Seq, nil
	switch e.Kind {
	case failed:
		i.State, i.Error, i.Attempts = Failed, e.Error, e.Attempts
	case cancelled:
		i.State = Cancelled
	case retried:
		i.State, i.Done, i.Attempts = Waiting, 0, 0
	}
}

// Run has bundles read and puts in the queue what is missing there, until ctx ends;
// it returns when all that it began has ended.
func (d *Desk) Run(ctx context.Context) error {
	err := d.run(ctx)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // it was ended while it still began
	}
	return err
}

func (d *Desk) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := d.Queue.Listen(ctx, func(e queue.Event) { d.heard(ctx, e) }); err != nil {
		return fmt.Errorf("listen to the queue: %w", err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() {
		for {
			if err := d.reconcile(ctx); err != nil && ctx.Err() == nil {
				d.Log.Error("the store and the queue could not be compared", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(reconcileEvery):
			}
		}
	})
	err := d.Queue.Work(ctx, d.Workers, d.handle)
	stop()
	return err
}

// handle reads one bundle.
func (d *Desk) handle(ctx context.Context, job queue.Delivery) error {
	sha := job.Job.Bundle
	i, ok := d.board.get(sha)
	if !ok {
		if err := d.refresh(ctx); err != nil {
			return err
		}
		if i, ok = d.board.get(sha); !ok {
			return queue.Permanent(fmt.Errorf("bundle %s: %w", sha, ErrUnknown))
		}
	}
	if i.State == Cancelled || i.State == Failed || job.Job.Arrangement < i.arrangement {
		return nil // nobody waits for it any more
	}
	arranged, err := d.arrangement(ctx, sha, job.Job.Arrangement)
	if err != nil {
		return err
	}
	d.tell(sha, func(i *item) { i.State, i.Done, i.Attempts = Reading, 0, job.Attempt })
	_, err = d.Pipeline.Read(d.Trace.Resumed(ctx, job.Job.Trace), sha, arranged, func(done, pages int) {
		d.tell(sha, func(i *item) {
			if i.State == Reading {
				i.Done, i.Pages = max(i.Done, done), pages
			}
		})
	})
	return d.ended(ctx, job, err)
}

// ended makes an entry say how the reading of a bundle ended, and gives what the queue
// is told of it.
func (d *Desk) ended(ctx context.Context, job queue.Delivery, err error) error {
	sha := job.Job.Bundle
	unlock := d.lock(sha)
	defer unlock()
	var broken *bundle.Error
	switch errors.As(err, &broken); {
	case err == nil:
		d.settle(sha)
		return nil
	case ctx.Err() != nil:
		d.tell(sha, func(i *item) {
			if i.State == Reading {
				i.State, i.Done = Waiting, 0
			}
		})
		return ctx.Err()
	case broken == nil:
		broken = &bundle.Error{Code: bundle.CodeInternal, Message: "处理时出错，请稍后重试；仍不行时请联系管理员。", Err: err}
		fallthrough
	default:
		if broken.Code == bundle.CodeInternal && job.Attempt < attempts {
			d.tell(sha, func(i *item) { i.State, i.Done = Waiting, 0 })
			return err
		}
	}
	e := event{Kind: failed, Error: broken, Attempts: job.Attempt, Arrangement: job.Job.Arrangement}
	if err := d.note(ctx, sha, e); err != nil {
		return err
	}
	d.announce(sha)
	return nil
}

// settle makes an entry say what its newest result says.
func (d *Desk) settle(sha string) {
	if s, ok := d.Pipeline.Summary(sha); ok {
		d.tell(sha, func(i *item) { i.stand(s) })
	}
}

// tell changes an entry and says so to other processes.
func (d *Desk) tell(sha string, f func(*item)) {
	if d.board.change(sha, f) {
		d.announce(sha)
	}
}

func (d *Desk) announce(sha string) {
	if i, ok := d.board.get(sha); ok {
		d.Queue.Announce(queue.Event{Bundle: sha, State: string(i.State), Done: i.Done, Pages: i.Pages, Worker: d.worker})
	}
}

// heard takes up what another process says of a bundle.
func (d *Desk) heard(ctx context.Context, e queue.Event) {
	if e.Worker == d.worker {
		return
	}
	switch State(e.State) {
	case Waiting, Reading:
		d.board.change(e.Bundle, func(i *item) { i.State, i.Done, i.Pages = State(e.State), e.Done, e.Pages })
	default:
		if err := d.reload(ctx, e.Bundle); err != nil && ctx.Err() == nil {
			d.Log.Error("what another process says of a bundle could not be looked up", "bundle", e.Bundle, "error", err)
		}
	}
}

// Retry has a bundle read again that failed or was cancelled. by is an account's id.
func (d *Desk) Retry(ctx context.Context, sha, by string) error {
	unlock := d.lock(sha)
	defer unlock()
	i, err := d.decide(ctx, sha, by, retried, Failed, Cancelled)
	if err != nil {
		return err
	}
	if err := d.Queue.Revive(ctx, sha); err == nil || !errors.Is(err, queue.ErrNotFound) {
		return err
	}
	return d.enqueue(ctx, i)
}

// Cancel ends the reading of a bundle that waits or is being read. by is an account's
// id.
func (d *Desk) Cancel(ctx context.Context, sha, by string) error {
	unlock := d.lock(sha)
	defer unlock()
	if _, err := d.decide(ctx, sha, by, cancelled, Waiting, Reading); err != nil {
		return err
	}
	return d.Queue.Cancel(ctx, sha)
}

// decide notes what a person decided of a bundle in one of these states, and gives it as
// it was before. The bundle is locked.
func (d *Desk) decide(ctx context.Context, sha, by string, kind eventKind, from ...State) (item, error) {
	i, ok := d.board.get(sha)
	switch {
	case !ok:
		return item{}, ErrUnknown
	case !slices.Contains(from, i.State):
		return item{}, ErrBusy
	}
	if err := d.note(ctx, sha, event{Kind: kind, By: by, Arrangement: i.arrangement}); err != nil {
		return item{}, err
	}
	d.announce(sha)
	return i, nil
}
