package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/pipeline"
	"sealdesk/storage"
)

// Correct keeps a correction and gives the bundle with it applied. Of c the caller
// sets User, Name, Application, Target and Is, or Undo, and Note if there is one; the
// rest is set here. seen is the last Seq that the person saw: when somebody corrected
// the same target since, the error is a *Conflict. Other errors: ErrUnknown,
// ErrUnread, ErrTarget.
func (d *Desk) Correct(ctx context.Context, sha string, c correct.Correction, seen int) (*Bundle, error) {
	return d.correctUnless(ctx, sha, c, func(h correct.Correction) bool { return h.Seq > seen && h.User != c.User })
}

// CorrectOn is Correct for programs, of which several may use one account: whoever
// corrected the same target since, the account itself included, is a *Conflict. base is
// the Seq of the bundle's last correction that the program knows, 0 for none.
func (d *Desk) CorrectOn(ctx context.Context, sha string, c correct.Correction, base int) (*Bundle, error) {
	return d.correctUnless(ctx, sha, c, func(h correct.Correction) bool { return h.Seq > base })
}

func (d *Desk) correctUnless(ctx context.Context, sha string, c correct.Correction, against func(correct.Correction) bool) (*Bundle, error) {
	if err := d.correct(ctx, sha, c, against); err != nil {
		return nil, err
	}
	return d.Bundle(ctx, sha)
}

// correct keeps a correction, unless one of the same target is against it.
func (d *Desk) correct(ctx context.Context, sha string, c correct.Correction, against func(correct.Correction) bool) error {
	unlock := d.lock(sha)
	defer unlock()
	for {
		k, err := d.load(ctx, sha)
		if err != nil {
			return err
		}
		if c, err = prepared(k, c); err != nil {
			return err
		}
		c.Seq, c.Time = 1, d.Now().UTC()
		for _, h := range k.History {
			c.Seq = max(c.Seq, h.Seq+1)
			if against(h) && h.Application == c.Application && h.Target == c.Target {
				return &Conflict{Theirs: h}
			}
		}
		err = pipeline.Append(ctx, d.Store, sha, pipeline.Corrections, c.Seq, c)
		if errors.Is(err, storage.ErrExists) {
			continue // another process was first: see what it said
		}
		if err != nil {
			return internal(err)
		}
		if _, err := d.Pipeline.Refile(ctx, sha); err != nil {
			// It is kept, and holds; reindex puts the search right.
			d.Log.Error("a correction is kept and could not be indexed", "bundle", sha, "error", err)
		}
		d.settle(sha)
		d.announce(ctx, sha)
		return nil
	}
}

// load gives a bundle's newest result.
func (d *Desk) load(ctx context.Context, sha string) (*pipeline.Kept, error) {
	if _, ok := d.board.get(sha); !ok {
		return nil, ErrUnknown
	}
	k, err := d.Pipeline.Load(ctx, sha)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, ErrUnread
	}
	return k, err
}

// prepared is a correction with what stands there now, and a value that its target can
// have.
func prepared(k *pipeline.Kept, c correct.Correction) (correct.Correction, error) {
	if k.Call == nil {
		return c, fmt.Errorf("%w：没有这份材料所属通知的配置", ErrTarget)
	}
	if c.Undo > 0 {
		at := slices.IndexFunc(k.History, func(h correct.Correction) bool { return h.Seq == c.Undo })
		if at < 0 {
			return c, ErrTarget
		}
		c.Application, c.Target = k.History[at].Application, k.History[at].Target
		c.Page, c.Box = k.History[at].Page, k.History[at].Box
		c.Was, c.Is = k.History[at].Is, k.History[at].Was
		return c, nil
	}
	at := slices.IndexFunc(k.Result.Applications, func(a bundle.Application) bool { return a.ID == c.Application })
	if at < 0 {
		return c, ErrTarget
	}
	a := &k.Result.Applications[at]
	kind, name := correct.Split(c.Target)
	ok := false
	switch kind {
	case correct.Field:
		if known := k.Call.Field(name); known != nil {
			f := a.Fields[name]
			c.Is, ok = correct.Value(known, c.Is)
			c.Was, c.Page, c.Box = f.Value, f.Page, boxOf(f.Box)
		}
	case correct.Seal:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(a.Seals) {
			s := a.Seals[i]
			_, ok = c.Is.(bool)
			c.Was, c.Page, c.Box = nil, s.Page, boxOf(s.Box)
			if s.Matches != nil {
				c.Was = *s.Matches
			}
		}
	case correct.Signature:
		if slices.ContainsFunc(k.Call.Signatures, func(s call.Signature) bool { return s.Role == name }) {
			_, ok = c.Is.(bool)
			c.Was = nil
			for _, s := range a.Signatures {
				if string(s.Role) == name {
					c.Was, c.Page, c.Box = s.Present, s.Page, boxOf(s.Box)
				}
			}
		}
	case correct.Check:
		for _, h := range a.Checks {
			// What was decided was left to a person before.
			if h.ID == name && (h.Status == bundle.Review || h.Corrected != nil) {
				c.Is, ok = correct.Decision(c.Is)
				c.Was, c.Page, c.Box = h.Status, h.Page, h.Box
			}
		}
	}
	if !ok {
		return c, ErrTarget
	}
	return c, nil
}

func boxOf(b bundle.Box) *bundle.Box {
	if b == (bundle.Box{}) {
		return nil
	}
	return &b
}
