package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"syscall"
	"time"

	"sealdesk/bundle"
	"sealdesk/index"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
)

// attempts is how often a bundle is tried when the machine fails, before a person is
// told. It is less than the queue's own patience, so that the reader has the last word.
const attempts = 3

// inHand is how many bundles a reader has in hand at the same time where it is not told:
// one that is finished while the next one's pages already fill the readers of lines.
const inHand = 2

// ReaderOptions say what a Reader works with. All but Index, Trace, Log, Workers and Now
// must be set.
type ReaderOptions struct {
	Pipeline *pipeline.Pipeline
	Queue    *queue.Queue
	Store    storage.Store
	Index    index.Index // that of the pipeline; nil: nothing can be found
	Trace    Tracer      // nil leads no traces
	Log      *slog.Logger
	// Workers is how many bundles are in hand at the same time; 0 is two.
	Workers int
	Now     func() time.Time
}

// Reader reads the bundles that wait in the queue, in the process of a Desk or in any
// other. What it needs to know of a bundle stands in the store, and what becomes of it is
// written there; it has no board, and tells those who have one by the queue's events.
type Reader struct {
	ReaderOptions
	name string            // of this process in the queue's events
	told func(queue.Event) // a desk in this process, nil for none
}

// NewReader makes a reader. Without Run nothing is read.
func NewReader(o ReaderOptions) *Reader {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Trace == nil {
		o.Trace = noTracer{}
	}
	if o.Workers <= 0 {
		o.Workers = inHand
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Reader{ReaderOptions: o, name: rand.Text()}
}

// Run reads bundles until ctx ends; what is in hand then is given back, and when Run
// returns nothing is any more.
func (r *Reader) Run(ctx context.Context) error {
	return r.Queue.Work(ctx, r.Workers, r.handle)
}

// Check asks the store, the index and the queue whether they answer.
func (r *Reader) Check(ctx context.Context) []Part { return check(ctx, r.Store, r.Index, r.Queue) }

// tell says how far a bundle is.
func (r *Reader) tell(e queue.Event) {
	e.Worker = r.name
	if r.told != nil {
		r.told(e)
	}
	r.Queue.Announce(e)
}

// handle reads one bundle.
func (r *Reader) handle(ctx context.Context, job queue.Delivery) error {
	sha := job.Job.Bundle
	arranged, wanted, err := r.standing(ctx, job.Job)
	if err != nil || !wanted {
		return err
	}
	state := queue.Event{Bundle: sha, State: string(Reading), Attempts: job.Attempt}
	r.tell(state)
	_, err = r.Pipeline.Read(r.Trace.Resumed(ctx, job.Job.Trace), sha, arranged, func(done, pages int) {
		state := state
		state.Done, state.Pages = done, pages
		r.tell(state)
	})
	return r.ended(ctx, job, err)
}

// standing looks in the store whether anybody waits for a job's result any more, and gives
// the arrangement of pages that it asks for.
func (r *Reader) standing(ctx context.Context, job queue.Job) (arranged *pipeline.Arrangement, wanted bool, err error) {
	_, _, err = pipeline.Source(ctx, r.Store, job.Bundle)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, false, queue.Permanent(fmt.Errorf("bundle %s: %w", job.Bundle, ErrUnknown))
	}
	if err != nil {
		return nil, false, err
	}
	all, err := pipeline.History[pipeline.Arrangement](ctx, r.Store, job.Bundle, pipeline.Arrangements)
	if err != nil {
		return nil, false, err
	}
	for _, a := range all {
		if a.Seq > job.Arrangement {
			return nil, false, nil
		}
		if a.Seq == job.Arrangement {
			arranged = &a
		}
	}
	if arranged == nil && job.Arrangement > 0 {
		return nil, false, fmt.Errorf("arrangement %d of %s: %w", job.Arrangement, job.Bundle, storage.ErrNotExist)
	}
	events, err := pipeline.History[event](ctx, r.Store, job.Bundle, pipeline.Events)
	if err != nil {
		return nil, false, err
	}
	var last eventKind
	for _, e := range events {
		if e.Arrangement == job.Arrangement {
			last = e.Kind
		}
	}
	over := last == failed || last == cancelled
	return arranged, !over || r.read(job), nil
}

// read says whether there is a result of the bundle as a job wants it, of whatever program.
func (r *Reader) read(job queue.Job) bool {
	s, ok := r.Pipeline.Summary(job.Bundle)
	return ok && s.Arrangement >= job.Arrangement
}

// ended says how the reading of a bundle ended, and gives what the queue is told of it.
func (r *Reader) ended(ctx context.Context, job queue.Delivery, err error) error {
	sha := job.Job.Bundle
	var broken *bundle.Error
	switch errors.As(err, &broken); {
	case err == nil:
		r.tell(queue.Event{Bundle: sha, State: string(Done)})
		return nil
	case ctx.Err() != nil:
		if !errors.Is(context.Cause(ctx), queue.ErrCancelled) {
			r.tell(queue.Event{Bundle: sha, State: string(Waiting), Attempts: job.Attempt - 1})
		}
		return ctx.Err()
	case broken == nil:
		broken = &bundle.Error{Code: bundle.CodeInternal, Message: "处理时出错，请稍后重试；仍不行时请联系管理员。", Err: err}
	}
	if errors.Is(err, storage.ErrFull) || errors.Is(err, syscall.ENOSPC) {
		// It waits until somebody has made room.
		r.Log.Warn("there is no room for what is read of a bundle", "bundle", sha, "error", err)
		r.tell(queue.Event{Bundle: sha, State: string(Waiting), Attempts: job.Attempt - 1})
		return queue.Later(broken)
	}
	if broken.Code == bundle.CodeInternal && job.Attempt < attempts {
		r.tell(queue.Event{Bundle: sha, State: string(Waiting), Attempts: job.Attempt})
		return broken.Cause()
	}
	if r.read(job.Job) {
		r.Log.Error("a bundle could not be read anew; its earlier result stands", "bundle", sha, "error", broken)
		return nil
	}
	e := event{Kind: failed, Error: broken, Attempts: job.Attempt, Arrangement: job.Job.Arrangement}
	if err := r.note(ctx, sha, e); err != nil {
		return err
	}
	r.tell(queue.Event{Bundle: sha, State: string(Failed), Attempts: job.Attempt})
	return nil
}

// note keeps an event of a bundle.
func (r *Reader) note(ctx context.Context, sha string, e event) error {
	e.Time = r.Now().UTC()
	before, err := pipeline.History[event](ctx, r.Store, sha, pipeline.Events)
	if err != nil {
		return err
	}
	if _, err := appendEvent(ctx, r.Store, sha, e, len(before)+1); err != nil {
		return err
	}
	return r.Pipeline.Tell(ctx, sha)
}
