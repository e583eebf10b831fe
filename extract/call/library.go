package call

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Library is the profiles that are known by their ids: the built-in ones and those in a
// folder. Its methods may be called from many goroutines. What is put into the folder is
// known at once.
type Library struct {
	dir string

	mu   sync.Mutex
	read map[string]readProfile // by the file's name
}

// readProfile is a file of the folder as it was read.
type readProfile struct {
	changed time.Time
	size    int64
	Profile
}

// Profile is one profile with the file that it stands in.
type Profile struct {
	// Name names the profile: its id, or where it has mistakes the file's name.
	Name string
	// File is the path, "" for a built-in one.
	File string
	// Source are the file's bytes; nobody changes them.
	Source []byte
	// Call is nil when the profile has mistakes, which Err says: a *Problems, or why the
	// file cannot be read.
	Call *Call
	Err  error
}

// The errors of adding a profile. Their texts are for people.
var (
	ErrID    = errors.New("编号只能用小写字母、数字和 -，如 nmg-iscb-2023")
	ErrTaken = errors.New("已经有这个编号的申报通知，请换一个编号")
)

// maxProfile is the greatest size of a profile in bytes.
const maxProfile = 4 << 20

// NewLibrary is the library of a folder, which need not be there; with "" it is the
// built-in profiles alone.
func NewLibrary(dir string) *Library {
	return &Library{dir: dir, read: map[string]readProfile{}}
}

// List gives all profiles, those with mistakes too, the newest year first. The error is
// that the folder cannot be read.
func (l *Library) List() ([]Profile, error) {
	all := slices.Clone(builtinProfiles())
	own, err := l.own()
	if err != nil {
		return nil, err
	}
	for _, p := range own {
		if p.Call != nil && slices.ContainsFunc(all, func(q Profile) bool { return q.Call != nil && q.Call.ID == p.Call.ID }) {
			p.Err = &Problems{Name: p.File, List: []Problem{{1, fmt.Sprintf("another profile has the id %q: give this one another", p.Call.ID)}}}
			p.Call, p.Name = nil, filepath.Base(p.File)
		}
		all = append(all, p)
	}
	year := func(p Profile) int {
		if p.Call == nil {
			return 0
		}
		return p.Call.Year
	}
	slices.SortStableFunc(all, func(a, b Profile) int {
		return cmp.Or(cmp.Compare(year(b), year(a)), strings.Compare(a.Name, b.Name))
	})
	return all, nil
}

// own gives the profiles of the folder, by the files' names.
func (l *Library) own() ([]Profile, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dir == "" {
		return nil, nil
	}
	files, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the folder of calls: %w", err)
	}
	read := map[string]readProfile{}
	var all []Profile
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); ext != ".yaml" && ext != ".yml" || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(l.dir, f.Name()))
		if err != nil || !info.Mode().IsRegular() {
			continue // gone since, or no file
		}
		p, ok := l.read[f.Name()]
		if !ok || !p.changed.Equal(info.ModTime()) || p.size != info.Size() {
			p = readProfile{info.ModTime(), info.Size(), readFile(filepath.Join(l.dir, f.Name()), info.Size())}
		}
		read[f.Name()] = p
		all = append(all, p.Profile)
	}
	l.read = read
	return all, nil
}

// readFile reads and parses a file of the folder.
func readFile(path string, size int64) Profile {
	p := Profile{Name: filepath.Base(path), File: path}
	if size > maxProfile {
		p.Err = fmt.Errorf("%s: the file is too large to be a profile", path)
		return p
	}
	if p.Source, p.Err = os.ReadFile(path); p.Err != nil {
		return p
	}
	if p.Call, p.Err = Parse(path, p.Source); p.Err == nil {
		p.Name = p.Call.ID
	}
	return p
}

// Profile gives the profile with a name, and whether there is one.
func (l *Library) Profile(name string) (Profile, bool, error) {
	all, err := l.List()
	if err != nil {
		return Profile{}, false, err
	}
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false, nil
	}
	return all[i], true, nil
}

// Find gives the call with an id, nil when there is none that is without mistakes.
func (l *Library) Find(id string) *Call {
	if c := Find(id); c != nil {
		return c
	}
	if c := l.cached(id); c != nil {
		return c
	}
	own, err := l.own()
	if err != nil {
		return nil
	}
	for _, p := range own {
		if p.Call != nil && p.Call.ID == id {
			return p.Call
		}
	}
	return nil
}

// cached gives a call that was read before, without a look at the folder.
func (l *Library) cached(id string) *Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.read {
		if p.Call != nil && p.Call.ID == id {
			return p.Call
		}
	}
	return nil
}

// Add writes a profile into the folder, as the file of its id, which appears whole and
// never in place of another. A profile with mistakes is not written: the error is then a
// *Problems. Other errors: ErrTaken, and those of the folder.
func (l *Library) Add(source []byte) (Profile, error) {
	c, err := Parse("profile", source)
	if err != nil {
		return Profile{}, err
	}
	if l.dir == "" {
		return Profile{}, errors.New("there is no folder for calls")
	}
	if l.Find(c.ID) != nil {
		return Profile{}, ErrTaken
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return Profile{}, fmt.Errorf("make the folder of calls: %w", err)
	}
	path := filepath.Join(l.dir, c.ID+".yaml")
	if err := writeNew(path, source); err != nil {
		return Profile{}, err
	}
	return Profile{Name: c.ID, File: path, Source: bytes.Clone(source), Call: c}, nil
}

// writeNew writes a file that appears whole, with its bytes on the disk, and never in
// place of another; the error is then ErrTaken.
func writeNew(path string, b []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	switch err = os.Link(f.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return ErrTaken
	case err != nil:
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
