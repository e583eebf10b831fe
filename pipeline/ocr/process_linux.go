package ocr

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttr makes the kernel end a child with us, and keeps a Ctrl-C at the
// terminal from reaching it before we have asked it to end.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// A child has a few files open, and reads 5,000 lines at the most in its life.
const (
	maxOpen    = 64
	maxSeconds = 2 * 60 * 60
)

// limitChild bounds what a child may take: data memory, open files, time of the processor,
// no files written, no core dumps. A limit that cannot be set (the child has just ended, or a sandbox
// forbids it) is not fatal: the pool watches the memory as well.
func limitChild(pid int, memory int64) {
	for what, limit := range map[int]uint64{
		unix.RLIMIT_DATA:   uint64(memory),
		unix.RLIMIT_NOFILE: maxOpen,
		unix.RLIMIT_CPU:    maxSeconds,
		unix.RLIMIT_FSIZE:  0,
		unix.RLIMIT_CORE:   0,
	} {
		_ = unix.Prlimit(pid, what, &unix.Rlimit{Cur: limit, Max: limit}, nil)
	}
}

// residentBytes is the memory that a process has in RAM, 0 where that cannot be
// told.
func residentBytes(pid int) int64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
