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
	What   string // what is so
	Advice string // what to do, "" for a good finding
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
		r.add(Failure, s.failed("reach the server", err).Error(), "Start Meilisearch, or set right the URL under index:.")
		return false
	case health.Status != "available":
		r.add(Failure, "the server says that it is "+strconv.Quote(health.Status), "Look into the log of Meilisearch.")
		return false
	}
	r.add(Good, "the server answers", "")
	return true
}

func (s *server) checkVersion(ctx context.Context, r *Report) {
	version, err := s.api.VersionWithContext(ctx)
	if err != nil {
		if statusOf(err) == http.StatusForbidden {
			r.add(Warning, "the key may not ask for the server's version", fmt.Sprintf("See that it is 1.%d or later, or give the key the action version.", oldestMinor))
		} else {
			r.add(Failure, s.failed("ask for the version", err).Error(), "See whether the URL is that of Meilisearch and whether it needs a key.")
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
		r.add(Failure, "Meilisearch "+version.PkgVersion+" is too old", fmt.Sprintf("Install 1.%d or later.", oldestMinor))
	default:
		r.add(Warning, "Meilisearch "+version.PkgVersion+" is newer than this program knows", "Try a search after each update; install 1.x if something is wrong.")
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
				s.apply(ctx, probe, []change{{bundle: "check", docs: []index.Document{doc}}}),
				s.apply(ctx, probe, []change{{bundle: "check"}}))
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
		advice := "Look into the log of Meilisearch and whether its disk is full."
		switch statusOf(err) {
		case http.StatusUnauthorized:
			advice = "Give the server's key: it asks for one."
		case http.StatusForbidden:
			advice = fmt.Sprintf("Give a key with the actions %s on the indexes %s*; this one lacks %s, or the indexes.", strings.Join(Actions, ", "), uid, step.actions)
		}
		r.add(Failure, err.Error(), advice)
		if i > 0 && i < len(steps)-1 {
			tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
			defer cancel()
			if err := s.remove(tidy, probe); err != nil {
				r.add(Warning, err.Error(), "Delete the index "+probe+".")
			}
		}
		return false
	}
	r.add(Good, "the key may do all that is needed", "")
	if _, err := s.api.GetKeysWithContext(ctx, &meilisearch.KeysQuery{Limit: 1}); err == nil && s.key != "" {
		r.add(Warning, "the key is that of an administrator", fmt.Sprintf("Make one with only the actions %s on the indexes %s*.", strings.Join(Actions, ", "), uid))
	} else if s.key == "" {
		r.add(Warning, "the server asks for no key", "Start it with a master key if others can reach it.")
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
		r.add(Good, "there is no index "+uid+" yet; it is made when it is needed", "")
	case errors.Is(err, index.ErrRebuild):
		r.add(Failure, err.Error(), "Run sealdesk reindex.")
	case err != nil:
		r.add(Failure, err.Error(), "Look into the log of Meilisearch.")
	default:
		r.add(Good, "the index "+uid+" is set up as it should be", "")
	}
	left, err := s.unfinished(ctx, uid)
	if err != nil {
		r.add(Warning, err.Error(), "Look into the log of Meilisearch.")
		return
	}
	for _, other := range left {
		if time.Since(other.UpdatedAt) >= orphanAge {
			r.add(Warning, "the index "+other.UID+" was left behind", "Nothing: it is deleted when the index is opened next.")
		}
	}
}

func (s *server) checkTasks(ctx context.Context, r *Report, uid string) {
	waiting, err := s.api.GetTasksWithContext(ctx, &meilisearch.TasksQuery{
		IndexUIDS: []string{uid}, Limit: 1000, Statuses: []meilisearch.TaskStatus{meilisearch.TaskStatusEnqueued, meilisearch.TaskStatusProcessing},
	})
	if err != nil {
		r.add(Warning, s.failed("list tasks", err).Error(), "Look into the log of Meilisearch.")
		return
	}
	var age time.Duration
	for _, task := range waiting.Results {
		age = max(age, time.Since(task.EnqueuedAt))
	}
	what := fmt.Sprintf("%d tasks wait", len(waiting.Results))
	if len(waiting.Results) > manyTasks || age > oldTask {
		r.add(Warning, fmt.Sprintf("%s, the oldest for %s", what, age.Round(time.Second)), "Wait, or look whether another program keeps the server busy.")
	} else {
		r.add(Good, what, "")
	}
	failed, err := s.api.GetTasksWithContext(ctx, &meilisearch.TasksQuery{
		IndexUIDS: []string{uid}, Limit: 1, Statuses: []meilisearch.TaskStatus{meilisearch.TaskStatusFailed},
	})
	if err == nil && len(failed.Results) > 0 && time.Since(failed.Results[0].FinishedAt) < 24*time.Hour {
		task := failed.Results[0]
		r.add(Warning, fmt.Sprintf("task %d (%s) failed: %s", task.UID, task.Type, s.failed("task", taskError(&task))),
			"Run sealdesk reindex if applications are missing.")
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
