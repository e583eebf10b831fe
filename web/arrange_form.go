package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"sealdesk/pipeline"
)

// placement is how the pages of a bundle lie, as static/arrange.js has it and sends it.
type placement struct {
	// Groups are the applications, each with its pages in order. Pages that are in none
	// belong to no application.
	Groups [][]pipeline.Place `json:"groups"`
	// IDs name the groups. The page is told them and sends none: which application a
	// group becomes is for package desk to say.
	IDs []string `json:"ids,omitempty"`
	// Dropped are the pages that somebody took out.
	Dropped []int `json:"dropped"`
}

// maxPlaced is more pages than a bundle may have.
const maxPlaced = 10000

// parsePlacement reads a placement that a browser sent. Whether a bundle has such pages is
// for package desk to say.
func parsePlacement(s string) (placement, error) {
	var p placement
	d := json.NewDecoder(strings.NewReader(s))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return placement{}, fmt.Errorf("decode the arrangement: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return placement{}, errors.New("there is something behind the arrangement")
	}
	if len(p.Groups) == 0 || p.IDs != nil {
		return placement{}, errors.New("the arrangement has no applications, or names of its own for them")
	}
	used := map[int]bool{}
	use := func(n int) error {
		if n < 1 || n > maxPlaced || used[n] {
			return fmt.Errorf("page %d is none, or stands twice", n)
		}
		used[n] = true
		return nil
	}
	for i, group := range p.Groups {
		if len(group) == 0 {
			return placement{}, fmt.Errorf("application %d has no pages", i+1)
		}
		for _, place := range group {
			if err := use(place.Page); err != nil {
				return placement{}, err
			}
		}
	}
	for _, n := range p.Dropped {
		if err := use(n); err != nil {
			return placement{}, err
		}
	}
	return p, nil
}

// arrangeForm reads the form of the page: how the pages are to lie, and the number of the
// arrangement that the visitor saw.
func arrangeForm(form url.Values) (p placement, seen int, err error) {
	for _, key := range []string{"arrangement", "seen"} {
		if len(form[key]) != 1 {
			return p, 0, fmt.Errorf("the form has %s %d times", key, len(form[key]))
		}
	}
	if seen, err = strconv.Atoi(form.Get("seen")); err != nil || seen < 0 {
		return p, 0, fmt.Errorf("%q is no number of an arrangement", form.Get("seen"))
	}
	p, err = parsePlacement(form.Get("arrangement"))
	return p, seen, err
}

// counts says how much was arranged, for the audit trail.
func (p placement) counts() string {
	turned, kinds := 0, 0
	for _, group := range p.Groups {
		for _, place := range group {
			if place.Turn != 0 {
				turned++
			}
			if place.Kind != "" {
				kinds++
			}
		}
	}
	return fmt.Sprintf("applications %d, dropped %d, turned %d, kinds %d", len(p.Groups), len(p.Dropped), turned, kinds)
}
