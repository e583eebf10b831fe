package main

import (
	"maps"
	"math"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// score holds results, by the names of their files, against the truth. A file
// without a result has everything wrong.
func score(truths []bundle.Result, results map[string]bundle.Result) figures {
	f := newFigures()
	for _, t := range truths {
		got, read := results[t.File]
		f.judge("files.read", read)
		f.pages(t.PageInfo, got.PageInfo)
		f.applications(t, got)
	}
	return f
}

func (f figures) pages(truth, got []bundle.PageInfo) {
	for _, t := range truth {
		i := slices.IndexFunc(got, func(p bundle.PageInfo) bool { return p.Page == t.Page })
		p := bundle.PageInfo{Rotation: -1}
		if i >= 0 {
			p = got[i]
		}
		f.judge("pages.kind", p.Kind == t.Kind)
		if !t.Blank {
			f.judge("pages.rotation", p.Rotation == t.Rotation)
		}
		f.common("pages.blank", count(t.Blank && p.Blank), count(t.Blank), count(p.Blank))
	}
}

func (f figures) applications(truth, got bundle.Result) {
	blank := map[int]bool{}
	for _, p := range truth.PageInfo {
		blank[p.Page] = p.Blank
	}
	var sets []map[int]bool
	for _, a := range got.Applications {
		sets = append(sets, pagesOf(a, blank))
	}
	var wanted []map[int]bool
	for _, a := range truth.Applications {
		wanted = append(wanted, pagesOf(a, blank))
	}
	pairs := pair(wanted, sets)
	for i, t := range truth.Applications {
		f.judge("applications.split", slices.ContainsFunc(sets, func(s map[int]bool) bool { return maps.Equal(s, wanted[i]) }))
		if j, ok := pairs[i]; ok {
			f.application(t, &got.Applications[j])
		} else {
			f.application(t, nil)
		}
	}
	used := slices.Collect(maps.Values(pairs))
	for j, a := range got.Applications {
		if !slices.Contains(used, j) {
			f.common("seals.found", 0, 0, len(a.Seals))
		}
	}
}

// pagesOf are the pages of an application's documents that are not blank.
func pagesOf(a bundle.Application, blank map[int]bool) map[int]bool {
	pages := map[int]bool{}
	for _, d := range a.Documents {
		for _, p := range d.Pages {
			if !blank[p] {
				pages[p] = true
			}
		}
	}
	return pages
}

// pair gives to wanted sets of pages those that were found, each to one at
// most, beginning with those that have most pages in common.
func pair(wanted, found []map[int]bool) map[int]int {
	pairs, used := map[int]int{}, map[int]bool{}
	for {
		best, bi, bj := 0.0, 0, 0
		for i, w := range wanted {
			if _, ok := pairs[i]; ok {
				continue
			}
			for j, s := range found {
				if v := overlap(w, s); !used[j] && v > best {
					best, bi, bj = v, i, j
				}
			}
		}
		if best == 0 {
			return pairs
		}
		pairs[bi] = bj
		used[bj] = true
	}
}

// overlap is the number of pages in both sets, and a part of one page more the
// fewer are in only one.
func overlap(a, b map[int]bool) float64 {
	both := 0
	for p := range a {
		if b[p] {
			both++
		}
	}
	if both == 0 {
		return 0
	}
	return float64(both) + float64(both)/float64(len(a)+len(b)+1)
}

// application holds an application against the truth; got is nil when none was
// found.
func (f figures) application(truth bundle.Application, got *bundle.Application) {
	found := got != nil
	if !found {
		got = &bundle.Application{}
	}
	c := call.Find(truth.Call)
	for key, t := range truth.Fields {
		g := got.Fields[key]
		switch field := c.Field(key); {
		case field.Type == call.Rows:
			f.rows(field.Columns, t.Value, g.Value, found)
		case field.Limit > 0:
			f.text(t.Value, g.Value)
		default:
			right := found && same(field.Type, t.Value, g.Value)
			f.judge("fields.short", right)
			if field.Type == call.Choice {
				f.judge("checkboxes", right)
			}
		}
		f.judge("boxes", t.Page == g.Page && middleIn(t.Box, g.Box))
	}
	f.seals(truth.Seals, got.Seals)
	f.signatures(truth.Signatures, got.Signatures, found)
	f.checks(truth.Checks, got.Checks)
	f.judge("verdict", got.Verdict == truth.Verdict)
	if truth.Verdict == bundle.Incomplete {
		f.judge("verdict.false_complete", got.Verdict == bundle.Complete)
	}
}

// same compares values of a field that is neither free text nor table.
func same(t call.FieldType, truth, got any) bool {
	switch t {
	case call.Choice:
		return slices.Equal(labels(truth), labels(got))
	case call.Email, call.Website:
		return strings.EqualFold(plain(truth), plain(got))
	}
	return plain(truth) == plain(got)
}

func (f figures) text(truth, got any) {
	t := plain(truth)
	f.add("fields.text.cer", edits(t, plain(got)), len([]rune(t)))
}

// middleIn says whether the middle of got is in truth or a hundredth of the page
// beside it.
func middleIn(truth, got bundle.Box) bool {
	const margin = 0.01
	x, y := middle(got)
	return truth[0]-margin <= x && x <= truth[2]+margin && truth[1]-margin <= y && y <= truth[3]+margin
}

func middle(b bundle.Box) (x, y float64) { return (b[0] + b[2]) / 2, (b[1] + b[3]) / 2 }

func (f figures) rows(columns []call.Column, truth, got any, found bool) {
	want, have := grid(columns, truth), grid(columns, got)
	f.judge("tables.rows", found && len(want) == len(have))
	partner := alignRows(want, have)
	for i, row := range want {
		for c, cell := range row {
			j := partner[i]
			f.judge("tables.cells", j >= 0 && near(cell, have[j][c]))
		}
	}
}

// near says whether a cell is right but for a tenth of its characters.
func near(truth, got string) bool {
	return truth == got || truth != "" && 10*edits(truth, got) <= len([]rune(truth))
}

// grid gives the normal texts of a table's cells, without rows that are blank.
func grid(columns []call.Column, value any) [][]string {
	list, _ := value.([]any)
	var rows [][]string
	for _, v := range list {
		cells, _ := v.(map[string]any)
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = plain(cells[c.Key])
		}
		if strings.Join(row, "") != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// alignRows gives for each row of want the row of have that stands for it, -1
// for none: the rows of both stay in their order, and are as like as they can be
// (Needleman and Wunsch, without a cost for gaps).
func alignRows(want, have [][]string) []int {
	like := func(i, j int) float64 {
		// Unlike rows, too, are rather pairs than none.
		sum := 0.001
		for c := range want[i] {
			sum += likeness(want[i][c], have[j][c])
		}
		return sum
	}
	// best[i][j] is the likeness that rows from i and j on can reach.
	best := make([][]float64, len(want)+1)
	for i := range best {
		best[i] = make([]float64, len(have)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(have) - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1], best[i+1][j+1]+like(i, j))
		}
	}
	partner := make([]int, len(want))
	j := 0
	for i := range want {
		partner[i] = -1
		for j < len(have) && best[i][j] == best[i][j+1] {
			j++
		}
		if j < len(have) && best[i][j] > best[i+1][j] {
			partner[i] = j
			j++
		}
	}
	return partner
}

