package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strings"
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

// brief is what filing needs of a stored result, which is some hundredth of it. It is
// kept beside the result, so that a start with many bundles on file is quick; it is
// derived, and made again where it is not there.
type brief struct {
	File         string             `json:"file"`
	SHA256       string             `json:"sha256"`
	Pages        int                `json:"pages"`
	Applications []briefApplication `json:"applications"`
	PageInfo     []briefPage        `json:"page_info"`
}

type briefApplication struct {
	ID         string                `json:"id"`
	Call       string                `json:"call"`
	Year       int                   `json:"year"`
	Verdict    bundle.Verdict        `json:"verdict"`
	Gaps       []bundle.Gap          `json:"gaps,omitempty"`
	Sheet      *bundle.Sheet         `json:"sheet,omitempty"`
	Fields     map[string]briefField `json:"fields"`
	Seals      []briefRole           `json:"seals,omitempty"`
	Signatures []briefRole           `json:"signatures,omitempty"`
	Checks     []briefCheck          `json:"checks,omitempty"`
}

type briefField struct {
	Value json.RawMessage `json:"value,omitempty"`
}

type briefRole struct {
	Role bundle.Role `json:"role"`
}

type briefCheck struct {
	ID     string        `json:"id"`
	Status bundle.Status `json:"status"`
}

type briefPage struct {
	Flaws []bundle.Flaw `json:"flaws,omitempty"`
	Error *bundle.Error `json:"error,omitempty"`
}

// briefSerial is raised when a brief says more or other things.
const briefSerial = "1"

// briefFields are the fields whose values a brief has by a call, which may be nil.
func briefFields(c *call.Call) []string {
	if c == nil {
		return nil
	}
	list := slices.Concat(check.Recorded(c), c.Search.Name, c.Search.Unit, c.Search.Recommender)
	slices.Sort(list)
	return slices.Compact(list)
}

// briefKey is that of a result's brief. It names all that the brief depends on beside the
// result, so that one of another program or profile is never taken for it.
func briefKey(sha, version string, fields []string) string {
	sum := sha256.Sum256([]byte(briefSerial + "\n" + strings.Join(fields, "\n")))
	return resultKey(sha, version, "brief-"+hex.EncodeToString(sum[:4])+".json")
}

// loadBrief gives a result with no more in it than summaryOf and figures.Of look at: of
// the fields there are those that are kept on file or counted by the call, which may be
// nil, and the others are without their values; of the checks those that do not pass.
func loadBrief(ctx context.Context, s storage.Store, sha, version string, c *call.Call) (*bundle.Result, error) {
	fields := briefFields(c)
	key := briefKey(sha, version, fields)
	var b brief
	err := decodeFrom(ctx, s, key, &b)
	if err == nil {
		return b.result()
	}
	full := resultKey(sha, version, "result.json")
	if err := decodeFrom(ctx, s, full, &b); err != nil {
		return nil, err
	}
	b.shorten(fields)
	if errors.Is(err, storage.ErrNotExist) {
		// One that cannot be kept, as on a full disk, is made again the next time.
		_ = storage.PutJSON(ctx, s, key, &b)
	}
	return b.result()
}

// shorten makes a brief of what was decoded of a whole result.
func (b *brief) shorten(fields []string) {
	for i := range b.Applications {
		a := &b.Applications[i]
		for name := range a.Fields {
			if _, wanted := slices.BinarySearch(fields, name); !wanted {
				a.Fields[name] = briefField{}
			}
		}
		a.Checks = slices.DeleteFunc(a.Checks, func(k briefCheck) bool { return k.Status == bundle.Pass })
	}
}

func (b *brief) result() (*bundle.Result, error) {
	r := &bundle.Result{File: b.File, SHA256: b.SHA256, Pages: b.Pages}
	for _, info := range b.PageInfo {
		r.PageInfo = append(r.PageInfo, bundle.PageInfo{Flaws: info.Flaws, Error: info.Error})
	}
	for _, a := range b.Applications {
		out := bundle.Application{
			ID: a.ID, Call: a.Call, Year: a.Year, Verdict: a.Verdict, Gaps: a.Gaps, Sheet: a.Sheet,
			Fields: make(map[string]bundle.Field, len(a.Fields)),
		}
		for name, f := range a.Fields {
			var value any
			if len(f.Value) > 0 {
				if err := json.Unmarshal(f.Value, &value); err != nil {
					return nil, fmt.Errorf("decode field %s of %s: %w", name, a.ID, err)
				}
			}
			out.Fields[name] = bundle.Field{Value: value}
		}
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
