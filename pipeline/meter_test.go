package pipeline_test

import (
	"maps"
	"sync"
	"testing"
	"time"
)

// meter counts what it is told.
type meter struct {
	mu     sync.Mutex
	stages map[string]int
	pages  map[bool]int
}

// Stage implements pipeline.Meter.
func (m *meter) Stage(name string, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if took >= 0 {
		m.stages[name]++
	}
}

// Page implements pipeline.Meter.
func (m *meter) Page(ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pages[ok]++
}

// TestMeter: each stage of each page is taken down once, and a page that cannot be read is
// told from others.
func TestMeter(t *testing.T) {
	g := wholeGrant()
	m := &meter{stages: map[string]int{}, pages: map[bool]int{}}
	o := newStore(t).options(qinghe(t, ""), newReader(t))
	o.Meter = m
	results(t, o, input("bundle", g.cover(graySheet(t)).png(), torn(g.proof(graySheet(t)))))
	if want := map[bool]int{true: 1, false: 1}; !maps.Equal(m.pages, want) {
		t.Errorf("pages %v, want %v", m.pages, want)
	}
	want := map[string]int{"decode": 1, "upright": 1, "seal": 1, "layout": 1, "read": 1, "extract": 1, "assemble": 1, "check": 1, "keep": 1}
	if !maps.Equal(m.stages, want) {
		t.Errorf("stages %v, want %v", m.stages, want)
	}
}
