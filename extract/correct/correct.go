// Package correct puts what people corrected on top of a result: the values that
// they changed or confirmed, what they said of seals and signatures, and what they
// decided where a check was left to a person. Checks and verdict follow.
//
// It is pure: it keeps nothing, asks no clock and knows nobody's rights; a result
// that it is given stays as it is. Who stores corrections numbers them.
package correct

import (
	"slices"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
)

// Correction is one thing that a person said about an application. It is written
// once; another one takes it back or goes beyond it.
type Correction struct {
	// Seq counts the corrections of a bundle from 1.
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"`
	// User is the account's id, Name what others see.
	User string `json:"user"`
	Name string `json:"name"`
	// Application is the id of the application that it is about.
	Application string `json:"application"`
	// Target is what of it: "field:<key>", "seal:<index>" (Is true: it matches),
	// "signature:<role>" (Is true: it is there) or "check:<id>" (Is "pass" or
	// "fail": what a person decided where the check says review).
	Target string `json:"target"`
	// Was is the value that the person saw, Is the one that holds. Where they are
	// equal the value is confirmed.
	Was any `json:"was"`
	Is  any `json:"is"`
	// Page and Box are where the target stood, so that it is known again when the
	// bundle was read or arranged anew; Page is 0 where it had no place.
	Page int         `json:"page,omitempty"`
	Box  *bundle.Box `json:"box,omitempty"`
	Note string      `json:"note,omitempty"`
	// Undo is the Seq that this one takes back, 0 for none. It says nothing else.
	Undo int `json:"undo,omitempty"`
}

// Standing gives the corrections that hold: those that none takes back, of each
// target the last. Taking back one that takes back brings back what that one took.
// list is in the order of Seq, and so is what is given.
func Standing(list []Correction) []Correction {
	undone := map[int]bool{}
	for _, c := range slices.Backward(list) {
		if c.Undo > 0 && c.Undo < c.Seq && !undone[c.Seq] {
			undone[c.Undo] = true
		}
	}
	type target struct{ application, target string }
	seen := map[target]bool{}
	var out []Correction
	for _, c := range slices.Backward(list) {
		if c.Undo > 0 || undone[c.Seq] || seen[target{c.Application, c.Target}] {
			continue
		}
		seen[target{c.Application, c.Target}] = true
		out = append(out, c)
	}
	slices.Reverse(out)
	return out
}

// Apply gives the result with corrections on top: a copy, in which corrected fields,
// seals and signatures are as sure as a person, and of which the checks and verdicts
// are made again. list is in the order of Seq; onFile are the applications that were
// on file before this bundle. Without corrections the copy is equal to r. What a
// correction is about and is not there any more, it does not change.
//
// What has a place belongs to the application that has its page now, so that it stays
// with the paper when pages were arranged anew.
func Apply(c *call.Call, r *bundle.Result, list []Correction, onFile []check.OnFile) *bundle.Result {
	out := clone(r)
	standing := Standing(list)
	if len(standing) == 0 {
		return out
	}
	var decisions []Correction
	for _, k := range standing {
		a := owner(out, k)
		kind, name := Split(k.Target)
		if a == nil {
			continue
		}
		switch kind {
		case Field:
			field(c, a, k, name)
		case Seal:
			seal(a, k, name)
		case Signature:
			signature(a, k, name)
		case Check:
			decisions = append(decisions, k)
		}
	}
	doubts := check.PageDoubts(out.PageInfo)
	before := slices.Clone(onFile)
	for i := range out.Applications {
		a := &out.Applications[i]
		if a.Call != c.ID {
			continue
		}
		a.Checks, a.Verdict = check.Run(c, a, before, doubts)
		record := check.Record(c, a)
		record.Bundle, record.File = out.SHA256, out.File
		before = append(before, record)
		decide(a, decisions)
	}
	return out
}

// owner is the application that a correction is about.
func owner(r *bundle.Result, k Correction) *bundle.Application {
	var named, placed *bundle.Application
	for i := range r.Applications {
		a := &r.Applications[i]
		if a.ID == k.Application {
			named = a
		}
		if k.Page > 0 && slices.ContainsFunc(a.Documents, func(d bundle.Document) bool { return slices.Contains(d.Pages, k.Page) }) {
			placed = a
		}
	}
	// A check is about the whole application, wherever it points.
	if kind, _ := Split(k.Target); placed == nil || kind == Check {
		return named
	}
	return placed
}

func mark(k Correction) *bundle.Mark { return &bundle.Mark{By: k.Name, Time: k.Time, Seq: k.Seq} }

func field(c *call.Call, a *bundle.Application, k Correction, key string) {
	known := c.Field(key)
	if known == nil {
		return
	}
	value, ok := Value(known, k.Is)
	if !ok {
		return
	}
	f := a.Fields[key]
	if f.Page == 0 && k.Page > 0 {
		f.Page = k.Page
		if k.Box != nil {
			f.Box = *k.Box
		}
	}
	f.Value, f.Confidence, f.Note, f.Corrected = value, 1, "", mark(k)
	if a.Fields == nil {
		a.Fields = map[string]bundle.Field{}
	}
	a.Fields[key] = f
}

func seal(a *bundle.Application, k Correction, index string) {
	matches, ok := k.Is.(bool)
	i := sealAt(a, k, index)
	if !ok || i < 0 {
		return
	}
	s := &a.Seals[i]
	s.Matches, s.Confidence, s.Note, s.Corrected = &matches, 1, "", mark(k)
}

// sealAt finds the seal of a correction: by its place where it had one, since the
// numbers change when a bundle is read or arranged anew.
func sealAt(a *bundle.Application, k Correction, index string) int {
	if k.Page == 0 || k.Box == nil {
		i, ok := number(index)
		if !ok || i >= len(a.Seals) {
			return -1
		}
		return i
	}
	best, at := 0.3, -1
	for i, s := range a.Seals {
		if s.Page == k.Page {
			if o := overlap(s.Box, *k.Box); o > best {
				best, at = o, i
			}
		}
	}
	return at
}

// overlap is the area that two boxes share over the area that they cover, 0..1.
func overlap(a, b bundle.Box) float64 {
	w, h := min(a[2], b[2])-max(a[0], b[0]), min(a[3], b[3])-max(a[1], b[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / ((a[2]-a[0])*(a[3]-a[1]) + (b[2]-b[0])*(b[3]-b[1]) - w*h)
}

func signature(a *bundle.Application, k Correction, role string) {
	present, ok := k.Is.(bool)
	if !ok {
		return
	}
	for i := range a.Signatures {
		if s := &a.Signatures[i]; string(s.Role) == role {
			s.Present, s.Confidence, s.Corrected = present, 1, mark(k)
			return
		}
	}
	s := bundle.Signature{Role: bundle.Role(role), Present: present, Page: k.Page, Confidence: 1, Corrected: mark(k)}
	if k.Box != nil {
		s.Box = *k.Box
	}
	a.Signatures = append(a.Signatures, s)
}

// decide puts people's decisions in the place of checks that are left to a person, and
// only of these, and draws the verdict again.
func decide(a *bundle.Application, decisions []Correction) {
	decided := false
	for _, k := range decisions {
		_, id := Split(k.Target)
		status, ok := Decision(k.Is)
		if k.Application != a.ID || !ok {
			continue
		}
		for i := range a.Checks {
			if h := &a.Checks[i]; h.ID == id && h.Status == bundle.Review {
				h.Status, h.Corrected = status, mark(k)
				decided = true
			}
		}
	}
	if decided {
		a.Verdict = check.Verdict(a.Checks)
	}
}
