// Package audit keeps who saw, changed and exported what: a trail of entries in the
// object store, each written once and each with the hash of the one before, so that
// none can be altered or taken out without a trace.
//
//	audit/<000000000001>.json
//
// Who can write to the store's disk and knows the program could write the whole chain
// anew, from an entry to its end, or cut its end off; only a hash noted elsewhere shows
// that (a [Mark] of it). The package knows no rights: who may read the trail is
// package account's to say.
package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"sealdesk/storage"
)

// Log is the trail in a store. Its methods may be called from many goroutines, and many
// processes may write to the same store.
type Log struct {
	store storage.Store
	turn  chan struct{} // held by whoever reads or changes what follows
	found bool
	seq   int    // the last entry known, 0 for none
	hash  string // its hash
}

// New is the trail in a store. Nothing is read before it is needed.
func New(s storage.Store) *Log { return &Log{store: s, turn: make(chan struct{}, 1)} }

// ErrEntry is that an entry does not say who did what.
var ErrEntry = errors.New("an audit entry needs a user and an action")

const prefix = "audit/"

// Key is that of the entry with a number, from 1.
func Key(seq int) string { return fmt.Sprintf("%s%012d.json", prefix, seq) }

// parseKey reads a key that key gave, and no other.
func parseKey(k string) (int, bool) {
	seq, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(k, prefix), ".json"))
	return seq, err == nil && seq > 0 && Key(seq) == k
}

// Append writes an entry at the end of the trail. When it returns nil the entry is
// durable. What is personal must not be done or shown before.
//
// After an error of the store the entry may stand in the trail or not; appending it
// again is harmless. The other error is ErrEntry.
func (l *Log) Append(ctx context.Context, e Entry) error {
	if e.User == "" || e.Action == "" {
		return ErrEntry
	}
	e.User, e.Action, e.Object, e.Detail = clip(e.User), clip(e.Action), clip(e.Object), clip(e.Detail)
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Time = e.Time.UTC().Truncate(time.Millisecond)
	e.ID = rand.Text()
	if err := l.enter(ctx); err != nil {
		return fmt.Errorf("write to the audit trail: %w", err)
	}
	defer l.leave()
	for {
		if err := l.advance(ctx); err != nil {
			return err
		}
		err := l.put(ctx, e)
		if err == nil || !errors.Is(err, storage.ErrExists) {
			return err
		}
		// Another process was first, with this number. Its entry is read as the one
		// before, and the next number tried.
		if err := l.step(ctx); err != nil {
			return err
		}
	}
}

func (l *Log) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Log) leave() { <-l.turn }

// put writes an entry after the last known.
func (l *Log) put(ctx context.Context, e Entry) error {
	e.Seq, e.Prev = l.seq+1, l.hash
	b, err := e.seal()
	if err != nil {
		return fmt.Errorf("write to the audit trail: %w", err)
	}
	if err := l.store.Put(ctx, Key(e.Seq), bytes.NewReader(b)); err != nil {
		return fmt.Errorf("write to the audit trail: %w", err)
	}
	l.seq, l.hash = e.Seq, e.Hash
	return nil
}

// advance finds the end of the trail, once. Later only others' entries are stepped over.
func (l *Log) advance(ctx context.Context) error {
	if l.found {
		return nil
	}
	last, err := l.end(ctx)
	if err != nil {
		return err
	}
	l.seq, l.hash = 0, ""
	if last > 0 {
		l.seq = last - 1
		if err := l.step(ctx); err != nil {
			return err
		}
	}
	l.found = true
	return nil
}

// gap is how many numbers in a row may be missing without being taken for the end.
// Where more are missing the trail may go on inside of them, which [Log.Verify] tells
// of; a listing of a million entries before every first one would take a minute.
const gap = 64

// end gives the number of the last entry, 0 for none, by trying about twice as many as
// it has binary digits.
func (l *Log) end(ctx context.Context) (int, error) {
	last := 0
	for {
		next, err := l.after(ctx, last)
		if next == 0 || err != nil {
			return last, err
		}
		last = next
		step := 1
		for there := true; there; {
			if there, err = l.has(ctx, last+step); err != nil {
				return 0, err
			}
			if there {
				last += step
				step *= 2
			}
		}
		for ; step > 0; step /= 2 {
			there, err := l.has(ctx, last+step)
			if err != nil {
				return 0, err
			}
			if there {
				last += step
			}
		}
	}
}

// after gives the number of the first entry after one, 0 when the gap is too wide.
func (l *Log) after(ctx context.Context, seq int) (int, error) {
	for next := seq + 1; next <= seq+1+gap; next++ {
		if there, err := l.has(ctx, next); there || err != nil {
			return next, err
		}
	}
	return 0, nil
}

// has says whether there is an entry with a number, be it damaged.
func (l *Log) has(ctx context.Context, seq int) (bool, error) {
	_, err := l.store.Stat(ctx, Key(seq))
	if errors.Is(err, storage.ErrNotExist) {
		return false, nil
	}
	if err != nil && !errors.Is(err, storage.ErrCorrupt) {
		return false, fmt.Errorf("read the audit trail: %w", err)
	}
	return true, nil
}

// step goes one entry on. When it is damaged its hash is not known: the next entry has
// none of it, which Verify tells of, and the trail goes on.
func (l *Log) step(ctx context.Context) error {
	e, err := l.read(ctx, l.seq+1)
	if err != nil && !errors.Is(err, errAltered) {
		return err
	}
	l.seq, l.hash = l.seq+1, e.Hash
	return nil
}

// read reads one entry.
func (l *Log) read(ctx context.Context, seq int) (Entry, error) {
	b, err := storage.ReadAll(ctx, l.store, Key(seq))
	if errors.Is(err, storage.ErrCorrupt) {
		return Entry{}, fmt.Errorf("read audit entry %d: %w: %w", seq, errAltered, err)
	}
	var e Entry
	if err == nil {
		e, err = parse(b)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("read audit entry %d: %w", seq, err)
	}
	if e.Seq != seq {
		return Entry{}, fmt.Errorf("read audit entry %d: %w: it is number %d", seq, errAltered, e.Seq)
	}
	return e, nil
}

// Head gives the number and the hash of the newest entry, 0 and "" when there is none.
// Noted on paper, they show later whether the trail up to there is still the same.
func (l *Log) Head(ctx context.Context) (seq int, hash string, err error) {
	if err := l.enter(ctx); err != nil {
		return 0, "", fmt.Errorf("read the audit trail: %w", err)
	}
	defer l.leave()
	if err := l.advance(ctx); err != nil {
		return 0, "", err
	}
	for {
		if err := l.step(ctx); errors.Is(err, storage.ErrNotExist) {
			return l.seq, l.hash, nil
		} else if err != nil {
			return 0, "", err
		}
	}
}

// List gives the entries from a number down, at most limit of them, the newest first.
// With from 0 it begins with the newest of all; from is one less than the last number
// seen to go on.
//
// An error beside an Entry with a Seq is about that entry alone, which is missing or
// damaged: the listing goes on when the caller does. Another error ends it.
func (l *Log) List(ctx context.Context, from, limit int) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		last, _, err := l.Head(ctx)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		if from <= 0 || from > last {
			from = last
		}
		for seq := from; seq > 0 && seq > from-limit; seq-- {
			e, err := l.read(ctx, seq)
			about := errors.Is(err, errAltered) || errors.Is(err, storage.ErrNotExist)
			if about {
				e.Seq = seq
			}
			if !yield(e, err) || err != nil && !about {
				return
			}
		}
	}
}
