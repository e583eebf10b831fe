package browser

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/bundle"
	"sealdesk/extract"
	"sealdesk/extract/call"
	"sealdesk/index/bleve"
	"sealdesk/pipeline"
	"sealdesk/pipeline/sheet"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// password is that of every account.
const password = "rope harbour 52"

// displays are the names that others see, by role, which is the name at sign-in.
var displays = map[account.Role]string{account.Clerk: "王芳", account.Reviewer: "乌云其木格", account.Staff: "李伟", account.Admin: "赵敏"}

// filled is a folder with data: an account for each role, and what fill puts into the
// store.
func filled(t *testing.T, fill ...func(*testing.T, storage.Store)) string {
	t.Helper()
	data := t.TempDir()
	store, err := dir.Open(filepath.Join(data, "store"))
	if err != nil {
		t.Fatal(err)
	}
	addAccounts(t, store)
	for _, f := range fill {
		f(t, store)
	}
	found, err := bleve.Open(filepath.Join(data, "index"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipeline.Reindex(t.Context(), store, found, call.Find, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(found.Close(), store.Close()); err != nil {
		t.Fatal(err)
	}
	return data
}

// addAccounts puts an account for each role into a store.
func addAccounts(t *testing.T, store storage.Store) {
	t.Helper()
	cheap := account.WithCost(account.Cost{Time: 1, Memory: 8, Threads: 1})
	accounts, err := account.Open(t.Context(), store, cheap)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range account.Roles() {
		if _, err := accounts.Add(t.Context(), "test", string(role), displays[role], role, password); err != nil {
			t.Fatal(err)
		}
	}
}

// scan is the scan of a bundle of testdata; the n-th copy has other bytes and the same
// pages.
func scan(t *testing.T, name string, n int) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/bundles", name))
	if err != nil {
		t.Fatal(err)
	}
	if n > 0 {
		b = fmt.Appendf(b, "\n%% %d\n", n)
	}
	return b
}

func shaOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// applicationOf is the id of the n-th application of a bundle.
func applicationOf(sha string, n int) string { return sha[:16] + "-" + strconv.Itoa(n) }

// paper is a bundle that was brought, and what was read of it.
type paper struct {
	name string // as its sender called it
	scan string // the file in testdata/bundles
	copy int
	by   account.Role // who brought it; "" for sealdesk process
	came time.Time
	// change changes what a perfect reader reads; nil leaves it.
	change func(*bundle.Result)
	// unread is that there is no result.
	unread bool
}

// pagesOf are the numbers of pages of the scans in testdata.
var pagesOf = map[string]int{"complete.pdf": 10, "no-seal.pdf": 10, "two-applications.tif": 21}

// sha is the paper's name in the store.
func (a paper) sha(t *testing.T) string { return shaOf(scan(t, a.scan, a.copy)) }

// put puts the paper into a store as if it had been read.
func (a paper) put(t *testing.T, s storage.Store) {
	t.Helper()
	original := scan(t, a.scan, a.copy)
	sha := shaOf(original)
	keep := func(key string, v any) {
		t.Helper()
		if err := storage.PutJSON(t.Context(), s, key, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Put(t.Context(), "bundles/"+sha+"/original/1", bytes.NewReader(original)); err != nil {
		t.Fatal(err)
	}
	keep("bundles/"+sha+"/source.json", map[string]any{"files": []map[string]any{{"name": a.name, "size": len(original)}}})
	if a.came.IsZero() {
		a.came = time.Date(2022, 4, 12, 9, 30, 0, 0, time.Local)
	}
	if a.by != "" {
		keep(fmt.Sprintf("intake/%s-%.12s.json", a.came.UTC().Format("20060102T150405.000000000"), sha), map[string]any{
			"bundle": sha, "name": a.name, "files": []string{a.name}, "by": string(a.by), "by_name": displays[a.by],
			"time": a.came.UTC(), "pages": pagesOf[a.scan], "receipt": sheet.NewReceipt(call.Builtin()[0].ID, a.came, a.came.Hour()*60+a.came.Minute()),
		})
	}
	if a.unread {
		return
	}
	r := a.read(t, sha)
	c := call.Find(r.Applications[0].Call)
	version := "bundles/" + sha + "/results/0001-00000000-" + c.ID + "-" + c.Version + "/"
	keep(version+"text.json", texts(r))
	keep(version+"result.json", r)
}

// read is what a perfect reader reads, changed.
func (a paper) read(t *testing.T, sha string) *bundle.Result {
	t.Helper()
	name := a.scan[:len(a.scan)-len(filepath.Ext(a.scan))]
	truth, err := os.ReadFile(filepath.Join("../../testdata/truth", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	r := &bundle.Result{}
	if err := json.Unmarshal(truth, r); err != nil {
		t.Fatal(err)
	}
	r.SHA256, r.File = sha, a.name
	for i := range r.Applications {
		app := &r.Applications[i]
		app.ID = applicationOf(sha, i+1)
		app.Plan = wholePlan(app)
		for k := range app.Checks {
			c := &app.Checks[k]
			if c.Message = sentences[c.ID]; c.Message == "" {
				c.Message = "检查" + c.ID
			}
		}
	}
	if a.change != nil {
		a.change(r)
	}
	return r
}

// sentences are those of the checks that fail in testdata; truth has none.
var sentences = map[string]string{
	"seal.host_unit.present":       "未盖依托单位公章（第8页）",
	"document.implementation_plan": "缺少实施方案",
}

// texts are the pages' texts, as far as they are known: the values of fields.
func texts(r *bundle.Result) []pipeline.PageText {
	text := make([]pipeline.PageText, r.Pages)
	for i, info := range r.PageInfo {
		text[i] = pipeline.PageText{Page: info.Page, Kind: info.Kind, Lines: []extract.Text{}}
	}
	for _, app := range r.Applications {
		for _, f := range app.Fields {
			if value, ok := f.Value.(string); ok && f.Page > 0 {
				text[f.Page-1].Lines = append(text[f.Page-1].Lines, extract.Text{Text: value, Box: f.Box})
			}
		}
	}
	return text
}

// wholePlan is a plan with all headings of its guide; truth has none.
func wholePlan(app *bundle.Application) *bundle.Plan {
	page := 0
	for _, d := range app.Documents {
		if d.Kind == bundle.ImplementationPlan && len(d.Pages) > 0 {
			page = d.Pages[0]
		}
	}
	chosen, _ := app.Fields["base_type"].Value.([]any)
	c := call.Find(app.Call)
	if page == 0 || c == nil || len(chosen) != 1 {
		return nil
	}
	for _, p := range c.Plans {
		for _, kind := range p.For {
			if kind != chosen[0] {
				continue
			}
			out := &bundle.Plan{Guide: p.ID, Confidence: 1, Page: page, Box: bundle.Box{0.1, 0.1, 0.9, 0.2}}
			for _, h := range p.Headings {
				out.Headings = append(out.Headings, bundle.Heading{Text: h, Found: true, Confidence: 1, Page: page})
			}
			return out
		}
	}
	return nil
}

// labelOf is what a call calls a field.
func labelOf(a *bundle.Application, key string) string {
	if c := call.Find(a.Call); c != nil {
		for _, f := range c.Fields {
			if f.Key == key {
				return f.Label
			}
		}
	}
	return key
}

// doubtful makes a value one that a person has to look at.
func doubtful(key, value string) func(*bundle.Result) {
	return func(r *bundle.Result) {
		a := &r.Applications[0]
		f := a.Fields[key]
		f.Value, f.Confidence, f.Note = value, 0.3, "读得不准，请核对"
		a.Fields[key] = f
		a.Verdict = bundle.NeedsReview
		a.Checks = append(a.Checks, bundle.Check{
			ID: "field." + key + ".format", Status: bundle.Review, Page: f.Page, Box: &f.Box,
			Message: fmt.Sprintf("“%s”读得不准，请核对（第%d页）", labelOf(a, key), f.Page),
		})
	}
}
