package queue_test

import (
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"sealdesk/pipeline/queue"
)

// TestToken: a server that asks for a token lets in who has it, and no error tells it.
func TestToken(t *testing.T) {
	const token = "Tr0ub4dor"
	at := external(t, func(o *server.Options) { o.Authorization = token })
	q := open(t, queue.Options{URL: at, Token: token})
	put(t, q, queue.Job{Bundle: sum(1)})
	for _, wrong := range []string{"", token + "2"} {
		q, err := queue.Open(t.Context(), queue.Options{URL: at, Token: wrong})
		if err == nil {
			t.Errorf("%q opens it: %v", wrong, q.Close())
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("the error has the token: %v", err)
		}
	}
}
