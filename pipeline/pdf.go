package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"sealdesk/bundle"
	"sealdesk/pipeline/page"
	"sealdesk/pipeline/searchable"
	"sealdesk/storage"
)

// Cover gives page n of a bundle as it is for those who may not see all of it: a JPEG of
// the upright, straightened page, and the places that are covered on it. They lie as the
// boxes of results do.
type Cover func(ctx context.Context, n int) (picture []byte, places []bundle.Box, err error)

// WritePDF writes the searchable PDF of a bundle (see package searchable) by its newest
// result: pages that a person dropped are left out, those that a person put in another
// order or turned come so. Without cover it has the originals' pages, else those of cover,
// and no text of the places that are covered. The error is storage.ErrNotExist where there
// is no result, a *bundle.Error where an original cannot be put into a PDF.
func WritePDF(ctx context.Context, s storage.Store, sha string, limits page.Options, cover Cover, w io.Writer) error {
	last, err := newestOf(ctx, s, sha, anyResult)
	if err != nil {
		return err
	}
	r, err := load(ctx, s, sha, last.version)
	if err != nil {
		return err
	}
	var arranged *Arrangement
	if n := last.arrangement(); n > 0 {
		all, err := History[Arrangement](ctx, s, sha, Arrangements)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(a Arrangement) bool { return a.Seq == n }); i >= 0 {
			arranged = &all[i]
		}
	}
	pages := printed(r, arranged.order(len(r.Result.PageInfo)))
	if cover != nil {
		files, err := covered(ctx, cover, pages)
		if err != nil {
			return fmt.Errorf("searchable PDF of bundle %s: %w", sha, err)
		}
		return searchable.Write(ctx, w, files, pages, limits)
	}
	in, closeAll, err := spool(ctx, s, sha)
	if err != nil {
		return err
	}
	defer closeAll()
	return searchable.Write(ctx, w, in.Files, pages, limits)
}

// WritePDF is [WritePDF] with the pipeline's store and limits.
func (p *Pipeline) WritePDF(ctx context.Context, sha string, cover Cover, w io.Writer) error {
	return WritePDF(ctx, p.Store, sha, p.Limits, cover, w)
}

// covered gives the pictures of pages, in their order, and makes the pages those of the
// pictures, without the text that is covered.
func covered(ctx context.Context, cover Cover, pages []searchable.Page) ([]page.File, error) {
	var files []page.File
	for i := range pages {
		p := &pages[i]
		picture, places, err := cover(ctx, p.Number)
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", p.Number, err)
		}
		files = append(files, page.File{Name: fmt.Sprintf("%d.jpg", i+1), Data: bytes.NewReader(picture), Size: int64(len(picture))})
		p.Number, p.Rotation, p.Skew = i+1, 0, 0
		p.Lines = slices.DeleteFunc(p.Lines, func(l searchable.Line) bool {
			return slices.ContainsFunc(places, func(b bundle.Box) bool { return meet(l.Box, b) })
		})
	}
	return files, nil
}

// meet says whether two boxes have more in common than an edge: a tenth of the lower
// one's height.
func meet(a, b bundle.Box) bool {
	across, down := min(a[2], b[2])-max(a[0], b[0]), min(a[3], b[3])-max(a[1], b[1])
	return across > 0 && down > min(a[3]-a[1], b[3]-b[1])/10
}

// printed are pages of a result as a PDF shows them.
func printed(r *record, order []int) []searchable.Page {
	var out []searchable.Page
	for _, n := range order {
		info := r.Result.PageInfo[n-1]
		p := searchable.Page{Number: n, Rotation: info.Rotation, Skew: info.Skew}
		if i := slices.IndexFunc(r.Text, func(t PageText) bool { return t.Page == n }); i >= 0 && info.Kind != bundle.Blank {
			for _, l := range r.Text[i].Lines {
				p.Lines = append(p.Lines, searchable.Line{Text: l.Text, Box: l.Box})
			}
		}
		out = append(out, p)
	}
	return out
}

// order is that of so many pages, counted from 1, without those that were dropped: as a
// person laid them, and those that are in no application behind the page that they were
// scanned behind.
func (a *Arrangement) order(pages int) []int {
	behind := map[int][]int{} // 0: in front of all
	laid := map[int]bool{}
	var out []int
	if a != nil {
		for _, places := range a.Groups {
			for _, p := range places {
				if p.Page >= 1 && p.Page <= pages && !laid[p.Page] && !slices.Contains(a.Dropped, p.Page) {
					laid[p.Page] = true
					out = append(out, p.Page)
				}
			}
		}
	}
	last := 0
	for n := 1; n <= pages; n++ {
		switch {
		case laid[n]:
			last = n
		case a == nil || !slices.Contains(a.Dropped, n):
			behind[last] = append(behind[last], n)
		}
	}
	all := behind[0]
	for _, n := range out {
		all = append(append(all, n), behind[n]...)
	}
	return all
}

// Find gives the bundles whose sha256 begins so: two of them where there are more.
func Find(ctx context.Context, s storage.Store, beginning string) ([]string, error) {
	var found []string
	for info, err := range s.List(ctx, root+beginning) {
		if err != nil {
			return nil, fmt.Errorf("list bundles: %w", err)
		}
		sha, _, _ := strings.Cut(strings.TrimPrefix(info.Key, root), "/")
		if slices.Contains(found, sha) {
			continue
		}
		if found = append(found, sha); len(found) == 2 {
			break
		}
	}
	return found, nil
}
