package main

import (
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"

	"sealdesk/pipeline"
)

// bar shows on a terminal how far a long step is, and nothing elsewhere. It may
// be used from many goroutines.
type bar struct {
	w   io.Writer
	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil when w is no terminal

	inputs  int
	next    int                       // the first input that is not finished
	running map[int]pipeline.Progress // of the inputs at work
}

// barSteps is how finely the bar counts one bundle.
const barSteps = 1000

// newBar is a bar for so many steps of equal work, such as bundles.
func newBar(w io.Writer, inputs int) *bar {
	b := &bar{w: w, inputs: inputs, running: map[int]pipeline.Progress{}}
	if isTerminal(w) {
		b.bar = progressbar.NewOptions(max(inputs, 1)*barSteps,
			progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(true))
	}
	return b
}

// expect begins anew, for another so many inputs.
func (b *bar) expect(inputs int) {
	if b.bar == nil || inputs == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inputs, b.next = inputs, 0
	clear(b.running)
	b.bar.Reset()
	b.bar.ChangeMax(inputs * barSteps)
}

// tell shows the progress of one of the bundles at work: that of the first one
// by name, that of all by length.
func (b *bar) tell(g pipeline.Progress) {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running[g.Input] = g
	first, ok := b.running[b.next]
	if !ok {
		first = g
	}
	b.bar.Describe(fmt.Sprintf("%d/%d %s 第 %d/%d 页", first.Input+1, b.inputs, shortName(first.File), first.Done, first.Pages))
	b.show()
}

// show moves the bar to where the work is.
func (b *bar) show() {
	steps := b.next * barSteps
	for _, g := range b.running {
		steps += g.Done * barSteps / max(g.Pages, 1)
	}
	// A terminal that cannot be written to is no reason to stop.
	_ = b.bar.Set(min(steps, b.inputs*barSteps-1))
}

// finished tells that the next bundle is done and takes the bar off the screen,
// so that its report can be written there.
func (b *bar) finished() {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, b.next)
	b.next++
	_ = b.bar.Clear()
}

// steps shows that done steps of all are done.
func (b *bar) steps(done, all int) {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar.ChangeMax(all + 1)
	b.bar.Describe(fmt.Sprintf("%d/%d", done, all))
	_ = b.bar.Set(done)
}

// bytes shows how much of a download is done.
func (b *bar) bytes(name string, done, all int64) {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bar.ChangeMax64(all + 1)
	b.bar.Describe(fmt.Sprintf("%s %d/%d MB", name, done/1e6, all/1e6))
	_ = b.bar.Set64(done)
}

// clear takes the bar off the screen.
func (b *bar) clear() {
	if b.bar == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = b.bar.Clear()
}

// Write lets logs through to where the bar is, on lines of their own.
func (b *bar) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		_ = b.bar.Clear()
	}
	return b.w.Write(p)
}

// shortName is a file's name, cut to what leaves room for the bar.
func shortName(path string) string {
	return runewidth.Truncate(clean(filepath.Base(path)), 28, "…")
}
