// Package inspect looks whether all that is kept is as it was stored, and goes together:
// every object is read and held against its hash, its name and the others, the index
// against the store both ways, the audit trail and the accounts against themselves. What
// is derived it can make anew, and what belongs to nothing take out of the way; what is
// truth it only names, since nothing but a backup has it.
//
// It opens no store and no engine, and prints nothing.
package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/likeness"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// Kind is what is wrong.
type Kind string

// The kinds of findings.
const (
	Damaged  = Kind(pipeline.Damaged)  // bytes are not those that were stored
	Wrong    = Kind(pipeline.Wrong)    // what an object says cannot be under its key
	Lost     = Kind(pipeline.Lost)     // an object is missing that others tell of
	NoResult = Kind(pipeline.Unread)   // a bundle waits to be read, or its result is lost
	Orphan   = Kind(pipeline.Orphan)   // an object that belongs to nothing
	Outdated = Kind(pipeline.Outdated) // something derived is not as what it is derived from
	Audit    = Kind("audit")           // the chain of the audit trail is broken
	Index    = Kind("index")           // the index lacks applications, has others, or says other things of them
	Unlooked = Kind("not-looked-at")   // something could not be looked at now
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind Kind `json:"kind"`
	// Key is that of the object, or that which it would have; "" where it is about none.
	Key string `json:"key,omitempty"`
	// Bundle is the SHA-256 of the bundle that it is about, "" for none.
	Bundle string `json:"bundle,omitempty"`
	// Message says to people what was found, in Chinese.
	Message string `json:"message"`
	// Mendable says that Mend can put it right.
	Mendable bool `json:"mendable"`
	// Mended says what Mend did, in Chinese, "" where it did nothing or failed.
	Mended string `json:"mended,omitempty"`
	// Trouble says why Mend could not put it right.
	Trouble string `json:"trouble,omitempty"`

	arrangement int      // of a bundle that is to be read again
	again       bool     // it is to be read again
	texts       bool     // its texts are to be put again
	aside       []string // keys that are to be set aside
	documents   []index.Document
}

// Report is what was looked at and what was found.
type Report struct {
	Objects int   `json:"objects"`
	Bytes   int64 `json:"bytes"`
	Bundles int   `json:"bundles"`
	// Applications are those on file, Indexed those in the index.
	Applications int `json:"applications"`
	Indexed      int `json:"indexed"`
	// Entries are those of the audit trail that are as they were written.
	Entries  int       `json:"audit_entries"`
	Findings []Finding `json:"findings"`
}

// Options say what is looked at. Index, Marks, Known, Texts, Progress and Now may be left
// out.
type Options struct {
	Store storage.Store
	Index index.Index // nil: not compared
	// Calls finds the profile by which a result was made, nil for none.
	Calls func(id string) *call.Call
	// Marks are what was noted of the audit trail elsewhere.
	Marks []audit.Mark
	// Known says of keys that no package has, whether the program has them all the same.
	Known func(key string) bool
	// Texts are those that are held against one another; nil: not compared.
	Texts *likeness.Index
	// Progress is told how many objects of all were read.
	Progress func(done, all int)
	// Now is the time, to tell what is still being written from what was left behind.
	Now func() time.Time
}

// settled is how long after its last object a bundle is no longer being taken in.
const settled = time.Hour

// Run looks at everything. Errors are those of the store and of contexts; whatever is
// wrong with what is kept is a finding, and all else is looked at.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &run{Options: o, Report: &Report{Findings: []Finding{}}, bundles: map[string]bool{}}
	for _, look := range []func(context.Context) error{r.list, r.readBundles, r.readOthers, r.trail, r.people, r.index, r.likeness} {
		if err := look(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return strings.Compare(a.Key, b.Key) })
	return r.Report, nil
}

// run is one look at everything.
type run struct {
	Options
	*Report
	groups  [][]storage.Info // the objects of each bundle
	others  []storage.Info
	bundles map[string]bool // those that were looked at

	mu   sync.Mutex
	done int
}

func (r *run) find(f Finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Findings = append(r.Findings, f)
}

const bundlesPrefix = "bundles/"

// bundleOf is the bundle that an object belongs to, "" for none.
func bundleOf(key string) string {
	rest, ok := strings.CutPrefix(key, bundlesPrefix)
	sha, _, more := strings.Cut(rest, "/")
	if !ok || !more || len(sha) != 64 || strings.Trim(sha, "0123456789abcdef") != "" {
		return ""
	}
	return sha
}

// list learns what there is.
func (r *run) list(ctx context.Context) error {
	last := ""
	for info, err := range r.Store.List(ctx, "") {
		if err != nil && info.Key == "" {
			return fmt.Errorf("list what is kept: %w", err)
		}
		r.Objects++
		r.Bytes += info.Size
		switch sha := bundleOf(info.Key); {
		case sha == "":
			r.others = append(r.others, info)
		case sha == last:
			g := &r.groups[len(r.groups)-1]
			*g = append(*g, info)
		default:
			r.groups = append(r.groups, []storage.Info{info})
			last = sha
		}
	}
	r.Bundles = len(r.groups)
	return nil
}

// tell counts objects that were read.
func (r *run) tell(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done += n
	if r.Progress != nil {
		r.Progress(r.done, r.Objects)
	}
}

