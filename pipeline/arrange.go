package pipeline

import (
	"time"

	"sealdesk/bundle"
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
