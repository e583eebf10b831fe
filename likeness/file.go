package likeness

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// The buckets of the file. In that of a form's name, a bundle's sketches are under its
// name, and the letters of its texts under its name and their number.
const (
	// form is the number of how sketches and letters are made and written. With another
	// number, all is put anew.
	form          = "1"
	sketchBuckets = "sketches-" + form
	letterBuckets = "letters-" + form
)

// ErrLocked is that another process has the file.
var ErrLocked = errors.New("another process has the texts' index")

// openFile opens the file; one that is damaged or of another form is begun anew.
func openFile(path string) (*bbolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the texts' index: %w", err)
	}
	for again := false; ; again = true {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType, NoFreelistSync: true})
		if err == nil {
			err = db.Update(func(tx *bbolt.Tx) error {
				var old [][]byte
				err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
					if n := string(name); n != sketchBuckets && n != letterBuckets {
						old = append(old, slices.Clone(name))
					}
					return nil
				})
				if err != nil {
					return err
				}
				for _, name := range old {
					if err := tx.DeleteBucket(name); err != nil {
						return err
					}
				}
				for _, name := range []string{sketchBuckets, letterBuckets} {
					if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
						return err
					}
				}
				return nil
			})
			if err == nil {
				return db, nil
			}
			db.Close()
		}
		if errors.Is(err, bbolterrors.ErrTimeout) {
			return nil, fmt.Errorf("open the texts' index %s: %w: %w", path, ErrLocked, err)
		}
		if again || os.IsPermission(err) || os.IsNotExist(err) {
			return nil, fmt.Errorf("open the texts' index %s: %w", path, err)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("open the texts' index: %w", err)
		}
	}
}

// textKey is where the letters of a bundle's i-th text stand.
func textKey(bundle string, i int) []byte {
	return binary.BigEndian.AppendUint16([]byte(bundle), uint16(i))
}

// keep writes a bundle's texts in the place of those that it had.
func (x *Index) keep(bundle, stamp string, texts []sketched, old *held) error {
	return x.file.Update(func(tx *bbolt.Tx) error {
		letters := tx.Bucket([]byte(letterBuckets))
		if old != nil {
			for i := len(texts); i < len(old.docs); i++ {
				if err := letters.Delete(textKey(bundle, i)); err != nil {
					return err
				}
			}
		}
		for i, t := range texts {
			if err := letters.Put(textKey(bundle, i), []byte(string(t.letters))); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte(sketchBuckets)).Put([]byte(bundle), pack(stamp, texts))
	})
}

func (x *Index) forget(bundle string, old *held) error {
	return x.file.Update(func(tx *bbolt.Tx) error {
		for i := range old.docs {
			if err := tx.Bucket([]byte(letterBuckets)).Delete(textKey(bundle, i)); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte(sketchBuckets)).Delete([]byte(bundle))
	})
}

// readLetters reads the letters of a text.
func readLetters(tx *bbolt.Tx, key []byte) ([]rune, error) {
	b := tx.Bucket([]byte(letterBuckets)).Get(key)
	if !utf8.Valid(b) || len(b) == 0 {
		return nil, errDamaged
	}
	return []rune(string(b)), nil
}

// load reads what was kept.
func (x *Index) load() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	fields := map[string]string{} // each once, for there are many of few
	err := x.file.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(sketchBuckets)).ForEach(func(bundle, b []byte) error {
			stamp, texts, err := unpack(b)
			if err != nil {
				return fmt.Errorf("texts of %s: %w", bundle, err)
			}
			for i, t := range texts {
				name, ok := fields[t.field]
				if !ok {
					name = t.field
					fields[name] = name
				}
				texts[i].field = name
			}
			x.add(string(bundle), stamp, texts)
			return nil
		})
	})
	x.base, x.fresh = x.fresh, nil
	slices.Sort(x.base)
	return err
}

// reset begins the file anew: what it had is derived, and is put again.
func (x *Index) reset() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bundles, x.docs, x.base, x.fresh = map[string]*held{}, nil, nil, nil
	err := x.file.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{sketchBuckets, letterBuckets} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("begin the texts' index anew: %w", err)
	}
	return nil
}

// pack writes sketches: texts with their lengths before them, numbers of four bytes.
func pack(stamp string, texts []sketched) []byte {
	text := func(b []byte, s string) []byte {
		return append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b := text(nil, stamp)
	b = binary.AppendUvarint(b, uint64(len(texts)))
	for _, t := range texts {
		b = text(text(b, t.application), t.field)
		b = binary.AppendUvarint(b, uint64(len(t.sketch)))
		for _, g := range t.sketch {
			b = binary.LittleEndian.AppendUint32(b, g)
		}
	}
	return b
}

// unpack reads what pack wrote.
func unpack(b []byte) (stamp string, texts []sketched, err error) {
	number := func() int {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)) {
			err = errDamaged
			return 0
		}
		b = b[size:]
		return int(n)
	}
	text := func() string {
		n := number()
		if err != nil || n > len(b) {
			err = errDamaged
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	stamp = text()
	for n := number(); n > 0 && err == nil; n-- {
		t := sketched{application: text(), field: text()}
		size := number()
		if err != nil || 4*size > len(b) {
			return "", nil, errDamaged
		}
		t.sketch = make([]uint32, size)
		for i := range t.sketch {
			t.sketch[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
		b = b[4*size:]
		texts = append(texts, t)
	}
	return strings.Clone(stamp), texts, err
}
