package web

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk/personal"
	"sealdesk/pipeline"
)

// searchableTime is for the longest bundles over the slowest of lines.
const searchableTime = 10 * time.Minute

func (s *Server) searchableRoutes() []route {
	return []route{
		{pattern: "GET /bundles/{sha}/searchable.pdf", right: account.View, time: searchableTime, handler: s.searchable},
	}
}

// errNoPDF is that an original cannot be put into a PDF.
var errNoPDF = fmt.Errorf("no searchable PDF: %w", httpError(http.StatusUnprocessableEntity))

// searchable answers with a bundle as a PDF whose text can be searched and copied; for
// those who may not see what is personal, with that covered and left out of the text.
func (s *Server) searchable(w http.ResponseWriter, r *http.Request) (err error) {
	sha := r.PathValue("sha")
	entry, ok := s.desk.Entry(sha)
	if !ok {
		return httpError(http.StatusNotFound)
	}
	var cover pipeline.Cover
	if !visitOf(r).may(account.SeePersonal) {
		b, err := s.desk.Bundle(r.Context(), sha)
		if err != nil {
			return missing(err)
		}
		cover = personal.Cover(s.desk, b)
	}
	// It is whole before the first byte goes out: an error can still be told.
	f, err := os.CreateTemp("", "sealdesk-pdf-")
	if err != nil {
		return fmt.Errorf("searchable PDF of bundle %s: %w", sha, err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	err = s.desk.WritePDF(r.Context(), sha, cover, f)
	var refused *bundle.Error
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("%w: %w", errNoPDF, err)
	case err != nil:
		return missing(err)
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("searchable PDF of bundle %s: %w", sha, err)
	}
	if err := s.record(r, audit.Entry{Action: audit.Export, Object: "bundles/" + sha, Detail: "searchable"}); err != nil {
		return err
	}
	name := fileName(entry.Receipt)
	if name == "" {
		name = sha[:16]
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + ".pdf"}))
	_, err = io.Copy(w, f)
	return err
}
