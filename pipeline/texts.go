package pipeline

import (
	"context"
	"errors"
	"fmt"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/figures"
	"sealdesk/likeness"
	"sealdesk/storage"
)

// textsOf are the long texts of a result's applications.
func textsOf(c *call.Call, r *bundle.Result) []likeness.Text {
	var out []likeness.Text
	for _, a := range r.Applications {
		for _, f := range c.Fields {
			if text, ok := a.Fields[f.Key].Value.(string); ok && f.Type == call.LongText {
				out = append(out, likeness.Text{Application: a.ID, Field: f.Key, Text: text})
			}
		}
	}
	return out
}

// textStamp names the result and how often it was corrected, by which texts are known to
// be the newest.
func textStamp(version string, corrections int) string {
	return fmt.Sprintf("%s %d", version, corrections)
}

// putTexts puts a bundle's texts among those that are compared. They are derived, and
// FillTexts puts what failed here at the next start.
func (p *Pipeline) putTexts(b stored, k *Kept) {
	if p.Texts == nil || k.Call == nil {
		return
	}
	if err := p.Texts.Put(b.sha, textStamp(b.version, len(k.History)), textsOf(k.Call, k.Result)); err != nil {
		p.Log.Error("texts of a bundle are not compared", "bundle", b.sha, "error", err)
	}
}

// FillTexts puts the texts of bundles that are not among those that are compared, or were
// put before they were last read or corrected, and takes out those of bundles that are
// not there. It decodes no other results, so that it is quick where it ran before.
func (p *Pipeline) FillTexts(ctx context.Context) error {
	if p.Texts == nil {
		return nil
	}
	all, err := results(ctx, p.Store, root)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, b := range newest(all, func(b stored) string { return b.sha }) {
		there[b.sha] = true
		if err := p.fillTexts(ctx, b); err != nil {
			return err
		}
	}
	known, err := p.Texts.Bundles()
	if err != nil {
		return err
	}
	for _, sha := range known {
		// One that came meanwhile has a summary.
		if _, ok := p.Summary(sha); !ok && !there[sha] {
			if err := p.Texts.Remove(sha); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Pipeline) fillTexts(ctx context.Context, b stored) error {
	stale, err := staleTexts(ctx, p.Store, p.Texts, p.call, b)
	if err != nil || !stale {
		return err
	}
	// Held, so that what somebody corrects meanwhile is not put before this.
	p.refiling.Lock()
	defer p.refiling.Unlock()
	return PutTexts(ctx, p.Store, p.Texts, p.call, b.sha)
}

// staleTexts says whether the texts of a bundle whose newest result is b are not those that
// are compared.
func staleTexts(ctx context.Context, s storage.Store, texts *likeness.Index, calls func(id string) *call.Call, b stored) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	corrections := 0
	if b.corrected {
		for _, err := range s.List(ctx, root+b.sha+"/"+string(Corrections)+"/") {
			if err != nil {
				return false, fmt.Errorf("count corrections of %s: %w", b.sha, err)
			}
			corrections++
		}
	}
	stamp, ok, err := texts.Stamp(b.sha)
	return err == nil && (!ok || stamp != textStamp(b.version, corrections)) && calls(b.call()) != nil, err
}

// StaleTexts gives the bundles whose texts are not among those that are compared, or were
// put before they were last read or corrected.
func StaleTexts(ctx context.Context, s storage.Store, texts *likeness.Index, calls func(id string) *call.Call) ([]string, error) {
	all, err := results(ctx, s, root)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, b := range newest(all, func(b stored) string { return b.sha }) {
		stale, err := staleTexts(ctx, s, texts, calls, b)
		if err != nil {
			return nil, err
		}
		if stale {
			out = append(out, b.sha)
		}
	}
	return out, nil
}

// PutTexts puts a bundle's texts, as corrected, among those that are compared. One without
// a result of a call that is known has none.
func PutTexts(ctx context.Context, s storage.Store, texts *likeness.Index, calls func(id string) *call.Call, sha string) error {
	last, err := newestOf(ctx, s, sha, anyResult)
	c := calls(last.call())
	if errors.Is(err, storage.ErrNotExist) || err == nil && c == nil {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := loadResult(ctx, s, sha, last.version)
	if err != nil {
		return err
	}
	var history []correct.Correction
	if last.corrected {
		// The checks that are made again, by what else is on file, are no texts.
		if r, history, err = corrected(ctx, s, c, r, nil); err != nil {
			return err
		}
	}
	return texts.Put(sha, textStamp(last.version, len(history)), textsOf(c, r))
}

// Counted are a bundle's applications as reports count them.
func (p *Pipeline) Counted(sha string) []*figures.Application {
	p.filed.mu.Lock()
	defer p.filed.mu.Unlock()
	return p.filed.counted[sha]
}
