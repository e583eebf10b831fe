// Package queue keeps the bundles that wait to be read, on NATS JetStream: a
// server inside this process with its data in a directory, or an external one
// or a cluster by URL, with the same client code.
//
// The queue is never the truth. It carries keys, never pages, and can be
// thrown away: whoever owns the store compares what is stored with what has a
// result and puts what is missing, blindly, since a job that is already there
// is not put twice. Delivery is at least once: a handler may see a job again
// that it finished just before it lost its server, so its results have to be
// the same each time.
//
// The package reads no bundles, stores no results, and decides nothing about
// what to do with a job.
package queue

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options say where the queue is and how patient it is.
type Options struct {
	// Dir is the folder of a server inside this process. One process at a
	// time may have it open.
	Dir string
	// URL is an external server, or several with commas between them. Exactly
	// one of Dir and URL is set.
	URL string
	// Token is what the server at URL asks for, "" for none.
	Token string
	// Replicas is on how many servers of an external cluster the queue is
	// kept, 1 to 5; 0 is 1.
	Replicas int
	// Log takes what the server and the queue have to say; nil is slog.Default.
	Log *slog.Logger
	// AckWait is how long a worker may be silent before another gets its job,
	// which is also the time that a job rests after its worker died. While a
	// handler runs, the queue itself keeps telling the server so. 0 is 30 s.
	AckWait time.Duration
	// MaxAttempts is how often a job is tried before it is dead; 0 is 4.
	MaxAttempts int
	// Ready, if set, is asked before a job is taken: while it says no, jobs wait.
	Ready func() bool
	// Backoff is the pause after the first failure; it doubles with each
	// further one, up to an hour. 0 is 10 s.
	Backoff time.Duration
}

// Errors that callers tell apart with errors.Is.
var (
	// ErrClosed says that the queue was closed. It is also the cause of the
	// end of a handler's context when Close ended it.
	ErrClosed = errors.New("queue: closed")
	// ErrCancelled is the cause of the end of a handler's context when its job
	// was cancelled.
	ErrCancelled = errors.New("queue: job cancelled")
	// ErrNotFound says that there is no such dead job, or no such key.
	ErrNotFound = errors.New("queue: not found")
	// ErrFull says that the queue has no room for another job.
	ErrFull = errors.New("queue: full")
	// ErrLocked says that another process has the queue's folder open.
	ErrLocked = errors.New("queue: folder in use by another process")
)

// Queue is an open queue. Its methods may be called at the same time.
type Queue struct {
	opts   Options
	log    *slog.Logger
	server *server.Server // nil when it is elsewhere
	unlock func()
	conn   *nats.Conn
	gone   chan struct{} // closed when conn is
	js     jetstream.JetStream
	// jobs has a message for each job that waits or is in hand, dead one for
	// each that was given up, tries what is to be remembered of the jobs that
	// workers have taken.
	jobs, dead, tries jetstream.Stream
	// since is when the server in this process began: what was in hand before
	// that is in nobody's hand now.
	since time.Time

	ctx  context.Context // ends, with cause ErrClosed, when Close begins
	stop context.CancelCauseFunc
	runs sync.WaitGroup // what Close waits for

	mu     sync.Mutex
	closed bool
	inHand map[uint64]hand // by the job's sequence in jobs
}

// Check asks the server whether the queue can be used.
func (q *Queue) Check(ctx context.Context) error {
	_, err := q.jobs.Info(ctx)
	return q.failed("check", err)
}

// Names and bounds on the server. A job has one subject,
// sealdesk.job.PRIORITY.LANE.BUNDLE.ARRANGEMENT, a dead one
// sealdesk.dead.BUNDLE.ARRANGEMENT.
const (
	jobsStream    = "sealdesk-jobs"
	deadStream    = "sealdesk-dead"
	triesStream   = "sealdesk-tries"
	cancelSubject = "sealdesk.cancel"
	wakeSubject   = "sealdesk.wake"
	eventSubject  = "sealdesk.event"
	triesPrefix   = "sealdesk.tries."

	// lanes is among how many lanes the senders of a priority are spread; the
	// lanes take turns, so a sender waits only for those in its own.
	lanes = 8

	jobsBytes   = 256 << 20 // some 700,000 jobs
	deadBytes   = 64 << 20
	triesBytes  = 64 << 20
	bucketBytes = 64 << 20
	memoryBytes = 16 << 20
	diskBytes   = 1 << 30

	// The bounds of insist, and of one try in it.
	insistTime  = 45 * time.Second
	insistAgain = 200 * time.Millisecond
	tryTime     = 3 * time.Second

	triesAge  = 7 * 24 * time.Hour
	maxSender = 256
	maxTrace  = 256
)

