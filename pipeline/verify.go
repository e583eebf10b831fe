package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/extract/correct"
	"sealdesk/storage"
)

// FaultKind is what is wrong with something that is kept of a bundle.
type FaultKind string

// The kinds of faults.
const (
	Damaged  FaultKind = "damaged"   // the bytes are not those that were stored
	Wrong    FaultKind = "wrong"     // the bytes are whole, and say something that cannot be under the key
	Lost     FaultKind = "lost"      // an object is not there that others tell of
	Unread   FaultKind = "no-result" // there is no result, or none of the pages as they were arranged last
	Orphan   FaultKind = "orphan"    // an object that belongs to nothing
	Outdated FaultKind = "outdated"  // what is derived says something else than what it is derived from
)

// Fault is one thing that is wrong with what is kept of a bundle.
type Fault struct {
	Kind FaultKind
	// Key is the object's, or that which it would have.
	Key string
	// Detail says to people what was found, in Chinese.
	Detail string
	// Again says that reading the bundle again brings it back, once what is there under the
	// keys Aside is out of the way.
	Again bool
	Aside []string
}

// Condition is what [Verify] found of a bundle.
type Condition struct {
	Faults []Fault
	// Arrangement is the number of the newest arrangement of its pages, 0 for none.
	Arrangement int
	// Source says that who brought it was told that it is kept.
	Source bool
}

// Verify reads all that is kept of a bundle and holds it against its name and against one
// another. infos are what a listing has below the bundle's name; calls finds the profile by
// which a result was made. Errors are those of the store, when it could not be read to the
// end, and not about what is kept.
func Verify(ctx context.Context, s storage.Store, sha string, infos []storage.Info, calls func(id string) *call.Call) (Condition, error) {
	v := &verifier{
		ctx: ctx, store: s, sha: sha, calls: calls, originals: map[int]int64{},
		results: map[string]*readResult{}, logs: map[Log]map[int]bool{},
	}
	for _, info := range infos {
		if err := v.object(info); err != nil {
			return v.Condition, err
		}
	}
	if err := v.together(); err != nil {
		return v.Condition, err
	}
	slices.SortStableFunc(v.Faults, func(a, b Fault) int { return strings.Compare(a.Key, b.Key) })
	return v.Condition, nil
}

// verifier looks at one bundle.
type verifier struct {
	Condition
	ctx   context.Context
	store storage.Store
	sha   string
	calls func(id string) *call.Call

	originals map[int]int64 // sizes by number, -1 where damaged
	source    *source       // nil where it is not there or not sound
	results   map[string]*readResult
	logs      map[Log]map[int]bool
}

// readResult is what is there of a result.
type readResult struct {
	there map[string]bool // by the object's name
	sound *bundle.Result  // nil where it is damaged or missing
	bad   []string        // keys that are no good
}

func (v *verifier) find(kind FaultKind, key, format string, args ...any) {
	v.Faults = append(v.Faults, Fault{Kind: kind, Key: key, Detail: fmt.Sprintf(format, args...)})
}

// bytes reads an object; ok is false where it is damaged or gone, which is told.
func (v *verifier) bytes(key string) (b []byte, ok bool, err error) {
	b, err = storage.ReadAll(v.ctx, v.store, key)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, false, nil // moved since it was listed
	}
	return b, err == nil, v.damage(key, err)
}

// damage tells of an object whose bytes are not those that were stored, and gives errors of
// other kinds.
func (v *verifier) damage(key string, err error) error {
	if errors.Is(err, storage.ErrCorrupt) {
		v.find(Damaged, key, "内容损坏，与存入时不一致")
		return nil
	}
	return err
}

// decoded reads an object that is JSON.
func (v *verifier) decoded(key string, into any) (ok bool, err error) {
	b, ok, err := v.bytes(key)
	if err != nil || !ok {
		return false, err
	}
	if err := json.Unmarshal(b, into); err != nil {
		v.find(Wrong, key, "内容不是应有的格式（%v）", err)
		return false, nil
	}
	return true, nil
}

