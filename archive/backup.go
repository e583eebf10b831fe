package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sealdesk/storage"
)

// part is after how many objects a long run writes a manifest of what it has so far, so
// that an interrupted run need not read them again.
var part = 2000

// Report is what was done.
type Report struct {
	// Copied objects were copied, with so many Bytes; Known ones were there already.
	Copied, Known int
	Bytes         int64
	// Resumed says that an earlier run had not come to its end, and this one went on.
	Resumed bool
	// Failed could not be copied; all else was.
	Failed []Failure
}

// Run adds to a backup what a store holds and the backup lacks, and the files, by name. What was acknowledged before the call is in
// the backup when it returns nil, but for what Report.Failed names. Interrupted anywhere,
// it goes on when it is called again.
//
// Errors: [ErrNoBackup] where the place holds something else, or the backup of another
// store; [ErrBusy]; and those of the stores. An object that was damaged or lost in the
// backup since is copied again, if its key is free.
func Run(ctx context.Context, from, to storage.Store, files map[string][]byte, progress Progress) (Report, error) {
	var r Report
	began := time.Now().UTC()
	b, err := Open(ctx, to)
	if err != nil {
		return r, err
	}
	there, err := listed(ctx, to)
	if err != nil {
		return r, err
	}
	objects, failures, err := Snapshot(ctx, from)
	if err != nil {
		return r, err
	}
	r.Failed = failures
	if err := b.belongs(ctx, from, objects, there); err != nil {
		return r, err
	}
	known := map[string]Object{}
	for _, o := range slices.Concat(b.Objects, b.begun) {
		known[o.Key] = o
	}
	for key := range there {
		if _, ok := known[key]; !ok && !ofBackup(key) {
			r.Resumed = true
		}
	}
	r.Resumed = r.Resumed || b.Interrupted

	var todo []Object
	for _, o := range objects {
		old, ok := known[o.Key]
		size, here := there[o.Key]
		switch {
		case ofBackup(o.Key): // no object of the program's; it would pass for a manifest
			r.Failed = append(r.Failed, Failure{o.Key, "the key is one of a backup's own"})
		case ok && here && size == old.Size && size == o.Size:
			r.Known++
		case ok && here: // the backup's stays, whichever of the two is right
			r.Failed = append(r.Failed, Failure{o.Key, fmt.Sprintf("it has %d bytes, in the backup %d", o.Size, size)})
		case ok: // lost there
			o.SHA256 = old.SHA256
			todo = append(todo, o)
		default:
			todo = append(todo, o)
		}
	}
	added, err := b.add(ctx, from, todo, known, began, &r, progress)
	if err != nil {
		return r, err
	}
	last := manifest{Complete: true, Started: began, Objects: added, Failed: r.Failed}
	if last.Files, err = b.addFiles(ctx, files); err != nil {
		return r, err
	}
	sortFailures(r.Failed)
	return r, b.append(ctx, last)
}

// add copies objects and gives those that no manifest names yet.
func (b *Backup) add(ctx context.Context, from storage.Store, todo []Object, known map[string]Object, began time.Time, r *Report, progress Progress) ([]Object, error) {
	all := r.Known + len(todo)
	done := r.Known
	progress.tell(done, all)
	var added []Object
	err := copyAll(ctx, from, b.store, todo, func(o outcome) error {
		done++
		progress.tell(done, all)
		if o.err != nil {
			r.Failed = append(r.Failed, Failure{o.Key, o.err.Error()})
			return nil
		}
		r.Copied++
		r.Bytes += o.Size
		if _, ok := known[o.Key]; !ok {
			added = append(added, o.Object)
		}
		if len(added) < part {
			return nil
		}
		err := b.append(ctx, manifest{Started: began, Objects: added})
		added = nil
		return err
	})
	return added, err
}

// addFiles keeps files in the backup, each by its hash.
func (b *Backup) addFiles(ctx context.Context, files map[string][]byte) ([]Object, error) {
	var list []Object
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256(files[name])
		o := Object{Key: name, Size: int64(len(files[name])), SHA256: hex.EncodeToString(sum[:])}
		if err := b.store.Put(ctx, filesFolder+o.SHA256, bytes.NewReader(files[name])); err != nil {
			return nil, fmt.Errorf("back up %s: %w", name, err)
		}
		list = append(list, o)
	}
	return list, nil
}

// belongs says whether a place holds a backup of this store, or what an interrupted run
// left of one: everything there is the store's, too, and the first object of each kind that
// both have is the same.
func (b *Backup) belongs(ctx context.Context, from storage.Store, objects []Object, there map[string]int64) error {
	here := make(map[string]int64, len(objects))
	for _, o := range objects {
		here[o.Key] = o.Size
	}
	for key := range there {
		if _, ok := here[key]; !ok && !ofBackup(key) && b.Runs == 0 {
			return fmt.Errorf("%w, but other things, such as %q", ErrNoBackup, key)
		}
	}
	looked, common := map[string]bool{}, false
	for _, o := range objects {
		kind, _, _ := strings.Cut(o.Key, "/")
		size, ok := there[o.Key]
		common = common || ok
		if !ok || looked[kind] || size < 0 {
			continue
		}
		looked[kind] = true
		ours, err := sumOf(ctx, from, o.Key)
		if err != nil && own(err) {
			continue // damaged: that is told elsewhere
		}
		if err != nil {
			return err
		}
		theirs, err := sumOf(ctx, b.store, o.Key)
		if err != nil && own(err) {
			continue
		}
		if err != nil {
			return err
		}
		if ours != theirs {
			return fmt.Errorf("%w of this store, but of another: %q is not the same in both", ErrNoBackup, o.Key)
		}
	}
	if len(b.Objects) > 0 && len(objects) > 0 && !common {
		return fmt.Errorf("%w of this store, but of another: they have nothing in common", ErrNoBackup)
	}
	return nil
}
