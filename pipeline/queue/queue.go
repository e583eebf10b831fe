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
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Priority says which jobs are taken first.
type Priority int

// The priorities, the first taken before the second.
const (
	// Counter is for a bundle that somebody waits for.
	Counter Priority = iota
	// Backlog is for what may wait: folders, mail, what the reconciler finds.
	Backlog
)

// String is the priority's name, "counter" or "backlog".
func (p Priority) String() string {
	switch p {
	case Counter:
		return "counter"
	case Backlog:
		return "backlog"
	}
	return fmt.Sprintf("Priority(%d)", int(p))
}

// Job is one bundle to be read.
type Job struct {
	// Bundle is the SHA-256 of the bundle's bytes, 64 hexadecimal digits in
	// lower case.
	Bundle string `json:"bundle"`
	// Priority says who goes first.
	Priority Priority `json:"priority"`
	// Sender is who brought the bundle, at most 256 bytes; jobs of one
	// priority are shared out between senders in turn.
	Sender string `json:"sender,omitempty"`
	// Arrangement is 0, or the number of the page arrangement to apply.
	Arrangement int `json:"arrangement,omitempty"`
}

// Options say where the queue is and how patient it is.
type Options struct {
	// Dir is the folder of a server inside this process. One process at a
	// time may have it open.
	Dir string
	// URL is an external server, or several with commas between them. Exactly
	// one of Dir and URL is set.
	URL string
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
type Queue struct{}

// Open starts the server in opts.Dir, or connects to the one at opts.URL, and
// makes what the queue needs there. The context ends the attempt, not the queue.
func Open(ctx context.Context, opts Options) (*Queue, error) { return nil, ErrClosed }

// Close ends all that the queue runs and waits for it: handlers' contexts are
// cancelled with cause ErrClosed and their jobs given back, then the server
// in this process is stopped. A second Close does nothing.
func (q *Queue) Close() error { return nil }

// Put adds a job; when it returns nil the job is on disk. It does nothing, and
// returns nil, if a job of the same bundle and arrangement waits, is in hand or
// is dead (see Revive), except that a Counter job takes the place of a Backlog
// one that no worker has in hand. It returns ErrFull when the queue has no room.
func (q *Queue) Put(ctx context.Context, j Job) error { return ErrClosed }

// Delivery is a job in a worker's hand.
type Delivery struct {
	Job Job
	// Attempt is 1 the first time that the job is tried.
	Attempt int
}

// Permanent marks an error as one that another attempt would not change.
func Permanent(err error) error { return err }

// Work takes jobs and calls handle for up to workers of them at a time, until
// ctx ends and all handlers have returned; then it returns nil, or ErrClosed if
// the queue was closed first.
//
// If handle returns nil the job is done. If it returns an error, the job is
// tried again after a pause, or is dead if the error is Permanent or was the
// last attempt. If handle's ctx ended before, the job is given back at once and
// the attempt not counted, unless it ended because the job was cancelled.
func (q *Queue) Work(ctx context.Context, workers int, handle func(ctx context.Context, d Delivery) error) error {
	return ErrClosed
}

// Cancel removes all jobs of a bundle, waiting and dead ones, and ends the
// contexts of handlers that have one in hand, in any process, with the cause
// ErrCancelled. A bundle without jobs is no error.
func (q *Queue) Cancel(ctx context.Context, bundle string) error { return ErrClosed }

// Waiting gives the jobs that no worker has in hand, in the order in which they
// would be taken, those included that pause after a failure.
func (q *Queue) Waiting(ctx context.Context) ([]Job, error) { return nil, ErrClosed }

// Dead is a job that was given up.
type Dead struct {
	Job Job `json:"job"`
	// Reason is the last error's text.
	Reason string `json:"reason"`
	// Time is when the job was given up.
	Time time.Time `json:"time"`
	// Attempts is how often it was tried.
	Attempts int `json:"attempts"`
}

// Dead gives the jobs that were given up, the oldest first.
func (q *Queue) Dead(ctx context.Context) ([]Dead, error) { return nil, ErrClosed }

// Revive puts a bundle's dead jobs back as new ones. It returns ErrNotFound if
// the bundle has none.
func (q *Queue) Revive(ctx context.Context, bundle string) error { return ErrClosed }

// Event is progress on a bundle, for those who look on. It is not stored.
type Event struct {
	Bundle string `json:"bundle"`
	// State is what the bundle's owner calls its state.
	State string `json:"state"`
	// Done of Pages pages are read; both 0 if that is not known.
	Done  int `json:"done"`
	Pages int `json:"pages"`
	// Worker names who says so.
	Worker string    `json:"worker,omitempty"`
	Time   time.Time `json:"time"`
}

// Announce tells all who listen, in any process. It does not wait, and an event
// that cannot be sent is only logged. A zero Time becomes now.
func (q *Queue) Announce(e Event) {}

// Listen returns as soon as it listens: events announced after that are given to
// f, one after the other, until ctx ends or the queue is closed. A caller that
// first listens and then reads the state misses nothing. f should not block: a
// listener that falls far behind loses events. f may still be running once just
// after ctx has ended.
func (q *Queue) Listen(ctx context.Context, f func(Event)) error { return ErrClosed }

// KV is a small store of keys and values, such as web sessions. Keys are any
// strings but the empty one; values are at most 1 MB.
type KV struct{}

// KV opens the bucket of that name, of letters, digits, '-' and '_'. Values are
// forgotten ttl after they were last put; 0 keeps them.
func (q *Queue) KV(ctx context.Context, bucket string, ttl time.Duration) (*KV, error) {
	return nil, ErrClosed
}

// Get gives a key's value, or ErrNotFound.
func (kv *KV) Get(ctx context.Context, key string) ([]byte, error) { return nil, ErrClosed }

// Put sets a key's value; when it returns nil the value is on disk.
func (kv *KV) Put(ctx context.Context, key string, value []byte) error { return ErrClosed }

// Delete forgets a key. A key that is not there is no error.
func (kv *KV) Delete(ctx context.Context, key string) error { return ErrClosed }

// List gives all keys, sorted.
func (kv *KV) List(ctx context.Context) ([]string, error) { return nil, ErrClosed }
