package meili

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"sealdesk/index"
)

// Actions are the rights that a key needs, on the indexes that begin with the
// prefix.
var Actions = []string{
	"search", "documents.add", "documents.get", "documents.delete",
	"indexes.create", "indexes.get", "indexes.delete", "indexes.swap",
	"settings.get", "settings.update", "tasks.get", "version",
}

// Level is how good or bad a finding is.
type Level string

// The levels.
const (
	Good    Level = "ok"
	Warning Level = "warning" // it works, but see to it
	Failure Level = "failure" // it does not work
)

// Finding is one thing that was looked at.
type Finding struct {
	Level  Level
	What   string // what is so, in Chinese
	Advice string // what to do, in Chinese; "" for a good finding
}

// Report is what [Check] found, in the order in which it looked.
type Report struct {
	Version  string // of the server, "" when it is not known
	Findings []Finding
}

// OK says whether nothing failed.
func (r Report) OK() bool {
	for _, f := range r.Findings {
		if f.Level == Failure {
			return false
		}
	}
	return true
}

func (r *Report) add(level Level, what, advice string) {
	r.Findings = append(r.Findings, Finding{level, what, advice})
}

// oldestMinor is the first minor version 1.x that does all that is asked of it:
// 1.14 knows filters by feature, 1.15 ranges of strings, and the library's swap
// needs 1.18.
const oldestMinor = 18

// seeLog is what to do when the server says what it should not.
const seeLog = "请查看 Meilisearch 的日志"

// manyTasks and oldTask are a queue that is worth a look.
const (
	manyTasks = 100
	oldTask   = 10 * time.Minute
)

// Check looks whether the server can be used as the options say, and what is
// there: the server, its version, the rights of the key, the index with its
// settings, tasks that wait or failed. To try the key's rights it makes an index
// beside the one in use, and deletes it. Faults are in the report; the error is
// for options that make no sense and for a context that ends.
func Check(ctx context.Context, o Options) (Report, error) {
	var r Report
	x, err := open(o)
	if err != nil {
		return r, err
	}
	s := x.server
	defer s.closer.CloseIdleConnections()
	if s.reachable(ctx, &r) {
		s.checkVersion(ctx, &r)
		if s.checkRights(ctx, &r, x.uid) {
			s.checkIndex(ctx, &r, x.uid)
			s.checkTasks(ctx, &r, x.uid)
		}
	}
	if err := ctx.Err(); err != nil {
		return r, fmt.Errorf("index/meili: check: %w", err)
	}
	return r, nil
}

func (s *server) reachable(ctx context.Context, r *Report) bool {
	health, err := s.api.HealthWithContext(ctx)
	switch {
	case err != nil:
		r.add(Failure, fmt.Sprintf("无法连接（%v）", s.failed("reach the server", err)), "请启动 Meilisearch，或改正 index.meili.url")
		return false
	case health.Status != "available":
		r.add(Failure, "服务器自称状态为 "+strconv.Quote(health.Status), seeLog)
		return false
	}
	r.add(Good, "服务器可以连接", "")
	return true
}

func (s *server) checkVersion(ctx context.Context, r *Report) {
	version, err := s.api.VersionWithContext(ctx)
	if err != nil {
		if statusOf(err) == http.StatusForbidden {
			r.add(Warning, "密钥无权查看服务器版本", fmt.Sprintf("请确认是 1.%d 或更新的版本，或给该密钥加上权限 version", oldestMinor))
		} else {
			r.add(Failure, fmt.Sprintf("无法查看版本（%v）", s.failed("ask for the version", err)), "请核对地址是不是 Meilisearch，是否需要密钥")
		}
		return
	}
	r.Version = version.PkgVersion
	major, rest, _ := strings.Cut(version.PkgVersion, ".")
	minor, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(minor)
	switch {
	case major == "1" && err == nil && n >= oldestMinor:
		r.add(Good, "Meilisearch "+version.PkgVersion, "")
	case major == "1" && err == nil || major == "0":
		r.add(Failure, "Meilisearch "+version.PkgVersion+" 版本太旧", fmt.Sprintf("请安装 1.%d 或更新的版本", oldestMinor))
	default:
		r.add(Warning, "Meilisearch "+version.PkgVersion+" 比本程序所知的版本新", "请试一次检索；如有异常，请改用 1.x")
	}
}

func statusOf(err error) int {
	var e *serverError
	if errors.As(err, &e) {
		return e.status
	}
	var api *meilisearch.Error
	if errors.As(err, &api) {
		return api.StatusCode
	}
	return 0
}