// Open starts the server in opts.Dir, or connects to the one at opts.URL, and
// makes what the queue needs there. The context ends the attempt, not the queue.
func Open(ctx context.Context, opts Options) (*Queue, error) {
	if (opts.Dir == "") == (opts.URL == "") {
		return nil, errors.New("queue: either a folder or a URL is needed")
	}
	opts.Replicas = cmp.Or(opts.Replicas, 1)
	opts.AckWait = cmp.Or(opts.AckWait, 30*time.Second)
	opts.MaxAttempts = cmp.Or(opts.MaxAttempts, 4)
	opts.Backoff = cmp.Or(opts.Backoff, 10*time.Second)
	if opts.Replicas < 1 || opts.Replicas > 5 || opts.AckWait < 0 || opts.MaxAttempts < 0 || opts.Backoff < 0 {
		return nil, fmt.Errorf("queue: %d replicas, %d attempts, %v to answer and pauses of %v are no sensible options", opts.Replicas, opts.MaxAttempts, opts.AckWait, opts.Backoff)
	}
	q := &Queue{
		opts:   opts,
		log:    cmp.Or(opts.Log, slog.Default()),
		unlock: func() {},
		gone:   make(chan struct{}),
		inHand: map[uint64]hand{},
	}
	q.ctx, q.stop = context.WithCancelCause(context.Background())
	if err := q.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("queue: open: %w", err), q.Close())
	}
	return q, nil
}

func (q *Queue) open(ctx context.Context) error {
	if q.opts.Dir != "" {
		if err := q.serve(ctx); err != nil {
			return err
		}
	}
	if err := q.connect(ctx); err != nil {
		return err
	}
	return q.make(ctx)
}

// make makes the streams, or brings those that are there up to date.
func (q *Queue) make(ctx context.Context) (err error) {
	stream := func(c jetstream.StreamConfig) jetstream.Stream {
		if err != nil {
			return nil
		}
		var s jetstream.Stream
		s, err = q.stream(ctx, c)
		return s
	}
	// A full queue refuses jobs; forgetting old ones would lose those that
	// have waited longest.
	q.jobs = stream(jetstream.StreamConfig{
		Name: jobsStream, Subjects: []string{"sealdesk.job.>"}, MaxBytes: jobsBytes,
		Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew,
	})
	q.dead = stream(jetstream.StreamConfig{
		Name: deadStream, Subjects: []string{"sealdesk.dead.>"}, MaxBytes: deadBytes, MaxMsgsPerSubject: 1,
	})
	q.tries = stream(jetstream.StreamConfig{
		Name: triesStream, Subjects: []string{triesPrefix + "*"}, MaxBytes: triesBytes, MaxMsgsPerSubject: 1, MaxAge: triesAge,
	})
	if err != nil {
		return err
	}
	if q.server != nil {
		// The workers of this server all died with it. With its consumers gone,
		// what they had in hand need not wait until they have been silent for
		// AckWait; how often it was tried is kept in tries.
		names := q.jobs.ConsumerNames(ctx)
		for name := range names.Name() {
			if err := q.jobs.DeleteConsumer(ctx, name); err != nil {
				return fmt.Errorf("consumer %s: %w", name, err)
			}
		}
		if err := names.Err(); err != nil {
			return fmt.Errorf("consumers: %w", err)
		}
	}
	_, err = q.conn.Subscribe(cancelSubject, func(m *nats.Msg) { q.letGo(string(m.Data)) })
	return err
}

// stream makes a stream, or brings it up to date.
func (q *Queue) stream(ctx context.Context, c jetstream.StreamConfig) (s jetstream.Stream, err error) {
	c.Storage, c.Replicas, c.AllowDirect = jetstream.FileStorage, q.opts.Replicas, true
	err = q.insist(ctx, func(ctx context.Context) (err error) {
		// Where several processes begin at once, a cluster may leave all but the first that
		// would make a stream without an answer: who finds it as it should be leaves it so.
		s, err = q.js.Stream(ctx, c.Name)
		if err == nil && setUpAs(s.CachedInfo().Config, c) {
			return nil
		}
		s, err = q.js.CreateOrUpdateStream(ctx, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", c.Name, err)
	}
	return s, nil
}

// setUpAs says whether a stream that is there is set up as one that is wanted.
func setUpAs(is, wanted jetstream.StreamConfig) bool {
	if wanted.MaxMsgsPerSubject == 0 {
		wanted.MaxMsgsPerSubject = -1 // which the server calls no limit
	}
	return slices.Equal(is.Subjects, wanted.Subjects) && is.Storage == wanted.Storage && is.Replicas == wanted.Replicas &&
		is.Retention == wanted.Retention && is.Discard == wanted.Discard && is.AllowDirect == wanted.AllowDirect &&
		is.MaxBytes == wanted.MaxBytes && is.MaxAge == wanted.MaxAge && is.MaxMsgsPerSubject == wanted.MaxMsgsPerSubject
}

// insist calls f again and again, for a while, as long as it fails for reasons that pass by
// themselves: the servers of a cluster that has just begun, or lost one of them, have to
// agree first on who leads.
func (q *Queue) insist(ctx context.Context, f func(context.Context) error) error {
	until := time.Now().Add(insistTime)
	for {
		try, stop := context.WithTimeout(ctx, tryTime)
		err := f(try)
		stop()
		var api *jetstream.APIError
		passes := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) ||
			errors.As(err, &api) && (api.Code == 503 || api.ErrorCode == codeNoPeers)
		if q.server != nil || !passes || time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(insistAgain):
		case <-ctx.Done():
			return err
		}
	}
}

