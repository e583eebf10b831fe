package observe_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"sealdesk/bundle"
	"sealdesk/observe"
)

// TestLog: lines have the form and the level asked for, and of an error what it says to
// people is left out.
func TestLog(t *testing.T) {
	broken := &bundle.Error{Code: bundle.CodeInternal, Message: "「王芳.pdf」：读取文件时出错。", Err: errors.New("input/output error")}
	for _, c := range []struct {
		json  bool
		level slog.Level
		err   error
		want  string
	}{
		{false, slog.LevelInfo, broken, "level=ERROR msg=\"not taken\" error=\"internal: input/output error\"\n"},
		{true, slog.LevelDebug, fmt.Errorf("take: %w", broken), `"level":"ERROR","msg":"not taken","error":"internal: input/output error"}` + "\n"},
		{false, slog.LevelInfo, &bundle.Error{Code: bundle.CodeDamaged, Message: "「王芳.pdf」"}, "error=damaged\n"},
		{false, slog.LevelInfo, errors.New("away"), "error=away\n"},
		{true, slog.LevelError + 1, broken, ""},
	} {
		var out bytes.Buffer
		observe.NewLog(&out, c.json, c.level).Error("not taken", "error", c.err)
		if got := out.String(); !bytes.HasSuffix(out.Bytes(), []byte(c.want)) || c.want == "" && got != "" {
			t.Errorf("the line is %q, want it to end with %q", got, c.want)
		}
	}
}
