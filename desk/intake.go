package desk

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"sealdesk/bundle"
	"sealdesk/pipeline"
	"sealdesk/pipeline/queue"
	"sealdesk/pipeline/sheet"
	"sealdesk/storage"
)

// The keys of what was taken in, beside package pipeline's:
//
//	intake/<time>-<first 12 digits of sha256>.json   who brought a bundle, and when
//	receipts/<number>.json                           whose number it is
const (
	intakeRoot  = "intake/"
	receiptRoot = "receipts/"
	intakeTime  = "20060102T150405.000000000"
)

// intake is what is kept of a bundle's coming.
type intake struct {
	Bundle   string         `json:"bundle"`
	Name     string         `json:"name"`
	Files    []string       `json:"files"`
	By       string         `json:"by"`
	ByName   string         `json:"by_name"`
	Time     time.Time      `json:"time"`
	Receipt  string         `json:"receipt"`
	Pages    int            `json:"pages,omitempty"`
	Priority queue.Priority `json:"priority"`
}

func (t intake) key() string {
	return fmt.Sprintf("%s%s-%.*s.json", intakeRoot, t.Time.UTC().Format(intakeTime), digits, t.Bundle)
}

func (t intake) item() item {
	return item{
		Entry: Entry{
			Bundle: t.Bundle, Name: t.Name, Files: t.Files, By: t.By, ByName: t.ByName, Time: t.Time,
			Receipt: t.Receipt, State: Waiting, Pages: t.Pages,
		},
		priority: t.Priority,
	}
}

// Largest is the greatest length of a bundle that is taken, in bytes.
func (d *Desk) Largest() int64 {
	if n := d.Pipeline.Limits.MaxBytes; n > 0 {
		return n
	}
	return 1 << 30
}

// Take takes a bundle in. When it returns nil the originals and who brought them are
// on disk. A file that cannot be read is a *bundle.Error and is not taken. The same
// bytes again are the entry that is there. Where disks are nearly full nothing is taken, and
// the error is a storage.ErrFull.
func (d *Desk) Take(ctx context.Context, in pipeline.Input, by Sender) (Entry, error) {
	if err := d.Room(); err != nil {
		return Entry{}, internal(err)
	}
	sha, pages, err := d.Pipeline.Take(ctx, in)
	if err != nil {
		return Entry{}, err
	}
	unlock := d.lock(sha)
	defer unlock()
	if old, ok := d.board.get(sha); ok && old.Receipt != "" {
		return old.Entry, nil
	}
	t := intake{
		Bundle: sha, Name: filepath.Base(in.Name), By: by.ID, ByName: by.Name,
		Time: d.Now().UTC(), Pages: pages, Priority: by.Priority,
	}
	for _, f := range in.Files {
		t.Files = append(t.Files, filepath.Base(f.Name))
	}
	if t.Receipt, err = d.receipt(ctx, t); err != nil {
		return Entry{}, internal(err)
	}
	if err := d.put(ctx, t.key(), t); err != nil {
		return Entry{}, internal(err)
	}
	// From here on it is taken: what the queue does not take now, the reconciler
	// brings later.
	i := t.item()
	if old, ok := d.board.get(sha); ok { // it came by another way, without a receipt
		old.Name, old.Files, old.By, old.ByName, old.Time, old.Receipt = i.Name, i.Files, i.By, i.ByName, i.Time, i.Receipt
		return d.board.replace(old), nil
	}
	if s, ok := d.Pipeline.Summary(sha); ok {
		i.settle(s)
		e, _ := d.board.add(i)
		return e, nil
	}
	e, _ := d.board.add(i)
	if err := d.enqueue(ctx, i); err != nil {
		d.Log.Error("a bundle was taken and is not in the queue yet", "bundle", sha, "error", err)
	}
	return e, nil
}

// receipt gives a bundle the next number of the day, which is its own for ever.
func (d *Desk) receipt(ctx context.Context, t intake) (string, error) {
	day := t.Time.In(time.Local).Format(time.DateOnly)
	d.counting.Lock()
	defer d.counting.Unlock()
	if d.day != day {
		d.day, d.count = day, 0
	}
	for {
		d.count++
		number := sheet.NewReceipt(d.Pipeline.Call.ID, t.Time.In(time.Local), d.count)
		// The time makes two receipts of one bundle differ.
		err := d.put(ctx, receiptRoot+number+".json", map[string]string{"bundle": t.Bundle, "time": t.Time.Format(time.RFC3339Nano)})
		if !errors.Is(err, storage.ErrExists) {
			return number, err
		}
	}
}

// put keeps a value as JSON.
func (d *Desk) put(ctx context.Context, key string, v any) error {
	if err := storage.PutJSON(ctx, d.Store, key, v); err != nil {
		return fmt.Errorf("store %s: %w", key, err)
	}
	return nil
}

// internal gives an error of the machinery its sentence.
func internal(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	message := "材料未能保存，请稍后重试；仍不行时请联系管理员。"
	if errors.Is(err, storage.ErrFull) {
		message = "磁盘空间不足，材料未能保存。请清理磁盘后重试。"
	}
	return &bundle.Error{Code: bundle.CodeInternal, Message: message, Err: err}
}

// enqueue puts a bundle in the queue, with its newest arrangement.
func (d *Desk) enqueue(ctx context.Context, i item) error {
	return d.Queue.Put(ctx, queue.Job{
		Bundle: i.Bundle, Priority: i.priority, Sender: shortened(i.By), Arrangement: i.arrangement, Trace: d.Trace.Queued(ctx, i.Bundle),
	})
}

// shortened fits an account's id into a job.
func shortened(id string) string {
	if len(id) > 256 {
		return strings.ToValidUTF8(id[:256], "")
	}
	return id
}