// Close ends all that the queue runs and waits for it: handlers' contexts are
// cancelled with cause ErrClosed and their jobs given back, then the server
// in this process is stopped. A second Close does nothing.
func (q *Queue) Close() error {
	q.mu.Lock()
	again := q.closed
	q.closed = true
	q.mu.Unlock()
	if again {
		return nil
	}
	q.stop(ErrClosed)
	q.runs.Wait()
	var err error
	if q.conn != nil {
		if q.conn.IsConnected() {
			err = q.conn.FlushTimeout(5 * time.Second)
		}
		q.conn.Close()
		<-q.gone
	}
	if q.server != nil {
		q.server.Shutdown()
		q.server.WaitForShutdown()
	}
	q.unlock()
	if err != nil {
		return fmt.Errorf("queue: close: %w", err)
	}
	return nil
}

// run gives a context that also ends when the queue is closed, which waits
// until done was called.
func (q *Queue) run(ctx context.Context) (_ context.Context, done func(), _ error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, nil, ErrClosed
	}
	q.runs.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(q.ctx, func() { cancel(ErrClosed) })
	return ctx, func() {
		unhook()
		cancel(nil)
		q.runs.Done()
	}, nil
}

// Put adds a job; when it returns nil the job is on disk. It does nothing, and
// returns nil, if a job of the same bundle and arrangement waits, is in hand or
// is dead (see Revive), except that a Counter job takes the place of a Backlog
// one that no worker has in hand. It returns ErrFull when the queue has no room.
func (q *Queue) Put(ctx context.Context, j Job) error {
	if err := j.check(); err != nil {
		return fmt.Errorf("queue: put: %w", err)
	}
	if _, err := q.get(ctx, deadStream, which{Last: j.deadSubject()}); err == nil {
		return nil
	} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
		return q.failed("put", err)
	}
	return q.failed("put", q.put(ctx, j))
}

// put puts a job unless one like it is there.
func (q *Queue) put(ctx context.Context, j Job) error {
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	alike := "sealdesk.job.*.*." + j.Bundle + "." + strconv.Itoa(j.Arrangement)
	for tries := 1; ; tries++ {
		var seq uint64
		last, err := q.get(ctx, jobsStream, which{Last: alike})
		switch {
		case err == nil:
			seq = last.Sequence
			old, err := parse(last.Data)
			if err != nil {
				return err
			}
			if j.Priority >= old.Priority {
				return nil
			}
			try, err := q.tried(ctx, seq)
			if err != nil {
				return err
			}
			if try.held {
				return nil
			}
		case !errors.Is(err, jetstream.ErrMsgNotFound):
			return err
		}
		// Stored only if nobody put or promoted one like it since.
		_, err = q.js.Publish(ctx, j.subject(), data, jetstream.WithExpectLastSequenceForSubject(seq, alike))
		if changed(err) && tries < 5 {
			continue
		}
		if err != nil {
			return err
		}
		if seq != 0 {
			if err := q.jobs.DeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
				q.log.Warn("queue: a job that was put again as urgent is there twice", "bundle", j.Bundle, "err", err)
			}
		}
		// Published after the job is stored, so that whoever wakes finds it;
		// without it workers look again soon all the same.
		return q.conn.Publish(wakeSubject, nil)
	}
}

// changed says whether the server refused a message because one like it came
// in between.
func changed(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// Codes of the server's errors.json that the client does not name.
const (
	codeNoPeers               = 10005
	codeInsufficientResources = 10023
	codeStorageExceeded       = 10047
	codeStoreFailed           = 10077
)

// failed gives an error its context, and the names that callers know.
func (q *Queue) failed(doing string, err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrConnectionClosed):
		return ErrClosed
	case errors.As(err, &api) && (api.ErrorCode == codeInsufficientResources || api.ErrorCode == codeStorageExceeded ||
		api.ErrorCode == codeStoreFailed && strings.Contains(api.Description, server.ErrMaxBytes.Error())):
		return fmt.Errorf("%w: %s", ErrFull, api.Description)
	}
	return fmt.Errorf("queue: %s: %w", doing, err)
}
