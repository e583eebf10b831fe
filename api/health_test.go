package api

import (
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

// TestMetrics: requests are counted by their routes, and nobody and nothing is named.
func TestMetrics(t *testing.T) {
	a := newAPI(t, nil)
	a.get(t, account.Reviewer, "/api/v1/bundles/"+a.sha+"/result")
	a.get(t, account.Reviewer, "/api/v1/no-such/"+a.sha)
	got := a.get(t, account.Admin, "/metrics").want(t, 200,
		`sealdesk_http_requests_total{code="200",route="GET /api/v1/bundles/{sha}/result"} 1`, `sealdesk_http_requests_total{code="404",route="none"} 1`,
		`sealdesk_http_request_seconds_bucket{route="GET /api/v1/bundles/{sha}/result"`, "go_goroutines ")
	for _, secret := range []string{a.sha, a.app, a.users[account.Reviewer].ID, "reviewer", "sealdesk_A"} {
		if strings.Contains(string(got.body), secret) {
			t.Errorf("the metrics have %s", secret)
		}
	}
}
