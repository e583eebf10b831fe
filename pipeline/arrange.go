package pipeline

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/pipeline/page"
)

// Arrangement is how a person laid a bundle's pages, where the machine was wrong. It
// is written once; the newest one holds. The originals stay as they are.
type Arrangement struct {
	// Seq counts the arrangements of a bundle from 1.
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"`
	// User is the account's id, Name what others see.
	User string `json:"user"`
	Name string `json:"name"`
	// Groups are the applications, and in each its pages in order. Pages that are in
	// none and not dropped belong to no application, as blank ones do.
	Groups [][]Place `json:"groups"`
	// Applications are the ids of the groups.
	Applications []string `json:"applications"`
	// Dropped are pages that are no part of the bundle, as those fed twice.
	Dropped []int `json:"dropped,omitempty"`
}

// Place is one page in an arrangement.
type Place struct {
	Page int `json:"page"` // of the originals, from 1
	// Turn is how far to turn the page clockwise from how the machine put it: 0, 90,
	// 180 or 270 degrees.
	Turn int `json:"turn,omitempty"`
	// Kind is the page's kind; "" is what the machine says.
	Kind bundle.Kind `json:"kind,omitempty"`
}

// groups are the arrangement as package extract takes it.
func (a *Arrangement) groups() ([]extract.Group, map[int]bundle.Kind) {
	groups, kinds := make([]extract.Group, len(a.Groups)), map[int]bundle.Kind{}
	for i, places := range a.Groups {
		if i < len(a.Applications) {
			groups[i].ID = a.Applications[i]
		}
		for _, p := range places {
			if slices.Contains(a.Dropped, p.Page) {
				continue
			}
			groups[i].Pages = append(groups[i].Pages, p.Page)
			kinds[p.Page] = p.Kind
		}
	}
	return groups, kinds
}

// turn is how far a page is turned by hand; nil turns none.
func (a *Arrangement) turn(page int) int {
	if a == nil {
		return 0
	}
	for _, places := range a.Groups {
		for _, p := range places {
			if p.Page == page {
				return p.Turn
			}
		}
	}
	return 0
}

// mayBeSheet says whether the code of a separator sheet counts on a page: not where a
// person dropped the page, or said that it is of another kind.
func (a *Arrangement) mayBeSheet(page int) bool {
	if a == nil {
		return true
	}
	for _, places := range a.Groups {
		for _, p := range places {
			if p.Page == page {
				return p.Kind == "" || p.Kind == bundle.Separator
			}
		}
	}
	return !slices.Contains(a.Dropped, page)
}

// versionAs is the version of results with the pages as a person arranged them, nil
// for as the machine did.
func (p *Pipeline) versionAs(a *Arrangement) string {
	if a == nil {
		return p.version
	}
	return fmt.Sprintf("%s.%06d", p.version, a.Seq)
}

// upright turns a page upright and says what is wrong with its scan. Where a person
// turned it further, its lines are looked for anew, and how they run is no question any
// more.
func (p *Pipeline) upright(ctx context.Context, scan *page.Image, turn int) (*page.Image, page.Info, []bundle.Flaw, error) {
	img, up, err := page.Upright(ctx, scan, p.judge)
	if err != nil || turn == 0 || up.Blank {
		return img, up, page.Quality(scan, up), err
	}
	rotation := (up.Rotation + turn) % 360
	turned := page.Straighten(scan, rotation, 0)
	agree := func(context.Context, []*image.Gray, []*image.Gray) (float64, error) { return 1, nil }
	img, up, err = page.Upright(ctx, turned, agree)
	if err != nil {
		return nil, up, nil, err
	}
	flaws := page.Quality(turned, up)
	if up.Rotation != 0 { // its lines seem to run the other way; the person knows better
		img = page.Straighten(img, 360-up.Rotation, 0)
	}
	up.Rotation = rotation
	return img, up, flaws, nil
}
