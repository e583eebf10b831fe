// Package wire is the language between the pool and its child processes: length-
// prefixed binary frames over two pipes, and the messages inside them. Both
// sides treat what they read as hostile: the child since crops come from paper,
// the pool since a child whose memory was damaged may say anything. Every length
// is checked against a limit before memory is set aside, and nothing panics.
//
// The package moves bytes only; it starts no process and knows no engine.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Protocol is the version both sides must speak; a change to any message
// changes it. The child says it in its Hello.
const Protocol = 3

// Kind says what a frame's body holds.
type Kind uint8

// The kinds of frames. Hello, Words, Picture and Failure come from the child,
// Crop and TIFF from the pool. Each request has exactly one answer.
const (
	KindHello   Kind = 1 // Hello
	KindCrop    Kind = 2 // Crop, answered by Words or Failure
	KindWords   Kind = 3 // []Word
	KindTIFF    Kind = 4 // TIFF, answered by Picture or Failure
	KindPicture Kind = 5 // Picture
	KindFailure Kind = 6 // Failure
)

// Limits of bodies, in bytes, for kinds whose size does not follow from the
// request.
const (
	MaxHello   = 64 << 10
	MaxWords   = 4 << 20
	MaxFailure = 64 << 10
)

// magic starts every frame, so that a stray print on the pipe is seen at once.
const magic = 0x53444f31 // "SDO1"

const headerSize = 16

// chunk is the most that is set aside before the bytes to fill it have come.
const chunk = 1 << 20

// ErrGarbage is wrapped by every error that means the other side does not speak
// the protocol: it is broken and must be dropped.
var ErrGarbage = errors.New("not the reader's protocol")

// Frame is one message. ID is chosen by the asker and repeated in the answer.
type Frame struct {
	Kind Kind
	ID   uint32
	Body []byte
}

// Write sends one frame: one call of w for the header and one for the body,
// which is not copied.
func Write(w io.Writer, f Frame) error {
	if uint64(len(f.Body)) > 1<<32-1 {
		return fmt.Errorf("frame of %d bytes is too long", len(f.Body))
	}
	var h [headerSize]byte
	binary.BigEndian.PutUint32(h[:], magic)
	h[4] = byte(f.Kind)
	binary.BigEndian.PutUint32(h[8:], f.ID)
	binary.BigEndian.PutUint32(h[12:], uint32(len(f.Body)))
	if _, err := w.Write(h[:]); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	if len(f.Body) == 0 {
		return nil
	}
	if _, err := w.Write(f.Body); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

// Read takes one frame whose body has at most limit bytes. It returns io.EOF
// when the other side has hung up between two frames.
func Read(r io.Reader, limit int) (Frame, error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		if err == io.EOF {
			return Frame{}, io.EOF
		}
		return Frame{}, fmt.Errorf("read frame: %w", err)
	}
	if binary.BigEndian.Uint32(h[:]) != magic || h[5]|h[6]|h[7] != 0 {
		return Frame{}, fmt.Errorf("frame begins with %x: %w", h[:8], ErrGarbage)
	}
	f := Frame{Kind: Kind(h[4]), ID: binary.BigEndian.Uint32(h[8:])}
	size := int64(binary.BigEndian.Uint32(h[12:]))
	if size > int64(limit) {
		return Frame{}, fmt.Errorf("frame of %d bytes where %d are allowed: %w", size, limit, ErrGarbage)
	}
	for int64(len(f.Body)) < size {
		have := len(f.Body)
		f.Body = append(f.Body, make([]byte, min(size-int64(have), max(chunk, int64(have))))...)
		if _, err := io.ReadFull(r, f.Body[have:]); err != nil {
			return Frame{}, fmt.Errorf("read frame of %d bytes: %w", size, noEOF(err))
		}
	}
	return f, nil
}

// noEOF keeps a frame cut short from looking like a clean end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
