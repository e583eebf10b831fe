package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sealdesk/storage"
)

// A backup is a store, too. It holds every object under the key that it has at home, so
// that a copy of it is as good as a store, and beside them
//
//	backup/<000001>.json     manifests, one after the other
//	backup/files/<sha256>    files that no store holds, such as profiles of calls
//
// Each manifest names what it adds to those before it, and the SHA-256 of the one before.
// Long runs write several; the last of a run says that it is the last. What stands behind
// that, or in no manifest, is of a run that was interrupted.
const (
	ownFolder   = "backup/"
	filesFolder = ownFolder + "files/"
)

func manifestKey(n int) string { return fmt.Sprintf("%s%06d.json", ownFolder, n) }

// format is raised when a manifest says other things.
const format = 1

// manifest is a part of a backup's list of contents.
type manifest struct {
	Format int `json:"format"`
	// Previous is the SHA-256 of the manifest before, "" in the first.
	Previous string `json:"previous"`
	// Complete says that with it a run came to its end.
	Complete bool `json:"complete"`
	// Started is when the run began, Time when the manifest was made.
	Started time.Time `json:"started"`
	Time    time.Time `json:"time"`
	// Objects are those that were added.
	Objects []Object `json:"objects"`
	// Files are all files as they were at the end of the run. Their Key is a name.
	Files []Object `json:"files,omitempty"`
	// Failed are objects that could not be read then.
	Failed []Failure `json:"failed,omitempty"`
}

// Backup is what a backup holds, as its manifests say.
type Backup struct {
	// Objects are those of all complete runs, in the order of their keys.
	Objects []Object
	// Files are those of the last complete run.
	Files []Object
	// Failed could not be read in the last complete run, and are in no run before it.
	Failed []Failure
	// Time is when the last complete run began, zero when there was none: all that was
	// acknowledged before is there.
	Time time.Time
	// Runs counts the complete runs.
	Runs int
	// Interrupted says that a run after the last complete one did not come to its end.
	Interrupted bool

	next     int      // number of the next manifest
	previous string   // hash of the last one
	begun    []Object // of the interrupted run
	store    storage.Store
}

// ErrNoBackup is that a store holds something, and no backup.
var ErrNoBackup = errors.New("there is no backup")

// Open reads the list of contents of a backup. A store without one is a backup without
// runs: it may be of a first run that was interrupted.
func Open(ctx context.Context, s storage.Store) (*Backup, error) {
	b := &Backup{store: s, next: 1}
	var failed []Failure
	for ; ; b.next++ {
		key := manifestKey(b.next)
		data, err := storage.ReadAll(ctx, s, key)
		if errors.Is(err, storage.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read the backup's list of contents: %w", err)
		}
		var m manifest
		if err := json.Unmarshal(data, &m); err != nil {
			return nil, fmt.Errorf("read the backup's list of contents %s: %w", key, err)
		}
		switch {
		case m.Format != format:
			return nil, fmt.Errorf("the backup's list of contents %s is of format %d, this program knows %d", key, m.Format, format)
		case m.Previous != b.previous:
			return nil, fmt.Errorf("%w: the backup's list of contents %s does not follow the one before", storage.ErrCorrupt, key)
		}
		sum := sha256.Sum256(data)
		b.previous = hex.EncodeToString(sum[:])
		b.begun = append(b.begun, m.Objects...)
		if m.Complete {
			b.Objects, b.begun = append(b.Objects, b.begun...), nil
			b.Files, b.Time, failed = m.Files, m.Started, m.Failed
			b.Runs++
		}
	}
	slices.SortFunc(b.Objects, byKey)
	for _, f := range failed {
		if _, ok := b.find(f.Key); !ok {
			b.Failed = append(b.Failed, f)
		}
	}
	b.Interrupted = len(b.begun) > 0
	return b, nil
}

// find gives an object of the complete runs.
func (b *Backup) find(key string) (Object, bool) {
	i, ok := slices.BinarySearchFunc(b.Objects, Object{Key: key}, byKey)
	if !ok {
		return Object{}, false
	}
	return b.Objects[i], true
}

// append writes the next manifest.
func (b *Backup) append(ctx context.Context, m manifest) error {
	m.Format, m.Previous, m.Time = format, b.previous, time.Now().UTC()
	slices.SortFunc(m.Objects, byKey)
	sortFailures(m.Failed)
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return fmt.Errorf("encode the backup's list of contents: %w", err)
	}
	data = append(data, '\n')
	err = b.store.Put(ctx, manifestKey(b.next), bytes.NewReader(data))
	if errors.Is(err, storage.ErrExists) {
		return ErrBusy
	}
	if err != nil {
		return fmt.Errorf("write the backup's list of contents: %w", err)
	}
	sum := sha256.Sum256(data)
	b.previous = hex.EncodeToString(sum[:])
	b.next++
	return nil
}

// ErrBusy is that another backup is being made at the same place.
var ErrBusy = errors.New("another backup is being made at the same place")

// ofBackup says whether a key is one of the backup's own.
func ofBackup(key string) bool { return strings.HasPrefix(key, ownFolder) }

// File gives the bytes of one of the Files.
func (b *Backup) File(ctx context.Context, f Object) ([]byte, error) {
	data, err := storage.ReadAll(ctx, b.store, filesFolder+f.SHA256)
	if err != nil {
		return nil, fmt.Errorf("read %s in the backup: %w", f.Key, err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, fmt.Errorf("read %s in the backup: %w", f.Key, storage.ErrCorrupt)
	}
	return data, nil
}
