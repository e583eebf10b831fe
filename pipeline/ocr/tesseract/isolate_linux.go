package tesseract

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// isolate keeps the answers' pipe for answers: where out is the process's
// standard output, it moves to a descriptor of its own, and what C code may
// print goes to standard error with the rest of its noise.
func isolate(out io.Writer) (io.Writer, error) {
	f, ok := out.(*os.File)
	if !ok || f != os.Stdout {
		return out, nil
	}
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	if err := unix.Dup3(unix.Stderr, unix.Stdout, 0); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "answers"), nil
}
