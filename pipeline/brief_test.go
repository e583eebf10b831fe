package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"sealdesk/bundle"
	"sealdesk/extract/call"
	"sealdesk/storage"
	"sealdesk/storage/dir"
)

// TestBriefResult: what is filed of a stored result at the start is what was filed when
// it was kept, whatever kinds of fields the rules name.
func TestBriefResult(t *testing.T) {
	ctx := t.Context()
	store, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	c := *call.Builtin()[0]
	// A text, a number, labels and rows.
	c.Duplicate.Fields = []string{"host_unit_name", "staff_doctor", "base_type", "projects"}
	c.Search.Name = []string{"base_name"}
	broken := &bundle.Error{Code: bundle.CodeDamaged, Message: "坏了"}
	result := &bundle.Result{
		File: "甲.pdf", SHA256: fmt.Sprintf("%064x", 1), Pages: 3,
		PageInfo: []bundle.PageInfo{{Page: 1, Flaws: []bundle.Flaw{{Kind: bundle.Blurred}}}, {Page: 2, Error: broken}, {Page: 3}},
		Applications: []bundle.Application{
			{
				ID: "a-1", Call: c.ID, Year: 2022, Verdict: bundle.NeedsReview, Gaps: []bundle.Gap{{After: 1, Message: "缺页"}},
				Fields: map[string]bundle.Field{
					"host_unit_name": {Value: " 青禾大学 "}, "staff_doctor": {Value: 12}, "base_type": {Value: []string{"甲", "乙"}},
					"projects": {Value: []map[string]string{{"name": "项目"}}}, "overview": {Value: "长文"}, "recommending_dept": {Value: "青禾市科技局"},
					"base_name": {Value: "基地"}, "email": {Value: ""},
				},
				Seals: []bundle.Seal{{Role: bundle.HostUnit, Page: 8}, {Role: bundle.Unknown}}, Signatures: []bundle.Signature{{Role: bundle.HostUnit, Present: true}},
				Checks: []bundle.Check{{ID: "page.2.readable", Status: bundle.Review, Message: "请看"}, {ID: "plan.type", Status: bundle.Pass}, {ID: "date.deadline", Status: bundle.Fail}},
			},
			{ID: "a-2", Call: "another", Verdict: bundle.Complete, Fields: map[string]bundle.Field{"host_unit_name": {Value: ""}}},
			{ID: "a-3", Call: c.ID, Verdict: bundle.Incomplete},
		},
	}
	if err := storage.PutJSON(ctx, store, resultKey(result.SHA256, "0001-x-call-v", "result.json"), result); err != nil {
		t.Fatal(err)
	}
	full, err := loadResult(ctx, store, result.SHA256, "0001-x-call-v")
	if err != nil {
		t.Fatal(err)
	}
	short, err := loadBrief(ctx, store, result.SHA256, "0001-x-call-v", &c)
	if err != nil {
		t.Fatal(err)
	}
	// The second time it is read from beside the result, which may be damaged then.
	again, err := loadBrief(ctx, oneObject{store, briefKey(result.SHA256, "0001-x-call-v", briefFields(&c))}, result.SHA256, "0001-x-call-v", &c)
	if err != nil || !reflect.DeepEqual(again, short) {
		t.Errorf("read again it is %+v, %v, want %+v", again, err, short)
	}
	b := stored{sha: result.SHA256, version: "0001-x-call-v"}
	if have, want := summaryOf(short, b), summaryOf(full, b); !reflect.DeepEqual(have, want) {
		t.Errorf("the summary is %+v, want %+v", have, want)
	}
	if have, want := countedOf(&c, short, short), countedOf(&c, full, full); !reflect.DeepEqual(have, want) || len(want[0].Defects) != 2 {
		t.Errorf("counted is %+v, want %+v", have[0], want[0])
	}
	have, err := json.Marshal(recordsOf(&c, short))
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(recordsOf(&c, full))
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) || len(recordsOf(&c, short)) != 2 {
		t.Errorf("on file is\n%s, want\n%s", have, want)
	}
	if _, err := loadBrief(ctx, store, result.SHA256, "0001-x-call-v", nil); err != nil {
		t.Errorf("of a call that is not known: %v", err)
	}
	if _, err := loadBrief(ctx, store, fmt.Sprintf("%064x", 2), "v", &c); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("of none: %v", err)
	}
}

// oneObject is a store that has one object.
type oneObject struct {
	storage.Store
	key string
}

// Get implements storage.Store.
func (s oneObject) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if key != s.key {
		return nil, fmt.Errorf("%s: %w", key, storage.ErrCorrupt)
	}
	return s.Store.Get(ctx, key)
}

// TestInOrder: things that take differently long come in order, errors in their place,
// and nothing is left behind when somebody has enough.
func TestInOrder(t *testing.T) {
	read := func(i int) (int, error) {
		for range i % 7 {
			runtime.Gosched()
		}
		if i == 150 {
			return 0, os.ErrInvalid
		}
		return i, nil
	}
	var got []int
	var failed error
	for v, err := range inOrder(t.Context(), 200, read) {
		if err != nil {
			failed = err
			break
		}
		got = append(got, v)
	}
	if !errors.Is(failed, os.ErrInvalid) || len(got) != 150 || !slices.IsSorted(got) {
		t.Errorf("%d come before %v: %v", len(got), failed, got)
	}
	for range inOrder(t.Context(), 0, read) {
		t.Error("of nothing something comes")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range inOrder(ctx, 1000, func(i int) (int, error) { return i, nil }) {
		if n++; n == 10 {
			cancel()
		}
		if err != nil {
			failed = err
			break
		}
	}
	if !errors.Is(failed, context.Canceled) {
		t.Errorf("after it was cancelled: %v", failed)
	}
}
