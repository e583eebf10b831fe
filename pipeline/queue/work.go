package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Delivery is a job in a worker's hand.
type Delivery struct {
	Job Job
	// Attempt is 1 the first time that the job is tried.
	Attempt int
}

// permanent is an error that another attempt would not change.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error as one that another attempt would not change. Its
// text stays the same; nil stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// later is an error that is nobody's fault and passes.
type later struct{ error }

func (l later) Unwrap() error { return l.error }

// Later marks an error as one that passes by itself or by somebody's doing, such as a full
// disk: the job is tried again after a longer pause, as often as it takes. Its text stays
// the same; nil stays nil.
func Later(err error) error {
	if err == nil {
		return nil
	}
	return later{err}
}

const (
	// laterPauses is how many times Backoff a job rests whose error passes.
	laterPauses = 6
	// finishWait bounds what is still said to the server about a job whose
	// handler has returned, which is not cut short when the work ends.
	finishWait = 10 * time.Second
	maxBackoff = time.Hour
	beginAgain = time.Second
	maxReason  = 4096
	// lostReason is why a job is dead whose every attempt ended with its worker;
	// it is shown to clerks.
	lostReason = "处理进程多次中途退出"
)

// hand is a job that a handler of this process works on.
type hand struct {
	bundle string
	cancel context.CancelCauseFunc
}

// try is what is remembered of a job that was taken at least once.
type try struct {
	// Attempts that have begun, less those given back.
	Attempts int `json:"attempts"`
	// Taken is set while a handler has the job; if it dies it stays set, so
	// held is what counts.
	Taken bool `json:"taken"`
	held  bool
}

// Work takes jobs and calls handle for up to workers of them at a time, until
// ctx ends and all handlers have returned; then it returns nil, or ErrClosed if
// the queue was closed first.
//
// If handle returns nil the job is done. If it returns an error, the job is
// tried again after a pause, or is dead if the error is Permanent or was the
// last attempt; one that is for Later counts as no attempt. If handle's ctx ended before, the job is given back at once and
// the attempt not counted, unless it ended because the job was cancelled: then
// nothing is left to give back. The context also ends with ErrCancelled when
// another worker got the job, since this one was silent too long, and finished it.
func (q *Queue) Work(ctx context.Context, workers int, handle func(ctx context.Context, d Delivery) error) error {
	if workers < 1 {
		return fmt.Errorf("queue: %d workers do no work", workers)
	}
	ctx, done, err := q.run(ctx)
	if err != nil {
		return err
	}
	defer done()
	taker, err := q.begin(ctx)
	if err != nil {
		return err
	}
	if taker == nil {
		return q.ended()
	}
	woken, err := q.conn.Subscribe(wakeSubject, func(*nats.Msg) { taker.look() })
	if err != nil {
		return q.failed("work", err)
	}
	defer woken.Unsubscribe()

	var handlers sync.WaitGroup
	defer handlers.Wait()
	free := make(chan struct{}, workers)
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return q.ended()
		}
		msg := taker.next(ctx)
		if msg == nil {
			return q.ended()
		}
		handlers.Go(func() {
			q.handle(ctx, msg, handle)
			<-free
		})
	}
}

// begin makes what takes jobs at the server, again and again while that cannot be used, as
// when one of a cluster has just failed. It gives nil when ctx ends.
func (q *Queue) begin(ctx context.Context) (*taker, error) {
	again := time.NewTicker(beginAgain)
	defer again.Stop()
	for {
		t, err := q.taker(ctx)
		switch {
		case err == nil:
			return t, nil
		case ctx.Err() != nil:
			return nil, nil
		case errors.Is(err, nats.ErrConnectionClosed):
			return nil, ErrClosed
		}
		q.log.Warn("queue: no jobs can be taken yet", "err", err)
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, nil
		}
	}
}

// ended is what Work returns when its context has ended.
func (q *Queue) ended() error {
	if q.ctx.Err() != nil {
		return ErrClosed
	}
	return nil
}

// taker takes the next job in order.
type taker struct {
	q         *Queue
	consumers [Backlog + 1][lanes]jetstream.Consumer
	turn      [Backlog + 1]int // the lane that is asked first
	wake      chan struct{}
	failing   bool
	paused    bool // the queue is not Ready
}

func (q *Queue) taker(ctx context.Context) (*taker, error) {
	t := &taker{q: q, wake: make(chan struct{}, 1)}
	for p := range t.consumers {
		for lane := range lanes {
			c, err := q.jobs.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
				Durable:       fmt.Sprintf("%v-%d", Priority(p), lane),
				FilterSubject: laneSubject(Priority(p), lane) + ".>",
				AckPolicy:     jetstream.AckExplicitPolicy,
				AckWait:       q.opts.AckWait,
				// Attempts are counted in tries: the server also counts those
				// given back, and keeps a job that it gave up for ever.
				MaxDeliver: -1,
				// Jobs that pause after a failure count as pending, and must
				// not keep others waiting.
				MaxAckPending: -1,
			})
			if err != nil {
				return nil, fmt.Errorf("consumer: %w", err)
			}
			t.consumers[p][lane] = c
		}
	}
	return t, nil
}

