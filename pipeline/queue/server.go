package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// serve starts the server in this process. It listens on no port.
func (q *Queue) serve(ctx context.Context) error {
	if err := os.MkdirAll(q.opts.Dir, 0o700); err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(q.opts.Dir, "lock"))
	if err != nil {
		return err
	}
	q.unlock = unlock
	s, err := server.NewServer(&server.Options{
		ServerName: "sealdesk",
		DontListen: true,
		// Otherwise the server exits the process on SIGTERM.
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               q.opts.Dir,
		JetStreamMaxMemory:     memoryBytes,
		JetStreamMaxStore:      diskBytes,
		DisableJetStreamBanner: true,
		// Otherwise what was acknowledged is on disk two minutes later.
		SyncAlways: true,
	})
	if err != nil {
		return err
	}
	log := &serverLog{log: q.log}
	s.SetLoggerV2(log, false, false, false)
	q.server, q.since = s, time.Now()
	s.Start()
	for !s.ReadyForConnections(100 * time.Millisecond) {
		if why := log.fatal.Load(); why != nil {
			return errors.New(*why)
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the server does not start: %w", err)
		}
	}
	return nil
}

// lock makes sure that two servers never write to one folder, which JetStream
// does not look after.
func lock(name string) (unlock func(), _ error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return func() { f.Close() }, nil
}

// serverLog hands the server's log to slog. What the server calls a notice is of
// interest only to those who look for a fault.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[string]
}

func (l *serverLog) say(level slog.Level, format string, args []any) string {
	text := fmt.Sprintf(format, args...)
	l.log.Log(context.Background(), level, "queue: server: "+text)
	return text
}

func (l *serverLog) Noticef(format string, args ...any) { l.say(slog.LevelDebug, format, args) }
func (l *serverLog) Warnf(format string, args ...any)   { l.say(slog.LevelWarn, format, args) }
func (l *serverLog) Errorf(format string, args ...any)  { l.say(slog.LevelError, format, args) }
func (l *serverLog) Debugf(format string, args ...any)  { l.say(slog.LevelDebug, format, args) }
func (l *serverLog) Tracef(format string, args ...any)  { l.say(slog.LevelDebug, format, args) }

func (l *serverLog) Fatalf(format string, args ...any) {
	text := l.say(slog.LevelError, format, args)
	l.fatal.CompareAndSwap(nil, &text)
}
