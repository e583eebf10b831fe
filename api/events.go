package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/desk"
	"sealdesk/sse"
)

// events streams what happens to bundles, as server-sent events:
//
//	bundle   how far a bundle is, whenever that changes; the newest of it, when it
//	         changes faster than it is sent
//	reset    what was missed cannot be told: ask for the list of bundles
//	ended    the token is over, and the stream is
//
// Whoever connects again and says in Last-Event-ID what was heard last is told what
// changed since, each bundle as it is now. The program forgets changes when it ends, not
// bundles.
func (s *Server) events(w http.ResponseWriter, r *http.Request) error {
	q := query{values: r.URL.Query()}
	only := q.text("bundle", 64)
	if err := q.end(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	news := make(chan desk.Entry)
	s.desk.Listen(ctx, func(e desk.Entry) {
		select {
		case news <- e:
		case <-ctx.Done():
		}
	})
	f := &follower{Stream: sse.Begin(w), only: only}
	f.run, f.last = s.desk.Changes()
	err := s.begin(f, r.Header.Get("Last-Event-ID"))
	beat := time.NewTicker(s.beat)
	defer beat.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case e := <-news:
			if e.Change > f.last { // else it was among those before
				err = s.tell(f)
			}
		case <-beat.C:
			if !s.stillMay(r, account.Intake) {
				return f.Send(f.id(), "ended", nil)
			}
			err = f.Alive()
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// follower is what one program was told.
type follower struct {
	*sse.Stream
	only string // the bundle that it asks for, "" for all
	run  string // names the run of the program to which changes belong
	last uint64 // the change that it was told of last
}

// id is what the program says in Last-Event-ID when it connects again.
func (f *follower) id() string { return fmt.Sprintf("%s-%d", f.run, f.last) }

// begin sends what a program missed.
func (s *Server) begin(f *follower, heard string) error {
	if heard == "" {
		return f.Alive() // so that the program knows it is heard
	}
	run, number, _ := strings.Cut(heard, "-")
	change, err := strconv.ParseUint(number, 10, 64)
	if err != nil || run != f.run || change > f.last {
		return f.Send(f.id(), "reset", nil)
	}
	f.last = change
	if err := s.tell(f); err != nil {
		return err
	}
	return f.Alive()
}

// tell sends what changed since a program was told last, in that order, so that whatever
// it heard last, it heard all before.
func (s *Server) tell(f *follower) error {
	for _, e := range s.desk.Since(f.last) {
		f.last = e.Change
		if f.only != "" && e.Bundle != f.only {
			continue
		}
		data, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode an event: %w", err)
		}
		if err := f.Send(f.id(), "bundle", data); err != nil {
			return err
		}
	}
	return nil
}

// stillMay says whether the token that a request came with can still be used, for this.
func (s *Server) stillMay(r *http.Request, right account.Right) bool {
	_, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token, user, err := s.accounts.UseToken(r.Context(), strings.TrimSpace(text))
	return err == nil && token.May(user, right)
}
