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
	"log/slog"
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
	// Verdicts and Applications are those of its applications, corrections applied.
	Verdicts     []bundle.Verdict `json:"verdicts,omitempty"`
	Applications []string         `json:"applications,omitempty"`
	// Flaws counts the faults of the scan and the places where pages seem missing.
	Flaws int `json:"flaws"`
	// Error says why it failed, nil if it did not.
	Error *bundle.Error `json:"error,omitempty"`
	// Attempts is how often reading it was begun since it was last put in the queue.
	Attempts int `json:"attempts"`
}

// Sender is who brings a bundle.
type Sender struct {
	ID   string // the account's id, or what stands for none
	Name string // what others see
	// Priority says whether somebody waits for it.
	Priority queue.Priority
}

// Bundle is all that is known of a bundle.
type Bundle struct {
	Entry Entry
	// Result has corrections applied, Machine is as it was read; both are nil while
	// there is none.
	Result  *bundle.Result
	Machine *bundle.Result
	Text    []pipeline.PageText // page by page
	History []correct.Correction
	// Arrangement is the newest one, nil for none. While it is being applied, Result
	// is still that of the one before.
	Arrangement *pipeline.Arrangement
	// Call is the profile by which it was read, nil when the program has it no more.
	Call *call.Call
}

// Conflict says that somebody else corrected the same thing since the person looked.
type Conflict struct{ Theirs correct.Correction }

// Error says it to the person.
func (c *Conflict) Error() string {
	return "“" + c.Theirs.Name + "”刚刚更正过这一处，请看过新的内容再决定"
}

// Options say what a Desk works with. All but Index, Log, Workers and Now must be set.
type Options struct {
	Pipeline *pipeline.Pipeline
	Queue    *queue.Queue
	Store    storage.Store
	Index    index.Index // nil: nothing can be found
	Views    *view.Views
	// Calls finds the profile by which a result was made, nil when there is none.
	Calls func(id string) *call.Call
	Log   *slog.Logger
	// Workers is how many bundles are in hand at the same time; 0 is two: one that
	// is finished while the next one's pages already fill the readers.
	Workers int
	Now     func() time.Time
}

// Desk is an open desk. Its methods may be called from many goroutines.
type Desk struct {
	Options
}

// New makes a desk and learns from the store what is there. Without Run nothing is
// read.
func New(ctx context.Context, o Options) (*Desk, error) { return &Desk{Options: o}, nil }

// Run has bundles read and puts in the queue what is missing there, until ctx ends;
// it returns when all that it began has ended.
func (d *Desk) Run(ctx context.Context) error { return nil }

// Take takes a bundle in. When it returns nil the originals and who brought them are
// on disk. A file that cannot be read is a *bundle.Error and is not taken. The same
// bytes again are the entry that is there.
func (d *Desk) Take(ctx context.Context, in pipeline.Input, by Sender) (Entry, error) {
	return Entry{}, ErrUnknown
}

// Board gives up to limit entries that came before from, newest first; the zero time
// is from the newest on, and limit 0 all.
func (d *Desk) Board(from time.Time, limit int) []Entry { return nil }

// Entry gives a bundle's entry.
func (d *Desk) Entry(sha string) (Entry, bool) { return Entry{}, false }

// Listen calls f with each entry that changes, one after the other, until ctx ends.
// It returns at once, and when it has, changes are noted: a caller that listens and
// then reads the board misses nothing. A listener that is slow sees the newest state
// of an entry, not each one before it.
func (d *Desk) Listen(ctx context.Context, f func(Entry)) {}

// Retry has a bundle read again that failed or was cancelled. by is an account's id.
func (d *Desk) Retry(ctx context.Context, sha, by string) error { return ErrUnknown }

// Cancel ends the reading of a bundle that has no result. by is an account's id.
func (d *Desk) Cancel(ctx context.Context, sha, by string) error { return ErrUnknown }

// Bundle gives all that is known of a bundle, or ErrUnknown.
func (d *Desk) Bundle(ctx context.Context, sha string) (*Bundle, error) { return nil, ErrUnknown }

// Application gives the bundle of an application and the application's place in its
// Result.Applications, or ErrUnknown.
func (d *Desk) Application(ctx context.Context, id string) (*Bundle, int, error) {
	return nil, 0, ErrUnknown
}

// Correct keeps a correction and gives the bundle with it applied. Of c the caller
// sets User, Name, Application, Target and Is, or Undo, and Note if there is one; the
// rest is set here. seen is the last Seq that the person saw: when somebody corrected
// the same target since, the error is a *Conflict. Other errors: ErrUnknown,
// ErrUnread, ErrTarget.
func (d *Desk) Correct(ctx context.Context, sha string, c correct.Correction, seen int) (*Bundle, error) {
	return nil, ErrUnknown
}

// Arrange keeps an arrangement of a bundle's pages and has the result computed again.
// by is who does it; seen is the number of the arrangement that the person saw, 0 for
// none: when there is a newer one the error is a *Conflict. Other errors: ErrUnknown,
// ErrUnread, ErrPages.
func (d *Desk) Arrange(ctx context.Context, sha string, a pipeline.Arrangement, by Sender, seen int) error {
	return ErrUnknown
}

// Search finds applications.
func (d *Desk) Search(ctx context.Context, q index.Query) (index.Results, error) {
	return d.Index.Search(ctx, q)
}

// Same gives earlier applications of the same unit, newest first.
func (d *Desk) Same(ctx context.Context, application string) ([]index.Hit, error) {
	return nil, nil
}

// Page is a JPEG of page n, from 1, as wide as the next of view.Widths.
func (d *Desk) Page(ctx context.Context, sha string, n, width int) ([]byte, error) {
	return nil, ErrUnknown
}

// Cut is a JPEG of what stands in a box on page n.
func (d *Desk) Cut(ctx context.Context, sha string, n int, box bundle.Box, width int) ([]byte, error) {
	return nil, ErrUnknown
}
