// Package meili is the search index in a Meilisearch server, for offices that
// have one or whose index several machines use: an [index.Index] that finds the
// same applications as the one in package bleve.
//
// Meilisearch's own search cannot promise that. It cuts Chinese into words of a
// dictionary, finds them by their beginning only, and takes no more than ten
// words of a query; it may fold variants of a character and has no NOT. Its
// filters are exact, know AND, OR and NOT, and count all that match. So a query
// is sent as a filter. For each character and word of an application's text the
// index holds an entry with the eight from there on, written in letters and
// digits that the server leaves alone; a word of the query stands in the text
// where an entry begins with it, which is a range of strings (attribute "草原" TO
// "草原~" in our letters). Words of up to eight characters need nothing else.
// For longer ones, and for more than three marks of punctuation within a
// phrase, the server gives candidates, of which this package reads the text
// (see [index.Matches]). Every application is compared so before it is shown.
//
// Single pairs of characters would need a third of the space, but then every
// search for three characters or more would have to read the text of all
// candidates: with "国际合作" that of every application there is. An entry has 32
// bytes for eight characters, and there is one for each character of text; by
// how the server keeps the values of filters that comes to some 100 bytes in its
// database, or 1 to 2 MB for an application of 20 pages.
//
// The text itself is in the index as well, set up for Chinese, so that people
// can look into it with Meilisearch's own tools. It needs Meilisearch 1.18 or
// later, and it uses neither experimental features nor those of the
// enterprise edition.
//
// One bundle must not be put by two processes at the same time.
package meili

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"sealdesk/index"
)

// newMark stands in the names of indexes that [Index.Replace] fills.
const newMark = "-new-"

// orphanAge is how long such an index was not written when it is taken for one
// that a broken run left behind.
const orphanAge = time.Hour

var errClosed = errors.New("index/meili: the index is closed")

// Index is an index in a Meilisearch server. It implements [index.Index].
type Index struct {
	server *server
	at     Options // without the key
	uid    string

	replacing chan struct{} // holds one value while Replace runs
	changing  chan struct{} // holds one value while a change runs; taken after replacing

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // calls that use the server; added to under mu
}

var _ index.Index = (*Index)(nil)

// Open uses the index with the name that the options give, or makes an empty
// one. Its error is [index.ErrRebuild] when the index was made by another
// version or somebody changed its settings (see [Replace]).
func Open(ctx context.Context, o Options) (*Index, error) {
	x, err := open(o)
	if err != nil {
		return nil, err
	}
	err = x.server.verify(ctx, x.uid)
	if isCode(err, "index_not_found") {
		err = x.server.create(ctx, x.uid)
	} else if errors.Is(err, index.ErrRebuild) {
		// One without documents may be one that is just being made, or was half made.
		n, countErr := x.count(ctx)
		if countErr == nil && n == 0 {
			if err = x.server.create(ctx, x.uid); err == nil {
				err = x.server.verify(ctx, x.uid)
			}
		}
		err = errors.Join(err, countErr)
	}
	if err == nil {
		err = x.removeOrphans(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// open prepares an Index without a look at the server.
func open(o Options) (*Index, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	x := &Index{
		server: newServer(o), uid: o.Prefix,
		replacing: make(chan struct{}, 1), changing: make(chan struct{}, 1),
	}
	o.Key = ""
	x.at = o
	return x, nil
}

// Format implements [fmt.Formatter] without the key.
func (x *Index) Format(f fmt.State, verb rune) { x.at.Format(f, verb) }

// begin marks a call as running until end.
func (x *Index) begin() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return errClosed
	}
	x.running.Add(1)
	return nil
}

func (x *Index) end() { x.running.Done() }

// take takes one of the two locks, or gives up when the context ends.
func take(ctx context.Context, lock chan struct{}) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("index/meili: %w", err)
	}
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("index/meili: %w", ctx.Err())
	}
}

// Close implements [index.Index]. Closing twice is no error.
func (x *Index) Close() error {
	x.replacing <- struct{}{}
	defer func() { <-x.replacing }()
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.running.Wait()
	x.server.closer.CloseIdleConnections()
	return nil
}

// Count implements [index.Index].
func (x *Index) Count(ctx context.Context) (int, error) {
	if err := x.begin(); err != nil {
		return 0, err
	}
	defer x.end()
	return x.count(ctx)
}

func (x *Index) count(ctx context.Context) (int, error) {
	var found meilisearch.DocumentsResult
	err := x.server.api.Index(x.uid).GetDocumentsWithContext(ctx, &meilisearch.DocumentsQuery{Limit: 1, Fields: []string{keyAttribute}}, &found)
	if err != nil {
		return 0, x.server.failed("count", err)
	}
	return int(found.Total), nil
}

