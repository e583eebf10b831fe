package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"sealdesk/account"
	"sealdesk/api"
	"sealdesk/audit"
	"sealdesk/config"
	"sealdesk/desk"
	"sealdesk/index"
	"sealdesk/index/bleve"
	"sealdesk/index/meili"
	"sealdesk/likeness"
	"sealdesk/observe"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/view"
	"sealdesk/storage"
	"sealdesk/web"
)

func newServe(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Open the desk, where clerks and reviewers work in a browser",
		Long: `Open the desk in a browser: bundles are brought, read, searched and reviewed there.
Intake, readers, search and pages are all in this process, with the data in one folder,
until interrupted. Killed at any moment and started again, it goes on with what was
brought. With queue.url and web.reads false, sealdesk work reads instead, on any number
of machines.

Only this machine can open it, unless web.listen names another address. At the first
start it prints a link, good once, with which the first account is made; others are made
in the browser, or by sealdesk user.

Exit status: 0 when interrupted, 1 when it could not be opened or go on.`,
		Example: `  sealdesk serve
  sealdesk serve --web-listen :8480 --web-watch /srv/scans`,
		Args: positional(cobra.NoArgs),
		RunE: o.configured(func(c *cobra.Command, _ []string) error {
			return o.serve(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		}),
	}
}

// The bounds of the server's connections, and of its end: how long requests may go on,
// and how long they may then take to see that they may not.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	graceTime  = 2 * time.Second
	endTime    = 10 * time.Second
)

// lookEvery is the pause between two looks at the watched folder.
const lookEvery = 3 * time.Second

// viewBytes is how much of the pictures of pages is kept.
const viewBytes = 2 << 30

func (o *options) serve(ctx context.Context, stdout, stderr io.Writer) (err error) {
	s := &serving{options: o, stderr: stderr, log: o.log(stderr, slog.LevelInfo)}
	defer closing(&s.opened, &err)
	if err := s.open(ctx); err != nil {
		return err
	}
	listener, err := o.listen(ctx)
	if err != nil {
		return err
	}
	if err := s.greet(ctx, stdout, listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	return s.run(ctx, listener)
}

// listen opens the address of the desk, for https where there is a certificate.
func (o *options) listen(ctx context.Context) (net.Listener, error) {
	var secure *tls.Config
	if o.Web.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(o.Web.Certificate, o.Web.PrivateKey)
		if err != nil {
			return nil, fmt.Errorf("证书或私钥不能使用，请检查 web.certificate 和 web.private_key：%w", err)
		}
		secure = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Web.Listen)
	switch {
	case err != nil:
		return nil, fmt.Errorf("地址 %s 不能使用，可能另有程序占用；请用 --web-listen 换一个：%w", o.Web.Listen, err)
	case secure != nil:
		return tls.NewListener(listener, secure), nil
	}
	return listener, nil
}

// serving is the desk with all that it works with.
type serving struct {
	*options
	stderr io.Writer
	log    *slog.Logger
	opened closers

	accounts *account.Accounts
	line     *pipeline.Pipeline
	search   *searchIndex
	desk     *desk.Desk
	pages    *web.Server
	programs *api.Server
}

