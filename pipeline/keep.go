package pipeline

import (
	"bytes"
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
	"strings"
	"sync"
	"time"

	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/extract/check"
	"sealdesk/index"
	"sealdesk/pipeline/page"
	"sealdesk/storage"
)

// The keys of a bundle's objects:
//
//	bundles/<sha256>/original/<n>             the bytes of its n-th file
//	bundles/<sha256>/source.json              the names under which it first came
//	bundles/<sha256>/results/<version>/...    result.json and text.json
//
// A version names the program, the reader and the call that made the result.
const root = "bundles/"

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
	for _, f := range files {
		if _, err := io.Copy(h, storage.Source(ctx, section(f))); err != nil {
			return "", fmt.Errorf("read %s: %w", f.Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// source is what is known of where a bundle came from.
type source struct {
	Files []sourceFile `json:"files"`
}

type sourceFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// take stores the originals, before anything else is done with them.
func (p *Pipeline) take(ctx context.Context, sha string, in Input) error {
	var s source
	for i, f := range in.Files {
		if err := p.Store.Put(ctx, fmt.Sprintf("%s%s/original/%d", root, sha, i+1), section(f)); err != nil {
			return storeError(err, "store the original of "+in.Name)
		}
		s.Files = append(s.Files, sourceFile{filepath.Base(f.Name), f.Size})
	}
	err := p.put(ctx, root+sha+"/source.json", s)
	if errors.Is(err, storage.ErrExists) {
		return nil // it came under another name before; the first one stands
	}
	return err
}

func (p *Pipeline) put(ctx context.Context, key string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return storeError(p.Store.Put(ctx, key, bytes.NewReader(append(b, '\n'))), "store "+key)
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

// keep stores a result, its text first, so that a result that is there is whole,
// and then tells the index.
func (p *Pipeline) keep(ctx context.Context, r *bundle.Result, text []PageText) error {
	err := p.put(ctx, resultKey(r.SHA256, p.version, "text.json"), text)
	if errors.Is(err, storage.ErrExists) {
		// An earlier reading came as far as this, and read otherwise, as where time
		// ran out on a page. Its text is as good for search, and stays.
		text, err = loadText(ctx, p.Store, r.SHA256, p.version)
	}
	if err != nil {
		return err
	}
	if err := p.put(ctx, resultKey(r.SHA256, p.version, "result.json"), r); err != nil {
		return err
	}
	// What could not be kept counts for no quota; what the index does not take does.
	for i := range r.Applications {
		p.filed.add(onFile(p.Call, &r.Applications[i], r.SHA256, r.File))
	}
	if p.Index == nil {
		return nil
	}
	if err := p.Index.Put(ctx, Documents(p.Call, r, text)); err != nil {
		return fmt.Errorf("index %s: %w", r.File, err)
	}
	return nil
}

// record is a stored result with its text.
type record struct {
	Result *bundle.Result
	Text   []PageText
}

// kept is the result that is on file for the bundle, nil for none.
func (p *Pipeline) kept(ctx context.Context, sha string) (*record, error) {
	r, err := load(ctx, p.Store, sha, p.version)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, nil
	}
	return r, err
}

// loadText is the text that is on file beside a result.
func loadText(ctx context.Context, s storage.Store, sha, version string) (text []PageText, err error) {
	key := resultKey(sha, version, "text.json")
	b, err := storage.ReadAll(ctx, s, key)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &text); err != nil {
		return nil, fmt.Errorf("decode %s: %w", key, err)
	}
	return text, nil
}

func load(ctx context.Context, s storage.Store, sha, version string) (*record, error) {
	r := &record{Result: &bundle.Result{}}
	for name, v := range map[string]any{"result.json": r.Result, "text.json": &r.Text} {
		key := resultKey(sha, version, name)
		b, err := storage.ReadAll(ctx, s, key)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, v); err != nil {
			return nil, fmt.Errorf("decode %s: %w", key, err)
		}
	}
	restore(r.Result)
	return r, nil
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

// latest lists, for each bundle in the store, its newest result for a call, "" for
// any: that of the latest program, and of those the one stored last. The order is that
// in which they were stored, first to last.
func latest(ctx context.Context, s storage.Store, call string) ([]stored, error) {
	best := map[string]stored{}
	for info, err := range s.List(ctx, root) {
		if err != nil {
			return nil, fmt.Errorf("list results: %w", err)
		}
		part := strings.Split(info.Key, "/")
		if len(part) != 5 || part[2] != "results" || part[4] != "result.json" {
			continue
		}
		b := stored{part[1], part[3], info.Time}
		if call != "" && b.call() != call {
			continue
		}
		if old, ok := best[b.sha]; !ok || b.after(old) {
			best[b.sha] = b
		}
	}
	out := make([]stored, 0, len(best))
	for _, b := range best {
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b stored) int {
		if c := a.time.Compare(b.time); c != 0 {
			return c
		}
		return strings.Compare(a.sha, b.sha)
	})
	return out, nil
}

type stored struct {
	sha, version string
	time         time.Time
}

// serial and call are parts of a version, as versionOf puts them together.
func (s stored) serial() string { serial, _, _ := strings.Cut(s.version, "-"); return serial }

func (s stored) call() string {
	_, rest, _ := strings.Cut(s.version, "-")
	_, rest, _ = strings.Cut(rest, "-")
	return rest[:max(strings.LastIndexByte(rest, '-'), 0)]
}

// after says whether s stands in for o: it is from a later program, or else it was
// stored later.
func (s stored) after(o stored) bool {
	return cmp.Or(strings.Compare(s.serial(), o.serial()), s.time.Compare(o.time), strings.Compare(s.version, o.version)) > 0
}

// filed are the applications on file, in the order in which they came.
type filed struct {
	mu      sync.Mutex
	records []check.OnFile
}

func loadFiled(ctx context.Context, s storage.Store, c *call.Call) (*filed, error) {
	all, err := latest(ctx, s, c.ID)
	if err != nil {
		return nil, err
	}
	f := &filed{}
	for _, b := range all {
		r, err := load(ctx, s, b.sha, b.version)
		if err != nil && ctx.Err() == nil {
			// Without it, quotas would be counted wrongly.
			return nil, fmt.Errorf("已保存的一份结果（%s）读不出来，请从备份恢复；没有备份时请移走它，再重新处理那份材料：%w",
				resultKey(b.sha, b.version, "result.json"), err)
		}
		if err != nil {
			return nil, err
		}
		for i := range r.Result.Applications {
			if a := &r.Result.Applications[i]; a.Call == c.ID {
				f.add(onFile(c, a, b.sha, r.Result.File))
			}
		}
	}
	return f, nil
}

func (f *filed) list() []check.OnFile {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.records)
}

// onFile is the record of an application.
func onFile(c *call.Call, a *bundle.Application, sha, file string) check.OnFile {
	r := check.Record(c, a)
	r.Bundle, r.File = sha, file
	return r
}

func (f *filed) add(r check.OnFile) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records = append(f.records, r)
}

// Reindex fills the index anew from the store and says how many applications
// there are. calls finds the profile by which a result was made.
func Reindex(ctx context.Context, s storage.Store, x index.Index, calls func(id string) *call.Call, progress func(done, all int)) (int, error) {
	all, err := latest(ctx, s, "")
	if err != nil {
		return 0, err
	}
	n := 0
	err = x.Replace(ctx, func(put func([]index.Document) error) error {
		for i, b := range all {
			r, err := load(ctx, s, b.sha, b.version)
			if err != nil {
				return err
			}
			var docs []index.Document
			for _, a := range r.Result.Applications {
				if c := calls(a.Call); c != nil {
					docs = Documents(c, r.Result, r.Text)
				}
			}
			if err := put(docs); err != nil {
				return fmt.Errorf("index %s: %w", r.Result.File, err)
			}
			n += len(docs)
			if progress != nil {
				progress(i+1, len(all))
			}
		}
		return nil
	})
	return n, err
}
