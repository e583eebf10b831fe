package api

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
)

// TestReady: a part that cannot be used is named, and why is in the log alone.
func TestReady(t *testing.T) {
	a := newAPI(t, nil)
	a.ask(t, "", "GET", "/healthz", nil).want(t, 200, "ok")
	a.ask(t, "", "GET", "/readyz", nil).want(t, 200, `{"ready":true,"parts":{"index":"ok","queue":"ok","store":"ok"}}`)
	if err := a.jobs.Close(); err != nil {
		t.Fatal(err)
	}
	a.ready.asked = time.Time{}
	a.ask(t, "", "GET", "/readyz", nil).want(t, 503, `{"ready":false,"parts":{"index":"ok","queue":"failed","store":"ok"}}`)
	a.ask(t, "", "GET", "/healthz", nil).want(t, 200)
	if !strings.Contains(a.log.String(), "part=queue") {
		t.Error("the log does not say which part failed")
	}
}

// TestMetrics: they count what happens, and nobody and nothing is named in them.
func TestMetrics(t *testing.T) {
	a := newAPI(t, nil)
	a.send(t, "", file{"机密材料.png", photo(t, 1)})
	a.pass(90 * time.Second)
	a.get(t, account.Reviewer, "/api/v1/bundles/"+a.sha+"/result")
	a.get(t, account.Reviewer, "/api/v1/no-such/"+a.sha)
	a.metrics.Page(true)
	a.metrics.Stage("read", time.Second)
	got := a.get(t, account.Admin, "/metrics").want(t, 200,
		`sealdesk_bundles{state="waiting"} 1`, `sealdesk_bundles{state="done"} 1`, `sealdesk_results{verdict="complete"} 1`,
		`sealdesk_pages_read_total{outcome="ok"} 1`, `sealdesk_pages_read_total{outcome="failed"} 0`, `sealdesk_stage_seconds_count{stage="read"} 1`,
		`sealdesk_http_requests_total{code="200",route="GET /api/v1/bundles/{sha}/result"} 1`, `sealdesk_http_requests_total{code="404",route="none"} 1`,
		`sealdesk_http_request_seconds_bucket{route="GET /api/v1/bundles/{sha}/result"`, "go_goroutines ")
	age := regexp.MustCompile(`(?m)^sealdesk_queue_oldest_seconds (\S+)$`).FindSubmatch(got.body)
	if age == nil || string(age[1]) != "90" {
		t.Errorf("the oldest waits for %s seconds, want 90", age)
	}
	for _, secret := range []string{a.sha, a.app, "机密", a.users[account.Reviewer].ID, "reviewer", "sealdesk_A"} {
		if strings.Contains(string(got.body), secret) {
			t.Errorf("the metrics have %s", secret)
		}
	}
}
