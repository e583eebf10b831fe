package desk

import (
	"context"
	"errors"

	"sealdesk/bundle"
	"sealdesk/index"
	"sealdesk/pipeline/queue"
	"sealdesk/storage"
)

// Part is something that the desk works with, and why it cannot be used; nil when it can.
type Part struct {
	Name string // "store", "index" or "queue"
	Err  error
}

// Check asks the store, the index and the queue whether they answer. It changes nothing;
// that the store has room is not tried.
func (d *Desk) Check(ctx context.Context) []Part { return check(ctx, d.Store, d.Index, d.Queue) }

func check(ctx context.Context, store storage.Store, search index.Index, jobs *queue.Queue) []Part {
	_, stored := store.Stat(ctx, intakeRoot+"none")
	if errors.Is(stored, storage.ErrNotExist) {
		stored = nil
	}
	var indexed error
	if search != nil {
		_, indexed = search.Count(ctx)
	}
	return []Part{{"store", stored}, {"index", indexed}, {"queue", jobs.Check(ctx)}}
}

// Stats are figures of what the desk has in hand and on file.
type Stats struct {
	States map[State]int // how many bundles are in each
	// Verdicts counts the applications by verdict.
	Verdicts map[bundle.Verdict]int
}

// Stats counts all that is on the board.
func (d *Desk) Stats() Stats { return d.board.stats() }

func (b *board) stats() Stats {
	s := Stats{States: b.count(), Verdicts: map[bundle.Verdict]int{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, i := range b.order {
		for _, v := range i.Verdicts {
			s.Verdicts[v]++
		}
	}
	return s
}

// Changes names this run of the program, and gives the Change of the entry that changed
// last. The numbers of another run mean nothing in this one.
func (d *Desk) Changes() (run string, last uint64) {
	d.board.mu.Lock()
	defer d.board.mu.Unlock()
	return d.reader.name, d.board.changes
}

// Since gives the entries that changed after the one with this Change, in that order, each
// as it is now.
func (d *Desk) Since(change uint64) []Entry { return d.board.since(change) }
