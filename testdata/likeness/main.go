// Command likeness measures how well near-copies are found among the long texts of many
// invented applications, and how long it takes.
//
//	go run ./testdata/likeness [-applications 20000] [-copies 200]
//
// It plants near-copies, of which 10 to 30 % of the characters are changed, one by one or
// in runs, with mistakes of a reader on top, and asks for each copy, for what it is a copy
// of, and for the texts of other applications. Recall is the share of copies and originals
// that find each other, precision that of what is found that was planted. The exit status
// is 1 where one of them is below 0.95, or a query takes more than 20 ms (the 99th of 100).
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"sealdesk/extract/call"
	"sealdesk/likeness"
	"sealdesk/testdata/office"
)

const (
	leastShare = 0.95
	mostTime   = 20 * time.Millisecond
)

func main() {
	applications := flag.Int("applications", 20000, "how many applications there are")
	copies := flag.Int("copies", 200, "how many near-copies are planted")
	others := flag.Int("others", 2000, "of how many texts it is asked for beside them")
	seed := flag.Uint64("seed", 1, "another number plants other copies")
	flag.Parse()
	if err := run(*applications, *copies, *others, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "likeness:", err)
		os.Exit(1)
	}
}

// text is one of an application's.
type text struct {
	application int
	likeness.Text
}

func run(applications, copies, others int, seed uint64) (err error) {
	r := rand.New(rand.NewPCG(seed, 5))
	c := call.Builtin()[0]
	var all []text
	for n := range applications {
		for _, t := range office.Texts(c, n, applications) {
			all = append(all, text{n, likeness.Text{Application: fmt.Sprintf("application-%d", n), Field: t.Field, Text: t.Text}})
		}
	}
	var words []rune
	for range 100 {
		words = append(words, []rune(all[r.IntN(len(all))].Text.Text)...)
	}
	limits := map[string]int{}
	for _, f := range c.Fields {
		limits[f.Key] = f.Limit
	}
	twin := map[int]int{}
	for planted := 0; planted < copies; {
		a, b := r.IntN(len(all)), r.IntN(len(all))
		_, usedA := twin[a]
		_, usedB := twin[b]
		// The short words of approval are of few kinds, and often the same.
		if usedA || usedB || all[a].application == all[b].application || all[a].Field != all[b].Field || limits[all[a].Field] == 0 {
			continue
		}
		all[b].Text.Text = office.NearCopy(r, all[a].Text.Text, 0.1+0.2*r.Float64(), r.IntN(2) == 0, words)
		twin[a], twin[b] = b, a
		planted++
	}

	dir, err := os.MkdirTemp("", "likeness")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "likeness")
	x, err := likeness.Open(path)
	if err != nil {
		return err
	}
	began := time.Now()
	// Several applications a time, since each Put waits for the disk.
	const together = 50
	for from := 0; from < len(all); {
		to := from
		var texts []likeness.Text
		for to < len(all) && all[to].application < all[from].application+together {
			texts = append(texts, all[to].Text)
			to++
		}
		if err := x.Put(fmt.Sprintf("bundle-%d", from), "1", texts); err != nil {
			return err
		}
		from = to
	}
	put := time.Since(began)
	if err := x.Close(); err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began = time.Now()
	if x, err = likeness.Open(path); err != nil {
		return err
	}
	if _, err := x.Bundles(); err != nil {
		return err
	}
	load := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	file, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Printf("%d applications, %d texts, %d near-copies\n", applications, len(all), copies)
	fmt.Printf("put in %v, read at the start in %v; %d MB of memory, %d MB of file\n",
		put.Round(time.Millisecond), load.Round(time.Millisecond), (after.HeapAlloc-before.HeapAlloc)>>20, file.Size()>>20)

	var asked []int
	for n := range twin {
		asked = append(asked, n)
	}
	slices.Sort(asked)
	for range others {
		asked = append(asked, r.IntN(len(all)))
	}
	var took []time.Duration
	found, right, first := 0, 0, 0
	wrong := []float64{}
	for _, n := range asked {
		began := time.Now()
		hits, err := x.Like(all[n].Application, all[n].Text.Text, 10)
		took = append(took, time.Since(began))
		if err != nil {
			return err
		}
		t, planted := twin[n]
		for i, h := range hits {
			found++
			if planted && h.Application == all[t].Application && h.Field == all[t].Field {
				right++
				if i == 0 {
					first++
				}
			} else {
				wrong = append(wrong, h.Alike)
			}
		}
	}
	if err := x.Close(); err != nil {
		return err
	}
	slices.Sort(took)
	slices.Sort(wrong)
	queried := 0
	for _, n := range asked {
		if _, ok := twin[n]; ok {
			queried++
		}
	}
	recall, precision := float64(right)/float64(queried), float64(right)/float64(max(found, 1))
	slow := took[len(took)*99/100]
	fmt.Printf("%d queries: recall %.4f (%d of %d), precision %.4f (%d of %d), first %d\n", len(asked), recall, right, queried, precision, right, found, first)
	fmt.Printf("a query: median %v, 99th of 100 %v, longest %v\n", took[len(took)/2].Round(time.Microsecond), slow.Round(time.Microsecond), took[len(took)-1].Round(time.Microsecond))
	if len(wrong) > 0 {
		fmt.Printf("found beside them: alike %.2f to %.2f\n", wrong[0], wrong[len(wrong)-1])
	}
	if recall < leastShare || precision < leastShare || slow > mostTime {
		return errors.New("this falls short")
	}
	return nil
}
