package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/storage"
	"sealdesk/storage/s3"
)

// ledger knows which objects of an intake have an outcome. It stands in the store, in
// objects written once, and is read only when it is opened:
//
//	intake/<bucket>/<object>.json                      the object was read
//	intake/<bucket>/<object>.failed-<version>.json     this program cannot read it
//
// <object> is a hash of key and ETag, so that an object that is replaced is a new one.
// A record of the first kind is written after the result is on file.
type ledger struct {
	store  storage.Store
	bucket string
	known  map[string]bool // keys of records
	// after is when to try again what failed for no fault of its own, and how long
	// was waited for that.
	after map[string]delay
}

type delay struct {
	until time.Time
	last  time.Duration
}

// The first and the longest wait before something is tried again.
const (
	firstDelay   = time.Minute
	longestDelay = time.Hour
)

// entry is a record of the ledger.
type entry struct {
	Bucket string        `json:"bucket"`
	Key    string        `json:"key"`
	ETag   string        `json:"etag"`
	SHA256 string        `json:"sha256,omitempty"` // of the bundle that it became
	Error  *bundle.Error `json:"error,omitempty"`
}

// failedMark parts the name of an object from the program that cannot read it.
const failedMark = ".failed-"

// openLedger reads what is known of a bucket's objects; with retry, nothing of those
// that could not be read.
func openLedger(ctx context.Context, s storage.Store, bucket string, retry bool) (*ledger, error) {
	l := &ledger{store: s, bucket: bucket, known: map[string]bool{}, after: map[string]delay{}}
	for info, err := range s.List(ctx, "intake/"+bucket+"/") {
		if err != nil {
			return nil, fmt.Errorf("read what was taken from %s: %w", bucket, err)
		}
		if !retry || !strings.Contains(info.Key, failedMark) {
			l.known[info.Key] = true
		}
	}
	return l, nil
}

// name is where the records of an object begin.
func (l *ledger) name(o s3.Object) string {
	sum := sha256.Sum256([]byte(o.Key + "\x00" + o.ETag))
	return "intake/" + l.bucket + "/" + hex.EncodeToString(sum[:16])
}

func (l *ledger) done(o s3.Object) string { return l.name(o) + ".json" }

func (l *ledger) failed(o s3.Object) string {
	sum := sha256.Sum256([]byte(version))
	return l.name(o) + failedMark + hex.EncodeToString(sum[:4]) + ".json"
}

// has says whether there is nothing to do for an object now.
func (l *ledger) has(o s3.Object) bool {
	if d, ok := l.after[l.name(o)]; ok {
		return time.Now().Before(d.until)
	}
	return l.known[l.done(o)] || l.known[l.failed(o)]
}

// enter writes down what became of an object. What is the machine's fault and not the
// scan's is written nowhere, to be tried again after a while.
func (l *ledger) enter(ctx context.Context, o s3.Object, r *bundle.Result, broken *bundle.Error) error {
	e, key := entry{Bucket: l.bucket, Key: o.Key, ETag: o.ETag}, l.done(o)
	switch {
	case broken == nil:
		e.SHA256 = r.SHA256
	case broken.Code == bundle.CodeInternal:
		l.later(o)
		return nil
	default:
		e.Error, key = broken, l.failed(o)
	}
	err := storage.PutJSON(ctx, l.store, key, e)
	// Another watch, or this one before, may have written it in other words.
	if err != nil && !errors.Is(err, storage.ErrExists) {
		l.later(o)
		return fmt.Errorf("write down %s: %w", o.Key, err)
	}
	l.known[key] = true
	delete(l.after, l.name(o))
	return nil
}

// later puts an object off, each time for twice as long.
func (l *ledger) later(o s3.Object) {
	d := l.after[l.name(o)]
	d.last = min(max(2*d.last, firstDelay), longestDelay)
	d.until = time.Now().Add(d.last)
	l.after[l.name(o)] = d
}
