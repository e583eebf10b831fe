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
	e.Time = d.Now().UTC()
	e, err := appendEvent(ctx, d.Store, sha, e, i.events+1)
	if err != nil {
		return err
	}
	d.board.change(sha, func(i *item) { i.happened(e) })
	d.announce(ctx, sha)
	return nil
}

// appendEvent keeps an event of a bundle under the first number from seq on that no other
// has, and gives it with its number.
func appendEvent(ctx context.Context, s storage.Store, sha string, e event, seq int) (event, error) {
	for e.Seq = seq; ; e.Seq++ {
		err := pipeline.Append(ctx, s, sha, pipeline.Events, e.Seq, e)
		if err == nil {
			return e, nil
		}
		if !errors.Is(err, storage.ErrExists) {
			return e, internal(err)
		}
	}
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
	if err := d.Queue.Listen(ctx, func(e queue.Event) {
		if e.Worker != d.reader.name {
			d.heard(e)
		}
	}); err != nil {
		return fmt.Errorf("listen to the queue: %w", err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { d.follow(ctx) })
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
	if d.Away {
		<-ctx.Done()
		return nil
	}
	err := d.reader.Run(ctx)
	stop()
	return err
}

// settle makes an entry say what its newest result says.
func (d *Desk) settle(sha string) {
	if s, ok := d.Pipeline.Summary(sha); ok {
		d.board.change(sha, func(i *item) { i.stand(s) })
	}
}

// announce says to other processes how far a bundle is, and that more of it changed in the
// store than is in the event.
func (d *Desk) announce(ctx context.Context, sha string) {
	if err := d.Pipeline.Tell(ctx, sha); err != nil {
		d.Log.Error("other processes do not know what changed", "bundle", sha, "error", err)
	}
	if i, ok := d.board.get(sha); ok {
		d.Queue.Announce(queue.Event{Bundle: sha, State: string(i.State), Done: i.Done, Pages: i.Pages, Attempts: i.Attempts, Worker: d.reader.name})
	}
}

// heard takes up what the reader of this process, or another process, says of a bundle.
func (d *Desk) heard(e queue.Event) {
	known := false
	switch state := State(e.State); state {
	case Waiting, Reading:
		d.board.change(e.Bundle, func(i *item) {
			if known = i.State == Waiting || i.State == Reading; !known {
				return
			}
			if i.Attempts != e.Attempts || state == Waiting {
				i.Done = 0
			}
			i.State, i.Attempts, i.Done = state, e.Attempts, max(i.Done, e.Done)
			if e.Pages > 0 {
				i.Pages = e.Pages
			}
		})
		known = known || e.Done > 0 // it was looked at when its reading began
	}
	if !known {
		d.board.ask(e.Bundle)
	}
}

// follow keeps the board true to the store until ctx ends, as others tell of changes.
func (d *Desk) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.board.asked:
		}
		if err := d.catchUp(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error("what other processes did could not be looked up", "error", err)
		}
	}
}

// catchUp makes the entries of all bundles that others told of say what the store says.
func (d *Desk) catchUp(ctx context.Context) error {
	news, err := d.Pipeline.Follow(ctx)
	for _, sha := range slices.Concat(d.board.questions(), news) {
		if e := d.reload(ctx, sha); e != nil {
			err = errors.Join(err, e)
			d.board.unsettle(sha) // for the next look
		}
	}
	return err
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
	return i, nil
}
