package audit

import (
	"context"
	"errors"
	"strings"
	"time"

	"sealdesk/storage"
)

// Filter says which entries are asked for; an empty one asks for all.
type Filter struct {
	// Who is the id of whoever did it, or to whom it was done. What ends in ":" stands
	// for all that begin with it: "cli:".
	Who string
	// Action is one of the constants.
	Action string
	// Bundle is a bundle's name or an application's id, whole or a part of it.
	Bundle string
	// From is the first moment that is asked for, To the first one after; zero is none.
	From, To time.Time
}

// Match says whether an entry is asked for.
func (f Filter) Match(e Entry) bool {
	switch {
	case f.Action != "" && e.Action != f.Action:
	case f.Who != "" && !f.who(e):
	case f.Bundle != "" && !strings.Contains(strings.ToLower(e.Object), f.bundle()):
	case !f.From.IsZero() && e.Time.Before(f.From):
	case !f.To.IsZero() && !e.Time.Before(f.To):
	default:
		return true
	}
	return false
}

func (f Filter) who(e Entry) bool {
	if strings.HasSuffix(f.Who, ":") {
		return strings.HasPrefix(e.User, f.Who)
	}
	return e.User == f.Who || e.Object == f.Who
}

// bundle is what the objects of a bundle and of its applications have in them: these are
// named by the first digits of the bundle's name.
func (f Filter) bundle() string {
	s := strings.ToLower(f.Bundle)
	if name := s[strings.LastIndexByte(s, '/')+1:]; len(name) == 64 {
		return name[:16]
	}
	return s
}

// clockSlack is how far the clocks of processes that write to the same trail may be
// apart, and how long an entry may wait for its turn.
const clockSlack = time.Minute

// Past says whether no entry before this one is asked for.
func (f Filter) Past(e Entry) bool { return !f.From.IsZero() && e.Time.Before(f.From.Add(-clockSlack)) }

// Start gives the number from which to look down for what is asked for, 0 when there is
// no entry. It reads about as many entries as their number has binary digits.
func (l *Log) Start(ctx context.Context, f Filter) (int, error) {
	last, _, err := l.Head(ctx)
	if err != nil || f.To.IsZero() {
		return last, err
	}
	end := f.To.Add(clockSlack)
	low, high := 0, last // up to low they are before the end, after high they are not
	for low < high {
		middle := low + (high-low+1)/2
		at, e, err := l.readable(ctx, low, middle)
		switch {
		case err != nil:
			return 0, err
		case at == low || e.Time.Before(end):
			low = middle // where nothing can be read it is passed over later
		default:
			high = at - 1
		}
	}
	return low, nil
}

// readable gives the last entry above a number, up to another, that can be read; low
// when there is none.
func (l *Log) readable(ctx context.Context, low, high int) (int, Entry, error) {
	for ; high > low; high-- {
		e, err := l.read(ctx, high)
		if err == nil {
			return high, e, nil
		}
		if !errors.Is(err, errAltered) && !errors.Is(err, storage.ErrNotExist) {
			return 0, Entry{}, err
		}
	}
	return low, Entry{}, nil
}