// object looks at one object by itself.
func (v *verifier) object(info storage.Info) error {
	rest := strings.TrimPrefix(info.Key, root+v.sha+"/")
	part := strings.Split(rest, "/")
	switch {
	case rest == "source.json":
		v.Source = true
		var src source
		ok, err := v.decoded(info.Key, &src)
		if ok {
			v.source = &src
		}
		return err
	case len(part) == 2 && part[0] == "original":
		if n, err := strconv.Atoi(part[1]); err == nil && n > 0 && originalKey(v.sha, n) == info.Key {
			v.originals[n] = info.Size // read with the others, in their order
			return nil
		}
	case len(part) == 3 && part[0] == "results":
		return v.result(info.Key, part[1], part[2])
	case len(part) == 2:
		log := Log(part[0])
		n, err := strconv.Atoi(strings.TrimSuffix(part[1], ".json"))
		if known := []Log{Corrections, Arrangements, Events}; slices.Contains(known, log) && err == nil && n > 0 && logKey(v.sha, log, n) == info.Key {
			return v.record(info.Key, log, n)
		}
	}
	v.find(Orphan, info.Key, "不是本程序存放的东西")
	return nil
}

// record looks at something that people said of the bundle, or that became of it.
func (v *verifier) record(key string, log Log, n int) error {
	if v.logs[log] == nil {
		v.logs[log] = map[int]bool{}
	}
	v.logs[log][n] = true
	if log == Arrangements {
		v.Arrangement = max(v.Arrangement, n)
	}
	numbered := struct {
		Seq int `json:"seq"`
	}{}
	var whole any = &struct{}{}
	switch log {
	case Corrections:
		whole = &correct.Correction{}
	case Arrangements:
		whole = &Arrangement{}
	}
	b, ok, err := v.bytes(key)
	if err != nil || !ok {
		return err
	}
	if err := errors.Join(json.Unmarshal(b, &numbered), json.Unmarshal(b, whole)); err != nil {
		v.find(Wrong, key, "内容不是应有的格式（%v）", err)
	} else if numbered.Seq != n {
		v.find(Wrong, key, "它说自己是第 %d 条", numbered.Seq)
	}
	return nil
}

// result looks at an object of a result.
func (v *verifier) result(key, version, name string) error {
	r := v.results[version]
	if r == nil {
		r = &readResult{there: map[string]bool{}}
		v.results[version] = r
	}
	r.there[name] = true
	faults := len(v.Faults)
	var err error
	switch {
	case name == "result.json":
		err = v.resultJSON(key, r)
	case name == "text.json":
		_, err = v.decoded(key, &[]PageText{})
	case strings.HasPrefix(name, "brief-") && strings.HasSuffix(name, ".json"):
		_, err = v.decoded(key, &brief{})
	default:
		v.find(Orphan, key, "不是本程序存放的东西")
		return nil
	}
	if len(v.Faults) > faults {
		r.bad = append(r.bad, key)
	}
	return err
}

func (v *verifier) resultJSON(key string, r *readResult) error {
	read := &bundle.Result{}
	ok, err := v.decoded(key, read)
	switch {
	case !ok || err != nil:
		return err
	case read.SHA256 != v.sha:
		v.find(Wrong, key, "它是另一份材料（%.12s）的结果", read.SHA256)
	case len(read.PageInfo) != read.Pages:
		v.find(Wrong, key, "它说有 %d 页，却记着 %d 页", read.Pages, len(read.PageInfo))
	default:
		restore(read)
		r.sound = read
	}
	return nil
}

// together holds the objects of the bundle against one another.
func (v *verifier) together() error {
	sound, err := v.original()
	if err != nil {
		return err
	}
	if !v.Source {
		key := root + v.sha + "/source.json"
		if len(v.results)+len(v.logs) > 0 {
			v.find(Lost, key, "缺少来源记录，这份材料不会出现在工作台上")
		} else {
			for _, n := range slices.Sorted(maps.Keys(v.originals)) {
				v.find(Orphan, originalKey(v.sha, n), "只有原件，没有来源记录：接收时中断，从未确认收到")
			}
		}
	}
	for log, numbers := range v.logs {
		for n := 1; n < slices.Max(slices.Collect(maps.Keys(numbers))); n++ {
			if !numbers[n] {
				v.find(Lost, logKey(v.sha, log, n), "缺少第 %d 条记录，后面的还在", n)
			}
		}
	}
	return v.read(sound)
}

