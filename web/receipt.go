package web

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/desk"
	"sealdesk/report"
)

func (s *Server) receiptRoutes() []route {
	return []route{
		{pattern: "GET /bundles/{sha}/receipt.pdf", right: account.Intake, handler: s.receipt},
	}
}

// errNoReceipt is that a bundle did not come over the desk, and so has no number.
var errNoReceipt = fmt.Errorf("the bundle has no receipt: %w", httpError(http.StatusNotFound))

// receipt answers with the PDF that the applicant takes home, in the visitor's language.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) error {
	b, err := s.desk.Bundle(r.Context(), r.PathValue("sha"))
	if err != nil {
		return missing(err)
	}
	if b.Entry.Receipt == "" {
		return errNoReceipt
	}
	var pdf bytes.Buffer
	if err := report.Receipt(&pdf, receiptOf(b, report.Language(visitOf(r).Lang))); err != nil {
		return fmt.Errorf("receipt of bundle %s: %w", b.Entry.Bundle, err)
	}
	if err := s.record(r, audit.Entry{Action: audit.Export, Object: "bundles/" + b.Entry.Bundle, Detail: "receipt"}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": fileName(b.Entry.Receipt) + ".pdf"}))
	_, err = w.Write(pdf.Bytes())
	return err
}

// receiptOf is what a receipt says of a bundle.
func receiptOf(b *desk.Bundle, lang report.Language) report.ReceiptData {
	e := b.Entry
	return report.ReceiptData{
		Number: e.Receipt, Received: e.Time.In(time.Local), By: e.ByName, File: e.Name, Files: e.Files, Pages: e.Pages,
		SHA256: e.Bundle, Call: b.Call, Result: b.Result, Error: e.Error, Language: lang,
		Stale: b.Result != nil && e.State != desk.Done && e.State != desk.Review,
	}
}

var notInNames = regexp.MustCompile(`[^0-9A-Za-z-]+`)

// fileName makes of a text a name that every system takes for a file.
func fileName(s string) string { return notInNames.ReplaceAllString(s, "_") }
