package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"sealdesk/storage"
)

// Others are the other processes that put bundles on file in the same store.
type Others interface {
	// Turn waits until this process alone may file the bundle named. The context that it
	// gives ends when that is not certain any more; done gives the turn to others.
	Turn(ctx context.Context, bundle string) (held context.Context, done func(), err error)
	// Tell tells the others that what is kept of a bundle changed.
	Tell(ctx context.Context, bundle string) error
	// News calls f with each bundle that changed since it last did, in order; with "" where
	// any may have. What f returned an error for comes again.
	News(ctx context.Context, f func(bundle string) error) error
}

// turn waits until this pipeline alone may file a bundle, with all on file that others
// filed before.
func (p *Pipeline) turn(ctx context.Context, sha string) (held context.Context, done func(), err error) {
	if p.Others == nil {
		return ctx, func() {}, nil
	}
	held, done, err = p.Others.Turn(ctx, sha)
	if err != nil {
		return nil, nil, fmt.Errorf("wait for the turn to file: %w", err)
	}
	if err := p.learn(held); err != nil {
		done()
		return nil, nil, err
	}
	return held, done, nil
}

// Tell tells other processes that something of a bundle changed in the store: a result, a
// correction, an arrangement or an event.
func (p *Pipeline) Tell(ctx context.Context, sha string) error {
	if p.Others == nil {
		return nil
	}
	if err := p.Others.Tell(ctx, sha); err != nil {
		return fmt.Errorf("tell other processes of %s: %w", sha, err)
	}
	return nil
}

// Follow puts on file what other processes filed, and gives the bundles of which they
// changed anything since Follow was last asked, in no order. The index is theirs to tell.
func (p *Pipeline) Follow(ctx context.Context) ([]string, error) {
	if p.Others == nil {
		return nil, nil
	}
	err := p.learn(ctx)
	p.newsMu.Lock()
	defer p.newsMu.Unlock()
	news := p.news
	p.news = nil
	slices.Sort(news)
	return slices.Compact(news), err
}

// learn puts on file what other processes filed.
func (p *Pipeline) learn(ctx context.Context) error {
	return p.Others.News(ctx, func(sha string) error {
		changed := []string{sha}
		if sha == "" {
			var err error
			if changed, err = p.unknown(ctx); err != nil {
				return err
			}
		}
		for _, sha := range changed {
			// Without a result it was taken, cancelled or failed.
			if _, err := p.refile(ctx, sha, false); err != nil && !errors.Is(err, storage.ErrNotExist) {
				return fmt.Errorf("learn what another process filed: %w", err)
			}
			p.newsMu.Lock()
			p.news = append(p.news, sha)
			p.newsMu.Unlock()
		}
		return nil
	})
}

// unknown gives the bundles whose newest result is not the one that is on file, or that
// somebody corrected, in the order in which they were filed.
func (p *Pipeline) unknown(ctx context.Context) ([]string, error) {
	all, err := results(ctx, p.Store, root)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, b := range newest(all, func(b stored) string { return b.sha }) {
		if s, ok := p.Summary(b.sha); !ok || s.Version != b.version || b.corrected {
			out = append(out, b.sha)
		}
	}
	return out, nil
}
