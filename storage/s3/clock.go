package s3

import (
	"net/http"
	"sync/atomic"
	"time"
)

// clock passes requests on and notes by how much the service's clock, as its
// answers tell it, is ahead of this machine's.
type clock struct {
	next  http.RoundTripper
	ahead atomic.Pointer[time.Duration] // nil until an answer told
}

func (c *clock) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := time.Now()
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The service wrote the date, in whole seconds, on the way there and back.
		half := time.Since(sent) / 2
		ahead := date.Add(time.Second / 2).Sub(sent.Add(half))
		c.ahead.Store(&ahead)
	}
	return resp, nil
}
