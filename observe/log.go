package observe

import (
	"errors"
	"io"
	"log/slog"

	"sealdesk/bundle"
)

// NewLog gives a log that writes lines of text, or of JSON, from a level on. Of an error
// with a sentence for people, such as one with the name of a file, it writes the cause
// alone.
func NewLog(w io.Writer, json bool, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: unsaid}
	if json {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// unsaid takes from an error what it says to people.
func unsaid(_ []string, a slog.Attr) slog.Attr {
	err, ok := a.Value.Any().(error)
	var broken *bundle.Error
	if ok && errors.As(err, &broken) {
		a.Value = slog.AnyValue(broken.Cause())
	}
	return a
}
