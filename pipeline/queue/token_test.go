package queue_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"sealdesk/pipeline/queue"
)

// TestToken: a server that asks for a token lets in who has it, and no error tells it. To
// try it leaves nothing there.
func TestToken(t *testing.T) {
	const token = "Tr0ub4dor"
	var own *server.Options
	at := external(t, func(o *server.Options) { o.Authorization, own = token, o })
	if err := queue.Try(t.Context(), queue.Options{URL: at, Token: token}); err != nil {
		t.Error(err)
	}
	streams := func() []string {
		made, err := filepath.Glob(filepath.Join(own.StoreDir, "jetstream", "*", "streams", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	if made := streams(); len(made) > 0 {
		t.Errorf("to try the server made %v", made)
	}
	q := open(t, queue.Options{URL: at, Token: token})
	put(t, q, queue.Job{Bundle: sum(1)})
	if len(streams()) == 0 {
		t.Error("the queue is kept elsewhere")
	}
	for _, wrong := range []string{"", token + "2"} {
		opts := queue.Options{URL: at, Token: wrong}
		q, err := queue.Open(t.Context(), opts)
		if err == nil {
			t.Errorf("%q opens it: %v", wrong, q.Close())
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("the error has the token: %v", err)
		}
		if err := queue.Try(t.Context(), opts); err == nil || strings.Contains(err.Error(), token) {
			t.Errorf("%q is tried: %v", wrong, err)
		}
	}
	keepsNothing := external(t, func(o *server.Options) { o.JetStream = false })
	if err := queue.Try(t.Context(), queue.Options{URL: keepsNothing}); err == nil {
		t.Error("a server without JetStream is good enough")
	}
}