// each calls f for the numbers below n, several at the same time, and gives the first error.
func each(ctx context.Context, n int, f func(context.Context, int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan int)
	var running sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		running.Go(func() {
			for i := range next {
				if err := f(ctx, i); err != nil {
					stop(err)
				}
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}

// readBundles looks at every bundle.
func (r *run) readBundles(ctx context.Context) error {
	return each(ctx, len(r.groups), func(ctx context.Context, i int) error {
		infos := r.groups[i]
		err := r.bundle(ctx, bundleOf(infos[0].Key), infos)
		r.tell(len(infos))
		return err
	})
}

func (r *run) bundle(ctx context.Context, sha string, infos []storage.Info) error {
	condition, err := pipeline.Verify(ctx, r.Store, sha, infos, r.Calls)
	if err != nil {
		return fmt.Errorf("look at the bundle %s: %w", sha, err)
	}
	r.mu.Lock()
	r.bundles[sha] = true
	r.mu.Unlock()
	newest := infos[0].Time
	for _, info := range infos {
		if info.Time.After(newest) {
			newest = info.Time
		}
	}
	resting := r.Now().Sub(newest) > settled
	for _, f := range condition.Faults {
		out := Finding{
			Kind: Kind(f.Kind), Key: f.Key, Bundle: sha, Message: f.Detail, Mendable: f.Again || len(f.Aside) > 0,
			arrangement: condition.Arrangement, again: f.Again, aside: f.Aside,
		}
		switch f.Kind {
		case pipeline.Unread:
			done, err := desk.Settled(ctx, r.Store, sha, condition.Arrangement)
			if err != nil {
				return err
			}
			if done {
				continue // people know
			}
		case pipeline.Orphan:
			if !resting && !condition.Source {
				continue // it is being taken in
			}
			out.Mendable, out.aside = resting, []string{f.Key}
		}
		r.find(out)
	}
	return nil
}

// readOthers looks at what is not below a bundle, but for accounts and the trail.
func (r *run) readOthers(ctx context.Context) error {
	return each(ctx, len(r.others), func(ctx context.Context, i int) error {
		defer r.tell(1)
		return r.other(ctx, r.others[i])
	})
}

// owned are the prefixes of keys that others look at.
var owned = []string{"accounts/", "accounts-names/", "tokens/", "audit/"}

func (r *run) other(ctx context.Context, info storage.Info) error {
	key := info.Key
	if slices.ContainsFunc(owned, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
		return nil
	}
	b, err := storage.ReadAll(ctx, r.Store, key)
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return nil // moved since it was listed
	case errors.Is(err, storage.ErrCorrupt):
		r.find(Finding{Kind: Damaged, Key: key, Message: "内容损坏，与存入时不一致"})
		return nil
	case err != nil:
		return err
	}
	if storage.IsTimes(key) {
		if _, err := storage.ParseTimes(key, b); err != nil {
			r.find(Finding{Kind: Wrong, Key: key, Message: "不是应有的内容：它记着迁移来的对象原来的时间"})
		}
		return nil
	}
	bundle, ours, wrong := desk.VerifyRecord(key, b)
	switch known := r.Known != nil && r.Known(key); {
	case !ours && !known:
		old := r.Now().Sub(info.Time) > settled
		r.find(Finding{Kind: Orphan, Key: key, Message: "不是本程序存放的东西", Mendable: old, aside: []string{key}})
	case !ours && !json.Valid(b):
		r.find(Finding{Kind: Wrong, Key: key, Message: "内容不是应有的格式"})
	case wrong != "":
		r.find(Finding{Kind: Wrong, Key: key, Message: wrong})
	case ours && !r.has(ctx, bundle):
		r.find(Finding{Kind: Lost, Key: key, Bundle: bundle, Message: "它说的那份材料不在了"})
	}
	return nil
}

// has says whether a bundle was taken in, maybe since the listing.
func (r *run) has(ctx context.Context, sha string) bool {
	r.mu.Lock()
	known := r.bundles[sha]
	r.mu.Unlock()
	if known || len(sha) != 64 {
		return known
	}
	_, err := r.Store.Stat(ctx, bundlesPrefix+sha+"/source.json")
	return err == nil || !errors.Is(err, storage.ErrNotExist)
}

// trail looks at the audit trail.
func (r *run) trail(ctx context.Context) error {
	found, err := audit.New(r.Store).Verify(ctx, r.Marks...)
	if err != nil {
		return err
	}
	r.Entries = found.Entries
	for _, p := range found.Problems {
		f := Finding{Kind: Audit, Message: p.Message}
		if p.Seq > 0 {
			f.Key = audit.Key(p.Seq)
		}
		r.find(f)
	}
	return nil
}

// people looks at accounts and tokens.
func (r *run) people(ctx context.Context) error {
	found, err := account.Verify(ctx, r.Store)
	if err != nil {
		return err
	}
	for _, p := range found.Problems {
		f := Finding{Kind: Wrong, Key: p.Key, Message: p.Message}
		if p.Stray {
			f.Kind, f.Mendable, f.aside = Orphan, true, []string{p.Key}
		}
		r.find(f)
	}
	return nil
}

// likeness looks whether the texts that are compared are those of the newest results.
func (r *run) likeness(ctx context.Context) error {
	if r.Texts == nil {
		return nil
	}
	stale, err := pipeline.StaleTexts(ctx, r.Store, r.Texts, r.Calls)
	if err != nil {
		return err
	}
	for _, sha := range stale {
		r.find(Finding{Kind: Outdated, Bundle: sha, Message: "长文本没有参加雷同比对，或不是最新的", Mendable: true, texts: true})
	}
	return nil
}
