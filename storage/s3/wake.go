package s3

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// The waits before notifications are asked for again when they broke off.
	wakeWait    = time.Second
	wakeWaitMax = time.Minute
	// wakePing is how often the service says that it is there, and wakeSilence how
	// long it may fail to.
	wakePing    = 10 * time.Second
	wakeSilence = 4 * wakePing
	// maxEvent is the most bytes of one notification.
	maxEvent = 1 << 20
)

// errSilent means that the service sends no notifications, now or later.
var errSilent = errors.New("the service sends no notifications")

// Wake tells of changes below prefix, as far as the service sends notifications
// (MinIO does): whenever something is sent on the channel, there may be a new
// object. It is no more than a wake-up, for listings in between: notifications
// get lost when a connection breaks, and other services send none. The channel
// holds one wake-up that nobody took yet, and is closed when ctx has ended and
// the goroutine behind it has.
func (in *Intake) Wake(ctx context.Context, prefix string) <-chan struct{} {
	wake := make(chan struct{}, 1)
	nudge := func() {
		select {
		case wake <- struct{}{}:
		default: // there is one that nobody took yet
		}
	}
	go func() {
		defer close(wake)
		wait := wakeWait
		for ctx.Err() == nil {
			start := time.Now()
			if err := in.listen(ctx, prefix, nudge); errors.Is(err, errSilent) {
				<-ctx.Done()
				return
			}
			if time.Since(start) > wakeWaitMax {
				wait = wakeWait
			}
			select {
			case <-ctx.Done():
			case <-time.After(wait):
				nudge() // for what came while nobody listened
			}
			wait = min(2*wait, wakeWaitMax)
		}
	}()
	return wake
}

// listen asks the service for notifications, as MinIO gives them, and passes them
// on until they break off. (The library can do so too, but its goroutine outlives
// the context by up to half a minute.)
func (in *Intake) listen(ctx context.Context, prefix string, nudge func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	address, err := in.bucket.core.Presign(ctx, http.MethodGet, in.bucket.name, "", time.Minute, url.Values{
		"events": {"s3:ObjectCreated:*"},
		"prefix": {prefix},
		"suffix": {""},
		"ping":   {fmt.Sprint(int(wakePing.Seconds()))},
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return err
	}
	resp, err := in.bucket.clock.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotImplemented || resp.StatusCode/100 == 4:
		return errSilent
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("the service answers %s", resp.Status)
	case !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream"):
		return errSilent // it took the request for another, such as a listing
	}
	silence := time.AfterFunc(wakeSilence, cancel)
	defer silence.Stop()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		silence.Reset(wakeSilence)
		var event struct{ Records []json.RawMessage }
		if json.Unmarshal(lines.Bytes(), &event) == nil && len(event.Records) > 0 {
			nudge()
		}
	}
	return lines.Err()
}
