package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sealdesk/storage"
)

// ErrIncomplete is that no run of a backup ever came to its end.
var ErrIncomplete = errors.New("the backup was never finished")

// Restore puts what a backup holds into an empty store, each object held against its
// SHA-256. Interrupted anywhere, it goes on when it is called again: a store that holds
// nothing but objects of the backup counts as empty. Objects that are damaged in the
// backup are in Report.Failed, and so are those that it never had. dated says of which
// objects it counts when they were first written: that is kept (see [storage.WithTimes]).
//
// Errors: [ErrNoBackup], [ErrIncomplete], an *[OccupiedError], and those of the stores.
func Restore(ctx context.Context, b *Backup, to storage.Store, dated func(key string) bool, progress Progress) (Report, error) {
	var r Report
	switch {
	case b.next == 1:
		return r, ErrNoBackup
	case b.Runs == 0:
		return r, ErrIncomplete
	}
	if err := vacant(ctx, to, b.Objects); err != nil {
		return r, err
	}
	r.Failed = append(r.Failed, b.Failed...)
	return r, r.take(ctx, b.store, to, b.Objects, dated, progress)
}

// take copies objects and takes down what becomes of each, and when those were written that
// are dated.
func (r *Report) take(ctx context.Context, from, to storage.Store, objects []Object, dated func(key string) bool, progress Progress) error {
	done, times := 0, map[string]time.Time{}
	progress.tell(0, len(objects))
	err := copyAll(ctx, from, to, objects, func(o outcome) error {
		done++
		progress.tell(done, len(objects))
		if o.err != nil {
			r.Failed = append(r.Failed, Failure{o.Key, o.err.Error()})
			return nil
		}
		r.Copied++
		r.Bytes += o.Size
		if dated(o.Key) && !o.Time.IsZero() {
			times[o.Key] = o.Time
		}
		return nil
	})
	sortFailures(r.Failed)
	if err != nil {
		return err
	}
	return storage.PutTimes(ctx, to, times)
}

// Mendable is a store whose damaged objects can be taken out of the way.
type Mendable interface {
	storage.Store
	// SetAside frees a key and says where its object is kept from then on.
	SetAside(ctx context.Context, key string) (where string, err error)
}

// The errors of fetching single objects back.
var (
	// ErrSound is that an object is not damaged, and stays as it is.
	ErrSound = errors.New("the object is sound")
	// ErrUnknown is that the backup has no object of the key.
	ErrUnknown = errors.New("the backup has no such object")
)

// RestoreOnly fetches one object back that is missing or damaged; what is damaged is set
// aside before, and where is its new place, "" for nowhere. It is fetched only when it is
// sound in the backup. Errors: [ErrSound], [ErrUnknown], storage.ErrCorrupt where it is
// damaged in the backup, and those of the stores.
func RestoreOnly(ctx context.Context, b *Backup, to Mendable, key string) (where string, err error) {
	o, ok := b.find(key)
	if !ok {
		return "", fmt.Errorf("%w: %q", ErrUnknown, key)
	}
	sum, err := sumOf(ctx, b.store, key)
	if err != nil {
		return "", fmt.Errorf("in the backup: %w", err)
	}
	if sum != o.SHA256 {
		return "", fmt.Errorf("in the backup: %q: %w: its SHA-256 is not that of the list of contents", key, storage.ErrCorrupt)
	}
	switch have, err := sumOf(ctx, to, key); {
	case err == nil && have == o.SHA256:
		return "", fmt.Errorf("%w: %q", ErrSound, key)
	case err == nil || errors.Is(err, storage.ErrCorrupt):
		if where, err = to.SetAside(ctx, key); err != nil {
			return "", err
		}
	case !errors.Is(err, storage.ErrNotExist):
		return "", err
	}
	_, err = copyOne(ctx, b.store, to, o)
	return where, err
}

// Move copies all that a store holds into another, empty one, each object with its hash
// checked on both sides. The first store stays as it is. Interrupted anywhere, it goes on
// when it is called again; so does it when the first store was in use meanwhile. Objects
// that are damaged are in Report.Failed.
//
// dated is as for [Restore]; from says itself when what it holds was first written.
//
// Errors: an *[OccupiedError] where the other store holds objects that the first has not,
// and those of the stores.
func Move(ctx context.Context, from, to storage.Store, dated func(key string) bool, progress Progress) (Report, error) {
	var r Report
	objects, failures, err := Snapshot(ctx, from)
	if err != nil {
		return r, err
	}
	r.Failed = failures
	if err := vacant(ctx, to, objects); err != nil {
		return r, err
	}
	return r, r.take(ctx, from, to, objects, dated, progress)
}
