package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sealdesk/storage"
)

// Kind is what is wrong with the trail at a place.
type Kind string

// The kinds of damage.
const (
	Missing  Kind = "missing"  // there are later numbers, but not this one
	Altered  Kind = "altered"  // the bytes are not those that were written
	Broken   Kind = "broken"   // the hash of the entry before is another
	Inserted Kind = "inserted" // the entry after it was written after the one before it
	Cut      Kind = "cut"      // there were entries after the end
	Stray    Kind = "stray"    // an object that is no entry
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

// Mark is an entry that was noted elsewhere, by number and hash: it shows later whether
// the trail up to there is still the same.
type Mark struct {
	Seq  int
	Hash string
}

// String gives a mark as ParseMark takes it: 12:0a1b….
func (m Mark) String() string { return strconv.Itoa(m.Seq) + ":" + m.Hash }

// ParseMark reads what String gave. The error says to people what a mark is.
func ParseMark(s string) (Mark, error) {
	number, hash, _ := strings.Cut(strings.TrimSpace(s), ":")
	seq, err := strconv.Atoi(number)
	if err != nil || seq < 1 || len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return Mark{}, fmt.Errorf("%.100q 不是审计记录的标记；标记是序号、冒号和 64 位校验码，如 sealdesk audit verify 所显示的", s)
	}
	return Mark{seq, hash}, nil
}

// Verification is what Verify found.
type Verification struct {
	// Entries is how many entries are as they were written.
	Entries int
	// First and Last are the times of the first and the last of them, zero when there
	// are none.
	First, Last time.Time
	// End is the entry with the greatest number; its Hash is "" when that is damaged.
	End      Mark
	Problems []Problem
}

// Verify reads the whole trail and holds every entry against its hash and the one
// before, and against what was noted of it earlier. An error means that the trail could
// not be read to its end, not that something is wrong with it.
//
// That entries are cut off at the end cannot be seen in the trail itself, nor that all of
// it from an entry on was written anew: only what was noted shows it.
func (l *Log) Verify(ctx context.Context, noted ...Mark) (Verification, error) {
	v := verifier{noted: map[int]string{}}
	for _, m := range noted {
		v.noted[m.Seq] = m.Hash
	}
	for info, err := range l.store.List(ctx, prefix) {
		if err != nil && info.Key == "" {
			return v.Verification, fmt.Errorf("verify the audit trail: %w", err)
		}
		seq, ok := parseKey(info.Key)
		if !ok {
			v.find(Stray, 0, "%q 不是审计记录，是后来放进去的", info.Key)
			continue
		}
		e, err := l.read(ctx, seq)
		if err != nil && !errors.Is(err, errAltered) && !errors.Is(err, storage.ErrNotExist) {
			return v.Verification, fmt.Errorf("verify the audit trail: %w", err)
		}
		v.next(seq, e, err == nil)
	}
	for _, m := range noted {
		if m.Seq > v.End.Seq {
			v.find(Cut, v.End.Seq+1, "末尾被截去：曾经记到第 %d 条，现在只到第 %d 条", m.Seq, v.End.Seq)
			break
		}
	}
	return v.Verification, nil
}

// verifier goes through the trail from its beginning.
type verifier struct {
	Verification
	noted  map[int]string // hashes by number
	before string         // the hash of the entry before the last
	linked bool           // whether the hash of the last is known
}

func (v *verifier) find(kind Kind, seq int, format string, args ...any) {
	v.Problems = append(v.Problems, Problem{kind, seq, fmt.Sprintf(format, args...)})
}

// next takes the entry with the next number that there is; readable says whether it is as
// it was sealed.
func (v *verifier) next(seq int, e Entry, readable bool) {
	switch missing := v.End.Seq + 1; {
	case seq == missing+1:
		v.find(Missing, missing, "缺少第 %d 条", missing)
	case seq > missing:
		v.find(Missing, missing, "缺少第 %d 至 %d 条", missing, seq-1)
	}
	linked := (v.linked || v.End.Seq == 0) && seq == v.End.Seq+1
	hash, was := v.noted[seq]
	switch {
	case !readable:
		v.find(Altered, seq, "第 %d 条的内容被改动或损坏", seq)
	case linked && e.Prev != v.End.Hash && e.Prev == v.before && v.End.Seq > 0:
		v.find(Inserted, v.End.Seq, "第 %d 条是后来插进去的：第 %d 条接的是它的前一条", v.End.Seq, seq)
	case linked && e.Prev != v.End.Hash:
		v.find(Broken, seq, "第 %d 条与前一条接不上：前一条被换过，或这一条不是接着它写的", seq)
	case was && e.Hash != hash:
		v.find(Broken, seq, "第 %d 条不是曾经记下的那一条：它或它前面的记录被重写过", seq)
	default:
		v.Entries++
		if v.First.IsZero() {
			v.First = e.Time
		}
		v.Last = e.Time
	}
	v.before = v.End.Hash
	v.End, v.linked = Mark{seq, e.Hash}, readable
}
