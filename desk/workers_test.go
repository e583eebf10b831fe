package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	qr "github.com/piglig/go-qr"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	separator "sealdesk/pipeline/sheet"
	"sealdesk/pipeline/view"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// grown is what several processes share: a store, an index and a queue's server.
type grown struct {
	t     *testing.T
	url   string
	store *dir.Store
	index *bleve.Index
}

func newGrown(t *testing.T) *grown {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	g := &grown{t: t, url: s.ClientURL()}
	folder := t.TempDir()
	if g.store, err = dir.Open(filepath.Join(folder, "store")); err != nil {
		t.Fatal(err)
	}
	if g.index, err = bleve.Open(filepath.Join(folder, "index")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.must(errors.Join(g.index.Close(), g.store.Close())) })
	return g
}

func (g *grown) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Error(err)
	}
}

// process gives what each process has of its own.
func (g *grown) process(read *reader) (*pipeline.Pipeline, *queue.Queue) {
	g.t.Helper()
	jobs, err := queue.Open(g.t.Context(), queue.Options{URL: g.url, AckWait: 2 * time.Second, Backoff: 10 * time.Millisecond})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { g.must(jobs.Close()) })
	others, err := jobs.Others(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	line, err := pipeline.New(g.t.Context(), pipeline.Options{
		Store: g.store, Index: g.index, Reader: read, Call: call.Find("nmg-iscb-2022"), Calls: call.Find, Others: others,
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { g.must(line.Close()) })
	return line, jobs
}

// desk is a desk that leaves reading to others.
func (g *grown) desk() *shop {
	g.t.Helper()
	s := &shop{reader: &reader{}}
	line, jobs := g.process(s.reader)
	views, err := view.New(g.store, g.t.TempDir(), 1<<24)
	if err != nil {
		g.t.Fatal(err)
	}
	s.Desk, err = New(g.t.Context(), Options{Pipeline: line, Queue: jobs, Store: g.store, Index: g.index, Views: views, Away: true})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() {
		s.stop()
		g.must(errors.Join(s.Close(), views.Close()))
	})
	return s.run(g.t)
}

// worker is a process that only reads, until stop.
func (g *grown) worker() (read *reader, stop func()) {
	g.t.Helper()
	read = &reader{}
	line, jobs := g.process(read)
	r := NewReader(ReaderOptions{Pipeline: line, Queue: jobs, Store: g.store, Index: g.index})
	ctx, cancel := context.WithCancel(context.WithoutCancel(g.t.Context()))
	var running sync.WaitGroup
	running.Go(func() { g.must(r.Run(ctx)) })
	stop = func() {
		cancel()
		running.Wait()
	}
	g.t.Cleanup(stop)
	return read, stop
}

