// Package receive takes in what somebody sends in a form (multipart/form-data), from a
// browser or a program, a part at a time and never in memory as a whole, and makes
// bundles of it.
//
// The form has the parts
//
//	files      a file; any number of them
//	together   "no": each picture is a bundle of its own; else they are the pages of one
//
// It takes no bundle in and asks nobody's rights; how long a request may be is the
// caller's to say.
package receive

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
	"unicode"

	"sealdesk/pipeline"
)

// Files is how many files are taken at once.
const Files = 500

// nameLength is how many characters of a file's name are kept, as file systems have it.
const nameLength = 255

// ErrSent says that what was sent makes no sense or ends too early: it is the sender's
// fault.
var ErrSent = errors.New("what was sent cannot be read")

// Sending is what somebody sent: files in temporary files without names, which are gone
// when they are closed, whatever happens.
type Sending struct {
	// More says that there were more files than [Files]; the others are left out.
	More  bool
	files []spooled
	apart bool // each picture is a bundle of its own
}

type spooled struct {
	pipeline.File
	file    *os.File
	picture bool // one page of a bundle, such as a phone's photo
}

// Read writes down what is sent. Of a file that is longer than largest, in bytes, one
// byte more is kept, so that it is refused as too large. Errors are ErrSent,
// *http.MaxBytesError, those of a deadline, and those of the disk. Close the Sending.
func Read(parts *multipart.Reader, largest int64) (*Sending, error) {
	s := &Sending{}
	if err := s.read(parts, largest); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close lets go of all files.
func (s *Sending) Close() {
	for _, f := range s.files {
		// It was only read since it was written whole, so nothing can be lost.
		_ = f.file.Close()
	}
}

// read writes down what is sent.
func (s *Sending) read(parts *multipart.Reader, largest int64) error {
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
			if len(s.files) == Files {
				s.More = true
				break
			}
			if err := s.spool(part, largest); err != nil {
				return err
			}
		}
	}
}

// unreadable is the error of what ends too early or makes no sense.
func unreadable(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrSent, err)
}

// spool writes one file down.
func (s *Sending) spool(part *multipart.Part, largest int64) error {
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
		File: pipeline.File{Name: cleanName(part.FileName()), Data: f, Size: n}, file: f,
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

// cleanName is what a file is called here: the last part of its path, wherever it comes
// from, without what does not show or turns the order of what stands around it.
func cleanName(name string) string {
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

// Bundles gives what was sent as bundles: the pictures together, where the first stands,
// and each other file by itself.
func (s *Sending) Bundles() []pipeline.Input {
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
