package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"sealdesk/bundle"
)

// job is one bundle to make.
type job struct {
	name       string // without its ending
	format     string // "pdf" or "tif"
	apps       []*application
	size       length
	plain      bool // printed to be read easily
	scanner    *scanner
	separators bool
	letterHead bool // the letter lies on top
	planFirst  bool
	formOnly   bool // nothing but the form lies there
	shuffled   bool // pages of the form are out of order
	seed       uint64
}

// made is a finished bundle.
type made struct {
	file  string
	data  []byte
	truth truth
}

// print puts all sheets of a job on paper, in the order of the file.
func (j *job) print(fs faces, rng *rand.Rand) ([]*sheet, error) {
	var all []*sheet
	which := rng.IntN(3)
	for n, a := range j.apps {
		st, err := newStyle(fs, rng, j.plain)
		if err != nil {
			return nil, err
		}
		if m := j.scanner.mode; m == thresholded || m == dithered {
			st.sealLeast = max(st.sealLeast, 0.85) // a fainter one leaves no trace in black and white
		}
		if j.separators {
			all = append(all, separator(fs, n+1, which))
		}
		p := &printer{style: st, app: a, number: n, rng: rng, fs: fs}
		p.form()
		form := p.take()
		if j.formOnly {
			all = append(all, form...)
			continue
		}
		if !a.faults.noPlan {
			p.plan(j.size)
		}
		plan := p.take()
		if !a.faults.noLetter {
			p.letter()
		}
		letter := p.take()
		for _, kind := range a.attachments {
			p.attachment(kind)
		}
		rest := p.take()
		if p.err != nil {
			return nil, p.err
		}
		if j.shuffled {
			for range 2 {
				i := 2 + rng.IntN(len(form)-3)
				form[i], form[i+1] = form[i+1], form[i]
			}
		}
		parts := [][]*sheet{form, plan, letter, rest}
		if j.planFirst {
			parts = [][]*sheet{form, letter, rest, plan}
		}
		if j.letterHead {
			parts = [][]*sheet{letter, form, plan, rest}
		}
		all = append(all, slices.Concat(parts...)...)
	}
	if j.scanner.blanks {
		for range 2 + rng.IntN(3) {
			all = slices.Insert(all, 1+rng.IntN(len(all)), blankSheet())
		}
	}
	for _, s := range all {
		if err := s.foldUp(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// take hands over the sheets printed since the last call.
func (p *printer) take() []*sheet {
	p.finish()
	out := p.sheets
	for i, s := range out {
		s.order = i
	}
	p.sheets, p.cur = nil, nil
	return out
}

// make prints, scans and packs a bundle, workers pages at a time. Every page has
// a random stream of its own, so their order in time does not matter.
func (j *job) make(ctx context.Context, w *world, fs faces, workers int) (made, error) {
	rng := rand.New(rand.NewPCG(j.seed, 1))
	sheets, err := j.print(fs, rng)
	if err != nil {
		return made{}, fmt.Errorf("%s: %w", j.name, err)
	}
	lays := make([]*laid, len(sheets))
	pages := make([]picture, len(sheets))
	failed := make([]error, len(sheets))
	var wait sync.WaitGroup
	slots := make(chan struct{}, max(workers, 1))
	for i, s := range sheets {
		page := rand.New(rand.NewPCG(j.seed, uint64(100+i)))
		lays[i] = j.scanner.lay(page)
		if s.kind == bundle.Blank || s.kind == bundle.Separator {
			lays[i].rotation = 0
		}
		var back *sheet
		if k := i ^ 1; k < len(sheets) {
			back = sheets[k]
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			if failed[i] = ctx.Err(); failed[i] == nil {
				pages[i], failed[i] = j.scanner.page(fs, s, back, lays[i], page)
			}
		})
	}
	wait.Wait()
	if err := errors.Join(failed...); err != nil {
		return made{}, fmt.Errorf("%s: %w", j.name, err)
	}
	m := made{file: j.name + "." + j.format}
	switch j.format {
	case "tif", "tiff":
		m.data = writeTIFF(pages, j.scanner.dpi)
	default:
		m.data = writePDF(pages, j.scanner.dpi)
	}
	m.truth = w.tell(m.file, sheets, lays, j.apps)
	return m, nil
}

// page scans and packs one sheet.
func (s *scanner) page(fs faces, front, back *sheet, l *laid, rng *rand.Rand) (picture, error) {
	img, err := s.scan(fs, front, back, l, rng)
	if err != nil {
		return picture{}, err
	}
	return s.pack(img)
}

// scenarios are the ways in which an application of the random set is wrong;
// several are in order.
var scenarios = []func(rng *rand.Rand, f *faults){
	func(*rand.Rand, *faults) {},
	func(_ *rand.Rand, f *faults) { f.noHostSeal = true },
	func(*rand.Rand, *faults) {},
	func(_ *rand.Rand, f *faults) { f.noDeptSeal = true },
	func(_ *rand.Rand, f *faults) { f.foreignHostSeal = true },
	func(_ *rand.Rand, f *faults) { f.late = true },
	func(_ *rand.Rand, f *faults) { f.noLetter = true },
	func(_ *rand.Rand, f *faults) { f.noPlan = true },
	func(*rand.Rand, *faults) {},
	func(_ *rand.Rand, f *faults) { f.wrongPlan = true },
	func(rng *rand.Rand, f *faults) { f.planLacks = 1 + rng.IntN(9) },
	func(_ *rand.Rand, f *faults) { f.twoTypes = true },
	func(rng *rand.Rand, f *faults) { f.over = pick(rng, limitKeys) },
	func(rng *rand.Rand, f *faults) {
		*pick(rng, []*bool{&f.badEmail, &f.badEmail, &f.badPhone, &f.badPostcode}) = true
	},
	func(rng *rand.Rand, f *faults) {
		*pick(rng, []*bool{&f.coverBaseName, &f.coverLeader, &f.coverUnit}) = true
	},
	func(_ *rand.Rand, f *faults) { f.none = true },
	func(rng *rand.Rand, f *faults) {
		f.blank = pickSome(rng, []string{"leader_title", "manager1_phone", "postcode", "address", "direction", "partners", "goals", "support_measures", "recommender_contact", "cooperation_modes"}, 2, false)
	},
	func(_ *rand.Rand, f *faults) { f.noDeptSign = true },
	func(_ *rand.Rand, f *faults) { f.selfRecommended = true },
	func(_ *rand.Rand, f *faults) { f.parkType = true },
	func(_ *rand.Rand, f *faults) { f.noHostDate = true },
	func(rng *rand.Rand, f *faults) { *pick(rng, []*bool{&f.noLetterSeal, &f.foreignLetterSeal}) = true },
	func(_ *rand.Rand, f *faults) { f.foreignDeptSeal, f.noHostSign = true, true },
	func(_ *rand.Rand, f *faults) { f.noDeptDate, f.noOffice = true, true },
	func(rng *rand.Rand, f *faults) {
		f.blank = []string{"fax", "website", "manager2_name", "manager2_title", "manager2_phone"}
	},
}

// randomJobs plans n bundles: faults by turns, four applications of one league
// among them, and one that is handed in twice where n allows it.
func randomJobs(w *world, n int) []*job {
	rng := w.rng
	order := rng.Perm(len(scenarios))
	crowded := w.league()
	var crowd []int
	if n >= 8 {
		crowd = rng.Perm(n - 1)[:4]
	}
	var jobs []*job
	for i := range n {
		sc := newScanner(rng)
		j := &job{
			name: fmt.Sprintf("gen-%02d", i+1), format: "pdf", size: length(0.45 + 0.55*rng.Float64()), scanner: sc,
			letterHead: rng.IntN(8) == 0, planFirst: rng.IntN(8) == 0, shuffled: rng.IntN(8) == 0, seed: rng.Uint64(),
		}
		if sc.mode == inColor && sc.watermark == "" && j.seed%4 == 0 {
			sc.mode = auto
		}
		if (sc.mode == thresholded || sc.mode == dithered) && rng.IntN(2) == 0 || rng.IntN(9) == 0 {
			j.format = "tif"
		}
		if i == n-1 && n >= 6 {
			first := *jobs[rng.IntN(n/2)].apps[0]
			first.faults.duplicate = true
			j.apps = []*application{&first}
			jobs = append(jobs, j)
			break
		}
		count := 1
		if i%8 == 5 {
			count, j.separators = 2, i%16 != 13
		}
		for k := range count {
			var f faults
			scenarios[order[(i+k*7)%len(order)]](rng, &f)
			if rng.IntN(5) == 0 {
				pick(rng, scenarios)(rng, &f)
			}
			var l league
			if slices.Contains(crowd, i) && k == 0 {
				l, f.quota, f.selfRecommended = crowded, true, false
			}
			a := w.apply(l, f, j.size)
			if rng.IntN(4) == 0 {
				a.attachments = pickSome(rng, []string{"agreement", "licence", "patents"}, 1+rng.IntN(2), true)
			}
			j.apps = append(j.apps, a)
		}
		jobs = append(jobs, j)
	}
	return jobs
}
