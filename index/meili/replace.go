package meili

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"sealdesk/index"
)

// fillBytes is how much text is gathered before it is sent to a new index.
const fillBytes = 512 << 10

// leaveTime is how long is spent on tidying up when the context has ended.
const leaveTime = 15 * time.Second

// Replace fills a new index and then lets it take the place of the one that the
// options name, whatever state that is in; until then, and when fill fails, that
// one stays as it was, and other processes can use it. What they change meanwhile
// is brought over if [Open] would take the old index. fill calls put any number
// of times, with whole bundles.
func Replace(ctx context.Context, o Options, fill func(put func([]index.Document) error) error) error {
	x, err := open(o)
	if err != nil {
		return err
	}
	err = x.server.verify(ctx, x.uid)
	usable := !errors.Is(err, index.ErrRebuild)
	switch {
	case isCode(err, "index_not_found"):
		err = x.server.create(ctx, x.uid) // something to swap with
	case !usable:
		err = nil
	}
	if err == nil {
		err = x.replace(ctx, fill, usable)
	}
	return errors.Join(err, x.Close())
}

// Replace implements [index.Index]. Until the new index takes over, changes go
// to the old one; then those made meanwhile, also by other processes, are
// brought over. Those of this process wait in the last part of that.
func (x *Index) Replace(ctx context.Context, fill func(put func([]index.Document) error) error) error {
	release, err := take(ctx, x.replacing)
	if err != nil {
		return err
	}
	defer release()
	if err := x.begin(); err != nil {
		return err
	}
	defer x.end()
	return x.replace(ctx, fill, true)
}

// replace does the work of both. carry says that the old index can be trusted
// for what changed meanwhile.
func (x *Index) replace(ctx context.Context, fill func(put func([]index.Document) error) error, carry bool) (err error) {
	if err := x.removeOrphans(ctx); err != nil {
		return err
	}
	var before state
	if carry {
		if before, err = x.server.state(ctx, x.uid); err != nil {
			return err
		}
	}
	next := x.uid + newMark + strings.ToLower(rand.Text()[:16])
	// Before the swap that is the unfinished index, afterwards the old one. The
	// server takes one task after the other, so this is so even when the swap
	// was sent and its end not waited for.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
		defer cancel()
		err = errors.Join(err, x.server.remove(ctx, next))
	}()
	if err := x.server.create(ctx, next); err != nil {
		return err
	}
	if err := x.server.fill(ctx, next, fill); err != nil {
		return fmt.Errorf("index/meili: rebuild: %w", err)
	}

	release, err := take(ctx, x.changing)
	if err != nil {
		return err
	}
	defer release()
	now := before
	if carry {
		if now, err = x.server.carry(ctx, x.uid, next, before); err != nil {
			return err
		}
	}
	// Somebody may have deleted it under way; the server would have made it
	// again, without settings.
	if err := x.server.verify(ctx, next); err != nil {
		return err
	}
	if err := x.server.swap(ctx, x.uid, next); err != nil {
		return err
	}
	if carry {
		// What another process changed between the last look and the swap.
		_, err = x.server.carry(ctx, next, x.uid, now)
	}
	return err
}

// fill puts all that fill gives into an index.
func (s *server) fill(ctx context.Context, uid string, fill func(put func([]index.Document) error) error) error {
	var waiting []index.Change
	size := 0
	send := func() error {
		list := waiting
		waiting, size = nil, 0
		return s.apply(ctx, uid, list)
	}
	err := fill(func(docs []index.Document) error {
		list, err := index.Changes(docs)
		if err != nil {
			return err
		}
		for _, c := range list {
			// A bundle that comes twice counts as it came last.
			waiting = slices.DeleteFunc(waiting, func(w index.Change) bool { return w.Bundle == c.Bundle })
			waiting = append(waiting, c)
			for _, d := range c.Documents {
				for _, p := range d.Pages {
					size += len(p.Text)
				}
			}
		}
		if size < fillBytes && len(waiting) < batchBundles {
			return ctx.Err()
		}
		return send()
	})
	if err == nil {
		err = send()
	}
	return err
}

// state is what an index holds: for each application its revision and bundle.
type state map[string]stored

func (s *server) state(ctx context.Context, uid string) (state, error) {
	list, err := s.fetch(ctx, uid, meilisearch.DocumentsQuery{
		Fields: []string{keyAttribute, revisionAttribute, "bundle"}, Limit: everything,
	})
	if err != nil {
		return nil, err
	}
	out := state{}
	for _, d := range list {
		out[d.Key] = d
	}
	return out, nil
}

// carry brings to another index what changed in one since it was looked at, and
// gives what that one holds now.
func (s *server) carry(ctx context.Context, from, to string, since state) (state, error) {
	now, err := s.state(ctx, from)
	if err != nil {
		return nil, err
	}
	var touched []string
	for key, d := range now {
		if was, ok := since[key]; !ok || was.Revision != d.Revision {
			touched = append(touched, d.Bundle)
			if ok {
				touched = append(touched, was.Bundle)
			}
		}
	}
	for key, was := range since {
		if _, ok := now[key]; !ok {
			touched = append(touched, was.Bundle)
		}
	}
	slices.Sort(touched)
	for _, bundle := range slices.Compact(touched) {
		docs, err := s.fetch(ctx, from, meilisearch.DocumentsQuery{
			Filter: oneOf(bundleAttribute, []string{documentKey(bundle)}), Fields: shown, Limit: everything,
		})
		if err != nil {
			return nil, err
		}
		c := index.Change{Bundle: bundle}
		for _, d := range docs {
			c.Documents = append(c.Documents, d.Document)
		}
		if err := s.apply(ctx, to, []index.Change{c}); err != nil {
			return nil, err
		}
	}
	return now, nil
}

// swap lets two indexes change their names, in one step.
//
// The task of a swap cannot be waited for: a key that is limited to some indexes
// does not see it. But the server does one task after the other, so when a later
// one is done, the swap is done or has failed; and an index keeps the time at
// which it was made when it changes its name. That also tells what became of a
// request whose answer was lost, which sent again would swap back.
func (s *server) swap(ctx context.Context, current, next string) error {
	made, err := s.api.Index(next).FetchInfoWithContext(ctx)
	if err != nil {
		return s.failed("read index "+next, err)
	}
	_, err = s.api.SwapIndexesWithContext(ctx, []*meilisearch.SwapIndexesParams{{Indexes: []string{current, next}}})
	if err != nil {
		err = s.failed("swap indexes", err)
		var answer *serverError
		if errors.As(err, &answer) && answer.status >= 400 && answer.status < 500 {
			return err
		}
	}
	info, laterErr := s.api.Index(current).DeleteDocumentsWithContext(ctx, []string{"none"}, nil)
	if laterErr := s.done(ctx, "wait for the swap", info, laterErr); laterErr != nil {
		return errors.Join(err, laterErr)
	}
	now, laterErr := s.api.Index(current).FetchInfoWithContext(ctx)
	if laterErr != nil {
		return errors.Join(err, s.failed("read index "+current, laterErr))
	}
	if now.CreatedAt.Equal(made.CreatedAt) {
		return nil
	}
	if err == nil {
		err = errors.New("index/meili: the server took in the swap of indexes and did not do it; its task list says why")
	}
	return err
}
