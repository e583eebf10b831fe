package bleve

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	engine "github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"go.etcd.io/bbolt"

	"sealdesk/index"
)

// The buckets of a generation's documents file.
var (
	docsBucket    = []byte("docs")    // application ID → document without its fields and pages, JSON
	partsBucket   = []byte("parts")   // application ID → its fields and pages without their text, JSON
	bodyBucket    = []byte("body")    // application ID → page and text of its fields and pages; see save
	textBucket    = []byte("text")    // application ID → folded text
	bundlesBucket = []byte("bundles") // bundle → IDs of its applications, JSON
	pendingBucket = []byte("pending") // IDs of which bleve may not know the last change
)

var buckets = [][]byte{docsBucket, partsBucket, bodyBucket, textBucket, bundlesBucket, pendingBucket}

// batchText is how much text goes to bleve at once, in bytes: enough to make
// few segments, little enough to be analysed in memory.
const batchText = 2 << 20

// generation is one complete index: the documents with their text in a bbolt
// file, and the terms, values and orders that lead to them in a bleve index.
// Changes are made by one caller at a time.
type generation struct {
	dir   string
	docs  *bbolt.DB
	terms engine.Index
	// settled are IDs in pendingBucket that bleve knows on disk by now.
	settled []string
	cached  cached
}

// createGeneration makes an empty generation in a new directory inside dir.
func createGeneration(dir string) (*generation, error) {
	path, err := os.MkdirTemp(dir, generationPrefix)
	if err != nil {
		return nil, err
	}
	g := &generation{dir: path}
	if err := g.create(); err != nil {
		return nil, errors.Join(err, g.close(), os.RemoveAll(path))
	}
	return g, nil
}

func (g *generation) create() (err error) {
	if g.docs, err = openFile(g.docsPath()); err != nil {
		return err
	}
	err = g.docs.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	terms, err := engine.NewUsing(g.termsPath(), engine.NewIndexMapping(), scorch.Name, scorch.Name, nil)
	if err != nil {
		return err // terms is then an interface around nil
	}
	g.terms = terms
	return nil
}

// openGeneration opens the generation in path and brings bleve up to what the
// documents file holds, as a crash may have come between the two.
func openGeneration(path string) (_ *generation, err error) {
	g := &generation{dir: path}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	if _, err := os.Stat(g.docsPath()); err != nil {
		return nil, err
	}
	if g.docs, err = openFile(g.docsPath()); err != nil {
		return nil, err
	}
	var pending []string
	var applications uint64
	err = g.docs.View(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if tx.Bucket(name) == nil {
				return fmt.Errorf("the documents file has no %s", name)
			}
		}
		err := tx.Bucket(bundlesBucket).ForEach(func(_, data []byte) error {
			var ids []string
			err := json.Unmarshal(data, &ids)
			applications += uint64(len(ids))
			return err
		})
		return errors.Join(err, tx.Bucket(pendingBucket).ForEach(func(id, _ []byte) error {
			pending = append(pending, string(id))
			return nil
		}))
	})
	if err != nil {
		return nil, err
	}
	terms, err := engine.OpenUsing(g.termsPath(), map[string]any{"bolt_timeout": lockTimeout.String()})
	if err != nil {
		return nil, err // terms is then an interface around nil
	}
	g.terms = terms
	if err := g.refresh(pending); err != nil {
		return nil, err
	}
	// Where bleve misses a file it goes back to an earlier state without a word.
	count, err := g.terms.DocCount()
	if err != nil {
		return nil, err
	}
	if count != applications {
		return nil, fmt.Errorf("bleve has %d applications, the documents file %d", count, applications)
	}
	return g, nil
}

func (g *generation) docsPath() string  { return filepath.Join(g.dir, "documents") }
func (g *generation) termsPath() string { return filepath.Join(g.dir, "terms") }

// close lets go of the files; the generation may be half open.
func (g *generation) close() error {
	var errs []error
	if g.terms != nil {
		errs = append(errs, g.terms.Close())
	}
	if g.docs != nil {
		if len(g.settled) > 0 {
			errs = append(errs, g.docs.Update(g.forget))
		}
		errs = append(errs, g.docs.Close())
	}
	return errors.Join(errs...)
}

