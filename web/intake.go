package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
	"unicode"

	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/desk"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
)

// The bounds of one sending: a few of the largest scans over a slow line.
const (
	intakeBytes = 4 << 30
	intakeTime  = time.Hour
	intakeFiles = 500
)

// nameLength is how many characters of a file's name are kept, as file systems have it.
const nameLength = 255

// outcome is what became of a bundle that was brought.
type outcome struct {
	Name  string
	Files int
	// Entry is what was taken, nil where it was refused. Again says that it was there
	// before.
	Entry *desk.Entry
	Again bool
	// Error says why it was refused.
	Error *bundle.Error
	Link  string
}

// sending is what somebody sent: files in temporary files without names, which are gone
// when they are closed, whatever happens.
type sending struct {
	files []spooled
	apart bool // each picture is a bundle of its own
	more  bool // there were more files than are taken at once
}

type spooled struct {
	pipeline.File
	file    *os.File
	picture bool // one page of a bundle, such as a phone's photo
}

func (s *sending) close() {
	for _, f := range s.files {
		// It was only read since it was written whole, so nothing can be lost.
		_ = f.file.Close()
	}
}

// bring takes in what a clerk sends, each file or row of pictures as a bundle. What is
// wrong with one costs no other.
func (s *Server) bring(w http.ResponseWriter, r *http.Request) error {
	sent := &sending{}
	defer sent.close()
	if err := sent.receive(r, s.largest()); err != nil {
		return err
	}
	d := boardData{}
	status := http.StatusOK
	for _, in := range sent.bundles() {
		o, err := s.take(r, in)
		if err != nil {
			return err
		}
		d.Outcomes = append(d.Outcomes, o)
	}
	switch {
	case len(d.Outcomes) == 0:
		d.Problem, status = "intake.none", http.StatusUnprocessableEntity
	case sent.more:
		d.Problem = "intake.more"
	}
	if isFragment(r) {
		return s.write(w, r, status, "board", "outcomes", d)
	}
	return s.showBoard(w, r, status, d)
}

// largest is the greatest length of a bundle, in bytes.
func (s *Server) largest() int64 {
	if n := s.desk.Pipeline.Limits.MaxBytes; n > 0 {
		return n
	}
	return 1 << 30
}

// receive writes down what is sent. Of a file that is longer than largest one byte more
// is kept, so that it is refused as too large.
func (s *sending) receive(r *http.Request, largest int64) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fmt.Errorf("%w: %w", httpError(http.StatusBadRequest), err)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadable(err)
		case part.FormName() == "together":
			choice, err := io.ReadAll(io.LimitReader(part, 8))
			if err != nil {
				return unreadable(err)
			}
			s.apart = string(choice) == "no"
		case part.FormName() == "files" && part.FileName() != "":
			if len(s.files) == intakeFiles {
				s.more = true
				break
			}
			if err := s.spool(part, largest); err != nil {
				return err
			}
		}
	}
}

// unreadable is the error of a request that ends too early or is none.
func unreadable(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: read what is sent: %w", httpError(http.StatusBadRequest), err)
}

// spool writes one file down.
func (s *sending) spool(part *multipart.Part, largest int64) error {
	f, err := os.CreateTemp("", "sealdesk-intake-")
	if err != nil {
		return fmt.Errorf("keep what is sent: %w", err)
	}
	s.files = append(s.files, spooled{file: f})
	if err := os.Remove(f.Name()); err != nil {
		return fmt.Errorf("keep what is sent: %w", err)
	}
	var broken readError
	n, err := io.Copy(f, noted{io.LimitReader(part, largest+1), &broken})
	if err == nil && n > largest {
		_, err = io.Copy(io.Discard, noted{part, &broken})
	}
	switch {
	case broken.err != nil:
		return unreadable(broken.err)
	case err != nil:
		return fmt.Errorf("keep what is sent: %w", err)
	}
	head := make([]byte, 512)
	got, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("keep what is sent: %w", err)
	}
	s.files[len(s.files)-1] = spooled{
		File: pipeline.File{Name: uploadName(part.FileName()), Data: f, Size: n}, file: f,
		picture: isPicture(part.Header.Get("Content-Type"), head[:got]),
	}
	return nil
}

// readError keeps the error of the side that sends apart from that of the disk.
type readError struct{ err error }

type noted struct {
	from io.Reader
	note *readError
}

// Read implements io.Reader.
func (n noted) Read(b []byte) (int, error) {
	got, err := n.from.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		n.note.err = err
	}
	return got, err
}

// isPicture says whether a file is a picture of one page, by its first bytes or else by
// what the browser calls it. A TIFF is a scan, which has pages of its own.
func isPicture(declared string, head []byte) bool {
	for _, kind := range []string{http.DetectContentType(head), declared} {
		if strings.HasPrefix(kind, "image/") && !strings.HasPrefix(kind, "image/tiff") {
			return true
		}
	}
	return false
}

// uploadName is what a file is called here: the last part of its path, wherever it comes
// from, without what does not show or turns the order of what stands around it.
func uploadName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "")))
	if name == "" || name == "." || name == ".." {
		return "scan"
	}
	if runes := []rune(name); len(runes) > nameLength {
		ext := []rune(path.Ext(name))
		if len(ext) > 10 {
			ext = nil
		}
		name = string(runes[:nameLength-1-len(ext)]) + "…" + string(ext)
	}
	return name
}

// bundles gives what was sent as bundles: the pictures together, where the first stands,
// and each other file by itself.
func (s *sending) bundles() []pipeline.Input {
	var out []pipeline.Input
	pictures := -1
	for _, f := range s.files {
		if f.picture && !s.apart && pictures >= 0 {
			out[pictures].Files = append(out[pictures].Files, f.File)
			continue
		}
		if f.picture {
			pictures = len(out)
		}
		out = append(out, pipeline.Input{Name: f.Name, Files: []pipeline.File{f.File}})
	}
	return out
}

// take takes one bundle in.
func (s *Server) take(r *http.Request, in pipeline.Input) (outcome, error) {
	o := outcome{Name: in.Name, Files: len(in.Files)}
	began := s.now()
	u := visitOf(r).User
	e, err := s.desk.Take(r.Context(), in, desk.Sender{ID: u.ID, Name: u.Display, Priority: queue.Counter})
	switch refused := (*bundle.Error)(nil); {
	case errors.As(err, &refused):
		if refused.Code == bundle.CodeInternal {
			s.log.ErrorContext(r.Context(), "a bundle was not taken", "id", visitOf(r).ID, "error", err)
		}
		o.Error = refused
		return o, nil
	case err != nil:
		return o, err
	}
	o.Entry, o.Link, o.Again = &e, bundleLink(e.Bundle), e.Time.Before(began)
	return o, s.record(r, audit.Entry{Action: audit.Bring, Object: "bundles/" + e.Bundle})
}
