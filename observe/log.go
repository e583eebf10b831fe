package observe

import (
	"io"
	"log/slog"
)

// NewLog gives a log that writes lines of text, or of JSON, from a level on.
func NewLog(w io.Writer, json bool, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if json {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