// textSize is the length of the text of all pages, in bytes.
func textSize(list []index.Change) int {
	n := 0
	for _, c := range list {
		for _, d := range c.Documents {
			for _, p := range d.Pages {
				n += len(p.Text)
			}
		}
	}
	return n
}

// apply makes changes, as many at a time as fit a batch.
func (g *generation) apply(ctx context.Context, list []index.Change) error {
	for len(list) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := 1
		for n < len(list) && textSize(list[:n]) < batchText {
			n++
		}
		touched, err := g.write(list[:n])
		if err != nil {
			return err
		}
		if err := g.refresh(touched); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// write makes changes in the documents file, and gives the IDs of what was put
// or removed. They are pending until refresh has told bleve.
func (g *generation) write(list []index.Change) (touched []string, err error) {
	err = g.docs.Update(func(tx *bbolt.Tx) error {
		if err := g.forget(tx); err != nil {
			return err
		}
		for _, c := range list {
			ids, err := store(tx, c)
			if err != nil {
				return fmt.Errorf("bundle %s: %w", c.Bundle, err)
			}
			touched = append(touched, ids...)
		}
		for _, id := range touched {
			if err := tx.Bucket(pendingBucket).Put([]byte(id), nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		g.settled = nil
	}
	return touched, err
}

// store writes one change and gives the IDs that were put or removed.
func store(tx *bbolt.Tx, c index.Change) ([]string, error) {
	old, err := bundleIDs(tx, c.Bundle)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, d := range c.Documents {
		if err := leave(tx, d.ID, c.Bundle); err != nil {
			return nil, err
		}
		if err := save(tx, d); err != nil {
			return nil, err
		}
		if !slices.Contains(ids, d.ID) {
			ids = append(ids, d.ID)
		}
	}
	if err := setBundleIDs(tx, c.Bundle, ids); err != nil {
		return nil, err
	}
	for _, id := range old {
		if slices.Contains(ids, id) {
			continue
		}
		for _, bucket := range [][]byte{docsBucket, partsBucket, bodyBucket, textBucket} {
			if err := tx.Bucket(bucket).Delete([]byte(id)); err != nil {
				return nil, err
			}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// leave takes an application out of another bundle that it belonged to.
func leave(tx *bbolt.Tx, id, bundle string) error {
	data := tx.Bucket(docsBucket).Get([]byte(id))
	if data == nil {
		return nil
	}
	var was struct{ Bundle string }
	if err := json.Unmarshal(data, &was); err != nil {
		return err
	}
	if was.Bundle == bundle {
		return nil
	}
	ids, err := bundleIDs(tx, was.Bundle)
	if err != nil {
		return err
	}
	return setBundleIDs(tx, was.Bundle, slices.DeleteFunc(ids, func(other string) bool { return other == id }))
}

func bundleIDs(tx *bbolt.Tx, bundle string) (ids []string, err error) {
	if data := tx.Bucket(bundlesBucket).Get([]byte(bundle)); data != nil {
		err = json.Unmarshal(data, &ids)
	}
	return ids, err
}

func setBundleIDs(tx *bbolt.Tx, bundle string, ids []string) error {
	if len(ids) == 0 {
		return tx.Bucket(bundlesBucket).Delete([]byte(bundle))
	}
	data, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return tx.Bucket(bundlesBucket).Put([]byte(bundle), data)
}

// forget removes the settled IDs from those pending.
func (g *generation) forget(tx *bbolt.Tx) error {
	for _, id := range g.settled {
		if err := tx.Bucket(pendingBucket).Delete([]byte(id)); err != nil {
			return err
		}
	}
	return nil
}

// refresh tells bleve what the documents file holds of the IDs. When it
// returns, searches find it and it is on disk.
func (g *generation) refresh(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	batch := g.terms.NewBatch()
	err := g.docs.View(func(tx *bbolt.Tx) error {
		for _, id := range ids {
			d, err := load(tx, id)
			if err != nil {
				return err
			}
			if d == nil {
				batch.Delete(id)
			} else if err := batch.IndexAdvanced(newDocument(*d)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := g.terms.Batch(batch); err != nil {
		return err
	}
	g.settled = append(g.settled, ids...)
	return nil
}

// parts are the fields and pages of a document without their text.
type parts struct {
	Fields []index.Field `json:"fields"`
	Pages  []index.Page  `json:"pages"`
}

// save writes one document, which is clean. Its text is kept beside the JSON, and of its
// fields and pages only what a hit shows: to read them back from JSON takes most of a
// search's time. The body has for each field and each page the number of its page
// (binary.AppendVarint), its text and NUL.
func save(tx *bbolt.Tx, d index.Document) error {
	_, all := index.Texts(d)
	rest := parts{slices.Clone(d.Fields), slices.Clone(d.Pages)}
	d.Fields, d.Pages = nil, nil
	var body []byte
	add := func(page int, text *string) {
		body = append(append(binary.AppendVarint(body, int64(page)), *text...), 0)
		*text = ""
	}
	for i := range rest.Fields {
		add(rest.Fields[i].Page, &rest.Fields[i].Text)
	}
	for i := range rest.Pages {
		add(rest.Pages[i].Number, &rest.Pages[i].Text)
	}
	head, err := json.Marshal(d)
	if err != nil {
		return err
	}
	tail, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	id := []byte(d.ID)
	return errors.Join(
		tx.Bucket(docsBucket).Put(id, head),
		tx.Bucket(partsBucket).Put(id, tail),
		tx.Bucket(bodyBucket).Put(id, body),
		tx.Bucket(textBucket).Put(id, []byte(all)))
}

// load reads one document, nil when there is none.
func load(tx *bbolt.Tx, id string) (*index.Document, error) {
	d, err := head(tx, id)
	if d == nil || err != nil {
		return nil, err
	}
	texts, err := body(tx, id)
	if err != nil {
		return nil, err
	}
	var rest parts
	if err := json.Unmarshal(tx.Bucket(partsBucket).Get([]byte(id)), &rest); err != nil {
		return nil, fmt.Errorf("document %s: %w", id, err)
	}
	if len(texts) != len(rest.Fields)+len(rest.Pages) {
		return nil, fmt.Errorf("document %s has %d fields, %d pages and %d texts", id, len(rest.Fields), len(rest.Pages), len(texts))
	}
	d.Fields, d.Pages = rest.Fields, rest.Pages
	for i := range d.Fields {
		d.Fields[i].Text = texts[i].Text
	}
	for i := range d.Pages {
		d.Pages[i].Text = texts[len(d.Fields)+i].Text
	}
	return d, nil
}

// head reads one document without its fields and pages, nil when there is none.
func head(tx *bbolt.Tx, id string) (*index.Document, error) {
	data := tx.Bucket(docsBucket).Get([]byte(id))
	if data == nil {
		return nil, nil
	}
	var d index.Document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("document %s: %w", id, err)
	}
	return &d, nil
}

// body reads the texts of a document's fields and pages, with their pages.
func body(tx *bbolt.Tx, id string) (out []index.Piece, err error) {
	for rest := string(tx.Bucket(bodyBucket).Get([]byte(id))); rest != ""; {
		page, n := binary.Varint([]byte(rest[:min(len(rest), binary.MaxVarintLen64)]))
		if n <= 0 {
			return nil, fmt.Errorf("document %s: a text has no page", id)
		}
		text, after, _ := strings.Cut(rest[n:], "\x00")
		out, rest = append(out, index.Piece{Page: int(page), Text: text}), after
	}
	return out, nil
}

// bundle gives what the generation holds of a bundle.
func (g *generation) bundle(bundle string) (c index.Change, err error) {
	c.Bundle = bundle
	err = g.docs.View(func(tx *bbolt.Tx) error {
		ids, err := bundleIDs(tx, bundle)
		if err != nil {
			return err
		}
		for _, id := range ids {
			d, err := load(tx, id)
			if err != nil {
				return err
			}
			if d != nil {
				c.Documents = append(c.Documents, *d)
			}
		}
		return nil
	})
	return c, err
}
