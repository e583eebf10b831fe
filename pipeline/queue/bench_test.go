package queue_test

import (
	"log/slog"
	"testing"

	"sealdesk/pipeline/queue"
)

func BenchmarkPut(b *testing.B) {
	q, err := queue.Open(b.Context(), queue.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close()
	n := 0
	for b.Loop() {
		if err := q.Put(b.Context(), queue.Job{Bundle: sum(n), Sender: "s"}); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func BenchmarkWaiting(b *testing.B) {
	q, err := queue.Open(b.Context(), queue.Options{Dir: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer q.Close()
	for n := range 1000 {
		if err := q.Put(b.Context(), queue.Job{Bundle: sum(n), Sender: "s"}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if jobs, err := q.Waiting(b.Context()); err != nil || len(jobs) != 1000 {
			b.Fatal(len(jobs), err)
		}
	}
}

func BenchmarkOpenClose(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		q, err := queue.Open(b.Context(), queue.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := q.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
