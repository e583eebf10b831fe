package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Try looks whether the server at opts.URL lets us in and can keep a queue, and changes
// nothing there.
func Try(ctx context.Context, opts Options) error {
	q := &Queue{opts: opts, log: cmp.Or(opts.Log, slog.Default()), unlock: func() {}, gone: make(chan struct{})}
	q.ctx, q.stop = context.WithCancelCause(context.Background())
	err := q.connect(ctx)
	if err == nil {
		_, err = q.js.AccountInfo(ctx)
	}
	if err = errors.Join(err, q.Close()); err != nil {
		return fmt.Errorf("queue: try: %w", err)
	}
	return nil
}

// connect connects to the server.
func (q *Queue) connect(ctx context.Context) error {
	timeout := 5 * time.Second
	if end, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(end))
	}
	if timeout <= 0 || ctx.Err() != nil {
		return cmp.Or(ctx.Err(), context.DeadlineExceeded)
	}
	opts := []nats.Option{
		nats.Name("sealdesk"),
		nats.Timeout(timeout),
		nats.MaxReconnects(-1),
		nats.ClosedHandler(func(*nats.Conn) { close(q.gone) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				q.log.Warn("queue: connection lost", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { q.log.Info("queue: connected again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			q.log.Warn("queue: connection", "err", err)
		}),
	}
	if q.server != nil {
		opts = append(opts, nats.InProcessServer(q.server))
	}
	if q.opts.Token != "" {
		opts = append(opts, nats.Token(q.opts.Token))
	}
	conn, err := nats.Connect(q.opts.URL, opts...)
	if err != nil {
		return err
	}
	q.conn = conn
	q.js, err = jetstream.New(conn)
	return err
}