// open opens all of it; what is open is closed by the caller, in case of an error too.
func (s *serving) open(ctx context.Context) error {
	profile, err := s.profile()
	if err != nil {
		return err
	}
	store, err := s.store(ctx)
	if err != nil {
		return err
	}
	s.opened.add(store)
	if s.accounts, err = account.Open(ctx, store); err != nil {
		return err
	}
	for _, damaged := range s.accounts.Damaged() {
		s.log.Error("an account cannot be read", "error", damaged)
	}
	trail := audit.New(store)
	end, hash, err := trail.Head(ctx)
	if err != nil {
		return err
	}
	// Wherever the log is kept, it shows later whether the trail was cut off.
	s.log.Info("the audit trail goes on", "mark", audit.Mark{Seq: end, Hash: hash}.String())
	texts, err := likeness.Open(filepath.Join(s.Data, "likeness"))
	if err != nil {
		return err
	}
	s.opened.add(texts)
	m, err := s.machinery(ctx, &s.opened, machineryOptions{
		service: "sealdesk-serve", readers: s.OCR.Workers, profile: profile, store: store, texts: texts, stderr: s.stderr, log: s.log,
	})
	if err != nil {
		return err
	}
	s.line, s.search = m.line, m.search
	views, err := view.New(store, filepath.Join(s.Data, "views"), viewBytes)
	if err != nil {
		return err
	}
	s.opened.add(views)
	views.DecodeTIFF = m.readers.DecodeTIFF
	s.desk, err = desk.New(ctx, desk.Options{
		Pipeline: m.line, Queue: m.jobs, Store: store, Index: m.search, Views: views, Room: s.room, Trace: m.traces, Log: s.log, Away: !s.Web.Reads,
	})
	if err != nil {
		return err
	}
	s.opened.add(s.desk)
	if err := s.refill(ctx, m.search); err != nil {
		return err
	}
	kept, err := m.jobs.KV(ctx, "sessions", sessionTime)
	if err != nil {
		return err
	}
	err = m.metrics.Watch(observe.Sources{Desk: s.desk, Queue: m.jobs, Index: m.search, Readers: m.readers, Folder: s.Data, Log: s.log})
	if err != nil {
		return err
	}
	s.programs, err = api.New(api.Options{Accounts: s.accounts, Audit: trail, Desk: s.desk, Metrics: m.metrics, Observe: m.metrics.Request, Log: s.log})
	if err != nil {
		return err
	}
	s.pages, err = web.New(web.Options{
		Accounts: s.accounts, Audit: trail, Desk: s.desk, Sessions: sessions{kept}, Secure: s.Web.Secure(), Log: s.log, Observe: m.metrics.Request,
		Calls: s.library(), Call: profile.ID, OIDC: s.oidc(), NoPasswords: !s.Web.Passwords,
	})
	return err
}

// handler serves people at the pages, and programs at their paths.
func (s *serving) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.pages.Handler())
	for _, path := range api.Paths() {
		mux.Handle(path, s.programs.Handler())
	}
	return mux
}

// oidc is the service by which people sign in, nil for none.
func (o *options) oidc() *web.OIDC {
	at := o.Web.OIDC
	if at.Issuer == "" {
		return nil
	}
	return &web.OIDC{Issuer: at.Issuer, ClientID: at.ClientID, Secret: at.ClientSecret.Reveal(), Desk: at.Desk, Claim: at.Claim}
}

// openQueue opens the queue, in the data folder or where it is configured to be. Others are
// nil where it is in the folder, as only one process can have it open then.
func (o *options) openQueue(ctx context.Context, log *slog.Logger) (*queue.Queue, pipeline.Others, error) {
	at := queue.Options{Ready: func() bool { return o.room() == nil }, URL: o.Queue.URL, Token: o.Queue.Token.Reveal(), Replicas: o.Queue.Replicas, Log: log}
	if at.URL == "" {
		at.Dir = filepath.Join(o.Data, "queue")
	}
	q, err := queue.Open(ctx, at)
	switch {
	case errors.Is(err, queue.ErrLocked):
		return nil, nil, fmt.Errorf("数据文件夹 %s 已有 sealdesk serve 在使用，请直接打开它的页面，或先让它结束：%w", o.Data, err)
	case err != nil && at.URL != "":
		return nil, nil, fmt.Errorf("队列服务器不能使用，请检查 queue.url、queue.token、queue.replicas 和服务器：%w", err)
	case err != nil:
		return nil, nil, fmt.Errorf("队列打不开；没有别的 sealdesk 在运行时，可以移走 %s，它会自动重建：%w", at.Dir, err)
	case at.URL == "":
		return q, nil, nil
	}
	others, err := q.Others(ctx)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("队列服务器不能使用，请检查 queue.url 和服务器：%w", err), q.Close())
	}
	return q, others, nil
}

