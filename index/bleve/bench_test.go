package bleve

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/index"
)

var (
	applications = flag.Int("applications", 200, "how many applications BenchmarkIndex makes")
	pages        = flag.Int("pages", 14, "how many pages each of them has")
)

// generate makes an application with -pages of about 600 characters each, whose
// words are as uneven as those of real forms: a few on nearly every page, most
// of them rare.
func generate(i int) index.Document {
	r := rand.New(rand.NewPCG(uint64(i), 7))
	zipf := rand.NewZipf(r, 1.1, 20, 20000)
	word := func(n uint64) string {
		w := rand.New(rand.NewPCG(n, 3))
		runes := make([]rune, 1+w.IntN(3))
		for k := range runes {
			runes[k] = rune(0x4e00 + w.IntN(3000))
		}
		return string(runes)
	}
	d := index.Document{
		ID: fmt.Sprintf("app-%06d", i), Bundle: fmt.Sprintf("%064x", i), File: fmt.Sprintf("scan-%d.pdf", i),
		Call: "call", Year: 2010 + r.IntN(15),
		Verdict:     []bundle.Verdict{bundle.Complete, bundle.Incomplete, bundle.NeedsReview}[r.IntN(3)],
		BaseName:    word(zipf.Uint64()) + word(zipf.Uint64()) + "国际科技合作基地",
		HostUnit:    word(zipf.Uint64()) + "大学",
		Leader:      word(uint64(r.IntN(5000))),
		Recommender: word(uint64(r.IntN(60))) + "科学技术局",
		BaseType:    []string{word(uint64(r.IntN(4)))},
		UnitKind:    []string{word(uint64(r.IntN(6)))},
		Countries:   []string{word(uint64(r.IntN(40))), word(uint64(r.IntN(40)))},
	}
	for k := range *pages {
		var b strings.Builder
		for n := 0; n < 600; {
			w := word(zipf.Uint64())
			switch r.IntN(100) {
			case 0:
				w = "国际科技合作基地"
			case 1:
				w = "国际合作，"
			case 2:
				w = fmt.Sprint(r.IntN(10000))
			case 3:
				w = "，"
			}
			b.WriteString(w)
			n += len([]rune(w))
		}
		d.Pages = append(d.Pages, index.Page{Number: k + 1, Text: b.String()})
	}
	for k := range 40 {
		d.Fields = append(d.Fields, index.Field{Key: "f", Page: 1 + k%*pages, Text: string([]rune(d.Pages[k%*pages].Text)[:20])})
	}
	return d
}

// BenchmarkIndex fills an index with -applications and then measures one
// application put at a time and the usual queries.
func BenchmarkIndex(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	docs := make([]index.Document, *applications)
	for i := range docs {
		docs[i] = generate(i)
	}
	start, cpu := time.Now(), cpuTime()
	err := Replace(ctx, dir, func(put func([]index.Document) error) error {
		for i := range docs {
			if err := put(docs[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	took, used, size := time.Since(start), cpuTime()-cpu, sizeOf(b, dir)
	b.Run("fill", func(b *testing.B) {
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(used.Seconds(), "cpu-s")
		b.ReportMetric(float64(size)/1e6, "MB")
	})
	x, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()
	b.Run("put", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if err := x.Put(ctx, docs[i%len(docs):][:1]); err != nil {
				b.Fatal(err)
			}
		}
	})
	d := docs[len(docs)/2]
	page := []rune(d.Pages[len(d.Pages)/2].Text)
	for _, q := range []struct {
		name string
		index.Query
	}{
		{"all", index.Query{}},
		{"deep page", index.Query{Sort: index.ByYear, Offset: len(docs) / 2}},
		{"1 common", index.Query{Text: "国"}},
		{"2 common", index.Query{Text: "合作"}},
		{"8 common", index.Query{Text: "国际科技合作基地"}},
		{"common by name", index.Query{Text: "国际科技合作基地", Sort: index.ByName}},
		{"2 rare", index.Query{Text: string(page[100:102])}},
		{"6 rare", index.Query{Text: string(page[100:106])}},
		{"sentence", index.Query{Text: string(page[100:140])}},
		{"not and or", index.Query{Text: "(" + string(page[100:102]) + " NOT 国际合作) OR " + d.Leader}},
		{"filtered", index.Query{Text: "大学", Years: []int{2012, 2013}, Verdicts: []bundle.Verdict{bundle.Complete}}},
	} {
		for _, q.Facets = range []bool{false, true} {
			b.Run(fmt.Sprintf("search %s/facets=%t", q.name, q.Facets), func(b *testing.B) {
				var times []time.Duration
				cpu := cpuTime()
				for b.Loop() {
					start := time.Now()
					if _, err := x.Search(ctx, q.Query); err != nil {
						b.Fatal(err)
					}
					times = append(times, time.Since(start))
				}
				slices.Sort(times)
				b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/1000/float64(b.N), "cpu-ms/op")
				b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
			})
		}
	}
}

// cpuTime is the processor time of this process: on a busy machine it says
// more than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func sizeOf(b *testing.B, dir string) (size int64) {
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}