// original hashes the originals together, and says whether they are those that the bundle
// is named by.
func (v *verifier) original() (sound bool, err error) {
	last := 0
	for n := range v.originals {
		last = max(last, n)
	}
	if v.source != nil {
		last = max(last, len(v.source.Files))
	}
	sound = last > 0
	all := sha256.New()
	for n := 1; n <= last; n++ {
		key := originalKey(v.sha, n)
		size, there := v.originals[n]
		if !there {
			v.find(Lost, key, "缺少原件")
			sound = false
			continue
		}
		whole, err := v.hash(all, key)
		if err != nil {
			return false, err
		}
		sound = sound && whole
		if v.source != nil && n <= len(v.source.Files) && v.source.Files[n-1].Size != size {
			v.find(Wrong, key, "有 %d 字节，收到时是 %d 字节", size, v.source.Files[n-1].Size)
			sound = false
		}
	}
	if sound && hex.EncodeToString(all.Sum(nil)) != v.sha {
		v.find(Wrong, originalKey(v.sha, 1), "原件的 SHA-256 与材料的名字不符：它被换过")
		sound = false
	}
	if last == 0 {
		v.find(Lost, originalKey(v.sha, 1), "缺少原件")
	}
	return sound, nil
}

// hash adds an original's bytes to a hash, and says whether they are whole.
func (v *verifier) hash(all hash.Hash, key string) (bool, error) {
	r, err := v.store.Get(v.ctx, key)
	if err == nil {
		_, err = io.Copy(all, r)
		err = errors.Join(err, r.Close())
	}
	return err == nil, v.damage(key, err)
}

// read looks at the results as a whole: what is missing of them, and whether there is one of
// the pages as they lie now. originals says whether the bundle can be read again.
func (v *verifier) read(originals bool) error {
	again := false // some result is there for the pages as they lie now
	for _, version := range slices.Sorted(maps.Keys(v.results)) {
		r := v.results[version]
		b := stored{sha: v.sha, version: version}
		lost := r.sound != nil && !r.there["text.json"]
		if lost {
			v.find(Lost, resultKey(v.sha, version, "text.json"), "缺少各页的文字，检索不到")
		}
		main := []string{resultKey(v.sha, version, "result.json"), resultKey(v.sha, version, "text.json")}
		broken := lost || slices.ContainsFunc(r.bad, func(key string) bool { return slices.Contains(main, key) })
		if r.sound != nil && !broken && b.arrangement() == v.Arrangement {
			again = true
		}
		v.mendable(version, r, broken, originals)
		if r.sound != nil {
			if err := v.brief(version, r); err != nil {
				return err
			}
		}
	}
	if again || slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Again }) {
		return nil
	}
	if v.Source || len(v.results) > 0 {
		v.Faults = append(v.Faults, Fault{Kind: Unread, Key: root + v.sha + "/results/", Detail: "没有结果", Again: originals && v.Source})
	}
	return nil
}

// mendable says of the faults of a result what mends them: all of it out of the way, and the
// bundle read again; of a brief, only the brief.
func (v *verifier) mendable(version string, r *readResult, broken, originals bool) {
	prefix := resultKey(v.sha, version, "")
	var all []string
	for name := range r.there {
		all = append(all, prefix+name)
	}
	slices.Sort(all)
	for i := range v.Faults {
		f := &v.Faults[i]
		switch {
		case !strings.HasPrefix(f.Key, prefix) || f.Kind == Orphan:
		case strings.HasPrefix(f.Key, prefix+"brief-"):
			f.Aside = []string{f.Key}
		case broken && originals && v.Source:
			f.Again, f.Aside = true, all
		}
	}
}

// brief holds what is derived of a result against it.
func (v *verifier) brief(version string, r *readResult) error {
	fields := briefFields(v.calls(stored{version: version}.call()))
	key := briefKey(v.sha, version, fields)
	if !r.there[key[strings.LastIndexByte(key, '/')+1:]] || slices.Contains(r.bad, key) {
		return nil // it is made when it is needed
	}
	have, ok, err := v.bytes(key)
	if err != nil || !ok {
		return err
	}
	full, ok, err := v.bytes(resultKey(v.sha, version, "result.json"))
	if err != nil || !ok {
		return err
	}
	var b brief
	if err := json.Unmarshal(full, &b); err != nil {
		return nil // resultJSON told of it
	}
	b.shorten(fields)
	want, err := json.MarshalIndent(&b, "", " ")
	if err != nil {
		return fmt.Errorf("encode the brief of %s: %w", v.sha, err)
	}
	if !bytes.Equal(have, append(want, '\n')) {
		v.Faults = append(v.Faults, Fault{Kind: Outdated, Key: key, Detail: "摘要与结果不符", Aside: []string{key}})
	}
	return nil
}
