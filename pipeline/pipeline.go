// Package pipeline is the one path of a bundle: taken, read page by page, split
// into applications, checked, kept and indexed.
//
// Each stage is a package of its own; this one only leads from one to the next
// and decides what runs at the same time. It knows no form, reads no characters
// and decides no check itself.
package pipeline

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
	"sealdesk/index"
	"sealdesk/likeness"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

// engineSerial counts the changes of the program that change results. Results
// of the same bytes, serial, reader and call are the same, byte for byte.
const engineSerial = 5

// Reader is what the pipeline needs of an OCR engine.
type Reader interface {
	ocr.Reader
	// Engine names the engine and its models, for the provenance of results.
	Engine() string
	// DecodeTIFF decodes page (from 0) of a TIFF that Go cannot read.
	DecodeTIFF(ctx context.Context, data []byte, page int) (image.Image, error)
}

// Options say what a Pipeline works with. Store, Reader and Call must be set.
type Options struct {
	Store  storage.Store
	Index  index.Index // nil: results are not indexed
	Reader Reader
	Call   *call.Call
	// Texts holds the long texts of applications against one another; nil: nobody does.
	Texts *likeness.Index
	// Calls finds the profiles of other calls, whose applications are then known too,
	// nil when there is none. Without it only those of Call are.
	Calls func(id string) *call.Call
	// Others are the processes that file in the same store; nil where this is the only one.
	Others Others
	// Workers is how many pages are worked on at the same time; 0 is one more
	// than there are processors, so that readers never wait for pixels.
	Workers int
	// PageTime bounds the work on one page; 0 is five minutes, which none takes on a machine
	// that has other work, too.
	PageTime time.Duration
	// Limits bound what is taken in.
	Limits page.Options
	// Progress is told of each page that is done, from several goroutines.
	Progress func(Progress)
	// Observe is told how bundles are read; nil tells nobody.
	Observe Observer
	Log     *slog.Logger
}

// Progress says how far a bundle is. Input counts from 0 in the order given.
type Progress struct {
	Input int
	File  string
	Done  int
	Pages int
}

// Input is one bundle to be read: one file, or several as one. Name is what the
// result calls it.
type Input struct {
	Name  string
	Files []File
}

// File is one file of an Input.
type File = page.File

// Outcome is what became of one input. Err is a *bundle.Error where the file
// could not be read; Result is nil then.
type Outcome struct {
	Result *bundle.Result
	Err    error
}

// Pipeline reads bundles. It may be used from many goroutines.
type Pipeline struct {
	Options
	slots    chan struct{}
	renderer *page.Renderer
	version  string
	filed    *filed
	lying    lying

	mu     sync.Mutex
	inHand map[string]bool // bundles being read, by sha256
	// filing is held from when a bundle is checked until it is on file, so that each
	// is checked against all that came before it.
	filing   sync.Mutex
	refiling sync.Mutex // held by Refile

	newsMu sync.Mutex
	news   []string // bundles that others changed, for Follow
}

// hand is a bundle in hand: its name, and whether no other input that is being
// read has the same bytes.
type hand struct {
	sha   string
	first bool
	err   error
}

// begin takes a bundle in hand until end.
func (p *Pipeline) begin(ctx context.Context, in Input) hand {
	sha, err := digest(ctx, in.Files)
	if err != nil {
		return hand{err: err}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.inHand[sha]
	p.inHand[sha] = true
	return hand{sha: sha, first: first}
}

func (p *Pipeline) end(h hand) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.first {
		delete(p.inHand, h.sha)
	}
}

