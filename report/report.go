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

// ReceiptData is all that a receipt says. Number, Received, Call and Result
// must be set.
type ReceiptData struct {
	Number   string    // as sheet.NewReceipt makes it
	Received time.Time // in the zone in which it is to be printed
	By       string    // who took the scan in; may be empty
	Call     *call.Call
	Result   *bundle.Result
	Language Language // Chinese when empty
}
