package view

import (
	"container/list"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// cache keeps pictures as files; those not used for longest go first. A file's time
// is when it was last used, so that a restart forgets nothing.
type cache struct {
	dir string
	max int64

	mu    sync.Mutex
	size  int64
	order *list.List // of kept, the one used last in front
	at    map[string]*list.Element
}

type kept struct {
	name string
	size int64
}

func openCache(dir string, maxBytes int64) (*cache, error) {
	c := &cache{dir: filepath.Join(dir, "pictures"), max: maxBytes, order: list.New(), at: map[string]*list.Element{}}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of pictures: %w", err)
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder of pictures: %w", err)
	}
	var infos []os.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, fmt.Errorf("read the folder of pictures: %w", err)
		}
		if filepath.Ext(e.Name()) != ".jpg" { // half written when the program ended
			if err := os.Remove(filepath.Join(c.dir, e.Name())); err != nil {
				return nil, fmt.Errorf("clear the folder of pictures: %w", err)
			}
			continue
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range infos {
		c.add(info.Name()[:len(info.Name())-len(".jpg")], info.Size())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shrink()
	return c, nil
}

func (c *cache) path(name string) string { return filepath.Join(c.dir, name+".jpg") }

// get gives the picture of that name, if it is kept.
func (c *cache) get(name string) ([]byte, bool) {
	c.mu.Lock()
	e, ok := c.at[name]
	if ok {
		c.order.MoveToFront(e)
	}
	c.mu.Unlock()
	if !ok {
		return nil, false
	}
	data, err := os.ReadFile(c.path(name))
	if err != nil {
		return nil, false // removed meanwhile: it is made again
	}
	now := time.Now()
	_ = os.Chtimes(c.path(name), now, now) // only the order after a restart hangs on it
	return data, true
}

// put keeps a picture: whole, or not at all.
func (c *cache) put(name string, data []byte) error {
	f, err := os.CreateTemp(c.dir, "part-")
	if err != nil {
		return fmt.Errorf("keep a picture: %w", err)
	}
	_, err = f.Write(data)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), c.path(name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("keep a picture: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(name, int64(len(data)))
	c.shrink()
	return nil
}

// add notes a file as the one used last.
func (c *cache) add(name string, size int64) {
	if e, ok := c.at[name]; ok {
		c.size -= e.Value.(kept).size
		c.order.Remove(e)
	}
	c.at[name] = c.order.PushFront(kept{name, size})
	c.size += size
}

// shrink removes what has not been used for longest until the rest fits.
func (c *cache) shrink() {
	for c.size > c.max && c.order.Len() > 0 {
		k := c.order.Remove(c.order.Back()).(kept)
		delete(c.at, k.name)
		c.size -= k.size
		_ = os.Remove(c.path(k.name)) // one that is gone already takes no room
	}
}
