package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealdesk/account"
	"sealdesk/audit"
	"sealdesk/storage/dir"
)

// trailFolder is a folder with data whose trail has five records.
func trailFolder(t *testing.T) string {
	t.Helper()
	data := t.TempDir()
	s, err := dir.Open(filepath.Join(data, "store"))
	if err != nil {
		t.Fatal(err)
	}
	l := audit.New(s)
	for i := range 5 {
		e := audit.Entry{User: "u", Action: audit.View, Object: "o", Time: time.Date(2026, 11, 25, 8, i, 0, 0, time.Local)}
		if err := l.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return data
}

// record is where the store keeps a record.
func recordFile(t *testing.T, data string, seq int) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(data, "store/objects/audit", fmt.Sprintf("%012d.json@", seq), "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("record %d is in %q, error %v", seq, found, err)
	}
	return found[0]
}

// putRecord keeps bytes as the store does, so that nothing but the chain can tell.
func putRecord(t *testing.T, data string, seq int, b []byte) {
	t.Helper()
	at := filepath.Join(data, "store/objects/audit", fmt.Sprintf("%012d.json@", seq))
	if err := os.RemoveAll(at); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if err := os.WriteFile(filepath.Join(at, hex.EncodeToString(sum[:])+".json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

var sealed = regexp.MustCompile(`,"hash":"[0-9a-f]{64}"`)

// resealed is a record with one text in it changed, and the hash that fits it.
func resealed(t *testing.T, b []byte, old, with string) []byte {
	t.Helper()
	open := strings.TrimSpace(sealed.ReplaceAllString(strings.Replace(string(b), old, with, 1), ""))
	sum := sha256.Sum256([]byte(open))
	return []byte(strings.TrimSuffix(open, "}") + `,"hash":"` + hex.EncodeToString(sum[:]) + "\"}\n")
}

func verify(t *testing.T, data string, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	status := run(t.Context(), append([]string{"audit", "verify", "--data", data}, args...), strings.NewReader(""), &out, &out)
	return status, out.String()
}

// TestAuditVerify tampers with the trail on the disk, in one way at a time.
func TestAuditVerify(t *testing.T) {
	read := func(t *testing.T, data string, seq int) []byte {
		b, err := os.ReadFile(recordFile(t, data, seq))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name   string
		tamper func(t *testing.T, data string)
		want   string
	}{
		{"a byte is another", func(t *testing.T, data string) {
			if err := os.WriteFile(recordFile(t, data, 3), bytes.Replace(read(t, data, 3), []byte(`"user":"u"`), []byte(`"user":"v"`), 1), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "第 3 条的内容被改动或损坏"},
		{"changed, and the store does not notice", func(t *testing.T, data string) {
			putRecord(t, data, 3, bytes.Replace(read(t, data, 3), []byte(`"user":"u"`), []byte(`"user":"v"`), 1))
		}, "第 3 条的内容被改动或损坏"},
		{"changed, with a hash that fits", func(t *testing.T, data string) {
			putRecord(t, data, 3, resealed(t, read(t, data, 3), `"user":"u"`, `"user":"v"`))
		}, "第 4 条与前一条接不上"},
		{"missing", func(t *testing.T, data string) {
			if err := os.RemoveAll(filepath.Dir(recordFile(t, data, 2))); err != nil {
				t.Fatal(err)
			}
		}, "缺少第 2 条"},
		{"inserted", func(t *testing.T, data string) {
			for seq := 5; seq >= 3; seq-- {
				putRecord(t, data, seq+1, resealed(t, read(t, data, seq), fmt.Sprintf(`"seq":%d`, seq), fmt.Sprintf(`"seq":%d`, seq+1)))
			}
			second := read(t, data, 2)
			hash := sealed.FindString(string(second))[9:73]
			forged := resealed(t, second, `"seq":2`, `"seq":3`)
			prev := regexp.MustCompile(`"prev":"[0-9a-f]*"`).FindString(string(forged))
			putRecord(t, data, 3, resealed(t, forged, prev, `"prev":"`+hash+`"`))
		}, "第 3 条是后来插进去的"},
		{"cut off", func(t *testing.T, data string) {
			if err := os.RemoveAll(filepath.Dir(recordFile(t, data, 5))); err != nil {
				t.Fatal(err)
			}
		}, "末尾被截去：曾经记到第 5 条，现在只到第 4 条"},
		{"an object more", func(t *testing.T, data string) {
			from := filepath.Dir(recordFile(t, data, 5))
			if err := os.CopyFS(filepath.Join(filepath.Dir(from), "5.json@"), os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
		}, "不是审计记录"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := trailFolder(t)
			if status, out := verify(t, data); status != exitOK || !strings.Contains(out, "审计记录完整：共 5 条，从 2026-11-25 08:00 到 2026-11-25 08:04") {
				t.Fatalf("before: exit status %d\n%s", status, out)
			}
			c.tamper(t, data)
			status, out := verify(t, data)
			if status != exitFailed || !strings.Contains(out, c.want) || !strings.Contains(out, "审计记录不完整") {
				t.Errorf("exit status %d, want %q in\n%s", status, c.want, out)
			}
			// It is said again: the mark that was kept is still that of the sound trail.
			if again, said := verify(t, data); again != status || said != out {
				t.Errorf("the second time: exit status %d\n%s", again, said)
			}
		})
	}
}

var markInText = regexp.MustCompile(`\d+:[0-9a-f]{64}`)

// TestAuditMarks: a mark that was noted elsewhere shows what the data folder's does not
// when that is gone, too; and a change of an account whose record is gone is noticed.
func TestAuditMarks(t *testing.T) {
	data := trailFolder(t)
	_, out := verify(t, data)
	mark := markInText.FindString(out)
	if err := os.Remove(filepath.Join(data, "audit-mark")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Dir(recordFile(t, data, 5))); err != nil {
		t.Fatal(err)
	}
	if status, out := verify(t, data, "--mark", mark); status != exitFailed || !strings.Contains(out, "末尾被截去") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	if status, out := verify(t, data, "--mark", "5"); status != exitUsage || !strings.Contains(out, "不是审计记录的标记") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	if status, out := verify(t, data); status != exitOK || !strings.Contains(out, "共 4 条") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	s, err := dir.Open(filepath.Join(data, "store"))
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.Open(t.Context(), s, account.WithCost(account.Cost{Time: 1, Memory: 8, Threads: 1}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.Add(t.Context(), "x", "wang", "", account.Admin, "rope harbour 52"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if status, out := verify(t, data); status != exitFailed || !strings.Contains(out, "账号 wang 在") {
		t.Errorf("exit status %d\n%s", status, out)
	}
	empty := t.TempDir()
	if status, _ := verify(t, empty); status != exitFailed {
		t.Errorf("without a store: exit status %d", status)
	}
	if err := os.Mkdir(filepath.Join(empty, "store"), 0o755); err != nil {
		t.Fatal(err)
	}
	if status, out := verify(t, empty); status != exitOK || !strings.Contains(out, "还没有审计记录") {
		t.Errorf("without a record: exit status %d\n%s", status, out)
	}
}