func (f figures) seals(truth, got []bundle.Seal) {
	left := slices.Clone(got)
	both := 0
	for _, t := range truth {
		var matches *bool
		if i := nearest(left, t); i >= 0 {
			both++
			matches = left[i].Matches
			left = slices.Delete(left, i, i+1)
		}
		if t.Matches == nil {
			continue
		}
		f.judge("seals.matches", matches != nil && *matches == *t.Matches)
		if !*t.Matches {
			f.judge("seals.false_match", matches != nil && *matches)
		}
	}
	f.common("seals.found", both, len(truth), len(got))
}

// nearest is the place of the seal of the same role and page that is nearest,
// -1 when there is none.
func nearest(seals []bundle.Seal, to bundle.Seal) int {
	best, least := -1, math.Inf(1)
	x, y := middle(to.Box)
	for i, s := range seals {
		sx, sy := middle(s.Box)
		if d := math.Hypot(sx-x, sy-y); s.Role == to.Role && s.Page == to.Page && d < least {
			best, least = i, d
		}
	}
	return best
}

func (f figures) signatures(truth, got []bundle.Signature, found bool) {
	for _, t := range truth {
		present := slices.ContainsFunc(got, func(s bundle.Signature) bool { return s.Role == t.Role && s.Present })
		f.judge("signatures", found && present == t.Present)
	}
}

func (f figures) checks(truth, got []bundle.Check) {
	statuses := map[string]bundle.Status{}
	for _, c := range got {
		statuses[c.ID] = c.Status
	}
	for _, t := range truth {
		s := statuses[t.ID]
		f.judge("checks", s == t.Status)
		if s == bundle.Pass || s == bundle.Fail {
			f.judge("checks.decided", s == t.Status)
		}
		switch t.Status {
		case bundle.Pass:
			f.judge("checks.false_fail", s == bundle.Fail)
		case bundle.Fail:
			f.judge("checks.missed_fail", s == bundle.Pass)
		}
		if t.Status != bundle.Review {
			f.judge("checks.review", s == bundle.Review)
		}
	}
}
