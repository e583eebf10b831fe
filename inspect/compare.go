package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sealdesk/index"
	"sealdesk/pipeline"
)

// again is how long after the first look at an index that differs the second one is: what
// is being put meanwhile differs once.
var again = time.Second

// index holds the index against the store, both ways.
func (r *run) index(ctx context.Context) error {
	if r.Index == nil {
		return nil
	}
	differing, err := r.compare(ctx)
	if err == nil && len(differing) > 0 {
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return ctx.Err()
		}
		var second map[string]Finding
		second, err = r.compare(ctx)
		maps.DeleteFunc(second, func(sha string, _ Finding) bool { _, ok := differing[sha]; return !ok })
		differing = second
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, index.ErrLocked):
		r.find(Finding{Kind: Unlooked, Message: "检索库正被另一个 sealdesk 使用，没有核对；要核对它，请先停下 sealdesk serve"})
		return nil
	case err != nil:
		r.find(Finding{Kind: Unlooked, Message: fmt.Sprintf("检索库不能使用，没有核对（%v）；可用 sealdesk reindex 重建", err)})
		return nil
	}
	for _, sha := range slices.Sorted(maps.Keys(differing)) {
		r.find(differing[sha])
	}
	return nil
}

// compare gives what differs, by bundle.
func (r *run) compare(ctx context.Context) (map[string]Finding, error) {
	inIndex, err := indexed(ctx, r.Index)
	if err != nil {
		return nil, err
	}
	r.Indexed, r.Applications = 0, 0
	for _, docs := range inIndex {
		r.Indexed += len(docs)
	}
	out := map[string]Finding{}
	var failed error
	err = pipeline.EachDocuments(ctx, r.Store, r.Calls, nil, func(sha string, docs []index.Document, err error) error {
		have := inIndex[sha]
		delete(inIndex, sha)
		if err != nil || slices.ContainsFunc(docs, func(d index.Document) bool { return d.Bundle != sha }) {
			return nil // the bundle's own finding says so
		}
		r.Applications += len(docs)
		missing, other := 0, 0
		for _, d := range docs {
			want, err := shown(d)
			if err != nil {
				failed = err
				continue
			}
			switch got, ok := have[d.ID]; {
			case !ok:
				missing++
			case got != want:
				other++
			}
			delete(have, d.ID)
		}
		f := Finding{Kind: Index, Bundle: sha, Mendable: true, documents: docs}
		switch {
		case missing > 0:
			f.Message = fmt.Sprintf("检索库缺少 %d 份申报", missing)
		case other > 0:
			f.Message = fmt.Sprintf("检索库里有 %d 份申报与结果不符", other)
		case len(have) > 0:
			f.Message = fmt.Sprintf("检索库里多出 %d 份申报", len(have))
		default:
			return nil
		}
		out[sha] = f
		return nil
	})
	for sha, docs := range inIndex {
		out[sha] = Finding{Kind: Index, Bundle: sha, Mendable: true, Message: fmt.Sprintf("检索库里有 %d 份申报，存储里却没有它们的材料", len(docs))}
	}
	return out, errors.Join(err, failed)
}

// indexed gives all that an index has, as it shows it, by bundle and application.
func indexed(ctx context.Context, x index.Index) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for offset := 0; ; offset += index.MaxLimit {
		found, err := x.Search(ctx, index.Query{Sort: index.ByName, Offset: offset, Limit: index.MaxLimit})
		if err != nil {
			return nil, fmt.Errorf("read the index: %w", err)
		}
		for _, h := range found.Hits {
			text, err := shown(h.Document)
			if err != nil {
				return nil, err
			}
			if out[h.Document.Bundle] == nil {
				out[h.Document.Bundle] = map[string]string{}
			}
			out[h.Document.Bundle][h.Document.ID] = text
		}
		if len(found.Hits) == 0 || offset+len(found.Hits) >= found.Total {
			return out, nil
		}
	}
}

// shown is what an index shows of an application.
func shown(d index.Document) (string, error) {
	d, err := d.Clean()
	if err != nil {
		return "", err
	}
	d.Fields, d.Pages = nil, nil
	b, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("compare the application %s: %w", d.ID, err)
	}
	return string(b), nil
}
