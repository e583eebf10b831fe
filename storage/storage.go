// Package storage is the one truth of the program: originals, results,
// corrections and the audit trail, each an object that is written once under a
// key and never changed. Everything else, the queue and the index, is derived
// from it.
//
// The package says what a store promises; storage/dir keeps objects in a
// directory, and storage/storagetest tests any implementation against these
// promises.
//
// It does not delete or overwrite, has no versions and gives no meaning to
// keys: a caller who needs a new version of something (the result of a new
// engine, a correction) stores it under a key of its own that names the version.
package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The errors that callers tell apart, with [errors.Is]. Any other error is a
// failure of the machinery (disk, network, permission, or the context's own
// error) and says nothing about the object; trying again may help.
var (
	// ErrNotExist means that there is no object under the key.
	ErrNotExist = errors.New("no such object")
	// ErrExists means that the key already holds other bytes. Trying again
	// never helps.
	ErrExists = errors.New("the key already holds other bytes")
	// ErrCorrupt means that what is kept is not what was stored: the bytes
	// fail their checksum, or the store's own structure is damaged. Trying
	// again does not help; a person has to restore the object.
	ErrCorrupt = errors.New("corrupt object")
	// ErrKey means that the key breaks the rules of [CheckKey].
	ErrKey = errors.New("invalid key")
	// ErrFull means that there is no room for the object.
	ErrFull = errors.New("storage is full")
)

// Store keeps write-once objects. All methods may be called from many
// goroutines, and many processes may use the same store, at the same time.
// They return a context's error soon after the context ends. Errors wrap those
// of this package where one applies.
type Store interface {
	// Put stores all that r gives, to its io.EOF, under key. When Put returns
	// nil the object is durable: it outlives a crash of the process, the
	// machine and its power.
	//
	// An object appears whole or not at all: after an error (of r, the context
	// or the store) or a crash the key holds what it held before, though an
	// error late in the way may leave the whole object in place without the
	// promise that it is durable. Every step may be repeated: putting the
	// bytes that the key already holds is a success and changes nothing.
	// Other bytes give ErrExists. Of several concurrent Puts of different bytes
	// under one key, exactly one succeeds.
	//
	// Put reads r from one goroutine, does not close it and does not hold the
	// whole object in memory. An error of r is wrapped. While r blocks, Put
	// cannot see its context end. Objects that are stored together are best
	// put concurrently: the waits for the disk or network are then shared.
	//
	// Errors: ErrKey, ErrExists, ErrFull; ErrCorrupt when the key's old object
	// turned out to be damaged.
	Put(ctx context.Context, key string, r io.Reader) error

	// Get opens an object for reading, from its start. The reader checks the
	// bytes on their way: it ends in io.EOF only when all of them were what
	// was stored, else in ErrCorrupt, so a caller must not act on what it read
	// before it has seen the end. When the check fails, the last bytes read
	// are withheld, so reading exactly Info.Size bytes checks the whole object
	// too. The context governs the reader as well. The caller closes the
	// reader, and uses it from one goroutine at a time.
	//
	// Errors: ErrKey, ErrNotExist, ErrCorrupt.
	Get(ctx context.Context, key string) (io.ReadCloser, error)

	// Stat tells of an object without reading its bytes.
	//
	// Errors: ErrKey, ErrNotExist, ErrCorrupt.
	Stat(ctx context.Context, key string) (Info, error)

	// List gives every object whose key begins with prefix, in the byte order
	// of the keys. The prefix need not end at a slash nor be a valid key; ""
	// lists all. Objects put while the listing runs may or may not be in it.
	//
	// An error beside an Info with a Key (ErrCorrupt) is about that object
	// alone: the listing goes on when the caller does. An error without a Key
	// ends the listing.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
}

// Info describes an object.
type Info struct {
	Key string
	// Size is the number of bytes.
	Size int64
	// Time is when the object was written, by the store's clock: good enough
	// to show to people, not to order events by.
	Time time.Time
}

// MaxKey is the greatest length of a key in bytes.
const MaxKey = 1024

// CheckKey returns an error that wraps [ErrKey] unless every store can hold an
// object under key. A key is one or more segments joined by single slashes,
// valid UTF-8, at most [MaxKey] bytes. No segment is empty, "." or "..", and no
// character is a control character (NUL, line feed, ...) or one that XML,
// S3's language, cannot carry. Keys are compared byte by byte: upper and lower
// case differ, and so do composed and decomposed characters.
//
// A key that is also a folder of others ("a" beside "a/b") is valid, but some
// S3 servers that keep objects as files refuse it; callers do better without.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: it is empty", ErrKey)
	case len(key) > MaxKey:
		return fmt.Errorf("%w: it has %d bytes, more than %d", ErrKey, len(key), MaxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w %q: it is not UTF-8", ErrKey, key)
	}
	for _, r := range key {
		if unicode.IsControl(r) || r == '\uFFFE' || r == '\uFFFF' {
			return fmt.Errorf("%w %q: it has the control character %U", ErrKey, key, r)
		}
	}
	for seg := range strings.SplitSeq(key, "/") {
		if seg == "" || seg == "." || seg == ".." {
			return fmt.Errorf("%w %q: it has the segment %q", ErrKey, key, seg)
		}
	}
	return nil
}

// PutJSON stores v as indented JSON under key. Its errors are those of encoding and of Put.
func PutJSON(ctx context.Context, s Store, key string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return s.Put(ctx, key, bytes.NewReader(append(b, '\n')))
}

// ReadAll reads the whole object under key into memory, checked. It is meant
// for small objects, such as results; scans are streamed with Get. Its errors
// are those of Get and its reader.
func ReadAll(ctx context.Context, s Store, key string) ([]byte, error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", key, err)
	}
	return b, nil
}

// Ready is how every operation of a store on a key begins: the error is the context's
// or that of [CheckKey].
func Ready(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return CheckKey(key)
}

// Source gives what r gives, but sees the context end between two reads and says of
// r's errors that they are the source's, not the store's.
func Source(ctx context.Context, r io.Reader) io.Reader { return &source{ctx, r} }

type source struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("read the source: %w", err)
	}
	return n, err
}
