// Package desk is the office's working day: it takes bundles in, queues them and has
// them read, knows how far each is, and puts on top what people corrected or arranged
// by hand.
//
// All that it knows is in the store; the queue and the board in memory are made of
// it anew at each start. What it was given and said yes to ends in a result or in an
// error that people see.
//
// It has no pages and no accounts, and asks nobody's rights: who calls it has done so,
// and says on whose behalf.
package desk

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/index"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/view"
	"sealdesk/storage"
)

// The errors that callers tell apart with errors.Is.
var (
	// ErrUnknown says that there is no such bundle or application.
	ErrUnknown = errors.New("desk: no such bundle")
	// ErrUnread says that a bundle has no result yet.
	ErrUnread = errors.New("desk: bundle without a result")
	// ErrTarget says that a correction is about something that the application
	// does not have, or has a value that it cannot have. Its text is for people.
	ErrTarget = errors.New("这一处不能这样更正，请刷新页面后重试")
	// ErrPages says that an arrangement names pages that are not there, or one
	// twice. Its text is for people.
	ErrPages = errors.New("页码不对：每一页只能用一次，请刷新页面后重试")
	// ErrBusy says that a bundle cannot be cancelled, since it has a result, or
	// not be tried again, since it waits or is being read.
	ErrBusy = errors.New("这份材料现在的状态不能这样做")
)

// State is how far a bundle is.
type State string

// The states. A bundle with a result is Done, or Review when one of its applications
// needs a person.
const (
	Waiting   State = "waiting"
	Reading   State = "reading"
	Done      State = "done"
	Review    State = "review"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// States are all of them.
func States() []State { return []State{Waiting, Reading, Done, Review, Failed, Cancelled} }

// Entry is a bundle on the board.
type Entry struct {
	Bundle string   `json:"bundle"` // sha256 of its bytes, in hex
	Name   string   `json:"name"`   // what it was called when it came
	Files  []string `json:"files"`
	// By is the account of who brought it, or what stands for none ("watch");
	// ByName is what others see.
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	Time   time.Time `json:"time"` // when it came
	// Receipt is the number of its receipt.
	Receipt string `json:"receipt"`

	State State `json:"state"`
	// Done of Pages pages are read; both 0 if that is not known.
	Done  int `json:"done"`
	Pages int `json:"pages"`
	// Verdicts and Applications are those of its applications, corrections applied. While
	// arranged pages wait, or where reading them again failed, they are the earlier ones,
	// which stand until then.
	Verdicts     []bundle.Verdict `json:"verdicts,omitempty"`
	Applications []string         `json:"applications,omitempty"`
	// Flaws counts the faults of the scan and the places where pages seem missing.
	Flaws int `json:"flaws"`
	// Error says why it failed, nil if it did not.
	Error *bundle.Error `json:"error,omitempty"`
	// Attempts is how often reading it was begun since it was last put in the queue.
	Attempts int `json:"attempts"`
	// Change is greater than that of every entry that changed before this one did, in this
	// process (see [Desk.Since]).
	Change uint64 `json:"-"`
}

// Sender is who brings a bundle.
type Sender struct {
	ID   string // the account's id, or what stands for none
	Name string // what others see
	// Priority says whether somebody waits for it.
	Priority queue.Priority
}

// Conflict says that somebody else corrected the same thing, or arranged the pages, since
// the person looked.
type Conflict struct{ Theirs correct.Correction }

// Error says it to the person.
func (c *Conflict) Error() string {
	return "“" + c.Theirs.Name + "”刚刚更正过这一处，请看过新的内容再决定"
}

// Tracer leads the trace of a bundle through the queue.
type Tracer interface {
	// Queued is told that a bundle is put in the queue, and gives what names its trace
	// there, "" for none.
	Queued(ctx context.Context, sha string) string
	// Resumed gives a context that goes on with a trace that Queued named.
	Resumed(ctx context.Context, named string) context.Context
}

// noTracer is the Tracer of those who have none.
type noTracer struct{}

func (noTracer) Queued(context.Context, string) string                 { return "" }
func (noTracer) Resumed(ctx context.Context, _ string) context.Context { return ctx }

// Options say what a Desk works with. All but Index, Calls, Room, Trace, Log, Workers and Now
// must be set.
type Options struct {
	Pipeline *pipeline.Pipeline
	Queue    *queue.Queue
	Store    storage.Store
	Index    index.Index // nil: nothing can be found
	Views    *view.Views
	// Calls finds the profile of a call where the pipeline knows it not, nil when
	// there is none; nil finds none.
	Calls func(id string) *call.Call
	// Room says why nothing more can be taken in, as an error that is a storage.ErrFull; nil
	// while there is room. Not set, there always is.
	Room func() error
	// Trace leads traces through the queue; nil leads none.
	Trace Tracer
	Log   *slog.Logger
	// Workers is how many bundles are in hand at the same time; 0 is two.
	Workers int
	// Away is that other processes alone read.
	Away bool
	Now  func() time.Time
}

// Desk is an open desk. Its methods may be called from many goroutines. Close it.
type Desk struct {
	Options
	board  *board
	reader *Reader

	// locks are held while something of a bundle is written, by the bundle's name.
	locks [64]sync.Mutex

	counting sync.Mutex // receipts
	day      string
	count    int

	writing chan struct{} // held while a bundle is written as a PDF

	readMu sync.Mutex
	read   map[string]bool // keys of the intake that are on the board

	counts counts

	closing   context.Context
	close     context.CancelFunc
	listeners sync.WaitGroup
}

// New makes a desk and learns from the store what is there. Without Run nothing is
// read.
func New(ctx context.Context, o Options) (*Desk, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Trace == nil {
		o.Trace = noTracer{}
	}
	if o.Room == nil {
		o.Room = func() error { return nil }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Desk{Options: o, board: newBoard(), read: map[string]bool{}, writing: make(chan struct{}, 1)}
	d.reader = NewReader(ReaderOptions{Pipeline: o.Pipeline, Queue: o.Queue, Store: o.Store, Index: o.Index, Trace: o.Trace, Log: o.Log, Workers: o.Workers, Now: o.Now})
	d.reader.told = d.heard
	if err := d.refresh(ctx); err != nil {
		return nil, err
	}
	d.closing, d.close = context.WithCancel(context.WithoutCancel(ctx))
	return d, nil
}

// Close ends all listening and waits for it. Run has returned before.
func (d *Desk) Close() error {
	d.close()
	d.listeners.Wait()
	return nil
}

// Listen calls f with each entry that changes, one after the other, until ctx ends.
// It returns at once, and when it has, changes are noted: a caller that listens and
// then reads the board misses nothing. A listener that is slow sees the newest state
// of an entry, not each one before it. f may be running still just after ctx ended.
func (d *Desk) Listen(ctx context.Context, f func(Entry)) {
	l := d.board.watch()
	d.listeners.Go(func() {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		defer context.AfterFunc(d.closing, stop)()
		d.board.serve(ctx, l, f)
	})
}

// lock locks a bundle, or some others with it, and gives what unlocks it.
func (d *Desk) lock(sha string) func() {
	h := fnv.New32a()
	h.Write([]byte(sha))
	l := &d.locks[h.Sum32()%uint32(len(d.locks))]
	l.Lock()
	return l.Unlock
}
