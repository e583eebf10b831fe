// Package report makes the PDFs that a clerk prints: separator sheets to lay
// between applications, and the receipt that an applicant takes home.
//
// It reads no scans and decides nothing: what it prints of an application is
// what its checks said. The same data give the same bytes.
package report

import (
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
)

// Language is that of a receipt's own words. What checks say is Chinese always.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// ReceiptData is all that a receipt says. Number, Received and SHA256 must be set.
type ReceiptData struct {
	Number   string    // as sheet.NewReceipt makes it
	Received time.Time // in the zone in which it is to be printed
	By       string    // who took the scan in; may be empty
	File     string    // what the bundle is called; may be empty
	Files    []string  // the names of its files
	Pages    int       // 0 where that is not known
	SHA256   string    // of the bundle, in hex
	// Call is the profile by which Result was read. Where it is nil, for one that is not
	// known any more, neither the call nor the applications are named.
	Call *call.Call
	// Result is nil while there is none: the receipt then says only what was received,
	// and, by Error, why it could not be read, nil where that is not so.
	Result *bundle.Result
	Error  *bundle.Error
	// Stale says that Result is from before a person arranged the pages.
	Stale    bool
	Language Language // Chinese when empty
}