// checkRights does on an index of its own what the index in use needs.
func (s *server) checkRights(ctx context.Context, r *Report, uid string) bool {
	probe := uid + newMark + "check" + strings.ToLower(rand.Text()[:12])
	doc := index.Document{ID: "check", Bundle: "check", BaseName: "检查"}
	steps := []struct {
		actions string
		do      func() error
	}{
		{"indexes.create, settings.update and tasks.get", func() error { return s.create(ctx, probe) }},
		{"indexes.get and settings.get", func() error { return s.verify(ctx, probe) }},
		{"documents.add, documents.get and documents.delete", func() error {
			return errors.Join(
				s.apply(ctx, probe, []index.Change{{Bundle: "check", Documents: []index.Document{doc}}}),
				s.apply(ctx, probe, []index.Change{{Bundle: "check"}}))
		}},
		{"search", func() error {
			_, err := s.api.Index(probe).SearchRawWithContext(ctx, "", &meilisearch.SearchRequest{Limit: 1})
			if err != nil {
				return s.failed("search", err)
			}
			return nil
		}},
		{"indexes.swap", func() error { return s.tryRight(ctx, probe) }},
		{"indexes.delete", func() error { return s.remove(ctx, probe) }},
	}
	for i, step := range steps {
		err := step.do()
		if err == nil {
			continue
		}
		advice := "请查看 Meilisearch 的日志，以及磁盘是否已满"
		switch statusOf(err) {
		case http.StatusUnauthorized:
			advice = "服务器要求密钥。请用 index.meili.key_file 给出"
		case http.StatusForbidden:
			advice = fmt.Sprintf("请换用对检索库 %s* 有权限 %s 的密钥；现在的密钥缺少 %s，或不能用于这些检索库", uid, strings.Join(Actions, "、"), step.actions)
		}
		r.add(Failure, fmt.Sprintf("试用失败（%v）", err), advice)
		if i > 0 && i < len(steps)-1 {
			tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
			defer cancel()
			if err := s.remove(tidy, probe); err != nil {
				r.add(Warning, fmt.Sprintf("试用的检索库没有删掉（%v）", err), "请删除 "+probe)
			}
		}
		return false
	}
	r.add(Good, "密钥权限足够", "")
	if _, err := s.api.GetKeysWithContext(ctx, &meilisearch.KeysQuery{Limit: 1}); err == nil && s.key != "" {
		r.add(Warning, "用的是管理员密钥", fmt.Sprintf("最好另建一个只对检索库 %s* 有权限 %s 的密钥", uid, strings.Join(Actions, "、")))
	} else if s.key == "" {
		r.add(Warning, "服务器不要求密钥", "如果别的机器也能访问它，请设置主密钥（master key）后再启动")
	}
	return true
}

// tryRight asks for a swap of an index with one that does not exist, which is
// taken in only from a key that may swap, and then fails.
func (s *server) tryRight(ctx context.Context, uid string) error {
	_, err := s.api.SwapIndexesWithContext(ctx, []*meilisearch.SwapIndexesParams{{Indexes: []string{uid, uid + "-none"}}})
	if err != nil {
		return s.failed("swap indexes", err)
	}
	return nil
}

func (s *server) checkIndex(ctx context.Context, r *Report, uid string) {
	err := s.verify(ctx, uid)
	switch {
	case isCode(err, "index_not_found"):
		r.add(Good, "还没有检索库 "+uid+"，需要时建立", "")
	case errors.Is(err, index.ErrRebuild):
		r.add(Failure, fmt.Sprintf("检索库 %s 不能使用（%v）", uid, err), "请运行 sealdesk reindex")
	case err != nil:
		r.add(Failure, fmt.Sprintf("无法查看检索库 %s（%v）", uid, err), seeLog)
	default:
		r.add(Good, "检索库 "+uid+" 设置正确", "")
	}
	left, err := s.unfinished(ctx, uid)
	if err != nil {
		r.add(Warning, fmt.Sprintf("无法列出检索库（%v）", err), seeLog)
		return
	}
	for _, other := range left {
		if time.Since(other.UpdatedAt) >= orphanAge {
			r.add(Warning, "有一次没有完成的重建留下了 "+other.UID, "不必处理，下次使用时会自动删除")
		}
	}
}

func (s *server) checkTasks(ctx context.Context, r *Report, uid string) {
	waiting, err := s.api.GetTasksWithContext(ctx, &meilisearch.TasksQuery{
		IndexUIDS: []string{uid}, Limit: 1000, Statuses: []meilisearch.TaskStatus{meilisearch.TaskStatusEnqueued, meilisearch.TaskStatusProcessing},
	})
	if err != nil {
		r.add(Warning, fmt.Sprintf("无法列出任务（%v）", s.failed("list tasks", err)), seeLog)
		return
	}
	var age time.Duration
	for _, task := range waiting.Results {
		age = max(age, time.Since(task.EnqueuedAt))
	}
	what := fmt.Sprintf("有 %d 个任务等待", len(waiting.Results))
	if len(waiting.Results) > manyTasks || age > oldTask {
		r.add(Warning, fmt.Sprintf("%s，最早的已等 %s", what, age.Round(time.Second)), "请稍候，或查看是不是有别的程序占用服务器")
	} else {
		r.add(Good, what, "")
	}
	failed, err := s.api.GetTasksWithContext(ctx, &meilisearch.TasksQuery{
		IndexUIDS: []string{uid}, Limit: 1, Statuses: []meilisearch.TaskStatus{meilisearch.TaskStatusFailed},
	})
	if err == nil && len(failed.Results) > 0 && time.Since(failed.Results[0].FinishedAt) < 24*time.Hour {
		task := failed.Results[0]
		r.add(Warning, fmt.Sprintf("任务 %d（%s）失败：%v", task.UID, task.Type, s.failed("task", taskError(&task))),
			"如果有申报检索不到，请运行 sealdesk reindex")
	}
}

// String gives the report as lines of text.
func (r Report) String() string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s: %s\n", f.Level, f.What)
		if f.Advice != "" {
			fmt.Fprintf(&b, "    %s\n", f.Advice)
		}
	}
	return b.String()
}