// Put implements [index.Index].
func (x *Index) Put(ctx context.Context, docs []index.Document) error {
	list, err := index.Changes(docs)
	if err != nil {
		return err
	}
	return x.change(ctx, list)
}

// Delete implements [index.Index].
func (x *Index) Delete(ctx context.Context, bundle string) error {
	return x.change(ctx, []index.Change{{Bundle: bundle}})
}

func (x *Index) change(ctx context.Context, list []index.Change) error {
	if err := x.begin(); err != nil {
		return err
	}
	defer x.end()
	release, err := take(ctx, x.changing)
	if err != nil {
		return err
	}
	defer release()
	return x.server.apply(ctx, x.uid, list)
}

const (
	// batchBundles is how many bundles are changed at once.
	batchBundles = 200
	// batchBytes is how much is sent in one request, if not a single
	// application is larger. The server takes 100 MB if it is set up as usual.
	batchBytes = 8 << 20
	// everything is a limit that no index reaches.
	everything = 10_000_000
)

// apply makes changes in an index and waits until they are made.
func (s *server) apply(ctx context.Context, uid string, list []index.Change) error {
	for part := range slices.Chunk(list, batchBundles) {
		if err := s.applyPart(ctx, uid, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) applyPart(ctx context.Context, uid string, list []index.Change) error {
	var bundles []string
	keep := map[string]bool{}
	for _, c := range list {
		bundles = append(bundles, documentKey(c.Bundle))
		for _, d := range c.Documents {
			keep[documentKey(d.ID)] = true
		}
	}
	old, err := s.fetch(ctx, uid, meilisearch.DocumentsQuery{
		Filter: oneOf(bundleAttribute, bundles), Fields: []string{keyAttribute}, Limit: everything,
	})
	if err != nil {
		return err
	}
	// What is new first: a search in between may find the old beside the new,
	// but never nothing.
	if err := s.add(ctx, uid, list); err != nil {
		return err
	}
	var gone []string
	for _, d := range old {
		if !keep[d.Key] {
			gone = append(gone, d.Key)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	info, err := s.api.Index(uid).DeleteDocumentsWithContext(ctx, gone, nil)
	return s.done(ctx, "delete applications", info, err)
}

// add sends the documents of changes, in as many requests as their size needs.
func (s *server) add(ctx context.Context, uid string, list []index.Change) error {
	revision := rand.Text()
	var batch []json.RawMessage
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		info, err := s.api.Index(uid).AddDocumentsWithContext(ctx, batch, nil)
		batch, size = nil, 0
		return s.done(ctx, "put applications", info, err)
	}
	for _, c := range list {
		for _, d := range c.Documents {
			data, err := newRecord(d, revision)
			if err != nil {
				return err
			}
			if size+len(data) > batchBytes {
				if err := flush(); err != nil {
					return err
				}
			}
			batch, size = append(batch, data), size+len(data)
		}
	}
	return flush()
}

// removeOrphans deletes indexes that a Replace which broke off left behind.
func (x *Index) removeOrphans(ctx context.Context) error {
	list, err := x.server.unfinished(ctx, x.uid)
	if err != nil {
		return err
	}
	for _, other := range list {
		if time.Since(other.UpdatedAt) < orphanAge {
			continue // perhaps another process is filling it
		}
		if err := x.server.remove(ctx, other.UID); err != nil {
			return err
		}
	}
	return nil
}

// unfinished lists the indexes that were made to take the place of uid.
func (s *server) unfinished(ctx context.Context, uid string) ([]*meilisearch.IndexResult, error) {
	var out []*meilisearch.IndexResult
	const page = 200
	for offset := int64(0); ; offset += page {
		found, err := s.api.ListIndexesWithContext(ctx, &meilisearch.IndexesQuery{Limit: page, Offset: offset})
		if err != nil {
			return nil, s.failed("list indexes", err)
		}
		for _, r := range found.Results {
			if strings.HasPrefix(r.UID, uid+newMark) {
				out = append(out, r)
			}
		}
		if offset+page >= found.Total {
			return out, nil
		}
	}
}

// remove deletes an index, if it is there.
func (s *server) remove(ctx context.Context, uid string) error {
	info, err := s.api.DeleteIndexWithContext(ctx, uid)
	if err := s.done(ctx, "delete index "+uid, info, err); !isCode(err, "index_not_found") {
		return err
	}
	return nil
}
