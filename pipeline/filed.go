package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
	"sealdesk/extract/correct"
	"sealdesk/figures"
	"sealdesk/storage"
)

// Summary is what a bundle's newest result comes to, corrections applied.
type Summary struct {
	Call string
	// Version names the program, the reader, the call and the arrangement that made it.
	Version string
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
	s := Summary{Call: b.call(), Version: b.version, Arrangement: b.arrangement(), Pages: r.Pages}
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
	mu sync.Mutex
	// records are never written again where they stand, so that before needs no copy.
	records   []check.OnFile
	summaries map[string]Summary // of bundles, by sha256
	// counted are what reports need of the same results, and changes how often they did.
	counted map[string][]*figures.Application
	changes int
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
	return f.records[:at:at]
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
	rest := slices.DeleteFunc(slices.Clone(f.records[at:]), own)
	f.records = slices.Concat(f.records[:at], records, rest)
}

// add files applications of a bundle that has none on file.
func (f *filed) add(records []check.OnFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records = append(f.records, records...)
}

func (f *filed) summarise(sha string, s Summary, counted []*figures.Application) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.summaries[sha], f.counted[sha] = s, counted
	f.changes++
}

// loadFiled learns what is on file for the pipeline's call, and with Calls for all.
func (p *Pipeline) loadFiled(ctx context.Context) error {
	all, err := results(ctx, p.Store, root)
	if err != nil {
		return err
	}
	p.filed = &filed{summaries: map[string]Summary{}, counted: map[string][]*figures.Application{}}
	wanted := slices.DeleteFunc(all, func(b stored) bool { return p.Calls == nil && b.call() != p.Call.ID })
	wanted = newest(wanted, func(b stored) string { return b.sha + " " + b.call() })
	last := map[string]string{}
	for _, b := range newest(wanted, func(b stored) string { return b.sha }) {
		last[b.sha] = b.version
	}
	return eachResult(ctx, p.Store, wanted, p.call, func(b stored, c *call.Call, machine *bundle.Result) error {
		r := machine
		if c != nil {
			if b.corrected {
				if r, _, err = corrected(ctx, p.Store, c, machine, p.filed.before(b.sha)); err != nil {
					return err
				}
			}
			p.filed.add(recordsOf(c, r))
		}
		if last[b.sha] == b.version {
			p.filed.summarise(b.sha, summaryOf(r, b), countedOf(c, machine, r))
		}
		return nil
	})
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
	return newestOf(ctx, p.Store, sha, wanted)
}

func newestOf(ctx context.Context, s storage.Store, sha string, wanted func(stored) bool) (stored, error) {
	all, err := results(ctx, s, root+sha+"/")
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
	return p.refile(ctx, sha, true)
}

// refile is Refile, with the index or without.
func (p *Pipeline) refile(ctx context.Context, sha string, search bool) (*Kept, error) {
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
			p.filed.summarise(sha, summaryOf(k.Result, b), countedOf(k.Call, k.Machine, k.Result))
			shown = k
			p.putTexts(b, k)
		}
	}
	if shown == nil {
		return nil, fmt.Errorf("result of %s: %w", sha, storage.ErrNotExist)
	}
	if !search || p.Index == nil || shown.Call == nil {
		return shown, nil
	}
	if err := p.Index.Put(ctx, Documents(shown.Call, shown.Result, shown.Text)); err != nil {
		return nil, fmt.Errorf("index bundle %s: %w", sha, err)
	}
	return shown, nil
}
