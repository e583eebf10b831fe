package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sealdesk/pipeline"
	"sealdesk/storage"
)

// Mender is what findings are mended with.
type Mender struct {
	Options
	// SetAside takes an object out of the way, and says where it is from then on.
	SetAside func(ctx context.Context, key string) (where string, err error)
	// Read has a bundle read again, with its pages as the arrangement with this number has
	// them, 0 for none, and says to people how, in Chinese: at once, or by the queue.
	Read func(ctx context.Context, sha string, arrangement int) (how string, err error)
}

// Mend mends what it can of a report, and writes into each finding what it did, or why it
// could not. Nothing is deleted: what is in the way is set aside. The error is the
// context's; a second Run says what is left.
func Mend(ctx context.Context, m Mender, r *Report) error {
	moved := map[string]string{} // where objects are that were set aside
	read := map[string]string{}  // how bundles were read again
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Mendable && f.Kind != Index && !f.texts {
			if err := m.mend(ctx, f, moved, read); err != nil {
				f.Trouble = err.Error()
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.texts {
			if err := pipeline.PutTexts(ctx, m.Store, m.Texts, m.Calls, f.Bundle); err != nil {
				f.Trouble = err.Error()
			} else {
				f.Mended = "已重新放入比对"
			}
			continue
		}
		if !f.Mendable || f.Kind != Index {
			continue
		}
		var err error
		switch _, fresh := read[f.Bundle]; {
		case fresh: // reading put it there
		case len(f.documents) == 0:
			err = m.Index.Delete(ctx, f.Bundle)
		default:
			err = m.Index.Put(ctx, f.documents)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			f.Trouble = err.Error()
		} else {
			f.Mended = "检索库已更正"
		}
	}
	return nil
}

// mend mends one finding that is not about the index.
func (m *Mender) mend(ctx context.Context, f *Finding, moved, read map[string]string) error {
	var done []string
	for _, key := range f.aside {
		if _, ok := moved[key]; ok {
			continue
		}
		where, err := m.SetAside(ctx, key)
		if errors.Is(err, storage.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		moved[key] = where
	}
	if where, ok := moved[f.Key]; ok {
		done = append(done, fmt.Sprintf("已移到 %s", where))
	}
	if f.again {
		how, ok := read[f.Bundle]
		if !ok {
			var err error
			if how, err = m.Read(ctx, f.Bundle, f.arrangement); err != nil {
				return fmt.Errorf("没有读成：%w", err)
			}
			read[f.Bundle] = how
		}
		done = append(done, how)
	}
	if len(done) == 0 {
		done = append(done, "已移开")
	}
	f.Mended = strings.Join(done, "，")
	return nil
}