// New prepares a pipeline and learns from the store what is on file,
// corrections applied. Close it.
func New(ctx context.Context, o Options) (*Pipeline, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0) + 1
	}
	if o.PageTime <= 0 {
		o.PageTime = 5 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = noObserver{}
	}
	p := &Pipeline{
		Options:  o,
		slots:    make(chan struct{}, o.Workers),
		renderer: page.NewRenderer(1),
		version:  versionOf(o.Reader.Engine(), o.Call),
		inHand:   map[string]bool{},
	}
	p.Limits.Renderer = p.renderer
	p.Limits.DecodeTIFF = o.Reader.DecodeTIFF
	if err := p.loadFiled(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// Close frees what the pipeline holds; the store, index and reader stay open.
func (p *Pipeline) Close() error { return p.renderer.Close() }

// ahead is how many bundles are open at the same time: one that is finished
// while the next one's pages already fill the readers.
const ahead = 2

// Run reads inputs and hands each outcome to yield, in order. What an input is
// checked against is what was on file before, and the inputs before it. Run
// returns the first error of yield, or the context's; a file that cannot be read
// is an outcome, not an error.
func (p *Pipeline) Run(ctx context.Context, inputs []Input, yield func(int, Outcome) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	outcomes := make([]chan Outcome, len(inputs))
	turn := make([]chan struct{}, len(inputs)+1)
	for i := range turn {
		turn[i] = make(chan struct{})
	}
	close(turn[0])
	open := make(chan struct{}, ahead)
	for i := range inputs {
		outcomes[i] = make(chan Outcome, 1)
	}
	running.Go(func() {
		for i, in := range inputs {
			select {
			case open <- struct{}{}:
			case <-ctx.Done():
				return
			}
			h := p.begin(ctx, in)
			running.Go(func() {
				defer func() { <-open }()
				defer close(turn[i+1])
				defer p.end(h)
				r, err := p.bundle(ctx, job{
					Input: in, hand: h,
					tell: func(done, pages int) { p.tell(Progress{i, in.Name, done, pages}) },
					await: func() error {
						select {
						case <-turn[i]:
							return nil
						case <-ctx.Done():
							return ctx.Err()
						}
					},
				})
				outcomes[i] <- Outcome{Result: r, Err: err}
			})
		}
	})
	for i := range inputs {
		select {
		case o := <-outcomes[i]:
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := yield(i, o); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// job is one bundle on its way.
type job struct {
	Input
	hand
	arranged *Arrangement // nil: as the machine says
	taken    bool         // its originals came from the store
	// tell is told how many pages are done.
	tell func(done, pages int)
	// await waits until all inputs before this one are on file.
	await func() error
}

// bundle is the way of one bundle.
func (p *Pipeline) bundle(ctx context.Context, j job) (r *bundle.Result, err error) {
	ctx, ended := p.Observe.Bundle(ctx, j.sha)
	defer func() { ended(err) }()
	r, err = p.read(ctx, j)
	if waited := j.await(); err == nil {
		err = waited
	}
	if err != nil {
		return nil, p.failure(ctx, j.sha, err)
	}
	return r, nil
}

// failure gives an error that is not the file's its sentence, and writes it down. sha is ""
// where the bundle's bytes could not be read.
func (p *Pipeline) failure(ctx context.Context, sha string, err error) error {
	var known *bundle.Error
	if ctx.Err() != nil || errors.As(err, &known) {
		return err
	}
	p.Log.Error("bundle failed", "bundle", sha, "error", err)
	return &bundle.Error{Code: bundle.CodeInternal, Message: "处理时出错，请稍后重试；仍不行时请联系管理员。", Err: err}
}

// read takes, reads, splits, checks and keeps a bundle.
func (p *Pipeline) read(ctx context.Context, j job) (*bundle.Result, error) {
	if j.err != nil {
		return nil, j.err
	}
	if !j.first { // an input before this one has the same bytes
		if err := j.await(); err != nil {
			return nil, err
		}
	}
	version := p.versionAs(j.arranged)
	if kept, err := p.kept(ctx, j.sha, version); err != nil || kept != nil {
		return p.again(ctx, kept, j.Input, err)
	}
	src, err := page.OpenMany(ctx, j.Files, p.Limits)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if !j.taken {
		if err := p.take(ctx, j.sha, j.Input); err != nil {
			return nil, err
		}
	}
	infos, contents, err := p.pages(ctx, j, src)
	if err != nil {
		return nil, err
	}
	ended := p.laps(ctx)
	apps := p.assemble(j, infos, contents)
	ended("assemble")
	if err := j.await(); err != nil {
		return nil, err
	}
	r, first, err := p.file(ctx, j, infos, contents, apps, version)
	if err != nil || !first {
		return p.again(ctx, r, j.Input, err)
	}
	if p.Others != nil {
		// They need not wait for the index.
		_, err = p.Refile(ctx, j.sha)
	}
	return r, err
}

// file checks a bundle against all that is on file, and puts it there. Where it is on file
// already, first is false and r the result that stands.
func (p *Pipeline) file(ctx context.Context, j job, infos []bundle.PageInfo, contents []*extract.Content, apps []bundle.Application, version string) (r *bundle.Result, first bool, err error) {
	p.filing.Lock()
	defer p.filing.Unlock()
	ctx, done, err := p.turn(ctx, j.sha)
	if err != nil {
		return nil, false, err
	}
	defer done()
	// The same bundle may have come twice, here or in another process.
	if kept, err := p.kept(ctx, j.sha, version); err != nil || kept != nil {
		return kept, false, err
	}
	ended := p.laps(ctx) // without the wait
	doubts := check.PageDoubts(infos)
	before := p.filed.before(j.sha)
	for k := range apps {
		apps[k].Checks, apps[k].Verdict = check.Run(p.Call, &apps[k], before, doubts)
		before = append(before, onFile(p.Call, &apps[k], j.sha, j.Name))
	}
	ended("check")
	if apps == nil {
		apps = []bundle.Application{}
	}
	r = &bundle.Result{File: filepath.Base(j.Name), SHA256: j.sha, Pages: len(infos), PageInfo: infos, Applications: apps}
	r.Engine, r.CallVersion = p.provenance()
	err = p.keep(ctx, r, textOf(infos, contents), version)
	ended("keep")
	if err == nil {
		p.Log.Info("bundle read", "bundle", j.sha, "pages", r.Pages, "applications", len(r.Applications))
	}
	if errors.Is(err, storage.ErrExists) {
		// Another process kept the same bundle meanwhile; the first result stands.
		kept, other := p.kept(ctx, j.sha, version)
		if kept == nil && other == nil {
			return nil, false, err
		}
		return kept, false, other
	}
	return r, true, err
}

// assemble makes applications of pages: as the machine sees them, or as a person does.
func (p *Pipeline) assemble(j job, infos []bundle.PageInfo, contents []*extract.Content) []bundle.Application {
	if j.arranged == nil {
		return extract.Assemble(p.Call, j.sha, infos, contents)
	}
	groups, kinds := j.arranged.groups()
	return extract.AssembleAs(p.Call, infos, contents, groups, kinds)
}

// again gives a result that is on file already, under the name it has now.
func (p *Pipeline) again(ctx context.Context, kept *bundle.Result, in Input, err error) (*bundle.Result, error) {
	if err != nil {
		return nil, err
	}
	if _, err := p.Refile(ctx, kept.SHA256); err != nil {
		return nil, err
	}
	// Whoever kept it may have died before it told.
	if err := p.Tell(ctx, kept.SHA256); err != nil {
		return nil, err
	}
	r := *kept
	r.File = filepath.Base(in.Name)
	return &r, nil
}

func (p *Pipeline) tell(g Progress) {
	if p.Progress != nil {
		p.Progress(g)
	}
}
