package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"sealdesk/pipeline/queue"
)

// TestProcessTells: process and watch tell others, who file in the same store, what they
// filed, as whoever takes turns does.
func TestProcessTells(t *testing.T) {
	nats, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()})
	must(t, err)
	nats.Start()
	defer func() {
		nats.Shutdown()
		nats.WaitForShutdown()
	}()
	q, err := queue.Open(t.Context(), queue.Options{URL: nats.ClientURL()})
	must(t, err)
	defer func() { must(t, q.Close()) }()
	others, err := q.Others(t.Context())
	must(t, err)

	page := image.NewGray(image.Rect(0, 0, 827, 1169))
	for i := range page.Pix {
		page.Pix[i] = 255
	}
	for x := range 400 {
		page.SetGray(100+x, 300, color.Gray{})
	}
	var scan bytes.Buffer
	must(t, png.Encode(&scan, page))
	sum := sha256.Sum256(scan.Bytes())
	folder := t.TempDir()
	write(t, folder, "page.png", scan.String())
	write(t, folder, "office.yaml", "data: data\nqueue: {url: '"+nats.ClientURL()+"'}")

	if status, _, messages := program(t, folder, "--config", "office.yaml", "process", "page.png"); status != exitOK {
		t.Fatalf("process ends with %d: %s", status, messages)
	}
	var told []string
	must(t, others.News(t.Context(), func(bundle string) error {
		told = append(told, bundle)
		return nil
	}))
	if !slices.Equal(told, []string{hex.EncodeToString(sum[:])}) {
		t.Errorf("others are told of %q", told)
	}
}
