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
	"sealdesk/extract/correct"
	"sealdesk/storage"
)

// Summary is what a bundle's newest result comes to, corrections applied.
type Summary struct {
	Call string
	// Arrangement is the number of the arrangement that it was made with, 0 for none.
	Arrangement  int
	Pages        int
	Applications []string // their ids
	Verdicts     []bundle.Verdict
	// Flaws counts the faults of the scan, the pages that could not be read and the
	// places where pages seem missing.
	Flaws int
}

func summaryOf(r *bundle.Result, b stored) Summary {
	s := Summary{Call: b.call(), Arrangement: b.arrangement(), Pages: r.Pages}
	for _, a := range r.Applications {
		s.Applications = append(s.Applications, a.ID)
		s.Verdicts = append(s.Verdicts, a.Verdict)
		s.Flaws += len(a.Gaps)
	}
	for _, info := range r.PageInfo {
		s.Flaws += len(info.Flaws)
		if info.Error != nil {
			s.Flaws++
		}
	}
	return s
}

// Summary is that of a bundle, false when it has no result of a call that is known.
func (p *Pipeline) Summary(sha string) (Summary, bool) {
	p.filed.mu.Lock()
	defer p.filed.mu.Unlock()
	s, ok := p.filed.summaries[sha]
	return s, ok
}

// call finds a profile, nil when there is none.
func (p *Pipeline) call(id string) *call.Call {
	switch {
	case id == p.Call.ID:
		return p.Call
	case p.Calls != nil:
		return p.Calls(id)
	}
	return nil
}

// filed are the applications on file, in the order in which their bundles came.
type filed struct {
	mu        sync.Mutex
	records   []check.OnFile
	summaries map[string]Summary // of bundles, by sha256
}

// onFile is the record of an application.
func onFile(c *call.Call, a *bundle.Application, sha, file string) check.OnFile {
	r := check.Record(c, a)
	r.Bundle, r.File = sha, file
	return r
}

func recordsOf(c *call.Call, r *bundle.Result) []check.OnFile {
	var out []check.OnFile
	for i := range r.Applications {
		if a := &r.Applications[i]; a.Call == c.ID {
			out = append(out, onFile(c, a, r.SHA256, r.File))
		}
	}
	return out
}

// before are the records of what came before a bundle: all, where it is not on file.
func (f *filed) before(sha string) []check.OnFile {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.records, func(r check.OnFile) bool { return r.Bundle == sha })
	if at < 0 {
		at = len(f.records)
	}
	return slices.Clone(f.records[:at])
}

// put files a bundle's applications for one call, in the place of those that it had.
func (f *filed) put(sha, call string, records []check.OnFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	own := func(r check.OnFile) bool { return r.Bundle == sha && r.Call == call }
	at := slices.IndexFunc(f.records, own)
	if at < 0 {
		f.records = append(f.records, records...)
		return
	}
	f.records = slices.Insert(slices.DeleteFunc(f.records, own), at, records...)
}

// add files applications of a bundle that has none on file.
func (f *filed) add(records []check.OnFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records = append(f.records, records...)
}

func (f *filed) summarise(sha string, s Summary) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.summaries[sha] = s
}

// loadFiled learns what is on file for the pipeline's call, and with Calls for all.
func (p *Pipeline) loadFiled(ctx context.Context) error {
	all, err := results(ctx, p.Store, root)
	if err != nil {
		return err
	}
	p.filed = &filed{summaries: map[string]Summary{}}
	wanted := slices.DeleteFunc(all, func(b stored) bool { return p.Calls == nil && b.call() != p.Call.ID })
	wanted = newest(wanted, func(b stored) string { return b.sha + " " + b.call() })
	last := map[string]string{}
	for _, b := range newest(wanted, func(b stored) string { return b.sha }) {
		last[b.sha] = b.version
	}
	read := func(i int) (*bundle.Result, error) {
		b := wanted[i]
		if b.corrected {
			return loadResult(ctx, p.Store, b.sha, b.version)
		}
		return loadBrief(ctx, p.Store, b.sha, b.version, p.call(b.call()))
	}
	i := -1
	for r, err := range inOrder(ctx, len(wanted), read) {
		i++
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b := wanted[i]
		if err != nil {
			// Without it, quotas would be counted wrongly.
			return fmt.Errorf("已保存的一份结果（%s）读不出来，请从备份恢复；没有备份时请移走它，再重新处理那份材料：%w",
				resultKey(b.sha, b.version, "result.json"), err)
		}
		c := p.call(b.call())
		if c != nil {
			if b.corrected {
				if r, _, err = corrected(ctx, p.Store, c, r, p.filed.before(b.sha)); err != nil {
					return err
				}
			}
			p.filed.add(recordsOf(c, r))
		}
		if last[b.sha] == b.version {
			p.filed.summarise(b.sha, summaryOf(r, b))
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
		ID      string                                     `json:"id"`
		Call    string                                     `json:"call"`
		Year    int                                        `json:"year"`
		Verdict bundle.Verdict                             `json:"verdict"`
		Gaps    []bundle.Gap                               `json:"gaps"`
		Sheet   *bundle.Sheet                              `json:"sheet"`
		Fields  map[string]struct{ Value json.RawMessage } `json:"fields"`
	} `json:"applications"`
	PageInfo []struct {
		Flaws []bundle.Flaw `json:"flaws"`
		Error *bundle.Error `json:"error"`
	} `json:"page_info"`
}

// loadBrief reads a result with no more in it than summaryOf looks at, and of the fields
// those that are kept on file by its call, which may be nil.
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
		wanted = check.Recorded(c)
	}
	for _, a := range b.Applications {
		fields := map[string]bundle.Field{}
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
		r.Applications = append(r.Applications, bundle.Application{
			ID: a.ID, Call: a.Call, Year: a.Year, Verdict: a.Verdict, Gaps: a.Gaps, Sheet: a.Sheet, Fields: fields,
		})
	}
	restore(r)
	return r, nil
}

