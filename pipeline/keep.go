package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/index"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

// The keys of a bundle's objects:
//
//	bundles/<sha256>/original/<n>             the bytes of its n-th file
//	bundles/<sha256>/source.json              the names under which it first came
//	bundles/<sha256>/results/<version>/...    result.json, text.json and the result's brief
//	bundles/<sha256>/<log>/<number>.json      what people said of it, and events (see Log)
//
// A version names the program, the reader and the call that made the result, and the
// arrangement of pages that a person made, if any.
const root = "bundles/"

func originalKey(sha string, n int) string { return fmt.Sprintf("%s%s/original/%d", root, sha, n) }

func resultKey(sha, version, name string) string {
	return root + sha + "/results/" + version + "/" + name
}

func versionOf(engine string, c *call.Call) string {
	sum := sha256.Sum256([]byte(engine))
	return fmt.Sprintf("%04d-%s-%s-%s", engineSerial, hex.EncodeToString(sum[:4]), c.ID, c.Version)
}

// PageText is the text of one page, line by line, as it was read.
type PageText struct {
	Page  int            `json:"page"`
	Kind  bundle.Kind    `json:"kind"`
	Lines []extract.Text `json:"lines"`
}

func textOf(infos []bundle.PageInfo, contents []*extract.Content) []PageText {
	out := make([]PageText, len(infos))
	for i, info := range infos {
		out[i] = PageText{Page: info.Page, Kind: info.Kind, Lines: []extract.Text{}}
		if contents[i] != nil {
			out[i].Lines = contents[i].Text
		}
	}
	return out
}

