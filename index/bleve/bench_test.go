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
	"testing"
	"time"

	"sealdesk/bundle"
	"sealdesk/index"
)

var applications = flag.Int("applications", 200, "how many applications BenchmarkApplications makes")

// generate makes an application of 14 pages of about 600 characters, whose
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
	for k := range 14 {
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
		d.Fields = append(d.Fields, index.Field{Key: "f", Page: 1 + k/4, Text: string([]rune(d.Pages[k/4].Text)[:20])})
	}
	return d
}

func BenchmarkApplications(b *testing.B) {
	ctx := context.Background()
	dir := b.TempDir()
	start := time.Now()
	err := Replace(ctx, dir, func(put func([]index.Document) error) error {
		for i := range *applications {
			if err := put([]index.Document{generate(i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(start).Seconds(), "fill-s")
	b.ReportMetric(0, "ns/op")
	var size int64
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if i, err := e.Info(); err == nil && !e.IsDir() {
			size += i.Size()
		}
		return err
	})
	b.ReportMetric(float64(size)/1e6, "MB")
	x, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer x.Close()

	d := generate(*applications / 2)
	page := []rune(d.Pages[6].Text)
	for _, q := range []index.Query{
		{},
		{Text: "国"},
		{Text: "合作"},
		{Text: "国际合作"},
		{Text: "国际科技合作基地"},
		{Text: "国际科技合作基地 大学 -" + d.Leader},
		{Text: d.Leader},
		{Text: d.HostUnit},
		{Text: string(page[100:102])},
		{Text: string(page[100:104])},
		{Text: string(page[100:106])},
		{Text: string(page[100:140])},
		{Text: "(" + string(page[100:102]) + " NOT 国际合作) OR " + d.Leader},
		{Text: "大学", Years: []int{2012, 2013}, Verdicts: []bundle.Verdict{bundle.Complete}},
		{Text: "大学", Sort: index.ByName},
		{Sort: index.ByYear, Offset: *applications / 2},
	} {
		for _, q.Facets = range []bool{false, true} {
			var times []time.Duration
			total := 0
			for range 11 {
				start := time.Now()
				found, err := x.Search(ctx, q)
				if err != nil {
					b.Fatal(err)
				}
				total = found.Total
				times = append(times, time.Since(start))
			}
			slices.Sort(times)
			b.Logf("facets %-5t %6d hits p50 %-12v max %-12v %.60s %v", q.Facets, total, times[5], times[10], q.Text, q.Sort)
		}
	}
	start = time.Now()
	for i := range 10 {
		if err := x.Put(ctx, []index.Document{generate(*applications + i)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(start).Milliseconds())/10, "ms/put")
}
