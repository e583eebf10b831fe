// Package office invents the papers of an office that took in applications for years,
// as many as are asked for, and puts them on file in the form in which the program
// keeps what it read: originals that can be looked at, results with their text, who
// brought them, what was corrected. No unit, person or number of them exists.
//
// It is for tests and benchmarks that need many applications. The values are of the
// kinds that the call's profile asks for and pass or fail its checks; the pictures show
// no characters, so nothing can be read from them again.
package office

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/likeness"
	"sealdesk/pipeline"
	"sealdesk/pipeline/ocr"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/view"
	"sealdesk/storage/dir"
)

// writers is how many bundles are put on file at the same time: storing waits for the
// disk most of the time.
const writers = 32

// perBundle is the greatest number of applications that one bundle has.
const perBundle = 5

// corrected is which bundle, one in so many, somebody corrected.
const corrected = 16

// Fill puts so many applications of a call on file in a data folder that has none, with
// their search index to be built from the store. The same number gives the same papers.
// progress, if not nil, is told how many applications there are; from several goroutines.
func Fill(ctx context.Context, data string, c *call.Call, applications int, progress func(done int)) (err error) {
	o, err := open(ctx, data, c)
	defer func() {
		for i := len(o.opened) - 1; i >= 0; i-- {
			err = errors.Join(err, o.opened[i].Close())
		}
	}()
	if err != nil {
		return err
	}
	if o.strips, err = strips(2); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	slots := make(chan struct{}, writers)
	for n, number := 0, uint64(1); n < applications && ctx.Err() == nil; number++ {
		// How many a bundle has hangs on its number alone.
		count := min(1+int(number*7%perBundle), applications-n)
		first := n
		n += count
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if err := o.bundle(ctx, number, first, count, applications); err != nil {
				cancel(fmt.Errorf("bundle %d: %w", number, err))
			}
			if progress != nil {
				progress(count)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// office is the desk that papers are brought to.
type office struct {
	call   *call.Call
	line   *pipeline.Pipeline
	desk   *desk.Desk
	strips [][]byte
	opened []io.Closer

	mu  sync.Mutex
	now time.Time
}

func open(ctx context.Context, data string, c *call.Call) (*office, error) {
	o := &office{call: c, now: time.Date(c.Year-years+1, 3, 1, 8, 30, 0, 0, time.UTC)}
	store, err := dir.Open(filepath.Join(data, "store"))
	if err != nil {
		return o, err
	}
	o.opened = append(o.opened, store)
	texts, err := likeness.Open(filepath.Join(data, "likeness"))
	if err != nil {
		return o, err
	}
	o.opened = append(o.opened, texts)
	if o.line, err = pipeline.New(ctx, pipeline.Options{Store: store, Reader: blind{}, Call: c, Texts: texts}); err != nil {
		return o, err
	}
	o.opened = append(o.opened, o.line)
	jobs, err := queue.Open(ctx, queue.Options{Dir: filepath.Join(data, "queue")})
	if err != nil {
		return o, err
	}
	o.opened = append(o.opened, jobs)
	views, err := view.New(store, filepath.Join(data, "views"), 1<<20)
	if err != nil {
		return o, err
	}
	o.opened = append(o.opened, views)
	o.desk, err = desk.New(ctx, desk.Options{Pipeline: o.line, Queue: jobs, Store: store, Views: views, Now: o.tick})
	if err != nil {
		return o, err
	}
	o.opened = append(o.opened, o.desk)
	return o, nil
}

// tick is the office's clock: each look at it is some minutes after the last.
func (o *office) tick() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(7 * time.Minute)
	return o.now
}

// bundle puts one on file, with applications from the first on, of all.
func (o *office) bundle(ctx context.Context, number uint64, first, count, all int) error {
	p := newPaper(o.call, number)
	for i := range count {
		p.applications = append(p.applications, p.application(first+i, all))
	}
	data := scan(o.strips, len(p.infos), number)
	sum := sha256.Sum256(data)
	sha := hex.EncodeToString(sum[:])
	for i := range p.applications {
		p.applications[i].ID = fmt.Sprintf("%.16s-%d", sha, i+1)
	}
	name := fmt.Sprintf("%s申报材料%d.tif", p.pick(places), number)
	in := pipeline.Input{Name: name, Files: []page.File{{Name: name, Data: bytes.NewReader(data), Size: int64(len(data))}}}
	if err := o.line.Keep(ctx, in, &bundle.Result{PageInfo: p.infos, Applications: p.applications}, p.text); err != nil {
		return err
	}
	if _, err := o.desk.Take(ctx, in, desk.Sender{ID: "clerk", Name: p.pick(surnames) + "受理", Priority: queue.Backlog}); err != nil {
		return err
	}
	if number%corrected != 0 {
		return nil
	}
	app := p.applications[0]
	key := o.call.Fields[0].Key
	_, err := o.desk.Correct(ctx, sha, correct.Correction{
		User: "reviewer", Name: p.pick(surnames) + "审核", Application: app.ID, Target: correct.Field + ":" + key, Is: app.Fields[key].Value,
	}, 0)
	return err
}

// blind reads nothing: what stands in invented bundles is known.
type blind struct{}

var errBlind = errors.New("office: invented bundles cannot be read")

// Read implements ocr.Reader.
func (blind) Read(context.Context, []ocr.Crop) ([]ocr.Reading, error) { return nil, errBlind }

// Engine implements pipeline.Reader.
func (blind) Engine() string { return "invented" }

// DecodeTIFF implements pipeline.Reader.
func (blind) DecodeTIFF(context.Context, []byte, int) (image.Image, error) { return nil, errBlind }

// Text is one of the long texts of an application.
type Text struct{ Field, Text string }

// Texts are the long texts of the n-th of many applications of a call, alone and in no
// bundle, with the limit of its field each. The same number gives the same texts.
func Texts(c *call.Call, n, many int) []Text {
	p := newPaper(c, uint64(n)+1<<32)
	v := p.values(c.Year, many)
	var out []Text
	for i := range c.Fields {
		if f := &c.Fields[i]; f.Type == call.LongText {
			if text, ok := v.of(f).(string); ok {
				out = append(out, Text{f.Key, text})
			}
		}
	}
	return out
}