// digest is the sha256 of all files' bytes, in hex.
func digest(ctx context.Context, files []page.File) (string, error) {
	h := sha256.New()
	for i, f := range files {
		if _, err := io.Copy(h, storage.Source(ctx, section(f))); err != nil {
			return "", fmt.Errorf("read file %d of a bundle: %w", i+1, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// take stores the originals, before anything else is done with them.
func (p *Pipeline) take(ctx context.Context, sha string, in Input) error {
	for i, f := range in.Files {
		if err := p.Store.Put(ctx, originalKey(sha, i+1), section(f)); err != nil {
			return storeError(err, "store the original of bundle "+sha)
		}
	}
	err := p.put(ctx, root+sha+"/source.json", sourceOf(in))
	if errors.Is(err, storage.ErrExists) {
		return nil // it came under another name before; the first one stands
	}
	return err
}

func (p *Pipeline) put(ctx context.Context, key string, v any) error {
	return storeError(storage.PutJSON(ctx, p.Store, key, v), "store "+key)
}

// storeError gives a full disk its sentence.
func storeError(err error, doing string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, storage.ErrFull):
		return &bundle.Error{Code: bundle.CodeInternal, Message: "磁盘空间不足，材料未能保存。请清理磁盘后重试。", Err: fmt.Errorf("%s: %w", doing, err)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// keep stores a result, its text first, so that a result that is there is whole, and
// then puts it on file.
func (p *Pipeline) keep(ctx context.Context, r *bundle.Result, text []PageText, version string) error {
	err := p.put(ctx, resultKey(r.SHA256, version, "text.json"), text)
	// ErrExists: an earlier reading came as far as this, and read otherwise, as where
	// time ran out on a page. Its text is as good for search, and stays.
	if err != nil && !errors.Is(err, storage.ErrExists) {
		return err
	}
	if err := p.put(ctx, resultKey(r.SHA256, version, "result.json"), r); err != nil {
		return err
	}
	// The next start looks at no more than this.
	if _, err := loadBrief(ctx, p.Store, r.SHA256, version, p.Call); err != nil {
		return err
	}
	// What could not be kept counts for no quota; what the index does not take does.
	if _, err := p.refile(ctx, r.SHA256, p.Others == nil); err != nil {
		return err
	}
	return p.Tell(ctx, r.SHA256)
}

// Keep keeps a bundle as if it had been read here: its originals, and r with the text
// of its pages in the place of what the readers would say. It fills in what r says of
// the bundle and of where it came from; the ids of applications are the caller's. So
// bundles come on file that were never scanned, as many as somebody wants to try the
// program with. Errors are those of the store.
func (p *Pipeline) Keep(ctx context.Context, in Input, r *bundle.Result, text []PageText) error {
	sha, err := digest(ctx, in.Files)
	if err != nil {
		return err
	}
	if err := p.take(ctx, sha, in); err != nil {
		return err
	}
	r.File, r.SHA256, r.Pages = filepath.Base(in.Name), sha, len(r.PageInfo)
	r.Engine, r.CallVersion = p.provenance()
	return p.keep(ctx, r, text, p.version)
}

// provenance names what makes results.
func (p *Pipeline) provenance() (engine, callVersion string) {
	return fmt.Sprintf("sealdesk %d, %s", engineSerial, p.Reader.Engine()), p.Call.ID + " " + p.Call.Version
}

// record is a stored result with its text.
type record struct {
	Result *bundle.Result
	Text   []PageText
}

// kept is the result that is on file for the bundle, nil for none.
func (p *Pipeline) kept(ctx context.Context, sha, version string) (*bundle.Result, error) {
	r, err := loadResult(ctx, p.Store, sha, version)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, nil
	}
	return r, err
}

func loadResult(ctx context.Context, s storage.Store, sha, version string) (*bundle.Result, error) {
	r := &bundle.Result{}
	if err := decodeFrom(ctx, s, resultKey(sha, version, "result.json"), r); err != nil {
		return nil, err
	}
	restore(r)
	return r, nil
}

func load(ctx context.Context, s storage.Store, sha, version string) (*record, error) {
	r, err := loadResult(ctx, s, sha, version)
	if err != nil {
		return nil, err
	}
	loaded := &record{Result: r}
	return loaded, decodeFrom(ctx, s, resultKey(sha, version, "text.json"), &loaded.Text)
}

func decodeFrom(ctx context.Context, s storage.Store, key string, v any) error {
	b, err := storage.ReadAll(ctx, s, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("decode %s: %w", key, err)
	}
	return nil
}

// restore gives field values the types that they had before they were JSON.
func restore(r *bundle.Result) {
	for i := range r.Applications {
		for key, f := range r.Applications[i].Fields {
			switch v := f.Value.(type) {
			case float64:
				f.Value = int(v)
			case []any:
				f.Value = list(v)
			}
			r.Applications[i].Fields[key] = f
		}
	}
}

func list(v []any) any {
	labels, rows := []string{}, []map[string]string{}
	for _, x := range v {
		switch x := x.(type) {
		case string:
			labels = append(labels, x)
		case map[string]any:
			row := map[string]string{}
			for k, c := range x {
				row[k], _ = c.(string)
			}
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 {
		return rows
	}
	return labels
}

// results lists the results under a prefix of keys.
func results(ctx context.Context, s storage.Store, prefix string) ([]stored, error) {
	var out []stored
	touched := map[string]bool{} // bundles that somebody corrected
	came := map[string]time.Time{}
	for info, err := range s.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("list results: %w", err)
		}
		part := strings.Split(info.Key, "/")
		switch {
		case len(part) == 3 && part[2] == "source.json":
			came[part[1]] = info.Time.UTC()
		case len(part) == 4 && part[2] == string(Corrections):
			touched[part[1]] = true
		case len(part) == 5 && part[2] == "results" && part[4] == "result.json":
			out = append(out, stored{sha: part[1], version: part[3], time: info.Time, first: info.Time})
		}
	}
	for i := range out {
		out[i].corrected, out[i].came = touched[out[i].sha], came[out[i].sha]
	}
	return out, nil
}

// newest gives of the results that are alike by key the one that holds: that of the
// newest arrangement, of those that of the latest program, and of those the one stored
// last. The order is that in which the first of each key was stored, first to last.
func newest(all []stored, key func(stored) string) []stored {
	best := map[string]stored{}
	for _, b := range all {
		old, ok := best[key(b)]
		if !ok {
			best[key(b)] = b
			continue
		}
		first := b.first
		if old.first.Before(first) {
			first = old.first
		}
		if !b.after(old) {
			b = old
		}
		b.first = first
		best[key(b)] = b
	}
	out := make([]stored, 0, len(best))
	for _, b := range best {
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b stored) int {
		return cmp.Or(a.first.Compare(b.first), strings.Compare(a.sha, b.sha), strings.Compare(a.version, b.version))
	})
	return out
}

// stored is a result in the store.
type stored struct {
	sha, version string
	time         time.Time
	// first is when the first result was stored that it stands in for.
	first     time.Time
	came      time.Time // when its bundle was stored; zero where that is not known
	corrected bool      // somebody corrected the bundle
}

// serial and call are parts of a version, as versionOf puts them together.
func (s stored) serial() string { serial, _, _ := strings.Cut(s.version, "-"); return serial }

func (s stored) call() string {
	_, rest, _ := strings.Cut(s.version, "-")
	_, rest, _ = strings.Cut(rest, "-")
	return rest[:max(strings.LastIndexByte(rest, '-'), 0)]
}

// arrangement is the number at a version's end, 0 for none.
func (s stored) arrangement() int {
	_, number, _ := strings.Cut(s.version[strings.LastIndexByte(s.version, '-')+1:], ".")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

// after says whether s stands in for o: it is of a later arrangement, or else from a
// later program, or else it was stored later.
func (s stored) after(o stored) bool {
	return cmp.Or(s.arrangement()-o.arrangement(), strings.Compare(s.serial(), o.serial()), s.time.Compare(o.time), strings.Compare(s.version, o.version)) > 0
}

// Dated says of which objects it counts when they were first written, also where they were
// copied from another store: what tells when a bundle came, and which result is the newest.
func Dated(key string) bool {
	return strings.HasPrefix(key, root) && (strings.HasSuffix(key, "/source.json") || strings.HasSuffix(key, "/result.json"))
}

// Reindex fills the index anew from the store and says how many applications
// there are; corrections are applied. calls finds the profile by which a result was made.
func Reindex(ctx context.Context, s storage.Store, x index.Index, calls func(id string) *call.Call, progress func(done, all int)) (int, error) {
	n := 0
	err := x.Replace(ctx, func(put func([]index.Document) error) error {
		return EachDocuments(ctx, s, calls, progress, func(sha string, docs []index.Document, err error) error {
			if err != nil {
				return err
			}
			if err := put(docs); err != nil {
				return fmt.Errorf("index %s: %w", sha, err)
			}
			n += len(docs)
			return nil
		})
	})
	return n, err
}

// EachDocuments hands over what the index is to have of each bundle that has a result, in
// the order in which they came; corrections are applied. Of one whose result cannot be
// read, or whose profile calls does not find, there are no documents; err says the former,
// and the others follow when each returns nil. progress may be nil.
func EachDocuments(ctx context.Context, s storage.Store, calls func(id string) *call.Call, progress func(done, all int), each func(sha string, docs []index.Document, err error) error) error {
	all, err := results(ctx, s, root)
	if err != nil {
		return err
	}
	all = newest(all, func(b stored) string { return b.sha })
	before := &filed{} // what corrected applications are checked against again
	i := -1
	for r, err := range inOrder(ctx, len(all), func(i int) (*record, error) { return load(ctx, s, all[i].sha, all[i].version) }) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		i++
		b := all[i]
		var docs []index.Document
		if c := calls(b.call()); c != nil && err == nil {
			current := r.Result
			if b.corrected {
				current, _, err = corrected(ctx, s, c, r.Result, before.before(b.sha))
			}
			if err == nil {
				before.add(recordsOf(c, current))
				docs = Documents(c, current, r.Text)
			}
		}
		if err := each(b.sha, docs, err); err != nil {
			return err
		}
		if progress != nil {
			progress(i+1, len(all))
		}
	}
	return nil
}
