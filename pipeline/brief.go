package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
	"sealdesk/storage"
)

// eachResult reads results and hands them to f in their order, each with its profile,
// which is nil where calls has none: of one that nobody corrected, no more than
// loadBrief gives.
func eachResult(ctx context.Context, s storage.Store, all []stored, calls func(id string) *call.Call, f func(stored, *call.Call, *bundle.Result) error) error {
	read := func(i int) (*bundle.Result, error) {
		b := all[i]
		if b.corrected {
			return loadResult(ctx, s, b.sha, b.version)
		}
		return loadBrief(ctx, s, b.sha, b.version, calls(b.call()))
	}
	i := -1
	for r, err := range inOrder(ctx, len(all), read) {
		i++
		b := all[i]
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			// Without it, quotas would be counted wrongly.
			return fmt.Errorf("已保存的一份结果（%s）读不出来，请从备份恢复；没有备份时请移走它，再重新处理那份材料：%w",
				resultKey(b.sha, b.version, "result.json"), err)
		}
		if err := f(b, calls(b.call()), r); err != nil {
			return err
		}
	}
	return nil
}

// aheadEach is how many things each reader of inOrder has ready before they are asked for.
const aheadEach = 4

// inOrder calls read for the numbers below n, several at the same time, and gives what it
// gives in the order of the numbers, with few in memory.
func inOrder[T any](ctx context.Context, n int, read func(int) (T, error)) iter.Seq2[T, error] {
	type outcome struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		readers := make([]chan outcome, 2*runtime.GOMAXPROCS(0))
		for first := range readers {
			readers[first] = make(chan outcome, aheadEach)
			running.Go(func() {
				for i := first; i < n; i += len(readers) {
					value, err := read(i)
					select {
					case readers[first] <- outcome{value, err}:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		for i := range n {
			var o outcome
			select {
			case o = <-readers[i%len(readers)]:
			case <-ctx.Done():
				o.err = ctx.Err()
			}
			if !yield(o.value, o.err) {
				return
			}
		}
	}
}

// brief is what filing needs of a stored result, which is some hundredth of it.
type brief struct {
	File         string `json:"file"`
	SHA256       string `json:"sha256"`
	Pages        int    `json:"pages"`
	Applications []struct {
		ID         string                                     `json:"id"`
		Call       string                                     `json:"call"`
		Year       int                                        `json:"year"`
		Verdict    bundle.Verdict                             `json:"verdict"`
		Gaps       []bundle.Gap                               `json:"gaps"`
		Sheet      *bundle.Sheet                              `json:"sheet"`
		Fields     map[string]struct{ Value json.RawMessage } `json:"fields"`
		Seals      []struct{ Role bundle.Role }               `json:"seals"`
		Signatures []struct{ Role bundle.Role }               `json:"signatures"`
		Checks     []struct {
			ID     string        `json:"id"`
			Status bundle.Status `json:"status"`
		} `json:"checks"`
	} `json:"applications"`
	PageInfo []struct {
		Flaws []bundle.Flaw `json:"flaws"`
		Error *bundle.Error `json:"error"`
	} `json:"page_info"`
}

// loadBrief reads a result with no more in it than summaryOf and figures.Of look at: of
// the fields there are those that are kept on file or counted by the call, which may be
// nil, and the others are without their values.
func loadBrief(ctx context.Context, s storage.Store, sha, version string, c *call.Call) (*bundle.Result, error) {
	var b brief
	key := resultKey(sha, version, "result.json")
	if err := decodeFrom(ctx, s, key, &b); err != nil {
		return nil, err
	}
	r := &bundle.Result{File: b.File, SHA256: b.SHA256, Pages: b.Pages}
	for _, info := range b.PageInfo {
		r.PageInfo = append(r.PageInfo, bundle.PageInfo{Flaws: info.Flaws, Error: info.Error})
	}
	var wanted []string
	if c != nil {
		wanted = slices.Concat(check.Recorded(c), c.Search.Name, c.Search.Unit, c.Search.Recommender)
	}
	for _, a := range b.Applications {
		fields := make(map[string]bundle.Field, len(a.Fields))
		for name := range a.Fields {
			fields[name] = bundle.Field{}
		}
		for _, name := range wanted {
			f, ok := a.Fields[name]
			if !ok {
				continue
			}
			var value any
			if err := json.Unmarshal(f.Value, &value); err != nil {
				return nil, fmt.Errorf("decode %s: field %s: %w", key, name, err)
			}
			fields[name] = bundle.Field{Value: value}
		}
		out := bundle.Application{ID: a.ID, Call: a.Call, Year: a.Year, Verdict: a.Verdict, Gaps: a.Gaps, Sheet: a.Sheet, Fields: fields}
		for _, s := range a.Seals {
			out.Seals = append(out.Seals, bundle.Seal{Role: s.Role})
		}
		for _, s := range a.Signatures {
			out.Signatures = append(out.Signatures, bundle.Signature{Role: s.Role})
		}
		for _, k := range a.Checks {
			out.Checks = append(out.Checks, bundle.Check{ID: k.ID, Status: k.Status})
		}
		r.Applications = append(r.Applications, out)
	}
	restore(r)
	return r, nil
}