// look makes next look again if it waits.
func (t *taker) look() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// next waits for a job; it gives nil when ctx ends.
func (t *taker) next(ctx context.Context) jetstream.Msg {
	// Nobody tells when a pause ends or a worker has been silent too long.
	again := time.NewTicker(max(min(t.q.opts.AckWait/4, t.q.opts.Backoff, time.Second), 10*time.Millisecond))
	defer again.Stop()
	for ctx.Err() == nil {
		if !t.ready() {
			select {
			case <-again.C:
			case <-ctx.Done():
			}
			continue
		}
		msg, err := t.take(ctx)
		if msg != nil {
			return msg
		}
		if err != nil && !t.failing && ctx.Err() == nil {
			t.q.log.Warn("queue: no jobs can be taken", "err", err)
		}
		t.failing = err != nil
		select {
		case <-t.wake:
		case <-again.C:
		case <-ctx.Done():
		}
	}
	return nil
}

// ready says whether a job may be taken now, and tells the log when that changes.
func (t *taker) ready() bool {
	ready := t.q.opts.Ready == nil || t.q.opts.Ready()
	switch {
	case !ready && !t.paused:
		t.q.log.Warn("queue: no jobs are taken for now")
	case ready && t.paused:
		t.q.log.Info("queue: jobs are taken again")
	}
	t.paused = !ready
	return ready
}

// take gives a job that is there now, or nil.
func (t *taker) take(ctx context.Context) (jetstream.Msg, error) {
	for p := range t.consumers {
		for i := range lanes {
			if ctx.Err() != nil {
				return nil, nil
			}
			lane := (t.turn[p] + i) % lanes
			batch, err := t.consumers[p][lane].FetchNoWait(1)
			if err != nil {
				return nil, err
			}
			var msg jetstream.Msg
			for m := range batch.Messages() {
				msg = m
			}
			if msg != nil {
				t.turn[p] = (lane + 1) % lanes
				return msg, nil
			}
			if err := batch.Error(); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// handle brings one taken job to an end, whichever it is.
func (q *Queue) handle(ctx context.Context, msg jetstream.Msg, handle func(context.Context, Delivery) error) {
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWait)
	defer cancel()
	meta, err := msg.Metadata()
	if err != nil {
		q.log.Error("queue: a delivery without metadata", "err", err)
		return
	}
	seq := meta.Sequence.Stream
	job, err := parse(msg.Data())
	if err != nil {
		q.log.Error("queue: a job is thrown away", "subject", msg.Subject(), "err", err)
		q.logged(Job{}, "throw away", msg.Term())
		return
	}
	t, err := q.tried(finish, seq)
	if err != nil {
		q.logged(job, "take", errors.Join(err, msg.NakWithDelay(q.opts.Backoff)))
		return
	}
	if t.Attempts >= q.opts.MaxAttempts {
		q.bury(finish, msg, seq, job, lostReason, t.Attempts)
		return
	}
	if ctx.Err() != nil {
		q.logged(job, "give back", q.giveBack(finish, msg))
		return
	}
	t = try{Attempts: t.Attempts + 1, Taken: true}
	d := Delivery{Job: job, Attempt: t.Attempts}
	failure, cancelled := q.hold(ctx, msg, seq, job, t, func(ctx context.Context) error { return handle(ctx, d) })

	// The time that the handler took is not part of what finishing may take.
	finish, cancel = context.WithTimeout(context.WithoutCancel(ctx), finishWait)
	defer cancel()
	var stop permanent
	var wait later
	switch {
	case cancelled:
		q.logged(job, "forget", q.forget(finish, seq))
	case failure == nil:
		q.logged(job, "finish", errors.Join(msg.DoubleAck(finish), q.forget(finish, seq)))
	case ctx.Err() != nil:
		t.Attempts, t.Taken = t.Attempts-1, false
		q.logged(job, "give back", errors.Join(q.remember(finish, seq, t), q.giveBack(finish, msg)))
	case errors.As(failure, &wait):
		t.Attempts, t.Taken = t.Attempts-1, false
		pause := min(laterPauses*q.opts.Backoff, maxBackoff)
		q.logged(job, "wait", errors.Join(q.remember(finish, seq, t), msg.NakWithDelay(pause)))
	case errors.As(failure, &stop) || t.Attempts >= q.opts.MaxAttempts:
		q.bury(finish, msg, seq, job, failure.Error(), t.Attempts)
	default:
		t.Taken = false
		q.logged(job, "retry", errors.Join(q.remember(finish, seq, t), msg.NakWithDelay(q.pause(t.Attempts))))
	}
}

// hold calls work while it keeps telling the server that the job is in hand. It
// says whether the job was cancelled, before or while work ran.
func (q *Queue) hold(ctx context.Context, msg jetstream.Msg, seq uint64, job Job, t try, work func(context.Context) error) (failure error, cancelled bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q.mu.Lock()
	q.inHand[seq] = hand{job.Bundle, cancel}
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		delete(q.inHand, seq)
		q.mu.Unlock()
	}()

	if err := q.remember(ctx, seq, t); err != nil {
		return err, false
	}
	// A Cancel that came before this job was known to be in hand has removed it.
	if _, err := q.get(ctx, jobsStream, which{Seq: seq}); errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, true
	} else if err != nil {
		return err, false
	}
	var beating sync.WaitGroup
	beating.Go(func() { q.beat(ctx, cancel, msg, seq, job, t) })
	failure = work(ctx)
	cancelled = errors.Is(context.Cause(ctx), ErrCancelled)
	cancel(nil)
	beating.Wait()
	return failure, cancelled
}

