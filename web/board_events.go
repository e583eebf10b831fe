package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sealdesk/account"
	"sealdesk/desk"
	"sealdesk/sse"
)

// stream is a row of server-sent events, numbered from 1.
type stream struct {
	*sse.Stream
	n int
}

func (st *stream) send(event string, data []byte) error {
	st.n++
	return st.Send(strconv.Itoa(st.n), event, data)
}

// follow streams what happens on the desk until the request ends, or the session or the
// right of whoever asked. Begin is called once, and change with each entry that changed
// since, or while begin looked: nothing is missed between the two.
func (s *Server) follow(w http.ResponseWriter, r *http.Request, right account.Right, begin func(*stream) error, change func(*stream, desk.Entry) error) error {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	news := make(chan desk.Entry)
	s.desk.Listen(ctx, func(e desk.Entry) {
		select {
		case news <- e:
		case <-ctx.Done():
		}
	})
	st := &stream{Stream: sse.Begin(w)}
	beat := time.NewTicker(s.beat)
	defer beat.Stop()
	err := begin(st)
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case e := <-news:
			err = change(st, e)
		case <-beat.C:
			if !s.stillMay(r, right) {
				return st.send("ended", nil)
			}
			err = st.Alive()
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// stillMay says whether the session that a request came with goes on, and its owner has
// a right. To ask does not make the session longer.
func (s *Server) stillMay(r *http.Request, right account.Right) bool {
	ctx, err := s.sessions.Load(visitOf(r).outside, s.token(r))
	if err != nil {
		return false
	}
	u, err := s.visitor(r.WithContext(ctx))
	return err == nil && u != nil && u.Role.May(right)
}

// boardEvents streams the changes of the board:
//
//	all      the rows that it shows, at the beginning and when others have to be shown
//	older    what stands below them
//	new      a row for the top
//	row      a row in the place of the one that is there
//	counts   the sums by state
//	said     a sentence about a bundle that has been read
//	ended    the session has ended, and the stream does
//
// A browser that connects again gets all rows first, so that it is right whatever it
// missed.
func (s *Server) boardEvents(w http.ResponseWriter, r *http.Request) error {
	b := &boardStream{Server: s, r: r, query: boardQueryOf(r.URL.Query())}
	return s.follow(w, r, account.Intake, b.begin, b.change)
}

// boardStream is what one browser was told of the board.
type boardStream struct {
	*Server
	r      *http.Request
	query  boardQuery
	shown  map[string]desk.State // the bundles in its list
	first  time.Time             // when the newest of them came
	last   time.Time             // when the oldest came, if the list goes on; else zero
	counts []countView
}

// block sends a block of the board's template as an event.
func (b *boardStream) block(st *stream, event, block string, data any) error {
	html, err := b.execute(b.r, "board", block, data)
	if err != nil {
		return err
	}
	return st.send(event, html)
}

func (b *boardStream) begin(st *stream) error {
	if err := b.all(st); err != nil {
		return err
	}
	return b.count(st)
}

// all sends the whole list.
func (b *boardStream) all(st *stream) error {
	entries := b.list(b.query)
	b.shown, b.first, b.last = map[string]desk.State{}, time.Time{}, time.Time{}
	for _, e := range entries {
		b.shown[e.Bundle] = e.State
	}
	if n := len(entries); n > 0 {
		b.first = entries[0].Time
		if n >= boardLength {
			b.last = entries[n-1].Time
		}
	}
	list := listOf(b.query, entries)
	if err := b.block(st, "all", "rows", list); err != nil {
		return err
	}
	return b.block(st, "older", "older", list)
}

// count sends the sums by state, if they are others than before.
func (b *boardStream) count(st *stream) error {
	now := b.Server.counts(b.query)
	if slices.Equal(now, b.counts) {
		return nil
	}
	b.counts = now
	return b.block(st, "counts", "counts", now)
}

// change sends what a changed entry changes in the list.
func (b *boardStream) change(st *stream, e desk.Entry) error {
	was, shown := b.shown[e.Bundle]
	keeps := b.query.keeps(&e) && (b.query.From.IsZero() || e.Time.Before(b.query.From))
	row := rowOf(e)
	row.Back = b.query.link("/bundles")
	var err error
	switch {
	case shown && keeps:
		b.shown[e.Bundle] = e.State
		row.Swap = true
		err = b.block(st, "row", "row", row)
	case !shown && !keeps, e.Time.Before(b.last):
		// It is not in this list, or further down.
	case !shown && b.query.From.IsZero() && len(b.shown) > 0 && e.Time.After(b.first):
		b.shown[e.Bundle], b.first = e.State, e.Time
		err = b.block(st, "new", "row", row)
	default:
		err = b.all(st)
	}
	if err != nil {
		return err
	}
	if shown && (was == desk.Waiting || was == desk.Reading) && ended(e.State) {
		if err := b.block(st, "said", "said", row); err != nil {
			return err
		}
	}
	return b.count(st)
}

// ended says whether a bundle in a state has been read, or will not be.
func ended(s desk.State) bool { return s == desk.Done || s == desk.Review || s == desk.Failed }
