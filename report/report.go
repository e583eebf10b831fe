// Package report makes the PDFs that a clerk prints: separator sheets to lay
// between applications, and the receipt that an applicant takes home.
//
// It reads no scans and decides nothing: what it prints of an application is
// what its checks said. The same data give the same bytes.
package report

import (
	"io"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/pipeline/sheet"
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

// Font finds the font that the PDFs embed. The error is a Chinese sentence for
// people: what is missing and how it is installed.
func Font() (path string, err error) { return "", nil }

// SeparatorSheets writes a PDF with one A4 page for each sheet.
func SeparatorSheets(w io.Writer, c *call.Call, sheets []sheet.Sheet) error { return nil }

// Receipt writes the receipt (材料接收回执) of a bundle as a PDF of A4 pages.
func Receipt(w io.Writer, d ReceiptData) error { return nil }
