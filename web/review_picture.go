package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk/personal"
	"sealdesk/pipeline/view"
)

const (
	pageWidth = 1000 // of a page where none is asked for
	cutWidth  = 480
	maxWidth  = 4000
)

var shaPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// pagePicture answers with the JPEG of a page.
func (s *Server) pagePicture(w http.ResponseWriter, r *http.Request) error {
	name, isJPEG := strings.CutSuffix(r.PathValue("file"), ".jpg")
	if !isJPEG {
		return httpError(http.StatusNotFound)
	}
	whole := bundle.Box{0, 0, 1, 1}
	return s.picture(w, r, name, whole, pageWidth, func(sha string, n, width int) ([]byte, error) {
		return s.desk.Page(r.Context(), sha, n, width)
	})
}

// cutPicture answers with the JPEG of what stands in a box on a page.
func (s *Server) cutPicture(w http.ResponseWriter, r *http.Request) error {
	box, err := parseBox(r.URL.Query().Get("box"))
	if err != nil {
		return httpError(http.StatusBadRequest)
	}
	return s.picture(w, r, r.PathValue("page"), box, cutWidth, func(sha string, n, width int) ([]byte, error) {
		return s.desk.Cut(r.Context(), sha, n, box, width)
	})
}

func parseBox(s string) (bundle.Box, error) {
	var box bundle.Box
	parts := strings.Split(s, ",")
	if len(parts) != len(box) {
		return box, errors.New("a box has four sides")
	}
	for i, p := range parts {
		var err error
		if box[i], err = strconv.ParseFloat(p, 64); err != nil {
			return box, err
		}
	}
	if !inside(box) {
		return box, errors.New("the box has no area on the page")
	}
	return box, nil
}

// picture answers with what a page looks like in box, for those who may see it.
func (s *Server) picture(w http.ResponseWriter, r *http.Request, page string, box bundle.Box, width int, fetch func(sha string, n, width int) ([]byte, error)) error {
	sha := r.PathValue("sha")
	n, err := strconv.Atoi(page)
	if err != nil || n < 1 || page != strconv.Itoa(n) || !shaPattern.MatchString(sha) {
		return httpError(http.StatusNotFound)
	}
	if asked := r.URL.Query().Get("w"); asked != "" {
		if width, err = strconv.Atoi(asked); err != nil || width < 1 || width > maxWidth {
			return httpError(http.StatusBadRequest)
		}
	}
	width = min(width, view.Widths[len(view.Widths)-1])
	var hidden []bundle.Box
	if !visitOf(r).may(account.SeePersonal) {
		if hidden, err = s.hidden(r, sha, n); err != nil {
			return err
		}
	}
	// Nothing can be read on a thumbnail, and a strip of them would drown the rest.
	if width > view.Widths[0] {
		object := fmt.Sprintf("bundles/%s/pages/%d", sha, n)
		if err := s.record(r, audit.Entry{Action: audit.ViewPage, Object: object}); err != nil {
			return err
		}
	}
	data, err := fetch(sha, n, width)
	var refused *bundle.Error
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("%w: %w", httpError(http.StatusNotFound), err)
	case err != nil:
		return missing(err)
	}
	if data, err = personal.Paint(data, box, hidden); err != nil {
		return fmt.Errorf("hide what is personal on page %d of %s: %w", n, sha, err)
	}
	sum := sha256.Sum256(data)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Cache-Control", "private, max-age=600")
	w.Header().Set("Content-Type", "image/jpeg")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// hidden gives the places of a page that are for those with account.SeePersonal alone.
// What was not read cannot be judged, and is not shown at all.
func (s *Server) hidden(r *http.Request, sha string, n int) ([]bundle.Box, error) {
	b, err := s.desk.Bundle(r.Context(), sha)
	if err != nil {
		return nil, missing(err)
	}
	if b.Result == nil || n > len(b.Result.PageInfo) {
		return nil, httpError(http.StatusNotFound)
	}
	places, ok := personal.Places(b, n)
	if !ok {
		return nil, httpError(http.StatusForbidden)
	}
	return places, nil
}
