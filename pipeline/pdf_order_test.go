package pipeline

import (
	"slices"
	"testing"

	"sealdesk/bundle"
)

// Pages come as a person laid them, without those that were dropped; blank backs stay
// behind what they are the backs of.
func TestPDFOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		arranged *Arrangement
		want     []int
	}{
		"as scanned":       {nil, []int{1, 2, 3, 4, 5, 6}},
		"nothing arranged": {&Arrangement{}, []int{1, 2, 3, 4, 5, 6}},
		"another order":    {&Arrangement{Groups: [][]Place{{{Page: 5}, {Page: 2}}, {{Page: 3}}}}, []int{1, 5, 6, 2, 3, 4}},
		"dropped":          {&Arrangement{Groups: [][]Place{{{Page: 1}, {Page: 3}, {Page: 4}}}, Dropped: []int{2, 3, 5}}, []int{1, 4, 6}},
		"nonsense":         {&Arrangement{Groups: [][]Place{{{Page: 9}, {Page: 2}, {Page: 2}, {Page: 0}}}}, []int{1, 2, 3, 4, 5, 6}},
	} {
		if got := tc.arranged.order(6); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
	r := &record{
		Result: &bundle.Result{PageInfo: []bundle.PageInfo{{Page: 1, Kind: bundle.Blank}, {Page: 2, Rotation: 180, Skew: 0.5}}},
		Text:   []PageText{{Page: 2}, {Page: 1}},
	}
	if got := printed(r, []int{2, 1}); len(got) != 2 || got[0].Number != 2 || got[0].Rotation != 180 || got[0].Skew != 0.5 {
		t.Errorf("printed %+v", got)
	}
}
