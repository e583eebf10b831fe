package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/spf13/cobra"

	"sealdesk/api"
	"sealdesk/config"
	"sealdesk/desk"
	"sealdesk/observe"
	"sealdesk/pipeline"
)

func newWork(o *options) *cobra.Command {
	w := &work{options: o}
	cmd := &cobra.Command{
		Use:   "work",
		Short: "Read what was brought to a desk elsewhere",
		Long: `Read the bundles that wait in the queue of queue.url, until interrupted: any number of
these may run, on any number of machines, with the configuration of sealdesk serve. The
store and the index have to be ones that all of them reach: storage.kind s3, or a folder
that all machines share, and index.kind meili.

A bundle is read once. What a process had in hand that died, hung or lost its network,
another one reads after half a minute. When it is interrupted it gives back what it has
in hand, and ends.

With --listen, it answers at that address what watches over it: /healthz, /readyz and
/metrics, to everybody who can reach it.

Exit status: 0 when interrupted, 1 when it could not begin or go on.`,
		Example: `  sealdesk work --config /etc/sealdesk.yaml
  sealdesk work --workers 4 --listen 127.0.0.1:8481`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			err := w.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
			if ctx := c.Context(); ctx.Err() != nil && errors.Is(err, ctx.Err()) {
				return nil // to be interrupted is how it ends
			}
			return err
		}),
	}
	cmd.Flags().IntVar(&w.workers, "workers", 0, "readers at work at the same time (as --ocr-workers; default: one for each processor)")
	cmd.Flags().StringVar(&w.listen, "listen", "", "address and port for what watches over the process, such as 127.0.0.1:8481 (default: none)")
	return cmd
}

// work is a process that reads for a desk elsewhere.
type work struct {
	*options
	workers int
	listen  string
}

func (w *work) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	switch {
	case w.Queue.URL == "":
		return misuse("say where the queue is: queue.url, SEALDESK_QUEUE_URL or --queue-url; without it, sealdesk serve reads by itself")
	case w.Index.Kind != config.MeiliKind:
		return misuse("index.kind must be meili: what this process reads cannot be put into the index in another one's data folder")
	case w.workers < 0 || w.workers > 1024:
		return misuse("--workers must be from 0 to 1024")
	}
	s := &working{work: w, stderr: stderr, log: w.log(stderr, slog.LevelInfo)}
	defer closing(&s.opened, &err)
	if err := s.open(ctx); err != nil {
		return err
	}
	var listener net.Listener
	if w.listen != "" {
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", w.listen); err != nil {
			return fmt.Errorf("地址 %s 不能使用，可能另有程序占用；请用 --listen 换一个：%w", w.listen, err)
		}
	}
	p := newPrinter(stdout)
	if listener == nil {
		p.printf("正在处理队列中的材料，按 Ctrl-C 停止。\n")
	} else {
		p.printf("正在处理队列中的材料，状态见 http://%s/readyz  按 Ctrl-C 停止。\n", browsable(listener.Addr().String()))
	}
	return errors.Join(p.err, s.run(ctx, listener))
}

// working is a reader with all that it works with.
type working struct {
	*work
	stderr io.Writer
	log    *slog.Logger
	opened closers

	line   *pipeline.Pipeline
	search *searchIndex
	reader *desk.Reader
	probe  http.Handler
}

// open opens all of it; what is open is closed by the caller, in case of an error too.
func (s *working) open(ctx context.Context) error {
	profile, err := s.profile()
	if err != nil {
		return err
	}
	store, err := s.store(ctx)
	if err != nil {
		return err
	}
	s.opened.add(store)
	workers := s.workers
	if workers == 0 {
		workers = s.OCR.Workers
	}
	m, err := s.machinery(ctx, &s.opened, machineryOptions{
		service: "sealdesk-work", readers: workers, profile: profile, store: store, stderr: s.stderr, log: s.log,
	})
	if err != nil {
		return err
	}
	s.line, s.search = m.line, m.search
	s.reader = desk.NewReader(desk.ReaderOptions{Pipeline: m.line, Queue: m.jobs, Store: store, Index: m.search, Trace: m.traces, Log: s.log})
	err = m.metrics.Watch(observe.Sources{Queue: m.jobs, Index: m.search, Readers: m.readers, Log: s.log})
	if err != nil {
		return err
	}
	s.probe, err = api.NewProbe(api.ProbeOptions{Check: s.reader.Check, Metrics: m.metrics, Log: s.log})
	return err
}

// run reads until ctx ends or there is no going on, and answers at the listener meanwhile,
// if there is one. When it returns, all has ended and what was in hand is given back.
func (s *working) run(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { catchUp(ctx, s.line, s.search, s.log) })
	if listener == nil {
		err := s.reader.Run(ctx)
		stop()
		return err
	}
	server := &http.Server{
		Handler: s.probe, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, WriteTimeout: endTime,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	answered := make(chan error, 1)
	running.Go(func() {
		defer stop()
		answered <- server.Serve(listener)
	})
	err := s.reader.Run(ctx)
	stop()
	// Nobody who asks is worth waiting for.
	err = errors.Join(err, server.Close())
	if failed := <-answered; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	return err
}
