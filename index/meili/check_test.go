package meili_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"sealdesk/index"
	"sealdesk/index/meili"
	"sealdesk/index/meili/meilitest"
)

func TestCheck(t *testing.T) {
	few := slices.DeleteFunc(slices.Clone(meili.Actions), func(a string) bool { return a == "indexes.swap" })
	reader := meilitest.Key{Key: "reader", Actions: []string{"search"}, Indexes: []string{"*"}}
	lacking := meilitest.Key{Key: "lacking", Actions: few, Indexes: []string{"office*"}}
	elsewhere := meilitest.Key{Key: "elsewhere", Actions: meili.Actions, Indexes: []string{"shop*"}}
	keys := []meilitest.Key{reader, lacking, elsewhere}
	for name, test := range map[string]struct {
		server meilitest.Options
		change func(*meili.Options)
		ok     bool
		says   []string
	}{
		"good":                {ok: true, says: []string{"Meilisearch 1.50.0", "还没有检索库 office", "有 0 个任务等待"}},
		"administrator":       {change: func(o *meili.Options) { o.Key = master }, ok: true, says: []string{"warning: 用的是管理员密钥"}},
		"no server":           {change: func(o *meili.Options) { o.URL = "http://127.0.0.1:1" }, says: []string{"请启动 Meilisearch"}},
		"no key":              {change: func(o *meili.Options) { o.Key = "" }, says: []string{"服务器要求密钥"}},
		"wrong key":           {change: func(o *meili.Options) { o.Key = "none" }, says: []string{"search、documents.add"}},
		"key to read":         {change: func(o *meili.Options) { o.Key = "reader" }, says: []string{"缺少 indexes.create"}},
		"key without swap":    {change: func(o *meili.Options) { o.Key = "lacking" }, says: []string{"缺少 indexes.swap"}},
		"key for others":      {change: func(o *meili.Options) { o.Key = "elsewhere" }, says: []string{"对检索库 office* 有权限"}},
		"too old":             {server: meilitest.Options{Version: "1.17.4"}, says: []string{"Meilisearch 1.17.4 版本太旧", "1.18 或更新的版本"}},
		"just new enough":     {server: meilitest.Options{Version: "1.18.0"}, ok: true, says: []string{"Meilisearch 1.18.0"}},
		"newer than is known": {server: meilitest.Options{Version: "2.0.0"}, ok: true, says: []string{"warning: Meilisearch 2.0.0 比"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.server.Keys = keys
			server, o := start(t, test.server)
			if test.change != nil {
				test.change(&o)
			}
			ctx := t.Context()
			if name == "no server" { // which would be waited for
				short, cancel := context.WithTimeout(ctx, meili.RetryTime)
				defer cancel()
				ctx = short
			}
			report, err := meili.Check(ctx, o)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			if report.OK() != test.ok {
				t.Errorf("ok is %t:\n%v", report.OK(), report)
			}
			for _, text := range test.says {
				if !strings.Contains(report.String(), text) {
					t.Errorf("the report does not say %q:\n%v", text, report)
				}
			}
			if left := server.Indexes(); len(left) > 0 {
				t.Errorf("the check left the indexes %q", left)
			}
		})
	}
}

// TestCheckQueue: tasks that wait or failed are told.
func TestCheckQueue(t *testing.T) {
	_, o := start(t, meilitest.Options{Outcome: func(task meilitest.Task) meilitest.Outcome {
		if task.Type == "documentAdditionOrUpdate" && task.Index == "office" {
			return meilitest.Fail
		}
		return meilitest.Succeed
	}})
	x := mustOpen(t, o)
	if err := x.Put(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := x.Put(t.Context(), []index.Document{doc("a", "草原")}); err == nil {
		t.Fatal("a task that fails gives no error")
	}
	report, err := meili.Check(t.Context(), o)
	if err != nil || !report.OK() || !strings.Contains(report.String(), "（documentAdditionOrUpdate）失败：") {
		t.Errorf("check gives %v, %v, want the task that failed", report, err)
	}
}
