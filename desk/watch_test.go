package desk

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noTime time.Time

// TestWatchedFolder: what is settled is taken, and moved with its reason.
func TestWatchedFolder(t *testing.T) {
	s := newShop(t, t.TempDir())
	folder := t.TempDir()
	for _, sub := range []string{doneFolder, failedFolder, "other"} {
		if err := os.Mkdir(filepath.Join(folder, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	whole := scan(1)
	write("青禾.png", whole[:len(whole)/2])
	write("坏.png", whole[:2000])
	write("b.png.part", scan(2))
	write(".hidden", scan(3))
	if err := os.Symlink("/etc/hostname", filepath.Join(folder, "link.png")); err != nil {
		t.Fatal(err)
	}
	seen := s.look(t.Context(), folder, nil)
	write("青禾.png", whole) // it is being written still
	seen = s.look(t.Context(), folder, seen)
	if n := len(s.Board(noTime, 0)); n != 0 {
		t.Errorf("%d were taken before they were settled", n)
	}
	s.look(t.Context(), folder, seen)
	board := s.Board(noTime, 0)
	if len(board) != 1 || board[0].Name != "青禾.png" || board[0].By != WatchSender {
		t.Errorf("taken: %+v", board)
	}
	there := func(name string) bool {
		_, err := os.Lstat(filepath.Join(folder, name))
		return err == nil
	}
	for name, want := range map[string]bool{
		"青禾.png": false, "done/青禾.png": true, "坏.png": false, "failed/坏.png": true, "failed/坏.png.txt": true,
		"b.png.part": true, ".hidden": true, "link.png": true,
	} {
		if there(name) != want {
			t.Errorf("%s: there is %v", name, there(name))
		}
	}
	reason, err := os.ReadFile(filepath.Join(folder, "failed/坏.png.txt"))
	if err != nil || !strings.Contains(string(reason), "。") {
		t.Errorf("the reason is %q, %v", reason, err)
	}

	write("青禾.png", whole) // the same again: both stay
	seen = s.look(t.Context(), folder, nil)
	s.look(t.Context(), folder, seen)
	if !there("done/青禾 (2).png") || len(s.Board(noTime, 0)) != 1 {
		t.Errorf("the same again: %+v", s.Board(noTime, 0))
	}
}
