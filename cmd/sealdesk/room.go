package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"sealdesk/config"
	"sealdesk/storage"
)

// leastFree is the free space in bytes that a disk has to have for work to go on.
func (o *options) leastFree() uint64 { return uint64(o.Storage.LeastFree) << 20 }

// room says why this machine has no room for more, as a storage.ErrFull, nil where it has:
// on the disk of temporary files, into which bundles are copied while they are read, and on
// that of the data folder, where it holds the store, the index or the queue. A disk that cannot be
// asked has room: writing will tell.
func (o *options) room() error {
	folders := []string{os.TempDir()}
	if o.Storage.Kind == config.Dir || o.Index.Kind == config.Bleve || o.Queue.URL == "" {
		folders = append(folders, o.Data)
	}
	for _, folder := range folders {
		if free, err := freeSpace(folder); err == nil && free < o.leastFree() {
			return fmt.Errorf("%w: %d MB are free on the disk of %s, less than storage.least_free", storage.ErrFull, free>>20, folder)
		}
	}
	return nil
}

// freeSpace is how many bytes people may still write to the disk of a folder.
func freeSpace(folder string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, err
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}