// openIndex opens the index and keeps it open, since people wait for its answers. One
// that cannot be used as it is, is rebuilt from the store first.
func (o *options) openIndex(ctx context.Context, store storage.Store, stderr io.Writer, log *slog.Logger) (*searchIndex, error) {
	open := func() (index.Index, error) { return bleve.Open(filepath.Join(o.Data, "index")) }
	if o.Index.Kind == config.MeiliKind {
		open = func() (index.Index, error) { return meili.Open(ctx, meiliOptions(o.Config)) }
	}
	x, err := open()
	if errors.Is(err, index.ErrRebuild) {
		brief := o.index(store, stderr)
		if _, err := brief.Count(ctx); err != nil { // which rebuilds it
			return nil, err
		}
		x, err = open()
	}
	switch {
	case errors.Is(err, index.ErrLocked):
		return nil, fmt.Errorf("检索库正被另一个 sealdesk 使用，请等它结束后重试：%w", err)
	case err != nil:
		return nil, fmt.Errorf("检索库打不开：%w", err)
	}
	return &searchIndex{engine: x, store: store, calls: o.knownCall, stderr: stderr, log: log}, nil
}

// refill rebuilds an index that is empty while results are on file: somebody removed it,
// and nobody would find anything until sealdesk reindex.
func (s *serving) refill(ctx context.Context, search *searchIndex) error {
	on := s.desk.Counts()
	if on[desk.Done]+on[desk.Review] == 0 {
		return nil
	}
	n, err := search.Count(ctx)
	if err != nil || n > 0 {
		return err
	}
	return search.refill(ctx)
}

// greet says where the desk is and, while there is no account, how to make the first.
func (s *serving) greet(ctx context.Context, stdout io.Writer, at net.Addr) error {
	// Asked for first: who reads that the desk is open may end it at once.
	token, err := s.accounts.Setup(ctx)
	if err != nil && !errors.Is(err, account.ErrSetupDone) {
		return err
	}
	scheme := "http://"
	if s.Web.Certificate != "" {
		scheme = "https://"
	}
	address := scheme + browsable(at.String())
	p := newPrinter(stdout)
	p.printf("工作台已打开：%s  按 Ctrl-C 停止。\n", address)
	if tcp, ok := at.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && !s.Web.Secure() {
		s.log.Warn("别的机器也能打开工作台，但没有加密，密码和材料在网络上可被看到；请设置 web.certificate，或在前面放一个 https 代理并设置 web.https_proxy")
	}
	if err == nil {
		p.printf("还没有管理员账号。请用这个链接设置，只能用一次：%s/setup?token=%s\n", address, token)
	}
	if s.Web.Watch != "" {
		p.printf("正在从文件夹 %s 接收材料。\n", clean(s.Web.Watch))
	}
	return p.err
}

// browsable is a listener's address as a browser on this machine takes it.
func browsable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// run works until ctx ends or something can go on no more, and returns when all has
// ended: pages are answered, and bundles in hand given back.
func (s *serving) run(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime,
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	var running sync.WaitGroup
	errs := make(chan error, 3)
	begin := func(f func() error) {
		running.Go(func() {
			err := f()
			stop()
			errs <- err
		})
	}
	begin(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	begin(func() error { return s.desk.Run(ctx) })
	running.Go(func() { s.fillTexts(ctx) })
	running.Go(func() { catchUp(ctx, s.line, s.search, s.log) })
	if s.Web.Watch != "" {
		begin(func() error { return s.desk.Watch(ctx, s.Web.Watch, lookEvery) })
	}
	<-ctx.Done()
	ending, done := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer done()
	// Some never end by themselves, such as the board's news.
	grace := time.AfterFunc(graceTime, cut)
	defer grace.Stop()
	err := server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close() // somebody is sending a file, slowly
	}
	running.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// sessionTime is longer than any session lasts; each says itself when it ends.
const sessionTime = 24 * time.Hour

// fillEvery is how often texts are looked for that another process put on file.
const fillEvery = 15 * time.Minute

// fillTexts puts texts among those that are compared, as far as they are missing, until
// ctx ends.
func (s *serving) fillTexts(ctx context.Context) {
	for {
		if err := s.line.FillTexts(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("not all texts are compared", "error", err)
		}
		select {
		case <-time.After(fillEvery):
		case <-ctx.Done():
			return
		}
	}
}
