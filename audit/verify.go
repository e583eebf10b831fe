package audit

import (
	"context"
	"errors"
	"fmt"

	"sealdesk/storage"
)

// Kind is what is wrong with the trail at a place.
type Kind string

// The kinds of damage.
const (
	Missing Kind = "missing" // there are later numbers, but not this one
	Altered Kind = "altered" // the bytes are not those that were written
	Broken  Kind = "broken"  // the hash of the entry before is another
	Stray   Kind = "stray"   // an object that is no entry
)

// Problem is one thing that is wrong with the trail.
type Problem struct {
	Kind Kind
	// Seq is the entry's number, the first of several that are missing in a row; 0
	// for a stray object.
	Seq int
	// Message says it to people, in Chinese.
	Message string
}

// Verify reads the whole trail and holds every entry against its hash and the one
// before. n is how many entries are as they were written. An error means that the trail
// could not be read to its end, not that something is wrong with it.
//
// That entries are cut off at the end cannot be seen in the trail itself; see
// [Log.Head].
func (l *Log) Verify(ctx context.Context) (n int, problems []Problem, err error) {
	find := func(kind Kind, seq int, format string, args ...any) {
		problems = append(problems, Problem{kind, seq, fmt.Sprintf(format, args...)})
	}
	last, hash, linked := 0, "", true // linked: hash is that of the entry last
	for info, err := range l.store.List(ctx, prefix) {
		if err != nil && info.Key == "" {
			return n, problems, fmt.Errorf("verify the audit trail: %w", err)
		}
		seq, ok := parseKey(info.Key)
		if !ok {
			find(Stray, 0, "%q 不是审计记录", info.Key)
			continue
		}
		switch missing := last + 1; {
		case seq == missing+1:
			find(Missing, missing, "缺少第 %d 条", missing)
		case seq > missing:
			find(Missing, missing, "缺少第 %d 至 %d 条", missing, seq-1)
		}
		linked = linked && seq == last+1
		e, err := l.read(ctx, seq)
		switch {
		case errors.Is(err, errAltered), errors.Is(err, storage.ErrNotExist):
			find(Altered, seq, "第 %d 条的内容被改动或损坏", seq)
		case err != nil:
			return n, problems, fmt.Errorf("verify the audit trail: %w", err)
		case linked && e.Prev != hash:
			find(Broken, seq, "第 %d 条与前一条接不上：前一条被换过，或这一条不是接着它写的", seq)
		default:
			n++
		}
		last, hash, linked = seq, e.Hash, err == nil
	}
	return n, problems, nil
}
