// Package tesseract is the child's side of the reader pool: it answers requests
// that come over a pipe with Tesseract (through gosseract) and Leptonica. Both
// are C++ and C code fed with outside bytes, and gosseract corrupts its process
// in several known ways, so only the hidden command of the program may import
// this package, and only a process started by ocr.Pool may run it.
//
// It does not prepare crops, clean text or judge confidences: that is the pool's
// work, in Go. Built with the tag notesseract, or without cgo, it needs no C
// library and Worker says that there is no engine.
package tesseract

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"sealdesk/pipeline/ocr/internal/models"
	"sealdesk/pipeline/ocr/internal/sandbox"
	"sealdesk/pipeline/ocr/internal/wire"
)

// ErrNotBuilt is returned by Worker where the program was built without
// Tesseract.
var ErrNotBuilt = errors.New("built without Tesseract (cgo off, or tag notesseract)")

// failure is an engine's refusal that the asker is told of; any other error of
// an engine ends the child.
type failure wire.Failure

func (f failure) Error() string { return f.Text }

// engine does the work of one child, always on the same thread.
type engine interface {
	hello() wire.Hello
	words(wire.Crop) ([]wire.Word, error)
	picture(wire.TIFF) (wire.Picture, error)
}

// Worker serves one pool over stdin and stdout until stdin ends, which is no
// error. It never returns early for a bad picture; it returns an error, and the
// process should end, when the pool does not speak the protocol or is gone.
// Models are taken from the folder that TESSDATA_PREFIX names; the second reader, if
// SEALDESK_MODELS is set, from the folder that this names.
func Worker(stdin io.Reader, stdout io.Writer) error {
	// Tesseract keeps state for each thread that has used it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := isolate(stdout)
	if err != nil {
		return fmt.Errorf("set the child apart: %w", err)
	}
	dir := os.Getenv("TESSDATA_PREFIX")
	e, err := newEngine(dir, os.Getenv(models.Variable))
	if err != nil {
		return err
	}
	h := e.hello()
	// The second reader is in memory by now; Tesseract reads its models when they are
	// first asked for.
	inForce, err := sandbox.Enter(dir)
	if h.Confined = inForce; err != nil {
		h.Loose = err.Error()
	}
	return serve(stdin, out, e, h)
}

// serve says hello and answers requests one after the other.
func serve(stdin io.Reader, stdout io.Writer, e engine, h wire.Hello) error {
	h.Protocol = wire.Protocol
	body, err := h.Bytes()
	if err != nil {
		return fmt.Errorf("hello: %w", err)
	}
	if err := wire.Write(stdout, wire.Frame{Kind: wire.KindHello, Body: body}); err != nil {
		return err
	}
	for {
		request, err := wire.Read(stdin, wire.MaxTIFF+64)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := handle(request, e)
		if f := (failure{}); errors.As(err, &f) {
			answer, err = wire.Frame{Kind: wire.KindFailure, Body: wire.Failure(f).Bytes()}, nil
		}
		if err != nil {
			return err
		}
		answer.ID = request.ID
		if err := wire.Write(stdout, answer); err != nil {
			return err
		}
	}
}

func handle(request wire.Frame, e engine) (wire.Frame, error) {
	switch request.Kind {
	case wire.KindCrop:
		crop, err := wire.ParseCrop(request.Body)
		if err != nil {
			return wire.Frame{}, err
		}
		words, err := e.words(crop)
		if err != nil {
			return wire.Frame{}, err
		}
		return wire.Frame{Kind: wire.KindWords, Body: wire.WordsBytes(words)}, nil
	case wire.KindTIFF:
		file, err := wire.ParseTIFF(request.Body)
		if err != nil {
			return wire.Frame{}, err
		}
		picture, err := e.picture(file)
		if err != nil {
			return wire.Frame{}, err
		}
		return wire.Frame{Kind: wire.KindPicture, Body: picture.Bytes()}, nil
	}
	return wire.Frame{}, fmt.Errorf("request of kind %d: %w", request.Kind, wire.ErrGarbage)
}
