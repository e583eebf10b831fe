package web

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/bundle"
	"sealdesk/storage"
)

var recordInPage = regexp.MustCompile(`<td class="num">(\d+)</td>`)

// records are the numbers of the records on a page.
func records(a answer) string {
	var all []string
	for _, m := range recordInPage.FindAllStringSubmatch(a.text, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

const hostileText = `<script>alert(1)</script>`

// trailDesk is a desk with a trail of eight records of three days.
func trailDesk(t *testing.T) *testDesk {
	t.Helper()
	d := newDesk(t)
	sha := strings.Repeat("0123456789abcdef", 4)
	clerk, reviewer := d.users[account.Clerk].ID, d.users[account.Reviewer].ID
	day := func(n, hour int) time.Time { return time.Date(2022, 4, n, hour, 30, 0, 0, time.Local) }
	for _, e := range []audit.Entry{
		{Time: day(1, 9), User: clerk, Action: audit.Bring, Object: "bundles/" + sha},
		{Time: day(1, 10), User: reviewer, Action: audit.View, Object: sha[:16] + "-1"},
		{Time: day(1, 23), User: reviewer, Action: audit.Correct, Object: sha[:16] + "-1", Detail: "field:contact_phone"},
		{Time: day(2, 0), User: "nobody", Action: audit.SignInRefused, Object: clerk},
		{Time: day(2, 9), User: "cli:root", Action: audit.AccountRole, Object: clerk, Detail: "staff"},
		{Time: day(3, 9), User: hostileText, Action: hostileText, Object: hostileText, Detail: hostileText},
		{Time: day(3, 10), User: clerk, Action: audit.Export, Object: "report", Detail: "=1+1"},
		{Time: day(3, 11), User: "gone", Action: "unknown-action"},
	} {
		if err := d.trail.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestAuditTrail(t *testing.T) {
	d := trailDesk(t)
	b := d.in(t, account.Admin)
	a := b.get("/audit")
	b.want(a, http.StatusOK, "2022-04-01 23:30:00", "Display clerk", "登录被拒绝", "未登录的人", "命令行（root）", "统计员", "unknown-action",
		"&lt;script&gt;alert(1)&lt;/script&gt;", "查看审计记录")
	if strings.Contains(a.text, hostileText) {
		t.Error("what a record says is markup")
	}
	if got := records(a); got != "10 9 8 7 6 5 4 3 2 1" {
		t.Errorf("the page has the records %s", got)
	}
	clerk := d.users[account.Clerk].ID
	sha := strings.Repeat("0123456789abcdef", 4)
	for query, want := range map[string]string{
		"who=" + clerk:                  "7 5 4 1", // also what was done to the account
		"who=cli:":                      "5",
		"who=nobody":                    "4",
		"action=correct":                "3",
		"bundle=" + sha:                 "3 2 1",
		"bundle=" + sha[:16] + "-1":     "3 2",
		"from=2022-04-01&to=2022-04-01": "3 2 1",
		"from=2022-04-02&to=2022-04-02": "5 4",
		"to=2022-04-02":                 "5 4 3 2 1",
		"from=2022-04-02&to=2022-04-03&who=" + clerk: "7 5 4",
		"from=2021-04-01&to=2021-04-01":              "",
		"at=3":                                       "3 2 1",
		"action=view&at=3":                           "2",
		"from=x&to=2022-99-99&at=-1&to=2022-04-02&action=bring": "1",
		"who=" + url.QueryEscape(hostileText):                   "6",
	} {
		a := b.get("/audit?" + query)
		if a.StatusCode != http.StatusOK || records(a) != want {
			t.Errorf("%s: %s, the records %s, want %s", query, a.Status, records(a), want)
		}
		if strings.Contains(a.text, hostileText) {
			t.Errorf("%s: what was asked for is markup", query)
		}
	}
	b.want(b.get("/audit?action=cancel"), http.StatusOK, "没有这样的记录")
	b.post("/language", url.Values{"lang": {"en"}})
	b.want(b.get("/audit?who=cli:"), http.StatusOK, "Command line (root)", "Changed a role", "Staff")
	if got := d.entries(t, audit.ReadTrail); len(got) < 10 || got[len(got)-1].Detail != "who=cli%3A" {
		t.Errorf("reading the trail left %+v", got)
	}
}

// TestAuditPages: each record stands on one page, and a search that takes too long says
// how far it came.
func TestAuditPages(t *testing.T) {
	d := newDesk(t)
	for i := range 230 {
		if err := d.trail.Append(t.Context(), audit.Entry{User: "u", Action: audit.View, Object: fmt.Sprint("o", i)}); err != nil {
			t.Fatal(err)
		}
	}
	b := d.in(t, account.Admin)
	older := regexp.MustCompile(`href="([^"]+)" rel="next"`)
	follow := func(path string) (seen []string, stopped int) {
		for path != "" {
			a := b.get(path)
			b.want(a, http.StatusOK)
			seen = append(seen, strings.Fields(records(a))...)
			if strings.Contains(a.text, "先查到") {
				stopped++
			}
			path = ""
			if m := older.FindStringSubmatch(a.text); m != nil {
				path = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		return seen, stopped
	}
	seen, stopped := follow("/audit?who=u")
	if len(seen) != 230 || seen[0] != "230" || seen[229] != "1" || stopped > 0 {
		t.Errorf("%d records on the pages, stopped %d times", len(seen), stopped)
	}
	d.patience = 0
	if seen, stopped := follow("/audit?bundle=o3&at=12"); strings.Join(seen, " ") != "4" || stopped == 0 {
		t.Errorf("the records %q, stopped %d times", seen, stopped)
	}
}

// TestAuditDamaged: a record that somebody spoilt is shown as that, whatever is asked for.
func TestAuditDamaged(t *testing.T) {
	d := newDesk(t, func(s storage.Store) {
		if err := s.Put(t.Context(), "audit/000000000001.json", strings.NewReader(hostileText)); err != nil {
			t.Fatal(err)
		}
	})
	b := d.in(t, account.Admin)
	a := b.get("/audit?action=correct")
	b.want(a, http.StatusOK, "改动、损坏或缺失")
	if got := records(a); got != "1" || strings.Contains(a.text, hostileText) {
		t.Errorf("the page has the records %s", got)
	}
}

// TestAuditExport: the file has what the page has, a formula in it is none, and to export
// it is on record.
func TestAuditExport(t *testing.T) {
	d := trailDesk(t)
	b := d.in(t, account.Admin)
	clerk := d.users[account.Clerk].ID
	a := b.get("/audit.csv?who=" + clerk)
	b.want(a, http.StatusOK)
	if got := a.Header.Get("Content-Disposition"); !strings.Contains(got, "attachment") || !strings.Contains(got, ".csv") {
		t.Errorf("it is sent as %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.text, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatalf("%q, error %v", rows, err)
	}
	if first := rows[1]; first[0] != "7" || first[2] != "Display clerk" || first[3] != clerk || first[4] != "导出" || first[8] != "'=1+1" || len(first[9]) != 64 {
		t.Errorf("the first row is %q", first)
	}
	if at, err := time.Parse(time.RFC3339, rows[1][1]); err != nil || !at.Equal(time.Date(2022, 4, 3, 10, 30, 0, 0, time.Local)) {
		t.Errorf("its time is %s", rows[1][1])
	}
	got := d.entries(t, audit.Export)
	if last := got[len(got)-1]; last.User != d.users[account.Admin].ID || last.Object != "trail" || last.Detail != "format=csv who="+clerk {
		t.Errorf("the export left %+v", last)
	}
}

// TestExportsAreRecorded: whatever can be downloaded as a file leaves a record, also what
// is added later.
func TestExportsAreRecorded(t *testing.T) {
	d, sha := reviewDesk(t, func(*bundle.Result) {})
	file := regexp.MustCompile(`\.(xlsx|csv|pdf)$`)
	tried := 0
	for _, rt := range d.routes() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		if method != http.MethodGet || !file.MatchString(path) {
			continue
		}
		tried++
		path = strings.NewReplacer("{sha}", sha, "{id}", applicationOf(t, "complete", 1)).Replace(path)
		var b *browser
		for _, role := range account.Roles() {
			if role.May(rt.right) {
				b = d.in(t, role)
			}
		}
		before := len(d.entries(t, audit.Export))
		a := b.get(path)
		after := len(d.entries(t, audit.Export))
		if a.StatusCode == http.StatusOK && after != before+1 || a.StatusCode != http.StatusOK && a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s, and %d records of exports", path, a.Status, after-before)
		}
	}
	if tried < 5 {
		t.Errorf("there are only %d such routes", tried)
	}
}
