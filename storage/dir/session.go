package dir

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

const (
	tempFolder = "tmp"
	lockSuffix = ".lock"
)

// A session is the part of the temp folder that belongs to one open Store:
// the folder tmp/ID for its unfinished objects, and the file tmp/ID.lock, which
// it holds locked. The system drops the lock when the process ends in whatever
// way, so a lock that can be had marks leftovers.
type session struct {
	id   string
	lock *os.File
}

// newSession locks first and makes the folder then, so that no one ever sees
// a folder whose owner has yet to lock it.
func newSession(base *os.Root) (*session, error) {
	for range 10 {
		id := rand.Text()
		name := tempFolder + "/" + id + lockSuffix
		lock, err := base.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, err
		}
		// Between the two calls another Open may have taken the file for a
		// leftover and removed it: then start again.
		if tryLock(lock) && stillAt(base, name, lock) {
			if err := base.Mkdir(tempFolder+"/"+id, 0o700); err != nil {
				lock.Close()
				return nil, err
			}
			return &session{id: id, lock: lock}, nil
		}
		lock.Close()
	}
	return nil, errors.New("cannot lock a file of its own")
}

// close removes the session's folder and gives up its lock.
func (s *session) close(base *os.Root) error {
	err := removeSession(base, s.id)
	return errors.Join(err, s.lock.Close())
}

// removeSession removes the lock file last: while there is a folder, there is a
// lock file that tells whether it is in use.
func removeSession(base *os.Root, id string) error {
	if err := base.RemoveAll(tempFolder + "/" + id); err != nil {
		return err
	}
	err := base.Remove(tempFolder + "/" + id + lockSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// removeLeftovers removes the sessions of processes that have ended without
// closing their store.
func removeLeftovers(base *os.Root) error {
	folder, err := base.Open(tempFolder)
	if err != nil {
		return err
	}
	names, err := folder.Readdirnames(-1)
	folder.Close()
	if err != nil {
		return err
	}
	for _, name := range names {
		id, ok := strings.CutSuffix(name, lockSuffix)
		if !ok {
			continue
		}
		lock, err := base.OpenFile(tempFolder+"/"+name, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if tryLock(lock) {
			err = removeSession(base, id)
		}
		lock.Close()
		if err != nil {
			return fmt.Errorf("remove the leftovers %s: %w", id, err)
		}
	}
	return nil
}

func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// stillAt reports whether name is still the open file f.
func stillAt(root *os.Root, name string, f *os.File) bool {
	at, err := root.Lstat(name)
	if err != nil {
		return false
	}
	open, err := f.Stat()
	return err == nil && os.SameFile(at, open)
}
