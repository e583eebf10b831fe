package pipeline

import (
	"context"
	"sync"

	"sealdesk/bundle"
)

// PageInfo gives how the pages of a bundle lie by its newest result, or
// storage.ErrNotExist. What it gives is not to be changed.
func (p *Pipeline) PageInfo(ctx context.Context, sha string) ([]bundle.PageInfo, error) {
	last, err := p.newest(ctx, sha, anyResult)
	if err != nil {
		return nil, err
	}
	return p.lying.of(sha+" "+last.version, func() ([]bundle.PageInfo, error) {
		r, err := loadResult(ctx, p.Store, sha, last.version)
		if err != nil {
			return nil, err
		}
		return r.PageInfo, nil
	})
}

// lying remembers how the pages of results lie, by bundle and version, of which nothing
// ever changes: the pictures of a bundle's pages are asked for one after the other, and
// its result is much longer than what they need of it.
type lying struct {
	mu    sync.Mutex
	known map[string][]bundle.PageInfo
}

// maxLying is how many results are remembered: more than people look at at a time.
const maxLying = 128

func (l *lying) of(result string, read func() ([]bundle.PageInfo, error)) ([]bundle.PageInfo, error) {
	l.mu.Lock()
	infos, ok := l.known[result]
	l.mu.Unlock()
	if ok {
		return infos, nil
	}
	infos, err := read()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) >= maxLying {
		l.known = map[string][]bundle.PageInfo{}
	}
	l.known[result] = infos
	return infos, nil
}