// coded is a separator sheet, scanned.
func coded(t *testing.T, of separator.Sheet) []byte {
	t.Helper()
	text, err := of.Payload()
	if err != nil {
		t.Fatal(err)
	}
	c, err := qr.EncodeText(text, qr.Low)
	if err != nil {
		t.Fatal(err)
	}
	m := image.NewGray(image.Rect(0, 0, 827, 1169)) // A4 at 100 dpi
	draw.Draw(m, m.Rect, image.White, image.Point{}, draw.Src)
	const side = 8
	for row := range c.Size() {
		for col := range c.Size() {
			if c.Module(col, row) {
				at := image.Pt(200+col*side, 300+row*side)
				draw.Draw(m, image.Rectangle{at, at.Add(image.Pt(side, side))}, image.Black, image.Point{}, draw.Src)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// results are the results in a store by key, in the order in which they were kept.
func results(t *testing.T, s storage.Store) (keys []string, all map[string]string) {
	t.Helper()
	all = map[string]string{}
	var found []storage.Info
	for info, err := range s.List(t.Context(), "bundles/") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(info.Key, "/result.json") {
			found = append(found, info)
		}
	}
	slices.SortFunc(found, func(a, b storage.Info) int { return a.Time.Compare(b.Time) })
	for _, info := range found {
		b, err := storage.ReadAll(t.Context(), s, info.Key)
		if err != nil {
			t.Fatal(err)
		}
		keys, all[info.Key] = append(keys, info.Key), string(b)
	}
	return keys, all
}

// TestWorkers: two processes that read for a desk in a third give what one process gives
// that reads the same bundles in the same order, byte for byte; and the desk shows, finds
// and corrects what they read.
func TestWorkers(t *testing.T) {
	g := newGrown(t)
	s, other := g.desk(), g.desk()
	g.worker()
	g.worker()
	shas := map[string]pipeline.Input{}
	for n := range uint64(5) {
		// All come from one recommender, of whose quota each takes one.
		input, sha := bundleOf(fmt.Sprintf("%d.png", n), coded(t, separator.Sheet{Call: "nmg-iscb-2022", Recommender: "青禾市科学技术局"}), scan(n))
		s.take(t, input)
		shas[sha] = input
	}
	for sha := range shas {
		for _, at := range []*shop{s, other} {
			if e := at.await(t, sha, finished); e.Done != 2 || e.Pages != 2 || e.Attempts != 1 || len(e.Applications) != 1 {
				t.Errorf("read: %+v", e)
			}
		}
	}
	found, err := s.Search(t.Context(), index.Query{Text: "理工"})
	if err != nil || found.Total != len(shas) {
		t.Errorf("found: %d, %v", found.Total, err)
	}

	order, read := results(t, g.store)
	one, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	line, err := pipeline.New(t.Context(), pipeline.Options{Store: one, Reader: &reader{}, Call: call.Find("nmg-iscb-2022"), Calls: call.Find})
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	for _, key := range order {
		sha := strings.Split(key, "/")[1]
		if _, _, err := line.Take(t.Context(), shas[sha]); err != nil {
			t.Fatal(err)
		}
		if _, err := line.Read(t.Context(), sha, nil, nil); err != nil {
			t.Fatal(err)
		}
		b, err := storage.ReadAll(t.Context(), one, key)
		if err != nil || string(b) != read[key] {
			t.Errorf("two processes read %.300s\none reads %.300s, %v", read[key], b, err)
		}
	}
	for k, key := range order {
		if want := fmt.Sprintf("不超过3份，这是第%d份", k+1); !strings.Contains(read[key], want) {
			t.Errorf("bundle %d of the order does not count those before it", k+1)
		}
	}

	// What is corrected at one desk shows at the other.
	sha := strings.Split(order[0], "/")[1]
	e, _ := s.Entry(sha)
	if _, err := s.Correct(t.Context(), sha, field("甲", e.Applications[0], "host_unit", "青禾市草原研究院"), 0); err != nil {
		t.Fatal(err)
	}
	if b, err := other.Bundle(t.Context(), sha); err != nil || len(b.History) != 1 {
		t.Errorf("at the other desk: %+v, %v", b, err)
	}
}

// TestWorkerEnds: what a process has in hand that ends, or that hangs, another one reads.
func TestWorkerEnds(t *testing.T) {
	g := newGrown(t)
	s := g.desk()
	first, stop := g.worker()
	hold := make(chan struct{})
	first.hold.Store(&hold)
	input, sha := bundleOf("a.png", scan(1))
	s.take(t, input)
	s.await(t, sha, in(Reading))
	stop()
	s.await(t, sha, in(Waiting))
	g.worker()
	if e := s.await(t, sha, finished); e.Attempts != 1 {
		t.Errorf("given back and read: %+v", e)
	}
}

// TestRoom: on a full disk nothing is taken in, and it is said why; what waits is not given
// up, however often its result finds no room, and is read when there is some.
func TestRoom(t *testing.T) {
	s := newShop(t, t.TempDir())
	input, sha := bundleOf("a.png", scan(1))
	s.take(t, input)
	full := fmt.Errorf("the disk: %w", storage.ErrFull)
	s.Room = func() error { return full }
	other, _ := bundleOf("b.png", scan(2))
	var broken *bundle.Error
	if _, err := s.Take(t.Context(), other, clerk); !errors.As(err, &broken) || !errors.Is(err, storage.ErrFull) || !strings.Contains(broken.Message, "磁盘空间不足") {
		t.Errorf("taken without room: %v", err)
	}
	if n := len(s.Board(noTime, 0)); n != 1 {
		t.Errorf("%d bundles are on the board", n)
	}
	s.reader.fail.Store(&full)
	tries := make(chan bool, 100)
	s.Listen(t.Context(), func(e Entry) {
		if e.State == Reading {
			tries <- true
		}
		if e.State == Failed {
			t.Errorf("it failed: %+v", e)
		}
	})
	s.run(t)
	for range attempts + 3 {
		select {
		case <-tries:
		case <-time.After(patience):
			t.Fatal("it is not tried again")
		}
	}
	s.reader.fail.Store(nil)
	if e := s.await(t, sha, finished); e.Attempts != 1 {
		t.Errorf("read at last: %+v", e)
	}
}

// TestWorkerFails: what fails in another process says so on the board, and can be sent
// again there.
func TestWorkerFails(t *testing.T) {
	g := newGrown(t)
	s := g.desk()
	read, _ := g.worker()
	trouble := errors.New("the reader is broken")
	read.fail.Store(&trouble)
	input, sha := bundleOf("a.png", scan(1))
	s.take(t, input)
	if e := s.await(t, sha, in(Failed)); e.Error == nil || e.Error.Code != bundle.CodeInternal || e.Attempts != attempts {
		t.Errorf("failed: %+v", e)
	}
	read.fail.Store(nil)
	if err := s.Retry(t.Context(), sha, "clerk-1"); err != nil {
		t.Fatal(err)
	}
	if e := s.await(t, sha, finished); e.Error != nil {
		t.Errorf("read at last: %+v", e)
	}
}
