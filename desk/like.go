package desk

import (
	"context"
	"slices"

	"sealdesk/extract/call"
	"sealdesk/figures"
	"sealdesk/likeness"
)

// likeTexts is how many texts like one are given at most.
const likeTexts = 10

// Alike is a text of another application that is much like one of an application's.
type Alike struct {
	Field string // whose text it is like, by its key
	likeness.Hit
	// Of is the other application, nil where it is not counted.
	Of *figures.Application
}

// Like gives the texts of other applications that are much like those of one, which is at
// this place in the bundle's Result, in the order of its form. It is nil where texts are
// not compared.
func (d *Desk) Like(ctx context.Context, b *Bundle, at int) ([]Alike, error) {
	if d.Pipeline.Texts == nil || b.Call == nil || b.Result == nil {
		return nil, nil
	}
	app := &b.Result.Applications[at]
	var out []Alike
	for _, f := range b.Call.Fields {
		text, ok := app.Fields[f.Key].Value.(string)
		if !ok || f.Type != call.LongText {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hits, err := d.Pipeline.Texts.Like(app.ID, text, likeTexts)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			a := Alike{Field: f.Key, Hit: h}
			counted := d.Pipeline.Counted(h.Bundle)
			if i := slices.IndexFunc(counted, func(o *figures.Application) bool { return o.ID == h.Application }); i >= 0 {
				a.Of = counted[i]
			}
			out = append(out, a)
		}
	}
	return out, nil
}