// beat tells the server that a job is in hand until ctx ends, and ends it if the
// job is gone from the queue.
func (q *Queue) beat(ctx context.Context, cancel context.CancelCauseFunc, msg jetstream.Msg, seq uint64, job Job, t try) {
	every := time.NewTicker(max(q.opts.AckWait/3, time.Millisecond))
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		err := msg.InProgress()
		if err == nil {
			_, err = q.get(ctx, jobsStream, which{Seq: seq})
		}
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			cancel(ErrCancelled)
			return
		}
		if err == nil {
			err = q.remember(ctx, seq, t)
		}
		if ctx.Err() == nil {
			q.logged(job, "heartbeat", err)
		}
	}
}

// giveBack makes the server hand the job out again at once, and waits until it
// knows, so that it does even if it is about to be stopped.
func (q *Queue) giveBack(ctx context.Context, msg jetstream.Msg) error {
	_, err := q.conn.RequestWithContext(ctx, msg.Reply(), []byte("-NAK"))
	if err == nil {
		err = q.conn.Publish(wakeSubject, nil)
	}
	return err
}

// bury makes a job dead. It is dead before it is done, so that it is never
// neither.
func (q *Queue) bury(ctx context.Context, msg jetstream.Msg, seq uint64, job Job, reason string, attempts int) {
	// A letter that is cut through is dropped.
	reason = strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
	data, err := json.Marshal(Dead{Job: job, Reason: reason, Time: time.Now(), Attempts: attempts})
	if err == nil {
		_, err = q.js.Publish(ctx, job.deadSubject(), data)
	}
	if err != nil {
		q.logged(job, "give up", errors.Join(err, msg.NakWithDelay(q.pause(attempts))))
		return
	}
	q.logged(job, "give up", errors.Join(msg.DoubleAck(ctx), q.forget(ctx, seq)))
}

// pause is how long a job rests after so many attempts.
func (q *Queue) pause(attempts int) time.Duration {
	p := min(q.opts.Backoff, maxBackoff)
	for ; attempts > 1 && p < maxBackoff; attempts-- {
		p = min(2*p, maxBackoff)
	}
	return p
}

// tried gives what is remembered of a job; the zero try if it was never taken.
func (q *Queue) tried(ctx context.Context, seq uint64) (try, error) {
	m, err := q.get(ctx, triesStream, which{Last: trySubject(seq)})
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return try{}, nil
	}
	if err != nil {
		return try{}, err
	}
	return q.parseTry(m)
}

func (q *Queue) parseTry(m *jetstream.RawStreamMsg) (try, error) {
	var t try
	if err := json.Unmarshal(m.Data, &t); err != nil {
		return try{}, fmt.Errorf("stored try: %w", err)
	}
	t.held = t.Taken && m.Time.After(q.since) && time.Since(m.Time) < q.opts.AckWait
	return t, nil
}

func (q *Queue) remember(ctx context.Context, seq uint64, t try) error {
	data, err := json.Marshal(t)
	if err == nil {
		_, err = q.js.Publish(ctx, trySubject(seq), data)
	}
	return err
}

func (q *Queue) forget(ctx context.Context, seq uint64) error {
	return q.tries.Purge(ctx, jetstream.WithPurgeSubject(trySubject(seq)))
}

func trySubject(seq uint64) string { return triesPrefix + strconv.FormatUint(seq, 10) }

// logged says what went wrong with a job where nobody can be told: the job is
// then handed out again when the server has heard nothing for AckWait.
func (q *Queue) logged(job Job, doing string, err error) {
	if err != nil {
		q.log.Warn("queue: the server could not be told", "bundle", job.Bundle, "of", doing, "err", err)
	}
}

// letGo ends the handlers of this process that have a bundle in hand.
func (q *Queue) letGo(bundle string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, h := range q.inHand {
		if h.bundle == bundle {
			h.cancel(ErrCancelled)
		}
	}
}