// corrected gives a result with what people corrected, and the corrections.
func corrected(ctx context.Context, s storage.Store, c *call.Call, r *bundle.Result, before []check.OnFile) (*bundle.Result, []correct.Correction, error) {
	list, err := History[correct.Correction](ctx, s, r.SHA256, Corrections)
	if err != nil {
		return nil, nil, err
	}
	return correct.Apply(c, r, list, before), list, nil
}

// Kept is what is kept of a bundle that was read.
type Kept struct {
	Machine *bundle.Result // as it was read
	Result  *bundle.Result // with corrections
	Text    []PageText
	History []correct.Correction
	// Arrangement is the number of the arrangement that it was made with, 0 for none.
	Arrangement int
	Call        *call.Call // nil when the profile is not known any more
}

// Load gives the newest result of a bundle. The error is storage.ErrNotExist when there
// is none.
func (p *Pipeline) Load(ctx context.Context, sha string) (*Kept, error) {
	last, err := p.newest(ctx, sha, anyResult)
	if err != nil {
		return nil, err
	}
	return p.load(ctx, last)
}

// Unarranged gives the newest result of a bundle with the pages as the machine put them,
// as it was read, or storage.ErrNotExist.
func (p *Pipeline) Unarranged(ctx context.Context, sha string) (*bundle.Result, error) {
	own, err := p.newest(ctx, sha, func(b stored) bool { return b.arrangement() == 0 })
	if err != nil {
		return nil, err
	}
	return loadResult(ctx, p.Store, sha, own.version)
}

// newest finds the newest of a bundle's results that are wanted, or storage.ErrNotExist.
func (p *Pipeline) newest(ctx context.Context, sha string, wanted func(stored) bool) (stored, error) {
	all, err := results(ctx, p.Store, root+sha+"/")
	if err != nil {
		return stored{}, err
	}
	all = slices.DeleteFunc(all, func(b stored) bool { return !wanted(b) })
	all = newest(all, func(b stored) string { return b.sha })
	if len(all) == 0 {
		return stored{}, fmt.Errorf("result of %s: %w", sha, storage.ErrNotExist)
	}
	return all[0], nil
}

func anyResult(stored) bool { return true }

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

func (p *Pipeline) load(ctx context.Context, b stored) (*Kept, error) {
	r, err := load(ctx, p.Store, b.sha, b.version)
	if err != nil {
		return nil, err
	}
	k := &Kept{Machine: r.Result, Result: r.Result, Text: r.Text, Arrangement: b.arrangement(), Call: p.call(b.call())}
	if k.Call == nil || !b.corrected {
		return k, nil
	}
	k.Result, k.History, err = corrected(ctx, p.Store, k.Call, r.Result, p.filed.before(b.sha))
	return k, err
}

// Refile puts a bundle's newest result on file and into the index again, as after a
// correction, and gives it. The error is storage.ErrNotExist when there is none.
func (p *Pipeline) Refile(ctx context.Context, sha string) (*Kept, error) {
	// Who reads the store first tells the index first.
	p.refiling.Lock()
	defer p.refiling.Unlock()
	all, err := results(ctx, p.Store, root+sha+"/")
	if err != nil {
		return nil, err
	}
	var shown *Kept
	last := newest(all, func(b stored) string { return b.sha })
	for _, b := range newest(all, func(b stored) string { return b.call() }) {
		if b.version != last[0].version && b.call() != p.Call.ID {
			continue
		}
		k, err := p.load(ctx, b)
		if err != nil {
			return nil, err
		}
		if k.Call != nil {
			p.filed.put(sha, k.Call.ID, recordsOf(k.Call, k.Result))
		}
		if b.version == last[0].version {
			p.filed.summarise(sha, summaryOf(k.Result, b))
			shown = k
		}
	}
	if shown == nil {
		return nil, fmt.Errorf("result of %s: %w", sha, storage.ErrNotExist)
	}
	if p.Index == nil || shown.Call == nil {
		return shown, nil
	}
	if err := p.Index.Put(ctx, Documents(shown.Call, shown.Result, shown.Text)); err != nil {
		return nil, fmt.Errorf("index %s: %w", shown.Result.File, err)
	}
	return shown, nil
}
